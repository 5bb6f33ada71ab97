-- Enters the keys of rows that stand already.

-- Definer because the owner sees no rows of a protected table, nor may he write its keys.
create or replace function ttdb.fill_unique_keys(
    keys regclass, starts timestamptz default '-infinity', ends timestamptz default 'infinity'
) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.unique_keys;
    v_names pg_catalog.text;
    v_same pg_catalog.text;
    v_present pg_catalog.text;
    v_range pg_catalog.text;
    v_wrong pg_catalog.bool;
begin
    select u.* into strict v_entry from ttdb.unique_keys as u where u.keys = fill_unique_keys.keys;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('k.%1$I = r.%1$I', a.attname), ' and ' order by a.attnum)
    into v_names, v_same
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_entry.keys and a.attnum > 0 and not a.attisdropped;
    select pg_catalog.string_agg(pg_catalog.format('r.%I is not null', c.name), ' and ')
    into v_present
    from pg_catalog.unnest(v_entry.columns) as c (name);
    v_range := case
        when pg_catalog.isfinite(starts) or pg_catalog.isfinite(ends)
            then pg_catalog.format(
                ' and r.%1$I >= %2$L and r.%1$I < %3$L', ttdb.month_key_of(v_entry.relation), starts, ends
            )
        else ''
    end;

    execute pg_catalog.format(
        'insert into %s (%s) select %s from %s as r where %s%s on conflict do nothing',
        keys, v_names, v_names, v_entry.relation, v_present, v_range
    );
    execute pg_catalog.format(
        'select exists (select from %s as r where %s%s and not exists (select from %s as k where %s))',
        v_entry.relation, v_present, v_range, keys, v_same
    ) into v_wrong;
    if v_wrong then
        raise exception 'rows of % have equal %', v_entry.relation, pg_catalog.array_to_string(v_entry.columns, ', ')
            using errcode = '23505', hint = 'As an operator, find them with group by and having, and mend them.';
    end if;
end;
$function$;

comment on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) is
'Enters the keys of the rows in a range of the partition key into a key table; raises 23505 where two rows have one.';
revoke all on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) from public;
grant execute on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) to ttdb_owner;
