/*
code = "PRV025"
name = "schemas-made"
severity = "warning"
since = "0.1.0"
title = "An application role may make schemas in the database"
why = '''
A schema of its own is a place for copies of rows, for functions that others call, and for extensions, which no policy,
check or revision knows.
'''
bad = '''
do $$ begin execute format('grant create on database %I to example_app', current_database()); end $$;
'''
fix = '''
do $$ begin execute format('revoke create on database %I from example_app', current_database()); end $$;
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
    'database' as object,
    roles.rolname::text as role,
    'the application may make schemas' as cause,
    format('%s may make schemas and extensions in database %s', roles.rolname, d.datname) as detail,
    format('select 1 where has_database_privilege(%L, %L, ''create'');', roles.rolname, d.datname) as evidence,
    format('revoke create on database %I from %I, public;', d.datname, roles.rolname) as fix
from pg_catalog.pg_database as d
inner join roles on has_database_privilege(roles.oid, d.oid, 'create')
where d.datname = current_database() and not pg_catalog.pg_has_role(roles.oid, d.datdba, 'usage')
order by roles.rolname
