-- Every function of the schemas that ttdb knows.
select
    p.oid::regprocedure::text as name,
    case when p.prorettype <> 'trigger'::regtype then pg_catalog.pg_get_function_result(p.oid) end as result,
    p.prosecdef as definer,
    pg_catalog.pg_get_userbyid(p.proowner)::text as owner,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s)
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by pg_catalog.array_position(%(schemas)s, n.nspname::text), p.oid::regprocedure::text collate "C"
