/*
code = "PRV022"
name = "application-owns-object"
severity = "warning"
since = "0.1.0"
title = "An application role owns something on which the tenants' separation rests"
why = '''
Whoever owns a view, a table, a sequence, a function or a type may change, drop and grant it: a view's barrier, a
domain's constraint, the values of an enumeration, the numbers that a sequence gives to every tenant. It is an error
where a tenants' table is made of it.
'''
bad = '''
create type app.mood as enum ('good', 'bad'); alter type app.mood owner to example_app;
'''
fix = '''
alter type app.mood owner to example_owner;
'''
*/
with relied as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

-- What columns of tenants' tables, their defaults and rules are made of.
beneath as (
    select
        d.refclassid as class,
        d.refobjid as oid
    from pg_catalog.pg_depend as d
    inner join relied on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = relied.relation
    union
    select
        d.refclassid,
        d.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_attrdef as a on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = a.oid
    inner join relied on a.adrelid = relied.relation
    union
    select
        d.refclassid,
        d.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_constraint as k on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = k.oid
    inner join relied on k.conrelid = relied.relation
),

roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

owned as (
    select
        c.tableoid as class,
        c.oid,
        c.relnamespace as namespace,
        c.relowner as owner,
        c.relname::text as name,
        case c.relkind
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'S' then 'sequence'
            when 'f' then 'foreign table'
            else 'table'
        end as kind
    from pg_catalog.pg_class as c
    where
        c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and c.oid not in (
            select t.relation
            from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
        )
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e')
        )
    union all
    select
        p.tableoid,
        p.oid,
        p.pronamespace,
        p.proowner,
        p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
    from pg_catalog.pg_proc as p
    where
        p.oid not in (
            select f.function
            from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid)
        )
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
    union all
    select
        y.tableoid,
        y.oid,
        y.typnamespace,
        y.typowner,
        y.typname::text,
        case y.typtype when 'd' then 'domain' else 'type' end
    from pg_catalog.pg_type as y
    where
        y.typtype in ('d', 'e', 'r', 'c') and y.typrelid not in (
            select c.oid from pg_catalog.pg_class as c
            where c.relkind <> 'c'
        )
    union all
    select
        o.tableoid,
        o.oid,
        o.oprnamespace,
        o.oprowner,
        o.oprname::text,
        'operator'
    from pg_catalog.pg_operator as o
)

select
    n.nspname::text as schema,
    owned.name as object,
    roles.rolname::text as role,
    format('objects are owned by %s', roles.rolname) as cause,
    format('%s owns %s %I.%s and may change, drop and grant it', roles.rolname, owned.kind, n.nspname, owned.name)
        as detail,
    case when beneath.oid is null then 'warning' else 'error' end as severity,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, owned.owner::regrole)
        as evidence,
    format(
        E'-- to a role that nobody logs in as:\nalter %s %I.%s owner to owner_role;', owned.kind, n.nspname, owned.name
    ) as fix
from owned
left join beneath on owned.class = beneath.class and owned.oid = beneath.oid
inner join pg_catalog.pg_namespace as n on owned.namespace = n.oid
inner join roles on owned.owner = roles.oid
where n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
order by n.nspname, owned.name, roles.rolname
