/*
code = "PRV007"
name = "application-has-server-powers"
severity = "error"
since = "0.1.0"
title = "An application role has powers over the server or over other roles"
why = '''
CREATEROLE grants itself other roles; REPLICATION streams every row; CREATEDB makes databases beyond any policy;
pg_read_all_data and its like read or write past grants, files and programs; pg_monitor shows other sessions' queries,
with their values; others end sessions, lock tables or take the connections that are kept for administrators.
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
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

f as (
    select
        case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end as become,
        array[
            'CREATEROLE', 'REPLICATION', 'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
            'pg_write_server_files', 'pg_execute_server_program', 'pg_create_subscription'
        ] as fatal
)

select
    null::text as schema,
    roles.rolname::text as role,
    'role ' || roles.rolname as object,
    format('%s has powers over the server', roles.rolname) as cause,
    format('%s has %s', roles.rolname, string_agg(p.power, ', ' order by p.power)) as detail,
    case
        when bool_and(p.power <> all(f.fatal)) then 'warning'
        else 'error'
    end as severity,
    format(
        'select r.rolname from pg_catalog.pg_roles as r'
        ' where pg_catalog.pg_has_role(%1$L, r.oid, ''member'') and not r.rolsuper'
        ' and (r.rolcreaterole or r.rolreplication or r.rolcreatedb or r.rolname ~ ''^pg_'');',
        roles.rolname
    ) as evidence,
    string_agg(
        case
            when p.power ~ '^pg_' then format('revoke %I from %I;', p.power, roles.rolname)
            else format('alter role %I no%s;', roles.rolname, lower(p.power))
        end, E'\n' order by p.power
    ) as fix
from roles
inner join pg_catalog.pg_roles as r on roles.oid = r.oid
cross join f
cross join
    lateral (
        select a.power
        from (
            values
            ('CREATEROLE', r.rolcreaterole), ('REPLICATION', r.rolreplication), ('CREATEDB', r.rolcreatedb)
        ) as a (power, held)
        where a.held
        union all
        select g.rolname::text
        from pg_catalog.pg_roles as g
        where
            g.rolname in (
                'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                'pg_execute_server_program', 'pg_create_subscription', 'pg_maintain',
                'pg_monitor', 'pg_read_all_stats', 'pg_read_all_settings', 'pg_stat_scan_tables',
                'pg_signal_backend', 'pg_signal_autovacuum_worker', 'pg_checkpoint', 'pg_use_reserved_connections'
            )
            and (
                pg_catalog.pg_has_role(roles.oid, g.oid, 'usage') or pg_catalog.pg_has_role(roles.oid, g.oid, f.become)
            )
    ) as p
group by roles.rolname
order by roles.rolname
