-- Makes the months of all tables that are kept in months.
create or replace function ttdb.ensure_partitions(from_month date, to_month date) returns integer
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_from constant pg_catalog.timestamp := pg_catalog.date_trunc('month', from_month::pg_catalog.timestamp);
    v_to constant pg_catalog.timestamp := pg_catalog.date_trunc('month', to_month::pg_catalog.timestamp);
    v_made pg_catalog.int4;
begin
    -- Not infinity: it is 100 years after itself, and so is no last month.
    if v_from is null or v_to is null or not pg_catalog.isfinite(v_from) or not pg_catalog.isfinite(v_to)
        or v_to < v_from or v_to > v_from + '100 years'::pg_catalog.interval
    then
        raise exception '% to % are no months that can be made', from_month, to_month
            using errcode = 'TTMON', hint = 'Name the first month and the last, at most 100 years later.';
    end if;
    -- In one order everywhere, so that two who make months wait for each other instead of deadlocking.
    select pg_catalog.count(*) filter (where ttdb.ensure_partition(m.relation, m.month))
    into v_made
    from (
        select
            p.relation,
            s.month::pg_catalog.date as month
        from ttdb.partitioned_tables as p
        cross join pg_catalog.generate_series(v_from, v_to, '1 month') as s (month)
        order by p.relation::pg_catalog.oid, s.month
    ) as m;
    return v_made;
end;
$function$;

comment on function ttdb.ensure_partitions(date, date) is
'Makes every month from the first day''s to the last day''s of every table in ttdb.partitioned_tables, and returns how '
'many it made. In one transaction: ttdb partitions ensure makes each in its own.';
revoke all on function ttdb.ensure_partitions(date, date) from public;
grant execute on function ttdb.ensure_partitions(date, date) to ttdb_operator;
