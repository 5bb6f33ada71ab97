/*
code = "PRV023"
name = "maintain-held"
severity = "warning"
since = "0.1.0"
title = "An application role may maintain a table of tenants"
why = '''
MAINTAIN lets it lock the table against every tenant, rewrite it, and refresh a materialized view when it likes.
'''
bad = '''
grant maintain on app.orders to example_app;
'''
fix = '''
revoke maintain on app.orders from example_app;
'''
min_version = 17
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('MAINTAIN is held by %s', roles.rolname) as cause,
    format('%s may lock, rewrite and refresh %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''maintain'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke maintain on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        -- Who has it by pg_maintain has it on every table, which is said once.
        and exists (
            select from aclexplode(c.relacl) as x
            where
                x.privilege_type = 'MAINTAIN'
                and (x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage'))
        )
where
    c.relkind in ('r', 'p', 'm')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
