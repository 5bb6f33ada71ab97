-- Takes the recording triggers off a table and its partitions.
create or replace function audit.drop_triggers(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_piece record;
begin
    for v_piece in
        select
            t.tgrelid::pg_catalog.regclass as relation,
            t.tgname as name
        from ttdb.tree_of(drop_triggers.relation) as r
        inner join pg_catalog.pg_trigger as t
            on t.tgrelid = r.relation
            and t.tgname in ('_900_record_change', '_900_record_truncate')
            and t.tgparentid = 0 -- a partition's clone goes with its parent's
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.name, v_piece.relation);
    end loop;
end;
$function$;

comment on function audit.drop_triggers(regclass) is 'Drops the triggers that audit.enable() made.';
revoke all on function audit.drop_triggers(regclass) from public;
