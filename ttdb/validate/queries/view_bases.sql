-- The relations that a view or materialized view reads, through other views too.
with recursive reads as (
    select distinct
        w.ev_class as reader,
        d.refobjid as base
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    inner join pg_catalog.pg_class as c on w.ev_class = c.oid and c.relkind in ('v', 'm')
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where n.nspname not in ('pg_catalog', 'information_schema')
),

paths as (
    select
        reader,
        base
    from reads
    union
    select
        paths.reader,
        reads.base
    from paths
    inner join reads on paths.base = reads.reader
)

select
    reader::bigint,
    base::bigint
from paths
