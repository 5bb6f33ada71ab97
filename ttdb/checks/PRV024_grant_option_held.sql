/*
code = "PRV024"
name = "grant-option-held"
severity = "warning"
since = "0.1.0"
title = "An application role may grant on what it was granted"
why = '''
With the grant option a session hands its rights to any role, PUBLIC and those that see masked values only among them.
'''
bad = '''
grant select on app.orders to example_app with grant option;
'''
fix = '''
revoke grant option for select on app.orders from example_app;
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
        n.nspname::text as schema,
        c.relname::text as object,
        x.grantee,
        x.privilege_type,
        case c.relkind when 'S' then 'sequence ' else '' end || c.oid::regclass as target
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join lateral aclexplode(c.relacl) as x
    where
        x.is_grantable
        and x.grantee <> c.relowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        n.nspname::text,
        c.relname::text,
        x.grantee,
        x.privilege_type || format(' (%I)', a.attname),
        c.oid::regclass::text
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join lateral aclexplode(a.attacl) as x
    where
        x.is_grantable
        and x.grantee <> c.relowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        n.nspname::text,
        p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
        x.grantee,
        x.privilege_type,
        'routine ' || p.oid::regprocedure
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    cross join lateral aclexplode(p.proacl) as x
    where
        x.is_grantable
        and x.grantee <> p.proowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        null,
        'schema ' || n.nspname,
        x.grantee,
        x.privilege_type,
        'schema ' || quote_ident(n.nspname)
    from pg_catalog.pg_namespace as n
    cross join lateral aclexplode(n.nspacl) as x
    where
        x.is_grantable
        and x.grantee <> n.nspowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        null,
        'database',
        x.grantee,
        x.privilege_type,
        'database ' || quote_ident(d.datname)
    from pg_catalog.pg_database as d
    cross join lateral aclexplode(d.datacl) as x
    where x.is_grantable and x.grantee <> d.datdba and d.datname = current_database()
)

select
    g.schema,
    g.object,
    roles.rolname::text as role,
    format('%s may grant to others', roles.rolname) as cause,
    format(
        '%s may grant %s on %s to anybody',
        roles.rolname,
        string_agg(g.privilege_type, ', ' order by g.privilege_type),
        g.target
    )
        as detail,
    format(
        'revoke grant option for %s on %s from %I cascade;',
        string_agg(g.privilege_type, ', ' order by g.privilege_type), g.target, roles.rolname
    ) as fix
from granted as g
inner join roles on g.grantee = roles.oid
group by g.schema, g.object, g.target, roles.rolname
order by g.schema, g.object, roles.rolname
