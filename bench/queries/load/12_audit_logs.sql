insert into public.audit_logs (tenant_id, user_id, action, resource_type, resource_id, status, created_at)
select
    w.id,
    pg_temp.id('user', w.rank, pg_temp.pick(w.users, pg_temp.draw(w.rank, n, 8), 2)),
    (array['order.create', 'order.confirm', 'order.cancel', 'user.login', 'ticket.scan', 'user.export'])[
        pg_temp.pick(6, pg_temp.draw(w.rank, n, 9), 2)
    ],
    'order',
    pg_temp.id('order', w.rank, pg_temp.pick(w.orders, pg_temp.draw(w.rank, n, 10), 1)),
    'SUCCESS',
    d.created_at
from world as w
cross join lateral generate_series(1, w.audit_logs) as n
cross join lateral (select w.starts + w.span * pg_temp.draw(w.rank, n, 11) as created_at) as d
order by d.created_at
