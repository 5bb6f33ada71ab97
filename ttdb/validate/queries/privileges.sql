-- What each of the given roles may do to each relation: by table, or by at least one column.
select
    c.oid::bigint as relation,
    r.rolname::text as role,
    -- What it may do to one column it may do to all, a DELETE aside.
    has_table_privilege(r.oid, c.oid, 'select')
    and has_table_privilege(r.oid, c.oid, 'insert') = has_any_column_privilege(r.oid, c.oid, 'insert')
    and has_table_privilege(r.oid, c.oid, 'update') = has_any_column_privilege(r.oid, c.oid, 'update') as whole,
    has_any_column_privilege(r.oid, c.oid, 'select') as selects_some,
    has_any_column_privilege(r.oid, c.oid, 'insert') as inserts,
    has_any_column_privilege(r.oid, c.oid, 'update') as updates,
    has_table_privilege(r.oid, c.oid, 'delete') as deletes
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join pg_catalog.pg_roles as r
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)'
    and r.rolname::text = any(%(roles)s::text[])
    and has_schema_privilege(r.oid, n.oid, 'usage')
    and (
        has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
        or has_table_privilege(r.oid, c.oid, 'delete')
    )
