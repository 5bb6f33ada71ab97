/*
code = "CON004"
name = "foreign-key-across-tenants"
severity = "warning"
since = "0.1.0"
title = "A foreign key may point to another tenant's row"
why = '''
Both tables have a tenant column, but the key does not compare them: a row of one tenant can refer to a row of another,
confirm that it exists, keep it from being deleted, and be deleted with it. It takes the other's key, which has to be
known or guessed.
'''
bad = '''
alter table app.orders add constraint orders_customer_id_fkey
foreign key (customer_id) references app.customers (id) on delete cascade;
'''
fix = '''
alter table app.orders drop constraint orders_customer_id_fkey;
'''
*/
with tenant_tables as (
    select
        t.relation,
        t.tenant_column,
        a.attnum
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    inner join pg_catalog.pg_attribute as a on t.relation = a.attrelid and t.tenant_column = a.attname
)

select
    'foreign keys cross tenants' as cause,
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format(
        'foreign key %s of %I.%I to %s does not carry the tenant',
        k.conname,
        n.nspname,
        c.relname,
        k.confrelid::regclass
    ) as detail,
    format(
        'select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint as k'
        ' where k.conrelid = %L::regclass and k.conname = %L;',
        k.conrelid::regclass, k.conname
    ) as evidence,
    format(
        E'-- let both sides hold the tenant, over a unique key of %3$s (%6$I, %5$s):\n'
        'alter table %1$s add foreign key (%7$I, %4$s) references %3$s (%6$I, %5$s) not valid;\n'
        'alter table %1$s drop constraint %2$I;',
        k.conrelid::regclass,
        k.conname,
        k.confrelid::regclass,
        (
            select string_agg(quote_ident(a.attname), ', ' order by e.place)
            from unnest(k.conkey) with ordinality as e (attnum, place)
            inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and e.attnum = a.attnum
        ),
        (
            select string_agg(quote_ident(a.attname), ', ' order by e.place)
            from unnest(k.confkey) with ordinality as e (attnum, place)
            inner join pg_catalog.pg_attribute as a on k.confrelid = a.attrelid and e.attnum = a.attnum
        ),
        other.tenant_column,
        own.tenant_column
    ) as fix
from pg_catalog.pg_constraint as k
inner join tenant_tables as own on k.conrelid = own.relation
inner join tenant_tables as other on k.confrelid = other.relation
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    k.contype = 'f'
    and k.conparentid = 0
    and not exists (
        select
        from unnest(k.conkey, k.confkey) as pair (own_column, other_column)
        where pair.other_column = other.attnum and (pair.own_column = own.attnum or pair.other_column = all(k.confkey))
    )
order by 1, 2
