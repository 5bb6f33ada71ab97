-- Counts the tickets that wait for the commit to be counted, when ticket types are deleted.
create or replace function ttdb.tg__settle_sales() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    -- Else a type made again with the same id, in the same transaction, would get what its predecessor's tickets gave
    -- back: its count begins at nothing. Deferred again after that, as declared: whoever made them immediate before has
    -- them looked at when he commits.
    set constraints public.tickets_must_be_counted immediate;
    set constraints public.tickets_must_be_counted deferred;
    return null;
end;
$function$;

comment on function ttdb.tg__settle_sales() is
'Trigger: a deleted ticket type takes with it what its tickets changed of its count; one made again starts from none.';
revoke all on function ttdb.tg__settle_sales() from public;
