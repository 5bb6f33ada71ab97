-- The same aim as Alembic's autogenerate would write it by hand: each change in its obvious form, all in one
-- transaction, without a lock timeout. What services write stays possible: new columns have defaults, and the foreign
-- keys are those that their rows obey.

alter table public.orders
add column subtotal numeric(12, 2) not null default 0,
add column tax_amount numeric(12, 2) not null default 0,
add column discount_amount numeric(12, 2) not null default 0,
add column total_amount numeric(12, 2) not null default 0,
add column confirmed_at timestamptz,
add column cancelled_at timestamptz,
add column refunded_at timestamptz;
update public.orders
set subtotal = subtotal_cents / 100.0, tax_amount = tax_cents / 100.0, total_amount = total_cents / 100.0;
update public.orders as o set tenant_id = e.tenant_id
from public.events as e where e.id = o.event_id and o.tenant_id <> e.tenant_id;
alter table public.orders
add constraint orders_user_id_fkey foreign key (user_id) references public.users (id),
add constraint orders_event_id_fkey foreign key (event_id) references public.events (id),
add constraint orders_tenant_id_id_key unique (tenant_id, id),
add constraint orders_subtotal_must_be_reasonable check (subtotal between 0 and 10000000),
add constraint orders_total_must_be_reasonable check (total_amount between 0 and 10000000);
create index orders_user_idx on public.orders (tenant_id, user_id, created_at desc);
create index orders_event_idx on public.orders (tenant_id, event_id, created_at desc);
create index orders_status_idx on public.orders (tenant_id, status, created_at);

alter table public.order_items
add column tenant_id uuid,
add column unit_price numeric(12, 2) not null default 0,
add column subtotal numeric(12, 2) not null default 0;
update public.order_items as i
set tenant_id = o.tenant_id, unit_price = unit_price_cents / 100.0, subtotal = total_price_cents / 100.0
from public.orders as o where o.id = i.order_id;
alter table public.order_items
add constraint order_items_order_id_fkey foreign key (order_id) references public.orders (id),
add constraint order_items_quantity_must_be_reasonable check (quantity between 1 and 1000);
create index order_items_order_idx on public.order_items (tenant_id, order_id);

alter table public.payment_transactions
add column fee_amount numeric(12, 2) not null default 0,
add column payment_intent_id text,
add column processed_at timestamptz;
update public.payment_transactions as p
set fee_amount = p.platform_fee, payment_intent_id = p.stripe_payment_intent_id, tenant_id = v.tenant_id
from public.venues as v where v.id = p.venue_id;
alter table public.payment_transactions
add constraint payment_transactions_user_id_fkey foreign key (user_id) references public.users (id),
add constraint payment_transactions_venue_id_fkey foreign key (venue_id) references public.venues (id);
create index payment_transactions_user_idx on public.payment_transactions (tenant_id, user_id, created_at desc);
create index payment_transactions_time_idx on public.payment_transactions (tenant_id, created_at);

alter table public.audit_logs add column tenant_id uuid;
update public.audit_logs as l set tenant_id = u.tenant_id from public.users as u where u.id = l.user_id;
create index audit_logs_time_idx on public.audit_logs (tenant_id, created_at);
create index audit_logs_resource_idx on public.audit_logs (tenant_id, resource_type, resource_id, created_at);

create function public.own_tenant() returns uuid
return nullif(current_setting('app.current_tenant_id', true), '')::uuid;
alter table public.orders enable row level security, force row level security;
create policy own_tenant on public.orders using (tenant_id = public.own_tenant());
alter table public.order_items enable row level security, force row level security;
create policy own_tenant on public.order_items using (tenant_id = public.own_tenant());
alter table public.payment_transactions enable row level security, force row level security;
create policy own_tenant on public.payment_transactions using (tenant_id = public.own_tenant());
alter table public.audit_logs enable row level security, force row level security;
create policy own_tenant on public.audit_logs using (tenant_id = public.own_tenant());
