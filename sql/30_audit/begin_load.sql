-- The verb that opens a load: its rows go to the trail in one line, not in one each.
create or replace function audit.begin_load(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if not audit.is_enabled(relation) then
        raise exception '% is not audited', relation
            using errcode = 'TTAUD', hint = 'There is nothing to begin: load it as it is.';
    end if;
    -- Until the transaction ends nobody else can change the table: the trigger is off for this load alone.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    insert into ttdb.open_loads (relation) values (begin_load.relation);
    execute pg_catalog.format('alter table %s disable trigger _900_record_change', relation);
end;
$function$;

comment on function audit.begin_load(regclass) is
'Lets the owner load many rows in this transaction with one line of the trail; audit.end_load() must follow in it.';
revoke all on function audit.begin_load(regclass) from public;
