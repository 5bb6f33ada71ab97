/*
code = "RLS006"
name = "policy-raises-without-tenant"
severity = "info"
since = "0.1.0"
title = "A policy raises an error when its setting is unset or empty"
why = '''
current_setting() without true raises when unset; after any SET LOCAL the setting reads as an empty string,
and casting that raises too. Every query on the table then fails: no row leaks, and ISO002 shows what the refusal tells.
'''
bad = '''
alter policy select_own_org on app.orders using (org_id = pg_catalog.current_setting('app.org')::uuid);
'''
fix = '''
alter policy select_own_org on app.orders using (org_id = (select app.org()));
'''
subsumed_by = ["ISO002"]
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
    'policies raise an error without a tenant' as cause,
    format('policy %s on %I.%I raises an error when its setting is unset or empty', p.polname, n.nspname, c.relname)
        as detail,
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
    ~ (
        'current_setting\(''[^'']+\.[^'']+''(::text)?\)'
        || '|\(current_setting\(''[^'']+''(::text)?, true\)\)::(uuid|integer|bigint)'
    )
order by n.nspname, c.relname, p.polname, roles.rolname
