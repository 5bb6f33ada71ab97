/*
code = "OBJ008"
name = "shared-rows-changeable"
severity = "warning"
since = "0.1.0"
title = "The application may change rows that are no tenant's, and that tenants' rows refer to"
why = '''
A list of countries, plans or categories is everybody's: whoever changes or deletes a row of it changes what all others
see and refer to. No policy holds such a row to a tenant, or one lets all be changed, so only the grant decides.
'''
given = '''
alter table app.customers add column country_code text references app.countries (code);
'''
bad = '''
grant update (title) on app.countries to example_app;
'''
fix = '''
revoke update (title) on app.countries from example_app;
'''
*/
with owned as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

referred as (
    select distinct k.confrelid as relation
    from pg_catalog.pg_constraint as k
    inner join owned on k.conrelid = owned.relation
    where k.contype = 'f'
),

shared as (
    select
        c.oid,
        c.relname,
        c.relrowsecurity,
        n.nspname
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where
        c.relkind in ('r', 'p')
        and c.oid not in (select owned.relation from owned)
        and (
            c.oid in (select referred.relation from referred)
            -- What such a list has beside it: the rates of a country, the prices of a plan.
            or exists (
                select from pg_catalog.pg_constraint as k
                inner join referred on k.confrelid = referred.relation
                where
                    k.contype = 'f'
                    and k.conrelid = c.oid
                    and referred.relation not in (select owned.relation from owned)
            )
        )
),

roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    shared.nspname::text as schema,
    shared.relname::text as object,
    'tables that are no tenant''s may be changed by the application' as cause,
    min(roles.rolname)::text as role,
    format(
        '%s may %s rows of %I.%I, which are no tenant''s and which tenants'' rows go by',
        string_agg(distinct roles.rolname, ', '),
        string_agg(distinct v.verb, ' and '),
        shared.nspname,
        shared.relname
    ) as detail,
    format(
        'revoke %s on %I.%I from %s;',
        string_agg(distinct v.verb, ', '),
        shared.nspname,
        shared.relname,
        string_agg(distinct quote_ident(roles.rolname), ', ')
    ) as fix,
    format(
        'select 1 where has_any_column_privilege(%1$L, %2$L, ''update'')'
        ' or has_table_privilege(%1$L, %2$L, ''delete'');',
        min(roles.rolname), shared.oid::regclass
    ) as evidence
from shared
cross join roles
cross join unnest(array['update', 'delete']) as v (verb)
where
    case
        when v.verb = 'update' then has_any_column_privilege(roles.oid, shared.oid, 'update')
        else has_table_privilege(roles.oid, shared.oid, 'delete')
    end
    -- Where policies hold, one that lets this role change every row.
    and (
        not shared.relrowsecurity
        or exists (
            select
            from pg_catalog.pg_policy as p
            cross join lateral unnest(p.polroles) as g (oid)
            where
                shared.oid = p.polrelid
                and p.polpermissive
                and p.polcmd::text in (case v.verb when 'update' then 'w' else 'd' end, '*')
                and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
                and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
        )
    )
    and not pg_catalog.pg_has_role(
        roles.oid, (
            select c.relowner from pg_catalog.pg_class as c
            where c.oid = shared.oid
        ), 'usage'
    )
group by shared.oid, shared.nspname, shared.relname
order by shared.nspname, shared.relname
