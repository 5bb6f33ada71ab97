-- Ends the noting of what changes in a converted table.
create or replace function ttdb.stop_noting(relation regclass) returns void
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
            t.tgname,
            t.tgrelid::pg_catalog.regclass as relation
        from ttdb.tree_of(stop_noting.relation) as r
        inner join pg_catalog.pg_trigger as t on t.tgrelid = r.relation
        where t.tgfoid = 'ttdb.tg__note_change()'::pg_catalog.regprocedure and t.tgparentid = 0
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, v_piece.relation);
    end loop;
end;
$function$;

comment on function ttdb.stop_noting(regclass) is 'Drops the triggers of ttdb.note_changes().';
revoke all on function ttdb.stop_noting(regclass) from public;
