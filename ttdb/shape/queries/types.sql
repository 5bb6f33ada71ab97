-- Every type that a column has, and what those are built on, down to the bottom.
with recursive used as (
    select distinct a.atttypid as oid
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid and c.relkind in ('r', 'p')
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where a.attnum > 0 and not a.attisdropped and n.nspname not in ('pg_catalog', 'information_schema')
    union
    select below.oid
    from used
    inner join pg_catalog.pg_type as t on used.oid = t.oid
    cross join lateral (
        select nullif(t.typbasetype, 0) as oid
        union all
        select nullif(t.typelem, 0)
        union all
        select r.rngsubtype from pg_catalog.pg_range as r where t.oid in (r.rngtypid, r.rngmultitypid)
        union all
        select a.atttypid
        from pg_catalog.pg_attribute as a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) as below
    where below.oid is not null
)

select
    t.oid::bigint as oid,
    pg_catalog.format_type(t.oid, null) as name,
    t.typcategory::text as category,
    t.typnotnull as not_null,
    t.typtypmod as modifier,
    case
        when t.typtype = 'd' then 'domain'
        when t.typtype = 'e' then 'enum'
        when t.typtype = 'r' then 'range'
        when t.typtype = 'm' then 'multirange'
        when t.typtype = 'c' then 'composite'
        when t.typcategory = 'A' and t.typelem <> 0 then 'array'
        else 'base'
    end as kind,
    coalesce(
        nullif(t.typbasetype, 0),
        (select r.rngsubtype from pg_catalog.pg_range as r where t.oid in (r.rngtypid, r.rngmultitypid)),
        case when t.typcategory = 'A' then nullif(t.typelem, 0) end
    )::bigint as of,
    array(
        select e.enumlabel::text
        from pg_catalog.pg_enum as e
        where e.enumtypid = t.oid
        order by e.enumsortorder
    ) as labels,
    coalesce((
        select json_agg(json_build_array(a.attname, a.atttypid::bigint, a.atttypmod) order by a.attnum)
        from pg_catalog.pg_attribute as a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ), '[]') as attributes,
    array(
        select pg_catalog.pg_get_constraintdef(k.oid)
        from pg_catalog.pg_constraint as k
        where k.contypid = t.oid and k.contype = 'c'
        order by k.conname
    ) as rules
from used
inner join pg_catalog.pg_type as t on used.oid = t.oid
order by t.oid
