-- The verb that says which value of a column may follow which.

-- For example: select ttdb.allow_transitions('public.doors', 'state', 'doors_must_be_closed_to_be_locked',
-- 'an open door cannot be locked', '{"OPEN": ["CLOSED"], "CLOSED": ["OPEN", "LOCKED"], "LOCKED": ["CLOSED"]}');
create or replace function ttdb.allow_transitions(
    relation regclass, column_name name, constraint_name name, message text, transitions jsonb
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if ttdb.has_transitions(relation, column_name, constraint_name, transitions)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    if transitions is null or pg_catalog.jsonb_typeof(transitions) <> 'object' or exists (
        select
        from pg_catalog.jsonb_each(
            case pg_catalog.jsonb_typeof(transitions) when 'object' then transitions end
        ) as e (name, next)
        where pg_catalog.jsonb_typeof(e.next) <> 'array'
            or exists (
                select
                from pg_catalog.jsonb_array_elements(
                    case pg_catalog.jsonb_typeof(e.next) when 'array' then e.next end
                ) as n (value)
                where pg_catalog.jsonb_typeof(n.value) <> 'string'
            )
    ) then
        raise exception 'transitions of % are not an object of lists of words', relation
            using errcode = 'TTTRN', hint = 'Write for each value those that may follow it: {"OPEN": ["CLOSED"]}.';
    end if;
    perform ttdb.hang_rule(
        relation,
        constraint_name,
        message,
        'ttdb.tg__allow_transitions()',
        array[column_name],
        array[column_name::pg_catalog.text, transitions::pg_catalog.text]
    );
end;
$function$;

comment on function ttdb.allow_transitions(regclass, name, name, text, jsonb) is
'Lets a column change only from a value to those listed for it, in a table and its partitions; a value without a list '
'is final. ttdb.drop_rule() undoes it.';
revoke all on function ttdb.allow_transitions(regclass, name, name, text, jsonb) from public;
