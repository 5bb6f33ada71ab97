-- The months whose rows lie in DEFAULT; rows of a time that no month can be made for, such as infinity, count as one.
select
    m.month,
    sum(w.waiting)::bigint as waiting
from ttdb.rows_waiting(%s::regclass) as w
cross join lateral (
    select case when w.month >= '1000-01-01' and w.month < '10000-01-01' then w.month end as month
) as m
group by 1
order by 1 nulls last
