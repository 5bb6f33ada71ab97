-- Whether a column keeps to its course, in truth and not only on paper.
create or replace function ttdb.has_transitions(
    relation regclass, column_name name, constraint_name name, transitions jsonb
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select ttdb.wears_rule(
        has_transitions.relation,
        has_transitions.constraint_name,
        'ttdb.tg__allow_transitions()',
        array[has_transitions.column_name],
        array[has_transitions.column_name::pg_catalog.text, has_transitions.transitions::pg_catalog.text]
    );
$function$;

comment on function ttdb.has_transitions(regclass, name, name, jsonb) is
'Whether exactly what ttdb.allow_transitions() would put on a table stands there, enabled.';
revoke all on function ttdb.has_transitions(regclass, name, name, jsonb) from public;
