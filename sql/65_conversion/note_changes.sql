-- Begins to note what changes in a converted table.
create or replace function ttdb.note_changes(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.converted_tables;
    v_table pg_catalog.regclass;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = note_changes.relation;
    -- It waits for writers and keeps new ones out: what commits from now on is noted.
    execute (
        select pg_catalog.format(
            'create trigger _950_note_change after insert or update or delete on %s for each row '
            'execute function ttdb.tg__note_change(%L, %L, %s)',
            relation,
            v_entry.changes,
            case
                when exists (
                    select from pg_catalog.pg_constraint as k where k.conrelid = note_changes.relation and k.contype = 'f'
                ) then v_entry.staging::pg_catalog.text
                else ''
            end,
            pg_catalog.string_agg(pg_catalog.quote_literal(a.attname), ', ' order by a.attnum)
        )
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attnum = any(i.indkey::pg_catalog.int2 [])
        where i.indrelid = note_changes.relation and i.indisprimary
    );
    execute pg_catalog.format('alter table %s enable always trigger _950_note_change', relation);
    for v_table in
        select t.relation
        from ttdb.tree_of(note_changes.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _950_refuse_truncate before truncate on %s for each statement '
            'execute function ttdb.tg__note_change()', v_table
        );
    end loop;
    update ttdb.converted_tables as c
    set ready = true
    where c.relation = note_changes.relation;
end;
$function$;

comment on function ttdb.note_changes(regclass) is
'Makes the triggers that note the keys of changed rows for ttdb.copy_changes(), and refuse TRUNCATE.';
revoke all on function ttdb.note_changes(regclass) from public;
