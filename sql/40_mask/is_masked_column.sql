-- The same of one column.
create or replace function masked.is_masked(relation regclass, column_name name, mask text) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select masked.is_masked(relation, pg_catalog.jsonb_build_object(column_name, mask));
$function$;

comment on function masked.is_masked(regclass, name, text) is
'Whether a column''s mask stands in the registry, and the masked view is exactly what the registry makes it.';
revoke all on function masked.is_masked(regclass, name, text) from public;
