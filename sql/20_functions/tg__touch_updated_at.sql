-- Keeps updated_at honest: whoever changes a row, the time is the server's.
create or replace function ttdb.tg__touch_updated_at() returns trigger
language plpgsql
volatile
parallel safe
security invoker
set search_path = ''
as $function$
begin
    new.updated_at := pg_catalog.now();
    return new;
end;
$function$;

comment on function ttdb.tg__touch_updated_at() is 'Trigger: sets updated_at to the time of the change.';
revoke all on function ttdb.tg__touch_updated_at() from public;
