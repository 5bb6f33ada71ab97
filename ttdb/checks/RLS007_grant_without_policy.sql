/*
code = "RLS007"
name = "grant-without-policy"
severity = "info"
since = "0.1.0"
title = "The application holds a privilege that no policy lets it use"
why = '''
Row level security is on and no policy admits the role for that command: it sees nothing, or each write fails.
Either the grant or the policy is missing.
'''
bad = '''
drop policy delete_own_org on app.orders;
'''
fix = '''
create policy delete_own_org on app.orders for delete to example_app using (org_id = (select app.org()));
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format(
        '%s may %s, but no policy of %I.%I admits it',
        roles.rolname,
        string_agg(v.verb, ', ' order by v.verb),
        n.nspname,
        c.relname
    ) as detail,
    format('revoke %s on %s from %I;', string_agg(v.verb, ', ' order by v.verb), c.oid::regclass, roles.rolname) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join roles
cross join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) as v (command, verb)
where
    has_table_privilege(roles.oid, c.oid, v.verb)
    and (c.relforcerowsecurity or not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage'))
    and not exists (
        select
        from pg_catalog.pg_policy as p
        cross join unnest(p.polroles) as g (oid)
        where
            p.polrelid = c.oid
            and p.polpermissive
            and p.polcmd::text in (v.command, '*')
            and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
    )
group by n.nspname, c.relname, c.oid, roles.rolname
order by n.nspname, c.relname, roles.rolname
