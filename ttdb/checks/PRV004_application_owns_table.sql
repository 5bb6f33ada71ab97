/*
code = "PRV004"
name = "application-owns-table"
severity = "error"
since = "0.1.0"
title = "An application role owns a table of tenants"
why = '''
The owner can switch row level security off, drop policies and disable triggers, whatever else is granted.
'''
bad = '''
alter table app.orders owner to example_app;
'''
fix = '''
alter table app.orders owner to example_owner;
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
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('tables are owned by %s', roles.rolname) as cause,
    format('%s owns %I.%I and can switch its protection off', roles.rolname, n.nspname, c.relname) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and relowner = %L::regrole;',
        c.oid::regclass,
        roles.oid::regrole
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on c.relowner = roles.oid
order by n.nspname, c.relname
