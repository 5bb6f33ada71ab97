insert into public.notification_history (
    tenant_id, user_id, order_id, channel, template_name, recipient_email, status, attempts, retry_after, failed_reason,
    sent_at, delivered_at, updated_at
)
select
    w.id,
    pg_temp.id('user', w.rank, u.number),
    pg_temp.id('order', w.rank, pg_temp.pick(w.orders, pg_temp.draw(w.rank, n, 12), 1)),
    'EMAIL',
    'order_confirmation',
    'user' || u.number || '@organiser-' || w.rank || '.example',
    d.status,
    1,
    case when d.status = 'FAILED' then d.sent_at + interval '1 hour' end,
    case when d.status in ('FAILED', 'BOUNCED') then 'mailbox full' end,
    d.sent_at,
    case when d.status = 'DELIVERED' then d.sent_at + interval '1 minute' end,
    d.sent_at
from world as w
cross join lateral generate_series(1, w.notifications) as n
cross join lateral (select pg_temp.pick(w.users, pg_temp.draw(w.rank, n, 13), 2) as number) as u
cross join lateral (
    select
        w.starts + w.span * pg_temp.draw(w.rank, n, 14) as sent_at,
        (array['DELIVERED', 'SENT', 'BOUNCED', 'FAILED'])[pg_temp.pick(4, pg_temp.draw(w.rank, n, 15), 5)] as status
) as d
order by d.sent_at
