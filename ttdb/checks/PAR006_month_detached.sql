/*
code = "PAR006"
name = "month-detached"
severity = "warning"
since = "0.1.0"
title = "A month stands beside its table, and was not retired"
why = '''
Detached by hand, its rows are out of the sight of whoever reads the table, and the triggers that kept, recorded or
refused their changes are gone with it. Retiring looks at the retention first, and leaves what nobody can change.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.partitioned_tables (relation regclass primary key);
create function ttdb.tg__refuse_retired() returns trigger language plpgsql set search_path = '' as $$
begin
    raise exception 'retired';
end
$$;
create table app.events (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    at timestamptz not null,
    primary key (org_id, id, at)
) partition by range (at);
alter table app.events enable row level security;
alter table app.events force row level security;
create table app.events_2026_03 partition of app.events
for values from ('2026-03-01 00:00+00') to ('2026-04-01 00:00+00');
create table app.events_2019_03 (like app.events including all);
create trigger _000_refuse_retired before insert or update or delete or truncate on app.events_2019_03
for each statement execute function ttdb.tg__refuse_retired();
insert into ttdb.partitioned_tables values ('app.events');
'''
bad = '''
alter table app.events detach partition app.events_2026_03;
'''
fix = '''
alter table app.events attach partition app.events_2026_03
for values from ('2026-03-01 00:00+00') to ('2026-04-01 00:00+00');
'''
requires = ["ttdb.partitioned_tables", "ttdb.tg__refuse_retired()"]
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'months stand beside their tables' as cause,
    format('%I.%I is detached from %s, and was not retired', n.nspname, c.relname, t.relation) as detail,
    format(
        'select c.relispartition from pg_catalog.pg_class as c where c.oid = %L::regclass and not c.relispartition;',
        c.oid::regclass
    ) as evidence,
    format(
        'select ttdb.ensure_partition(%L, %L); -- which attaches it again',
        t.relation,
        replace(right(c.relname::text, 7), '_', '-') || '-01'
    ) as fix
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_class as p on p.oid = t.relation::oid
inner join pg_catalog.pg_class as c
    on
        p.relnamespace = c.relnamespace and c.relkind = 'r' and not c.relispartition
        and left(c.relname, -8) = p.relname and right(c.relname, 8) ~ '^_[1-9][0-9]{3}_(0[1-9]|1[0-2])$'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    not exists (
        select
        from pg_catalog.pg_trigger as g
        where
            g.tgrelid = c.oid
            and g.tgfoid = to_regprocedure('ttdb.tg__refuse_retired()')
            and g.tgenabled in ('O', 'A')
    )
order by n.nspname, c.relname
