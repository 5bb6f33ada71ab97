/*
code = "PRV011"
name = "system-data-readable"
severity = "error"
since = "0.1.0"
title = "An application role may read a system catalog that holds tenants' values or secrets"
why = '''
Column statistics hold samples of every tenant's values, pg_largeobject all large objects, pg_authid the passwords'
verifiers: no policy applies to them, and PostgreSQL grants them to superusers alone.
'''
bad = '''
grant select on pg_catalog.pg_statistic to example_app;
'''
fix = '''
revoke select on pg_catalog.pg_statistic from example_app;
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
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'system catalogs with tenants'' values are readable' as cause,
    format('%s may read %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke select on pg_catalog.%I from %I, public;', c.relname, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        exists (
            select from aclexplode(c.relacl) as x
            where
                x.privilege_type = 'SELECT'
                and (x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage'))
        )
where
    n.nspname = 'pg_catalog'
    and c.relname in ('pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_authid', 'pg_user_mapping')
order by n.nspname, c.relname, roles.rolname
