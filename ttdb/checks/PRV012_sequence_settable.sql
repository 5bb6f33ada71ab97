/*
code = "PRV012"
name = "sequence-settable"
severity = "warning"
since = "0.1.0"
title = "An application role may set a sequence that tenants share"
why = '''
setval is not held by any policy: set back, the sequence gives keys that exist, and every tenant's inserts fail. It is
an error where a column takes its values from the sequence. A definer function may do it for whoever calls it.
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
union all
select
    null::text,
    format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    roles.rolname::text,
    'sequences may be set through functions',
    format('%s may set sequence %s by calling %s', roles.rolname, s.named, p.oid::regprocedure),
    'warning',
    format('select 1 where has_function_privilege(%L, %s::oid, ''execute'');', roles.rolname, p.oid),
    format('revoke execute on function %s from %I, public;', p.oid::regprocedure, roles.rolname)
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
cross join
    lateral (
        select distinct to_regclass(m.found[1]) as named
        from regexp_matches(
            coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), ''),
            '\msetval\s*\(\s*''([^'']+)''', 'gi'
        ) as m (found)
    ) as s
inner join roles
    on has_function_privilege(roles.oid, p.oid, 'execute') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    p.prosecdef
    and p.prokind in ('f', 'p')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and exists (
        select from pg_catalog.pg_class as c
        where
            c.oid = s.named
            and c.relkind = 'S'
            and has_sequence_privilege(p.proowner, c.oid, 'update')
            and not has_sequence_privilege(roles.oid, c.oid, 'update')
    )
order by schema, object, role
