/*
code = "PRV031"
name = "operators-function-executable"
severity = "error"
since = "0.1.0"
title = "The application may call a managed function that its revision grants to others only"
why = '''
Such functions sign the tenant, settle whether it must be signed, retire months, or read what policies keep back: with
their owner's rights, for operators. Whoever else may call one is as powerful as they are in that.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.managed_objects (kind text, identity text, definition text, revision text, step text);
create table ttdb.resolvers (function text primary key, finds text not null);
create function ttdb.definitions_of(relations regclass[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function ttdb.definitions_in(schemas text[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
create function app.sign_for(org uuid) returns text language sql security definer set search_path = ''
as $$select pg_catalog.md5(org::text)$$;
revoke execute on function app.sign_for(uuid) from public;
insert into ttdb.managed_objects
values ('grants', 'app.sign_for(uuid)', 'example_worker: execute', 'platform_0001', 'function app.sign_for');
'''
bad = '''
grant execute on function app.sign_for(uuid) to example_app;
'''
fix = '''
revoke execute on function app.sign_for(uuid) from example_app;
'''
requires = ["ttdb.managed_objects", "ttdb.resolvers"]
*/
with managed as (
    select
        p.oid,
        m.identity,
        m.revision,
        array(
            select split_part(line.text, ': ', 1)
            from pg_catalog.regexp_split_to_table(m.definition, '\n') as line (text)
            where split_part(line.text, ': ', 2) like '%execute%'
        ) as granted
    from ttdb.managed_objects as m
    inner join pg_catalog.pg_proc as p on p.oid = to_regprocedure(m.identity)
    where
        m.kind = 'grants' and m.identity ~ '[(]'
        -- What is known before the tenant is: a service is given those that it needs.
        and not exists (
            select from ttdb.resolvers as r
            where to_regprocedure(r.function) = p.oid
        )
)

select
    null::text as schema,
    m.identity as object,
    'the application may call what is for operators' as cause,
    min(a.name) as role,
    format(
        '%s may call it, which revision %s grants to %s only',
        string_agg(a.name, ' and ' order by a.name),
        m.revision,
        coalesce(nullif(array_to_string(m.granted, ', '), ''), 'nobody')
    ) as detail,
    format(
        'select %L as role where pg_catalog.has_function_privilege(%L, %L, ''execute'');',
        min(a.name), min(a.name), m.identity
    ) as evidence,
    format('revoke execute on function %s from public, %s;', m.identity, string_agg(quote_ident(a.name), ', ')) as fix
from managed as m
cross join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
inner join pg_catalog.pg_proc as p on m.oid = p.oid
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    pg_catalog.has_function_privilege(r.oid, m.oid, 'execute')
    and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
    and not pg_catalog.pg_has_role(r.oid, p.proowner, 'usage')
    and 'public' <> all(m.granted)
    and not exists (
        select
        from unnest(m.granted) as g (name)
        inner join pg_catalog.pg_roles as given on given.rolname = g.name::name
        where pg_catalog.pg_has_role(r.oid, given.oid, 'usage')
    )
group by m.oid, m.identity, m.revision, m.granted
order by m.identity
