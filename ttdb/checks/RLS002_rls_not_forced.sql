/*
code = "RLS002"
name = "rls-not-forced"
severity = "error"
since = "0.1.0"
title = "Row level security does not hold for the owner, and the application is the owner"
why = '''
Policies do not apply to a table's owner unless forced. A session that logs in as the owner, or inherits from
it, sees every tenant.
'''
bad = '''
alter table app.orders owner to example_app; alter table app.orders no force row level security;
'''
fix = '''
alter table app.orders owner to example_owner; alter table app.orders force row level security;
'''
subsumed_by = ["ISO003", "ISO005"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('row level security is not forced on the owner, and %s is the owner', roles.rolname) as cause,
    format('policies on %I.%I do not hold for its owner %s', n.nspname, c.relname, c.relowner::regrole) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and not relforcerowsecurity;', c.oid::regclass
    ) as evidence,
    format('alter table %s force row level security;', c.oid::regclass) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
where c.relrowsecurity and not c.relforcerowsecurity
order by n.nspname, c.relname, roles.rolname
