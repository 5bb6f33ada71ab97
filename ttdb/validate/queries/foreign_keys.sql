-- Foreign keys between relations, partitions' copies apart.
select
    k.conrelid::bigint as child,
    k.confrelid::bigint as parent,
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as u (attnum, position)
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and u.attnum = a.attnum
        order by u.position
    ) as child_columns,
    array(
        select a.attname::text
        from unnest(k.confkey) with ordinality as u (attnum, position)
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and u.attnum = a.attnum
        order by u.position
    ) as parent_columns
from pg_catalog.pg_constraint as k
where k.contype = 'f' and k.conparentid = 0
order by k.conrelid, k.conname
