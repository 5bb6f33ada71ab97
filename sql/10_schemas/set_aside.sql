-- What a bulk load has set aside and has not yet put back.
create table ttdb.set_aside (
    position integer not null,
    relation text not null,
    object text not null,
    restore text not null,
    constraint set_aside_pkey primary key (position)
);
comment on table ttdb.set_aside is
'Indexes and foreign keys that a bulk load dropped and will make again; empty unless one runs, or was killed.';
comment on column ttdb.set_aside.position is 'in the order of putting back';
comment on column ttdb.set_aside.relation is 'the table, as the server writes its name';
comment on column ttdb.set_aside.object is 'what was set aside; of rows that a repair has to take away: rows';
comment on column ttdb.set_aside.restore is
'the SQL that puts it back; of rows, the transaction that wrote them, and nothing where it did not end';
comment on constraint set_aside_pkey on ttdb.set_aside is 'one place in the order, one object';
grant select on ttdb.set_aside to ttdb_operator;
