insert into public.tickets (
    id, tenant_id, event_id, ticket_type_id, order_id, user_id, ticket_number, code, status, price, seat,
    sold_at, used_at, cancelled_at, created_at, updated_at
)
select
    d.id,
    o.tenant_id,
    o.event_id,
    i.ticket_type_id,
    o.id,
    o.user_id,
    'T' || substr(o.order_number, 2),
    replace(d.id::text, '-', '') || md5(d.id::text),
    d.status,
    i.unit_price,
    null,
    case when d.status in ('SOLD', 'USED', 'REFUNDED') then o.confirmed_at end,
    case when d.status = 'USED' then o.confirmed_at + interval '1 day' end,
    case when d.status in ('CANCELLED', 'REFUNDED') then o.created_at + interval '3 days' end,
    o.created_at,
    o.created_at
from public.orders as o
inner join public.order_items as i on i.tenant_id = o.tenant_id and i.order_id = o.id and i.subtotal = o.subtotal
cross join lateral (
    select
        md5('ticket ' || o.id)::uuid as id,
        case o.status
            when 'RESERVED' then 'RESERVED' when 'COMPLETED' then 'USED' when 'CONFIRMED' then 'SOLD'
            when 'REFUNDED' then 'REFUNDED' else 'CANCELLED'
        end as status
) as d
where o.status <> 'PENDING'
order by o.created_at
