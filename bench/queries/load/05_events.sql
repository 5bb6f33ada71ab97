insert into public.events (id, tenant_id, venue_id, name, slug, status, starts_at, ends_at, created_at, updated_at)
select
    pg_temp.id('event', w.rank, n),
    w.id,
    pg_temp.id('venue', w.rank, 1 + mod(n, w.venues)),
    'Evening ' || n,
    'evening-' || n,
    (array['COMPLETED', 'ON_SALE', 'SOLD_OUT', 'PUBLISHED', 'CANCELLED', 'DRAFT'])[
        pg_temp.pick(6, pg_temp.draw(w.rank, n, 2), 4)
    ],
    d.starts_at,
    d.starts_at + interval '3 hours',
    w.starts,
    w.starts
from world as w
cross join lateral generate_series(1, w.events) as n
cross join lateral (select w.starts + w.span * pg_temp.draw(w.rank, n, 3) as starts_at) as d
order by d.starts_at
