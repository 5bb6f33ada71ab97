-- How much there is of everything, and whose: tenants of very different sizes, the share of each about 1 / rank.
create temporary table world on commit drop as
with size as (
    select
        %(orders)s::int as orders,
        %(tenants)s::int as tenants,
        %(floor)s::int as least
),

tenant as (
    select
        r.rank,
        md5('tenant ' || r.rank)::uuid as id,
        1.0 / r.rank / sum(1.0 / r.rank) over () as share,
        s.orders,
        s.least
    from size as s
    cross join lateral generate_series(1, s.tenants) as r (rank)
)

select
    t.rank,
    t.id,
    t.share,
    %(start)s::timestamptz as starts,
    %(months)s * interval '1 month' as span,
    ceil(greatest(t.orders * 0.0005, t.least * 0.02) * t.share)::int as venues,
    ceil(greatest(t.orders * 0.012, t.least) * t.share)::int as events,
    ceil(greatest(t.orders * 0.05, t.least) * t.share)::int as users,
    ceil(greatest(t.orders, t.least) * t.share)::int as orders,
    ceil(greatest(t.orders * 0.5, t.least) * t.share)::int as audit_logs,
    ceil(greatest(t.orders * 0.4, t.least) * t.share)::int as notifications,
    ceil(greatest(t.orders * 0.35, t.least) * t.share)::int as event_logs
from tenant as t
