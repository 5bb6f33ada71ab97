/*
code = "PRV002"
name = "application-bypasses-rls"
severity = "error"
since = "0.1.0"
title = "The application logs in as a role that bypasses row level security"
why = '''
BYPASSRLS switches every policy off for the role.
'''
bad = '''
alter role example_app bypassrls;
'''
fix = '''
alter role example_app nobypassrls;
'''
*/
select
    null::text as schema,
    r.rolname::text as role,
    'role ' || r.rolname as object,
    format('role %s has BYPASSRLS', r.rolname) as cause,
    format('role %s bypasses every policy', r.rolname) as detail,
    format('select rolname from pg_catalog.pg_roles where rolname = %L and rolbypassrls;', r.rolname) as evidence,
    format('alter role %I nobypassrls;', r.rolname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
where r.rolbypassrls and not r.rolsuper
order by r.rolname
