/*
code = "PRV014"
name = "parameter-settable"
severity = "error"
since = "0.1.0"
title = "An application role may set a parameter that switches protection off"
why = '''
Under session_replication_role = replica no trigger fires and no foreign key is checked: changes leave no trail, and
rows point to other tenants' rows. lo_compat_privileges opens every large object; the parameters of preloaded libraries
run the session's own code as the server; those of an audit extension end its records; and ALTER SYSTEM changes the
server for everyone.
'''
bad = '''
grant set on parameter session_replication_role to example_app;
'''
fix = '''
revoke set on parameter session_replication_role from example_app;
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
    'parameter ' || p.parname as object,
    format('%s may set %s', roles.rolname, p.parname) as cause,
    format(
        '%s may %s %s',
        roles.rolname,
        case when has_parameter_privilege(roles.oid, p.parname, 'alter system') then 'alter system set' else 'set' end,
        p.parname
    ) as detail,
    format('select 1 where has_parameter_privilege(%L, %L, ''set, alter system'');', roles.rolname, p.parname)
        as evidence,
    format('revoke set, alter system on parameter %s from %I, public;', p.parname, roles.rolname) as fix
from pg_catalog.pg_parameter_acl as p
inner join roles on has_parameter_privilege(roles.oid, p.parname, 'set, alter system')
where
    has_parameter_privilege(roles.oid, p.parname, 'alter system')
    or p.parname in (
        'session_replication_role', 'lo_compat_privileges', 'session_preload_libraries', 'shared_preload_libraries',
        'dynamic_library_path', 'extension_control_path', 'allow_system_table_mods', 'event_triggers',
        'restrict_nonsystem_relation_kind', 'zero_damaged_pages', 'ignore_checksum_failure', 'row_security'
    )
    or p.parname like 'pgaudit.%'
order by p.parname, roles.rolname
