-- Box office: a sound multi-tenant database. Tenant key org_id (uuid), setting boxoffice.organiser_id.
set client_min_messages = warning;
do $$ begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to box_app, box_analyst, box_support, box_auditor', current_database());
end $$;
revoke all on schema public from public;

-- what one login shared by all tenants should not be able to do with the others' sessions and drop boxes
do $$ declare f regprocedure; begin
  for f in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace
            and (proname in ('pg_stat_get_activity', 'pg_cancel_backend', 'pg_terminate_backend',
                             'lo_creat', 'lo_create', 'lo_from_bytea')
                 or proname like 'pg\_stat\_get\_backend\_%')
  loop execute format('revoke execute on function %s from public', f); end loop;
  for f in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace
            and (proname = 'pg_stat_get_activity' or proname like 'pg\_stat\_get\_backend\_%')
  loop execute format('grant execute on function %s to pg_monitor, pg_read_all_stats', f); end loop;
  for f in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace
            and proname in ('pg_cancel_backend', 'pg_terminate_backend')
  loop execute format('grant execute on function %s to pg_signal_backend', f); end loop;
end $$;

alter default privileges for role box_owner, box_trail, box_masker, box_etl revoke execute on functions from public;
alter default privileges for role box_owner, box_trail, box_masker, box_etl revoke usage on types from public;

create schema box    authorization box_owner;
create schema trail  authorization box_trail;
create schema lens   authorization box_masker;
create schema report authorization box_etl;
grant usage on schema box to box_app, box_masker, box_support, box_etl;
grant usage on schema report to box_masker;
grant usage on schema trail to box_auditor;
grant usage on schema lens to box_analyst;

set role box_owner;
create table box.currency (code text primary key, name text not null, rate numeric not null);
create table box.organiser (
  org_id uuid primary key, name text not null, slug text not null, plan text not null default 'basic',
  contact_email text not null, created_at timestamptz not null default now());
create table box.staff (
  org_id uuid not null references box.organiser, staff_id uuid not null default gen_random_uuid(),
  email text not null, full_name text not null, role_name text not null default 'clerk', password_hash text not null,
  primary key (org_id, staff_id), unique (org_id, email));
create table box.customer (
  org_id uuid not null references box.organiser, customer_id uuid not null default gen_random_uuid(),
  email text not null, full_name text not null, phone text, loyalty integer not null default 0,
  created_at timestamptz not null default now(),
  primary key (org_id, customer_id), unique (org_id, email));
create table box.event (
  org_id uuid not null references box.organiser, event_id uuid not null default gen_random_uuid(),
  code text not null, title text not null, venue text not null, starts_at timestamptz not null, ends_at timestamptz not null,
  status text not null default 'draft',
  primary key (org_id, event_id), unique (org_id, code));
create table box.ticket_type (
  org_id uuid not null references box.organiser, ticket_type_id uuid not null default gen_random_uuid(),
  event_id uuid not null, name text not null, price numeric not null, quota integer not null,
  primary key (org_id, ticket_type_id), unique (org_id, event_id, name),
  constraint ticket_type_event foreign key (org_id, event_id) references box.event);
create table box.discount (
  org_id uuid not null references box.organiser, discount_id uuid not null default gen_random_uuid(),
  code text not null, pct numeric not null, uses_left integer not null default 100,
  primary key (org_id, discount_id), unique (org_id, code));
create table box.ticket_order (
  org_id uuid not null references box.organiser, order_id uuid not null default gen_random_uuid(),
  order_no bigint not null, customer_id uuid not null, event_id uuid not null, discount_id uuid,
  status text not null default 'open', total numeric not null default 0, placed_at timestamptz not null default now(),
  primary key (org_id, order_id), unique (org_id, order_no),
  constraint ticket_order_customer foreign key (org_id, customer_id) references box.customer,
  constraint ticket_order_event foreign key (org_id, event_id) references box.event,
  constraint ticket_order_discount foreign key (org_id, discount_id) references box.discount);
create table box.order_item (
  org_id uuid not null references box.organiser, item_id uuid not null default gen_random_uuid(),
  order_id uuid not null, ticket_type_id uuid not null, qty integer not null default 1, unit_price numeric not null, barcode text not null,
  primary key (org_id, item_id), unique (org_id, barcode),
  constraint order_item_order foreign key (org_id, order_id) references box.ticket_order on delete cascade,
  constraint order_item_type foreign key (org_id, ticket_type_id) references box.ticket_type);
create table box.payment (
  org_id uuid not null references box.organiser, payment_id uuid not null default gen_random_uuid(), paid_on date not null,
  order_id uuid not null, amount numeric not null, method text not null, card_last4 text, provider_ref text not null,
  primary key (org_id, payment_id, paid_on),
  constraint payment_order foreign key (org_id, order_id) references box.ticket_order) partition by range (paid_on);
create table box.payment_2026_01 partition of box.payment for values from ('2026-01-01') to ('2026-02-01');
create table box.payment_2026_02 partition of box.payment for values from ('2026-02-01') to ('2026-03-01');
create table box.payment_2026_03 partition of box.payment for values from ('2026-03-01') to ('2026-04-01');
create table box.payment_default partition of box.payment default;
create table box.refund (
  org_id uuid not null references box.organiser, refund_id uuid not null default gen_random_uuid(),
  payment_id uuid not null, paid_on date not null, amount numeric not null, reason text,
  primary key (org_id, refund_id),
  constraint refund_payment foreign key (org_id, payment_id, paid_on) references box.payment);
create table box.notification (
  org_id uuid not null references box.organiser, notification_id uuid not null default gen_random_uuid(),
  customer_id uuid not null, channel text not null default 'email', body text not null, sent_at timestamptz not null default now(),
  primary key (org_id, notification_id),
  constraint notification_customer foreign key (org_id, customer_id) references box.customer);
create table box.webhook (
  org_id uuid not null references box.organiser, webhook_id uuid not null default gen_random_uuid(),
  url text not null, secret text not null, active boolean not null default true,
  primary key (org_id, webhook_id), unique (org_id, url));
create table box.api_key (
  org_id uuid not null references box.organiser, key_id uuid not null default gen_random_uuid(),
  label text not null, key_hash text not null, revoked_at timestamptz,
  primary key (org_id, key_id));
create table box.outbox (
  org_id uuid not null references box.organiser, message_id uuid not null default gen_random_uuid(),
  topic text not null, payload jsonb not null, created_at timestamptz not null default now(),
  primary key (org_id, message_id));
create table box.counter (
  org_id uuid not null references box.organiser, kind text not null, last_no bigint not null,
  primary key (org_id, kind));
create sequence box.batch_no_seq;
create index on box.ticket_order (org_id, placed_at);
create index on box.payment (org_id, order_id);
reset role;

set role box_trail;
create table trail.entry (
  entry_id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
  org_id uuid not null, actor text not null default session_user, table_name text not null, op text not null,
  old_row jsonb, new_row jsonb);
create function trail.log() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into trail.entry (org_id, actor, table_name, op, old_row, new_row)
  values (case when tg_op = 'DELETE' then old.org_id else new.org_id end, session_user,
          tg_table_schema || '.' || tg_table_name, tg_op,
          case when tg_op <> 'INSERT' then to_jsonb(old) - array['password_hash', 'secret', 'key_hash'] end, case when tg_op <> 'DELETE' then to_jsonb(new) - array['password_hash', 'secret', 'key_hash'] end);
  return null;
end $$;
create function trail.deny() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin raise exception 'the trail is append-only'; end $$;
create trigger append_only before update or delete on trail.entry for each row execute function trail.deny();
create trigger no_truncate before truncate on trail.entry for each statement execute function trail.deny();
alter table trail.entry enable always trigger append_only;
alter table trail.entry enable always trigger no_truncate;
alter table trail.entry enable row level security, force row level security;
create policy write_entry on trail.entry for insert to box_trail with check (org_id is not null);
create policy audit_read on trail.entry for select to box_auditor using (true);
reset role;
grant select on trail.entry to box_auditor;

-- data of three organisers
insert into box.currency values ('EUR', 'Euro', 1), ('USD', 'Dollar', 1.1), ('GBP', 'Pound', 0.86);
insert into box.organiser (org_id, name, slug, plan, contact_email, created_at) values
 ('9b1d0002-0000-4000-8000-00000000000b', 'Bravo Live',     'bravo',   'pro',   'ops@bravo.example',   '2024-01-01'),
 ('5e7a0001-0000-4000-8000-00000000000a', 'Alpha Events',   'alpha',   'basic', 'ops@alpha.example',   '2024-02-01'),
 ('5e7a0001-0000-4000-8000-00000000000c', 'Charlie Nights', 'charlie', 'basic', 'ops@charlie.example', '2024-03-01');
do $$
declare t record; d text; n int; p text;
begin
  for t in select org_id, slug, row_number() over (order by slug) k from box.organiser order by slug loop
    d := right(t.org_id::text, 1);           -- a, b, c
    n := t.k * 1000;
    p := '00000000-0000-4000-8000-' || d;     -- ids end in <tenant letter><kind><number>
    insert into box.staff (org_id, staff_id, email, full_name, role_name, password_hash) values
      (t.org_id, (p || '00000000101')::uuid, 'boss@' || t.slug || '.example', t.slug || ' Boss', 'admin', encode(sha256((t.slug || 'pw1')::bytea), 'hex')),
      (t.org_id, (p || '00000000102')::uuid, 'clerk@' || t.slug || '.example', t.slug || ' Clerk', 'clerk', encode(sha256((t.slug || 'pw2')::bytea), 'hex'));
    insert into box.customer (org_id, customer_id, email, full_name, phone, loyalty, created_at) values
      (t.org_id, (p || '00000000201')::uuid, 'ann.' || t.slug || '@mail.example', 'Ann ' || t.slug, '+49' || n || '1', case d when 'b' then 77 else 5 end, '2025-05-01'),
      (t.org_id, (p || '00000000202')::uuid, 'bob.' || t.slug || '@mail.example', 'Bob ' || t.slug, '+49' || n || '2', 11, '2025-06-01'),
      (t.org_id, (p || '00000000203')::uuid, 'cyd.' || t.slug || '@mail.example', 'Cyd ' || t.slug, '+49' || n || '3', 12, '2026-01-15');
    insert into box.event (org_id, event_id, code, title, venue, starts_at, ends_at, status) values
      (t.org_id, (p || '00000000301')::uuid, upper(t.slug) || '-SPRING', t.slug || ' Spring Gala', t.slug || ' Hall', '2026-04-01 18:00+00', '2026-04-01 22:00+00', 'published'),
      (t.org_id, (p || '00000000302')::uuid, upper(t.slug) || '-SECRET', t.slug || ' Secret Show', t.slug || ' Cellar', '2026-06-01 18:00+00', '2026-06-01 22:00+00', 'draft');
    insert into box.ticket_type (org_id, ticket_type_id, event_id, name, price, quota) values
      (t.org_id, (p || '00000000401')::uuid, (p || '00000000301')::uuid, 'Standard', 25, 100),
      (t.org_id, (p || '00000000402')::uuid, (p || '00000000301')::uuid, 'VIP', 90, 10);
    insert into box.discount (org_id, discount_id, code, pct, uses_left) values
      (t.org_id, (p || '00000000501')::uuid, upper(t.slug) || '10', 10, 50),
      (t.org_id, (p || '00000000502')::uuid, upper(t.slug) || 'VIP', 25, 5);
    insert into box.ticket_order (org_id, order_id, order_no, customer_id, event_id, discount_id, status, total, placed_at) values
      (t.org_id, (p || '00000000601')::uuid, n + 1, (p || '00000000201')::uuid, (p || '00000000301')::uuid, (p || '00000000501')::uuid, 'paid', 45, '2026-01-10'),
      (t.org_id, (p || '00000000602')::uuid, n + 2, (p || '00000000202')::uuid, (p || '00000000301')::uuid, null, 'paid', 90, '2026-02-10'),
      (t.org_id, (p || '00000000603')::uuid, n + 3, (p || '00000000203')::uuid, (p || '00000000301')::uuid, null, 'open', 25, '2026-03-10');
    insert into box.order_item (org_id, item_id, order_id, ticket_type_id, qty, unit_price, barcode) values
      (t.org_id, (p || '00000000701')::uuid, (p || '00000000601')::uuid, (p || '00000000401')::uuid, 2, 25, upper(d) || '-BC-0001'),
      (t.org_id, (p || '00000000702')::uuid, (p || '00000000602')::uuid, (p || '00000000402')::uuid, 1, 90, upper(d) || '-BC-0002'),
      (t.org_id, (p || '00000000703')::uuid, (p || '00000000603')::uuid, (p || '00000000401')::uuid, 1, 25, upper(d) || '-BC-0003');
    insert into box.payment (org_id, payment_id, paid_on, order_id, amount, method, card_last4, provider_ref) values
      (t.org_id, (p || '00000000801')::uuid, '2026-01-11', (p || '00000000601')::uuid, 45, 'card', n::text, 'pi_' || t.slug || '_1'),
      (t.org_id, (p || '00000000802')::uuid, '2026-02-11', (p || '00000000602')::uuid, 90, 'card', n::text, 'pi_' || t.slug || '_2'),
      (t.org_id, (p || '00000000803')::uuid, '2026-03-11', (p || '00000000603')::uuid, 5, 'cash', null, 'pi_' || t.slug || '_3'),
      (t.org_id, (p || '00000000804')::uuid, '2025-12-11', (p || '00000000603')::uuid, 5, 'cash', null, 'pi_' || t.slug || '_4');
    insert into box.refund (org_id, refund_id, payment_id, paid_on, amount, reason) values
      (t.org_id, (p || '00000000901')::uuid, (p || '00000000802')::uuid, '2026-02-11', 10, 'seat change ' || t.slug);
    insert into box.notification (org_id, notification_id, customer_id, body, sent_at) values
      (t.org_id, (p || '00000000a01')::uuid, (p || '00000000201')::uuid, 'Your tickets, Ann ' || t.slug, '2026-01-11'),
      (t.org_id, (p || '00000000a02')::uuid, (p || '00000000202')::uuid, 'Your tickets, Bob ' || t.slug, '2026-02-11');
    insert into box.webhook (org_id, webhook_id, url, secret) values
      (t.org_id, (p || '00000000b01')::uuid, 'https://hooks.' || t.slug || '.example/orders', 'whsec_' || t.slug);
    insert into box.api_key (org_id, key_id, label, key_hash) values
      (t.org_id, (p || '00000000c01')::uuid, t.slug || ' till', encode(sha256((t.slug || 'key')::bytea), 'hex'));
    insert into box.counter values (t.org_id, 'order', n + 3);
  end loop;
  for n in 1..2 loop
    for t in select org_id, slug from box.organiser order by slug loop
      insert into box.outbox (org_id, topic, payload) values
        (t.org_id, 'order.paid', jsonb_build_object('order', t.slug || n, 'customer', 'ann.' || t.slug || '@mail.example'));
    end loop;
  end loop;
end $$;

-- row-level security everywhere; the trail follows every tenant table
do $$
declare t regclass;
begin
  for t in select c.oid::regclass from pg_class c where c.relnamespace = 'box'::regnamespace and c.relkind in ('r', 'p') loop
    execute format('alter table %s enable row level security, force row level security', t);
    continue when t = 'box.currency'::regclass;
    execute format($p$create policy tenant_rows on %s
      using (org_id = (select nullif(current_setting('boxoffice.organiser_id', true), '')::uuid))
      with check (org_id = (select nullif(current_setting('boxoffice.organiser_id', true), '')::uuid))$p$, t);
    if not (select relispartition from pg_class where oid = t) then
      execute format('create trigger trail_log after insert or update or delete on %s for each row execute function trail.log()', t);
    end if;
  end loop;
end $$;
-- first entries of the trail, for every organiser
update box.organiser set plan = plan;
update box.customer set loyalty = loyalty;
update box.webhook set active = active;
create policy shared_read on box.currency for select using (true);

-- cross-tenant reads of support (no secrets)
do $$
declare t text;
begin
  foreach t in array array['organiser', 'customer', 'event', 'ticket_type', 'ticket_order', 'order_item', 'payment', 'refund', 'notification'] loop
    execute format('create policy support_read on box.%I for select to box_support using (true)', t);
    execute format('grant select on box.%I to box_support', t);
  end loop;
end $$;

grant select on box.currency to box_app, box_support;
grant select, update (name, contact_email) on box.organiser to box_app;
grant select, insert, update, delete on box.staff, box.customer, box.event, box.ticket_type, box.discount,
  box.ticket_order, box.order_item, box.notification, box.webhook to box_app;
grant select, insert on box.payment, box.refund, box.outbox to box_app;
grant select, insert, update (label) on box.api_key to box_app;
grant select on box.customer, box.ticket_order, box.payment, box.event to box_masker;
grant select on all tables in schema box to box_etl;
grant usage on sequence box.batch_no_seq to box_etl;

-- functions
set role box_owner;
create function box.next_no(p_kind text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_org uuid := nullif(current_setting('boxoffice.organiser_id', true), '')::uuid; v_no bigint;
begin
  if v_org is null then raise exception 'no organiser'; end if;
  insert into box.counter as c (org_id, kind, last_no) values (v_org, p_kind, 1)
    on conflict (org_id, kind) do update set last_no = c.last_no + 1 returning last_no into v_no;
  return v_no;
end $$;
create function box.revoke_key(p_key uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- FORCE row level security holds the owner to the organiser of the session
  update box.api_key set revoked_at = now() where key_id = p_key and revoked_at is null;
  return found;
end $$;
create function box.use_discount(p_code text) returns numeric language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v numeric;
begin
  update box.discount set uses_left = uses_left - 1
   where code = p_code and uses_left > 0
     and org_id = (select nullif(current_setting('boxoffice.organiser_id', true), '')::uuid)
   returning pct into v;
  return v;
end $$;
create function box.order_total(p_order uuid) returns numeric language sql stable set search_path = pg_catalog, pg_temp as $$
  select sum(qty * unit_price) from box.order_item where order_id = p_order $$;
create view box.order_summary with (security_invoker = true, security_barrier = true) as
  select o.org_id, o.order_id, o.order_no, o.status, c.email, o.total
    from box.ticket_order o join box.customer c on c.org_id = o.org_id and c.customer_id = o.customer_id;
reset role;
grant execute on function box.next_no(text), box.revoke_key(uuid), box.use_discount(text), box.order_total(uuid) to box_app;
grant select on box.order_summary to box_app;

-- masked views of the analyst: run as box_masker, whom row-level security binds to the organiser of the session
set role box_masker;
create function lens.redact(p text) returns text language sql immutable set search_path = pg_catalog, pg_temp as
  $$ select case when p is null then null else '***' end $$;
create view lens.customer_masked with (security_barrier = true) as
  select org_id, customer_id, lens.redact(email) as email, lens.redact(full_name) as full_name, lens.redact(phone) as phone,
         case when loyalty >= 10 then 'regular' else 'new' end as loyalty_band, date_trunc('month', created_at) as joined
    from box.customer;
create view lens.order_facts with (security_barrier = true) as
  select org_id, order_id, event_id, status, total, placed_at::date as placed_on from box.ticket_order;
create view lens.payment_facts with (security_barrier = true) as
  select org_id, payment_id, paid_on, amount, method, lens.redact(card_last4) as card_last4 from box.payment;
reset role;
grant execute on function lens.redact(text) to box_analyst;
grant select on lens.customer_masked, lens.order_facts, lens.payment_facts to box_analyst;

-- reporting
create materialized view report.daily_sales as
  select org_id, paid_on, count(*) as payments, sum(amount) as amount from box.payment group by 1, 2;
alter materialized view report.daily_sales owner to box_etl;
grant select on report.daily_sales to box_masker;
create view box.my_daily_sales with (security_barrier = true) as
  select paid_on, payments, amount from report.daily_sales
   where org_id = (select nullif(current_setting('boxoffice.organiser_id', true), '')::uuid);
alter view box.my_daily_sales owner to box_masker;
grant select on box.my_daily_sales to box_app;
