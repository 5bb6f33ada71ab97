/*
code = "PRV015"
name = "application-may-become-another"
severity = "error"
since = "0.1.0"
title = "The application is a member of a role that is beyond the policies"
why = '''
A member may say SET ROLE, or has the role's rights by inheritance. Where that role is meant to see all tenants, is a
superuser, bypasses row level security or owns tenants' tables, so is every session of the application.
'''
bad = '''
grant example_worker to example_app;
'''
fix = '''
revoke example_worker from example_app;
'''
subsumed_by = ["ISO006"]
*/
with roles as (
    select r.*
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

beyond as (
    select
        r.oid,
        r.rolname,
        case
            when r.rolsuper then 'is a superuser'
            when r.rolbypassrls then 'bypasses row level security'
            when
                r.rolname = any(
                    string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[]
                )
                then 'is meant to see all tenants'
            else 'owns tenants'' tables'
        end as reason
    from pg_catalog.pg_roles as r
    where
        r.rolsuper
        or r.rolbypassrls
        or r.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
        or exists (
            select
            from
                jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                    as t (relation oid, tenant_column name)
            inner join pg_catalog.pg_class as c on t.relation = c.oid
            where c.relowner = r.oid
        )
)

select
    null::text as schema,
    roles.rolname::text as role,
    'role ' || beyond.rolname as object,
    format('%s may become %s', roles.rolname, beyond.rolname) as cause,
    format('%s may become %s, which %s', roles.rolname, beyond.rolname, beyond.reason) as detail,
    format(
        'select ''may become'' where pg_catalog.pg_has_role(%L, %L, ''MEMBER'');', roles.rolname, beyond.rolname
    ) as evidence,
    format('revoke %I from %I;', beyond.rolname, roles.rolname) as fix
from roles
inner join beyond
    on
        roles.oid <> beyond.oid
        and (
            pg_catalog.pg_has_role(roles.oid, beyond.oid, 'usage')
            or pg_catalog.pg_has_role(roles.oid, beyond.oid, 'member with admin option')
            -- From 16 on a membership may be without SET, and then lends nothing.
            or pg_catalog.pg_has_role(
                roles.oid,
                beyond.oid,
                case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
            )
        )
where beyond.rolname <> all(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')::name[])
order by roles.rolname, beyond.rolname
