-- Copies some rows of a converted table into the partitions that it is to have, or some of what changed since.
create or replace function ttdb.copy_rows(relation regclass, wanted text, rows bigint) returns bigint
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
    v_keys pg_catalog.text [];
    v_types pg_catalog.text [];
    v_list pg_catalog.text;
    v_columns pg_catalog.text;
    v_after pg_catalog.text := '';
    v_seen pg_catalog.int8;
    v_last pg_catalog.text [];
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = copy_rows.relation and c.wanted = copy_rows.wanted and c.ready;
    if not found then
        return 0;
    end if;
    if v_entry.copied then
        return ttdb.copy_changes(relation, rows);
    end if;
    select
        pg_catalog.array_agg(a.attname order by c.place),
        pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by c.place),
        pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by c.place)
    into v_keys, v_types, v_list
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = copy_rows.relation and i.indisprimary;
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_rows.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    if v_entry.last_key is not null then
        select pg_catalog.format(
            'where (%s) > (%s)', v_list, pg_catalog.string_agg(
                pg_catalog.format('%L::%s', v_entry.last_key[k.place], v_types[k.place]), ', ' order by k.place
            )
        )
        into v_after
        from pg_catalog.generate_subscripts(v_keys, 1) as k (place);
    end if;
    -- A row that is changed after this has looked is noted, and copied again; so no row need be locked. Only its own key
    -- may stand there already: a value that is unique in the new partitions, and twice in the old, is an error.
    execute pg_catalog.format(
        'with batch as materialized (select t.* from %1$s as t %2$s order by %3$s limit %4$s), '
        'copied as (insert into %5$s (%6$s) select %6$s from batch on conflict (%7$s) do nothing) '
        'select (select pg_catalog.count(*) from batch), '
        '(select array[%8$s] from batch as t order by %9$s limit 1)',
        relation,
        v_after,
        v_list,
        rows,
        v_entry.staging,
        v_columns,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I::text', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I desc', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name))
    ) into v_seen, v_last;
    update ttdb.converted_tables as c
    set
        last_key = coalesce(v_last, c.last_key),
        copied = v_seen < rows
    where c.relation = copy_rows.relation;
    -- What changed meanwhile is still to be copied: there is more to do.
    return rows;
end;
$function$;

comment on function ttdb.copy_rows(regclass, text, bigint) is
'Copies the next rows of a converted table, then what changed since; returns how many, fewer than asked at the end.';
revoke all on function ttdb.copy_rows(regclass, text, bigint) from public;
grant execute on function ttdb.copy_rows(regclass, text, bigint) to ttdb_operator;
