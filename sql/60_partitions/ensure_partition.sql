-- Makes one month of a table, or attaches it again where it was retired.

-- Definer because only the owner can make and attach partitions, and what makes months every night should be no more
-- than an operator. It is no way to more: the caller names a table that the owner registered, and a month; every name
-- and setting comes from the registry and the catalog, and what it attaches belongs to the owner already.
create or replace function ttdb.ensure_partition(relation regclass, month date) returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
-- Attaching looks at foreign keys: off, a policy that would filter these rows is an error. They were checked before.
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.partitioned_tables;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
    v_starts constant pg_catalog.timestamptz := pg_catalog.date_trunc('month', month::pg_catalog.timestamp);
    v_ends constant pg_catalog.timestamptz := v_starts + '1 month'::pg_catalog.interval;
    v_name pg_catalog.text;
    v_leaf pg_catalog.regclass;
    v_default pg_catalog.regclass;
    v_standing record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = ensure_partition.relation;
    if not found then
        raise exception '% is not kept in months', relation
            using errcode = 'TTREG', hint = pg_catalog.format(
                'Have its owner run: select ttdb.partition_by_month(%L, retention => ''7 years'');', relation
            );
    end if;
    if month is null or month < '1000-01-01' or month >= '10000-01-01' then
        raise exception '% is no month that can be made', coalesce(month::pg_catalog.text, 'null')
            using errcode = 'TTMON', hint = 'Name a day of the month: 2026-03-01.';
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Looked at twice: first without a lock, so that nothing to do waits for nobody; then with it, because another
    -- session may have made the month meanwhile. It stops neither readers nor writers.
    for v_round in 1..2 loop
        select
            m.leaf,
            m.starts <= v_starts and m.ends >= v_ends as covers
        into v_standing
        from ttdb.months_of(relation) as m
        where m.state in ('attached', 'other') and m.starts < v_ends and m.ends > v_starts
        limit 1;
        if found and v_standing.covers then
            perform pg_catalog.set_config('lock_timeout', v_patience, true);
            return false;
        elsif found then
            raise exception '% holds a part of % of %', v_standing.leaf, pg_catalog.to_char(v_starts, 'YYYY-MM'), relation
                using errcode = 'TTOVL', hint = 'Months are made beside whole months only: split or merge it first.';
        end if;
        if v_round = 1 then
            execute pg_catalog.format('lock table only %s in share update exclusive mode', relation);
        end if;
    end loop;

    select
        c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'),
        pg_catalog.to_regclass(
            pg_catalog.format('%I.%I', n.nspname, c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'))
        )
    into v_name, v_leaf
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = ensure_partition.relation;
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        raise exception '% has no DEFAULT partition', relation
            using errcode = 'TTDFL', hint = 'Have its owner run ttdb.partition_by_month() again: it makes one.';
    end if;

    if v_leaf is null then
        v_leaf := ttdb.make_leaf(relation, v_name, v_entry.storage);
    else
        perform ttdb.refuse_stranger(v_leaf, relation, v_default);
        execute pg_catalog.format('drop trigger if exists _000_refuse_retired on %s', v_leaf);
    end if;
    perform ttdb.dress_leaf(v_leaf, relation, v_default);
    execute pg_catalog.format(
        'comment on table %s is %L', v_leaf,
        pg_catalog.format(
            'Rows of %s whose %s is in %s, in UTC.', relation, v_entry.key_column, pg_catalog.to_char(v_starts, 'YYYY-MM')
        )
    );

    begin
        execute pg_catalog.format(
            'alter table %s attach partition %s for values from (%L) to (%L)', relation, v_leaf, v_starts, v_ends
        );
    exception
        when check_violation then
            -- DEFAULT holds rows of this month: so says the server, who sees them all.
            perform ttdb.empty_default(relation, v_default, v_leaf, v_starts, v_ends);
    end;

    -- A month that was restored from a dump may bring rows whose keys were forgotten.
    perform ttdb.fill_unique_keys(u.keys, v_starts, v_ends)
    from ttdb.unique_keys as u
    where u.relation = ensure_partition.relation;
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
    return true;
end;
$function$;

comment on function ttdb.ensure_partition(regclass, date) is
'Makes the month of a day, as protected and audited as its siblings, and moves what waits for it in DEFAULT into it; '
'attaches it again where it was retired. False where there was nothing to do.';
revoke all on function ttdb.ensure_partition(regclass, date) from public;
grant execute on function ttdb.ensure_partition(regclass, date) to ttdb_operator;
