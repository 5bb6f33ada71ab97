/*
code = "PRV028"
name = "default-opens"
severity = "warning"
since = "0.1.0"
title = "Sessions begin with a setting that switches protection off"
why = '''
A default of a role or of the database holds in every session from its first statement. session_replication_role
switches triggers and foreign keys off, lo_compat_privileges opens every large object, role makes the session another,
and a search_path that leads through a schema where others may create lets them stand in for what the session calls.
'''
bad = '''
alter role example_worker set session_replication_role = replica;
'''
fix = '''
alter role example_worker reset session_replication_role;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

defaults as (
    select
        s.setrole,
        split_part(c.setting, '=', 1) as name,
        split_part(c.setting, '=', 2) as value
    from pg_catalog.pg_db_role_setting as s
    cross join unnest(s.setconfig) as c (setting)
    where s.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database as d
        where d.datname = current_database()
    ))
),

open as (
    select
        d.setrole,
        d.name,
        format('%s = %s', d.name, d.value) as what
    from defaults as d
    where
        (d.name = 'session_replication_role' and d.value <> 'origin')
        or (d.name in ('lo_compat_privileges', 'allow_system_table_mods') and d.value in ('on', 'true', '1', 'yes'))
        or (d.name in ('event_triggers', 'standard_conforming_strings') and d.value in ('off', 'false', '0', 'no'))
        or d.name = 'session_preload_libraries'
        or (d.name = 'role' and d.value <> 'none')
    union all
    select
        d.setrole,
        d.name,
        format('search_path = %s, and %s may create in %s', d.value, min(roles.rolname), n.nspname)
    from defaults as d
    cross join regexp_split_to_table(d.value, ',') as e (name)
    inner join pg_catalog.pg_namespace as n on n.nspname = btrim(e.name, ' "')::name and n.nspname !~ '^pg_'
    inner join roles on has_schema_privilege(roles.oid, n.oid, 'create') and n.nspowner <> roles.oid
    where d.name = 'search_path' and roles.oid <> d.setrole
    group by d.setrole, d.name, d.value, n.nspname
)

select
    null::text as schema,
    'sessions begin with protection off' as cause,
    case when o.setrole = 0 then 'database' else 'role ' || o.setrole::regrole end as object,
    format(
        'sessions of %s begin with %s',
        case when o.setrole = 0 then 'database ' || current_database() else o.setrole::regrole::text end,
        string_agg(o.what, ', ' order by o.what)
    ) as detail,
    case
        when
            bool_or(o.name in ('session_replication_role', 'lo_compat_privileges'))
            and (o.setrole = 0 or o.setrole in (
                select r.oid
                from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
                inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
            ))
            then 'error'
        else 'warning'
    end as severity,
    format(
        'select s.setconfig from pg_catalog.pg_db_role_setting as s where s.setrole = %s and exists ('
        'select from unnest(s.setconfig) as c (setting) where split_part(c.setting, ''='', 1) = any(%L::text[]));',
        o.setrole, array_agg(o.name)
    ) as evidence,
    case when o.setrole <> 0 then format('alter role %s reset %I;', o.setrole::regrole, min(o.name)) end as fix
from open as o
group by o.setrole
order by object
