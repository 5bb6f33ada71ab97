-- How the server itself describes the functions of some schemas.
create or replace function ttdb.definitions_in(schemas text[])
returns table (kind text, identity text, definition text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_of_functions(array(
        select p.oid::pg_catalog.regprocedure
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = any(definitions_in.schemas)
    )) as d;
$function$;

comment on function ttdb.definitions_in(text[]) is 'Definition, owner and grants of the functions of some schemas.';
revoke all on function ttdb.definitions_in(text[]) from public;
grant execute on function ttdb.definitions_in(text[]) to ttdb_operator, ttdb_masker, ttdb_definer;
