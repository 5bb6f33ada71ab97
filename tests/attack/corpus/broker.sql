-- Broker Desk: a SaaS for insurance brokerages. One brokerage ("firm") is one tenant.
-- The tenant of a transaction is the firm's slug in the setting broker.firm.
-- Key columns: firm (most tables), firm_slug (desk.claims), brokerage (docs.files), account_no (billing.*).
create schema ref authorization broker_owner;
create schema core authorization broker_owner;
create schema desk authorization broker_owner;
create schema billing authorization broker_owner;
create schema docs authorization broker_owner;
create schema ops authorization broker_owner;
create schema audit authorization broker_owner;
create schema report authorization broker_owner;
create schema masked authorization broker_owner;
revoke create on schema public from public;

set role broker_owner;
alter default privileges for role broker_owner revoke execute on functions from public;

create domain core.slug as text check (value ~ '^[a-z][a-z0-9-]{2,30}$');
create domain core.iban as text check (value ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$');
create domain core.eur as numeric(12, 2);
create type core.plan_kind as enum ('solo', 'team', 'network');
create type core.member_role as enum ('owner', 'broker', 'assistant');
create type desk.client_kind as enum ('person', 'company');
create type desk.contract_status as enum ('quoted', 'active', 'cancelled');
create type desk.claim_state as enum ('reported', 'open', 'settled', 'rejected');
create type ops.job_state as enum ('queued', 'running', 'done', 'failed');

-- the tenant of this transaction, null when none is set
create function core.firm() returns text language sql stable parallel safe
  return nullif(current_setting('broker.firm', true), '');
grant execute on function core.firm() to public;

-- shared reference data
create table ref.countries (
  code char(2) primary key,
  name text not null
);
create table ref.insurers (
  insurer_id int primary key,
  name text not null,
  hotline text
);
create table ref.product_lines (
  line_code text primary key,
  label text not null,
  tax_rate numeric(4, 2) not null
);

create table core.firms (
  slug core.slug primary key,
  firm_no bigint not null unique,
  name text not null,
  plan core.plan_kind not null default 'solo',
  contact_mail text,
  vat_id text,
  country char(2) not null default 'AT' references ref.countries,
  joined_on date not null
);
create table core.members (
  member_id uuid primary key default gen_random_uuid(),
  firm core.slug not null references core.firms,
  login_mail text not null,
  full_name text not null,
  phone text,
  role core.member_role not null default 'broker',
  pw_hash text not null,
  totp_secret text,
  active boolean not null default true,
  unique (firm, member_id),
  unique (firm, login_mail)
);
create table core.api_tokens (
  token_id uuid primary key default gen_random_uuid(),
  firm core.slug not null references core.firms,
  label text not null,
  token_hash text not null,
  expires_on date,
  unique (firm, label)
);

create table desk.clients (
  client_id bigint generated always as identity primary key,
  firm core.slug not null references core.firms,
  kind desk.client_kind not null default 'person',
  full_name text not null,
  mail text,
  mail_lower text generated always as (lower(mail)) stored,
  phone text,
  born_on date,
  iban core.iban,
  note text,
  pseudonym uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  unique (firm, client_id),
  unique (firm, mail_lower)
);
create table desk.client_addresses (
  address_id bigint generated always as identity primary key,
  client_id bigint not null references desk.clients on delete cascade,
  street text not null,
  zip text not null,
  city text not null,
  country char(2) not null default 'AT' references ref.countries
);
create index on desk.client_addresses (client_id);
create table desk.contracts (
  contract_id bigint generated always as identity primary key,
  firm core.slug not null references core.firms,
  client_id bigint not null,
  insurer_id int not null references ref.insurers,
  line_code text not null references ref.product_lines,
  contract_no text not null,
  premium core.eur not null,
  status desk.contract_status not null default 'quoted',
  valid daterange not null,
  updated_at timestamptz,
  unique (firm, contract_id),
  unique (firm, contract_no),
  foreign key (firm, client_id) references desk.clients (firm, client_id) on delete cascade
);
create index on desk.contracts (firm, client_id);
create table desk.contract_riders (
  rider_id bigint generated always as identity primary key,
  contract_id bigint not null references desk.contracts on delete cascade,
  label text not null,
  extra_premium core.eur not null default 0
);
create index on desk.contract_riders (contract_id);
create table desk.claims (
  claim_id uuid primary key default gen_random_uuid(),
  firm_slug core.slug not null references core.firms,
  contract_id bigint not null,
  insurer_ref text,
  reported_on date not null default current_date,
  amount core.eur,
  state desk.claim_state not null default 'reported',
  description text,
  foreign key (firm_slug, contract_id) references desk.contracts (firm, contract_id) on delete cascade
);
create index on desk.claims (firm_slug, state);
create table desk.claim_notes (
  note_id bigint generated always as identity primary key,
  claim_id uuid not null references desk.claims on delete cascade,
  author text not null,
  body text not null
);
create index on desk.claim_notes (claim_id);
create table desk.appointments (
  appointment_id bigint generated always as identity primary key,
  firm core.slug not null references core.firms,
  member_id uuid not null,
  room text not null,
  starts_at timestamptz not null,
  subject text,
  foreign key (firm, member_id) references core.members (firm, member_id),
  exclude (firm with =, room with =, starts_at with =)
);

create table billing.invoices (
  invoice_id bigint generated always as identity primary key,
  account_no bigint not null references core.firms (firm_no),
  number text not null,
  net numeric(12, 2) not null,
  tax_rate numeric(4, 2) not null default 20,
  gross numeric(12, 2) generated always as (round(net * (1 + tax_rate / 100), 2)) stored,
  issued_on date not null,
  paid_on date,
  unique (account_no, number)
);
create table billing.invoice_lines (
  line_id bigint generated always as identity primary key,
  invoice_id bigint not null references billing.invoices on delete cascade,
  label text not null,
  qty int not null default 1,
  unit_price numeric(12, 2) not null
);
create index on billing.invoice_lines (invoice_id);
create table billing.payouts (
  payout_id bigint generated always as identity primary key,
  account_no bigint not null references core.firms (firm_no),
  payee text not null,
  payee_iban core.iban not null,
  amount core.eur not null,
  month date not null
);
create index on billing.payouts (account_no, month);
create table billing.ledger (
  account_no bigint not null references core.firms (firm_no),
  booked_on date not null,
  entry_no int not null,
  amount core.eur not null,
  memo text,
  primary key (account_no, booked_on, entry_no)
) partition by range (booked_on);
create table billing.ledger_2024 partition of billing.ledger for values from ('2024-01-01') to ('2025-01-01');
create table billing.ledger_2025 partition of billing.ledger for values from ('2025-01-01') to ('2026-01-01');
create table billing.ledger_rest partition of billing.ledger default;

create table docs.files (
  file_id uuid primary key default gen_random_uuid(),
  brokerage core.slug not null references core.firms,
  client_id bigint,
  title text not null,
  mime text not null default 'application/pdf',
  sha256 text not null,
  blob oid,
  foreign key (brokerage, client_id) references desk.clients (firm, client_id) on delete cascade
);
create index on docs.files (brokerage, client_id);
create table docs.file_versions (
  version_id bigint generated always as identity primary key,
  file_id uuid not null references docs.files on delete cascade,
  n int not null,
  stored_at timestamptz not null default now(),
  body text,
  unique (file_id, n)
);
-- rows without a firm are templates of the platform, for every brokerage
create table docs.templates (
  template_id bigint generated always as identity primary key,
  firm core.slug references core.firms,
  title text not null,
  body text not null,
  unique (firm, title)
);

create table ops.jobs (
  job_id bigint generated always as identity primary key,
  firm core.slug not null references core.firms,
  kind text not null,
  payload jsonb not null default '{}',
  state ops.job_state not null default 'queued',
  attempts int not null default 0
);
create index on ops.jobs (firm, state);
create table ops.outbox (
  event_id bigint generated always as identity primary key,
  firm core.slug not null references core.firms,
  topic text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
create table ops.settings (
  firm core.slug not null references core.firms,
  key text not null,
  value text,
  primary key (firm, key)
);
create table ops.counters (
  firm core.slug not null references core.firms,
  kind text not null,
  last_value bigint not null default 0,
  primary key (firm, kind)
);

create table audit.trail (
  entry_id bigint generated always as identity primary key,
  firm core.slug not null,
  table_name text not null,
  row_key text,
  action text not null,
  old_row jsonb,
  new_row jsonb,
  actor text not null,
  at timestamptz not null default now()
);
create index on audit.trail (firm, at);
create table audit.logins (
  login_id bigint generated always as identity primary key,
  firm core.slug not null,
  login_mail text not null,
  ip inet not null,
  ok boolean not null,
  at timestamptz not null
);

insert into ref.countries values ('AT', 'Austria'), ('DE', 'Germany'), ('CH', 'Switzerland'), ('IT', 'Italy');
insert into ref.insurers values
  (1, 'Donau Allgemeine', '+43 50 330 330'), (2, 'Wiener Verein', '+43 50 350 350'),
  (3, 'Nordstern Sach AG', '+49 40 3611 0'), (4, 'Helvetische Leben', '+41 58 280 1000');
insert into ref.product_lines values
  ('motor', 'Motor third party and own damage', 11.00), ('home', 'Household contents', 11.00),
  ('liability', 'Professional liability', 19.00), ('life', 'Term life', 4.00), ('marine', 'Pleasure craft hull', 19.00);

insert into core.firms values
  ('alpina', 1001, 'Alpina Versicherungsmakler OG', 'team', 'office@alpina-makler.example', 'ATU61234501', 'AT', '2021-03-01'),
  ('alpina-tirol', 1002, 'Alpina Tirol Assekuranz KG', 'solo', 'kontakt@alpina-tirol.example', 'ATU70887702', 'AT', '2022-09-15'),
  ('hansekontor', 1003, 'Hansekontor Assekuranz GmbH', 'network', 'zentrale@hansekontor.example', 'DE318855903', 'DE', '2020-06-20');
insert into core.members (member_id, firm, login_mail, full_name, phone, role, pw_hash, totp_secret) values
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0101', 'alpina', 'e.brandauer@alpina-makler.example', 'Elisabeth Brandauer', '+43 662 840011', 'owner', '$2b$12$Qh3alpinaOwnerX1Zr0cT', 'JBSWY3DPEHPK3PXA'),
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0102', 'alpina', 'm.hofer@alpina-makler.example', 'Matthias Hofer', '+43 662 840012', 'broker', '$2b$12$Qh3alpinaBrokerX2Kp9dL', null),
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0201', 'alpina-tirol', 's.egger@alpina-tirol.example', 'Sabine Egger', '+43 512 570021', 'owner', '$2b$12$Wm7tirolOwnerY1Ab4eF', 'KRSXG5CTMVRXEZLU'),
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0202', 'alpina-tirol', 'j.kofler@alpina-tirol.example', 'Johannes Kofler', '+43 512 570022', 'assistant', '$2b$12$Wm7tirolAssistY2Cd5gH', null),
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0301', 'hansekontor', 'g.thomsen@hansekontor.example', 'Gesa Thomsen', '+49 40 309811', 'owner', '$2b$12$Zk9hanseOwnerV1Ef6iJ', 'MFRGGZDFMZTWQ2LK'),
  ('6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0302', 'hansekontor', 'o.behrens@hansekontor.example', 'Ole Behrens', '+49 40 309812', 'broker', '$2b$12$Zk9hanseBrokerV2Gh7kL', 'GEZDGNBVGY3TQOJQ');
insert into core.api_tokens (token_id, firm, label, token_hash, expires_on) values
  ('b7c1a000-1f2e-4a3d-8c4b-5e6f70810101', 'alpina', 'bipro-import', '9f2c1d7be0aa41c7a5', '2026-12-31'),
  ('b7c1a000-1f2e-4a3d-8c4b-5e6f70810201', 'alpina-tirol', 'bipro-import', '41d8e6350b2f4f86b1', '2026-06-30'),
  ('b7c1a000-1f2e-4a3d-8c4b-5e6f70810301', 'hansekontor', 'datev-export', 'c05e77a9f3d84e0d92', '2027-01-31');
insert into desk.clients (client_id, firm, kind, full_name, mail, phone, born_on, iban, note, pseudonym) overriding system value values
  (1, 'alpina', 'person', 'Franziska Moser', 'franziska.moser@gmx.example', '+43 664 2010341', '1979-04-12', 'AT611904300234573201', 'prefers calls after 17:00', '11111111-0c1d-4e2f-9a3b-000000000001'),
  (2, 'alpina', 'person', 'Dragan Petrovic', 'd.petrovic@aon.example', '+43 676 9034412', '1988-11-30', 'AT483200000012345864', null, '11111111-0c1d-4e2f-9a3b-000000000002'),
  (3, 'alpina', 'company', 'Tischlerei Gruber e.U.', 'buero@tischlerei-gruber.example', '+43 6245 80144', null, 'AT022050302101023600', 'renewal in March', '11111111-0c1d-4e2f-9a3b-000000000003'),
  (4, 'alpina-tirol', 'person', 'Hannah Steinlechner', 'hannah.stein@inode.example', '+43 650 7781290', '1992-07-03', 'AT131490022010010999', 'pregnant, life cover asked', '11111111-0c1d-4e2f-9a3b-000000000004'),
  (5, 'alpina-tirol', 'company', 'Berghof Wipptal GmbH', 'rezeption@berghof-wipptal.example', '+43 5273 6220', null, 'AT572050800003456789', null, '11111111-0c1d-4e2f-9a3b-000000000005'),
  (6, 'alpina-tirol', 'person', 'Luis Angerer', 'luis.angerer@tirol.example', '+43 699 1020304', '1965-01-25', 'AT403600000000123456', 'widowed 2023', '11111111-0c1d-4e2f-9a3b-000000000006'),
  (7, 'hansekontor', 'person', 'Wiebke Carstensen', 'w.carstensen@web.example', '+49 171 5550142', '1971-09-18', 'DE89370400440532013000', 'divorce pending', '11111111-0c1d-4e2f-9a3b-000000000007'),
  (8, 'hansekontor', 'company', 'Reederei Petersen KG', 'kontor@reederei-petersen.example', '+49 40 7410200', null, 'DE75512108001245126199', 'fleet quote open', '11111111-0c1d-4e2f-9a3b-000000000008'),
  (9, 'hansekontor', 'person', 'Enno Janssen', 'enno.janssen@posteo.example', '+49 151 2208811', '1990-02-14', 'DE02120300000000202051', null, '11111111-0c1d-4e2f-9a3b-000000000009');
insert into desk.client_addresses (address_id, client_id, street, zip, city, country) overriding system value values
  (1, 1, 'Linzer Gasse 41', '5020', 'Salzburg', 'AT'), (2, 2, 'Alpenstrasse 107', '5020', 'Salzburg', 'AT'), (3, 3, 'Gewerbepark 7', '5412', 'Puch', 'AT'),
  (4, 4, 'Hoettinger Au 22', '6020', 'Innsbruck', 'AT'), (5, 5, 'Brennerstrasse 88', '6150', 'Steinach', 'AT'), (6, 6, 'Dorfplatz 3', '6071', 'Aldrans', 'AT'),
  (7, 7, 'Eppendorfer Weg 193', '20253', 'Hamburg', 'DE'), (8, 8, 'Grosse Elbstrasse 68', '22767', 'Hamburg', 'DE'), (9, 9, 'Am Deich 12', '26506', 'Norden', 'DE');
insert into desk.contracts (contract_id, firm, client_id, insurer_id, line_code, contract_no, premium, status, valid) overriding system value values
  (11, 'alpina', 1, 1, 'motor', 'KFZ-2024-001', 812.40, 'active', '[2024-01-01,2025-01-01)'),
  (12, 'alpina', 2, 2, 'home', 'HH-2024-017', 214.90, 'active', '[2024-05-01,2025-05-01)'),
  (13, 'alpina', 3, 1, 'liability', 'HP-2025-003', 1960.00, 'quoted', '[2025-03-01,2026-03-01)'),
  (14, 'alpina-tirol', 4, 4, 'life', 'LV-2025-008', 388.80, 'quoted', '[2025-02-01,2045-02-01)'),
  (15, 'alpina-tirol', 5, 2, 'liability', 'HP-2024-044', 5420.00, 'active', '[2024-07-01,2025-07-01)'),
  (16, 'alpina-tirol', 6, 1, 'home', 'HH-2023-101', 266.10, 'cancelled', '[2023-01-01,2024-01-01)'),
  (17, 'hansekontor', 7, 3, 'motor', 'KFZ-2024-001', 640.20, 'active', '[2024-03-01,2025-03-01)'),
  (18, 'hansekontor', 8, 3, 'marine', 'SK-2025-002', 18750.00, 'active', '[2025-01-01,2026-01-01)'),
  (19, 'hansekontor', 9, 3, 'home', 'HH-2025-031', 178.35, 'active', '[2025-04-01,2026-04-01)');
insert into desk.contract_riders (rider_id, contract_id, label, extra_premium) overriding system value values
  (1, 11, 'Marten bite', 24.00), (2, 12, 'Glass', 18.50), (3, 14, 'Waiver of premium', 31.20), (4, 15, 'Guest belongings', 210.00), (5, 17, 'Roadside help', 12.00), (6, 18, 'Crew accident', 940.00);
insert into desk.claims (claim_id, firm_slug, contract_id, insurer_ref, reported_on, amount, state, description) values
  ('c1a10000-7b2c-4d3e-8f40-000000000101', 'alpina', 11, 'DON-88120', '2024-08-19', 2310.00, 'open', 'Hail damage, bonnet and roof, car park Europark'),
  ('c1a10000-7b2c-4d3e-8f40-000000000102', 'alpina', 12, 'WV-10233', '2024-11-02', 640.50, 'settled', 'Water leak from dishwasher'),
  ('c1a10000-7b2c-4d3e-8f40-000000000201', 'alpina-tirol', 15, 'WV-10877', '2024-12-27', 14800.00, 'open', 'Guest fell on icy stairs, broken hip, lawyer involved'),
  ('c1a10000-7b2c-4d3e-8f40-000000000202', 'alpina-tirol', 16, 'DON-70001', '2023-06-06', null, 'rejected', 'Burglary, no traces'),
  ('c1a10000-7b2c-4d3e-8f40-000000000301', 'hansekontor', 17, 'NS-40012', '2024-10-10', 4120.75, 'reported', 'Rear-end collision on A7, whiplash'),
  ('c1a10000-7b2c-4d3e-8f40-000000000302', 'hansekontor', 18, 'NS-40555', '2025-02-03', 96500.00, 'open', 'Grounding of MS Friederike off Pellworm');
insert into desk.claim_notes (note_id, claim_id, author, body) overriding system value values
  (1, 'c1a10000-7b2c-4d3e-8f40-000000000101', 'Matthias Hofer', 'Appraiser booked for Tuesday'),
  (2, 'c1a10000-7b2c-4d3e-8f40-000000000102', 'Elisabeth Brandauer', 'Paid in full'),
  (3, 'c1a10000-7b2c-4d3e-8f40-000000000201', 'Sabine Egger', 'Settlement offer 12 000 rejected by opposing lawyer'),
  (4, 'c1a10000-7b2c-4d3e-8f40-000000000202', 'Sabine Egger', 'Insurer suspects fraud'),
  (5, 'c1a10000-7b2c-4d3e-8f40-000000000301', 'Ole Behrens', 'Client wants a rental car'),
  (6, 'c1a10000-7b2c-4d3e-8f40-000000000302', 'Gesa Thomsen', 'Salvage contract signed, keep confidential');
insert into desk.appointments (appointment_id, firm, member_id, room, starts_at, subject) overriding system value values
  (1, 'alpina', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0101', 'Besprechung 1', '2025-05-05 09:00+02', 'Annual review Moser'),
  (2, 'alpina', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0102', 'Besprechung 1', '2025-05-05 11:00+02', 'Quote Gruber'),
  (3, 'alpina-tirol', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0201', 'Stube', '2025-05-06 10:00+02', 'Life cover Steinlechner'),
  (4, 'alpina-tirol', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0202', 'Stube', '2025-05-07 14:00+02', 'Angerer, inheritance'),
  (5, 'hansekontor', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0301', 'Elbe', '2025-05-05 10:30+02', 'Petersen hull renewal'),
  (6, 'hansekontor', '6d1f0c1e-5a4b-4f0e-9d61-0d6a1c5e0302', 'Alster', '2025-05-08 16:00+02', 'Carstensen motor');

insert into billing.invoices (invoice_id, account_no, number, net, tax_rate, issued_on, paid_on) overriding system value values
  (1, 1001, 'R-2025-001', 149.00, 20, '2025-01-02', '2025-01-14'), (2, 1001, 'R-2025-002', 149.00, 20, '2025-02-02', null),
  (3, 1002, 'R-2025-001', 49.00, 20, '2025-01-02', '2025-01-09'), (4, 1002, 'R-2025-002', 49.00, 20, '2025-02-02', null),
  (5, 1003, 'R-2025-001', 890.00, 19, '2025-01-02', null), (6, 1003, 'R-2025-002', 935.50, 19, '2025-02-02', null);
insert into billing.invoice_lines (line_id, invoice_id, label, qty, unit_price) overriding system value values
  (1, 1, 'Team plan', 1, 149.00), (2, 2, 'Team plan', 1, 149.00), (3, 3, 'Solo plan', 1, 49.00), (4, 4, 'Solo plan', 1, 49.00),
  (5, 5, 'Network plan', 1, 890.00), (6, 6, 'Network plan', 1, 890.00), (7, 6, 'Extra storage', 3, 15.17);
insert into billing.payouts (payout_id, account_no, payee, payee_iban, amount, month) overriding system value values
  (1, 1001, 'Elisabeth Brandauer', 'AT891200010087654321', 3120.50, '2025-01-01'), (2, 1001, 'Matthias Hofer', 'AT231200010012340987', 1875.00, '2025-01-01'),
  (3, 1002, 'Sabine Egger', 'AT772050300000998877', 2240.00, '2025-01-01'), (4, 1002, 'Johannes Kofler', 'AT102050300000112233', 310.00, '2025-01-01'),
  (5, 1003, 'Gesa Thomsen', 'DE21700519950000007229', 9870.25, '2025-01-01'), (6, 1003, 'Ole Behrens', 'DE68210501700012345678', 4410.00, '2025-01-01');
insert into billing.ledger values
  (1001, '2024-06-30', 1, 1420.10, 'commission Donau Q2'), (1001, '2025-03-31', 1, 990.00, 'commission Donau Q1'), (1001, '2023-12-31', 1, 15.00, 'carried forward'),
  (1002, '2024-06-30', 1, 610.40, 'commission Wiener Verein Q2'), (1002, '2025-03-31', 1, -120.00, 'clawback LV-2025-008'), (1002, '2023-12-31', 1, 80.00, 'carried forward'),
  (1003, '2024-06-30', 1, 12770.00, 'commission Nordstern Q2'), (1003, '2025-03-31', 1, 15310.80, 'commission Nordstern Q1'), (1003, '2023-12-31', 1, 2210.00, 'carried forward');

insert into docs.files (file_id, brokerage, client_id, title, mime, sha256, blob) values
  ('d0c50000-3e4f-4a5b-9c6d-000000000101', 'alpina', 1, 'Brokerage mandate Moser', 'application/pdf', '5d41402abc4b2a76b9719d911017c592', null),
  ('d0c50000-3e4f-4a5b-9c6d-000000000102', 'alpina', 3, 'Trade licence Gruber', 'image/png', '7d793037a0760186574b0282f2f435e7', null),
  ('d0c50000-3e4f-4a5b-9c6d-000000000201', 'alpina-tirol', 4, 'Medical questionnaire Steinlechner', 'application/pdf', '9e107d9d372bb6826bd81d3542a419d6', null),
  ('d0c50000-3e4f-4a5b-9c6d-000000000301', 'hansekontor', 8, 'Salvage contract MS Friederike', 'application/pdf', 'e4d909c290d0fb1ca068ffaddf22cbd0', 70001),
  ('d0c50000-3e4f-4a5b-9c6d-000000000302', 'hansekontor', 7, 'Police report A7', 'application/pdf', 'c3fcd3d76192e4007dfb496cca67e13b', null);
insert into docs.file_versions (version_id, file_id, n, stored_at, body) overriding system value values
  (1, 'd0c50000-3e4f-4a5b-9c6d-000000000101', 1, '2024-01-05 10:00+01', 'Mandate signed by F. Moser'),
  (2, 'd0c50000-3e4f-4a5b-9c6d-000000000102', 1, '2024-02-11 09:30+01', 'Licence no. 5412/88'),
  (3, 'd0c50000-3e4f-4a5b-9c6d-000000000201', 1, '2025-01-20 15:00+01', 'Questionnaire: pregnancy week 14'),
  (4, 'd0c50000-3e4f-4a5b-9c6d-000000000301', 1, '2025-02-04 08:00+01', 'Lloyd open form, fee 412000 EUR'),
  (5, 'd0c50000-3e4f-4a5b-9c6d-000000000302', 1, '2024-10-12 11:45+02', 'Police report no. 2024-118-HH');
insert into docs.templates (template_id, firm, title, body) overriding system value values
  (1, null, 'Brokerage mandate', 'I hereby authorise {{firm}} ...'), (2, null, 'Privacy notice', 'We process your data ...'),
  (3, 'alpina', 'Renewal letter', 'Dear {{name}}, your cover with us ...'), (4, 'alpina-tirol', 'Welcome Tirol', 'Griass di {{name}} ...'),
  (5, 'hansekontor', 'Hull quote cover letter', 'Margin 22 percent, do not disclose ...');
insert into ops.jobs (job_id, firm, kind, payload, state) overriding system value values
  (1, 'alpina', 'renewal-mail', '{"contract_id": 13}', 'queued'), (2, 'alpina', 'invoice-pdf', '{"invoice_id": 2}', 'done'),
  (3, 'alpina-tirol', 'renewal-mail', '{"contract_id": 15}', 'queued'), (4, 'hansekontor', 'datev-export', '{"month": "2025-01"}', 'queued'), (5, 'hansekontor', 'invoice-pdf', '{"invoice_id": 6}', 'failed');
insert into ops.outbox (event_id, firm, topic, payload, created_at) overriding system value values
  (1, 'alpina', 'claim.opened', '{"claim": "c1a10000-7b2c-4d3e-8f40-000000000101"}', '2024-08-19 10:00+02'),
  (2, 'alpina-tirol', 'claim.opened', '{"claim": "c1a10000-7b2c-4d3e-8f40-000000000201"}', '2024-12-27 17:30+01'),
  (3, 'hansekontor', 'claim.opened', '{"claim": "c1a10000-7b2c-4d3e-8f40-000000000302", "amount": 96500}', '2025-02-03 07:15+01');
insert into ops.settings values
  ('alpina', 'mail.signature', 'Ihr Alpina-Team'), ('alpina', 'sms.sender', 'ALPINA'), ('alpina-tirol', 'mail.signature', 'Pfiat di, Sabine'),
  ('hansekontor', 'mail.signature', 'Hansekontor, Hamburg'), ('hansekontor', 'smtp.password', 'Elb-Tunnel!2019');
insert into ops.counters values ('alpina', 'invoice', 2), ('alpina-tirol', 'invoice', 2), ('hansekontor', 'invoice', 2), ('hansekontor', 'claim', 31);
insert into audit.trail (firm, table_name, row_key, action, old_row, new_row, actor, at) values
  ('alpina', 'desk.contracts', '13', 'INSERT', null, '{"contract_no": "HP-2025-003", "premium": 1960.00}', 'broker_app', '2025-02-20 09:11+01'),
  ('alpina-tirol', 'desk.claims', 'c1a10000-7b2c-4d3e-8f40-000000000202', 'UPDATE', '{"state": "open"}', '{"state": "rejected"}', 'broker_app', '2023-07-01 12:00+02'),
  ('hansekontor', 'desk.clients', '7', 'UPDATE', '{"note": null}', '{"note": "divorce pending", "mail": "w.carstensen@web.example"}', 'broker_app', '2025-01-15 16:40+01');
insert into audit.logins (firm, login_mail, ip, ok, at) values
  ('alpina', 'e.brandauer@alpina-makler.example', '193.80.12.7', true, '2025-03-01 08:01+01'), ('alpina-tirol', 's.egger@alpina-tirol.example', '62.178.44.90', false, '2025-03-01 08:30+01'),
  ('hansekontor', 'g.thomsen@hansekontor.example', '80.171.3.55', true, '2025-03-01 09:12+01');
alter table desk.clients alter column client_id restart with 100;
alter table desk.client_addresses alter column address_id restart with 100;
alter table desk.contracts alter column contract_id restart with 100;
alter table desk.contract_riders alter column rider_id restart with 100;
alter table desk.claim_notes alter column note_id restart with 100;
alter table desk.appointments alter column appointment_id restart with 100;
alter table billing.invoices alter column invoice_id restart with 100;
alter table billing.invoice_lines alter column line_id restart with 100;
alter table billing.payouts alter column payout_id restart with 100;
alter table docs.file_versions alter column version_id restart with 100;
alter table docs.templates alter column template_id restart with 100;
alter table ops.jobs alter column job_id restart with 100;
alter table ops.outbox alter column event_id restart with 100;

-- functions of the application
create function desk.stamp() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger stamp before update on desk.clients for each row execute function desk.stamp();
create trigger stamp before update on desk.contracts for each row execute function desk.stamp();

create function desk.find_client(q text) returns table (client_id bigint, full_name text, mail text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.client_id, c.full_name, c.mail from desk.clients c where c.firm = core.firm() and c.mail_lower = lower(q)
$$;
create function billing.open_balance() returns numeric
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(i.gross), 0) from billing.invoices i where i.paid_on is null
$$;
create function billing.next_number(p_kind text) returns bigint language sql set search_path = pg_catalog, pg_temp as $$
  insert into ops.counters as c values (core.firm(), p_kind, 1)
  on conflict (firm, kind) do update set last_value = c.last_value + 1 returning c.last_value
$$;
create function ops.next_job() returns table (job_id bigint, kind text, payload jsonb) language sql set search_path = pg_catalog, pg_temp as $$
  update ops.jobs j set state = 'running', attempts = j.attempts + 1
  where j.job_id = (select q.job_id from ops.jobs q where q.state = 'queued' order by q.job_id limit 1 for update skip locked)
  returning j.job_id, j.kind, j.payload
$$;
create function ops.finish_job(p_job bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update ops.jobs j set state = 'done' where j.job_id = p_job and j.firm = core.firm();
  return found;
end $$;
create function ops.pending_firms() returns table (firm text, pending bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select j.firm::text, count(*) from ops.jobs j where j.state = 'queued' group by j.firm
$$;
-- the trail is written by broker_auditor only, without secrets
create function audit.write_row() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  hidden constant text[] := array['pw_hash', 'totp_secret', 'token_hash', 'iban', 'payee_iban'];
  v_old jsonb;
  v_new jsonb;
  v_row jsonb;
begin
  if tg_op <> 'INSERT' then v_old := to_jsonb(old) - hidden; end if;
  if tg_op <> 'DELETE' then v_new := to_jsonb(new) - hidden; end if;
  v_row := coalesce(v_new, v_old);
  insert into audit.trail (firm, table_name, row_key, action, old_row, new_row, actor)
  values (coalesce(v_row ->> 'firm', v_row ->> 'firm_slug',
                   (select f.slug from core.firms f where f.firm_no = (v_row ->> 'account_no')::bigint), core.firm()),
          tg_table_schema || '.' || tg_table_name, v_row ->> tg_argv[0], tg_op, v_old, v_new, session_user);
  return null;
end $$;
create trigger audit after insert or update or delete on core.members for each row execute function audit.write_row('member_id');
create trigger audit after insert or update or delete on core.api_tokens for each row execute function audit.write_row('token_id');
create trigger audit after insert or update or delete on desk.clients for each row execute function audit.write_row('client_id');
create trigger audit after insert or update or delete on desk.client_addresses for each row execute function audit.write_row('address_id');
create trigger audit after insert or update or delete on desk.contracts for each row execute function audit.write_row('contract_id');
create trigger audit after insert or update or delete on desk.contract_riders for each row execute function audit.write_row('rider_id');
create trigger audit after insert or update or delete on desk.claims for each row execute function audit.write_row('claim_id');
create trigger audit after insert or update or delete on desk.claim_notes for each row execute function audit.write_row('note_id');
create trigger audit after insert or update or delete on desk.appointments for each row execute function audit.write_row('appointment_id');
create trigger audit after insert or update or delete on billing.invoices for each row execute function audit.write_row('invoice_id');
create trigger audit after insert or update or delete on billing.payouts for each row execute function audit.write_row('payout_id');

-- views of the application, with the rights of the caller
create view report.my_contracts with (security_invoker = true) as
  select c.contract_id, c.firm, c.contract_no, c.line_code, c.premium, c.status, c.valid, k.full_name as client, i.name as insurer
  from desk.contracts c join desk.clients k on k.firm = c.firm and k.client_id = c.client_id join ref.insurers i using (insurer_id);
create view report.client_directory with (security_invoker = true, security_barrier = true) as
  select k.client_id, k.firm, k.kind, k.full_name, k.mail, k.phone, a.zip, a.city
  from desk.clients k left join desk.client_addresses a using (client_id);
create view report.open_claims with (security_invoker = true) as
  select c.claim_id, c.firm_slug, c.insurer_ref, c.reported_on, c.amount, k.contract_no
  from desk.claims c join desk.contracts k on k.firm = c.firm_slug and k.contract_id = c.contract_id where c.state in ('reported', 'open');

-- masked views for the analyst
create view masked.clients with (security_barrier = true) as
  select c.pseudonym, c.firm, c.kind, '***'::text as full_name, '***@***'::text as mail, null::text as phone,
         (extract(year from c.born_on)::int / 10) * 10 as birth_decade, left(c.iban, 2) as iban_country, c.created_at::date as created_on
  from desk.clients c;
create view masked.members with (security_barrier = true) as
  select m.firm, '***'::text as login_mail, '***'::text as full_name, m.role, m.active from core.members m;
create view masked.payouts with (security_barrier = true) as
  select p.account_no, '***'::text as payee, left(p.payee_iban, 2) as iban_country, p.amount, p.month from billing.payouts p;
create view masked.claims with (security_barrier = true) as
  select c.firm_slug, c.reported_on, c.amount, c.state from desk.claims c;
reset role;

-- statistics over all brokerages: kept from the application, read through a view that filters
create materialized view report.mv_premium as
  select c.firm, c.line_code, count(*) as contracts, sum(c.premium) as premium from desk.contracts c group by c.firm, c.line_code;
create unique index on report.mv_premium (firm, line_code);
create view report.premium_by_line with (security_barrier = true) as
  select m.line_code, m.contracts, m.premium, m.firm from report.mv_premium m where m.firm = (select core.firm());
create function report.refresh_premium() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  refresh materialized view report.mv_premium;
end $$;
revoke execute on function report.refresh_premium() from public;
-- the salvage contract of one file as a large object
select lo_from_bytea(70001, convert_to('Lloyd open form MS Friederike, fee 412000 EUR', 'UTF8'));
alter large object 70001 owner to broker_owner;

alter function desk.find_client(text) owner to broker_batch;
alter function ops.finish_job(bigint) owner to broker_batch;
alter function ops.pending_firms() owner to broker_batch;
alter function report.refresh_premium() owner to broker_batch;
alter function audit.write_row() owner to broker_auditor;
alter view report.my_contracts owner to broker_batch;
alter view report.open_claims owner to broker_batch;
alter materialized view report.mv_premium owner to broker_batch;
alter view report.premium_by_line owner to broker_batch;
alter view masked.clients owner to broker_masker;
alter view masked.members owner to broker_masker;
alter view masked.payouts owner to broker_masker;
alter view masked.claims owner to broker_masker;

-- row-level security: enabled and forced everywhere
do $$
declare t regclass;
begin
  for t in select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('core', 'desk', 'billing', 'docs', 'ops', 'audit') and c.relkind in ('r', 'p') loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
  end loop;
end $$;
create policy own on core.firms for select using (slug = (select core.firm()));
create policy own_update on core.firms for update using (slug = (select core.firm())) with check (slug = (select core.firm()));
create policy tenant on core.members using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy tenant on core.api_tokens using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy tenant on desk.clients using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy parent on desk.client_addresses
  using (exists (select 1 from desk.clients c where c.client_id = client_addresses.client_id))
  with check (exists (select 1 from desk.clients c where c.client_id = client_addresses.client_id));
create policy tenant on desk.contracts using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy parent on desk.contract_riders
  using (exists (select 1 from desk.contracts c where c.contract_id = contract_riders.contract_id))
  with check (exists (select 1 from desk.contracts c where c.contract_id = contract_riders.contract_id));
create policy tenant on desk.claims using (firm_slug = (select core.firm())) with check (firm_slug = (select core.firm()));
create policy parent on desk.claim_notes
  using (exists (select 1 from desk.claims c where c.claim_id = claim_notes.claim_id))
  with check (exists (select 1 from desk.claims c where c.claim_id = claim_notes.claim_id));
create policy tenant on desk.appointments using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy account on billing.invoices
  using (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()))
  with check (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()));
create policy parent on billing.invoice_lines
  using (exists (select 1 from billing.invoices i where i.invoice_id = invoice_lines.invoice_id))
  with check (exists (select 1 from billing.invoices i where i.invoice_id = invoice_lines.invoice_id));
create policy account on billing.payouts
  using (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()))
  with check (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()));
-- the partitions have RLS and no policy: nobody reads them but through the parent
create policy account on billing.ledger
  using (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()))
  with check (account_no = (select f.firm_no from core.firms f where f.slug = core.firm()));
create policy tenant on docs.files using (brokerage = (select core.firm())) with check (brokerage = (select core.firm()));
create policy parent on docs.file_versions
  using (exists (select 1 from docs.files f where f.file_id = file_versions.file_id))
  with check (exists (select 1 from docs.files f where f.file_id = file_versions.file_id));
create policy shared_or_own on docs.templates for select using (firm is null or firm = (select core.firm()));
create policy own_insert on docs.templates for insert with check (firm = (select core.firm()));
create policy own_update on docs.templates for update using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy own_delete on docs.templates for delete using (firm = (select core.firm()));
create policy tenant on ops.jobs using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy tenant on ops.outbox using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy tenant on ops.settings using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy tenant on ops.counters using (firm = (select core.firm())) with check (firm = (select core.firm()));
create policy own_trail on audit.trail for select using (firm = (select core.firm()));
create policy writer on audit.trail for insert to broker_auditor with check (true);
create policy tenant on audit.logins using (firm = (select core.firm())) with check (firm = (select core.firm()));
-- roles that work across brokerages by design
create policy support_read on core.firms for select to broker_support using (true);
create policy support_read on desk.clients for select to broker_support using (true);
create policy support_read on desk.contracts for select to broker_support using (true);
create policy support_read on desk.claims for select to broker_support using (true);
create policy batch_read on core.firms for select to broker_batch using (true);
create policy batch_read on desk.clients for select to broker_batch using (true);
create policy batch_read on desk.contracts for select to broker_batch using (true);
create policy batch_read on desk.claims for select to broker_batch using (true);
create policy batch_jobs on ops.jobs to broker_batch using (true) with check (true);
create policy auditor_read on core.firms for select to broker_auditor using (true);

-- privileges
grant usage on schema ref, core, desk, billing, docs, ops, audit, report to broker_tenant;
grant select on all tables in schema ref to broker_tenant, broker_portal, broker_support, broker_batch;
grant select, update (contact_mail) on core.firms to broker_tenant;
grant select, insert, update, delete on core.members, core.api_tokens to broker_tenant;
grant select, insert, update, delete on desk.clients, desk.client_addresses, desk.contracts, desk.contract_riders,
  desk.claims, desk.claim_notes, desk.appointments to broker_tenant;
grant select, insert, update, delete on billing.invoices, billing.invoice_lines to broker_tenant;
grant select, insert, update on billing.payouts to broker_tenant;
grant select, insert on billing.ledger to broker_tenant;
grant select, insert, update, delete on docs.files, docs.file_versions, docs.templates to broker_tenant;
grant select, insert, update on ops.jobs, ops.counters to broker_tenant;
grant select, insert on ops.outbox to broker_tenant;
grant select, insert, update, delete on ops.settings to broker_tenant;
grant select on audit.trail to broker_tenant;
grant select, insert on audit.logins to broker_tenant;
grant select on report.my_contracts, report.client_directory, report.open_claims, report.premium_by_line to broker_tenant;
grant execute on function desk.find_client(text), billing.open_balance(), billing.next_number(text), ops.finish_job(bigint) to broker_tenant;
grant execute on function ops.next_job() to broker_worker;
grant usage on schema ops, report to broker_scheduler;
grant execute on function ops.pending_firms(), report.refresh_premium() to broker_scheduler;

grant usage on schema ref, core, desk, report to broker_portal;
grant select (slug, firm_no, name) on core.firms to broker_portal;
grant select (client_id, firm, kind, full_name) on desk.clients to broker_portal;
grant select on desk.contracts to broker_portal;
grant select on report.my_contracts, report.premium_by_line to broker_portal;
grant usage on schema ref, core, desk to broker_support;
grant select on core.firms, desk.clients, desk.contracts, desk.claims to broker_support;
grant usage on schema masked to broker_analyst;
grant select on masked.clients, masked.members, masked.payouts, masked.claims to broker_analyst;

grant usage on schema ref, core, desk, ops, report to broker_batch;
grant select on core.firms, desk.clients, desk.contracts, desk.claims to broker_batch;
grant select, insert, update on ops.jobs to broker_batch;
grant usage on schema core, audit to broker_auditor;
grant select (slug, firm_no) on core.firms to broker_auditor;
grant insert on audit.trail to broker_auditor;
grant usage on schema core, desk, billing, masked to broker_masker;
grant select (slug, firm_no) on core.firms to broker_masker;
grant select on core.members, desk.clients, desk.claims, billing.payouts to broker_masker;
