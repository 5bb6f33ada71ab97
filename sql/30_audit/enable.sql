-- The verb that sends every change of a table to the trail.
create or replace function audit.enable(relation regclass, exclude name[] default '{}') returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_piece pg_catalog.regclass;
begin
    if audit.is_enabled(relation, exclude) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = enable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be audited; audit what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Audit %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if exists (
        select
        from pg_catalog.pg_inherits as i
        where v_class.relkind = 'r' and enable.relation in (i.inhparent, i.inhrelid)
    ) then
        raise exception '% inherits or is inherited from', relation
            using errcode = 'TTINH',
            hint = 'A statement on the parent changes rows of its children, whose triggers it would miss: use partitions.';
    end if;
    if v_class.relnamespace in ('audit'::pg_catalog.regnamespace, 'ttdb'::pg_catalog.regnamespace) then
        raise exception '% belongs to ttdb itself', relation
            using errcode = 'TTAUD', hint = 'The trail cannot record its own writing.';
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = enable.relation and i.indisprimary) then
        raise exception '% has no primary key', relation
            using errcode = 'TTAPK', hint = 'Add one: without it no one can tell which row a change was of.';
    end if;

    select pg_catalog.string_agg(e.name, ', ')
    into v_text
    from pg_catalog.unnest(exclude) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = enable.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    );
    if v_text is not null then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name existing columns to keep out of the trail.';
    end if;

    select pg_catalog.string_agg(c.attname, ', ')
    into v_text
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
    where i.indrelid = enable.relation and i.indisprimary and c.attname = any(exclude);
    if v_text is not null then
        raise exception 'column % is part of the primary key of %', v_text, relation
            using errcode = 'TTAEX', hint = 'The key says which row was changed: it cannot be kept out of the trail.';
    end if;

    select pg_catalog.string_agg(g.name, ', ' order by g.name)
    into v_text
    from ttdb.generated_from(relation, exclude) as g
    where g.name <> all(exclude);
    if v_text is not null then
        raise exception 'column % of % is generated from excluded ones', v_text, relation
            using errcode = 'TTGEN', hint = 'It would tell what they hold: exclude it too.';
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.audited_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.audited_tables as a (relation, excluded)
    values (enable.relation, enable.exclude)
    on conflict on constraint audited_tables_pkey do update
        set excluded = excluded.excluded;

    perform audit.drop_triggers(relation);
    -- ALWAYS: also in a session that plays a replica. A row trigger follows to partitions by itself.
    execute pg_catalog.format(
        'create trigger _900_record_change after insert or update or delete on %s '
        'for each row execute function audit.tg__record_change()', relation
    );
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    execute pg_catalog.format('comment on trigger _900_record_change on %s is %L', relation,
        'writes every changed row to the trail');
    for v_piece in
        select t.relation
        from ttdb.tree_of(enable.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _900_record_truncate after truncate on %s '
            'for each statement execute function audit.tg__record_change()', v_piece
        );
        execute pg_catalog.format('alter table %s enable always trigger _900_record_truncate', v_piece);
        execute pg_catalog.format('comment on trigger _900_record_truncate on %s is %L', v_piece,
            'writes to the trail that all rows went at once');
    end loop;
end;
$function$;

comment on function audit.enable(regclass, name[]) is
'Records every INSERT, UPDATE, DELETE and TRUNCATE of a table and its partitions; values of excluded columns stay out. '
'Run it again after adding a partition.';
revoke all on function audit.enable(regclass, name[]) from public;
