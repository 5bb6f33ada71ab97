/*
code = "PRV004"
name = "application-owns-table"
severity = "error"
since = "0.1.0"
title = "An application role owns a table of tenants"
why = '''
The owner can switch row level security off, drop policies and disable triggers, whatever else is granted.
'''
bad = '''
alter table app.orders owner to example_app;
'''
fix = '''
alter table app.orders owner to example_owner;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

tables as (
    select c.*
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'error' as severity,
    format('tables are owned by %s', roles.rolname) as cause,
    format('%s owns %I.%I and can switch its protection off', roles.rolname, n.nspname, c.relname) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and relowner = %L::regrole;',
        c.oid::regclass,
        roles.oid::regrole
    ) as evidence,
    format(E'-- to a role that nobody logs in as:\nalter table %s owner to owner_role;', c.oid::regclass) as fix
from tables as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on c.relowner = roles.oid
union all
-- One that policies are about, or that is to see all tenants, and owns a table as an exception.
select
    n.nspname::text,
    c.relname::text,
    o.rolname::text,
    'warning',
    format('tables are owned by %s', o.rolname),
    format('%s owns %I.%I, and other roles own most tables', o.rolname, n.nspname, c.relname),
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and relowner = %L::regrole;', c.oid::regclass, o.oid
    ),
    format(E'-- to a role that nobody logs in as:\nalter table %s owner to owner_role;', c.oid::regclass)
from tables as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_roles as o on c.relowner = o.oid and not o.rolsuper
where
    o.oid not in (select roles.oid from roles)
    and exists ( -- one that nobody is or becomes does nothing with it
        select from pg_catalog.pg_roles as l
        where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, o.oid, 'member')
    )
    and 2 * (
        select count(*) from tables as t
        where t.relowner = o.oid
    ) < (select count(*) from tables)
    and (
        o.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
        or exists (
            select from pg_catalog.pg_policy as p
            inner join tables as t on p.polrelid = t.oid
            where o.oid = any(p.polroles)
        )
    )
order by schema, object
