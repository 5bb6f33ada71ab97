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
        select v.relation::text
        from (values (to_regclass('public.alembic_version')), (to_regclass('ttdb.alembic_version'))) as v (relation)
        where v.relation is not null and has_table_privilege(v.relation, 'select')
        limit 1
    ) as versions
