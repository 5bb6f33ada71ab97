-- Functions and procedures that notify, and that a role may call.
select
    p.oid::bigint as oid,
    pg_catalog.format('%%s.%%s(%%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name,
    pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)) as body
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    p.prokind in ('f', 'p')
    and p.oid >= 16384
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)) ~* 'pg_notify\s*\('
    and exists (
        select from pg_catalog.pg_roles as r
        where
            r.rolname::text = any(%(roles)s::text[])
            and has_schema_privilege(r.oid, n.oid, 'usage')
            and has_function_privilege(r.oid, p.oid, 'execute')
    )
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by n.nspname, p.proname, p.oid
