-- The registry of the tables that were made partitioned while in use, and of how far their rows have come.
create table ttdb.converted_tables (
    relation regclass not null,
    former_key name[] not null,
    former_options text[] not null,
    arrangement text not null,
    wanted text,
    storage text[] not null default '{}',
    staging regclass,
    changes regclass,
    months date[] not null default '{}',
    ready boolean not null default false,
    last_key text[],
    copied boolean not null default false,
    old_leaves regclass[] not null default '{}',
    constraint converted_tables_pkey primary key (relation),
    constraint converted_tables_arrangement_must_be_known check (arrangement in ('whole', 'months')),
    constraint converted_tables_wanted_must_be_known check (wanted in ('whole', 'months'))
);
comment on table ttdb.converted_tables is 'Tables that ttdb.partition_in_place() made partitioned while in use.';
comment on column ttdb.converted_tables.relation is 'the partitioned table';
comment on column ttdb.converted_tables.former_key is 'the primary key before: without the partition key';
comment on column ttdb.converted_tables.former_options is 'the storage settings before';
comment on column ttdb.converted_tables.arrangement is 'how the rows lie: whole, in one partition, or in months';
comment on column ttdb.converted_tables.wanted is 'the arrangement to which rows are being copied; NULL while none is';
comment on column ttdb.converted_tables.storage is 'settings of the partitions that are being filled';
comment on column ttdb.converted_tables.staging is 'under which the new partitions are filled';
comment on column ttdb.converted_tables.changes is 'the keys of rows that were changed since the copying began';
comment on column ttdb.converted_tables.months is 'that the new partitions are to be';
comment on column ttdb.converted_tables.ready is 'the new partitions stand, and changes are noted';
comment on column ttdb.converted_tables.last_key is 'of the last row that was copied';
comment on column ttdb.converted_tables.copied is 'every row that stood at the beginning was copied: changes remain';
comment on column ttdb.converted_tables.old_leaves is 'partitions whose rows lie in the new ones: to be dropped';
comment on constraint converted_tables_pkey on ttdb.converted_tables is 'one table, one entry';
comment on constraint converted_tables_arrangement_must_be_known on ttdb.converted_tables is
'rows lie whole or in months';
comment on constraint converted_tables_wanted_must_be_known on ttdb.converted_tables is
'rows go to one partition or to months';
grant select, update on ttdb.converted_tables to ttdb_operator;
