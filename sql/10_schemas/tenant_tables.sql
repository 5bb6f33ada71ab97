-- The registry of the tables whose rows belong to tenants.
create table ttdb.tenant_tables (
    relation regclass not null,
    tenant_column name not null,
    app text[] not null,
    worker text[] not null,
    definer text[] not null,
    found jsonb not null,
    constraint tenant_tables_pkey primary key (relation)
);
comment on table ttdb.tenant_tables is 'Tables that ttdb.protect() keeps apart by tenant.';
comment on column ttdb.tenant_tables.relation is 'the table; its partitions follow it and have no row';
comment on column ttdb.tenant_tables.tenant_column is 'the column that says whose row it is';
comment on column ttdb.tenant_tables.app is 'what ttdb_app may do with the rows of its tenant';
comment on column ttdb.tenant_tables.worker is 'what ttdb_worker may do with the rows of all tenants';
comment on column ttdb.tenant_tables.definer is
'what functions that run as ttdb_definer may do with the rows of all tenants';
comment on column ttdb.tenant_tables.found is 'row security and grants before, for ttdb.unprotect() to give back';
comment on constraint tenant_tables_pkey on ttdb.tenant_tables is 'a table is protected in one way';
grant select on ttdb.tenant_tables to ttdb_operator, ttdb_definer;
