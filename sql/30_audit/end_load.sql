-- The verb that ends a load, and writes it into the trail.
create or replace function audit.end_load(relation regclass, rows bigint, details jsonb default '{}') returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    delete from ttdb.open_loads as l where l.relation = end_load.relation;
    if not found then
        raise exception 'no load of % was begun', relation
            using errcode = 'TTLOA', hint = 'Call audit.begin_load() first, in the same transaction.';
    end if;
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    perform audit.record_load(relation, rows, details);
end;
$function$;

comment on function audit.end_load(regclass, bigint, jsonb) is
'Ends what audit.begin_load() began: records how many rows were loaded, and each change again from now on.';
revoke all on function audit.end_load(regclass, bigint, jsonb) from public;
