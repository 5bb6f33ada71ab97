-- Moves a month's rows out of the DEFAULT partition and puts the month in its place.
create or replace function ttdb.empty_default(
    relation regclass, default_leaf regclass, leaf regclass, starts timestamptz, ends timestamptz
) returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set timezone = utc
set datestyle = iso
as $function$
declare
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_columns pg_catalog.text;
    v_forced pg_catalog.oid [];
    v_table pg_catalog.oid;
    v_moved pg_catalog.int8;
begin
    -- Detached it has lost the row triggers of its parent: what moves is neither a change for the trail, nor refused
    -- by a table that is append-only, nor a key given up and taken again. Nobody else can look until this commits.
    execute pg_catalog.format('alter table %s detach partition %s', relation, default_leaf);

    -- The owner sees every row, as long as row security is not forced on it.
    select coalesce(pg_catalog.array_agg(c.oid), '{}')
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid in (empty_default.default_leaf, empty_default.leaf) and c.relforcerowsecurity;
    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s no force row level security', v_table::pg_catalog.regclass);
    end loop;

    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = empty_default.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %2$s from %3$s where %4$I >= %5$L and %4$I < %6$L',
        leaf, v_columns, default_leaf, v_key, starts, ends
    );
    get diagnostics v_moved = row_count;
    execute pg_catalog.format(
        'delete from %1$s where %2$I >= %3$L and %2$I < %4$L', default_leaf, v_key, starts, ends
    );

    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s force row level security', v_table::pg_catalog.regclass);
    end loop;

    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (%L) to (%L)', relation, leaf, starts, ends
    );
    execute pg_catalog.format('alter table %s attach partition %s default', relation, default_leaf);
    return v_moved;
end;
$function$;

comment on function ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz) is
'Moves the rows of a month from the DEFAULT partition into a table, and attaches that as the month.';
revoke all on function ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz) from public;
