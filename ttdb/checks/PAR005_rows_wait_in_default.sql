/*
code = "PAR005"
name = "rows-wait-in-default"
severity = "info"
since = "0.1.0"
title = "The DEFAULT partition of a table that is kept in months holds rows"
why = '''
No row is lost there, but it is in no month: it cannot be retired, every new month is made by looking through it, and
a query for one month reads it too. Months are made too late, or rows come with times far from now.
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
'''
bad = '''
insert into app.events (org_id, at) select id, '2031-01-01' from app.orgs; analyze app.events_default;
'''
fix = '''
truncate app.events_default; analyze app.events_default;
'''
requires = ["ttdb.partitioned_tables"]
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'rows wait in DEFAULT for a month' as cause,
    'ttdb partitions list says which months; ttdb partitions ensure --from ... --to ... makes them' as fix,
    format('about %s rows wait in %I.%I for a month of their own', c.reltuples::bigint, n.nspname, c.relname) as detail
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_partitioned_table as p on p.partrelid = t.relation::oid
inner join pg_catalog.pg_class as c on p.partdefid = c.oid and c.reltuples > 0
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by 1, 2
