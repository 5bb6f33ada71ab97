-- Every object of ttdb's and the platform's own that has no comment, one line each.
with own_schemas as (
    select n.oid, n.nspname
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'ttdb', 'audit', 'masked')
),

relations as (
    select c.*, n.nspname
    from pg_catalog.pg_class as c
    join own_schemas as n on n.oid = c.relnamespace
    where not exists (
            select from pg_catalog.pg_depend as d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e'
        )
),

objects (kind, name, comment) as (
    select 'schema', n.nspname::text, obj_description(n.oid, 'pg_namespace') from own_schemas as n
    union all
    select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end,
        format('%I.%I', c.nspname, c.relname), obj_description(c.oid, 'pg_class')
    from relations as c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'column', format('%I.%I.%I', c.nspname, c.relname, a.attname), col_description(c.oid, a.attnum)
    from relations as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    -- NOT NULL is one from 18 on, and says what it says.
    select 'constraint', format('%s.%I', k.conrelid::regclass, k.conname), obj_description(k.oid, 'pg_constraint')
    from pg_constraint as k
    join relations as c on c.oid = k.conrelid
    where k.conparentid = 0 and (k.coninhcount = 0 or k.contype = 'c') and k.contype <> 'n' and k.contype <> 't'
    union all
    -- The index behind a key is described by the constraint.
    select 'index', format('%I.%I', c.nspname, c.relname), obj_description(c.oid, 'pg_class')
    from relations as c
    join pg_index as i on i.indexrelid = c.oid
    where not c.relispartition
        and not exists (select from pg_constraint as k where k.conindid = c.oid and k.contype in ('p', 'u', 'x'))
    union all
    select 'policy', format('%I on %s', p.polname, p.polrelid::regclass), obj_description(p.oid, 'pg_policy')
    from pg_policy as p
    join relations as c on c.oid = p.polrelid
    union all
    select 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass), obj_description(t.oid, 'pg_trigger')
    from pg_trigger as t
    join relations as c on c.oid = t.tgrelid
    where not t.tgisinternal and t.tgparentid = 0
    union all
    select 'function', p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc')
    from pg_proc as p
    join own_schemas as n on n.oid = p.pronamespace
    where not exists (
        select from pg_depend as d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
    )
    union all
    select 'type', format('%I.%I', n.nspname, t.typname), obj_description(t.oid, 'pg_type')
    from pg_type as t
    join own_schemas as n on n.oid = t.typnamespace
    where t.typtype in ('d', 'e')
    union all
    select 'role', r.rolname::text, shobj_description(r.oid, 'pg_authid')
    from pg_roles as r
    where r.rolname ~ '^ttdb_'
)

select format('%s %s', o.kind, o.name)
from objects as o
where coalesce(o.comment, '') !~ '\S'
order by 1
