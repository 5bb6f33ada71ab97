/*
code = "PRV008"
name = "trigger-held"
severity = "error"
since = "0.1.0"
title = "An application role may create triggers on a table of tenants"
why = '''
A trigger runs as whoever writes next: another tenant, a migration, a job, an administrator. What it does is then done
with their rights. No function has to be made for it: several that come with PostgreSQL refuse or swallow every write.
It is a warning on a table that holds no tenant's rows.
'''
bad = '''
grant trigger on app.orders to example_app;
'''
fix = '''
revoke trigger on app.orders from example_app;
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
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('TRIGGER is held by %s', roles.rolname) as cause,
    format('%s may create triggers on %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''trigger'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke trigger on %s from %I, public;', c.oid::regclass, roles.rolname) as fix,
    case
        when
            c.oid in (
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
                union
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
            )
            then 'error'
        else 'warning'
    end as severity
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_table_privilege(roles.oid, c.oid, 'trigger') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind in ('r', 'p', 'v')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
