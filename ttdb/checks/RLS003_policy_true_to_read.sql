/*
code = "RLS003"
name = "policy-true-to-read"
severity = "error"
since = "0.1.0"
title = "A policy lets the application read every row"
why = '''
A permissive policy that is true for everyone makes all others moot: policies are joined by OR. One that names a role
which may not read the table yet is a warning: it waits for a grant.
'''
bad = '''
create policy select_all on app.orders for select to example_app using (true);
'''
fix = '''
drop policy select_all on app.orders;
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
    roles.rolname::text as role,
    case when has_any_column_privilege(roles.oid, c.oid, 'select') then 'error' else 'warning' end as severity,
    format('policy %s is true for everyone', p.polname) as cause,
    format('policy %s on %I.%I is true for every row', p.polname, n.nspname, c.relname) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence,
    format('drop policy %I on %s;', p.polname, c.oid::regclass) as fix
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
    p.polcmd in ('r', '*')
    and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
    and not exists (
        select from pg_catalog.pg_policy as o
        where o.polrelid = c.oid and not o.polpermissive
    )
    and (has_any_column_privilege(roles.oid, c.oid, 'select') or roles.oid = any(p.polroles))
order by n.nspname, c.relname, p.polname, roles.rolname
