-- How every object that a revision manages must look, in the server's own words.
create table ttdb.managed_objects (
    kind text not null,
    identity text not null,
    definition text not null,
    revision text not null,
    step text not null,
    constraint managed_objects_pkey primary key (kind, identity)
);
comment on table ttdb.managed_objects is 'The definitions that the revisions left behind: what differs has drifted.';
comment on column ttdb.managed_objects.definition is 'as ttdb.definitions_of() and ttdb.definitions_in() gave it';
grant select on ttdb.managed_objects to ttdb_operator;
