insert into public.payment_transactions (
    tenant_id, order_id, user_id, venue_id, type, status, amount, fee_amount, provider, payment_intent_id,
    idempotency_key, failure_reason, processed_at, created_at, updated_at
)
select
    o.tenant_id,
    o.id,
    o.user_id,
    e.venue_id,
    'PAYMENT',
    d.status,
    greatest(o.total_amount, 1),
    0,
    'STRIPE',
    coalesce(o.payment_intent_id, 'pi_' || o.id),
    o.idempotency_key,
    case when d.status = 'FAILED' then 'card_declined' end,
    case when d.status in ('SUCCEEDED', 'FAILED') then o.created_at + interval '5 minutes' end,
    o.created_at,
    o.created_at
from public.orders as o
inner join public.events as e on e.tenant_id = o.tenant_id and e.id = o.event_id
cross join lateral (
    select case
        when o.confirmed_at is not null then 'SUCCEEDED' when o.status = 'EXPIRED' then 'FAILED' else 'PROCESSING'
    end as status
) as d
where o.status in ('CONFIRMED', 'COMPLETED', 'REFUNDED', 'EXPIRED', 'RESERVED')
order by o.created_at
