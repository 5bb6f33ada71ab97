-- Every partition of a table that is kept in months, and its retired months; DEFAULT first, then by time.
select
    p.relation::text as "table",
    m.leaf::text as leaf,
    m.state,
    m.month,
    case when c.reltuples >= 0 then c.reltuples::bigint end as "rows",
    pg_catalog.pg_total_relation_size(m.leaf) as bytes
from ttdb.partitioned_tables as p
cross join lateral ttdb.months_of(p.relation) as m
inner join pg_catalog.pg_class as c on c.oid = m.leaf
order by 1, m.starts nulls first, 2
