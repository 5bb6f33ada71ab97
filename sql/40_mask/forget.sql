-- Takes back a decision about a column: support does not see it any more.
create or replace function masked.forget(relation regclass, column_name name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    delete from ttdb.personal_columns as p
    where p.relation = forget.relation and p.column_name = forget.column_name;
    if found then
        perform masked.rebuild(relation);
    end if;
end;
$function$;

comment on function masked.forget(regclass, name) is
'Takes a column out of the table''s masked view; the view goes with its last column.';
revoke all on function masked.forget(regclass, name) from public;
