/*
code = "PRV012"
name = "sequence-settable"
severity = "warning"
since = "0.1.0"
title = "An application role may set a sequence that tenants share"
why = '''
setval is not held by any policy: set back, the sequence gives keys that exist, and every tenant's inserts fail. It is
an error where a column takes its values from the sequence.
'''
bad = '''
grant update on sequence app.order_items_id_seq to example_app;
'''
fix = '''
revoke update on sequence app.order_items_id_seq from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('sequences may be set by %s', roles.rolname) as cause,
    format('%s may set sequence %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    -- One that gives a table its keys; what another is for, people know.
    case
        when exists (
            select
            from pg_catalog.pg_depend as d
            where
                (d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refobjid = c.oid)
                or (
                    d.classid = 'pg_catalog.pg_class'::regclass
                    and d.objid = c.oid
                    and d.refclassid = 'pg_catalog.pg_class'::regclass
                    and d.deptype in ('a', 'i')
                )
        ) then 'error'
        else 'warning'
    end as severity,
    format('select 1 where has_sequence_privilege(%L, %L, ''update'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke update on sequence %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on has_sequence_privilege(roles.oid, c.oid, 'update') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind = 'S'
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
