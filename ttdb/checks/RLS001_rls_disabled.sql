/*
code = "RLS001"
name = "rls-disabled"
severity = "error"
since = "0.1.0"
title = "A table of tenants has row level security switched off"
why = '''
Every role that may read or write the table then does so for every tenant. Unreachable for the application it
is a warning: one grant away. Where it may not even use the schema, it is said for information; so is a copy that
somebody keeps, without a key or a policy.
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
),

near_roles as (
    -- and those that they may become
    select roles.oid from roles
    union
    select r.oid
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

near as (
    -- one step away: they have the schema, or a privilege
    select distinct t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    inner join near_roles as r
        on
            (
                has_schema_privilege(r.oid, c.relnamespace, 'usage')
                and (
                    c.oid in (select p.polrelid from pg_catalog.pg_policy as p)
                    or c.oid in (
                        select i.indrelid
                        from pg_catalog.pg_index as i
                        where i.indisprimary
                    )
                )
            )
            or has_table_privilege(r.oid, c.oid, 'delete, truncate')
            or has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    reach.role,
    'row level security is off' as cause,
    case
        when reach.role is not null then 'error'
        -- with nobody to ask about, nothing is far from them
        when near.relation is not null or not exists (select from near_roles) then 'warning'
        else 'info'
    end as severity,
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
left join near on c.oid = near.relation
where not c.relrowsecurity
order by n.nspname, c.relname
