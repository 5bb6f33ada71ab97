/*
code = "PAR003"
name = "month-less-than-default"
severity = "warning"
since = "0.1.0"
title = "A month, or DEFAULT, lacks a protection that its table or the partitions beside it have"
why = '''
A month made by hand has no policies, statement triggers or forced row security: its owner truncates it unseen, a
dump of it is empty, and a foreign key that is validated finds no orphans. Another owner than its table's may switch all
of it off. Rows of a partition whose triggers are gone or disabled escape the rules, keys and records that these keep:
of a table that a revision manages, an error.
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
create policy all_worker on app.events_default to example_worker using (true);
create policy all_worker on app.events_2026_03 to example_worker using (true);
create table ttdb.managed_objects (kind text, identity text);
'''
bad = '''
drop policy all_worker on app.events_2026_03;
'''
fix = '''
create policy all_worker on app.events_2026_03 to example_worker using (true);
'''
requires = ["ttdb.partitioned_tables", "ttdb.managed_objects"]
*/
with leaves as (
    select
        leaf.oid,
        leaf.relname,
        leaf.relnamespace,
        leaf.relforcerowsecurity,
        leaf.relowner,
        p.partrelid as root,
        p.partdefid as rest
    from ttdb.partitioned_tables as t
    inner join pg_catalog.pg_partitioned_table as p on p.partrelid = t.relation::oid
    inner join pg_catalog.pg_inherits as i on p.partrelid = i.inhparent
    inner join pg_catalog.pg_class as leaf on i.inhrelid = leaf.oid
),

-- Which triggers a partition must have: a clone of each of its table's that is of rows; of a statement's, which the
-- server does not clone, those that are at work on the table for TRUNCATE, on DEFAULT, or, for DEFAULT, on a month.
expected as (
    select
        l.oid,
        g.tgname,
        g.tgenabled,
        g.oid as parent,
        g.tgfoid,
        g.tgtype
    from leaves as l
    inner join pg_catalog.pg_trigger as g on l.root = g.tgrelid and not g.tgisinternal and g.tgtype & 1 = 1
    where g.tgenabled <> 'D'
    union
    select
        l.oid,
        g.tgname,
        g.tgenabled,
        null,
        g.tgfoid,
        g.tgtype
    from leaves as l
    inner join pg_catalog.pg_trigger as g on not g.tgisinternal and g.tgparentid = 0 and g.tgenabled <> 'D'
    where
        (l.rest <> l.oid and g.tgrelid = l.rest)
        or (g.tgrelid = l.root and g.tgtype & 33 = 32)
        -- Of a month's, those that DEFAULT still has: what a month has of its own is nothing that it lacks.
        or (
            l.rest = l.oid
            and g.tgrelid in (
                select o.oid from leaves as o
                where l.root = o.root
            )
            and g.tgname in (
                select d.tgname from pg_catalog.pg_trigger as d
                where l.oid = d.tgrelid
            )
        )
),

lacks as (
    select
        l.oid,
        'forced row security' as what,
        false as managed
    from leaves as l
    inner join pg_catalog.pg_class as rest on l.rest = rest.oid
    where rest.relforcerowsecurity and not l.relforcerowsecurity
    union
    select
        l.oid,
        'its table''s owner',
        false
    from leaves as l
    inner join pg_catalog.pg_class as root on l.root = root.oid
    where root.relowner <> l.relowner
    union
    select
        l.oid,
        format('policy %I', y.polname),
        false
    from leaves as l
    inner join pg_catalog.pg_policy as y on l.rest = y.polrelid
    where
        not exists (
            select from pg_catalog.pg_policy as o
            where
                o.polrelid = l.oid and o.polname = y.polname and o.polcmd = y.polcmd
                and o.polpermissive = y.polpermissive and o.polroles = y.polroles
        )
    union
    select
        l.oid,
        format('trigger %I', e.tgname),
        exists(
            select from ttdb.managed_objects as m
            where
                m.kind = 'trigger'
                and m.identity = any(
                    array[format('%s.%I', l.root::regclass, e.tgname), format('%s.%I', l.rest::regclass, e.tgname)]
                )
        )
    from expected as e
    inner join leaves as l on e.oid = l.oid
    where not exists (
        select from pg_catalog.pg_trigger as o
        where
            o.tgrelid = e.oid
            and (
                o.tgparentid = e.parent
                or (e.parent is null and o.tgname = e.tgname and o.tgfoid = e.tgfoid and o.tgtype = e.tgtype)
            )
            and o.tgenabled in (e.tgenabled, 'A')
    )
)

select
    'partitions lack what their table or those beside them have' as cause,
    n.nspname::text as schema,
    l.relname::text as object,
    case when k.managed then 'error' else 'warning' end as severity,
    format(
        'partition %I.%I of %s lacks, or has disabled: %s', n.nspname, l.relname, l.root::regclass, k.what
    ) as detail,
    format(
        'select c.relforcerowsecurity, t.tgname, t.tgenabled from pg_catalog.pg_class as c'
        ' left join pg_catalog.pg_trigger as t on t.tgrelid = c.oid and not t.tgisinternal where c.oid = %L::regclass;',
        l.oid::regclass
    ) as evidence,
    case
        when l.oid = l.rest then 'enable its triggers again as they are on the months beside it'
        else 'enable its triggers; or make it anew: detach and rename it, ttdb.ensure_partition(), move its rows'
    end as fix
from leaves as l
inner join lateral (
    select
        string_agg(s.what, ', ' order by s.what) as what,
        bool_or(s.managed) as managed
    from lacks as s
    where s.oid = l.oid
) as k on k.what is not null
inner join pg_catalog.pg_namespace as n on l.relnamespace = n.oid
order by 1, 2
