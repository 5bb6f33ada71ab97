/*
code = "AUD001"
name = "audit-trigger-missing"
severity = "error"
since = "0.1.0"
title = "An audited table has no working audit trigger"
why = '''
The registry says that every change is recorded; with the trigger dropped, disabled, or missing on a
partition, changes leave nothing.
'''
given = '''
create schema if not exists ttdb;
create schema if not exists audit;
create table ttdb.audited_tables (relation regclass primary key, excluded name[] not null default '{}');
create function audit.tg__record_change() returns trigger language plpgsql set search_path = '' as $$
begin
    return null;
end
$$;
insert into ttdb.audited_tables values ('app.orders');
create trigger _900_record_change after insert or update or delete on app.orders
for each row execute function audit.tg__record_change();
'''
bad = '''
alter table app.orders disable trigger _900_record_change;
'''
fix = '''
alter table app.orders enable always trigger _900_record_change;
'''
requires = ["ttdb.audited_tables"]
subsumed_by = ["AUD003"]
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'audited tables are changed without a record' as cause,
    format('%I.%I is registered as audited, but no enabled trigger records its changes', n.nspname, c.relname)
        as detail,
    format(
        'select tgname, tgenabled from pg_catalog.pg_trigger where tgrelid = %L::regclass and not tgisinternal;',
        c.oid::regclass
    ) as evidence,
    format('select audit.enable(%L);', c.oid::regclass) as fix
from ttdb.audited_tables as a
cross join
    lateral (
        select a.relation::oid as oid
        union
        select p.relid::oid from pg_catalog.pg_partition_tree(a.relation) as p
    ) as tree
inner join pg_catalog.pg_class as c on tree.oid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where (
    select coalesce(bit_or(t.tgtype), 0) & 28
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
    where t.tgrelid = c.oid and t.tgenabled in ('O', 'A') and f.pronamespace = 'audit'::regnamespace
) <> 28 -- insert, delete and update
order by n.nspname, c.relname
