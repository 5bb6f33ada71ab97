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
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

granted as (
    select
        c.oid,
        0 as attnum,
        x.grantee
    from pg_catalog.pg_class as c
    cross join lateral aclexplode(c.relacl) as x
    where x.privilege_type = 'SELECT' and x.grantee <> c.relowner
    union all
    select
        a.attrelid,
        a.attnum,
        x.grantee
    from pg_catalog.pg_attribute as a
    cross join lateral aclexplode(a.attacl) as x
    where x.privilege_type = 'SELECT'
),

-- Those that are not as PostgreSQL came: open to all, or to its own monitoring roles.
kept as (
    select distinct
        c.oid,
        c.relname,
        g.grantee
    from granted as g
    inner join pg_catalog.pg_class as c on g.oid = c.oid
    where
        c.oid < 16384
        and c.relnamespace = 'pg_catalog'::regnamespace
        and not exists (
            select from pg_catalog.pg_init_privs as i
            cross join lateral aclexplode(i.initprivs) as x
            where
                i.objoid = g.oid
                and i.classoid = 'pg_catalog.pg_class'::regclass
                and i.objsubid in (0, g.attnum)
                and x.privilege_type = 'SELECT'
                and x.grantee in (0, g.grantee)
        )
)

select
    'pg_catalog' as schema,
    k.relname::text as object,
    roles.rolname::text as role,
    'system catalogs with tenants'' values or secrets are readable' as cause,
    case
        when
            k.relname in (
                'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_authid', 'pg_shadow', 'pg_user_mapping'
            )
            then 'error'
        else 'warning'
    end as severity,
    format('%s may read pg_catalog.%I, which PostgreSQL keeps for administrators', roles.rolname, k.relname) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, k.oid::regclass) as evidence,
    format('revoke select on pg_catalog.%I from %I, public;', k.relname, roles.rolname) as fix
from kept as k
inner join roles on k.grantee = 0 or pg_catalog.pg_has_role(roles.oid, k.grantee, 'usage')
order by k.relname, roles.rolname
