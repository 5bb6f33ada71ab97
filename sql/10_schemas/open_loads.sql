-- The loads that run in a transaction: nobody sees a row here, for a commit that leaves one is refused.
create table ttdb.open_loads (
    relation regclass not null,
    constraint open_loads_pkey primary key (relation)
);
comment on table ttdb.open_loads is
'Tables whose rows are being loaded by one line of the trail instead of one each; empty outside a transaction.';
comment on column ttdb.open_loads.relation is 'the table';
comment on constraint open_loads_pkey on ttdb.open_loads is 'this table is being loaded already';

create constraint trigger loads_must_end
after insert on ttdb.open_loads
deferrable initially deferred for each row execute function audit.tg__end_of_load();
alter table ttdb.open_loads enable always trigger loads_must_end;
comment on trigger loads_must_end on ttdb.open_loads is 'a load was begun and not ended: audit.end_load() ends it';
