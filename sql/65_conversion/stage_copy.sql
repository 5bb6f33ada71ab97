-- Makes what a copying needs beside partitions: the table above them, and the notes of what changes.
create or replace function ttdb.stage_copy(relation regclass, wanted text, storage text[]) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
as $function$
declare
    v_class pg_catalog.pg_class;
    v_forced pg_catalog.bool;
    v_staging pg_catalog.text;
    v_changes pg_catalog.text;
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_keys pg_catalog.text;
    v_columns pg_catalog.text;
    v_months pg_catalog.date [];
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = stage_copy.relation;
    v_forced := v_class.relrowsecurity and v_class.relforcerowsecurity;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_new'),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_changes')
    into v_staging, v_changes
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by c.place),
        pg_catalog.string_agg(
            pg_catalog.format('%I %s not null', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
            ', ' order by c.place
        )
    into v_keys, v_columns
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = stage_copy.relation and i.indisprimary;

    if stage_copy.wanted = 'months' then
        -- Under FORCE the owner would see no row.
        if v_forced then
            perform pg_catalog.set_config('role', 'ttdb_operator', true);
        end if;
        execute pg_catalog.format(
            'select pg_catalog.array_agg(distinct ttdb.month_of(t.%1$I)) from %2$s as t '
            'where t.%1$I >= ''1000-01-01 00:00+00'' and t.%1$I < ''10000-01-01 00:00+00''', v_key, relation
        ) into v_months;
        perform pg_catalog.set_config('role', 'ttdb_owner', true);
        v_months := array(
            select m.month
            from pg_catalog.unnest(
                v_months
                || ttdb.month_of(pg_catalog.now())
                || ttdb.month_of(pg_catalog.now() + '1 month'::pg_catalog.interval)
            ) as m (month)
            group by m.month
            order by m.month
        );
    end if;
    execute pg_catalog.format(
        'create table %s (like %s including generated, primary key (%s)) partition by range (%I)',
        v_staging, relation, v_keys, v_key
    );
    execute pg_catalog.format(
        'create table %s (change_id int8 generated always as identity primary key, %s)', v_changes, v_columns
    );
    -- Default privileges would open them.
    perform ttdb.strip(v_staging::pg_catalog.regclass);
    perform ttdb.strip(v_changes::pg_catalog.regclass);
    if v_forced then
        execute pg_catalog.format('grant select, insert, delete on %s, %s to ttdb_operator', v_staging, v_changes);
    end if;
    update ttdb.converted_tables as c
    set
        wanted = stage_copy.wanted,
        storage = stage_copy.storage,
        staging = v_staging::pg_catalog.regclass,
        changes = v_changes::pg_catalog.regclass,
        months = coalesce(v_months, '{}')
    where c.relation = stage_copy.relation;
end;
$function$;

comment on function ttdb.stage_copy(regclass, text, text[]) is
'Makes the table above the partitions that a converted table is to have, and the notes of what changes.';
revoke all on function ttdb.stage_copy(regclass, text, text[]) from public;
