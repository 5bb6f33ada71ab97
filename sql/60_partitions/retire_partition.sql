-- Takes a month that need no longer be kept off its table.

-- Definer because only the owner can detach. It is no way to lose what must be kept: the retention is the owner's word,
-- and the month stays as a table, unchangeable, until somebody who may drop it does.
create or replace function ttdb.retire_partition(leaf regclass) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set timezone = utc
set datestyle = iso
as $function$
declare
    v_month record;
    v_trigger pg_catalog.name;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
begin
    select
        p.relation,
        p.retention,
        m.month,
        m.ends
    into v_month
    from pg_catalog.pg_inherits as i
    inner join ttdb.partitioned_tables as p on p.relation = i.inhparent
    inner join lateral ttdb.months_of(p.relation) as m on m.leaf = i.inhrelid
    where i.inhrelid = retire_partition.leaf and m.state = 'attached';
    if not found then
        raise exception '% is not a month of a table that is kept in months', leaf
            using errcode = 'TTNMO', hint = 'ttdb partitions list names them; DEFAULT stays always.';
    end if;
    if v_month.ends > pg_catalog.now() - v_month.retention then
        raise exception '% is younger than %, which % must be kept', leaf, v_month.retention, v_month.relation
            using errcode = 'TTRET', hint = pg_catalog.format(
                'It may be retired from %s on.', (v_month.ends + v_month.retention)::pg_catalog.date
            );
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Plain: CONCURRENTLY is refused where there is a DEFAULT partition.
    execute pg_catalog.format('alter table %s detach partition %s', v_month.relation, leaf);
    -- The parent's triggers are gone, and its policies never were here; of ttdb's own, those of a statement are left.
    perform ttdb.strip(leaf);
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_proc as f on f.oid = t.tgfoid
        where t.tgrelid = retire_partition.leaf
            and not t.tgisinternal
            and f.pronamespace in ('ttdb'::pg_catalog.regnamespace, 'audit'::pg_catalog.regnamespace)
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, leaf);
    end loop;
    execute pg_catalog.format('alter table %s enable row level security, force row level security', leaf);
    execute pg_catalog.format('create policy select_operator on %s for select to ttdb_operator using (true)', leaf);
    execute pg_catalog.format(
        'comment on policy select_operator on %s is %L', leaf, 'Operators read and dump retired months; nobody else does.'
    );
    execute pg_catalog.format('grant select on table %s to ttdb_operator', leaf);
    execute pg_catalog.format(
        'create trigger _000_refuse_retired before insert or update or delete or truncate on %s '
        'for each statement execute function ttdb.tg__refuse_retired()', leaf
    );
    execute pg_catalog.format('alter table %s enable always trigger _000_refuse_retired', leaf);
    execute pg_catalog.format(
        'comment on trigger _000_refuse_retired on %s is %L', leaf, 'What is retired is not changed.'
    );
    execute pg_catalog.format(
        'comment on table %s is %L', leaf,
        pg_catalog.format(
            'Retired from %s on %s: dump and drop it, or attach it again with ttdb.ensure_partition(%L, %L).',
            v_month.relation, pg_catalog.now()::pg_catalog.date, v_month.relation, v_month.month
        )
    );
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
end;
$function$;

comment on function ttdb.retire_partition(regclass) is
'Detaches a month that is older than the retention; it stands on, readable by operators and changeable by nobody.';
revoke all on function ttdb.retire_partition(regclass) from public;
grant execute on function ttdb.retire_partition(regclass) to ttdb_operator;
