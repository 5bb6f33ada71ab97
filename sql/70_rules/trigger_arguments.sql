-- What a trigger passes to its function.
create or replace function ttdb.trigger_arguments(arguments bytea) returns text[]
language sql
immutable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Each argument ends with a zero byte; whole bytes are matched, so that no two halves make one.
    select coalesce(
        pg_catalog.array_agg(
            pg_catalog.convert_from(pg_catalog.decode(m.match[1], 'hex'), 'UTF8') order by m.position
        ),
        '{}'
    )
    from pg_catalog.regexp_matches(
        pg_catalog.encode(trigger_arguments.arguments, 'hex'), '((?:[1-9a-f][0-9a-f]|0[1-9a-f])*)00', 'g'
    ) with ordinality as m (match, position);
$function$;

comment on function ttdb.trigger_arguments(bytea) is 'The arguments of a trigger, from pg_trigger.tgargs.';
revoke all on function ttdb.trigger_arguments(bytea) from public;
grant execute on function ttdb.trigger_arguments(bytea) to ttdb_app, ttdb_worker, ttdb_operator;
