/*
code = "RLS005"
name = "policy-believes-setting"
severity = "error"
since = "0.1.0"
title = "A policy opens to whoever sets a setting"
why = '''
Every session can set every custom setting. A permissive policy that names no tenant and compares a setting
with a constant is opened by one SET.
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
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('any session can set %s, which opens all tenants', (
        regexp_match(
            concat_ws(
                ' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
            ),
            'current_setting\(''([^'']+)'''
        )
    )[1]) as cause,
    format('policy %s on %I.%I is opened by a setting', p.polname, n.nspname, c.relname) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_policy as p on c.oid = p.polrelid and p.polpermissive
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    ~ 'current_setting\(''[^'']+''(::text)?(, true)?\)\)? (=|= ANY|IN) '
    and concat_ws(
        ' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    )
    ~ ''' *(::text)? *\)|ARRAY'
    and not exists (
        select from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_attribute as a on d.refobjid = a.attrelid and d.refobjsubid = a.attnum
        where
            d.classid = 'pg_catalog.pg_policy'::regclass
            and d.objid = p.oid
            and d.refobjid = c.oid
            and a.attname = t.tenant_column
    )
order by n.nspname, c.relname, p.polname, roles.rolname
