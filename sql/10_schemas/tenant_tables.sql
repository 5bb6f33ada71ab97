-- The registry of the tables whose rows belong to tenants.
create table ttdb.tenant_tables (
    relation regclass not null,
    tenant_column name not null,
    app text[] not null,
    worker text[] not null,
    found jsonb not null,
    constraint tenant_tables_pkey primary key (relation)
);
comment on table ttdb.tenant_tables is 'Tables that ttdb.protect() keeps apart by tenant.';
comment on column ttdb.tenant_tables.app is 'what ttdb_app may do with the rows of its tenant';
comment on column ttdb.tenant_tables.worker is 'what ttdb_worker may do with the rows of all tenants';
comment on column ttdb.tenant_tables.found is 'row security and grants before, for ttdb.unprotect() to give back';
grant select on ttdb.tenant_tables to ttdb_operator, ttdb_definer;
