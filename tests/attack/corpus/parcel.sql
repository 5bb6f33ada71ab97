-- Parcel deliveries and returns for many merchants. Run by a superuser in an empty database.
set client_min_messages = warning;
do $$ begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to parcel_app, parcel_courier, parcel_analyst, parcel_staff, parcel_scheduler, parcel_migrate', current_database());
  execute format('grant temporary on database %I to parcel_app', current_database());  -- bulk imports stage rows
end $$;
revoke all on schema public from public;

create schema ext;
create extension btree_gist schema ext;
create schema core   authorization parcel_owner;
create schema ship   authorization parcel_owner;
create schema ops    authorization parcel_owner;
create schema report authorization parcel_owner;
grant usage on schema core, ship, ops to parcel_app, parcel_courier, parcel_gate, parcel_report, parcel_staff;
grant usage on schema core, ops to parcel_scheduler;
grant usage on schema report to parcel_analyst, parcel_report;
alter default privileges for role parcel_owner revoke execute on functions from public;
alter default privileges for role parcel_owner revoke usage on types from public;

set role parcel_owner;

create function core.current_merchant() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('parcel.merchant', true), '')::uuid;
grant execute on function core.current_merchant() to public;

create type core.plan          as enum ('starter', 'growth', 'enterprise');
create type core.member_role   as enum ('owner', 'manager', 'clerk');
create type core.bill_status   as enum ('draft', 'sent', 'paid');
create type ship.parcel_status as enum ('created', 'picked_up', 'in_transit', 'delivered', 'returned');
create type ship.return_state  as enum ('requested', 'approved', 'refused', 'refunded');
create type ops.job_state      as enum ('queued', 'running', 'done', 'failed');
create domain core.email as text check (value ~ '^[^@\s]+@[^@\s]+$');
create domain core.slug  as text check (value ~ '^[a-z0-9-]{3,40}$');
create domain core.grams as integer check (value > 0 and value <= 31500);
grant usage on type core.plan, core.member_role, core.bill_status, ship.parcel_status, ship.return_state, ops.job_state,
  core.email, core.slug, core.grams to public;

-- shared reference data
create table core.country (code char(2) primary key, name text not null);
create table core.carrier (code text primary key, name text not null, track_url text not null);
create table core.plan_limit (plan core.plan primary key, parcels_per_month int not null, price numeric(8,2) not null);

-- tenants
create table core.merchant (
  id uuid primary key default gen_random_uuid(),
  slug core.slug not null unique,
  name text not null,
  plan core.plan not null default 'starter',
  contact_email core.email not null,
  phone text,
  vat_no text,
  note text,
  created_at timestamptz not null default now());
create table core.member (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  email core.email not null,
  full_name text not null,
  phone text,
  role core.member_role not null default 'clerk',
  password_hash text not null,
  unique (merchant_id, id),
  unique (merchant_id, email));
create table core.api_key (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  label text not null,
  key_hash text not null,
  created_by uuid not null,
  revoked_at timestamptz,
  unique (merchant_id, label),
  foreign key (merchant_id, created_by) references core.member (merchant_id, id));
create table core.webhook (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  url text not null,
  secret text not null,
  active boolean not null default true,
  unique (merchant_id, url));
create table core.setting (
  merchant_id uuid not null references core.merchant,
  key text not null,
  value jsonb not null,
  primary key (merchant_id, key));
create table core.invite (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  email core.email not null,
  token_hash text not null,
  expires_at timestamptz not null,
  unique (merchant_id, email));
create table core.invoice (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  number text not null,
  period daterange not null,
  total numeric(10,2) not null,
  status core.bill_status not null default 'draft',
  unique (merchant_id, id),
  unique (merchant_id, number));
create table core.invoice_line (
  invoice_id uuid not null references core.invoice (id) on delete cascade,
  line_no int not null,
  description text not null,
  amount numeric(10,2) not null,
  primary key (invoice_id, line_no));
create table core.payment_method (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  holder text not null,
  iban text not null,
  active boolean not null default true,
  unique (merchant_id, iban));

create table ship.customer (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  full_name text not null,
  email core.email not null,
  phone text,
  note text,
  search_name text generated always as (lower(full_name)) stored,
  unique (merchant_id, id),
  unique (merchant_id, email));
create table ship.address (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references ship.customer (id) on delete cascade,
  street text not null,
  city text not null,
  postcode text not null,
  country char(2) not null references core.country);
create table ship.depot (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  name text not null,
  city text not null,
  door_code text,
  unique (merchant_id, id),
  unique (merchant_id, name));
create table ship.courier (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  full_name text not null,
  phone text not null,
  vehicle text,
  unique (merchant_id, id),
  unique (merchant_id, phone));
create table ship.parcel (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  tracking_no text not null,
  track_token text not null,
  customer_id uuid not null,
  depot_id uuid not null,
  courier_id uuid,
  carrier text not null references core.carrier,
  status ship.parcel_status not null default 'created',
  weight_g core.grams not null,
  length_cm int not null, width_cm int not null, height_cm int not null,
  volume_cm3 int generated always as (length_cm * width_cm * height_cm) stored,
  declared_value numeric(10,2) not null default 0,
  note text,
  created_at timestamptz not null default now(),
  unique (merchant_id, id),
  unique (merchant_id, tracking_no),
  foreign key (merchant_id, customer_id) references ship.customer (merchant_id, id),
  foreign key (merchant_id, depot_id) references ship.depot (merchant_id, id),
  foreign key (merchant_id, courier_id) references ship.courier (merchant_id, id));
create index on ship.parcel (merchant_id, status);
create table ship.parcel_item (
  parcel_id uuid not null references ship.parcel (id) on delete cascade,
  line_no int not null,
  sku text not null,
  description text not null,
  qty int not null check (qty > 0),
  price numeric(10,2) not null,
  primary key (parcel_id, line_no));
create table ship.parcel_event (
  merchant_id uuid not null references core.merchant,
  id uuid not null default gen_random_uuid(),
  parcel_id uuid not null,
  occurred_at timestamptz not null,
  kind text not null,
  detail text,
  primary key (merchant_id, id, occurred_at),
  foreign key (merchant_id, parcel_id) references ship.parcel (merchant_id, id) on delete cascade
) partition by range (occurred_at);
create table ship.parcel_event_2026_01 partition of ship.parcel_event for values from ('2026-01-01 00:00Z') to ('2026-02-01 00:00Z');
create table ship.parcel_event_2026_02 partition of ship.parcel_event for values from ('2026-02-01 00:00Z') to ('2026-03-01 00:00Z');
create table ship.parcel_event_2026_03 partition of ship.parcel_event for values from ('2026-03-01 00:00Z') to ('2026-04-01 00:00Z');
create table ship.slot_booking (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  courier_id uuid not null,
  van text not null,
  during tstzrange not null,
  purpose text,
  foreign key (merchant_id, courier_id) references ship.courier (merchant_id, id),
  constraint slot_booking_no_overlap exclude using gist (merchant_id with =, courier_id with =, during with &&));
create table ship.return_request (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  parcel_id uuid not null,
  reason text not null,
  state ship.return_state not null default 'requested',
  refund numeric(10,2) not null default 0,
  unique (merchant_id, parcel_id),
  foreign key (merchant_id, parcel_id) references ship.parcel (merchant_id, id));
create table ship.return_photo (
  return_id uuid not null references ship.return_request (id) on delete cascade,
  photo_no int not null,
  object_key text not null,
  caption text,
  primary key (return_id, photo_no));
create table ship.message (
  id uuid primary key default gen_random_uuid(),
  merchant_id uuid not null references core.merchant,
  customer_id uuid not null,
  channel text not null check (channel in ('sms', 'email')),
  body text not null,
  sent_at timestamptz not null default now(),
  foreign key (merchant_id, customer_id) references ship.customer (merchant_id, id));
create table ship.label_counter (
  merchant_id uuid primary key references core.merchant,
  prefix text not null,
  next_no int not null default 1);

create table ops.job (
  id uuid primary key default gen_random_uuid(),
  "position" bigint generated always as identity,
  merchant_id uuid not null references core.merchant,
  kind text not null,
  payload jsonb not null default '{}',
  state ops.job_state not null default 'queued',
  locked_by text,
  run_at timestamptz not null default now());
create table ops.audit_log (
  seq bigint generated always as identity primary key,
  merchant_id uuid not null,
  at timestamptz not null default clock_timestamp(),
  actor text not null default session_user,
  table_name text not null,
  action text not null,
  old_row jsonb,
  new_row jsonb);
create index on ops.audit_log (merchant_id, at);

-- row level security: enabled and forced everywhere
do $$
declare t regclass; roles text := 'parcel_app, parcel_courier, parcel_report';
begin
  foreach t in array array['core.member','core.api_key','core.webhook','core.setting','core.invite','core.invoice','core.payment_method',
    'ship.customer','ship.depot','ship.courier','ship.parcel','ship.parcel_event','ship.slot_booking','ship.return_request',
    'ship.message','ship.label_counter']::regclass[] loop
    execute format('create policy tenant on %s for all to %s using (merchant_id = core.current_merchant()) with check (merchant_id = core.current_merchant())', t, roles);
  end loop;
end $$;
create policy tenant on core.merchant for all to parcel_app, parcel_courier, parcel_report
  using (id = core.current_merchant()) with check (id = core.current_merchant());
create policy tenant on core.invoice_line for all to parcel_app, parcel_report
  using (exists (select from core.invoice i where i.id = invoice_line.invoice_id and i.merchant_id = core.current_merchant()))
  with check (exists (select from core.invoice i where i.id = invoice_line.invoice_id and i.merchant_id = core.current_merchant()));
create policy tenant on ship.address for all to parcel_app, parcel_courier
  using (exists (select from ship.customer c where c.id = address.customer_id and c.merchant_id = core.current_merchant()))
  with check (exists (select from ship.customer c where c.id = address.customer_id and c.merchant_id = core.current_merchant()));
create policy tenant on ship.parcel_item for all to parcel_app
  using (exists (select from ship.parcel p where p.id = parcel_item.parcel_id and p.merchant_id = core.current_merchant()))
  with check (exists (select from ship.parcel p where p.id = parcel_item.parcel_id and p.merchant_id = core.current_merchant()));
create policy tenant on ship.return_photo for all to parcel_app
  using (exists (select from ship.return_request r where r.id = return_photo.return_id and r.merchant_id = core.current_merchant()))
  with check (exists (select from ship.return_request r where r.id = return_photo.return_id and r.merchant_id = core.current_merchant()));
create policy tenant on ops.job for all to parcel_app
  using (merchant_id = core.current_merchant()) with check (merchant_id = core.current_merchant());
create policy tenant_read on ops.audit_log for select to parcel_app using (merchant_id = core.current_merchant());
-- the gate: lookups that happen before a tenant is known, and writes on behalf of triggers
create policy gate on core.merchant  for select to parcel_gate using (true);
create policy gate on core.invite    for select to parcel_gate using (true);
create policy gate on core.api_key   for select to parcel_gate using (true);
create policy gate on ship.parcel    for select to parcel_gate using (true);
create policy gate on ship.parcel_item for select to parcel_gate using (true);
create policy gate on ops.job        for all    to parcel_gate using (true) with check (true);
create policy gate on ops.audit_log  for insert to parcel_gate with check (true);
-- the scheduler sees the queue of all tenants
create policy scheduler on ops.job for select to parcel_scheduler using (true);

do $$
declare t regclass;
begin
  for t in select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('core', 'ship', 'ops') and c.relkind in ('r', 'p')
             and c.oid not in ('core.country'::regclass, 'core.carrier'::regclass, 'core.plan_limit'::regclass) loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
  end loop;
end $$;

grant select on core.country, core.carrier, core.plan_limit to parcel_app, parcel_courier, parcel_report, parcel_staff;
grant select on core.merchant to parcel_app;
grant update (name, contact_email, phone, note) on core.merchant to parcel_app;
grant select, insert, update, delete on core.member, core.api_key, core.webhook, core.setting, core.invite, core.payment_method,
  ship.customer, ship.address, ship.depot, ship.courier, ship.parcel, ship.parcel_item, ship.parcel_event, ship.slot_booking,
  ship.return_request, ship.return_photo, ship.message to parcel_app;
grant select, insert, update on core.invoice, core.invoice_line to parcel_app;
grant select, update on ship.label_counter to parcel_app;
grant select (id, merchant_id, kind, payload, state, locked_by, run_at) on ops.job to parcel_app;
grant update (state) on ops.job to parcel_worker;
grant select (merchant_id, at, actor, table_name, action, old_row, new_row) on ops.audit_log to parcel_app;
grant select (id, merchant_id, tracking_no, customer_id, courier_id, status, weight_g) on ship.parcel to parcel_courier;
grant update (status) on ship.parcel to parcel_courier;
grant select, insert on ship.parcel_event to parcel_courier;
grant select (id, merchant_id, full_name, phone) on ship.customer to parcel_courier;
grant select on ship.address, ship.slot_booking to parcel_courier;
grant select on core.merchant, core.member, core.payment_method, core.invoice, core.invoice_line, ship.customer, ship.parcel,
  ship.return_request, ship.parcel_event to parcel_report;
grant select on all tables in schema core, ship, ops to parcel_staff;
grant select on ops.job to parcel_scheduler;
grant select on core.merchant, core.invite, core.api_key, ship.parcel, ship.parcel_item to parcel_gate;
grant select, insert, update on ops.job to parcel_gate;
grant insert on ops.audit_log to parcel_gate;

create view ship.parcel_overview with (security_invoker = true, security_barrier = true) as
  select p.id, p.merchant_id, p.tracking_no, p.status, c.full_name, c.email
  from ship.parcel p join ship.customer c on c.id = p.customer_id;
grant select on ship.parcel_overview to parcel_app;

-- append-only trail
create function ops.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin raise exception 'the audit trail is append-only'; end $$;
create trigger audit_append_only before update or delete on ops.audit_log for each row execute function ops.refuse_change();
create trigger audit_no_truncate before truncate on ops.audit_log for each statement execute function ops.refuse_change();

-- per-tenant numbers, as the caller
create function ship.next_tracking_no() returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r record;
begin
  update ship.label_counter set next_no = next_no + 1 where merchant_id = core.current_merchant() returning prefix, next_no - 1 as n into r;
  return r.prefix || lpad(r.n::text, 6, '0');
end $$;
grant execute on function ship.next_tracking_no() to parcel_app;

-- definer functions, owned by parcel_gate
create function ops.audit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into ops.audit_log (merchant_id, table_name, action, old_row, new_row)
  values (case tg_op when 'DELETE' then old.merchant_id else new.merchant_id end, tg_table_schema || '.' || tg_table_name, tg_op,
          case when tg_op <> 'INSERT' then to_jsonb(old) - 'password_hash' end,
          case when tg_op <> 'DELETE' then to_jsonb(new) - 'password_hash' end);
  return null;
end $$;
create function core.merchant_by_slug(wanted text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select id from core.merchant where slug = wanted $$;
create function core.peek_invite(token text) returns table (merchant_name text, email text) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.name, i.email from core.invite i join core.merchant m on m.id = i.merchant_id
  where i.token_hash = encode(sha256(convert_to(token, 'UTF8')), 'hex') and i.expires_at > now() $$;
create function core.merchant_by_api_key(key text) returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select merchant_id from core.api_key where key_hash = encode(sha256(convert_to(key, 'UTF8')), 'hex') and revoked_at is null $$;
create function ship.track_by_token(token text) returns table (tracking_no text, status ship.parcel_status) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.tracking_no, p.status from ship.parcel p where p.track_token = token $$;
create function ship.parcel_value(parcel uuid) returns numeric language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from ship.parcel p where p.id = parcel and p.merchant_id = core.current_merchant()) then
    raise exception 'no such parcel';
  end if;
  return (select sum(i.qty * i.price) from ship.parcel_item i where i.parcel_id = parcel);
end $$;
create function ops.enqueue(kind text, payload jsonb) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare new_id uuid;
begin
  if core.current_merchant() is null then raise exception 'no merchant'; end if;
  insert into ops.job (merchant_id, kind, payload) values (core.current_merchant(), kind, payload) returning id into new_id;
  return new_id;
end $$;
create function ops.claim_job(worker text) returns setof ops.job language sql security definer set search_path = pg_catalog, pg_temp as $$
  update ops.job set state = 'running', locked_by = worker
  where id = (select id from ops.job where state = 'queued' and run_at <= now() order by run_at, "position" limit 1 for update skip locked)
  returning * $$;

do $$
declare t regclass;
begin
  foreach t in array array['core.member','core.api_key','core.payment_method','core.invoice','ship.customer','ship.parcel','ship.return_request']::regclass[] loop
    execute format('create trigger audit after insert or update or delete on %s for each row execute function ops.audit()', t);
  end loop;
end $$;

create view report.customers with (security_barrier = true) as
  select c.id, c.merchant_id, left(c.full_name, 1) || '.' as initial, regexp_replace(c.email, '^[^@]+', '***') as email,
         '***' || right(c.phone, 2) as phone
  from ship.customer c where c.merchant_id = core.current_merchant();
create view report.members with (security_barrier = true) as
  select m.id, m.merchant_id, m.role, left(m.full_name, 1) || '.' as initial from core.member m where m.merchant_id = core.current_merchant();
create view report.payment_methods with (security_barrier = true) as
  select p.id, p.merchant_id, left(p.iban, 2) || '***' || right(p.iban, 2) as iban, p.active
  from core.payment_method p where p.merchant_id = core.current_merchant();
create view report.parcel_facts with (security_barrier = true) as
  select p.merchant_id, p.status, p.carrier, p.weight_g, p.volume_cm3, p.created_at::date as day
  from ship.parcel p where p.merchant_id = core.current_merchant();
reset role;
alter view report.customers owner to parcel_report;
alter view report.members owner to parcel_report;
alter view report.payment_methods owner to parcel_report;
alter view report.parcel_facts owner to parcel_report;
grant select on report.customers, report.members, report.payment_methods, report.parcel_facts to parcel_analyst;

alter function ops.audit() owner to parcel_gate;
alter function core.merchant_by_slug(text) owner to parcel_gate;
alter function core.peek_invite(text) owner to parcel_gate;
alter function core.merchant_by_api_key(text) owner to parcel_gate;
alter function ship.track_by_token(text) owner to parcel_gate;
alter function ship.parcel_value(uuid) owner to parcel_gate;
alter function ops.enqueue(text, jsonb) owner to parcel_gate;
alter function ops.claim_job(text) owner to parcel_gate;
revoke execute on all functions in schema core, ship, ops from public;
grant execute on function core.current_merchant() to public;
grant execute on function core.merchant_by_slug(text), core.peek_invite(text), core.merchant_by_api_key(text), ship.track_by_token(text),
  ship.parcel_value(uuid), ops.enqueue(text, jsonb) to parcel_app;
grant execute on function ops.claim_job(text) to parcel_scheduler;

-- ---------------------------------------------------------------- data
create function pg_temp.u(text) returns uuid language sql immutable as $$ select md5($1)::uuid $$;
create function pg_temp.mid(text) returns uuid language sql immutable as $$
  select case $1 when 'A' then 'a1a1a1a1-0000-4000-8000-000000000001' when 'B' then 'b2b2b2b2-0000-4000-8000-000000000002'
                 else 'c3c3c3c3-0000-4000-8000-000000000003' end::uuid $$;
insert into core.country values ('DE', 'Germany'), ('AT', 'Austria'), ('NL', 'Netherlands'), ('FR', 'France'), ('PL', 'Poland');
insert into core.carrier values ('dhl', 'DHL', 'https://dhl.example/t/'), ('dpd', 'DPD', 'https://dpd.example/t/'), ('gls', 'GLS', 'https://gls.example/t/');
insert into core.plan_limit values ('starter', 200, 19), ('growth', 2000, 99), ('enterprise', 100000, 899);
insert into core.merchant (id, slug, name, plan, contact_email, phone, vat_no, note) values
  (pg_temp.mid('A'), 'blumen-haus', 'Blumenhaus Keller', 'growth', 'office@blumenhaus.example', '+49 30 5551200', 'DE811100001', 'renewal in May'),
  (pg_temp.mid('B'), 'velo-werk', 'Velowerk Radteile', 'enterprise', 'kontor@velowerk.example', '+49 40 7772300', 'DE822200002', 'discount 12 percent agreed'),
  (pg_temp.mid('C'), 'tee-kontor', 'Teekontor Nord', 'starter', 'hallo@teekontor.example', '+49 421 999340', 'DE833300003', 'late payer');
create temp table person (t text, n int, full_name text, street text, city text, word text);
insert into person values
 ('A',1,'Anna Albers','Ahornweg 1','Berlin','rose'),('A',2,'Arne Adler','Amselgasse 12','Potsdam','tulip'),('A',3,'Astrid Arendt','Alte Allee 7','Berlin','lily'),
 ('A',4,'Adam Achterberg','Angerstr. 44','Cottbus','fern'),('A',5,'Agnes Apel','Am Anger 3','Berlin','moss'),('A',6,'Alois Abel','Auweg 18','Spandau','ivy'),
 ('B',1,'Berta Brandt','Birkenweg 2','Hamburg','saddle'),('B',2,'Boris Böhm','Bachstr. 21','Altona','chain'),('B',3,'Britta Busch','Brückengasse 9','Hamburg','pedal'),
 ('B',4,'Bodo Barth','Bergstr. 70','Lübeck','spoke'),('B',5,'Beate Blank','Buchenallee 5','Kiel','rim'),('B',6,'Benno Bock','Burgplatz 16','Hamburg','brake'),
 ('C',1,'Clara Conrad','Cafégasse 3','Bremen','assam'),('C',2,'Carl Cordes','Claraplatz 31','Bremen','darjeeling'),('C',3,'Cora Claasen','Cäcilienstr. 8','Verden','sencha'),
 ('C',4,'Claus Carsten','Celler Weg 90','Bremen','oolong'),('C',5,'Conny Cramer','Christinenweg 6','Achim','rooibos'),('C',6,'Curt Cohrs','Citygang 27','Bremen','mate');
insert into core.member (id, merchant_id, email, full_name, phone, role, password_hash)
  select pg_temp.u('member:'||t||':'||n), pg_temp.mid(t), lower(split_part(full_name, ' ', 2)) || n || '@staff-' || lower(t) || '.example', 'Staff ' || full_name,
         '+49 151 ' || ascii(t) || n || '0042', case n when 1 then 'owner' when 2 then 'manager' else 'clerk' end::core.member_role,
         'scrypt$' || md5('pw' || t || n) from person;
insert into core.api_key (id, merchant_id, label, key_hash, created_by)
  select pg_temp.u('api_key:'||t||':'||n), pg_temp.mid(t), word || '-key', encode(sha256(convert_to('pk_' || word || '_' || md5('k'||t||n), 'UTF8')), 'hex'), pg_temp.u('member:'||t||':'||n) from person;
insert into core.webhook (id, merchant_id, url, secret)
  select pg_temp.u('webhook:'||t||':'||n), pg_temp.mid(t), 'https://hooks-' || lower(t) || '.example/' || word, 'whsec_' || md5('w'||t||n) from person;
insert into core.setting select pg_temp.mid(t), k, to_jsonb(v || '-' || lower(t)) from unnest(array['A','B','C']) t,
  (values ('sender', 'warehouse'), ('locale', 'de'), ('return_days', '30'), ('logo', 's3://logos/main'), ('greeting', 'hello from')) s(k, v);
insert into core.invite (id, merchant_id, email, token_hash, expires_at)
  select pg_temp.u('invite:'||t||':'||n), pg_temp.mid(t), 'new.' || word || '@mail-' || lower(t) || '.example', encode(sha256(convert_to('inv_' || md5('i'||t||n), 'UTF8')), 'hex'), '2099-01-01' from person;
insert into core.invoice (id, merchant_id, number, period, total, status)
  select pg_temp.u('invoice:'||t||':'||n), pg_temp.mid(t), 'R-2026-' || lpad((n + ascii(t) * 10)::text, 4, '0'), daterange(make_date(2026, n, 1), make_date(2026, n + 1, 1)), 100 * n + ascii(t), case when n < 4 then 'paid' else 'sent' end::core.bill_status from person;
insert into core.invoice_line select pg_temp.u('invoice:'||t||':'||n), l, 'fees ' || word || ' ' || l, 10 * n + l from person, generate_series(1, 2) l;
insert into core.payment_method (id, merchant_id, holder, iban)
  select pg_temp.u('payment:'||t||':'||n), pg_temp.mid(t), full_name, 'DE' || ascii(t) || n || '37040044' || lpad((n * 7919 * ascii(t))::text, 10, '0') from person;
insert into ship.customer (id, merchant_id, full_name, email, phone, note)
  select pg_temp.u('customer:'||t||':'||n), pg_temp.mid(t), full_name, lower(split_part(full_name, ' ', 1)) || '@home-' || lower(t) || '.example', '+49 170 ' || ascii(t) || n || '3377', 'rings twice, likes ' || word from person;
insert into ship.customer (id, merchant_id, full_name, email, phone, note)   -- the same person buys at two merchants
  select pg_temp.u('customer:'||t||':7'), pg_temp.mid(t), 'Dora Doppel', 'dora@doppel.example', '+49 160 ' || ascii(t) || '70007', 'vip of ' || t from unnest(array['A','B']) t;
insert into ship.address (id, customer_id, street, city, postcode, country)
  select pg_temp.u('address:'||t||':'||n), pg_temp.u('customer:'||t||':'||n), street, city, (10000 + ascii(t) * 100 + n)::text, 'DE' from person;
insert into ship.depot (id, merchant_id, name, city, door_code)
  select pg_temp.u('depot:'||t||':'||n), pg_temp.mid(t), 'Depot ' || word, city, ascii(t)::text || n || '#' from person;
insert into ship.courier (id, merchant_id, full_name, phone, vehicle)
  select pg_temp.u('courier:'||t||':'||n), pg_temp.mid(t), 'Courier ' || split_part(full_name, ' ', 2), '+49 172 ' || ascii(t) || n || '9911', 'van ' || t || n from person;
insert into ship.parcel (id, merchant_id, tracking_no, track_token, customer_id, depot_id, courier_id, carrier, status, weight_g, length_cm, width_cm, height_cm, declared_value, note, created_at)
  select pg_temp.u('parcel:'||t||':'||n), pg_temp.mid(t), case t when 'A' then 'BH' when 'B' then 'VW' else 'TK' end || lpad(n::text, 6, '0'), md5('tok'||t||n),
         pg_temp.u('customer:'||t||':'||n), pg_temp.u('depot:'||t||':'||n), pg_temp.u('courier:'||t||':'||n), (array['dhl','dpd','gls'])[1 + n % 3],
         (array['created','picked_up','in_transit','delivered','returned'])[1 + n % 5]::ship.parcel_status, 300 * n + ascii(t), 10 + n, 20, 5, 50 * n + ascii(t), 'contains ' || word, timestamptz '2026-01-05 10:00Z' + n * interval '10 days' from person;
insert into ship.parcel_item select pg_temp.u('parcel:'||t||':'||n), l, upper(word) || '-' || l, word || ' size ' || l, l, 4 + n from person, generate_series(1, 2) l;
insert into ship.parcel_event (id, merchant_id, parcel_id, occurred_at, kind, detail)
  select pg_temp.u('event:'||t||':'||n||':'||l), pg_temp.mid(t), pg_temp.u('parcel:'||t||':'||n), timestamptz '2026-01-06 12:00Z' + (n - 1) * interval '13 days' + l * interval '1 hour',
         case l when 1 then 'scan' else 'handover' end, word || ' seen at ' || city from person, generate_series(1, 2) l;
insert into ship.slot_booking (id, merchant_id, courier_id, van, during, purpose)
  select pg_temp.u('slot:'||t||':'||n), pg_temp.mid(t), pg_temp.u('courier:'||t||':'||n), 'van-' || n, tstzrange(timestamptz '2026-03-02 08:00Z' + (n * 3 + ascii(t)) * interval '1 hour', timestamptz '2026-03-02 08:30Z' + (n * 3 + ascii(t)) * interval '1 hour'), 'tour ' || word from person;
insert into ship.return_request (id, merchant_id, parcel_id, reason, state, refund)
  select pg_temp.u('return:'||t||':'||n), pg_temp.mid(t), pg_temp.u('parcel:'||t||':'||n), word || ' arrived broken', (array['requested','approved','refused','refunded'])[1 + n % 4]::ship.return_state, 5 * n from person;
insert into ship.return_photo select pg_temp.u('return:'||t||':'||n), 1, 'photos/' || lower(t) || '/' || md5('p'||t||n) || '.jpg', 'photo of ' || word from person;
insert into ship.message (id, merchant_id, customer_id, channel, body)
  select pg_temp.u('message:'||t||':'||n), pg_temp.mid(t), pg_temp.u('customer:'||t||':'||n), case n % 2 when 0 then 'sms' else 'email' end, 'Dear ' || full_name || ', your ' || word || ' is on its way' from person;
insert into ship.label_counter select pg_temp.mid(t), case t when 'A' then 'BH' when 'B' then 'VW' else 'TK' end, 100 + ascii(t) from unnest(array['A','B','C']) t;
insert into ops.job (id, merchant_id, kind, payload, state)
  select pg_temp.u('job:'||t||':'||n), pg_temp.mid(t), case n % 2 when 0 then 'print_label' else 'send_mail' end, jsonb_build_object('to', lower(word) || '@jobs-' || lower(t) || '.example'), case when n < 4 then 'queued' else 'done' end::ops.job_state from person;
drop table person;
