/*
code = "PRV032"
name = "engine-table-writable"
severity = "error"
since = "0.1.0"
title = "The application may write what ttdb itself goes by: a registry, the ledger, or the record of managed objects"
why = '''
Whoever writes a registry decides what the trail leaves out, which columns are masked and how long a month is kept; what
stands in the ledger or among what a load has set aside is SQL that an owner runs. No service needs it, and no policy
keeps it back.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.ledger (revision text, step text, outcome text);
create table ttdb.audited_tables (relation regclass primary key, excluded name[] not null);
grant usage on schema ttdb to example_app;
'''
bad = '''
grant update (excluded) on ttdb.audited_tables to example_app;
'''
fix = '''
revoke update (excluded) on ttdb.audited_tables from example_app;
'''
requires = ["ttdb.ledger"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
    -- Those who keep these tables.
    where not exists (
        select
        from pg_catalog.pg_roles as k
        where
            k.rolname in ('ttdb_owner', 'ttdb_operator', 'ttdb_definer')
            and pg_catalog.pg_has_role(r.oid, k.oid, 'member')
    )
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'what ttdb goes by can be written by the application' as cause,
    min(roles.rolname::text) as role,
    format(
        '%s may write %I.%I',
        string_agg(distinct roles.rolname, ' and ' order by roles.rolname),
        n.nspname,
        c.relname
    ) as detail,
    format(
        'select has_any_column_privilege(%1$L, %2$L, ''insert, update'')'
        ' or has_table_privilege(%1$L, %2$L, ''delete, truncate'');',
        min(roles.rolname::text),
        c.oid::regclass
    ) as evidence,
    format(
        'revoke insert, update, delete, truncate on %s from public, %s;',
        c.oid::regclass,
        string_agg(distinct quote_ident(roles.rolname), ', ')
    ) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_schema_privilege(roles.oid, n.oid, 'usage')
where
    n.nspname = 'ttdb'
    and c.relkind in ('r', 'p')
    -- Behind row security a grant alone lets nothing through.
    and not c.relrowsecurity
    and (
        has_any_column_privilege(roles.oid, c.oid, 'insert, update')
        or has_table_privilege(roles.oid, c.oid, 'delete, truncate')
    )
group by n.nspname, c.relname, c.oid
order by n.nspname, c.relname
