-- The triggers of a table's rules on changes that a partitioned one needs beside the others, for rows that move.
create or replace function ttdb.rules_of_moves(relation regclass)
returns table (trigger_name name, is_missing boolean, definition text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- As ttdb.hang_rule() makes them. The rule's own trigger says on what condition, and calls what.
    select
        ('_200_' || t.tgname)::pg_catalog.name,
        c.relkind = 'r',
        pg_catalog.format(
            'create trigger %I before update on %s for each row %s; comment on trigger %1$I on %2$s is %4$L',
            '_200_' || t.tgname,
            rules_of_moves.relation,
            pg_catalog.substr(d.text, pg_catalog.strpos(d.text, ' FOR EACH ROW ') + pg_catalog.length(' FOR EACH ROW ')),
            pg_catalog.obj_description(t.oid, 'pg_trigger')
        )
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_class as c on c.oid = t.tgrelid
    cross join lateral (select pg_catalog.pg_get_triggerdef(t.oid) as text) as d
    where t.tgrelid = rules_of_moves.relation
        and t.tgconstraint <> 0
        and t.tgparentid = 0
        and t.tgfoid in (
            pg_catalog.to_regprocedure('ttdb.tg__allow_transitions()'),
            pg_catalog.to_regprocedure('ttdb.tg__keep_values()')
        );
$function$;

comment on function ttdb.rules_of_moves(regclass) is
'Of each rule of ttdb.allow_transitions() or ttdb.keep_values() the trigger that fires before an update, which a table '
'in partitions has and a whole one has not.';
revoke all on function ttdb.rules_of_moves(regclass) from public;
