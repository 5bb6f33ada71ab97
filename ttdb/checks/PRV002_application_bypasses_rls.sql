/*
code = "PRV002"
name = "application-bypasses-rls"
severity = "error"
since = "0.1.0"
title = "The application logs in as a role that bypasses row level security"
why = '''
BYPASSRLS switches every policy off for the role. A login that is in the application's group as its other logins are
works for the application too, whoever was named (a warning); one that is meant to see all tenants is named as such.
'''
bad = '''
alter role example_app bypassrls;
'''
fix = '''
alter role example_app nobypassrls;
'''
*/
with attackers as (
    select r.oid
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
),

-- Roles that cannot log in and have rights on tenants' tables, of which the application's logins are members.
groups as (
    select
        g.oid,
        g.rolname
    from pg_catalog.pg_roles as g
    where
        not g.rolcanlogin
        and exists (
            select from pg_catalog.pg_auth_members as m
            inner join attackers on m.member = attackers.oid
            where m.roleid = g.oid
        )
        and exists (
            select
            from
                jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                    as t (relation oid, tenant_column name)
            where has_any_column_privilege(g.oid, t.relation, 'select, insert, update')
        )
),

colleagues as (
    select
        m.member as oid,
        min(groups.rolname) as colleague_in
    from pg_catalog.pg_auth_members as m
    inner join groups on m.roleid = groups.oid
    inner join pg_catalog.pg_roles as r on m.member = r.oid and r.rolcanlogin
    where
        -- Who administers roles is a member of those it made.
        not r.rolcreaterole
        and (
            coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)
            or coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true)
        )
        and r.rolname <> all(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
        and r.oid not in (select attackers.oid from attackers)
    group by m.member
)

select
    null::text as schema,
    r.rolname::text as role,
    'role ' || r.rolname as object,
    format('role %s has BYPASSRLS', r.rolname) as cause,
    case when found.colleague_in is null then 'error' else 'warning' end as severity,
    case
        when found.colleague_in is null then format('role %s bypasses every policy', r.rolname)
        else format(
            'login %s bypasses every policy, and is in %s as the application''s logins are',
            r.rolname,
            found.colleague_in
        )
    end as detail,
    format('select rolname from pg_catalog.pg_roles where rolname = %L and rolbypassrls;', r.rolname) as evidence,
    case
        when found.colleague_in is null then format('alter role %I nobypassrls;', r.rolname)
        else format(
            E'-- or name it by --cross-tenant-role, where it is meant to see all tenants:\nalter role %I nobypassrls;',
            r.rolname
        )
    end as fix
from (
    select
        attackers.oid,
        null::name as colleague_in
    from attackers
    union all
    select
        colleagues.oid,
        colleagues.colleague_in
    from colleagues
) as found
inner join pg_catalog.pg_roles as r on found.oid = r.oid
where r.rolbypassrls and not r.rolsuper
order by r.rolname
