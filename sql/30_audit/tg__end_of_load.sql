-- Sees at commit that no table is left unrecorded by a load that was begun.
create or replace function audit.tg__end_of_load() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if exists (select from ttdb.open_loads as l where l.relation = new.relation) then
        raise exception 'the load of % was begun and not ended', new.relation
            using errcode = 'TTLOA', hint = 'Call audit.end_load() in the same transaction.';
    end if;
    return null;
end;
$function$;

comment on function audit.tg__end_of_load() is
'Trigger: refuses a commit between audit.begin_load() and audit.end_load(), so that recording is never left off.';
revoke all on function audit.tg__end_of_load() from public;
