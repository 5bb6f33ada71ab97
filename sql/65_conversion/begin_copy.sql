-- Makes the partitions that a converted table is to have, and begins to note what changes.
create or replace function ttdb.begin_copy(relation regclass, wanted text, storage text[] default '{}') returns void
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
    v_class pg_catalog.pg_class;
    v_schema pg_catalog.name;
    v_staging pg_catalog.text;
    v_changes pg_catalog.text;
    v_forced pg_catalog.bool;
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_keys pg_catalog.name [];
    v_months pg_catalog.date [];
    v_month pg_catalog.date;
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = begin_copy.relation;
    if v_entry.wanted = begin_copy.wanted or (v_entry.wanted is null and v_entry.arrangement = begin_copy.wanted) then
        return;
    end if;
    perform ttdb.end_copy(relation);
    -- Turned round before the exchange, the rows never left where they are wanted.
    if v_entry.arrangement = begin_copy.wanted then
        return;
    end if;
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = begin_copy.relation;
    select n.nspname into v_schema from pg_catalog.pg_namespace as n where n.oid = v_class.relnamespace;
    v_staging := pg_catalog.format('%I.%I', v_schema, v_class.relname || '_new');
    v_changes := pg_catalog.format('%I.%I', v_schema, v_class.relname || '_changes');
    v_forced := v_class.relrowsecurity and v_class.relforcerowsecurity;
    select pg_catalog.array_agg(a.attname order by c.place)
    into v_keys
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = begin_copy.relation and i.indisprimary;

    if begin_copy.wanted = 'months' then
        -- Under FORCE the owner would see no row.
        if v_forced then
            perform pg_catalog.set_config('role', 'ttdb_operator', true);
        end if;
        execute pg_catalog.format(
            'select pg_catalog.array_agg(distinct ttdb.month_of(t.%1$I)) from %2$s as t '
            'where t.%1$I >= ''1000-01-01 00:00+00'' and t.%1$I < ''10000-01-01 00:00+00''', v_key, relation
        ) into v_months;
        perform pg_catalog.set_config('role', 'ttdb_owner', true);
    end if;

    execute pg_catalog.format(
        'create table %s (like %s including generated, primary key (%s)) partition by range (%I)',
        v_staging, relation,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        v_key
    );
    execute pg_catalog.format(
        'create table %s (change_id int8 generated always as identity primary key, %s)', v_changes, (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    '%I %s not null', k.name, pg_catalog.format_type(a.atttypid, a.atttypmod)
                ), ', '
            )
            from pg_catalog.unnest(v_keys) as k (name)
            inner join pg_catalog.pg_attribute as a on a.attrelid = begin_copy.relation and a.attname = k.name
        )
    );
    for v_piece in
        select
            l.name,
            l.bound,
            l.condition
        from (
            select
                v_class.relname || '_whole' as name,
                'for values from (minvalue) to (maxvalue)' as bound,
                '' as condition
            where begin_copy.wanted = 'whole'
            union all
            select
                v_class.relname || '_default',
                'default',
                ''
            where begin_copy.wanted = 'months'
            union all
            select
                v_class.relname || pg_catalog.to_char(m.month, '_YYYY_MM'),
                pg_catalog.format(
                    'for values from (%L) to (%L)',
                    m.month::pg_catalog.timestamp at time zone 'UTC',
                    (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC'
                ),
                -- By which it is attached without a look at its rows.
                pg_catalog.format(
                    '%1$I is not null and %1$I >= %2$L and %1$I < %3$L',
                    v_key,
                    m.month::pg_catalog.timestamp at time zone 'UTC',
                    (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC'
                )
            from (
                select pg_catalog.unnest(v_months)
                union
                select ttdb.month_of(pg_catalog.now())
                union
                select ttdb.month_of(pg_catalog.now() + '1 month'::pg_catalog.interval)
            ) as m (month)
            where begin_copy.wanted = 'months'
        ) as l
        order by l.name
    loop
        v_leaf := ttdb.make_leaf(relation, v_piece.name, begin_copy.storage);
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
                'alter table %s add constraint %I check (%s)', v_leaf, v_piece.name || '_bound', v_piece.condition
            );
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', v_staging, v_leaf, v_piece.bound);
        if begin_copy.wanted = 'whole' then
            execute pg_catalog.format(
                'create unique index %I on %s (%s)', v_class.relname || '_former_key', v_leaf, (
                    select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ')
                    from pg_catalog.unnest(v_entry.former_key) as k (name)
                )
            );
        end if;
    end loop;
    if v_forced then
        execute pg_catalog.format('grant select, insert, delete on %s, %s to ttdb_operator', v_staging, v_changes);
    end if;
    update ttdb.converted_tables as c
    set
        wanted = begin_copy.wanted,
        storage = begin_copy.storage,
        staging = v_staging::pg_catalog.regclass,
        changes = v_changes::pg_catalog.regclass,
        last_key = null,
        copied = false
    where c.relation = begin_copy.relation;

    -- Last, because it waits for writers and keeps new ones out: what commits from now on is noted.
    execute pg_catalog.format(
        'create trigger _950_note_change after insert or update or delete on %s for each row '
        'execute function ttdb.tg__note_change(%L, %s)', relation, v_changes, (
            select pg_catalog.string_agg(pg_catalog.quote_literal(k.name), ', ')
            from pg_catalog.unnest(v_keys) as k (name)
        )
    );
    execute pg_catalog.format('alter table %s enable always trigger _950_note_change', relation);
    for v_piece in
        select t.relation
        from ttdb.tree_of(begin_copy.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _950_refuse_truncate before truncate on %s for each statement '
            'execute function ttdb.tg__note_change()', v_piece.relation
        );
    end loop;
end;
$function$;

comment on function ttdb.begin_copy(regclass, text, text[]) is
'Begins to copy a converted table''s rows into months, or into one partition: makes those, and notes what changes.';
revoke all on function ttdb.begin_copy(regclass, text, text[]) from public;
