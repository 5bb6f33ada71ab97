-- seat: ticket orders of many organisers in one schema
create schema ext;
create extension btree_gist schema ext;
create schema seat authorization seat_owner;
create schema seat_log authorization seat_owner;
create schema seat_mask authorization seat_owner;
create schema seat_int authorization seat_owner;
revoke all on schema public from public;
do $$ begin execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to seat_web, seat_worker, seat_analyst, seat_support', current_database()); end $$;
grant usage on schema seat to seat_app, seat_support, seat_report;
grant usage on schema seat_log to seat_app, seat_logger;
grant usage on schema seat_mask to seat_analyst;
grant usage on schema seat_int to seat_support, seat_report;
alter default privileges for role seat_owner revoke execute on functions from public;
alter default privileges revoke execute on functions from public;
grant seat_owner to current_user;
set role seat_owner;

create function seat.tenant() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.tenant_id', true), '')::uuid;

create table seat.currencies (
  code char(3) primary key check (code ~ '^[A-Z]{3}$'),
  name text not null,
  digits smallint not null default 2
);
comment on table seat.currencies is 'shared reference data, the same for every tenant';

create table seat.tenants (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique,
  name text not null,
  plan text not null default 'basic' check (plan in ('basic', 'plus', 'arena')),
  created_at timestamptz not null default now()
);

create table seat.venues (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  name text not null,
  city text not null,
  capacity int not null check (capacity > 0),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table seat.events (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  venue_id uuid not null,
  title text not null,
  during tstzrange not null check (not isempty(during)),
  published boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, venue_id) references seat.venues (tenant_id, id),
  constraint events_no_overlap exclude using gist (tenant_id with =, venue_id with =, during with &&)
);

create table seat.ticket_types (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  event_id uuid not null,
  name text not null,
  price_cents int not null check (price_cents >= 0),
  currency char(3) not null references seat.currencies,
  quota int not null check (quota > 0),
  primary key (tenant_id, id),
  constraint ticket_types_id_key unique (id),
  unique (tenant_id, event_id, name),
  foreign key (tenant_id, event_id) references seat.events (tenant_id, id) on delete cascade
);

create table seat.customers (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  email text not null,
  name text not null,
  phone text,
  born date,
  vip boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint customers_email_key unique (tenant_id, email)
);

create sequence seat.order_no start 1001;

create table seat.discounts (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  code text not null,
  percent smallint not null check (percent between 1 and 100),
  expires_on date,
  primary key (tenant_id, code)
);

create table seat.orders (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  number bigint not null default nextval('seat.order_no'),
  customer_id uuid not null,
  discount_code text,
  status text not null default 'open' check (status in ('open', 'paid', 'void', 'refunded')),
  currency char(3) not null references seat.currencies,
  note text,
  placed_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint orders_id_key unique (id),
  unique (tenant_id, number),
  foreign key (tenant_id, customer_id) references seat.customers (tenant_id, id),
  foreign key (tenant_id, discount_code) references seat.discounts (tenant_id, code)
);

-- reached only through its order and its ticket type: no tenant column
create table seat.order_items (
  order_id uuid not null references seat.orders (id),
  line smallint not null,
  ticket_type_id uuid not null references seat.ticket_types (id),
  qty int not null check (qty > 0),
  price_cents int not null check (price_cents >= 0),
  holder text,
  primary key (order_id, line)
);

create table seat.payments (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  order_id uuid not null,
  paid_on date not null default current_date,
  amount_cents int not null check (amount_cents > 0),
  method text not null check (method in ('card', 'sepa', 'cash')),
  card_last4 char(4),
  provider_ref text,
  primary key (tenant_id, id, paid_on),
  foreign key (tenant_id, order_id) references seat.orders (tenant_id, id)
) partition by range (paid_on);
create table seat.payments_2025 partition of seat.payments for values from ('2025-01-01') to ('2026-01-01');
create table seat.payments_2026 partition of seat.payments for values from ('2026-01-01') to ('2027-01-01');
create table seat.payments_rest partition of seat.payments default;

create table seat.refunds (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  order_id uuid not null,
  amount_cents int not null check (amount_cents > 0),
  reason text,
  status text not null default 'requested' check (status in ('requested', 'approved', 'rejected')),
  primary key (tenant_id, id),
  foreign key (tenant_id, order_id) references seat.orders (tenant_id, id)
);

create table seat.api_keys (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id uuid not null default gen_random_uuid(),
  label text not null,
  prefix text not null,
  secret_hash text not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, prefix)
);

create table seat.outbox (
  tenant_id uuid not null default seat.tenant() references seat.tenants,
  id bigint generated always as identity,
  topic text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  primary key (tenant_id, id)
);

create table seat_log.trail (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  at timestamptz not null default now(),
  actor text not null,
  relation text not null,
  op text not null,
  before jsonb,
  after jsonb
);
create index on seat_log.trail (tenant_id, at);

-- row security -------------------------------------------------------------------------------
do $$
declare t text;
begin
  foreach t in array array['venues', 'events', 'ticket_types', 'customers', 'discounts', 'orders', 'payments', 'payments_2025', 'payments_2026', 'payments_rest', 'refunds', 'api_keys', 'outbox'] loop
    execute format('alter table seat.%I enable row level security', t);
    execute format('alter table seat.%I force row level security', t);
    execute format($p$create policy %I on seat.%I for all to seat_app, seat_owner
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)$p$, t || '_tenant', t);
  end loop;
end $$;
alter table seat.tenants enable row level security;
alter table seat.tenants force row level security;
create policy tenants_tenant on seat.tenants for all to seat_app, seat_owner
  using (id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  with check (id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter table seat.order_items enable row level security;
alter table seat.order_items force row level security;
create policy order_items_order on seat.order_items for all to seat_app, seat_owner
  using (exists (select from seat.orders o where o.id = order_id and o.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid))
  with check (exists (select from seat.orders o join seat.ticket_types t on t.tenant_id = o.tenant_id
    where o.id = order_id and t.id = ticket_type_id and o.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid));
alter table seat_log.trail enable row level security;
alter table seat_log.trail force row level security;
create policy trail_read on seat_log.trail for select to seat_app, seat_owner
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
create policy trail_write on seat_log.trail for insert to seat_logger with check (tenant_id is not null);

-- support works across tenants, and only decides on refunds
do $$
declare t text;
begin
  foreach t in array array['tenants', 'events', 'ticket_types', 'customers', 'orders', 'order_items', 'refunds'] loop
    execute format('create policy %I on seat.%I for select to seat_support using (true)', t || '_support', t);
  end loop;
end $$;
create policy refunds_decide on seat.refunds for update to seat_support using (status = 'requested') with check (status in ('approved', 'rejected'));
-- the report role reads what the materialized view sums up
create policy orders_report on seat.orders for select to seat_report using (true);
create policy order_items_report on seat.order_items for select to seat_report using (true);

-- privileges ---------------------------------------------------------------------------------
grant select on seat.currencies, seat.tenants, seat.venues, seat.events, seat.ticket_types, seat.customers, seat.discounts, seat.orders,
  seat.order_items, seat.payments, seat.refunds, seat_log.trail to seat_app;
grant update (name) on seat.tenants to seat_app;
grant insert (tenant_id, name, city, capacity), update (name, city, capacity), delete on seat.venues to seat_app;
grant insert (tenant_id, venue_id, title, during, published), update (title, during, published), delete on seat.events to seat_app;
grant insert (tenant_id, event_id, name, price_cents, currency, quota), update (name, price_cents, quota), delete on seat.ticket_types to seat_app;
grant insert (tenant_id, email, name, phone, born), update (email, name, phone, born, vip), delete on seat.customers to seat_app;
grant insert (tenant_id, code, percent, expires_on), update (percent, expires_on), delete on seat.discounts to seat_app;
grant insert (tenant_id, customer_id, discount_code, currency, note), update (status, note, discount_code) on seat.orders to seat_app;
grant insert (order_id, line, ticket_type_id, qty, price_cents, holder), update (qty, holder), delete on seat.order_items to seat_app;
grant insert (tenant_id, order_id, paid_on, amount_cents, method, card_last4, provider_ref) on seat.payments to seat_app;
grant insert (tenant_id, order_id, amount_cents, reason) on seat.refunds to seat_app;
grant select (tenant_id, id, label, prefix, revoked_at), update (label, revoked_at) on seat.api_keys to seat_app;
grant insert (tenant_id, topic, payload) on seat.outbox to seat_app;
grant select, update (sent_at) on seat.outbox to seat_worker;
grant usage on sequence seat.order_no to seat_app;
grant insert on seat_log.trail to seat_logger;
grant select on seat.currencies, seat.tenants, seat.events, seat.ticket_types, seat.orders, seat.order_items, seat.refunds to seat_support;
grant select (tenant_id, id, name, vip) on seat.customers to seat_support;
grant update (status) on seat.refunds to seat_support;
grant select on seat.orders, seat.order_items to seat_report;

-- functions ----------------------------------------------------------------------------------
create function seat.order_total(p_order uuid) returns bigint language sql stable
  begin atomic select coalesce(sum(qty * price_cents), 0) from seat.order_items where order_id = p_order; end;
create function seat.find_customer(p_mail text) returns setof seat.customers language sql stable
  begin atomic select * from seat.customers where lower(email) = lower(p_mail); end;
create function seat.seats_left(p_type uuid) returns bigint language sql stable
  begin atomic select t.quota - coalesce(sum(i.qty), 0) from seat.ticket_types t left join seat.order_items i on i.ticket_type_id = t.id where t.id = p_type group by t.quota; end;
create function seat.check_key(p_prefix text, p_secret text) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp
  begin atomic select exists (select from seat.api_keys where tenant_id = seat.tenant() and prefix = p_prefix and revoked_at is null
    and secret_hash = encode(sha256(convert_to(p_secret, 'UTF8')), 'hex')); end;
create function seat.place_order(p_customer uuid, p_type uuid, p_qty int) returns uuid language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o uuid;
begin
  insert into seat.orders (customer_id, currency) select p_customer, t.currency from seat.ticket_types t where t.id = p_type returning id into o;
  if o is null then raise exception 'no such ticket type'; end if;
  insert into seat.order_items (order_id, line, ticket_type_id, qty, price_cents) select o, 1, t.id, p_qty, t.price_cents from seat.ticket_types t where t.id = p_type;
  return o;
end $$;
create procedure seat.void_order(p_order uuid) language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update seat.orders set status = 'void' where id = p_order and status = 'open';
  if not found then raise exception 'no open order of this name'; end if;
end $$;
grant execute on function seat.tenant(), seat.order_total(uuid), seat.find_customer(text), seat.seats_left(uuid), seat.check_key(text, text), seat.place_order(uuid, uuid, int) to seat_app;
grant execute on procedure seat.void_order(uuid) to seat_app;
grant execute on function seat.tenant() to seat_support, seat_analyst;

-- audit --------------------------------------------------------------------------------------
reset role;
create function seat_log.audit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o jsonb; n jsonb;
begin
  if tg_op <> 'INSERT' then o := to_jsonb(old) - 'secret_hash'; end if;
  if tg_op <> 'DELETE' then n := to_jsonb(new) - 'secret_hash'; end if;
  insert into seat_log.trail (tenant_id, actor, relation, op, before, after)
  values (coalesce((coalesce(n, o) ->> 'tenant_id')::uuid, case when tg_table_name = 'tenants' then (coalesce(n, o) ->> 'id')::uuid end,
      nullif(current_setting('app.tenant_id', true), '')::uuid),
    session_user, tg_table_schema || '.' || tg_table_name, tg_op, o, n);
  return null;
end $$;
create function seat_log.keep() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin raise exception 'the trail is append-only'; end $$;
alter function seat_log.audit() owner to seat_logger;
alter function seat_log.keep() owner to seat_owner;
revoke execute on function seat_log.audit(), seat_log.keep() from public;
grant execute on function seat_log.audit() to seat_owner;
set role seat_owner;
create trigger trail_keep before update or delete or truncate on seat_log.trail for each statement execute function seat_log.keep();
do $$
declare t text;
begin
  foreach t in array array['tenants', 'venues', 'events', 'ticket_types', 'customers', 'discounts', 'orders', 'order_items', 'payments', 'refunds', 'api_keys'] loop
    execute format('create trigger %I after insert or update or delete on seat.%I for each row execute function seat_log.audit()', t || '_audit', t);
  end loop;
end $$;
create function seat.outbox_wake() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin perform pg_notify('seat_outbox', ''); return null; end $$;
create trigger outbox_wake after insert on seat.outbox for each statement execute function seat.outbox_wake();

-- views --------------------------------------------------------------------------------------
create view seat.order_list with (security_invoker = true, security_barrier = true) as
  select o.tenant_id, o.id, o.number, o.status, o.placed_at, c.name as customer, seat.order_total(o.id) as total_cents, o.currency
  from seat.orders o join seat.customers c on c.tenant_id = o.tenant_id and c.id = o.customer_id;
create view seat.event_board with (security_invoker = true) as
  select e.tenant_id, e.id, e.title, e.during, v.name as venue, v.city
  from seat.events e join seat.venues v on v.tenant_id = e.tenant_id and v.id = e.venue_id where e.published;
grant select on seat.order_list, seat.event_board to seat_app;
create view seat_mask.customers with (security_barrier = true) as
  select tenant_id, id, left(name, 1) || '***' as name, '***@' || split_part(email, '@', 2) as email, extract(year from born)::int / 10 * 10 as decade, vip from seat.customers;
create view seat_mask.orders with (security_barrier = true) as
  select tenant_id, id, number, status, currency, date_trunc('day', placed_at) as day from seat.orders;
create view seat_mask.payments with (security_barrier = true) as
  select tenant_id, id, order_id, paid_on, amount_cents, method from seat.payments;
grant select on seat_mask.customers, seat_mask.orders, seat_mask.payments to seat_analyst;
reset role;

-- data ---------------------------------------------------------------------------------------
insert into seat.currencies values ('EUR', 'Euro', 2), ('USD', 'US dollar', 2), ('CHF', 'Swiss franc', 2), ('JPY', 'Yen', 0), ('SEK', 'Swedish krona', 2);
do $$
declare
  tid uuid[] := array['a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1', 'b2b2b2b2-b2b2-b2b2-b2b2-b2b2b2b2b2b2', 'c3c3c3c3-c3c3-c3c3-c3c3-c3c3c3c3c3c3'];
  pre text[] := array['a1', 'b2', 'c3'];
  slugs text[] := array['alder-hall', 'birch-arena', 'cedar-fest'];
  names text[] := array['Alder Concert Hall', 'Birch Arena AG', 'Cedar Open Air'];
  plans text[] := array['basic', 'arena', 'plus'];
  cur text[] := array['EUR', 'CHF', 'USD'];
  dom text[] := array['alderfans.example', 'birchmail.example', 'cedarpost.example'];
  city text[] := array['Aachen', 'Bern', 'Chicago'];
  people text[] := array['Anna Abt|Arno Ahrens|Alice Adam|Axel Auer|Agnes Amend|Albert Asch|Aline Arndt|Adele Arp',
    'Bruno Bach|Berta Brandt|Basil Burri|Bianca Beck|Boris Blum|Britta Bohr|Bernd Busch|Bettina Buol',
    'Carl Cooper|Cora Chase|Cyrus Clay|Celia Cross|Conrad Cole|Carmen Cruz|Cecil Crane|Clara Cobb'];
  p text[]; i int; k int;
begin
  for i in 1..3 loop
    perform set_config('app.tenant_id', tid[i]::text, true);
    p := string_to_array(people[i], '|');
    insert into seat.tenants (id, slug, name, plan) values (tid[i], slugs[i], names[i], plans[i]);
    insert into seat.venues (tenant_id, id, name, city, capacity)
      select tid[i], (pre[i] || '0a0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, split_part(names[i], ' ', 1) || ' stage ' || n, city[i], 100 * n * i from generate_series(1, 5) n;
    insert into seat.events (tenant_id, id, venue_id, title, during, published)
      select tid[i], (pre[i] || '0e0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (pre[i] || '0a0000-0000-4000-8000-' || lpad((1 + n % 5)::text, 12, '0'))::uuid,
        split_part(names[i], ' ', 1) || ' night ' || n, tstzrange('2026-05-01 19:00+00'::timestamptz + n * interval '3 days', '2026-05-01 22:30+00'::timestamptz + n * interval '3 days'), n % 3 > 0
      from generate_series(1, 6) n;
    insert into seat.ticket_types (tenant_id, id, event_id, name, price_cents, currency, quota)
      select tid[i], (pre[i] || '0f0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (pre[i] || '0e0000-0000-4000-8000-' || lpad((1 + (n - 1) / 2)::text, 12, '0'))::uuid,
        case when n % 2 = 1 then 'stalls' else 'balcony' end, 2500 + 700 * n + i * 110, cur[i], 80 from generate_series(1, 12) n;
    insert into seat.customers (tenant_id, id, email, name, phone, born, vip)
      select tid[i], (pre[i] || '0c0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, lower(replace(p[n], ' ', '.')) || '@' || dom[i], p[n],
        '+4' || i || ' 555 01' || lpad((n * 7)::text, 2, '0'), date '1960-02-03' + n * 1500 + i * 91, n = 3 from generate_series(1, 8) n;
    if i < 3 then insert into seat.customers (tenant_id, id, email, name, phone, born) values
      (tid[i], (pre[i] || '0c0000-0000-4000-8000-000000000009')::uuid, 'dana.frost@mail.example', 'Dana Frost', '+44 555 0199', '1988-08-08'); end if;
    insert into seat.discounts (tenant_id, code, percent, expires_on) values (tid[i], 'EARLY', 10 * i, '2026-12-31'), (tid[i], upper(pre[i]) || 'CREW', 50, null),
      (tid[i], upper(pre[i]) || 'PRESS', 100, '2027-01-31'), (tid[i], 'STUDENT', 20 + i, null), (tid[i], upper(split_part(slugs[i], '-', 1)) || '5', 5, null);
    insert into seat.orders (tenant_id, id, customer_id, discount_code, status, currency, note, placed_at)
      select tid[i], (pre[i] || '0d0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (pre[i] || '0c0000-0000-4000-8000-' || lpad((1 + n % 8)::text, 12, '0'))::uuid,
        case when n % 4 = 0 then 'EARLY' end, (array['open', 'paid', 'paid', 'refunded', 'paid'])[1 + n % 5], cur[i], slugs[i] || ' note ' || n, '2026-01-10 10:00+00'::timestamptz + n * interval '31 hours'
      from generate_series(1, 10) n;
    insert into seat.order_items (order_id, line, ticket_type_id, qty, price_cents, holder)
      select (pre[i] || '0d0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, l, (pre[i] || '0f0000-0000-4000-8000-' || lpad((1 + (n + l) % 12)::text, 12, '0'))::uuid, 1 + n % 3, 3000 + 10 * n * i, p[1 + n % 8]
      from generate_series(1, 10) n, generate_series(1, 2) l;
    insert into seat.payments (tenant_id, id, order_id, paid_on, amount_cents, method, card_last4, provider_ref)
      select tid[i], (pre[i] || '0b0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (pre[i] || '0d0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
        date '2025-10-20' + n * 25, 6000 + 20 * n * i, case when n % 3 = 0 then 'sepa' else 'card' end, case when n % 3 > 0 then lpad((n * 1111 % 10000)::text, 4, '0') end, 'pi_' || pre[i] || md5(pre[i] || n)
      from generate_series(1, 10) n;
    insert into seat.refunds (tenant_id, id, order_id, amount_cents, reason, status)
      select tid[i], (pre[i] || '1b0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (pre[i] || '0d0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 500 * n, 'reason ' || slugs[i] || n,
        (array['requested', 'approved', 'rejected'])[1 + n % 3] from generate_series(1, 5) n;
    insert into seat.api_keys (tenant_id, id, label, prefix, secret_hash)
      select tid[i], (pre[i] || '1a0000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'till ' || slugs[i] || n, 'sk_' || pre[i] || n, encode(sha256(convert_to('secret-' || pre[i] || n, 'UTF8')), 'hex') from generate_series(1, 5) n;
    insert into seat.outbox (tenant_id, topic, payload)
      select tid[i], 'order.paid', jsonb_build_object('order', pre[i] || '0d' || n, 'mail', lower(replace(p[n], ' ', '.')) || '@' || dom[i]) from generate_series(1, 6) n;
  end loop;
end $$;

grant seat_report to current_user;
grant create on schema seat_int to seat_report;
set role seat_report;
create materialized view seat_int.revenue as
  select o.tenant_id, date_trunc('month', o.placed_at) as month, o.currency, sum(i.qty * i.price_cents) as cents
  from seat.orders o join seat.order_items i on i.order_id = o.id where o.status = 'paid' group by 1, 2, 3;
grant select on seat_int.revenue to seat_support;
reset role;
revoke create on schema seat_int from seat_report;
revoke seat_report, seat_owner from current_user;
