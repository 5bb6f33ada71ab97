/*
code = "RLS005"
name = "policy-believes-setting"
severity = "error"
since = "0.1.0"
title = "A policy opens to whoever sets a setting, or does what any session can do"
why = '''
Every session can set every custom setting. A permissive policy that names no tenant and compares a setting
with a constant is opened by one SET; one that asks how a query is written or whence it runs, be it beside the tenant,
by a trigger on a temporary table or a second try.
'''
bad = '''
create policy all_admin on app.orders to example_app using (pg_catalog.current_setting('app.role', true) = 'admin');
'''
fix = '''
drop policy all_admin on app.orders;
'''
subsumed_by = ["ISO004"]
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

-- How a query is written or whence it runs, compared with something.
asked as (
    select format('^\(\(%1$s OR | OR \(%1$s\)$', pattern) as first_or_last
    from (
        select
            '"?\m(?:(?:pg_trigger_depth|current_query|random|pg_my_temp_schema)"?\(\)'
            || '|current_setting\(''transaction_isolation''[^()]*\))[^()]*(?:\([^()]*\)[^()]*)?\)' as pattern
    ) as p
),

policies as (
    select
        p.oid,
        p.polrelid,
        p.polname,
        p.polcmd,
        p.polroles,
        concat_ws(
            ' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        ) as condition,
        -- It is asked beside all that names the tenant: the first or the last of what any of is enough.
        (
            pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~* asked.first_or_last
            or pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) ~* asked.first_or_last
        ) is true as asked_besides
    from pg_catalog.pg_policy as p
    cross join asked
    where p.polpermissive
),

-- What a policy looks at: columns of its own table, and functions that are not PostgreSQL's.
looks_at as (
    select
        p.oid,
        coalesce(array_agg(a.attname) filter (where a.attname is not null), '{}') as columns,
        bool_or(d.refclassid = 'pg_catalog.pg_proc'::regclass) as a_function
    from policies as p
    inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_policy'::regclass and p.oid = d.objid
    left join pg_catalog.pg_attribute as a
        on p.polrelid = d.refobjid and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
    group by p.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case
        when p.condition ~ 'current_setting\(' and not p.asked_besides
            then format('any session can set %s, which opens all tenants', (
                regexp_match(p.condition, 'current_setting\(''([^'']+)''')
            )[1])
        else format('policy %s asks what any session decides', p.polname)
    end as cause,
    format(
        'policy %s on %I.%I is opened by %s',
        p.polname, n.nspname, c.relname,
        case
            when p.condition ~ 'current_setting\(' and not p.asked_besides then 'a setting'
            else 'what a session does'
        end
    ) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join policies as p on c.oid = p.polrelid
inner join looks_at as l on p.oid = l.oid
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    (
        not coalesce(t.tenant_column = any(l.columns), false)
        and p.condition ~ 'current_setting\(''[^'']+''(::text)?(, true)?\)\)? (=|= ANY|IN) '
        -- Who has logged in is tried by setting it.
        and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role)\M'
        and p.condition ~ ''' *(::text)? *\)|ARRAY'
    )
    or (
        (
            p.asked_besides
            -- A setting alone decides, however it is compared: not the row, nor who has logged in, nor another policy.
            or (
                not coalesce(t.tenant_column = any(l.columns), false)
                and p.polcmd in ('r', '*')
                and p.condition ~ (
                    'current_setting\(''([^'']+\.[^'']+|application_name)'''
                    || '|\m(pg_trigger_depth|current_query|random)\(|to_reg\w+\(''pg_temp\.'
                )
                and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role|select)\M'
                and l.columns = '{}'
                and not l.a_function
            )
            -- Who connects says under which name: that is no tenant, though it is compared with one.
            or (
                p.polcmd in ('r', '*')
                and p.condition ~ 'current_setting\(''application_name'''
                and p.condition !~ 'current_setting\(''[^'']+\.'
                and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role|select)\M'
                and not l.a_function
            )
        )
        and not exists (
            select
            from pg_catalog.pg_policy as held
            cross join lateral unnest(held.polroles) as g (oid)
            where
                c.oid = held.polrelid
                and not held.polpermissive
                and held.polcmd in ('*', case p.polcmd when '*' then 'r' else p.polcmd end)
                and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
        )
    )
order by n.nspname, c.relname, p.polname, roles.rolname
