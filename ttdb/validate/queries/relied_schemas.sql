-- The schemas on which the tenants' separation rests: of their tables, of views over them, of functions that others rely
-- on or that run with their owner's rights, of the types of their columns.
select distinct n.nspname::text as schema
from pg_catalog.pg_namespace as n
inner join (
    select c.relnamespace as namespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    union all
    select c.relnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    union all
    select v.relnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_depend as d
        on
            d.refclassid = 'pg_catalog.pg_class'::regclass
            and t.relation = d.refobjid
            and d.classid = 'pg_catalog.pg_rewrite'::regclass
    inner join pg_catalog.pg_rewrite as w on d.objid = w.oid
    inner join pg_catalog.pg_class as v on w.ev_class = v.oid
    union all
    select p.pronamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid)
    inner join pg_catalog.pg_proc as p on f.function = p.oid
    union all
    select p.pronamespace
    from pg_catalog.pg_proc as p
    where
        p.prosecdef
        and p.oid >= 16384
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
    union all
    select y.typnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_attribute as a on t.relation = a.attrelid and a.attnum > 0
    inner join pg_catalog.pg_type as y on a.atttypid = y.oid
) as relied on n.oid = relied.namespace
where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
