/*
code = "PRV003"
name = "truncate-held"
severity = "error"
since = "0.1.0"
title = "An application role may truncate a table of tenants"
why = '''
TRUNCATE knows no policies and no row triggers: one statement removes every tenant's rows. Where a trigger on
TRUNCATE raises whatever is asked, it is said for information.
'''
bad = '''
grant truncate on app.orders to example_app;
'''
fix = '''
revoke truncate on app.orders from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

-- What triggers' functions do, without comments and without what they only say.
doing as (
    select
        f.oid,
        regexp_replace(
            regexp_replace(
                f.prosrc,
                '(\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"[^"]*")|--[^\n]*|/[*](?:[^*]|[*](?!/))*[*]/',
                '\1 ',
                'g'
            ),
            '\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''',
            '''''',
            'g'
        ) as code
    from pg_catalog.pg_proc as f
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
    where f.prorettype = 'pg_catalog.trigger'::regtype
),

-- The tables with a trigger that always fires and always raises: it lets nobody.
kept as (
    select t.tgrelid as relation
    from pg_catalog.pg_trigger as t
    inner join doing on t.tgfoid = doing.oid
    where
        t.tgtype & 32 = 32
        and t.tgenabled in ('O', 'A')
        and t.tgqual is null
        -- Nothing goes another way before it raises, and nothing catches that.
        and doing.code ~* (
            '^(?:(?!\m(?:if|case|loop|return|exit)\M).)*'
            || '\mraise\s+(?!(?:debug|log|info|notice|warning)\M)[\w'']'
        )
        and doing.code !~* '\mexception\s+when\M'
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case
        when c.oid in (select kept.relation from kept) then 'info'
        when
            c.oid in (
                select t.relation
                from
                    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                        as t (relation oid, tenant_column name)
                union
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
            )
            then 'error'
        else 'warning'
    end as severity,
    format('TRUNCATE is held by %s', roles.rolname) as cause,
    format('%s may truncate %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''truncate'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke truncate on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join
    roles
    on has_table_privilege(roles.oid, c.oid, 'truncate') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind in ('r', 'p')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
