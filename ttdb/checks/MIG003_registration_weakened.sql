/*
code = "MIG003"
name = "registration-weakened"
severity = "error"
since = "0.1.0"
title = "What a revision registered of a table or function is gone, or protects less"
why = '''
By the registries tables are protected, recorded, masked, and kept in months for as long as they must be. Without its
row a column is no longer known for personal, or a secret goes to the trail; with a shorter retention, months of money
may be retired. What an owner registered besides, or made stricter, is no finding.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.managed_objects (kind text, identity text, definition text, revision text, step text);
create table ttdb.audited_tables (relation regclass primary key, excluded name[] not null);
insert into ttdb.audited_tables values ('app.orders', '{}');
insert into ttdb.managed_objects
select 'registration', 'ttdb.audited_tables: ' || a.relation, to_jsonb(a), 'platform_0001', 'audit-app-orders'
from ttdb.audited_tables as a;
create function ttdb.definitions_of(relations regclass[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.definitions_in(schemas text[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.weakened_registrations()
returns table (identity text, object text, revision text, detail text, mend text)
language sql stable set search_path = '' as $$
    select
        m.identity,
        m.definition::jsonb ->> 'relation',
        m.revision,
        m.identity || ' is gone',
        'insert into ttdb.audited_tables values (''app.orders'', ''{}'');'
    from ttdb.managed_objects as m
    where not exists (
        select
        from ttdb.audited_tables as a
        where m.definition::jsonb ->> 'relation' = a.relation::text
    )
$$;
'''
bad = '''
delete from ttdb.audited_tables where relation = 'app.orders'::regclass;
'''
fix = '''
insert into ttdb.audited_tables values ('app.orders', '{}');
'''
requires = ["ttdb.weakened_registrations()"]
*/
select
    null::text as schema,
    w.identity as object,
    'registrations are gone, or protect less than their revision left them' as cause,
    w.detail,
    w.mend as fix,
    format('select * from ttdb.weakened_registrations() as w where w.identity = %L;', w.identity) as evidence
from ttdb.weakened_registrations() as w
order by w.identity
