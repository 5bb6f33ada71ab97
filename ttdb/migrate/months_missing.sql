-- The months of a range that no partition of a table holds, and whether each stands retired; in the order in which they
-- are made everywhere.
select
    p.relation::text,
    s.month::date,
    exists (
        select from ttdb.months_of(p.relation) as m
        where m.state = 'retired' and m.month = s.month::date
    ) as retired
from ttdb.partitioned_tables as p
cross join pg_catalog.generate_series(%s::date::timestamp, %s::date::timestamp, '1 month') as s (month)
where not exists (
    select from ttdb.months_of(p.relation) as m
    where m.state in ('attached', 'other')
        and m.starts <= s.month at time zone 'UTC'
        and m.ends >= (s.month + interval '1 month') at time zone 'UTC'
)
order by p.relation::oid, s.month
