-- Whose rows were before a backfill gave them the tenant of the row that they belong to.
create table ttdb.tenants_found (
    relation text not null,
    key text not null,
    found uuid,
    given uuid not null,
    constraint tenants_found_pkey primary key (relation, key)
);
comment on table ttdb.tenants_found is
'What rows held as their tenant before they were given the one they belong to: for the way back.';
comment on column ttdb.tenants_found.relation is 'the table, as the server writes its name';
comment on column ttdb.tenants_found.key is 'of the row';
comment on column ttdb.tenants_found.found is 'what it held; NULL where nothing';
comment on column ttdb.tenants_found.given is 'what it was given';
comment on constraint tenants_found_pkey on ttdb.tenants_found is 'a row was found with one tenant';
grant select, insert, delete on ttdb.tenants_found to ttdb_operator;
