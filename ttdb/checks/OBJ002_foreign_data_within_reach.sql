/*
code = "OBJ002"
name = "foreign-data-within-reach"
severity = "warning"
since = "0.1.0"
title = "An application role reaches another server's data, which no policy holds"
why = '''
A foreign table has no policies: a session reads it as the mapped user, who sees what that other server shows him. With
USAGE on the server and a mapping for the role, it can be reached without any table of ours.
'''
given = '''
create extension if not exists postgres_fdw;
create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname 'elsewhere');
create user mapping for example_app server elsewhere options (user 'somebody', password 'x');
'''
bad = '''
grant usage on foreign server elsewhere to example_app;
'''
fix = '''
revoke usage on foreign server elsewhere from example_app;
'''
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
    null::text as schema,
    'server ' || s.srvname as object,
    roles.rolname::text as role,
    'other servers'' data are within reach' as cause,
    format('%s may use server %I, for which there is a user mapping', roles.rolname, s.srvname) as detail,
    format('select 1 where has_server_privilege(%L, %L, ''usage'');', roles.rolname, s.srvname) as evidence,
    format('revoke usage on foreign server %I from %I, public;', s.srvname, roles.rolname) as fix
from pg_catalog.pg_foreign_server as s
inner join roles on has_server_privilege(roles.oid, s.oid, 'usage')
where
    exists (
        select from pg_catalog.pg_user_mappings as m
        where m.srvid = s.oid and (m.umuser = 0 or pg_catalog.pg_has_role(roles.oid, m.umuser, 'usage'))
    )
union all
select
    n.nspname::text,
    c.relname::text,
    roles.rolname::text,
    'other servers'' data are within reach',
    format('%s may use foreign table %I.%I, which no policy holds', roles.rolname, n.nspname, c.relname),
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, c.oid::regclass),
    format('revoke all on %s from %I, public;', c.oid::regclass, roles.rolname)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
where
    c.relkind = 'f'
    and exists (
        select from pg_catalog.pg_attribute as a
        where
            a.attrelid = c.oid
            and a.attname::text in (
                select t.tenant_column::text
                from
                    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                        as t (relation oid, tenant_column name)
            )
    )
order by 1, 2, 3
