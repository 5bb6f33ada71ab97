-- Puts the partitions that were filled in the place of the old ones.
create or replace function ttdb.finish_copy(relation regclass, wanted text, retention interval default null)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.converted_tables;
    v_forced pg_catalog.bool;
    v_old pg_catalog.regclass [];
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = finish_copy.relation and c.wanted = finish_copy.wanted;
    if not found then
        return;
    end if;
    if not v_entry.copied then
        raise exception 'rows of % are not all copied', relation
            using errcode = 'TTCNV', hint = 'Run ttdb.copy_rows() until it returns fewer than it was asked for.';
    end if;
    -- From here on nobody changes a row, and nobody reads one.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    -- Who looks with an older snapshot would find the new partitions without the rows that came to them since.
    perform ttdb.refuse_older_snapshots(relation);
    select c.relrowsecurity and c.relforcerowsecurity
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid = finish_copy.relation;
    if v_forced then
        execute pg_catalog.format('alter table %s no force row level security', relation);
    end if;
    while ttdb.copy_changes(relation, 10000) > 0 loop
    end loop;
    if v_forced then
        execute pg_catalog.format('alter table %s force row level security', relation);
    end if;

    perform ttdb.stop_noting(relation);
    select pg_catalog.array_agg(i.inhrelid::pg_catalog.regclass)
    into v_old
    from pg_catalog.pg_inherits as i
    where i.inhparent = finish_copy.relation;
    foreach v_leaf in array v_old loop
        execute pg_catalog.format('alter table %s detach partition %s', relation, v_leaf);
        -- Its rows are in the new ones. Until it is dropped they would keep what they point at from being deleted.
        for v_piece in
            select t.tgname
            from pg_catalog.pg_trigger as t
            where t.tgrelid = v_leaf and not t.tgisinternal
        loop
            execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, v_leaf);
        end loop;
        execute pg_catalog.format('truncate %s', v_leaf);
    end loop;
    for v_piece in
        select
            c.oid::pg_catalog.regclass as leaf,
            c.relname,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = v_entry.staging
        order by 3 desc -- DEFAULT last
    loop
        execute pg_catalog.format('alter table %s detach partition %s', v_entry.staging, v_piece.leaf);
        execute pg_catalog.format('alter table %s attach partition %s %s', relation, v_piece.leaf, v_piece.bound);
        execute pg_catalog.format(
            'alter table %s drop constraint if exists %I', v_piece.leaf, v_piece.relname || '_bound'
        );
    end loop;
    execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    update ttdb.converted_tables as c
    set
        arrangement = finish_copy.wanted,
        wanted = null,
        staging = null,
        changes = null,
        months = '{}',
        ready = false,
        last_key = null,
        copied = false,
        old_leaves = v_old
    where c.relation = finish_copy.relation;
    if finish_copy.wanted = 'months' then
        perform ttdb.partition_by_month(relation, retention, v_entry.storage);
    else
        delete from ttdb.partitioned_tables as p where p.relation = finish_copy.relation;
    end if;
end;
$function$;

comment on function ttdb.finish_copy(regclass, text, interval) is
'Copies what was changed last, and puts the new partitions in the place of the old ones, in one moment for everybody.';
revoke all on function ttdb.finish_copy(regclass, text, interval) from public;
