/*
code = "PRV001"
name = "application-is-superuser"
severity = "error"
since = "0.1.0"
title = "The application logs in as a superuser"
why = '''
A superuser is beyond every policy, grant and trigger: no tenant is kept from another.
'''
bad = '''
alter role example_app superuser;
'''
fix = '''
alter role example_app nosuperuser;
'''
*/
select
    null::text as schema,
    r.rolname::text as role,
    'Give each service a login of its own that is no superuser: ttdb roles add SERVICE.' as fix,
    'role ' || r.rolname as object,
    format('role %s has SUPERUSER', r.rolname) as cause,
    format('%s, with which the application works, is a superuser: no policy, grant or mask holds it', r.rolname)
        as detail,
    format('select rolname from pg_catalog.pg_roles where rolname = %L and rolsuper;', r.rolname) as evidence
from
    unnest(
        string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
        || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
    ) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
where r.rolsuper
order by r.rolname
