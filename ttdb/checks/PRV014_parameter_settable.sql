/*
code = "PRV014"
name = "parameter-settable"
severity = "error"
since = "0.1.0"
title = "An application role may set a parameter that switches triggers off"
why = '''
Under session_replication_role = replica no trigger fires and no foreign key is checked: changes leave no trail, and
rows point to other tenants' rows.
'''
bad = '''
grant set on parameter session_replication_role to example_app;
'''
fix = '''
revoke set on parameter session_replication_role from example_app;
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
    'parameter ' || p.parname as object,
    format('%s may set %s', roles.rolname, p.parname) as cause,
    format('%s may set %s, and so write without triggers and foreign keys', roles.rolname, p.parname) as detail,
    format('select 1 where has_parameter_privilege(%L, %L, ''set'');', roles.rolname, p.parname) as evidence,
    format('revoke set, alter system on parameter %s from %I, public;', p.parname, roles.rolname) as fix
from pg_catalog.pg_parameter_acl as p
inner join roles on has_parameter_privilege(roles.oid, p.parname, 'set, alter system')
where p.parname = 'session_replication_role'
order by p.parname, roles.rolname
