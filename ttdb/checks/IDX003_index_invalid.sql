/*
code = "IDX003"
name = "index-invalid"
severity = "info"
since = "0.1.0"
title = "An index is invalid"
why = '''
A CREATE INDEX CONCURRENTLY failed and left it behind: it costs on every write, serves no query, and enforces
nothing.
'''
bad = '''
update pg_catalog.pg_index set indisvalid = false where indexrelid = 'app.orders_org_id_customer_id_idx'::regclass;
'''
fix = '''
reindex index app.orders_org_id_customer_id_idx;
'''
*/
select
    n.nspname::text as schema,
    c.relname::text as object,
    format('index %I.%I of %s is invalid', n.nspname, c.relname, i.indrelid::regclass) as detail,
    format('reindex index concurrently %s;', c.oid::regclass) as fix
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
order by 1, 2
