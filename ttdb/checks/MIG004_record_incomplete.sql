/*
code = "MIG004"
name = "record-incomplete"
severity = "error"
since = "0.1.0"
title = "Part of the record that ttdb keeps of this database is gone, or empty"
why = '''
By the ledger, the definitions that revisions left, and the functions that describe what stands, a change by hand is
told. Without one of them nothing is compared, and nothing said: a clean report would mean nothing.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.ledger (revision text, step text, outcome text);
create table ttdb.managed_objects (kind text, identity text, definition text, revision text, step text);
insert into ttdb.ledger values ('engine_0001', 'ledger', 'done');
insert into ttdb.managed_objects values ('owner', 'app.orders', 'x', 'platform_0001', 'table app.orders');
create function ttdb.definitions_of(relations regclass[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.definitions_in(schemas text[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.definitions_of_functions(functions regprocedure[])
returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
'''
bad = '''
truncate ttdb.managed_objects;
'''
fix = '''
insert into ttdb.managed_objects values ('owner', 'app.orders', 'x', 'platform_0001', 'table app.orders');
'''
*/
with parts as (
    select
        p.name,
        -- By name: to_regclass() is an error for a login that may not use the schema.
        exists(
            select from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'ttdb' and c.relname = p.name and c.relkind = 'r'
            union all
            select from pg_catalog.pg_proc as f
            inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
            where n.nspname = 'ttdb' and f.proname = p.name
        ) as stands,
        (
            select pg_catalog.pg_relation_size(c.oid)
            from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'ttdb' and c.relname = p.name and c.relkind = 'r'
        ) as size
    from (
        values ('ledger'), ('managed_objects'), ('definitions_of'), ('definitions_in'), ('definitions_of_functions')
    ) as p (name)
)

select
    p.name as object,
    'ttdb' as schema,
    'what ttdb recorded of the database is incomplete' as cause,
    'restore it from a backup: ttdb drift says meanwhile what else was changed' as fix,
    'select n.nspname, c.relname from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n'
    ' on n.oid = c.relnamespace where n.nspname = ''ttdb'' union all select n.nspname, f.proname from'
    ' pg_catalog.pg_proc as f inner join pg_catalog.pg_namespace as n on n.oid = f.pronamespace'
    ' where n.nspname = ''ttdb'';' as evidence,
    format(
        'ttdb.%s is %s, though the rest of the record stands', p.name, case when p.stands then 'empty' else 'gone' end
    ) as detail
from parts as p
where
    (not p.stands or p.size = 0)
    and exists (
        select from parts as o
        where o.stands and coalesce(o.size, 1) > 0
    )
order by p.name
