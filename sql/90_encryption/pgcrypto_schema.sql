-- Where pgcrypto stands: installed by others, it may be anywhere.
create or replace function ttdb.pgcrypto_schema() returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_schema pg_catalog.text;
begin
    select n.nspname
    into v_schema
    from pg_catalog.pg_extension as e
    inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pgcrypto';
    if not found then
        raise exception 'the extension pgcrypto is missing'
            using errcode = 'TTCRY', hint = 'Have an admin run: create extension pgcrypto;';
    end if;
    return v_schema;
end;
$function$;

comment on function ttdb.pgcrypto_schema() is 'The schema of the extension pgcrypto.';
revoke all on function ttdb.pgcrypto_schema() from public;
grant execute on function ttdb.pgcrypto_schema() to ttdb_app, ttdb_worker, ttdb_operator;
