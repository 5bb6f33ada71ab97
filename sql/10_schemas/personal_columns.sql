-- The registry of the columns about whose masking somebody has decided.
create table ttdb.personal_columns (
    relation regclass not null,
    column_name name not null,
    mask text not null,
    constraint personal_columns_pkey primary key (relation, column_name)
);
comment on table ttdb.personal_columns is 'How support sees a column; a column without a row is not shown at all.';
comment on column ttdb.personal_columns.relation is 'the table';
comment on column ttdb.personal_columns.column_name is 'the column';
comment on column ttdb.personal_columns.mask is 'a function masked.<mask>, or plain: decided to be shown as it is';
comment on constraint personal_columns_pkey on ttdb.personal_columns is 'one decision for a column';
grant select on ttdb.personal_columns to ttdb_operator;
