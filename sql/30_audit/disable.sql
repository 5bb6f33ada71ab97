-- Ends the recording of a table; what is in the trail stays.
create or replace function audit.disable(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    perform audit.drop_triggers(relation);
    delete from ttdb.audited_tables as a where a.relation = disable.relation;
end;
$function$;

comment on function audit.disable(regclass) is 'Takes off what audit.enable() put on; the trail keeps what it has.';
revoke all on function audit.disable(regclass) from public;
