insert into public.event_logs (
    tenant_id, timestamp, service, event_type, aggregate_type, aggregate_id, correlation_id, payload
)
select
    w.id,
    d.moment,
    'order-service',
    (array['order.confirmed', 'order.created', 'order.expired', 'ticket.issued'])[
        pg_temp.pick(4, pg_temp.draw(w.rank, n, 16), 2)
    ],
    'order',
    pg_temp.id('order', w.rank, pg_temp.pick(w.orders, pg_temp.draw(w.rank, n, 17), 1)),
    pg_temp.id('request', w.rank, n / 3),
    '{}'
from world as w
cross join lateral generate_series(1, w.event_logs) as n
cross join lateral (select w.starts + w.span * pg_temp.draw(w.rank, n, 18) as moment) as d
order by d.moment
