/*
code = "CON006"
name = "tenant-column-has-constant-default"
severity = "warning"
since = "0.1.0"
title = "A tenant column defaults to one fixed tenant"
why = '''
An insert that forgets the tenant gives the row to that tenant, who may not even exist, instead of failing.
'''
bad = '''
alter table app.orders alter column org_id set default 'a0000000-0000-4000-8000-00000000000a';
'''
fix = '''
alter table app.orders alter column org_id set default app.org();
'''
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    'tenant columns default to one fixed tenant' as cause,
    format(
        'column %I of %I.%I defaults to %s',
        t.tenant_column, n.nspname, c.relname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    ) as detail,
    format('alter table %s alter column %I drop default;', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
inner join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
where pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '^(''|[0-9])'
order by n.nspname, c.relname
