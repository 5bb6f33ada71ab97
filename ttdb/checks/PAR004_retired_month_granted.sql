/*
code = "PAR004"
name = "retired-month-granted"
severity = "info"
since = "0.1.0"
title = "An application role may use a retired month"
why = '''
A retired month stands until it is dumped and dropped, and has lost the policies that kept tenants apart. With its
row security off, whoever may read it reads every tenant.
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
alter table app.events_default force row level security;
create table app.events_2026_03 partition of app.events
for values from ('2026-03-01 00:00+00') to ('2026-04-01 00:00+00');
alter table app.events_2026_03 enable row level security;
alter table app.events_2026_03 force row level security;
create schema if not exists ttdb;
create table ttdb.partitioned_tables (relation regclass primary key);
insert into ttdb.partitioned_tables values ('app.events');
alter table app.events detach partition app.events_2026_03;
'''
bad = '''
grant select on app.events_2026_03 to example_app;
'''
fix = '''
revoke select on app.events_2026_03 from example_app;
'''
requires = ["ttdb.partitioned_tables"]
*/
select
    'retired months are granted' as cause,
    n.nspname::text as schema,
    c.relname::text as object,
    r.rolname::text as role,
    case when c.relrowsecurity then 'info' else 'error' end as severity,
    format('%s may use the retired month %I.%I', r.rolname, n.nspname, c.relname) as detail,
    format('select has_any_column_privilege(%L, %L, ''select'');', r.rolname, c.oid::regclass) as evidence,
    format('revoke all on %s from %I;', c.oid::regclass, r.rolname) as fix
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_class as p on p.oid = t.relation::oid
inner join pg_catalog.pg_class as c
    on
        p.relnamespace = c.relnamespace and c.relkind = 'r' and not c.relispartition
        and left(c.relname, -8) = p.relname and right(c.relname, 8) ~ '^_[0-9]{4}_(0[1-9]|1[0-2])$'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join
    unnest(
        string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
        || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
    ) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
where
    has_schema_privilege(r.oid, n.oid, 'usage')
    and has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
    and not pg_catalog.pg_has_role(r.oid, c.relowner, 'usage')
order by 2, 3, 4
