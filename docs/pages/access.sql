-- Each table's privileges of each of ttdb's roles, with the policies that they meet.
with tables as (
    select
        c.oid,
        c.relkind,
        c.relrowsecurity,
        c.relowner,
        exists (select from ttdb.tenant_tables as t where t.relation = c.oid)
        or c.oid = 'audit.trail'::pg_catalog.regclass as tenants,
        n.nspname || '.' || c.relname as name
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('public', 'ttdb', 'audit', 'masked')
        and c.relkind in ('r', 'p', 'v')
        and not c.relispartition
        and c.relname <> 'alembic_version'
),

roles as (
    select
        r.oid,
        r.rolname::text as name
    from pg_catalog.pg_roles as r
    where r.rolname ~ '^ttdb_' and not r.rolcanlogin and r.rolname <> 'ttdb_owner'
)

select
    t.name as "table",
    r.name as role,
    v.verb,
    t.relkind = 'v' as view,
    t.relrowsecurity as guarded,
    t.tenants,
    (
        select pg_catalog.string_agg(a.attname, ', ' order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = t.oid
            and a.attnum > 0
            and not a.attisdropped
            and not pg_catalog.has_table_privilege(r.oid, t.oid, v.verb)
            and v.verb <> 'delete'
            and pg_catalog.has_column_privilege(r.oid, t.oid, a.attnum, v.verb)
    ) as columns,
    (
        select pg_catalog.string_agg(distinct coalesce(
            pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        ), ' or ')
        from pg_catalog.pg_policy as p
        where p.polrelid = t.oid
            and p.polpermissive
            and p.polcmd in ('*', case v.verb when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end)
            and exists (
                select from pg_catalog.unnest(p.polroles) as g (oid)
                where g.oid = 0 or pg_catalog.pg_has_role(r.oid, g.oid, 'usage')
            )
    ) as expression
from tables as t
cross join roles as r
cross join pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) with ordinality as v (verb, position)
where t.relowner <> r.oid
    and (
        pg_catalog.has_table_privilege(r.oid, t.oid, v.verb)
        or (v.verb <> 'delete' and pg_catalog.has_any_column_privilege(r.oid, t.oid, v.verb))
    )
order by t.name collate "C", r.name collate "C", v.position
