/*
code = "IDX001"
name = "tenant-column-unindexed"
severity = "info"
since = "0.1.0"
title = "No index leads with the tenant column"
why = '''
Every query of every tenant is restricted to the tenant; without such an index each reads the whole table. The key
tables that ttdb.keep_unique() keeps over all tenants are left out: no tenant queries them, and triggers ask by the key.
'''
bad = '''
drop index app.order_items_org_id_order_id_idx;
'''
fix = '''
create index order_items_org_id_order_id_idx on app.order_items (org_id, order_id);
'''
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'no index leads with the tenant column' as cause,
    format('no index of %I.%I leads with %I', n.nspname, c.relname, t.tenant_column) as detail,
    format('create index concurrently on %s (%I);', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
where
    n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
    and not exists (
        select from pg_catalog.pg_index as i
        where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid
    )
    and not exists (
        select
        from jsonb_to_recordset(pg_catalog.current_setting('ttdb.declared_keys')::jsonb) as declared (relation oid)
        where declared.relation = c.oid
    )
order by 1, 2
