insert into public.ticket_types (
    id, tenant_id, event_id, name, price, quantity, sale_starts_at, sale_ends_at, max_per_order
)
select
    pg_temp.id('type', w.rank, n * 2 + k),
    w.id,
    pg_temp.id('event', w.rank, n),
    (array['Standing', 'Seated'])[k + 1],
    pg_temp.price(w.rank, n),
    1000000,
    w.starts,
    w.starts + w.span,
    100
from world as w
cross join lateral generate_series(1, w.events) as n
cross join generate_series(0, 1) as k
