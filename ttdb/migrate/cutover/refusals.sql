-- What would have been refused to a login, by table, verb and reason.
select
    o.relation,
    o.verb,
    o.reason,
    o.effect,
    count(*)::int as transactions,
    min(o.observed_at) as first,
    max(o.observed_at) as last,
    coalesce(array_agg(distinct o.application order by o.application) filter (where o.application is not null), '{}')
        as applications
from ttdb.observations as o
where o.login = %(login)s
    and (%(since)s::timestamptz is null or o.observed_at >= %(since)s)
group by o.relation, o.verb, o.reason, o.effect
order by count(*) desc, o.relation, o.verb, o.reason, o.effect;
