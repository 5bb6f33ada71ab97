-- The verb that keeps a partitioned table in months.
create or replace function ttdb.partition_by_month(
    relation regclass,
    retention interval,
    -- A month fills by inserts and then rests. At the server's own fifth and tenth of a month of millions, its
    -- statistics and visibility map would follow days late, and the current month is what queries read.
    storage text[] default
    array[
        'autovacuum_vacuum_scale_factor=0.05',
        'autovacuum_vacuum_insert_scale_factor=0.05',
        'autovacuum_analyze_scale_factor=0.02'
    ]
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
as $function$
declare
    v_class pg_catalog.pg_class;
    v_default pg_catalog.regclass;
    v_found pg_catalog.text [];
    v_setting pg_catalog.text;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_partitioned_by_month(relation, retention, storage) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_by_month.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be kept in months.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s, which it is part of.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if ttdb.month_key_of(relation) is null then
        raise exception '% is not partitioned by ranges of one timestamptz column', relation
            using errcode = 'TTRNG',
            hint = 'Create it with "partition by range (created_at)", where created_at is timestamptz not null.';
    end if;
    if pg_catalog.octet_length(v_class.relname::pg_catalog.text) > 55 then
        raise exception '% has too long a name for months', relation
            using errcode = 'TTNAM', hint = 'Each adds 8 bytes, as in _2026_03, to at most 63: rename the table.';
    end if;
    if retention is null or retention < '1 month' then
        raise exception '% is no retention', coalesce(retention::pg_catalog.text, 'null')
            using errcode = 'TTKEP', hint = 'Say for how long rows are kept, a month at least: ''7 years''.';
    end if;
    select s.setting
    into v_setting
    from pg_catalog.unnest(storage) as s (setting)
    where s.setting is null or s.setting !~ '^(toast[.])?[a-z_]+=[a-z0-9._-]+$'
    limit 1;
    if found or storage is null then
        raise exception '% is no storage setting', coalesce(v_setting, 'null')
            using errcode = 'TTSTO', hint = 'Write them as ''{fillfactor=90,autovacuum_enabled=true}''.';
    end if;

    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        v_default := ttdb.make_leaf(relation, v_class.relname || '_default', storage);
        perform ttdb.dress_leaf(v_default, relation, null);
        execute pg_catalog.format('alter table %s attach partition %s default', relation, v_default);
        execute pg_catalog.format(
            'comment on table %s is %L', v_default, 'Rows of months that have no partition yet: none is lost.'
        );
    else
        select coalesce(c.reloptions, '{}')
        into v_found
        from pg_catalog.pg_class as c
        where c.oid = v_default;
        if pg_catalog.cardinality(storage) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(storage, ', ')
            );
        end if;
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.partitioned_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.partitioned_tables as p (relation, key_column, retention, storage, found)
    values (
        partition_by_month.relation,
        ttdb.month_key_of(partition_by_month.relation),
        partition_by_month.retention,
        partition_by_month.storage,
        v_found
    )
    on conflict on constraint partitioned_tables_pkey do update
        set
            key_column = excluded.key_column,
            retention = excluded.retention,
            storage = excluded.storage;
end;
$function$;

comment on function ttdb.partition_by_month(regclass, interval, text[]) is
'Gives a table that is partitioned by ranges of a timestamptz a DEFAULT partition, and declares how long its months '
'are kept; ttdb.ensure_partition() makes them.';
revoke all on function ttdb.partition_by_month(regclass, interval, text[]) from public;
