-- The condition that one of these columns changes, as the server itself would print it.
create or replace function ttdb.condition_of_change(columns name[]) returns text
language sql
immutable
parallel safe
security invoker
set search_path = ''
as $function$
    select case
        when pg_catalog.cardinality(condition_of_change.columns) = 1 then '(' || c.conditions || ')'
        else '((' || c.conditions || '))'
    end
    from (
        select pg_catalog.string_agg(
            pg_catalog.format('(old.%1$I IS DISTINCT FROM new.%1$I)', n.name), ' OR ' order by n.position
        ) as conditions
        from pg_catalog.unnest(condition_of_change.columns) with ordinality as n (name, position)
    ) as c;
$function$;

comment on function ttdb.condition_of_change(name[]) is
'The WHEN of a trigger that fires only where one of these columns changes.';
revoke all on function ttdb.condition_of_change(name[]) from public;
