-- The registry of the tables that are kept in months.
create table ttdb.partitioned_tables (
    relation regclass not null,
    key_column name not null,
    retention interval not null,
    storage text[] not null,
    found text[],
    constraint partitioned_tables_pkey primary key (relation)
);
comment on table ttdb.partitioned_tables is 'Tables that ttdb.partition_by_month() keeps in months.';
comment on column ttdb.partitioned_tables.relation is 'the partitioned table: its months are its leaves';
comment on column ttdb.partitioned_tables.key_column is 'the column whose month, in UTC, says where a row lies';
comment on column ttdb.partitioned_tables.retention is
'how long a month is kept: ttdb.retire_partition() refuses younger ones';
comment on column ttdb.partitioned_tables.storage is 'settings of each month, as autovacuum_analyze_scale_factor=0.02';
comment on column ttdb.partitioned_tables.found is
'the settings that the DEFAULT partition had before; NULL where ttdb.partition_by_month() made it';
comment on constraint partitioned_tables_pkey on ttdb.partitioned_tables is 'one table, one entry';
grant select on ttdb.partitioned_tables to ttdb_operator;
