/*
code = "PRV030"
name = "membership-handed-on"
severity = "warning"
since = "0.1.0"
title = "An application role may make others members of a role"
why = '''
With the admin option on a role a session hands the role's rights to any login, those that see masked values only among
them, and takes them away from others.
'''
given = '''
create role example_group nologin;
'''
bad = '''
grant example_group to example_app with admin option;
'''
fix = '''
revoke admin option for example_group from example_app;
'''
*/
select
    null::text as schema,
    r.rolname::text as role,
    'role ' || quote_ident(r.rolname) as object,
    format('%I has the admin option on %I, and may make any role a member of it', r.rolname, g.rolname) as detail,
    format(
        'select m.roleid::regrole from pg_catalog.pg_auth_members as m'
        ' where m.roleid = %L::regrole and m.member = %L::regrole and m.admin_option;',
        quote_ident(g.rolname), quote_ident(r.rolname)
    ) as evidence,
    format('revoke admin option for %I from %I;', g.rolname, r.rolname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
inner join pg_catalog.pg_auth_members as m on r.oid = m.member and m.admin_option
inner join pg_catalog.pg_roles as g on m.roleid = g.oid
group by r.rolname, g.rolname
order by r.rolname, g.rolname
