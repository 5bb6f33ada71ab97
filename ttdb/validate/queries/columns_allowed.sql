-- The columns a role may read, insert or change, where it may not do so to the whole table.
select
    a.attrelid::bigint as relation,
    r.rolname::text as role,
    array_agg(a.attname::text order by a.attnum) filter (
        where has_column_privilege(r.oid, a.attrelid, a.attnum, 'select')
    ) as selects,
    array_agg(a.attname::text order by a.attnum) filter (
        where has_column_privilege(r.oid, a.attrelid, a.attnum, 'insert')
    ) as inserts,
    array_agg(a.attname::text order by a.attnum) filter (
        where has_column_privilege(r.oid, a.attrelid, a.attnum, 'update')
    ) as updates
from pg_catalog.pg_attribute as a
cross join pg_catalog.pg_roles as r
where
    a.attnum > 0
    and not a.attisdropped
    and r.rolname::text = any(%(roles)s::text[])
    and a.attrelid::bigint = any(%(relations)s::bigint[])
group by a.attrelid, r.rolname
