/*
code = "CON002"
name = "tenant-column-nullable"
severity = "warning"
since = "0.1.0"
title = "A tenant column may be null"
why = '''
A row without a tenant belongs to nobody: no session sees it, no policy protects it, and a unique key with it
does not hold.
'''
bad = '''
alter table app.orders alter column org_id drop not null;
'''
fix = '''
alter table app.orders alter column org_id set not null;
'''
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'tenant columns may be null' as cause,
    -- No session of the application can leave the tenant out of a row that it cannot write.
    case
        when exists (
            select
            from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
            inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
            where
                has_schema_privilege(r.oid, n.oid, 'usage')
                and has_any_column_privilege(r.oid, c.oid, 'insert, update')
        ) then 'warning'
        else 'info'
    end as severity,
    format('column %I of %I.%I may be null', t.tenant_column, n.nspname, c.relname) as detail,
    format('alter table %s alter column %I set not null;', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
where not a.attnotnull and n.nspname not in ('ttdb', 'audit')
order by n.nspname, c.relname
