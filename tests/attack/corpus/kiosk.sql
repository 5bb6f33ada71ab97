-- kiosk: a multi-tenant ticket-order platform. Tenant = organizer, chosen by the setting kiosk.organizer_id.
set client_min_messages = warning;

create schema ref    authorization kiosk_owner;
create schema box    authorization kiosk_owner;
create schema sales  authorization kiosk_owner;
create schema ops    authorization kiosk_owner;
create schema audit  authorization kiosk_owner;
create schema masked authorization kiosk_owner;

revoke all on schema public from public;
create extension btree_gist schema ref;

alter default privileges for role kiosk_owner revoke execute on functions from public;

set role kiosk_owner;

-- ------------------------------------------------------------------ types
create type box.event_status  as enum ('draft', 'on_sale', 'sold_out', 'cancelled');
create type box.member_role   as enum ('owner', 'manager', 'box_office');
create type box.seat_status   as enum ('free', 'held', 'sold');
create type sales.order_status as enum ('cart', 'placed', 'paid', 'cancelled', 'refunded');
create type sales.scan_result as enum ('ok', 'duplicate', 'unknown');
create type ops.job_state     as enum ('queued', 'running', 'done', 'failed');

create domain box.email_addr as text check (value ~ '^[^@[:space:]]+@[^@[:space:]]+[.][a-z]+$');
create domain sales.minor    as bigint check (value >= 0);
create domain sales.promo_code as text check (value ~ '^[A-Z0-9-]{3,24}$');

create function box.tenant() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('kiosk.organizer_id', true), '')::uuid;
grant execute on function box.tenant() to public;

-- ------------------------------------------------------------------ shared reference data
create table ref.currencies (
  code      char(3) primary key,
  name      text not null,
  exponent  smallint not null default 2
);
create table ref.countries (
  iso2      char(2) primary key,
  name      text not null
);
create table ref.tax_rates (
  iso2      char(2) not null references ref.countries,
  valid_from date not null,
  rate_bp   integer not null check (rate_bp between 0 and 3000),
  primary key (iso2, valid_from)
);

-- ------------------------------------------------------------------ box: organizers and what they sell
create table box.organizers (
  id            uuid primary key default gen_random_uuid(),
  account_no    bigint not null unique,
  slug          text not null unique,
  name          text not null,
  plan          text not null default 'standard' check (plan in ('standard', 'pro', 'enterprise')),
  billing_email box.email_addr not null,
  created_at    timestamptz not null default now()
);
create table box.members (
  organizer_id  uuid not null references box.organizers,
  id            uuid not null default gen_random_uuid(),
  email         box.email_addr not null,
  full_name     text not null,
  role          box.member_role not null default 'box_office',
  password_hash text not null,
  created_at    timestamptz not null default now(),
  primary key (organizer_id, id),
  unique (organizer_id, email)
);
create table box.venues (
  organizer_id  uuid not null references box.organizers,
  venue_no      integer not null,
  name          text not null,
  city          text not null,
  iso2          char(2) not null references ref.countries,
  rent_minor    sales.minor not null,
  primary key (organizer_id, venue_no)
);
create table box.events (
  organizer_id  uuid not null,
  id            uuid not null default gen_random_uuid(),
  venue_no      integer not null,
  title         text not null,
  title_key     text generated always as (lower(title)) stored,
  status        box.event_status not null default 'draft',
  starts_at     timestamptz not null,
  ends_at       timestamptz not null,
  capacity      integer not null check (capacity > 0),
  primary key (organizer_id, id),
  check (ends_at > starts_at),
  foreign key (organizer_id, venue_no) references box.venues,
  constraint one_event_per_hall exclude using gist
    (organizer_id with =, venue_no with =, tstzrange(starts_at, ends_at) with &&) where (status <> 'cancelled')
);
create table box.price_tiers (
  organizer_id  uuid not null,
  event_id      uuid not null,
  tier_code     text not null check (tier_code ~ '^[A-Z]{1,8}$'),
  amount_minor  sales.minor not null,
  currency      char(3) not null references ref.currencies,
  quota         integer not null check (quota >= 0),
  primary key (organizer_id, event_id, tier_code),
  foreign key (organizer_id, event_id) references box.events on delete cascade
);
create table box.seats (
  org           uuid not null,
  event_id      uuid not null,
  section       text not null,
  row_label     text not null,
  seat_no       integer not null,
  tier_code     text not null,
  status        box.seat_status not null default 'free',
  primary key (org, event_id, section, row_label, seat_no),
  foreign key (org, event_id, tier_code) references box.price_tiers on delete cascade
);

-- ------------------------------------------------------------------ sales
create table sales.customers (
  organizer_id  uuid not null references box.organizers,
  id            uuid not null default gen_random_uuid(),
  email         box.email_addr not null,
  full_name     text not null,
  phone         text,
  born_on       date,
  iso2          char(2) not null references ref.countries,
  marketing     boolean not null default false,
  created_at    timestamptz not null default now(),
  primary key (organizer_id, id),
  constraint customers_email_per_organizer unique (organizer_id, email)
);
create table sales.orders (
  organizer_id  uuid not null,
  id            uuid not null unique default gen_random_uuid(),
  order_no      bigint not null,
  customer_id   uuid not null,
  event_id      uuid not null,
  status        sales.order_status not null default 'cart',
  total_minor   sales.minor not null default 0,
  currency      char(3) not null references ref.currencies,
  placed_at     timestamptz,
  updated_at    timestamptz not null default now(),
  primary key (organizer_id, id),
  unique (organizer_id, order_no),
  foreign key (organizer_id, customer_id) references sales.customers,
  foreign key (organizer_id, event_id) references box.events
);
create statistics sales.orders_mix (dependencies, mcv) on status, currency from sales.orders;
create table sales.order_items (
  organizer_id  uuid not null,
  order_id      uuid not null,
  line_no       integer not null,
  tier_code     text not null,
  qty           integer not null check (qty between 1 and 20),
  unit_minor    sales.minor not null,
  line_minor    bigint generated always as (qty * unit_minor) stored,
  primary key (organizer_id, order_id, line_no),
  foreign key (organizer_id, order_id) references sales.orders on delete cascade
);
-- no tenant column: reached only through its order
create table sales.order_notes (
  id            uuid primary key default gen_random_uuid(),
  order_id      uuid not null references sales.orders (id) on delete cascade,
  author        text not null,
  body          text not null,
  written_at    timestamptz not null default now()
);
create index on sales.order_notes (order_id);
create table sales.discounts (
  organizer_id  uuid not null references box.organizers,
  code          sales.promo_code not null,
  percent       integer not null check (percent between 1 and 100),
  uses          integer not null default 0,
  max_uses      integer not null,
  expires_on    date,
  primary key (organizer_id, code),
  check (uses <= max_uses)
);
create table sales.payments (
  organizer_id  uuid not null,
  id            uuid not null default gen_random_uuid(),
  order_id      uuid not null,
  provider      text not null check (provider in ('stripe', 'adyen', 'cash')),
  provider_ref  text not null,
  amount_minor  sales.minor not null,
  card_brand    text,
  card_fingerprint text,
  paid_at       timestamptz not null default now(),
  primary key (organizer_id, id),
  unique (organizer_id, provider, provider_ref),
  foreign key (organizer_id, order_id) references sales.orders
);
create table sales.refunds (
  org           uuid not null,
  id            uuid not null default gen_random_uuid(),
  payment_id    uuid not null,
  amount_minor  sales.minor not null,
  reason        text not null,
  made_at       timestamptz not null default now(),
  primary key (org, id),
  foreign key (org, payment_id) references sales.payments deferrable initially deferred
);
create table sales.tickets (
  organizer_id  uuid not null,
  id            uuid not null default gen_random_uuid(),
  order_id      uuid not null,
  event_id      uuid not null,
  holder_name   text not null,
  barcode_hash  text not null,
  valid         boolean not null default true,
  primary key (organizer_id, id),
  unique (organizer_id, barcode_hash),
  foreign key (organizer_id, order_id) references sales.orders,
  foreign key (organizer_id, event_id) references box.events
);
-- written by the gate devices, which know the tenant as text
create table sales.scans (
  tenant_key    text not null check (tenant_key = lower(tenant_key) and length(tenant_key) = 36),
  id            bigint generated always as identity,
  organizer_id  uuid generated always as (tenant_key::uuid) stored,
  ticket_id     uuid,
  gate          text not null,
  result        sales.scan_result not null,
  scanned_at    timestamptz not null default now(),
  primary key (tenant_key, id),
  foreign key (organizer_id, ticket_id) references sales.tickets
);
-- came from the old ledger, keyed by its account number
create table sales.payouts (
  account_no    bigint not null references box.organizers (account_no),
  period        date not null,
  amount_minor  sales.minor not null,
  currency      char(3) not null references ref.currencies,
  iban_last4    char(4) not null,
  paid_on       date,
  primary key (account_no, period)
);

-- ------------------------------------------------------------------ ops
create table ops.jobs (
  organizer_id  uuid not null references box.organizers,
  id            bigint generated always as identity,
  kind          text not null check (kind in ('send_tickets', 'export_orders', 'close_event')),
  payload       jsonb not null default '{}',
  state         ops.job_state not null default 'queued',
  run_at        timestamptz not null default now(),
  primary key (organizer_id, id)
);
create table ops.outbox (
  organizer_id  uuid not null references box.organizers,
  id            bigint generated always as identity,
  topic         text not null,
  payload       jsonb not null,
  made_at       timestamptz not null default now(),
  sent_at       timestamptz,
  primary key (organizer_id, id)
);
create table ops.webhooks (
  org           uuid not null references box.organizers,
  id            uuid not null default gen_random_uuid(),
  url           text not null check (url like 'https://%'),
  secret_ref    text not null,           -- path in the vault, never the secret
  active        boolean not null default true,
  primary key (org, id)
);
create table ops.api_keys (
  organizer_id  uuid not null references box.organizers,
  id            uuid not null default gen_random_uuid(),
  label         text not null,
  key_hash      text not null check (key_hash ~ '^[0-9a-f]{64}$'),
  scopes        text[] not null default '{read}',
  revoked_at    timestamptz,
  primary key (organizer_id, id),
  unique (organizer_id, key_hash)
);
create table ops.files (
  organizer_id  uuid not null references box.organizers,
  id            uuid not null default gen_random_uuid(),
  name          text not null,
  mime          text not null,
  body          bytea not null,
  size          integer generated always as (octet_length(body)) stored,
  primary key (organizer_id, id)
);
create table ops.settings (
  organizer_id  uuid not null references box.organizers,
  key           text not null,
  value         jsonb not null,
  primary key (organizer_id, key)
);
create table ops.request_log (
  organizer_id  uuid not null,
  logged_at     timestamptz not null,
  path          text not null,
  status        smallint not null,
  client_ip     inet
) partition by range (logged_at);
create table ops.request_log_2026_01 partition of ops.request_log for values from ('2026-01-01') to ('2026-02-01');
create table ops.request_log_2026_02 partition of ops.request_log for values from ('2026-02-01') to ('2026-03-01');

-- ------------------------------------------------------------------ audit
create table audit.events (
  id            bigint generated always as identity primary key,
  organizer_id  uuid not null,
  at            timestamptz not null default clock_timestamp(),
  actor         text not null,
  table_name    text not null,
  op            text not null,
  old_row       jsonb,
  new_row       jsonb
);
create index on audit.events (organizer_id, at);

-- ------------------------------------------------------------------ row security
alter table ref.tax_rates enable row level security;
alter table ref.tax_rates force row level security;
create policy everyone_reads on ref.tax_rates for select using (true);

alter table box.organizers enable row level security;
alter table box.organizers force row level security;
create policy self on box.organizers using (id = box.tenant()) with check (id = box.tenant());
alter table box.members enable row level security;
alter table box.members force row level security;
create policy member_tenant on box.members using (organizer_id = box.tenant());
alter table box.venues enable row level security;
alter table box.venues force row level security;
create policy venue_tenant on box.venues using (organizer_id = (select box.tenant())) with check (organizer_id = (select box.tenant()));
alter table box.events enable row level security;
alter table box.events force row level security;
create policy event_read on box.events for select using (organizer_id = box.tenant());
create policy event_add  on box.events for insert with check (organizer_id = box.tenant());
create policy event_edit on box.events for update using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
create policy event_drop on box.events for delete using (organizer_id = box.tenant() and status = 'draft');
alter table box.price_tiers enable row level security;
alter table box.price_tiers force row level security;
create policy tier_tenant on box.price_tiers using (organizer_id = nullif(current_setting('kiosk.organizer_id', true), '')::uuid);
alter table box.seats enable row level security;
alter table box.seats force row level security;
create policy seat_tenant on box.seats using (org = box.tenant()) with check (org = box.tenant());

alter table sales.customers enable row level security;
alter table sales.customers force row level security;
create policy customer_tenant on sales.customers using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table sales.orders enable row level security;
alter table sales.orders force row level security;
create policy order_tenant on sales.orders using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table sales.order_items enable row level security;
alter table sales.order_items force row level security;
create policy item_tenant on sales.order_items using (organizer_id = box.tenant());
alter table sales.order_notes enable row level security;
alter table sales.order_notes force row level security;
create policy note_of_own_order on sales.order_notes
  using (exists (select from sales.orders o where o.id = order_notes.order_id and o.organizer_id = box.tenant()))
  with check (exists (select from sales.orders o where o.id = order_notes.order_id and o.organizer_id = box.tenant()));
alter table sales.discounts enable row level security;
alter table sales.discounts force row level security;
create policy discount_tenant on sales.discounts using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table sales.payments enable row level security;
alter table sales.payments force row level security;
create policy payment_read on sales.payments for select using (organizer_id = box.tenant());
create policy payment_add  on sales.payments for insert with check (organizer_id = box.tenant());
alter table sales.refunds enable row level security;
alter table sales.refunds force row level security;
create policy refund_tenant on sales.refunds using (org = box.tenant()) with check (org = box.tenant());
alter table sales.tickets enable row level security;
alter table sales.tickets force row level security;
create policy ticket_tenant on sales.tickets using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table sales.scans enable row level security;
alter table sales.scans force row level security;
create policy scan_tenant on sales.scans using (tenant_key = current_setting('kiosk.organizer_id', true))
  with check (tenant_key = current_setting('kiosk.organizer_id', true));
alter table sales.payouts enable row level security;
alter table sales.payouts force row level security;
create policy payout_account on sales.payouts for select
  using (account_no = (select o.account_no from box.organizers o where o.id = box.tenant()));

alter table ops.jobs enable row level security;
alter table ops.jobs force row level security;
create policy job_tenant on ops.jobs using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
create policy job_scheduler_read on ops.jobs for select to kiosk_scheduler using (true);
create policy job_scheduler_run on ops.jobs for update to kiosk_scheduler using (state in ('queued', 'running')) with check (true);
alter table ops.outbox enable row level security;
alter table ops.outbox force row level security;
create policy outbox_tenant on ops.outbox using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.webhooks enable row level security;
alter table ops.webhooks force row level security;
create policy hook_tenant on ops.webhooks using (org = box.tenant()) with check (org = box.tenant());
alter table ops.api_keys enable row level security;
alter table ops.api_keys force row level security;
create policy key_tenant on ops.api_keys using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.files enable row level security;
alter table ops.files force row level security;
create policy file_tenant on ops.files using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.settings enable row level security;
alter table ops.settings force row level security;
create policy setting_tenant on ops.settings using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.request_log enable row level security;
alter table ops.request_log force row level security;
create policy log_tenant on ops.request_log using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.request_log_2026_01 enable row level security;
alter table ops.request_log_2026_01 force row level security;
create policy log_tenant on ops.request_log_2026_01 using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());
alter table ops.request_log_2026_02 enable row level security;
alter table ops.request_log_2026_02 force row level security;
create policy log_tenant on ops.request_log_2026_02 using (organizer_id = box.tenant()) with check (organizer_id = box.tenant());

alter table audit.events enable row level security;
alter table audit.events force row level security;
create policy recorder on audit.events for insert to kiosk_audit with check (true);
create policy admin_reads_own on audit.events for select to kiosk_admin using (organizer_id = box.tenant());

-- support works across tenants, read only
create policy support_reads on box.organizers  for select to kiosk_support using (true);
create policy support_reads on box.members     for select to kiosk_support using (true);
create policy support_reads on box.venues      for select to kiosk_support using (true);
create policy support_reads on box.events      for select to kiosk_support using (true);
create policy support_reads on sales.customers for select to kiosk_support using (true);
create policy support_reads on sales.orders    for select to kiosk_support using (true);
create policy support_reads on sales.order_items for select to kiosk_support using (true);
create policy support_reads on sales.tickets   for select to kiosk_support using (true);
create policy support_reads on ops.jobs        for select to kiosk_support using (true);

-- ------------------------------------------------------------------ functions
create function audit.record() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
declare
  secrets constant text[] := array['password_hash', 'key_hash', 'secret_ref', 'card_fingerprint', 'phone', 'born_on'];
  v_old jsonb;
  v_new jsonb;
begin
  if tg_op in ('UPDATE', 'DELETE') then v_old := to_jsonb(old) - secrets; end if;
  if tg_op in ('UPDATE', 'INSERT') then v_new := to_jsonb(new) - secrets; end if;
  insert into audit.events (organizer_id, actor, table_name, op, old_row, new_row)
  values ((coalesce(v_new, v_old) ->> tg_argv[0])::uuid, session_user, tg_table_schema || '.' || tg_table_name, tg_op, v_old, v_new);
  return null;
end
$f$;

create function sales.touch() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  new.updated_at := now();
  return new;
end
$f$;

create function ops.resolve_api_key(p_hash text) returns uuid
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $f$ select k.organizer_id from ops.api_keys k where k.key_hash = p_hash and k.revoked_at is null limit 1 $f$;

create function sales.cancel_order(p_order uuid) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if box.tenant() is null then
    raise exception 'no organizer chosen';
  end if;
  update sales.orders o set status = 'cancelled'
   where o.id = p_order and o.organizer_id = box.tenant() and o.status in ('cart', 'placed');
  return found;
end
$f$;

create function sales.redeem_discount(p_code text) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
declare
  v integer;
begin
  update sales.discounts d set uses = d.uses + 1
   where d.organizer_id = box.tenant() and d.code = upper(p_code) and d.uses < d.max_uses
  returning d.percent into v;
  return v;
end
$f$;

create function sales.scan_ticket(p_barcode_hash text, p_gate text) returns sales.scan_result
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
declare
  v_ticket uuid;
  v_result sales.scan_result;
begin
  select t.id into v_ticket from sales.tickets t
   where t.organizer_id = box.tenant() and t.barcode_hash = p_barcode_hash and t.valid;
  v_result := case
    when v_ticket is null then 'unknown'
    when exists (select from sales.scans s where s.ticket_id = v_ticket and s.organizer_id = box.tenant() and s.result = 'ok') then 'duplicate'
    else 'ok' end;
  insert into sales.scans (tenant_key, ticket_id, gate, result)
  values (box.tenant()::text, v_ticket, p_gate, v_result);
  return v_result;
end
$f$;

create function box.set_password(p_member uuid, p_hash text) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if p_hash !~ '^[$]argon2id[$]' then
    raise exception 'not an argon2id hash';
  end if;
  update box.members m set password_hash = p_hash where m.organizer_id = box.tenant() and m.id = p_member;
  return found;
end
$f$;

create function ops.enqueue(p_kind text, p_payload jsonb default '{}') returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
declare
  v bigint;
begin
  insert into ops.jobs (organizer_id, kind, payload) values (box.tenant(), p_kind, p_payload) returning id into v;
  return v;
end
$f$;

create function sales.count_orders_by(p_column text) returns table (value text, n bigint)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $f$
begin
  if p_column <> all (array['status', 'currency', 'event_id']) then
    raise exception 'cannot group by this column';
  end if;
  return query execute format('select o.%I::text, count(*) from sales.orders o where o.organizer_id = box.tenant() group by 1', p_column);
end
$f$;

reset role;

-- the only function that looks across tenants on behalf of the application: a 256-bit hash in, an organizer out
alter function ops.resolve_api_key(text) owner to kiosk_gate;
alter function audit.record() owner to kiosk_audit;
grant usage on schema audit to kiosk_audit;
grant insert on audit.events to kiosk_audit;
grant usage on schema ops to kiosk_gate;
grant select (organizer_id, key_hash, revoked_at) on ops.api_keys to kiosk_gate;

-- ------------------------------------------------------------------ reports
grant usage on schema box, sales to kiosk_reporter;
grant select (organizer_id, status, total_minor, currency, placed_at, event_id) on sales.orders to kiosk_reporter;
create materialized view sales.daily_revenue_mv as
  select o.organizer_id, o.placed_at::date as day, o.currency, count(*) as orders, sum(o.total_minor)::bigint as revenue_minor
    from sales.orders o where o.status = 'paid' group by 1, 2, 3
  with no data;
create unique index on sales.daily_revenue_mv (organizer_id, day, currency);
alter materialized view sales.daily_revenue_mv owner to kiosk_reporter;
grant select on sales.daily_revenue_mv to kiosk_owner;
create function sales.refresh_reports() returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  refresh materialized view sales.daily_revenue_mv;
end
$f$;
alter function sales.refresh_reports() owner to kiosk_reporter;
revoke execute on function sales.refresh_reports() from public;

set role kiosk_owner;
create view sales.daily_revenue with (security_barrier = true) as
  select day, currency, orders, revenue_minor from sales.daily_revenue_mv where organizer_id = box.tenant();
create view sales.event_sales with (security_invoker = true) as
  select e.id as event_id, e.title, count(o.id) as orders, coalesce(sum(o.total_minor), 0)::bigint as total_minor
    from box.events e left join sales.orders o on o.organizer_id = e.organizer_id and o.event_id = e.id and o.status = 'paid'
   group by e.id, e.title;
create view sales.open_orders with (security_barrier = true) as
  select id, order_no, customer_id, event_id, status, total_minor from sales.orders
   where organizer_id = box.tenant() and status in ('cart', 'placed');

create view masked.customers with (security_barrier = true) as
  select id, iso2, marketing, extract(year from created_at)::int as since,
         '***'::text as full_name, '***'::text as email, null::text as phone,
         (extract(year from born_on)::int / 10) * 10 as born_decade
    from sales.customers where organizer_id = box.tenant();
create view masked.orders with (security_barrier = true) as
  select id, event_id, status, currency, width_bucket(total_minor, 0, 100000, 10) as total_band, date_trunc('month', placed_at)::date as month
    from sales.orders where organizer_id = box.tenant();
create view masked.payments with (security_barrier = true) as
  select order_id, provider, card_brand, '****************'::text as card, date_trunc('month', paid_at)::date as month
    from sales.payments where organizer_id = box.tenant();
create view masked.members with (security_barrier = true) as
  select role, count(*) as members from box.members where organizer_id = box.tenant() group by role;
create view masked.tickets with (security_barrier = true) as
  select id, event_id, valid, '***'::text as holder_name from sales.tickets where organizer_id = box.tenant();

-- ------------------------------------------------------------------ triggers
create trigger touch before update on sales.orders for each row execute function sales.touch();
reset role;

-- ------------------------------------------------------------------ data
insert into ref.currencies (code, name, exponent) values
  ('EUR', 'Euro', 2), ('GBP', 'Pound sterling', 2), ('SEK', 'Swedish krona', 2), ('PLN', 'Polish zloty', 2), ('JPY', 'Yen', 0);
insert into ref.countries (iso2, name) values
  ('DE', 'Germany'), ('GB', 'United Kingdom'), ('SE', 'Sweden'), ('PL', 'Poland'), ('JP', 'Japan'), ('FR', 'France');
insert into ref.tax_rates (iso2, valid_from, rate_bp) values
  ('DE', '2021-01-01', 1900), ('GB', '2011-01-04', 2000), ('SE', '1990-07-01', 2500), ('PL', '2011-01-01', 2300), ('FR', '2014-01-01', 2000), ('JP', '2019-10-01', 1000);

insert into box.organizers (id, account_no, slug, name, plan, billing_email, created_at) values
  ('3f0c9a52-7d1e-4b66-9a41-5e2b8c7d1f01', 100417, 'nordlicht', 'Nordlicht Konzerte GmbH', 'pro',        'rechnung@nordlicht.example', '2023-03-02'),
  ('8b2e4d17-c5f3-4e09-b7a8-90c1d2e3f402', 100522, 'harbour',   'Harbour Stage Ltd',       'enterprise', 'accounts@harbourstage.example', '2022-11-14'),
  ('d46a7b83-1e95-4c20-8f6d-27b3a4c5d603', 100688, 'klubb-sodra', 'Klubb Sodra AB',        'standard',   'ekonomi@klubbsodra.example', '2024-06-21');

insert into box.members (organizer_id, id, email, full_name, role, password_hash)
select o.id, md5('member' || o.slug || m.email)::uuid, m.email, m.full_name, m.role::box.member_role,
       '$argon2id$v=19$m=65536,t=3,p=4$' || substr(md5('salt' || m.email), 1, 22) || '$' || md5('pw' || m.email)
from (values
  ('nordlicht', 'jana@nordlicht.example', 'Jana Petersen', 'owner'),
  ('nordlicht', 'till@nordlicht.example', 'Till Brandt', 'manager'),
  ('nordlicht', 'kasse@nordlicht.example', 'Mira Vogt', 'box_office'),
  ('harbour', 'edith@harbourstage.example', 'Edith Crowe', 'owner'),
  ('harbour', 'samir@harbourstage.example', 'Samir Patel', 'manager'),
  ('harbour', 'door@harbourstage.example', 'Rose Kettle', 'box_office'),
  ('klubb-sodra', 'lars@klubbsodra.example', 'Lars Ohman', 'owner'),
  ('klubb-sodra', 'dunja@klubbsodra.example', 'Dunja Berg', 'box_office')) m(slug, email, full_name, role)
join box.organizers o using (slug);

insert into box.venues (organizer_id, venue_no, name, city, iso2, rent_minor)
select o.id, v.venue_no, v.name, v.city, v.iso2, v.rent
from (values
  ('nordlicht', 1, 'Speicher 7', 'Kiel', 'DE', 180000), ('nordlicht', 2, 'Altes Kraftwerk', 'Rostock', 'DE', 240000),
  ('harbour', 1, 'Dockside Hall', 'Bristol', 'GB', 310000), ('harbour', 2, 'The Rope Works', 'Hull', 'GB', 150000), ('harbour', 3, 'Quay Studio', 'Bristol', 'GB', 90000),
  ('klubb-sodra', 1, 'Sodra Teatern Lilla', 'Stockholm', 'SE', 220000)) v(slug, venue_no, name, city, iso2, rent)
join box.organizers o using (slug);

insert into box.events (organizer_id, id, venue_no, title, status, starts_at, ends_at, capacity)
select o.id, md5('event' || e.slug || e.title)::uuid, e.venue_no, e.title, e.status::box.event_status, e.starts_at::timestamptz, e.starts_at::timestamptz + interval '3 hours', e.capacity
from (values
  ('nordlicht', 1, 'Winterreise neu', 'on_sale', '2026-02-06 19:00+00', 220), ('nordlicht', 2, 'Kraftwerk Jazznacht', 'on_sale', '2026-02-14 19:00+00', 600),
  ('nordlicht', 1, 'Poetry Slam Kiel', 'draft', '2026-03-03 18:00+00', 180),
  ('harbour', 1, 'The Salt Choir', 'on_sale', '2026-02-07 19:30+00', 850), ('harbour', 2, 'Ropewalk Revue', 'sold_out', '2026-02-20 20:00+00', 320),
  ('harbour', 3, 'Secret Supper with Ida Lowe', 'draft', '2026-04-11 18:30+00', 40),
  ('klubb-sodra', 1, 'Synth pa Sodra', 'on_sale', '2026-02-13 20:00+00', 300), ('klubb-sodra', 1, 'Visor i mars', 'cancelled', '2026-03-13 19:00+00', 150)) e(slug, venue_no, title, status, starts_at, capacity)
join box.organizers o using (slug);

insert into box.price_tiers (organizer_id, event_id, tier_code, amount_minor, currency, quota)
select e.organizer_id, e.id, t.code, t.amount * (1 + e.venue_no) , case v.iso2 when 'DE' then 'EUR' when 'GB' then 'GBP' else 'SEK' end, e.capacity / t.part
from box.events e join box.venues v using (organizer_id, venue_no)
cross join (values ('STD', 1900, 2), ('VIP', 4900, 10)) t(code, amount, part);

insert into box.seats (org, event_id, section, row_label, seat_no, tier_code, status)
select e.organizer_id, e.id, 'PARKETT', 'A', n, case when n <= 2 then 'VIP' else 'STD' end, (case when n % 3 = 0 then 'sold' when n % 3 = 1 then 'free' else 'held' end)::box.seat_status
from box.events e cross join generate_series(1, 4) n;

insert into sales.customers (organizer_id, id, email, full_name, phone, born_on, iso2, marketing, created_at)
select o.id, md5('customer' || c.slug || c.email)::uuid, c.email, c.full_name, c.phone, c.born_on::date, c.iso2, c.marketing, '2025-05-01'::timestamptz + (c.n || ' days')::interval
from (values
  (1, 'nordlicht', 'lena.fischer@posteo.example', 'Lena Fischer', '+49 431 5550101', '1988-04-12', 'DE', true),
  (2, 'nordlicht', 'ole.hansen@mailbox.example', 'Ole Hansen', '+49 431 5550102', '1979-09-30', 'DE', false),
  (3, 'nordlicht', 'birte.kroeger@web.example', 'Birte Kroeger', null, '1994-01-05', 'DE', true),
  (4, 'nordlicht', 'anton.weiss@posteo.example', 'Anton Weiss', '+49 381 5550104', '1966-12-24', 'DE', false),
  (5, 'nordlicht', 'sofie.lund@post.example', 'Sofie Lund', '+46 8 5550105', '1991-07-19', 'SE', true),
  (6, 'harbour', 'gwen.ashby@inbox.example', 'Gwen Ashby', '+44 117 5550201', '1983-02-17', 'GB', true),
  (7, 'harbour', 'tariq.hale@inbox.example', 'Tariq Hale', '+44 117 5550202', '1990-10-08', 'GB', false),
  (8, 'harbour', 'moira.finch@letters.example', 'Moira Finch', '+44 1482 5550203', '1958-06-03', 'GB', true),
  (9, 'harbour', 'owen.pryce@letters.example', 'Owen Pryce', null, '2001-03-29', 'GB', false),
  (10, 'harbour', 'claire.dumont@courriel.example', 'Claire Dumont', '+33 1 55502050', '1975-11-11', 'FR', true),
  (11, 'harbour', 'lena.fischer@posteo.example', 'Lena Fischer', '+49 431 5550101', '1988-04-12', 'DE', false),
  (12, 'klubb-sodra', 'nils.ek@brev.example', 'Nils Ek', '+46 8 5550301', '1997-08-22', 'SE', true),
  (13, 'klubb-sodra', 'maja.strand@brev.example', 'Maja Strand', '+46 8 5550302', '1985-05-15', 'SE', true),
  (14, 'klubb-sodra', 'ida.nowak@poczta.example', 'Ida Nowak', '+48 22 5550303', '1993-12-01', 'PL', false)) c(n, slug, email, full_name, phone, born_on, iso2, marketing)
join box.organizers o using (slug);

insert into sales.orders (organizer_id, id, order_no, customer_id, event_id, status, total_minor, currency, placed_at)
select c.organizer_id, md5('order' || c.organizer_id || c.email || k)::uuid,
       1000 + row_number() over (partition by c.organizer_id order by c.email, k), c.id, e.id,
       (array['paid', 'placed', 'paid', 'cart', 'cancelled'])[1 + (row_number() over (order by c.email, k, c.organizer_id))::int % 5]::sales.order_status,
       0, 'EUR', '2026-01-03 10:00+00'::timestamptz + (row_number() over (order by c.email, k, c.organizer_id) || ' hours')::interval
from sales.customers c cross join generate_series(1, 2) k
join lateral (select x.id from box.events x where x.organizer_id = c.organizer_id and x.status in ('on_sale', 'sold_out') order by x.starts_at limit 1 offset (case when c.iso2 = 'SE' then 0 else 0 end)) e on true;

insert into sales.order_items (organizer_id, order_id, line_no, tier_code, qty, unit_minor)
select o.organizer_id, o.id, 1, t.tier_code, 1 + (o.order_no % 3)::int, t.amount_minor
from sales.orders o join box.price_tiers t on t.organizer_id = o.organizer_id and t.event_id = o.event_id and t.tier_code = case when o.order_no % 4 = 0 then 'VIP' else 'STD' end;
update sales.orders o set total_minor = (select sum(i.line_minor) from sales.order_items i where i.organizer_id = o.organizer_id and i.order_id = o.id),
  currency = (select t.currency from box.price_tiers t where t.organizer_id = o.organizer_id and t.event_id = o.event_id and t.tier_code = 'STD');

insert into sales.order_notes (id, order_id, author, body)
select md5('note' || o.id)::uuid, o.id, m.full_name, 'Customer rang about order ' || o.order_no || ', wants seats together'
from sales.orders o join box.members m on m.organizer_id = o.organizer_id and m.role = 'box_office' where o.order_no % 2 = 1;

insert into sales.discounts (organizer_id, code, percent, uses, max_uses, expires_on)
select o.id, d.code, d.percent, d.uses, d.max_uses, d.expires_on::date
from (values ('nordlicht', 'STUDI-20', 20, 14, 200, '2026-12-31'), ('nordlicht', 'PRESSE', 100, 3, 30, '2026-06-30'), ('nordlicht', 'WINTER-10', 10, 0, 500, '2026-03-01'),
  ('harbour', 'MATES-15', 15, 41, 400, '2026-09-30'), ('harbour', 'CREW-ONLY-X9', 100, 7, 60, '2026-12-31'),
  ('klubb-sodra', 'MEDLEM', 25, 88, 1000, null), ('klubb-sodra', 'STUDI-20', 20, 1, 50, null)) d(slug, code, percent, uses, max_uses, expires_on)
join box.organizers o using (slug);

insert into sales.payments (organizer_id, id, order_id, provider, provider_ref, amount_minor, card_brand, card_fingerprint, paid_at)
select o.organizer_id, md5('payment' || o.id)::uuid, o.id, case when o.order_no % 5 = 0 then 'cash' else 'stripe' end, 'pi_' || substr(md5('ref' || o.id), 1, 16), o.total_minor,
       case when o.order_no % 5 = 0 then null when o.order_no % 2 = 0 then 'visa' else 'mastercard' end,
       case when o.order_no % 5 = 0 then null else 'fp_' || substr(md5('card' || o.customer_id), 1, 20) end, o.placed_at + interval '3 minutes'
from sales.orders o where o.status = 'paid';

insert into sales.refunds (org, id, payment_id, amount_minor, reason)
select p.organizer_id, md5('refund' || p.id)::uuid, p.id, p.amount_minor / 2, 'one guest ill'
from (select *, row_number() over (partition by organizer_id order by provider_ref) n from sales.payments) p where p.n <= 2;

insert into sales.tickets (organizer_id, id, order_id, event_id, holder_name, barcode_hash)
select o.organizer_id, md5('ticket' || o.id || g)::uuid, o.id, o.event_id, c.full_name, encode(sha256(('barcode' || o.id || g)::bytea), 'hex')
from sales.orders o join sales.customers c on c.organizer_id = o.organizer_id and c.id = o.customer_id
join sales.order_items i on i.organizer_id = o.organizer_id and i.order_id = o.id cross join lateral generate_series(1, i.qty) g where o.status = 'paid';

insert into sales.scans (tenant_key, ticket_id, gate, result, scanned_at)
select t.organizer_id::text, t.id, 'gate ' || (1 + t.n % 2), 'ok', '2026-02-06 18:20+00'::timestamptz + (t.n || ' seconds')::interval
from (select *, row_number() over (partition by organizer_id order by barcode_hash) n from sales.tickets) t where t.n <= 4;
insert into sales.scans (tenant_key, ticket_id, gate, result, scanned_at)
select id::text, null, 'gate 1', 'unknown', '2026-02-06 18:45+00' from box.organizers;

insert into sales.payouts (account_no, period, amount_minor, currency, iban_last4, paid_on)
select o.account_no, p::date, 250000 + (o.account_no % 97) * 1000 + extract(month from p)::int * 1700, case o.slug when 'harbour' then 'GBP' when 'nordlicht' then 'EUR' else 'SEK' end, right(o.account_no::text || '9', 4), p::date + 35
from box.organizers o cross join generate_series('2025-10-01'::timestamp, '2025-12-01', interval '1 month') p;

insert into ops.jobs (organizer_id, kind, payload, state, run_at)
select o.id, j.kind, j.payload::jsonb, j.state::ops.job_state, '2026-01-20 04:00+00'
from box.organizers o cross join (values ('send_tickets', '{"batch": 50}', 'queued'), ('export_orders', '{"format": "csv"}', 'done'), ('close_event', '{"grace_hours": 24}', 'queued')) j(kind, payload, state);
insert into ops.outbox (organizer_id, topic, payload, made_at, sent_at)
select o.organizer_id, 'order.' || o.status, jsonb_build_object('order_no', o.order_no, 'total_minor', o.total_minor), o.placed_at, case when o.order_no % 2 = 0 then o.placed_at + interval '1 minute' end
from sales.orders o where o.status in ('paid', 'placed');
insert into ops.webhooks (org, id, url, secret_ref, active)
select o.id, md5('hook' || o.slug || n)::uuid, 'https://hooks.' || o.slug || '.example/kiosk/' || n, 'vault://kiosk/hooks/' || substr(md5('vault' || o.slug || n), 1, 12), n = 1
from box.organizers o cross join generate_series(1, 2) n;
insert into ops.api_keys (organizer_id, id, label, key_hash, scopes, revoked_at)
select o.id, md5('key' || o.slug || k.label)::uuid, k.label, encode(sha256(('kk_live_' || o.slug || k.label || 'b41c77')::bytea), 'hex'), k.scopes::text[], k.revoked_at::timestamptz
from box.organizers o cross join (values ('website', '{read}', null), ('pos terminal', '{read,sell}', null), ('old shop', '{read,sell}', '2025-02-01')) k(label, scopes, revoked_at);
insert into ops.files (organizer_id, id, name, mime, body)
select o.id, md5('file' || o.slug || f.name)::uuid, f.name, f.mime, convert_to('contents of ' || f.name || ' for ' || o.name, 'UTF8')
from box.organizers o cross join (values ('contract-2026.txt', 'text/plain'), ('seating.csv', 'text/csv'), ('guestlist.csv', 'text/csv')) f(name, mime);
insert into ops.settings (organizer_id, key, value)
select o.id, s.key, s.value::jsonb from box.organizers o
cross join (values ('checkout.timeout_minutes', '12'), ('mail.footer', '"See you at the show"'), ('vat.included', 'true')) s(key, value);
insert into ops.request_log (organizer_id, logged_at, path, status, client_ip)
select o.id, '2026-01-10 08:00+00'::timestamptz + (n * 97 || ' hours')::interval, (array['/api/orders', '/api/events', '/checkout', '/admin/members'])[1 + n % 4], case when n % 5 = 0 then 404 else 200 end, ('203.0.113.' || (10 * n + length(o.slug)))::inet
from box.organizers o cross join generate_series(0, 9) n;

-- the audit trail starts with the live system
create trigger audited after insert or update or delete on box.organizers   for each row execute function audit.record('id');
create trigger audited after insert or update or delete on box.members      for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on box.events       for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on box.price_tiers  for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.order_items for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.customers  for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.orders     for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.payments   for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.refunds    for each row execute function audit.record('org');
create trigger audited after insert or update or delete on sales.tickets    for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on sales.discounts  for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on ops.api_keys     for each row execute function audit.record('organizer_id');
create trigger audited after insert or update or delete on ops.webhooks     for each row execute function audit.record('org');
create trigger audited after insert or update or delete on ops.settings     for each row execute function audit.record('organizer_id');
update sales.orders set status = 'placed' where status = 'cart' and order_no % 3 = 1;
update sales.discounts set uses = uses + 1 where uses < 10;
update sales.customers set marketing = false where email like '%.example' and iso2 = 'SE';
update sales.customers set phone = null where full_name in ('Gwen Ashby', 'Ole Hansen', 'Maja Strand');
update box.members set full_name = full_name where role = 'owner';

refresh materialized view sales.daily_revenue_mv;

-- ------------------------------------------------------------------ grants
grant usage on schema ref   to kiosk_rw, kiosk_worker, kiosk_scanner, kiosk_admin, kiosk_analyst, kiosk_support;
grant select on ref.currencies, ref.countries, ref.tax_rates to kiosk_rw, kiosk_worker, kiosk_admin, kiosk_analyst, kiosk_support;

grant usage on schema box, sales, ops to kiosk_rw;
grant select on box.organizers to kiosk_rw;
grant update (name, billing_email) on box.organizers to kiosk_rw;
grant select (organizer_id, id, email, full_name, role, created_at) on box.members to kiosk_rw;
grant select, insert, update, delete on box.venues, box.events, box.price_tiers, box.seats to kiosk_rw;
grant select, insert, update, delete on sales.customers, sales.order_items, sales.order_notes, sales.discounts to kiosk_rw;
grant select, insert, update on sales.orders, sales.tickets to kiosk_rw;
grant select (organizer_id, id, order_id, provider, provider_ref, amount_minor, card_brand, paid_at), insert on sales.payments to kiosk_rw;
grant select, insert on sales.refunds to kiosk_rw;
grant select on sales.scans, sales.payouts to kiosk_rw;
grant select on sales.daily_revenue, sales.event_sales, sales.open_orders to kiosk_rw;
grant select, insert, update, delete on ops.files, ops.settings to kiosk_rw;
grant select (org, id, url, active), insert, update (url, active) on ops.webhooks to kiosk_rw;
grant select (organizer_id, id, label, scopes, revoked_at), insert, update (label, revoked_at) on ops.api_keys to kiosk_rw;
grant select on ops.jobs to kiosk_rw;
grant select, insert on ops.outbox, ops.request_log to kiosk_rw;
grant execute on function ops.resolve_api_key(text), sales.cancel_order(uuid), sales.redeem_discount(text), box.set_password(uuid, text),
  ops.enqueue(text, jsonb), sales.count_orders_by(text) to kiosk_rw;

grant usage on schema ops to kiosk_worker;
grant select, update (state, run_at) on ops.jobs to kiosk_worker;
grant select, update (sent_at) on ops.outbox to kiosk_worker;
grant select on ops.webhooks to kiosk_worker;
grant select on ops.request_log to kiosk_worker;

grant usage on schema sales to kiosk_scanner;
grant select (organizer_id, id, event_id, valid) on sales.tickets to kiosk_scanner;
grant select on sales.scans to kiosk_scanner;
grant execute on function sales.scan_ticket(text, text) to kiosk_scanner;

grant usage on schema box, ops, audit to kiosk_admin;
grant select on box.organizers to kiosk_admin;
grant select (organizer_id, id, email, full_name, role, created_at), insert, update (email, full_name, role), delete on box.members to kiosk_admin;
grant execute on function box.set_password(uuid, text) to kiosk_admin;
grant select on ops.settings to kiosk_admin;
grant select on audit.events to kiosk_admin;

grant usage on schema masked to kiosk_analyst;
grant select on masked.customers, masked.orders, masked.payments, masked.members, masked.tickets to kiosk_analyst;

grant usage on schema box, sales, ops to kiosk_support;
grant select on box.organizers, box.venues, box.events, sales.orders, sales.order_items, sales.tickets, ops.jobs to kiosk_support;
grant select (organizer_id, id, email, full_name, role, created_at) on box.members to kiosk_support;
grant select (organizer_id, id, email, full_name, iso2, created_at) on sales.customers to kiosk_support;

grant usage on schema ops, sales to kiosk_scheduler;
grant select, update (state, run_at) on ops.jobs to kiosk_scheduler;
grant execute on function sales.refresh_reports() to kiosk_scheduler;

analyze;
