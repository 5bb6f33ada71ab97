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
comment on column ttdb.managed_objects.kind is
'what is described: a function, a policy, a constraint, who owns it, its grants and more; after the word found, what '
'hung on a table before ttdb put anything there';
comment on column ttdb.managed_objects.identity is 'which one, as the server names it with an empty search_path';
comment on column ttdb.managed_objects.definition is 'as ttdb.definitions_of() and ttdb.definitions_in() gave it';
comment on column ttdb.managed_objects.revision is 'the revision that left it so';
comment on column ttdb.managed_objects.step is 'the step that left it so';
comment on constraint managed_objects_pkey on ttdb.managed_objects is 'an object has one definition';
grant select on ttdb.managed_objects to ttdb_operator;
