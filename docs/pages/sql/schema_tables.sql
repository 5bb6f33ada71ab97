-- Every table and view of the schemas that ttdb knows, a line of JSON each; partitions are part of their table.
with tables as (
    select
        c.oid,
        c.relkind,
        n.nspname,
        c.relname
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s)
        and c.relkind in ('r', 'p', 'v')
        and not c.relispartition
        and c.oid is distinct from pg_catalog.to_regclass('public.alembic_version') -- Alembic's own
)

select
    t.nspname::text as schema,
    t.relname::text as name,
    t.relkind = 'v' as is_view,
    pg_catalog.obj_description(t.oid, 'pg_class') as comment,
    case when t.relkind = 'p' then pg_catalog.pg_get_partkeydef(t.oid) end as partitioned,
    array(
        select jsonb_build_object(
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'required', a.attnotnull,
            'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
            'generated', a.attgenerated <> '',
            'identity', a.attidentity <> '',
            'comment', pg_catalog.col_description(t.oid, a.attnum)
        )
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    ) as columns,
    array(
        select jsonb_build_object(
            'name', k.conname,
            'kind', k.contype,
            'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'columns', array(
                select a.attname
                from pg_catalog.unnest(k.conkey) with ordinality as n (number, position)
                inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = n.number
                order by n.position
            ),
            'target', k.confrelid::regclass::text,
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')
        )
        from pg_catalog.pg_constraint as k
        where k.conrelid = t.oid and k.contype in ('p', 'u', 'x', 'f', 'c')
        order by pg_catalog.strpos('puxfc', k.contype::text), k.conname
    ) as constraints,
    array(
        select jsonb_build_object(
            'name', i.indexrelid::regclass::text,
            'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
            'comment', pg_catalog.obj_description(i.indexrelid, 'pg_class')
        )
        from pg_catalog.pg_index as i
        where i.indrelid = t.oid
            and not exists (
                select from pg_catalog.pg_constraint as k
                where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
        order by i.indexrelid::regclass::text collate "C"
    ) as indexes,
    array(
        select jsonb_build_object(
            'name', p.polname,
            'command', p.polcmd,
            'roles', array(
                select pg_catalog.pg_get_userbyid(r.oid)
                from pg_catalog.unnest(p.polroles) as r (oid)
                order by 1
            ),
            'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
            'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
            'comment', pg_catalog.obj_description(p.oid, 'pg_policy')
        )
        from pg_catalog.pg_policy as p
        where p.polrelid = t.oid
        order by p.polname
    ) as policies,
    array(
        select jsonb_build_object(
            'name', g.tgname,
            'definition', pg_catalog.pg_get_triggerdef(g.oid),
            'comment', pg_catalog.obj_description(g.oid, 'pg_trigger')
        )
        from pg_catalog.pg_trigger as g
        where g.tgrelid = t.oid and not g.tgisinternal
        order by g.tgname
    ) as triggers,
    (
        select coalesce(pg_catalog.array_to_string(a.excluded, ', '), '')
        from ttdb.audited_tables as a
        where a.relation = t.oid
    ) as audited_without,
    array(
        select jsonb_build_object('column', p.column_name, 'mask', p.mask)
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = t.oid
        order by a.attnum
    ) as masked
from tables as t
order by pg_catalog.array_position(%(schemas)s, t.nspname::text), t.relkind = 'v', t.relname
