-- The registry of the tables whose changes go to the trail.
create table ttdb.audited_tables (
    relation regclass not null,
    excluded name[] not null,
    constraint audited_tables_pkey primary key (relation)
);
comment on table ttdb.audited_tables is 'Tables whose every change audit.enable() has recorded.';
comment on column ttdb.audited_tables.relation is 'the table';
comment on column ttdb.audited_tables.excluded is 'columns whose values are kept out of the trail';
comment on constraint audited_tables_pkey on ttdb.audited_tables is 'a table is audited in one way';
grant select on ttdb.audited_tables to ttdb_operator, ttdb_definer;
