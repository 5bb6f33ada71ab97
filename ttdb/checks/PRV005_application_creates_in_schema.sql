/*
code = "PRV005"
name = "application-creates-in-schema"
severity = "warning"
since = "0.1.0"
title = "An application role may create objects in a schema of tenants' tables"
why = '''
What it creates there can stand in for functions, operators and tables that others call without naming the
schema.
'''
bad = '''
grant create on schema app to example_app;
'''
fix = '''
revoke create on schema app from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    null::text as schema,
    roles.rolname::text as role,
    'schema ' || n.nspname as object,
    format('%s may create objects in schema %s', roles.rolname, n.nspname) as detail,
    format('revoke create on schema %I from %I, public;', n.nspname, roles.rolname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ',')) as s (name)
inner join pg_catalog.pg_namespace as n on n.nspname = s.name::name
inner join roles on has_schema_privilege(roles.oid, n.oid, 'create')
where not pg_catalog.pg_has_role(roles.oid, n.nspowner, 'usage')
order by n.nspname, roles.rolname
