-- A retired month is read, dumped and dropped, and not changed.
create or replace function ttdb.tg__refuse_retired() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    raise exception '% of the retired month % is refused', pg_catalog.lower(tg_op), tg_relid::pg_catalog.regclass
        using errcode = 'TTRTD',
        hint = 'Attach it again with ttdb.ensure_partition(), or dump and drop it.';
end;
$function$;

comment on function ttdb.tg__refuse_retired() is 'Refuses INSERT, UPDATE, DELETE and TRUNCATE of a retired month.';
revoke all on function ttdb.tg__refuse_retired() from public;
