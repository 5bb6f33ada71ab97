-- Makes the partitions that a converted table is to have, some at a time, and begins to note what changes.
create or replace function ttdb.begin_copy(
    relation regclass, wanted text, storage text[] default '{}', leaves integer default null
) returns boolean
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.converted_tables;
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = begin_copy.relation;
    if v_entry.wanted is distinct from begin_copy.wanted then
        -- What an earlier one left goes first. Turned round before the exchange, the rows never left where they are.
        if not ttdb.end_copy(relation, leaves) then
            return false;
        elsif v_entry.arrangement = begin_copy.wanted then
            return true;
        end if;
        perform ttdb.stage_copy(relation, wanted, storage);
        return leaves is null and ttdb.begin_copy(relation, wanted, storage);
    elsif v_entry.ready then
        return true;
    end if;

    -- With foreign keys, each locks the tables that they point at: few at a time.
    for v_piece in
        select l.*
        from ttdb.leaves_to_come(relation) as l
        limit begin_copy.leaves
    loop
        v_leaf := ttdb.make_leaf(relation, v_piece.leaf, v_entry.storage);
        -- A partition that is attached without a key of its parent's would be searched for orphans under a lock.
        perform ttdb.say_again(array(
            select
                pg_catalog.format('alter table %s add constraint %I %s', v_leaf, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
            from pg_catalog.pg_constraint as k
            where k.conrelid = begin_copy.relation and k.contype = 'f' and k.conparentid = 0
            order by k.conname
        ));
        perform ttdb.close_leaf(v_leaf, relation);
        execute pg_catalog.format(
            'comment on table %s is %L', v_leaf, pg_catalog.format('Rows of %s: %s.', relation, v_piece.bound)
        );
        if v_piece.condition <> '' then
            execute pg_catalog.format(
                'alter table %s add constraint %I check (%s)', v_leaf, v_piece.leaf || '_bound', v_piece.condition
            );
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', v_entry.staging, v_leaf, v_piece.bound);
        if v_entry.wanted = 'whole' then
            execute pg_catalog.format(
                'create unique index %I on %s (%s)',
                pg_catalog.regexp_replace(v_piece.leaf, '_whole$', '_former_key'),
                v_leaf,
                (
                    select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ')
                    from pg_catalog.unnest(v_entry.former_key) as k (name)
                )
            );
        end if;
    end loop;
    if exists (select from ttdb.leaves_to_come(relation) as l) then
        return false;
    end if;
    perform ttdb.note_changes(relation);
    return true;
end;
$function$;

comment on function ttdb.begin_copy(regclass, text, text[], integer) is
'Begins to copy a converted table''s rows into months, or into one partition: makes so many of those, and when all '
'stand notes what changes, and returns true.';
revoke all on function ttdb.begin_copy(regclass, text, text[], integer) from public;
