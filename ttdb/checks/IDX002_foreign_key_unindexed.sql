/*
code = "IDX002"
name = "foreign-key-unindexed"
severity = "info"
since = "0.1.0"
title = "A foreign key has no index on its own side"
why = '''
Deleting or changing the row it points to scans the whole table, holding locks meanwhile.
'''
bad = '''
alter table app.order_items add column customer_id uuid;
alter table app.order_items add constraint order_items_customer_fkey
foreign key (org_id, customer_id) references app.customers (org_id, id) on delete cascade;
'''
fix = '''
create index order_items_org_id_customer_id_idx on app.order_items (org_id, customer_id);
'''
*/
select
    'foreign keys have no index' as cause,
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format('foreign key %s of %I.%I has no index', k.conname, n.nspname, c.relname) as detail,
    format('create index concurrently on %s (%s);', c.oid::regclass, columns.listed) as fix
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join
    lateral (
        select string_agg(quote_ident(a.attname), ', ' order by e.place) as listed
        from unnest(k.conkey) with ordinality as e (attnum, place)
        inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and e.attnum = a.attnum
    ) as columns
where
    k.contype = 'f'
    and k.conparentid = 0
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
    and not exists (
        select
        from pg_catalog.pg_index as i
        where
            i.indrelid = k.conrelid
            and i.indisvalid
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
    )
order by 1, 2
