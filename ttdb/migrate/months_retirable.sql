-- Months past their retention; and with "before", the younger ones before it too, which must be kept.
select
    p.relation::text as "table",
    m.leaf::text as leaf,
    m.month,
    p.retention::text as retention,
    m.ends + p.retention <= pg_catalog.now() as may_go,
    pg_catalog.to_char((m.ends + p.retention) at time zone 'UTC', 'YYYY-MM-DD') as may_go_from
from ttdb.partitioned_tables as p
cross join lateral ttdb.months_of(p.relation) as m
where m.state = 'attached'
    and (%(table)s::text is null or p.relation = %(table)s::text::regclass)
    and (%(before)s::date is null or m.month < %(before)s::date)
    and (%(before)s::date is not null or m.ends + p.retention <= pg_catalog.now())
order by 1, m.month
