/*
code = "PRV029"
name = "more-than-registered"
severity = "warning"
since = "0.1.0"
title = "An application role may do more to a table than its registration says"
why = '''
A table's registration says what the application does with its rows: a log is only written and read. A grant beyond it
makes changeable what others take for settled. It is an error where a policy lets it through.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.tenant_tables (relation regclass primary key, tenant_column name, app text[]);
insert into ttdb.tenant_tables values ('app.orders', 'org_id', '{select,insert,update,delete}');
create table app.notes (
    org_id uuid not null references app.orgs on delete cascade,
    id bigint generated always as identity,
    primary key (org_id, id)
);
alter table app.notes enable row level security;
alter table app.notes force row level security;
create policy own on app.notes using (org_id = (select app.org()));
grant select, insert on app.notes to example_app;
insert into ttdb.tenant_tables values ('app.notes', 'org_id', '{select,insert}');
'''
bad = '''
grant delete on app.notes to example_app;
'''
fix = '''
revoke delete on app.notes from example_app;
'''
requires = ["ttdb.tenant_tables"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'grants go beyond what tables are registered for' as cause,
    format(
        '%s may %s %I.%I, which is registered for %s only',
        roles.rolname,
        string_agg(v.verb, ' and ' order by v.verb),
        n.nspname,
        c.relname,
        coalesce(nullif(array_to_string(t.app, ', '), ''), 'nothing')
    ) as detail,
    format('revoke %s on %s from %I;', string_agg(v.verb, ', ' order by v.verb), c.oid::regclass, roles.rolname) as fix,
    case when bool_or(let.through) then 'error' else 'warning' end as severity,
    format(
        'select 1 where has_table_privilege(%L, %L, %L);', roles.rolname, c.oid::regclass, string_agg(v.verb, ', ')
    ) as evidence
from ttdb.tenant_tables as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_schema_privilege(roles.oid, n.oid, 'usage')
inner join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) as v (verb, command)
    on v.verb <> all(t.app)
cross join
    lateral (
        select not c.relrowsecurity or count(*) > 0 as through
        from pg_catalog.pg_policy as p
        where
            p.polrelid = c.oid
            and p.polpermissive
            and p.polcmd in ('*', v.command)
            and exists (
                select from unnest(p.polroles) as g (oid)
                where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
            )
    ) as let
where
    has_table_privilege(roles.oid, c.oid, v.verb)
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
group by n.nspname, c.relname, c.oid, roles.rolname, t.app
order by n.nspname, c.relname, roles.rolname
