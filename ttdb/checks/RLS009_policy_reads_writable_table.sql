/*
code = "RLS009"
name = "policy-reads-writable-table"
severity = "warning"
since = "0.1.0"
title = "A policy believes a table that the application may write without restriction"
why = '''
Who may see what is looked up in another table. The role that the policy holds may write that table, and nothing holds
those rows to the tenant: it grants itself what it likes.
'''
bad = '''
create table app.staff (name name primary key);
grant select, insert on app.staff to example_app;
create policy select_staff on app.orders for select to example_app
using (exists (select from app.staff as s where s.name = current_user));
'''
fix = '''
revoke insert on app.staff from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        d.objid as policy,
        d.refobjid
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    union
    -- By a function that it calls.
    select
        d.objid,
        read.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_depend as read
        on
            read.classid = 'pg_catalog.pg_proc'::regclass
            and d.refobjid = read.objid
            and read.refclassid = 'pg_catalog.pg_class'::regclass
    where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    -- Of a body that is a text, the tables that it names.
    select
        d.objid,
        c.oid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_proc as f on d.refobjid = f.oid and f.prosqlbody is null
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname in ('sql', 'plpgsql')
    inner join pg_catalog.pg_class as c on c.relkind in ('r', 'p') and c.relname ~ '^\w+$'
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid and n.nspname !~ '^pg_|^information_schema$'
    where
        d.classid = 'pg_catalog.pg_policy'::regclass
        and d.refclassid = 'pg_catalog.pg_proc'::regclass
        and f.prosrc ~* format('\m(from|join)\s+"?%s"?\."?%s"?\M', n.nspname, c.relname)
)

select distinct
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'policies believe tables that the application may write' as cause,
    format(
        'policy %s on %I.%I reads %s, which %s may write',
        p.polname, n.nspname, c.relname, d.refobjid::regclass, roles.rolname
    ) as detail,
    format(
        'select 1 where has_any_column_privilege(%1$L, %2$L, ''insert, update'');', roles.rolname, d.refobjid::regclass
    ) as evidence,
    format('revoke insert, update on %s from %I, public;', d.refobjid::regclass, roles.rolname) as fix
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join reads as d on p.oid = d.policy and p.polrelid <> d.refobjid
inner join pg_catalog.pg_class as other on d.refobjid = other.oid and other.relkind in ('r', 'p')
inner join roles
    on
        has_any_column_privilege(roles.oid, other.oid, 'insert, update')
        and exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where not other.relrowsecurity and p.polpermissive
order by 1, 2, 3
