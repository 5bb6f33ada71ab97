/*
code = "PAR001"
name = "partition-without-rls"
severity = "error"
since = "0.1.0"
title = "A partition has row level security off"
why = '''
Policies of the parent do not apply to a partition that is named directly: whoever may read or change it does so for
every tenant. While nobody may, it is a note; a warning where it has policies, which do nothing: then it was switched
off, or forgotten, and is one grant away.
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
grant select on app.events_default to example_app; alter table app.events_default disable row level security;
'''
fix = '''
alter table app.events_default enable row level security; revoke select on app.events_default from example_app;
'''
subsumed_by = ["ISO003"]
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
    'a partition has row level security off' as cause,
    reach.role,
    n.nspname::text as schema,
    c.relname::text as object,
    case
        when reach.role is not null then 'error'
        when c.oid in (select p.polrelid from pg_catalog.pg_policy as p) then 'warning'
        else 'info'
    end as severity,
    format('partition %I.%I has row level security off', n.nspname, c.relname) as detail,
    format('select 1 from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;', c.oid::regclass)
        as evidence,
    format(
        E'alter table %1$s enable row level security;\nalter table %1$s force row level security;', c.oid::regclass
    ) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relispartition
inner join pg_catalog.pg_class as root on root.oid = pg_catalog.pg_partition_root(c.oid) and root.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and (
            has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
            or has_table_privilege(roles.oid, c.oid, 'delete')
        )
) as reach on true
where not c.relrowsecurity
order by 1, 2
