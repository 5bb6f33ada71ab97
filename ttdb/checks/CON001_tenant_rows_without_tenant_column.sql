/*
code = "CON001"
name = "tenant-rows-without-tenant-column"
severity = "error"
since = "0.1.0"
title = "A table holds tenants' rows, has no tenant column, and nothing restricts who reads them"
why = '''
Its rows belong to tenants through what they refer to, but the database cannot tell whose they are, and every
session reads them all.
'''
bad = '''
create table app.shipments (
    id uuid primary key default gen_random_uuid(),
    order_id uuid not null references app.orders (id) on delete cascade
);
create index shipments_order_id_idx on app.shipments (order_id);
grant select on app.shipments to example_app;
'''
fix = '''
drop table app.shipments;
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
    n.nspname::text as schema,
    c.relname::text as object,
    reach.role,
    'tables with tenants'' rows have no tenant column and no row level security' as cause,
    case when reach.role is null then 'info' else 'error' end as severity,
    format('table %I.%I holds tenants'' rows, but has no tenant column', n.nspname, c.relname) as detail,
    format('select 1 from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;', c.oid::regclass)
        as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, c.oid, 'select')
) as reach on true
where not c.relrowsecurity
order by n.nspname, c.relname
