-- Copies again what changed since a converted table's rows began to be copied.
create or replace function ttdb.copy_changes(relation regclass, rows bigint) returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
-- A generic plan does not know that the notes of one batch are few.
set enable_hashjoin = off
set enable_mergejoin = off
as $function$
declare
    v_entry ttdb.converted_tables;
    v_columns pg_catalog.text;
    v_same pg_catalog.text;
    v_keys pg_catalog.text;
    v_changes pg_catalog.int8 [];
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = copy_changes.relation;
    execute pg_catalog.format(
        'select array(select c.change_id from %s as c order by c.change_id limit %s)', v_entry.changes, rows
    ) into v_changes;
    if pg_catalog.cardinality(v_changes) = 0 then
        return 0;
    end if;
    select pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_changes.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    select
        pg_catalog.string_agg(pg_catalog.format('t.%1$I = c.%1$I', a.attname), ' and '),
        pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ')
    into v_same, v_keys
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = any(i.indkey::pg_catalog.int2 [])
    where i.indrelid = copy_changes.relation and i.indisprimary;

    -- Each statement sees at least what the one before saw: what changes between them has a later note.
    execute pg_catalog.format(
        'delete from %s as t using %s as c where c.change_id = any($1) and %s', v_entry.staging, v_entry.changes, v_same
    ) using v_changes;
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %3$s from (select distinct %4$s from %5$s as c where c.change_id = any($1)) as c '
        'inner join %6$s as t on %7$s',
        v_entry.staging, pg_catalog.replace(v_columns, 't.', ''), v_columns, v_keys, v_entry.changes, relation, v_same
    ) using v_changes;
    execute pg_catalog.format('delete from %s as c where c.change_id = any($1)', v_entry.changes) using v_changes;
    return pg_catalog.cardinality(v_changes);
end;
$function$;

comment on function ttdb.copy_changes(regclass, bigint) is
'Copies the rows whose keys were noted, and takes out those that are no more; returns how many notes that were.';
revoke all on function ttdb.copy_changes(regclass, bigint) from public;
grant execute on function ttdb.copy_changes(regclass, bigint) to ttdb_operator;
