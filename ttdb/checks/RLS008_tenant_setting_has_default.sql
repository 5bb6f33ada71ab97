/*
code = "RLS008"
name = "tenant-setting-has-default"
severity = "warning"
since = "0.1.0"
title = "The tenant setting has a default"
why = '''
A session that forgets to name its tenant then works, silently, for the one in the default.
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
    format('%s has a default: %s', pg_catalog.current_setting('ttdb.tenant_setting'), c.setting) as detail
from pg_catalog.pg_db_role_setting as s
cross join unnest(s.setconfig) as c (setting)
where
    s.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database as d
        where d.datname = current_database()
    ))
    and split_part(c.setting, '=', 1) = any(string_to_array(pg_catalog.current_setting('ttdb.tenant_settings'), ','))
    and split_part(c.setting, '=', 2) not in ('', '""')
order by 2, 3
