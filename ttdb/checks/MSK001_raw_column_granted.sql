/*
code = "MSK001"
name = "raw-column-granted"
severity = "error"
since = "0.1.0"
title = "A masked role may read a raw personal column"
why = '''
The column is registered as personal and masked, but the role that should see masks only holds SELECT on it,
or on its whole table.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.personal_columns (
    relation regclass, column_name name, mask text,
    primary key (relation, column_name)
);
insert into ttdb.personal_columns values ('app.customers', 'email', 'email');
'''
bad = '''
grant select on app.customers to example_support;
'''
fix = '''
revoke select on app.customers from example_support;
'''
requires = ["ttdb.personal_columns"]
subsumed_by = ["MSK002"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('%s may read raw personal columns', roles.rolname) as cause,
    format(
        '%s may read %s of %I.%I',
        roles.rolname,
        string_agg(p.column_name, ', ' order by p.column_name),
        n.nspname,
        c.relname
    ) as detail,
    format(
        'select column_name from ttdb.personal_columns where relation = %1$L::regclass and mask <> ''plain'''
        ' and has_column_privilege(%2$L, relation, column_name, ''select'');',
        c.oid::regclass, roles.rolname
    ) as evidence,
    format('revoke select on %s from %I;', c.oid::regclass, roles.rolname) as fix
from ttdb.personal_columns as p
inner join pg_catalog.pg_class as c on p.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and p.column_name = a.attname and not a.attisdropped
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage') and has_column_privilege(roles.oid, c.oid, a.attnum, 'select')
where p.mask <> 'plain'
group by n.nspname, c.relname, c.oid, roles.rolname
order by n.nspname, c.relname, roles.rolname
