-- The foreign keys that point at tables of one schema; those of partitions repeat their parent's.
select
    child_schema.nspname as child_schema,
    child.relname as child_name,
    parent.relname as parent_name,
    array(
        select a.attname::text
        from pg_catalog.unnest(k.conkey) with ordinality as part (number, place)
        inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and part.number = a.attnum
        order by part.place
    ) as child_columns,
    array(
        select a.attname::text
        from pg_catalog.unnest(k.confkey) with ordinality as part (number, place)
        inner join pg_catalog.pg_attribute as a on k.confrelid = a.attrelid and part.number = a.attnum
        order by part.place
    ) as parent_columns,
    -- A row that is known by its parent alone, and goes with it, is a part of it: a count, a key kept by a trigger.
    -- Where others than ttdb_definer and the operator may insert, it can be somebody's own.
    k.confdeltype = 'c' and exists (
        select
        from pg_catalog.pg_index as i
        where
            i.indrelid = k.conrelid
            and i.indisprimary
            and i.indkey::int2[] @> k.conkey
            and i.indkey::int2[] <@ k.conkey
    )
    and coalesce((
        select
            bool_or(r.rolname = 'ttdb_definer')
            and bool_and(coalesce(r.rolname in ('ttdb_definer', 'ttdb_operator'), false))
        from pg_catalog.aclexplode(child.relacl) as g
        left join pg_catalog.pg_roles as r on g.grantee = r.oid
        where g.privilege_type = 'INSERT' and g.grantee <> child.relowner
    ), false) as is_part
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as child on k.conrelid = child.oid
inner join pg_catalog.pg_namespace as child_schema on child.relnamespace = child_schema.oid
inner join pg_catalog.pg_class as parent on k.confrelid = parent.oid
where
    k.contype = 'f'
    and k.conparentid = 0
    and parent.relnamespace = pg_catalog.to_regnamespace(
        pg_catalog.quote_ident(pg_catalog.current_setting('ttdb.seed_schema'))
    )
order by child_schema.nspname, child.relname, k.conname;
