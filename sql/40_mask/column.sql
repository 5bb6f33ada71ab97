-- The verb that decides how support sees one column.
create or replace function masked.column(relation regclass, column_name name, mask text) returns void
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    -- A null would take the decision back; that is what masked.forget() is for.
    select masked.columns(relation, pg_catalog.jsonb_build_object(column_name, coalesce(mask, 'null')));
$function$;

comment on function masked.column(regclass, name, text) is
'Decides how support sees a column, and makes the table''s view in schema masked show it so.';
revoke all on function masked.column(regclass, name, text) from public;
