/*
code = "RLS001"
name = "rls-disabled"
severity = "error"
since = "0.1.0"
title = "A table of tenants has row level security switched off"
why = '''
Every role that may read or write the table then does so for every tenant. Unreachable for the application it
is a warning: one grant away.
'''
bad = '''
alter table app.orders disable row level security;
'''
fix = '''
alter table app.orders enable row level security;
'''
subsumed_by = ["ISO003"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    reach.role,
    'row level security is off' as cause,
    case when reach.role is null then 'warning' else 'error' end as severity,
    format('table %I.%I has row level security off', n.nspname, c.relname) as detail,
    format(
        'select relrowsecurity from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;',
        c.oid::regclass
    ) as evidence,
    format(
        E'alter table %1$s enable row level security;\nalter table %1$s force row level security;', c.oid::regclass
    ) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and (
            has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
            or has_table_privilege(roles.oid, c.oid, 'delete')
        )
) as reach on true
where not c.relrowsecurity
order by n.nspname, c.relname
