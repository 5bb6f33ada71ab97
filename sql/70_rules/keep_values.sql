-- The verb that lets columns be written once.

-- For example: select ttdb.keep_values('public.doors', '{built_at}', 'doors_building_must_stay_as_recorded',
-- 'when the door was built is on record and cannot change');
create or replace function ttdb.keep_values(
    relation regclass, columns name[], constraint_name name, message text
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if coalesce(pg_catalog.cardinality(columns), 0) = 0 then
        raise exception 'no column of % to keep', relation
            using errcode = 'TTCOL', hint = 'Name the columns that are written once.';
    end if;
    if ttdb.keeps_values(relation, columns, constraint_name)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    perform ttdb.hang_rule(
        relation, constraint_name, message, 'ttdb.tg__keep_values()', columns, columns::pg_catalog.text[]
    );
end;
$function$;

comment on function ttdb.keep_values(regclass, name[], name, text) is
'Refuses another value for a column that has one, in a table and its partitions; emptying it is the CHECKs'' business. '
'ttdb.drop_rule() undoes it.';
revoke all on function ttdb.keep_values(regclass, name[], name, text) from public;
