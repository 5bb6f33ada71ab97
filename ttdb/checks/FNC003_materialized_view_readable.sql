/*
code = "FNC003"
name = "materialized-view-readable"
severity = "warning"
since = "0.1.0"
title = "A materialized view of tenants' rows is readable by the application"
why = '''
A materialized view has no policies: it shows what it held when it was refreshed to whoever may read it.
'''
bad = '''
create materialized view app.order_count as select org_id, count(*) from app.orders group by org_id;
grant select on app.order_count to example_app;
'''
fix = '''
revoke select on app.order_count from example_app;
'''
subsumed_by = ["ISO003"]
*/
with recursive roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        w.ev_class as view,
        d.refobjid as base
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    union
    select
        reads.view,
        d.refobjid
    from reads
    inner join pg_catalog.pg_rewrite as w on reads.base = w.ev_class
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
)

select distinct
    n.nspname::text as schema,
    v.relname::text as object,
    roles.rolname::text as role,
    'a materialized view holds all tenants'' rows' as cause,
    format('materialized view %I.%I holds rows of all tenants and has no policies', n.nspname, v.relname) as detail,
    format('revoke select on %s from %I, public;', v.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as v
inner join pg_catalog.pg_namespace as n on v.relnamespace = n.oid
inner join reads on v.oid = reads.view
inner join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
    on reads.base = t.relation
inner join pg_catalog.pg_class as b on t.relation = b.oid and b.relrowsecurity
inner join pg_catalog.pg_roles as o on v.relowner = o.oid
inner join
    roles
    on has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, v.oid, 'select')
where
    v.relkind = 'm'
order by 1, 2, 3
