/*
code = "MIG002"
name = "policy-of-no-revision"
severity = "warning"
since = "0.1.0"
title = "A policy for the application that no revision made stands on a table whose policies are managed"
why = '''
Permissive policies add up: one more lets through what the revision's keep back. Whoever wants it makes it a revision,
where it is reviewed and recorded; a restrictive one, or one for others, opens nothing to the application.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.managed_objects (kind text, identity text, definition text, revision text, step text);
create function ttdb.definitions_of(relations regclass[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.definitions_in(schemas text[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
insert into ttdb.managed_objects
select 'policy', format('%s.%I', p.polrelid::regclass, p.polname), '', 'platform_0001', 'policies of app.orders'
from pg_catalog.pg_policy as p
where p.polrelid = 'app.orders'::regclass;
'''
bad = '''
create policy pending on app.orders for select using (total is null);
'''
fix = '''
drop policy pending on app.orders;
'''
requires = ["ttdb.managed_objects"]
*/
with managed as (
    select m.identity
    from ttdb.managed_objects as m
    where m.kind = 'policy'
),

policies as (
    select
        p.oid,
        p.polname,
        p.polroles,
        p.polrelid::regclass::text as relation,
        coalesce(pg_catalog.pg_partition_root(p.polrelid), p.polrelid)::oid as root,
        format('%s.%s', p.polrelid::regclass, pg_catalog.quote_ident(p.polname)) as identity
    from pg_catalog.pg_policy as p
    where p.polpermissive
),

tables as (
    select distinct p.root
    from policies as p
    inner join managed as m on p.identity = m.identity
)

select
    null::text as schema,
    p.relation as object,
    'policies were added that no revision made' as cause,
    min(a.name) as role,
    format(
        'policy %I lets rows through to %s beside those of the revision',
        p.polname,
        string_agg(a.name, ', ' order by a.name)
    ) as detail,
    format('drop policy %I on %s;', p.polname, p.relation) as fix
from policies as p
inner join tables as t on p.root = t.root
left join managed as m on p.identity = m.identity
inner join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    on exists (
        select
        from unnest(p.polroles) as listed (oid)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
        where listed.oid = 0 or pg_catalog.pg_has_role(r.oid, nullif(listed.oid, 0), 'usage')
    )
where m.identity is null
group by p.oid, p.polname, p.relation
order by p.relation, p.polname
