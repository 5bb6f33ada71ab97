-- Takes a function out of the registry of resolvers.
create or replace function ttdb.forget_resolver(function text) returns void
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    -- By name, not regprocedure: the function may be gone already.
    delete from ttdb.resolvers as r where r.function = forget_resolver.function;
$function$;

comment on function ttdb.forget_resolver(text) is 'Undoes ttdb.resolver(); grants to services stay as they are.';
revoke all on function ttdb.forget_resolver(text) from public;
