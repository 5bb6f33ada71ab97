-- Runs statements that were written down before names changed, each as its role.
create or replace function ttdb.say_again(statements text[], roles text[] default null) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_me constant pg_catalog.text := current_user;
begin
    for v_number in 1..coalesce(pg_catalog.cardinality(statements), 0) loop
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', roles[v_number], true);
        end if;
        execute statements[v_number];
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', v_me, true);
        end if;
    end loop;
end;
$function$;

comment on function ttdb.say_again(text[], text[]) is
'Runs statements in order, each as its role, or all as who calls.';
revoke all on function ttdb.say_again(text[], text[]) from public;
