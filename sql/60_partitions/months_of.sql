-- The partitions of a table by month, and the months that were retired from it.
create or replace function ttdb.months_of(relation regclass)
returns table (leaf regclass, state text, month date, starts timestamptz, ends timestamptz)
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
-- A bound is read from the text that the server prints, which depends on these.
set timezone = utc
set datestyle = iso
-- Planning takes ten times as long as answering, and the plan is the same for every table.
set plan_cache_mode = force_generic_plan
as $function$
begin
    return query
    with parent as (
        select
            c.oid,
            c.relname,
            c.relnamespace
        from pg_catalog.pg_class as c
        where c.oid = months_of.relation and ttdb.month_key_of(c.oid) is not null
    ),

    -- Materialized, both: merged into what asks for them, each bound would be taken apart a dozen times.
    attached as materialized (
        select
            c.oid::pg_catalog.regclass as leaf,
            b.bound,
            pg_catalog.regexp_match(b.bound, '^FOR VALUES FROM \((.+)\) TO \((.+)\)$') as edges
        from parent as p
        inner join pg_catalog.pg_inherits as i on i.inhparent = p.oid
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        cross join lateral pg_catalog.pg_get_expr(c.relpartbound, c.oid) as b (bound)
    ),

    bounded as materialized (
        select
            a.leaf,
            a.bound,
            case a.edges[1] when 'MINVALUE' then '-infinity' else pg_catalog.btrim(a.edges[1], '''') end::timestamptz
                as starts,
            case a.edges[2] when 'MAXVALUE' then 'infinity' else pg_catalog.btrim(a.edges[2], '''') end::timestamptz
                as ends
        from attached as a
    )

    select
        b.leaf,
        case
            when b.bound = 'DEFAULT' then 'default'
            when m.month is null then 'other'
            else 'attached'
        end,
        m.month,
        b.starts,
        b.ends
    from bounded as b
    left join lateral (
        select ttdb.month_of(b.starts) as month
        where pg_catalog.isfinite(b.starts)
            and b.starts = pg_catalog.date_trunc('month', b.starts)
            and b.ends = b.starts + '1 month'::pg_catalog.interval
            -- As ensure_partition() has it: of years of four digits.
            and b.starts >= '1000-01-01 00:00+00'
            and b.starts < '10000-01-01 00:00+00'
    ) as m on true

    union all
    select
        c.oid::pg_catalog.regclass,
        'retired',
        pg_catalog.to_date(t.tail, '_YYYY_MM'),
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz,
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz + '1 month'::pg_catalog.interval
    from parent as p
    inner join pg_catalog.pg_class as c
        on c.relnamespace = p.relnamespace
        and c.relkind = 'r'
        and not c.relispartition
        and pg_catalog.starts_with(c.relname::pg_catalog.text, p.relname::pg_catalog.text)
    cross join lateral pg_catalog.substr(c.relname::pg_catalog.text, pg_catalog.length(p.relname::pg_catalog.text) + 1)
        as t (tail)
    where t.tail ~ '^_[1-9][0-9]{3}_(0[1-9]|1[0-2])$'
    order by 4 nulls first, 1;
end;
$function$;

comment on function ttdb.months_of(regclass) is
'Each partition, with its bounds: attached (a month), default, or other (no month); and tables that bear a month''s '
'name and stand detached: retired.';
revoke all on function ttdb.months_of(regclass) from public;
grant execute on function ttdb.months_of(regclass) to ttdb_operator;
