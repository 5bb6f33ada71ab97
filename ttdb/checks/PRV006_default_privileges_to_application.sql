/*
code = "PRV006"
name = "default-privileges-to-application"
severity = "warning"
since = "0.1.0"
title = "New tables are granted to the application by default"
why = '''
A table is reachable from the moment it is created, before anyone has protected it; so is every new partition,
read past its parent's policies.
'''
bad = '''
alter default privileges for role example_owner in schema app grant select on tables to example_app;
'''
fix = '''
alter default privileges for role example_owner in schema app revoke select on tables from example_app;
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
    'default privileges of ' || d.defaclrole::regrole as object,
    format(
        'new tables of %s%s are granted to %s',
        d.defaclrole::regrole, coalesce(' in schema ' || n.nspname, ''), roles.rolname
    ) as detail
from pg_catalog.pg_default_acl as d
left join pg_catalog.pg_namespace as n on d.defaclnamespace = n.oid
cross join lateral aclexplode(d.defaclacl) as x
inner join roles on x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage')
where
    d.defaclobjtype = 'r'
    and x.grantee <> d.defaclrole
    and (
        n.nspname is null
        or n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
    )
group by d.defaclrole, n.nspname, roles.rolname
order by object, roles.rolname
