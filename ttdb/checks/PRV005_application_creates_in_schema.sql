/*
code = "PRV005"
name = "application-creates-in-schema"
severity = "warning"
since = "0.1.0"
title = "An application role may create objects where others look for theirs"
why = '''
What it creates can stand in for functions, operators and tables that others use without naming the schema. It matters
in a schema of the tenants' tables or of functions that others rely on, and in one that is on the path of a function
with its owner's rights, of a role or of the database; schema public is on everybody's by default.
'''
bad = '''
grant create on schema app to example_app;
'''
fix = '''
revoke create on schema app from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

paths as (
    select
        format('on the path of %s', p.oid::regprocedure) as why,
        c.setting
    from pg_catalog.pg_proc as p
    cross join unnest(p.proconfig) as c (setting)
    where p.prosecdef
    union all
    select
        case s.setrole
            when 0 then 'on the path of the database' else format('on the path of %s', s.setrole::regrole)
        end,
        c.setting
    from pg_catalog.pg_db_role_setting as s
    cross join unnest(s.setconfig) as c (setting)
    where
        s.setdatabase in (0, (
            select d.oid from pg_catalog.pg_database as d
            where d.datname = current_database()
        ))
    union all
    select
        'on everybody''s path by default',
        'search_path=' || s.boot_val
    from pg_catalog.pg_settings as s
    where s.name = 'search_path'
),

places as (
    select
        btrim(e.name, ' "') as name,
        min(paths.why) as why
    from paths
    cross join regexp_split_to_table(split_part(paths.setting, '=', 2), ',') as e (name)
    where paths.setting like 'search_path=%'
    group by btrim(e.name, ' "')
    union all
    select
        s.name,
        'the tenants'' separation rests on what is there'
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ',')) as s (name)
)

select
    null::text as schema,
    roles.rolname::text as role,
    'schema ' || n.nspname as object,
    format('%s may create objects in schema %s: %s', roles.rolname, n.nspname, max(places.why)) as detail,
    format('select 1 where has_schema_privilege(%L, %L, ''create'');', roles.rolname, n.nspname) as evidence,
    format('revoke create on schema %I from %I, public;', n.nspname, roles.rolname) as fix
from places
inner join pg_catalog.pg_namespace as n on n.nspname = places.name::name
inner join roles on has_schema_privilege(roles.oid, n.oid, 'create')
where not pg_catalog.pg_has_role(roles.oid, n.nspowner, 'usage') and n.nspname !~ '^pg_'
group by n.nspname, roles.rolname
order by object, role
