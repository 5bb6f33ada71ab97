-- The masks that there are: every function masked.<mask>(text, bytea, bytea), found in the catalog.
create or replace function masked.masks() returns table (mask text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select 'plain'
    union all
    select p.proname::pg_catalog.text
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'masked'::pg_catalog.regnamespace
        and p.prokind = 'f'
        and pg_catalog.oidvectortypes(p.proargtypes) = 'text, bytea, bytea'
        and p.prorettype = 'pg_catalog.text'::pg_catalog.regtype
    order by 1;
$function$;

comment on function masked.masks() is 'The names that masked.column() takes; plain shows a column as it is.';
revoke all on function masked.masks() from public;
