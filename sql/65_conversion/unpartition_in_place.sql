-- Puts the only partition of a converted table back in its place.
create or replace function ttdb.unpartition_in_place(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
as $function$
declare
    v_entry ttdb.converted_tables;
    v_class pg_catalog.pg_class;
    v_space pg_catalog.name;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_old pg_catalog.text;
    v_key pg_catalog.name;
    v_comments pg_catalog.text [];
    v_heap_key pg_catalog.name;
    v_piece record;
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
    v_names pg_catalog.text [];
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = unpartition_in_place.relation;
    if not found then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    if v_entry.arrangement <> 'whole' or v_entry.wanted is not null then
        raise exception 'rows of % lie in months', relation
            using errcode = 'TTCNV', hint = 'Have them copied into one partition first: downgrade the step that moved them.';
    end if;
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = unpartition_in_place.relation;
    select
        n.nspname,
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole'),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_parted')
    into v_space, v_name, v_heap, v_old
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select k.conname into v_key from pg_catalog.pg_constraint as k where k.conrelid = v_class.oid and k.contype = 'p';
    -- A partition that the rows were copied into has its keys and indexes without a word.
    select pg_catalog.array_agg(s.statement order by s.place)
    into v_comments
    from ttdb.statements_inside(relation, ttdb.month_key_of(relation)) as s
    where pg_catalog.starts_with(s.statement, 'comment ');
    select k.conname
    into v_heap_key
    from pg_catalog.pg_constraint as k
    where k.conrelid = v_heap::pg_catalog.regclass and k.contype = 'p';
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;
    -- Each index of the partition is to bear the name of that of the whole again.
    select pg_catalog.array_agg(pg_catalog.format(
        'alter index %s rename to %I', i.inhrelid::pg_catalog.regclass, p.relname
    ))
    into v_names
    from pg_catalog.pg_index as x
    inner join pg_catalog.pg_inherits as i on i.inhparent = x.indexrelid
    inner join pg_catalog.pg_class as p on p.oid = x.indexrelid
    where x.indrelid = v_class.oid and not x.indisprimary;

    execute pg_catalog.format('alter table %s detach partition %s', v_name, v_heap);
    -- What it had as a partition, and gets again from what its parent had.
    for v_piece in
        select 'drop trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || v_heap as statement
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_heap::pg_catalog.regclass and not t.tgisinternal
        union all
        select pg_catalog.format('drop statistics %I.%I', n.nspname, s.stxname)
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid in (v_heap::pg_catalog.regclass, v_class.oid)
    loop
        execute v_piece.statement;
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_parted');
    execute pg_catalog.format('alter table %s rename to %I', v_heap, v_class.relname);
    execute pg_catalog.format('comment on table %s is null', v_name);
    perform ttdb.take_over(v_name::pg_catalog.regclass, relation);
    perform ttdb.say_again(v_outside, v_roles);
    delete from ttdb.converted_tables as c where c.relation = v_name::pg_catalog.regclass;
    execute pg_catalog.format('drop table %s', v_old);

    perform ttdb.say_again(v_names);
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %3$I primary key using index %4$I',
        v_name, v_heap_key, v_key, v_class.relname || '_former_key'
    );
    execute pg_catalog.format('comment on index %I.%I is null', v_space, v_key);
    perform ttdb.say_again(v_comments);
    if pg_catalog.cardinality(v_entry.former_options) > 0 then
        execute pg_catalog.format(
            'alter table %s set (%s)', v_name, pg_catalog.array_to_string(v_entry.former_options, ', ')
        );
    end if;
end;
$function$;

comment on function ttdb.unpartition_in_place(regclass) is
'Undoes ttdb.partition_in_place(): the only partition is the table again, with its former key.';
revoke all on function ttdb.unpartition_in_place(regclass) from public;
