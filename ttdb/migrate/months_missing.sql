-- The months of a range that no partition of a table holds, and whether each stands retired; in the order in which they
-- are made everywhere.
with known as materialized (
    select
        p.relation,
        m.month,
        m.state,
        m.starts,
        m.ends
    from ttdb.partitioned_tables as p
    cross join lateral ttdb.months_of(p.relation) as m
)

select
    p.relation::text,
    s.month::date,
    exists (
        select from known as m
        where m.relation = p.relation and m.state = 'retired' and m.month = s.month::date
    ) as retired
from ttdb.partitioned_tables as p
cross join pg_catalog.generate_series(%s::date::timestamp, %s::date::timestamp, '1 month') as s (month)
where not exists (
    select from known as m
    where m.relation = p.relation
        and m.state in ('attached', 'other')
        and m.starts <= s.month at time zone 'UTC'
        and m.ends >= (s.month + interval '1 month') at time zone 'UTC'
)
order by p.relation::oid, s.month
