-- Rows of the live platform at scale, on top of the few that its fixture has; the same in every run.
-- How many: the settings bench.orders, bench.payments and bench.audit, which the session must have.

-- Two tenants, and of each as many users and events as its orders are many.
create temporary table scale on commit drop as
select
    current_setting('bench.orders')::int as orders,
    current_setting('bench.payments')::int as payments,
    current_setting('bench.audit')::int as audit,
    greatest(50, current_setting('bench.orders')::int / 40) as users,
    greatest(10, current_setting('bench.orders')::int / 4000) as events;

create temporary table owners on commit drop as
select row_number() over (order by t.id) - 1 as owner, t.id as tenant_id, v.id as venue_id
from public.tenants as t
inner join lateral (select min(v.id::text)::uuid as id from public.venues as v where v.tenant_id = t.id) as v on true;

create temporary table buyers on commit drop as
select o.owner, k, o.tenant_id, md5('user/' || o.owner || '/' || k)::uuid as id
from owners as o, scale as s, generate_series(0, s.users - 1) as k;

create temporary table sold on commit drop as
select
    o.owner,
    k,
    o.tenant_id,
    o.venue_id,
    md5('event/' || o.owner || '/' || k)::uuid as id,
    md5('type/' || o.owner || '/' || k)::uuid as ticket_type_id
from owners as o, scale as s, generate_series(0, s.events - 1) as k;

insert into public.users (id, tenant_id, email, password_hash, username, status, first_name, last_name)
select
    id, tenant_id, 'buyer' || owner || '.' || k || '@example.com', '$2b$12$none', 'buyer_' || owner || '_' || k,
    'ACTIVE', 'Ada', 'Byron'
from buyers;

insert into public.events
select (jsonb_populate_record(f.of_fixture, jsonb_build_object('id', s.id, 'venue_id', s.venue_id, 'slug', 'event-' || s.k))).*
from sold as s
inner join lateral (
    select e as of_fixture from public.events as e where e.tenant_id = s.tenant_id order by e.id limit 1
) as f on true;

insert into public.ticket_types
select (jsonb_populate_record(f.of_fixture, jsonb_build_object('id', s.ticket_type_id, 'event_id', s.id))).*
from sold as s
inner join lateral (
    select t as of_fixture from public.ticket_types as t where t.tenant_id = s.tenant_id order by t.id limit 1
) as f on true;

-- What an order is of is counted, so that items, payments and entries find it without looking it up. One order in ten
-- has the tenant that the column's default names, which is nobody.
create temporary table numbered on commit drop as
select
    n,
    md5('order/' || n)::uuid as id,
    b.tenant_id,
    b.id as user_id,
    s.id as event_id,
    s.venue_id,
    s.ticket_type_id,
    1 + n % 4 as quantity,
    1000 + n % 90 * 100 as price,
    now() - (n % 300) * interval '1 day' - (n % 1440) * interval '1 minute' as made_at
from scale, generate_series(1, greatest(scale.orders, scale.payments, scale.audit)) as n
inner join buyers as b on b.owner = n % 2 and b.k = n / 2 % (select users from scale)
inner join sold as s on s.owner = n % 2 and s.k = n / 2 * 7 % (select events from scale);

insert into public.orders (
    id, tenant_id, user_id, event_id, order_number, status, subtotal_cents, tax_cents, total_cents, ticket_quantity,
    payment_intent_id, created_at, updated_at
)
select
    o.id,
    case when n % 10 = 0 then '00000000-0000-0000-0000-000000000001' else o.tenant_id end,
    o.user_id,
    o.event_id,
    'ORD-' || n,
    (array['PENDING', 'PAID', 'AWAITING_MINT', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'CANCELLED', 'EXPIRED'])[1 + n % 8],
    quantity * price,
    quantity * price / 10,
    quantity * price + quantity * price / 10,
    quantity,
    case when n <= s.payments then 'pi_' || n end,
    made_at,
    made_at
from numbered as o, scale as s
where n <= s.orders;

insert into public.order_items (order_id, ticket_type_id, quantity, unit_price_cents, total_price_cents, created_at)
select o.id, ticket_type_id, quantity, price, quantity * price, made_at
from numbered as o, scale as s
where n <= s.orders;

insert into public.payment_transactions (
    tenant_id, venue_id, user_id, event_id, amount, status, platform_fee, venue_payout, stripe_payment_intent_id,
    created_at, updated_at
)
select
    case when n % 10 > 0 then o.tenant_id end,
    venue_id,
    user_id,
    event_id,
    quantity * price / 100.0,
    (array['pending', 'completed', 'completed', 'completed', 'failed'])[1 + n % 5],
    1,
    quantity * price / 100.0 - 1,
    'pi_' || n,
    made_at,
    made_at
from numbered as o, scale as s
where n <= s.payments;

insert into public.audit_logs (user_id, action, resource_type, resource_id, ip_address, created_at)
select user_id, 'order.view', 'order', o.id, '192.0.2.' || n % 250, made_at
from numbered as o, scale as s
where n <= s.audit;
