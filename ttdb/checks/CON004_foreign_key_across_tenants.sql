/*
code = "CON004"
name = "foreign-key-across-tenants"
severity = "warning"
since = "0.1.0"
title = "A foreign key may point to another tenant's row"
why = '''
Both tables have a tenant column, but the key does not compare them: a row of one tenant can refer to a row of another,
confirm that it exists, keep it from being deleted, and be deleted with it. It is an error where the application may
write such a row and the other's key can be guessed: a number, a name, and not one made at random.
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
    case when written.directly and guessed.easily then 'error' else 'warning' end as severity,
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
cross join
    lateral (
        select count(*) > 0 as directly
        from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
        cross join unnest(k.conkey) as key (attnum)
        where
            has_schema_privilege(r.oid, n.oid, 'usage')
            and has_column_privilege(r.oid, c.oid, key.attnum, 'insert, update')
            and (
                not c.relrowsecurity
                or exists (
                    select from pg_catalog.pg_policy as p
                    where p.polrelid = c.oid and p.polcmd in ('a', 'w', '*') and p.polpermissive
                )
            )
            -- A policy or a trigger may look at the other's row itself.
            and not exists (
                select
                from pg_catalog.pg_policy as p
                inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_policy'::regclass and p.oid = d.objid
                where p.polrelid = c.oid and d.refobjid = k.confrelid and k.confrelid <> c.oid
            )
            and not exists (
                select
                from pg_catalog.pg_trigger as t
                inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
                where
                    t.tgrelid = c.oid
                    and not t.tgisinternal
                    and strpos(
                        coalesce(f.prosrc, ''),
                        (
                            select parent.relname from pg_catalog.pg_class as parent
                            where parent.oid = k.confrelid
                        )
                    ) > 0
            )
    ) as written
cross join
    lateral (
        select
            bool_and(
                a.atttypid <> 'uuid'::regtype
                and coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) !~ 'random|uuid', true)
            ) as easily
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where a.attrelid = k.confrelid and a.attnum = any(k.confkey)
    ) as guessed
where
    k.contype = 'f'
    and k.conparentid = 0
    and not exists (
        select
        from unnest(k.conkey, k.confkey) as pair (own_column, other_column)
        where pair.other_column = other.attnum and (pair.own_column = own.attnum or pair.other_column = all(k.confkey))
    )
order by 1, 2
