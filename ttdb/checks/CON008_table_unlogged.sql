/*
code = "CON008"
name = "table-unlogged"
severity = "warning"
since = "0.1.0"
title = "A registered table, or what ttdb records itself, is not in the write-ahead log"
why = '''
After a crash the server empties it, silently: rows of tenants, a month of the trail, or the ledger are gone, and no
standby or backup of the log has them. It is as quickly made so as a slow load.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.tenant_tables (relation regclass primary key, tenant_column name);
create table app.notes (
    org_id uuid not null references app.orgs on delete cascade,
    id bigint generated always as identity,
    primary key (org_id, id)
);
insert into ttdb.tenant_tables values ('app.notes', 'org_id');
'''
bad = '''
alter table app.notes set unlogged;
'''
fix = '''
alter table app.notes set logged;
'''
requires = ["ttdb.tenant_tables"]
*/
with tables as (
    select piece.relid::oid as oid
    from ttdb.tenant_tables as t
    cross join lateral pg_catalog.pg_partition_tree(t.relation) as piece
    union
    select t.relation::oid
    from ttdb.tenant_tables as t
    union
    select c.oid
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where n.nspname in ('ttdb', 'audit', 'masked')
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'tables would be empty after a crash' as cause,
    format('table %I.%I is unlogged: after a crash it is empty', n.nspname, c.relname) as detail,
    format(
        'select c.oid from pg_catalog.pg_class as c where c.relpersistence = ''u'' and c.oid = %L::regclass;',
        c.oid::regclass
    ) as evidence,
    format('alter table %s set logged;', c.oid::regclass) as fix
from tables as t
inner join pg_catalog.pg_class as c on t.oid = c.oid and c.relkind = 'r' and c.relpersistence = 'u'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by n.nspname, c.relname
