-- The partitions that a copying is to fill and that do not stand yet.
create or replace function ttdb.leaves_to_come(relation regclass)
returns table (leaf name, bound text, condition text)
language sql
stable
parallel safe
security invoker
set search_path = ''
set timezone = utc
set datestyle = iso
as $function$
    with entry as (
        select
            c.*,
            t.relname
        from ttdb.converted_tables as c
        inner join pg_catalog.pg_class as t on t.oid = c.relation
        where c.relation = leaves_to_come.relation
    ),

    wanted as (
        select
            e.staging,
            e.relname || '_whole' as leaf,
            'for values from (minvalue) to (maxvalue)' as bound,
            '' as condition
        from entry as e
        where e.wanted = 'whole'
        union all
        select
            e.staging,
            e.relname || '_default',
            'default',
            ''
        from entry as e
        where e.wanted = 'months'
        union all
        select
            e.staging,
            e.relname || pg_catalog.to_char(m.month, '_YYYY_MM'),
            pg_catalog.format('for values from (%L) to (%L)', r.starts, r.ends),
            -- By which it is attached without a look at its rows.
            pg_catalog.format(
                '%1$I is not null and %1$I >= %2$L and %1$I < %3$L', ttdb.month_key_of(e.relation), r.starts, r.ends
            )
        from entry as e
        cross join lateral pg_catalog.unnest(e.months) as m (month)
        cross join lateral (
            select
                m.month::pg_catalog.timestamp at time zone 'UTC' as starts,
                (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC' as ends
        ) as r
    )

    select
        w.leaf::pg_catalog.name,
        w.bound,
        w.condition
    from wanted as w
    where not exists (
        select
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = w.staging and c.relname = w.leaf
    )
    order by w.leaf;
$function$;

comment on function ttdb.leaves_to_come(regclass) is
'The partitions that a converted table''s rows are to be copied into and that do not stand yet.';
revoke all on function ttdb.leaves_to_come(regclass) from public;
