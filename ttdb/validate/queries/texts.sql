-- The bodies of functions and views, where settings are named.
select
    'function' as kind,
    p.oid::bigint as oid,
    n.nspname || '.' || p.proname as name,
    coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '') as body
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    n.nspname not in ('pg_catalog', 'information_schema')
    and p.prokind in ('f', 'p')
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
union all
select
    'view',
    c.oid::bigint,
    n.nspname || '.' || c.relname,
    pg_catalog.pg_get_viewdef(c.oid)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
