-- The columns of the tables a seed may fill, in the tables' own order.
select
    c.relname as table_name,
    a.attname as column_name,
    a.attnotnull as not_null,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type_name,
    a.atthasdef or a.attidentity <> '' as has_default,
    a.attgenerated <> '' as is_generated,
    coalesce(a.attnum = any(pk.conkey), false) as in_key,
    coalesce(a.attnum = any(pt.partattrs::int2[]), false) as parts,
    -- What the values look like on the wire: a domain's as its base type's, an enum's as text.
    (
        with recursive base as (
            select
                t.oid,
                t.typtype,
                t.typbasetype
            from pg_catalog.pg_type as t
            where t.oid = a.atttypid
            union all
            select
                u.oid,
                u.typtype,
                u.typbasetype
            from base as b
            inner join pg_catalog.pg_type as u on b.typbasetype = u.oid
            where b.typtype = 'd'
        )

        select case when b.typtype = 'e' then 'enum' else pg_catalog.format_type(b.oid, null) end
        from base as b
        where b.typtype <> 'd'
    ) as wire
from pg_catalog.pg_class as c
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
left join pg_catalog.pg_constraint as pk on c.oid = pk.conrelid and pk.contype = 'p'
left join pg_catalog.pg_partitioned_table as pt on c.oid = pt.partrelid
where
    c.relnamespace = pg_catalog.to_regnamespace(
        pg_catalog.quote_ident(pg_catalog.current_setting('ttdb.seed_schema'))
    )
    and c.relkind in ('r', 'p')
    and not c.relispartition
    and a.attnum > 0
    and not a.attisdropped
order by c.relname, a.attnum;
