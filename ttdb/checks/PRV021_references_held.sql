/*
code = "PRV021"
name = "references-held"
severity = "error"
since = "0.1.0"
title = "An application role may reference a table of tenants from a foreign key of its own"
why = '''
Foreign keys are checked past every policy: a key from a table of its own tells the role which values exist for other
tenants, and keeps their rows from being deleted. Where the role may make no table, nor become who lets it,
and has none, it is said for information: a key needs a table of its own.
'''
bad = '''
grant references on app.customers to example_app;
create schema scratch;
grant usage, create on schema scratch to example_app;
'''
fix = '''
revoke references on app.customers from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('REFERENCES is held by %s', roles.rolname) as cause,
    format('%s may make foreign keys to %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''references'');', roles.rolname, c.oid::regclass)
        as evidence,
    case
        when exists (
            select from pg_catalog.pg_namespace as s
            where s.nspname !~ '^pg_' and has_schema_privilege(roles.oid, s.oid, 'create')
        ) or has_database_privilege(roles.oid, current_database(), 'create') or exists (
            select from pg_catalog.pg_class as o
            where o.relkind in ('r', 'p') and pg_catalog.pg_has_role(roles.oid, o.relowner, 'usage')
        -- As whom it may become it makes a schema, or has one, and lets itself make a table there.
        ) or exists (
            select from pg_catalog.pg_roles as g
            where
                pg_catalog.pg_has_role(roles.oid, g.oid, 'member')
                and (
                    has_database_privilege(g.oid, current_database(), 'create')
                    or g.oid in (
                        select s.nspowner from pg_catalog.pg_namespace as s
                        where s.nspname !~ '^pg_'
                    )
                )
        ) then 'error'
        else 'info'
    end as severity,
    format('revoke references on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
) as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on has_any_column_privilege(roles.oid, c.oid, 'references') and has_schema_privilege(roles.oid, n.oid, 'usage')
where not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
