-- Which parts of ttdb's registry this database has.
select
    to_regclass('ttdb.tenant_tables') is not null,
    to_regclass('ttdb.personal_columns') is not null,
    to_regclass('ttdb.audited_tables') is not null,
    to_regclass('ttdb.unique_keys') is not null,
    to_regclass('audit.trail') is not null,
    to_regprocedure('ttdb.tenant_setting()') is not null,
    to_regprocedure('ttdb.context_is_signed()') is not null,
    to_regclass('ttdb.resolvers') is not null,
    (
        -- By name: to_regclass() is an error for a login that may not use the schema.
        select n.nspname || '.' || c.relname
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where
            n.nspname in ('public', 'ttdb')
            and c.relname = 'alembic_version'
            and has_schema_privilege(n.oid, 'usage')
            and has_table_privilege(c.oid, 'select')
        order by n.nspname
        limit 1
    ) as versions
