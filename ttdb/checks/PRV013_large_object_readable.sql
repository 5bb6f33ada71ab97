/*
code = "PRV013"
name = "large-object-readable"
severity = "error"
since = "0.1.0"
title = "An application role may read or change a large object"
why = '''
Large objects have no policies and no tenant: one that a role may read, it reads for every tenant.
'''
bad = '''
select pg_catalog.lo_create(4711);
grant select on large object 4711 to example_app;
'''
fix = '''
revoke select on large object 4711 from example_app;
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
    'large objects are open to every tenant' as cause,
    'large object ' || m.oid as object,
    format('%s may read or change large object %s', roles.rolname, m.oid) as detail,
    format('select 1 from pg_catalog.pg_largeobject_metadata where oid = %s;', m.oid) as evidence,
    format('revoke all on large object %s from %I, public;', m.oid, roles.rolname) as fix
from pg_catalog.pg_largeobject_metadata as m
inner join roles
    on
        exists (
            select from aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) as x
            where x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage')
        )
order by m.oid, roles.rolname
limit 100
