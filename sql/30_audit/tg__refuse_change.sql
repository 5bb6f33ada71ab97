-- The trail is written once.
create or replace function audit.tg__refuse_change() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    raise exception '% of the audit trail is refused', pg_catalog.lower(tg_op)
        using errcode = 'TTAPP',
        hint = 'The trail is append-only for everybody; old months are retired whole.';
end;
$function$;

comment on function audit.tg__refuse_change() is 'Refuses UPDATE, DELETE and TRUNCATE of the trail, its owner''s too.';
revoke all on function audit.tg__refuse_change() from public;
