/*
code = "PRV007"
name = "application-has-server-powers"
severity = "error"
since = "0.1.0"
title = "An application role has powers over the server or over other roles"
why = '''
CREATEROLE grants itself other roles; REPLICATION streams every row; pg_read_all_data and its like read or
write past grants, files and programs.
'''
bad = '''
alter role example_app createrole;
'''
fix = '''
alter role example_app nocreaterole;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    null::text as schema,
    roles.rolname::text as role,
    'role ' || roles.rolname as object,
    format('%s has powers over the server', roles.rolname) as cause,
    format('%s has %s', roles.rolname, string_agg(p.power, ', ' order by p.power)) as detail,
    case
        when bool_and(p.power in ('pg_monitor', 'pg_read_all_stats', 'pg_signal_backend')) then 'warning'
        else 'error'
    end as severity,
    format(
        'select rolname, rolcreaterole, rolreplication from pg_catalog.pg_roles'
        ' where pg_catalog.pg_has_role(%1$L, oid, ''member'') and not rolsuper'
        ' and (rolcreaterole or rolreplication'
        ' or rolname in (''pg_read_all_data'', ''pg_write_all_data'', ''pg_read_server_files'','
        ' ''pg_write_server_files'','
        ' ''pg_execute_server_program'', ''pg_create_subscription'', ''pg_maintain'', ''pg_monitor'','
        ' ''pg_read_all_stats'', ''pg_signal_backend''));',
        roles.rolname
    ) as evidence
from roles
inner join pg_catalog.pg_roles as r on roles.oid = r.oid
cross join
    lateral (
        select 'CREATEROLE' as power
        where r.rolcreaterole
        union all
        select 'REPLICATION'
        where r.rolreplication
        union all
        -- Attributes are not inherited, but whoever may become the role has them.
        select format('CREATEROLE through %s', g.rolname)
        from pg_catalog.pg_roles as g
        where
            g.rolcreaterole
            and not g.rolsuper
            and g.oid <> roles.oid
            and pg_catalog.pg_has_role(roles.oid, g.oid, 'member')
        union all
        select format('REPLICATION through %s', g.rolname)
        from pg_catalog.pg_roles as g
        where
            g.rolreplication
            and not g.rolsuper
            and g.oid <> roles.oid
            and pg_catalog.pg_has_role(roles.oid, g.oid, 'member')
        union all
        select g.rolname::text
        from pg_catalog.pg_roles as g
        where
            g.rolname in (
                'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                'pg_execute_server_program', 'pg_create_subscription', 'pg_maintain',
                'pg_monitor', 'pg_read_all_stats', 'pg_signal_backend'
            )
            and pg_catalog.pg_has_role(roles.oid, g.oid, 'member')
    ) as p
group by roles.rolname
order by roles.rolname
