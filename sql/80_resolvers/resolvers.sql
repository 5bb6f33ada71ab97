-- The registry of the functions that find a tenant before a session has one.
create table ttdb.resolvers (
    function text not null,
    finds text not null,
    constraint resolvers_pkey primary key (function)
);
comment on table ttdb.resolvers is 'Functions that tell which tenant something belongs to, and nothing else.';
-- Text, not regprocedure: a server with a column of that type cannot be upgraded by pg_upgrade.
comment on column ttdb.resolvers.function is 'its name and argument types, as regprocedure writes them without a path';
comment on column ttdb.resolvers.finds is 'what it looks up, in words';
comment on constraint resolvers_pkey on ttdb.resolvers is 'one function, one entry';
grant select on ttdb.resolvers to ttdb_operator;
