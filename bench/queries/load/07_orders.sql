-- In the order of time, as a live table lies; every fifth has a second line, every tenth a discount.
insert into public.orders (
    id, tenant_id, user_id, event_id, order_number, status, subtotal, tax_amount, discount_amount, total_amount,
    payment_intent_id, idempotency_key, expires_at, confirmed_at, cancelled_at, refunded_at, created_at, updated_at
)
select
    pg_temp.id('order', w.rank, n),
    w.id,
    pg_temp.id('user', w.rank, pg_temp.pick(w.users, pg_temp.draw(w.rank, n, 4), 1.5)),
    pg_temp.id('event', w.rank, d.event),
    'N-' || n,
    d.status,
    s.subtotal,
    0,
    case when mod(n, 10) = 0 then 5 else 0 end,
    s.subtotal - case when mod(n, 10) = 0 then 5 else 0 end,
    case when d.paid and mod(n, 500) <> 1 then 'pi_' || w.rank || '_' || n end,
    'key-' || n,
    d.created_at + interval '15 minutes',
    case when d.paid then d.created_at + interval '5 minutes' end,
    case when d.status = 'CANCELLED' then d.created_at + interval '10 minutes' end,
    case when d.status = 'REFUNDED' then d.created_at + interval '3 days' end,
    d.created_at,
    d.created_at
from world as w
cross join lateral generate_series(1, w.orders) as n
cross join lateral (
    select
        w.starts + w.span * pg_temp.draw(w.rank, n, 5) as created_at,
        pg_temp.pick(w.events, pg_temp.draw(w.rank, n, 6), 3) as event,
        g.status,
        g.status in ('CONFIRMED', 'COMPLETED', 'REFUNDED') as paid
    from (
        select case
            when p.drawn < 0.60 then 'COMPLETED' when p.drawn < 0.80 then 'CONFIRMED' when p.drawn < 0.88 then 'CANCELLED'
            when p.drawn < 0.95 then 'EXPIRED' when p.drawn < 0.98 then 'REFUNDED' when p.drawn < 0.99 then 'PENDING'
            else 'RESERVED'
        end as status
        from (select pg_temp.draw(w.rank, n, 7) as drawn) as p
    ) as g
) as d
cross join lateral (
    select pg_temp.price(w.rank, d.event) * (1 + mod(n, 2) + case when mod(n, 5) = 0 then 1 else 0 end) as subtotal
) as s
order by d.created_at
