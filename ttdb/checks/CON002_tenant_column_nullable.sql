/*
code = "CON002"
name = "tenant-column-nullable"
severity = "warning"
since = "0.1.0"
title = "A tenant column may be null"
why = '''
A row without a tenant belongs to nobody: no session sees it, no policy protects it, and a unique key with it
does not hold. Where policies show rows without a tenant to all, as shared ones, and let the application write none,
it is as meant, and said for information.
'''
bad = '''
alter table app.orders alter column org_id drop not null;
'''
fix = '''
alter table app.orders alter column org_id set not null;
'''
*/
with policies as (
    select
        p.polrelid,
        p.polroles,
        p.polpermissive,
        p.polcmd,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) as qual,
        pg_catalog.pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid) as written
    from pg_catalog.pg_policy as p
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'tenant columns may be null' as cause,
    case
        -- No session of the application can leave the tenant out of a row that it cannot write.
        when not exists (
            select
            from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
            inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
            where
                has_schema_privilege(r.oid, n.oid, 'usage')
                and has_any_column_privilege(r.oid, c.oid, 'insert, update')
        ) then 'info'
        -- Rows of nobody are shared by design, and every policy by which a row is written compares the tenant: a null
        -- is equal to nothing.
        when
            c.relrowsecurity
            and not exists (
                select
                from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
                inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                where r.rolsuper or r.rolbypassrls or (not c.relforcerowsecurity and r.oid = c.relowner)
            )
            and exists (
                select
                from policies as p
                where
                    p.polrelid = c.oid and p.polcmd in ('r', '*')
                    and p.qual ~* format('\m%s"?\)? is null', t.tenant_column)
            )
            and not exists (
                select
                from policies as p
                where
                    p.polrelid = c.oid and p.polcmd in ('a', 'w', '*') and p.polpermissive
                    and (
                        p.written is null
                        or p.written !~* format('\m%1$s"?\)?(::[a-z ]+)? = | = \(*"?%1$s\M', t.tenant_column)
                        or p.written
                        ~* format('\m(or|coalesce|case)\M|\m%1$s"?\)? is (null|not distinct)', t.tenant_column)
                    )
                    and exists (
                        select
                        from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
                        inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                        cross join unnest(p.polroles) as g (oid)
                        where g.oid = 0 or pg_catalog.pg_has_role(r.oid, g.oid, 'usage')
                    )
            ) then 'info'
        else 'warning'
    end as severity,
    format('column %I of %I.%I may be null', t.tenant_column, n.nspname, c.relname) as detail,
    format('alter table %s alter column %I set not null;', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
where not a.attnotnull and n.nspname not in ('ttdb', 'audit')
order by n.nspname, c.relname
