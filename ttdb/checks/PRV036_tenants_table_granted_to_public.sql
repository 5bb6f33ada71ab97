/*
code = "PRV036"
name = "tenants-table-granted-to-public"
severity = "warning"
since = "0.1.0"
title = "A table of tenants is granted to PUBLIC"
why = '''
PUBLIC is every role of the server, those to come included. What is granted to it makes every narrower grant moot: a
column that was kept from a service, or rows that a role was to see masked alone.
'''
bad = '''
grant select on app.orders to public;
'''
fix = '''
revoke select on app.orders from public;
'''
*/
with tenants_own as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

granted as (
    select
        c.oid as relation,
        a.privilege_type,
        null::name as attname
    from tenants_own
    inner join pg_catalog.pg_class as c on tenants_own.relation = c.oid
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where a.grantee = 0
    union all
    select
        k.attrelid,
        a.privilege_type,
        k.attname
    from tenants_own
    inner join pg_catalog.pg_attribute as k on tenants_own.relation = k.attrelid and not k.attisdropped
    cross join lateral pg_catalog.aclexplode(k.attacl) as a
    where a.grantee = 0
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'PUBLIC holds privileges on it' as cause,
    format(
        'PUBLIC holds %s on %I.%I',
        string_agg(
            lower(g.privilege_type) || coalesce(' of column ' || quote_ident(g.attname), ''), ', '
            order by g.privilege_type, g.attname
        ),
        n.nspname, c.relname
    ) as detail,
    format(
        'select 1 from pg_catalog.pg_class as c inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid'
        || ' cross join lateral pg_catalog.aclexplode(c.relacl || a.attacl) as g'
        || ' where c.oid = %L::regclass and g.grantee = 0 limit 1;',
        format('%I.%I', n.nspname, c.relname)
    ) as evidence,
    string_agg(
        distinct format(
            'revoke %s on %I.%I from public;',
            lower(g.privilege_type) || coalesce(' (' || quote_ident(g.attname) || ')', ''), n.nspname, c.relname
        ),
        ' '
    ) as fix
from granted as g
inner join pg_catalog.pg_class as c on g.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
group by n.nspname, c.relname
order by n.nspname, c.relname
