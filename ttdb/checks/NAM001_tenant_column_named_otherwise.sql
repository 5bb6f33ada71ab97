/*
code = "NAM001"
name = "tenant-column-named-otherwise"
severity = "info"
since = "0.1.0"
title = "A tenant column has another name than the rest"
why = '''
Code, reviews and tools look for the usual name; a table that differs is the one that is forgotten.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.tenant_tables (relation regclass primary key, tenant_column name not null);
create table app.accounts (
    id uuid primary key default gen_random_uuid(),
    owner_org uuid not null references app.orgs on delete cascade
);
create index accounts_owner_org_idx on app.accounts (owner_org);
alter table app.accounts enable row level security;
alter table app.accounts force row level security;
'''
bad = '''
insert into ttdb.tenant_tables (relation, tenant_column) values ('app.accounts', 'owner_org');
'''
fix = '''
alter table app.accounts rename column owner_org to org_id;
update ttdb.tenant_tables set tenant_column = 'org_id' where relation = 'app.accounts'::regclass;
'''
*/
with tenant_tables as (
    select
        t.relation,
        t.tenant_column,
        count(*) over (partition by t.tenant_column) as used
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
    -- The tenants' own table names its key as tables do.
    where not exists (
        select
        from pg_catalog.pg_index as k
        inner join pg_catalog.pg_attribute as a on k.indrelid = a.attrelid and a.attname = t.tenant_column
        where k.indrelid = t.relation and k.indisprimary and k.indnkeyatts = 1 and k.indkey[0] = a.attnum
    )
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    format('the tenant column of %I.%I is %I', n.nspname, c.relname, t.tenant_column) as detail
from tenant_tables as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where t.used < (select max(o.used) from tenant_tables as o)
order by 1, 2
