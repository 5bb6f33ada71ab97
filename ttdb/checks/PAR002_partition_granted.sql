/*
code = "PAR002"
name = "partition-granted"
severity = "warning"
since = "0.1.0"
title = "An application role may use a partition directly"
why = '''
Access belongs to the parent, where the policies are. A grant on a partition opens a second way, which has to
be protected by itself.
'''
given = '''
create table app.events (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    at timestamptz not null,
    primary key (org_id, id, at)
) partition by range (at);
alter table app.events enable row level security;
alter table app.events force row level security;
create table app.events_default partition of app.events default;
alter table app.events_default enable row level security;
'''
bad = '''
grant select on app.events_default to example_app;
'''
fix = '''
revoke select on app.events_default from example_app;
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
    format('%s may use partition %I.%I directly', roles.rolname, n.nspname, c.relname) as detail,
    format('revoke all on %s from %I;', c.oid::regclass, roles.rolname) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relispartition and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
where not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by 1, 2, 3
