/*
code = "PRV009"
name = "application-owns-schema"
severity = "error"
since = "0.1.0"
title = "An application role owns a schema on which the tenants' separation rests, or the database"
why = '''
A schema's owner may drop every table and function in it, whoever owns that; the database's owner may drop the database,
and gives every session in it its settings.
'''
bad = '''
alter schema app owner to example_app;
'''
fix = '''
alter schema app owner to example_owner;
grant usage on schema app to example_app;
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
    null::text as schema,
    roles.rolname::text as role,
    'schema ' || n.nspname as object,
    'error' as severity,
    format('schemas are owned by %s', roles.rolname) as cause,
    format('%s owns schema %s and may drop whatever is in it', roles.rolname, n.nspname) as detail,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, n.nspowner::regrole) as evidence,
    format(E'-- to a role that nobody logs in as:\nalter schema %I owner to owner_role;', n.nspname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ',')) as s (name)
inner join pg_catalog.pg_namespace as n on n.nspname = s.name::name
inner join roles on pg_catalog.pg_has_role(roles.oid, n.nspowner, 'usage')
-- Schema public belongs to whoever owns the database, by a role that has no members.
where n.nspowner <> 'pg_database_owner'::regrole
union all
select
    null::text,
    roles.rolname::text,
    'database',
    'error',
    format('the database is owned by %s', roles.rolname),
    format('%s owns database %s: it may drop it, and gives sessions their defaults', roles.rolname, d.datname),
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, d.datdba::regrole),
    format(E'-- to a role that nobody logs in as:\nalter database %I owner to owner_role;', d.datname)
from pg_catalog.pg_database as d
inner join roles on pg_catalog.pg_has_role(roles.oid, d.datdba, 'usage')
where d.datname = current_database()
order by 3, 2
