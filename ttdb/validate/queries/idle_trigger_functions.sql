-- Functions that a trigger would run, and that hang on no table.
select
    pg_catalog.format('%I.%I()', n.nspname, p.proname) as name,
    p.prosrc as body
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    p.prorettype = 'trigger'::regtype
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (select from pg_catalog.pg_trigger as t where t.tgfoid = p.oid)
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by p.oid
