-- The registry of what is unique over all partitions of a table.
create table ttdb.unique_keys (
    keys regclass not null,
    relation regclass not null,
    columns name[] not null,
    across_tenants boolean not null,
    constraint unique_keys_pkey primary key (keys),
    constraint unique_keys_relation_columns_key unique (relation, columns)
);
comment on table ttdb.unique_keys is
'Key tables, by which ttdb.keep_unique() keeps columns unique over all partitions.';
comment on column ttdb.unique_keys.keys is 'the table that holds each value once, with the row that has it';
comment on column ttdb.unique_keys.relation is 'the table whose columns are unique';
comment on column ttdb.unique_keys.columns is 'the columns that are unique together, in the order they were named';
comment on column ttdb.unique_keys.across_tenants is
'unique over all tenants: declared to be made at random by a provider, so that meeting one tells nothing';
comment on constraint unique_keys_pkey on ttdb.unique_keys is 'one key table, one entry';
comment on constraint unique_keys_relation_columns_key on ttdb.unique_keys is
'the same columns of a table are kept unique once';
grant select on ttdb.unique_keys to ttdb_operator, ttdb_definer;
