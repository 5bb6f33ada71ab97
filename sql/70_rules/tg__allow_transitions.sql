-- Keeps a column on its course: from each value only to those that may follow it.
create or replace function ttdb.tg__allow_transitions() returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the rule's name, the column, and what may follow what.
    v_from constant pg_catalog.text := pg_catalog.to_jsonb(old) ->> tg_argv[1];
    v_to constant pg_catalog.text := pg_catalog.to_jsonb(new) ->> tg_argv[1];
    v_next constant pg_catalog.jsonb := coalesce(tg_argv[2]::pg_catalog.jsonb -> v_from, '[]');
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    -- It fires only where the value changes: equal ones mean that the column was renamed since.
    if v_from is not distinct from v_to then
        raise exception '% has no column %', v_relation, tg_argv[1]
            using errcode = 'TTCOL', hint = 'Run ttdb.allow_transitions() again with the column''s new name.';
    end if;
    if v_from is null or v_next operator(pg_catalog.?) v_to then
        return new;
    end if;

    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;
    raise exception '% of % cannot go from % to %', tg_argv[1], v_table, v_from, coalesce(v_to, 'nothing')
        using errcode = 'check_violation',
        constraint = tg_argv[0],
        schema = v_schema,
        table = v_table,
        column = tg_argv[1],
        hint = case
            when v_next = '[]' then pg_catalog.format('%s is final.', v_from)
            else pg_catalog.format('From %s it can go to %s.', v_from, (
                select pg_catalog.string_agg(t.name, ', ' order by t.position)
                from pg_catalog.jsonb_array_elements_text(v_next) with ordinality as t (name, position)
            ))
        end;
end;
$function$;

comment on function ttdb.tg__allow_transitions() is
'Trigger: refuses with 23514 a change of a column that ttdb.allow_transitions() does not list. An empty one may take '
'any value, and none may be emptied.';
revoke all on function ttdb.tg__allow_transitions() from public;
