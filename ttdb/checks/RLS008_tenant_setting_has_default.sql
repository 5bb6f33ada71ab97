/*
code = "RLS008"
name = "tenant-setting-has-default"
severity = "error"
since = "0.1.0"
title = "The tenant setting has a default"
why = '''
A session that forgets to name its tenant then works, silently, for the one in the default. Of a role that is not
under attack, as the operators' own, and of a value by which one says that there is none, it is said for information.
'''
bad = '''
alter role example_app set app.org = 'a0000000-0000-4000-8000-00000000000a';
'''
fix = '''
alter role example_app reset app.org;
'''
*/
select
    null::text as schema,
    case when s.setrole = 0 then 'database' else 'role ' || s.setrole::regrole end as object,
    format('%s has a default: %s', pg_catalog.current_setting('ttdb.tenant_setting'), c.setting) as detail,
    format(
        'select s.setrole, s.setconfig from pg_catalog.pg_db_role_setting as s'
        ' where s.setdatabase = %s and s.setrole = %s and %L = any(s.setconfig);',
        s.setdatabase, s.setrole, c.setting
    ) as evidence,
    format(
        'alter %s reset %s;',
        case
            when s.setrole = 0 then format('database %I', current_database())
            when s.setdatabase = 0 then format('role %s', s.setrole::regrole)
            else format('role %s in database %I', s.setrole::regrole, current_database())
        end,
        split_part(c.setting, '=', 1)
    ) as fix,
    case
        when split_part(c.setting, '=', 2) in ('0', '-1', '00000000-0000-0000-0000-000000000000')
            then case when s.setrole = 0 then 'warning' else 'info' end
        when s.setrole = 0 or (a.name is not null and r.rolcanlogin) then 'error'
        when a.name is not null then 'warning' -- once it may log in
        else 'info'
    end as severity
from pg_catalog.pg_db_role_setting as s
left join pg_catalog.pg_roles as r on s.setrole = r.oid
left join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    on r.rolname::text = a.name
cross join unnest(s.setconfig) as c (setting)
where
    s.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database as d
        where d.datname = current_database()
    ))
    and split_part(c.setting, '=', 1) = any(string_to_array(pg_catalog.current_setting('ttdb.tenant_settings'), ','))
    and split_part(c.setting, '=', 2) not in ('', '""')
order by 2, 3
