-- Takes a rule on changes of a column off a table.
create or replace function ttdb.drop_rule(relation regclass, constraint_name name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_trigger pg_catalog.name;
begin
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = drop_rule.relation
            and t.tgname in (drop_rule.constraint_name, ('_200_' || drop_rule.constraint_name)::pg_catalog.name)
            and t.tgfoid in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, relation);
    end loop;
end;
$function$;

comment on function ttdb.drop_rule(regclass, name) is
'Takes off what ttdb.allow_transitions() or ttdb.keep_values() put on; from then on any change passes.';
revoke all on function ttdb.drop_rule(regclass, name) from public;
