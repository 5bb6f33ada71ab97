-- Payroll for many employers in one database.  Tenant = employer, column employer_id
-- (in places "owner_employer"), setting payday.employer.
create extension btree_gist with schema public;
revoke all on schema public from public;
grant usage on schema public to payday_owner;

create schema ref      authorization payday_owner;
create schema hr       authorization payday_owner;
create schema pay      authorization payday_owner;
create schema api      authorization payday_owner;
create schema report   authorization payday_owner;
create schema internal authorization payday_owner;
create schema audit    authorization payday_owner;

-- ------------------------------------------------------------------ types
create type hr.contract_kind as enum ('permanent', 'fixed', 'freelance');
create type pay.run_status   as enum ('draft', 'approved', 'paid');
create type pay.claim_status as enum ('open', 'approved', 'rejected', 'paid');
create domain pay.money_amount as numeric(12,2);
create domain pay.day_hours    as numeric(4,2) check (value between 0 and 24);
create domain hr.email         as text check (value like '%@%');

create function pay.current_employer() returns integer
language sql stable parallel safe
as $$ select nullif(pg_catalog.current_setting('payday.employer', true), '')::integer $$;

-- ------------------------------------------------------------------ global reference
create table ref.country (code char(2) primary key, name text not null);
create table ref.tax_band (
  country char(2) references ref.country, year int, lower pay.money_amount, rate numeric(5,4) not null,
  primary key (country, year, lower));

-- ------------------------------------------------------------------ tenants
create table pay.employer (
  employer_id integer primary key,
  name text not null,
  country char(2) not null references ref.country,
  plan text not null default 'basic',
  settings jsonb not null default '{}');

create table hr.department (
  employer_id integer not null references pay.employer,
  department_id integer not null,
  name text not null,
  cost_center text,
  parent_id integer,
  primary key (employer_id, department_id),
  foreign key (employer_id, parent_id) references hr.department);

create table hr.employee (
  employee_id integer generated always as identity (start with 9001) primary key,
  employer_id integer not null references pay.employer,
  badge text not null,
  full_name text not null,
  email hr.email not null,
  national_id text not null,
  iban text,
  salary pay.money_amount not null,
  job_title text,
  department_id integer,
  manager_id integer,
  hired_on date not null default current_date,
  skills text[] not null default '{}',
  profile jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  unique (employer_id, employee_id),
  unique (employer_id, badge),
  unique (employer_id, email),
  foreign key (employer_id, department_id) references hr.department,
  foreign key (employer_id, manager_id) references hr.employee (employer_id, employee_id));

-- reached only through the employee: no tenant column of its own
create table hr.employee_note (
  note_id integer generated always as identity (start with 9001) primary key,
  employee_id integer not null references hr.employee on delete cascade,
  written_at timestamptz not null default now(),
  body text not null);

create table hr.contract (
  employer_id integer not null,
  contract_id integer not null,
  employee_id integer not null,
  kind hr.contract_kind not null,
  rate pay.money_amount not null,
  valid daterange not null,
  terms jsonb not null default '{}',
  primary key (employer_id, contract_id),
  foreign key (employer_id, employee_id) references hr.employee (employer_id, employee_id) on delete cascade);

create table hr.leave_request (
  employer_id integer not null,
  leave_id integer not null,
  employee_id integer not null,
  period daterange not null,
  reason text,
  primary key (employer_id, leave_id),
  foreign key (employer_id, employee_id) references hr.employee (employer_id, employee_id) on delete cascade,
  exclude using gist (employer_id with =, employee_id with =, period with &&));

create table hr.document (
  document_id integer generated always as identity (start with 9001) primary key,
  owner_employer integer not null references pay.employer,
  employee_id integer,
  title text not null,
  body text not null,
  storage_key text,
  search tsvector generated always as (to_tsvector('simple', title || ' ' || body)) stored,
  foreign key (owner_employer, employee_id) references hr.employee (employer_id, employee_id));
create index on hr.document using gin (search);

create table hr.app_user (
  employer_id integer not null references pay.employer,
  user_id integer not null,
  login text not null,
  password_hash text not null,
  is_admin boolean not null default false,
  primary key (employer_id, user_id),
  unique (employer_id, login));

create table pay.pay_run (
  employer_id integer not null references pay.employer,
  run_id integer not null,
  month date not null,
  status pay.run_status not null default 'draft',
  total pay.money_amount not null default 0,
  primary key (employer_id, run_id),
  unique (employer_id, month));

create table pay.payslip (
  payslip_id integer generated always as identity (start with 9001),
  pay_date date not null,
  employer_id integer not null,
  run_id integer not null,
  employee_id integer not null,
  gross pay.money_amount not null,
  net pay.money_amount not null,
  memo text,
  primary key (payslip_id, pay_date),
  foreign key (employer_id, run_id) references pay.pay_run,
  foreign key (employer_id, employee_id) references hr.employee (employer_id, employee_id))
  partition by range (pay_date);
create table pay.payslip_2024 partition of pay.payslip for values from ('2024-01-01') to ('2025-01-01');
create table pay.payslip_2025 partition of pay.payslip for values from ('2025-01-01') to ('2026-01-01');

-- reached only through the payslip
create table pay.payslip_line (
  payslip_id integer not null,
  pay_date date not null,
  line_no integer not null,
  label text not null,
  amount pay.money_amount not null,
  primary key (payslip_id, pay_date, line_no),
  foreign key (payslip_id, pay_date) references pay.payslip on delete cascade);

create table pay.bank_account (
  employer_id integer not null references pay.employer,
  account_id integer not null,
  iban text not null,
  bic text,
  balance pay.money_amount not null default 0,
  primary key (employer_id, account_id),
  unique (employer_id, iban));

create table pay.timesheet (
  employer_id integer not null,
  employee_id integer not null,
  day date not null,
  hours pay.day_hours not null,
  project text,
  primary key (employer_id, employee_id, day),
  foreign key (employer_id, employee_id) references hr.employee (employer_id, employee_id) on delete cascade);

create table pay.expense_claim (
  employer_id integer not null,
  claim_no integer not null,
  employee_id integer not null,
  status pay.claim_status not null default 'open',
  total pay.money_amount not null default 0,
  receipts jsonb not null default '[]',
  primary key (employer_id, claim_no),
  foreign key (employer_id, employee_id) references hr.employee (employer_id, employee_id));

create table pay.expense_item (
  employer_id integer not null,
  claim_no integer not null,
  item_no integer not null,
  what text not null,
  amount pay.money_amount not null,
  primary key (employer_id, claim_no, item_no),
  foreign key (employer_id, claim_no) references pay.expense_claim on delete cascade);

create table pay.webhook (
  employer_id integer not null references pay.employer,
  webhook_id integer not null,
  url text not null,
  secret text not null,
  primary key (employer_id, webhook_id));

create table pay.delivery (
  delivery_id integer generated always as identity (start with 9001) primary key,
  employer_id integer not null,
  webhook_id integer not null,
  payload jsonb not null,
  state text not null default 'queued',
  foreign key (employer_id, webhook_id) references pay.webhook on delete cascade);

create table hr.invite (
  employer_id integer not null references pay.employer,
  token_hash text not null,
  email hr.email not null,
  primary key (employer_id, token_hash));

create table pay.counter (
  employer_id integer not null references pay.employer,
  kind text not null,
  value integer not null default 0,
  primary key (employer_id, kind));

create table pay.quote_cache (
  employer_id integer not null references pay.employer,
  key text not null,
  value jsonb not null,
  primary key (employer_id, key));

create table audit.trail (
  entry_id bigint generated always as identity primary key,
  employer_id integer not null,
  at timestamptz not null default clock_timestamp(),
  actor text not null default session_user,
  relation text not null,
  op text not null,
  old jsonb,
  new jsonb);

-- ------------------------------------------------------------------ data
insert into ref.country values ('NO', 'Norway'), ('PT', 'Portugal'), ('EE', 'Estonia');
insert into ref.tax_band values ('NO', 2025, 0, 0.22), ('NO', 2025, 60000, 0.34), ('PT', 2025, 0, 0.1450), ('EE', 2025, 0, 0.22);
insert into pay.employer values
  (7101, 'Alder Bakery', 'NO', 'basic', '{"payday": 25}'),
  (7202, 'Birch Textiles', 'PT', 'plus', '{"payday": 28, "api_key": "birch-api-key"}'),
  (7303, 'Cedar Robotics', 'EE', 'plus', '{"payday": 1, "api_key": "cedar-api-key"}');
insert into hr.department
  select e, d, n, c, p from (values
  (7101, 1, 'Alder Ovens', 'AL-1', null), (7101, 2, 'Alder Counter', 'AL-2', 1),
  (7202, 1, 'Birch Looms', 'BI-1', null), (7202, 2, 'Birch Layoffs Project', 'BI-2', 1),
  (7303, 1, 'Cedar Labs', 'CE-1', null), (7303, 2, 'Cedar Skunkworks', 'CE-2', 1)) v(e, d, n, c, p);
insert into hr.employee (employee_id, employer_id, badge, full_name, email, national_id, iban, salary, job_title, department_id, manager_id, hired_on, skills, profile) overriding system value values
  (1001, 7101, 'A-01', 'Anna Alder', 'anna@alder.example', 'NIN-A-1001', 'NO93-ALDER-1001', 41000, 'Baker', 1, null, '2019-03-01', '{rye,spelt}', '{"phone": "alder-1"}'),
  (1002, 7101, 'A-02', 'Arne Alder', 'arne@alder.example', 'NIN-A-1002', 'NO93-ALDER-1002', 38000, 'Clerk', 2, 1001, '2021-08-15', '{till}', '{"phone": "alder-2"}'),
  (2001, 7202, 'B-01', 'Beatriz Birch', 'beatriz@birch.example', 'NIN-B-2001', 'PT50-BIRCH-2001', 92000, 'Director', 1, null, '2015-01-10', '{wool}', '{"phone": "birch-1", "illness": "birch-secret-illness"}'),
  (2002, 7202, 'B-02', 'Bruno Birch', 'bruno@birch.example', 'NIN-B-2002', 'PT50-BIRCH-2002', 27500, 'Weaver', 2, 2001, '2022-02-01', '{linen,silk}', '{"phone": "birch-2"}'),
  (3001, 7303, 'C-01', 'Carmen Cedar', 'carmen@cedar.example', 'NIN-C-3001', 'EE38-CEDAR-3001', 120000, 'CTO', 1, null, '2018-06-01', '{servo}', '{"phone": "cedar-1"}'),
  (3002, 7303, 'C-02', 'Carl Cedar', 'carl@cedar.example', 'NIN-C-3002', 'EE38-CEDAR-3002', 66000, 'Fitter', 2, 3001, '2023-11-20', '{weld}', '{"phone": "cedar-2"}');
insert into hr.employee_note (note_id, employee_id, body) overriding system value values
  (11, 1001, 'alder note: fine'), (21, 2001, 'birch note: under investigation'), (22, 2002, 'birch note: to be dismissed'), (31, 3001, 'cedar note: leaving');
insert into hr.contract values
  (7101, 1, 1001, 'permanent', 41000, '[2019-03-01,)', '{"notice": 3}'),
  (7202, 1, 2001, 'permanent', 92000, '[2015-01-10,)', '{"golden_parachute": 500000}'),
  (7202, 2, 2002, 'fixed', 27500, '[2022-02-01,2026-02-01)', '{}'),
  (7303, 1, 3001, 'freelance', 120000, '[2018-06-01,)', '{}');
insert into hr.leave_request values
  (7101, 1, 1001, '[2025-07-01,2025-07-15)', 'alder holiday'),
  (7202, 1, 2001, '[2025-08-01,2025-08-20)', 'birch surgery'),
  (7303, 1, 3001, '[2025-05-01,2025-05-05)', 'cedar trip');
insert into hr.document (document_id, owner_employer, employee_id, title, body, storage_key) overriding system value values
  (501, 7101, 1001, 'Alder hygiene card', 'alder body', 's3://alder/501'),
  (601, 7202, 2001, 'Birch severance draft', 'birch confidential severance', 's3://birch/601'),
  (701, 7303, 3001, 'Cedar patent', 'cedar confidential patent', 's3://cedar/701');
insert into hr.app_user values
  (7101, 1, 'anna', 'hash-alder-anna', true), (7202, 1, 'beatriz', 'hash-birch-beatriz', true), (7202, 2, 'bruno', 'hash-birch-bruno', false), (7303, 1, 'carmen', 'hash-cedar-carmen', true);
insert into pay.pay_run values
  (7101, 1, '2024-12-01', 'paid', 6500), (7101, 2, '2025-01-01', 'draft', 6600),
  (7202, 1, '2024-12-01', 'paid', 9950), (7202, 2, '2025-01-01', 'draft', 9960),
  (7303, 1, '2024-12-01', 'paid', 15500), (7303, 2, '2025-01-01', 'approved', 15600);
insert into pay.payslip overriding system value values
  (101, '2024-12-25', 7101, 1, 1001, 3416, 2600, 'alder dec'), (102, '2025-01-25', 7101, 2, 1001, 3416, 2610, 'alder jan'),
  (201, '2024-12-28', 7202, 1, 2001, 7666, 5100, 'birch dec'), (202, '2025-01-28', 7202, 2, 2001, 7666, 5120, 'birch jan bonus secret'),
  (301, '2024-12-30', 7303, 1, 3001, 10000, 7800, 'cedar dec'), (302, '2025-01-30', 7303, 2, 3001, 10000, 7810, 'cedar jan');
insert into pay.payslip_line values
  (101, '2024-12-25', 1, 'alder base', 3416), (201, '2024-12-28', 1, 'birch base', 7666), (202, '2025-01-28', 1, 'birch bonus', 4000), (301, '2024-12-30', 1, 'cedar base', 10000);
insert into pay.bank_account values
  (7101, 1, 'NO-ALDER-MAIN', 'DNBANOKK', 11000), (7202, 1, 'PT-BIRCH-MAIN', 'BESCPTPL', 22000), (7303, 1, 'EE-CEDAR-MAIN', 'HABAEE2X', 33000);
insert into pay.timesheet values
  (7101, 1001, '2025-01-06', 8, 'alder ovens'), (7202, 2002, '2025-01-06', 10, 'birch covert'), (7303, 3002, '2025-01-06', 7, 'cedar arm');
insert into pay.expense_claim values
  (7101, 1, 1001, 'open', 40, '[{"file": "alder-flour.pdf"}]'), (7202, 1, 2001, 'approved', 900, '[{"file": "birch-lawyer.pdf"}]'), (7303, 1, 3001, 'open', 70, '[]');
insert into pay.expense_item values
  (7101, 1, 1, 'alder flour', 40), (7202, 1, 1, 'birch lawyer', 900), (7303, 1, 1, 'cedar bolts', 70);
insert into pay.webhook values
  (7101, 1, 'https://alder.example/hook', 'alder-hook-secret'), (7202, 1, 'https://birch.example/hook', 'birch-hook-secret'), (7303, 1, 'https://cedar.example/hook', 'cedar-hook-secret');
insert into pay.delivery overriding system value values
  (41, 7101, 1, '{"run": 1, "firm": "alder"}', 'queued'), (42, 7202, 1, '{"run": 1, "firm": "birch", "net": 5100}', 'queued'), (43, 7303, 1, '{"run": 1, "firm": "cedar"}', 'done');
insert into hr.invite values
  (7101, encode(sha256('tok-alder'), 'hex'), 'new@alder.example'), (7202, encode(sha256('tok-birch'), 'hex'), 'new@birch.example');
insert into pay.counter values (7101, 'claim', 1), (7202, 'claim', 1), (7303, 'claim', 1);
insert into pay.quote_cache values
  (7101, 'year-cost', '{"firm": "alder", "cost": 79000}'), (7202, 'year-cost', '{"firm": "birch", "cost": 119500}'), (7202, 'merger', '{"firm": "birch", "target": "cedar"}'), (7303, 'year-cost', '{"firm": "cedar", "cost": 186000}');
insert into audit.trail (employer_id, actor, relation, op, old, new) values
  (7101, 'anna', 'hr.employee', 'UPDATE', '{"salary": 40000}', '{"salary": 41000}'),
  (7202, 'beatriz', 'hr.employee', 'UPDATE', '{"salary": 90000}', '{"salary": 92000}'),
  (7303, 'carmen', 'hr.contract', 'INSERT', null, '{"rate": 120000}');

-- ------------------------------------------------------------------ row-level security
do $$
declare t text;
begin
  foreach t in array array['pay.employer', 'hr.department', 'hr.employee', 'hr.employee_note', 'hr.contract', 'hr.leave_request', 'hr.document',
    'hr.app_user', 'hr.invite', 'pay.pay_run', 'pay.payslip', 'pay.payslip_2024', 'pay.payslip_2025', 'pay.payslip_line', 'pay.bank_account',
    'pay.timesheet', 'pay.expense_claim', 'pay.expense_item', 'pay.webhook', 'pay.delivery', 'pay.counter', 'pay.quote_cache', 'audit.trail'] loop
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
  end loop;
  -- one policy, all commands
  foreach t in array array['hr.department', 'hr.employee', 'hr.contract', 'hr.leave_request', 'hr.app_user', 'hr.invite', 'pay.pay_run',
    'pay.payslip', 'pay.payslip_2024', 'pay.payslip_2025', 'pay.timesheet', 'pay.expense_claim', 'pay.expense_item', 'pay.webhook', 'pay.delivery',
    'pay.counter', 'pay.quote_cache'] loop
    execute format('create policy own_employer on %s using (employer_id = pay.current_employer()) with check (employer_id = pay.current_employer())', t);
  end loop;
end $$;
-- the tenants' own table: read and change the own row, never create or remove one
create policy own_read   on pay.employer for select using (employer_id = pay.current_employer());
create policy own_change on pay.employer for update using (employer_id = pay.current_employer()) with check (employer_id = pay.current_employer());
-- documents: a policy a command, setting read in place
create policy doc_read   on hr.document for select using (owner_employer = nullif(current_setting('payday.employer', true), '')::integer);
create policy doc_add    on hr.document for insert with check (owner_employer = nullif(current_setting('payday.employer', true), '')::integer);
create policy doc_change on hr.document for update using (owner_employer = nullif(current_setting('payday.employer', true), '')::integer)
  with check (owner_employer = nullif(current_setting('payday.employer', true), '')::integer);
create policy doc_remove on hr.document for delete using (owner_employer = nullif(current_setting('payday.employer', true), '')::integer);
-- bank accounts: who (permissive) and whose (restrictive)
create policy who   on pay.bank_account to payday_app, payday_owner using (true) with check (true);
create policy whose on pay.bank_account as restrictive using (employer_id = pay.current_employer()) with check (employer_id = pay.current_employer());
-- children through their parents
create policy via_employee on hr.employee_note
  using (exists (select from hr.employee e where e.employee_id = employee_note.employee_id and e.employer_id = pay.current_employer()))
  with check (exists (select from hr.employee e where e.employee_id = employee_note.employee_id and e.employer_id = pay.current_employer()));
create policy via_payslip on pay.payslip_line
  using (exists (select from pay.payslip p where p.payslip_id = payslip_line.payslip_id and p.pay_date = payslip_line.pay_date and p.employer_id = pay.current_employer()))
  with check (exists (select from pay.payslip p where p.payslip_id = payslip_line.payslip_id and p.pay_date = payslip_line.pay_date and p.employer_id = pay.current_employer()));
-- the trail
create policy own_trail   on audit.trail for select using (employer_id = pay.current_employer());
create policy write_trail on audit.trail for insert to payday_auditor with check (true);
-- the cross-tenant support desk reads three tables
create policy desk on pay.employer for select to payday_support using (true);
create policy desk on pay.pay_run  for select to payday_support using (true);
create policy desk on audit.trail  for select to payday_support using (true);

-- ------------------------------------------------------------------ triggers
create function audit.record() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into audit.trail (employer_id, actor, relation, op, old, new)
  values (case tg_op when 'DELETE' then old.employer_id else new.employer_id end, session_user, tg_table_schema || '.' || tg_table_name, tg_op,
          case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
  return null;
end $$;
create trigger audit_it after insert or update or delete on hr.employee     for each row execute function audit.record();
create trigger audit_it after insert or update or delete on hr.contract     for each row execute function audit.record();
create trigger audit_it after insert or update or delete on pay.bank_account for each row execute function audit.record();

create function hr.touch() returns trigger language plpgsql set search_path = pg_catalog, pg_temp
as $$ begin new.updated_at := now(); return new; end $$;
create trigger touch before update on hr.employee for each row execute function hr.touch();

create function pay.sum_claim() returns trigger language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  update pay.expense_claim c set total = (select coalesce(sum(amount), 0) from pay.expense_item i where i.employer_id = c.employer_id and i.claim_no = c.claim_no)
  where c.employer_id = coalesce(new.employer_id, old.employer_id) and c.claim_no = coalesce(new.claim_no, old.claim_no);
  return null;
end $$;
create trigger sum_claim after insert or update or delete on pay.expense_item for each row execute function pay.sum_claim();

-- ------------------------------------------------------------------ functions
create function api.next_number(what text) returns integer
language sql security definer set search_path = pg_catalog, pg_temp
as $$ update pay.counter set value = value + 1 where employer_id = pay.current_employer() and kind = what returning value $$;

create function api.check_invite(token text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select email::text from hr.invite where employer_id = pay.current_employer() and token_hash = encode(sha256(convert_to(token, 'UTF8')), 'hex') $$;

create function api.set_hook_secret(hook integer, fresh text) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$ update pay.webhook set secret = fresh where employer_id = pay.current_employer() and webhook_id = hook $$;

create function api.find_employee(pattern text) returns table (employee_id integer, full_name text)
language sql stable set search_path = pg_catalog, pg_temp
as $$ select employee_id, full_name from hr.employee where full_name ilike pattern $$;

create function report.salary_band(who integer) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select case when salary < 40000 then 'low' when salary < 80000 then 'middle' else 'high' end
      from hr.employee where employer_id = pay.current_employer() and employee_id = who $$;

-- ------------------------------------------------------------------ views
create view api.directory with (security_invoker = true) as
  select employer_id, employee_id, full_name, email, job_title from hr.employee;
create view api.calendar with (security_invoker = true, security_barrier = true) as
  select l.employer_id, e.full_name, l.period from hr.leave_request l join hr.employee e using (employer_id, employee_id);
create view report.run_totals with (security_invoker = true) as
  select employer_id, run_id, count(*) as slips, sum(gross) as gross from pay.payslip group by 1, 2;
create view report.employee_masked with (security_barrier = true) as
  select employee_id, employer_id, left(full_name, 1) || '***' as name, '***' as national_id, report.salary_band(employee_id) as band, job_title
  from hr.employee where employer_id = pay.current_employer();
create materialized view internal.headcount as
  select employer_id, department_id, count(*) as heads, sum(salary) as cost from hr.employee group by 1, 2;
create view report.headcount with (security_barrier = true) as
  select department_id, heads, cost from internal.headcount where employer_id = pay.current_employer();

-- ------------------------------------------------------------------ ownership
do $$
declare r record;
begin
  for r in select c.oid::regclass as rel, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('ref', 'hr', 'pay', 'api', 'report', 'internal', 'audit') and c.relkind in ('r', 'p', 'v', 'm') loop
    execute format('alter %s %s owner to payday_owner', case r.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, r.rel);
  end loop;
  for r in select p.oid::regprocedure as fn from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname in ('hr', 'pay', 'api', 'report', 'audit') loop
    execute format('alter function %s owner to payday_owner', r.fn);
    execute format('revoke all on function %s from public', r.fn);
  end loop;
  for r in select t.oid::regtype as ty from pg_type t join pg_namespace n on n.oid = t.typnamespace
           where n.nspname in ('hr', 'pay') and t.typtype in ('e', 'd') loop
    execute format('alter type %s owner to payday_owner', r.ty);
  end loop;
end $$;
alter function audit.record() owner to payday_auditor;
grant usage on schema audit, pay to payday_auditor;
grant insert on audit.trail to payday_auditor;

-- ------------------------------------------------------------------ grants
grant usage on schema ref, hr, pay, api, report, audit to payday_app;
grant execute on function pay.current_employer() to payday_app, payday_worker, payday_analyst, payday_support, payday_auditor;
grant execute on function api.next_number(text), api.check_invite(text), api.set_hook_secret(integer, text), api.find_employee(text) to payday_app;
grant select on ref.country, ref.tax_band to payday_app, payday_worker, payday_analyst, payday_support;
grant select, update on pay.employer to payday_app;
grant select, insert, update, delete on hr.department, hr.contract, hr.leave_request, pay.pay_run, pay.payslip_line, pay.bank_account,
  pay.timesheet, pay.expense_claim, pay.expense_item, pay.quote_cache to payday_app;
-- tables with a global surrogate key: the application never chooses the key itself
do $$
declare t text; cols text;
begin
  foreach t in array array['hr.employee', 'hr.employee_note', 'hr.document', 'pay.payslip', 'pay.delivery'] loop
    select string_agg(quote_ident(attname), ', ') into cols from pg_attribute
    where attrelid = t::regclass and attnum > 0 and not attisdropped and attidentity = '' and attgenerated = '';
    if t = 'pay.delivery' then
      execute format('grant select, insert (%s) on %s to payday_app', cols, t);
    else
      execute format('grant select, delete, insert (%s), update (%s) on %s to payday_app', cols, cols, t);
    end if;
  end loop;
end $$;
grant select (employer_id, user_id, login, is_admin), insert, update, delete on hr.app_user to payday_app;
grant select (employer_id, webhook_id, url), insert, update (url), delete on pay.webhook to payday_app;
grant select on audit.trail to payday_app;
grant select on api.directory, api.calendar, report.run_totals, report.headcount to payday_app;

grant usage on schema pay, ref to payday_worker;
grant select on pay.webhook, pay.pay_run, pay.payslip to payday_worker;
grant select, update (state) on pay.delivery to payday_worker;

grant usage on schema report, hr, ref, pay to payday_analyst;
grant select on report.employee_masked to payday_analyst;
grant select (department_id, heads) on report.headcount to payday_analyst;   -- cost of a department of one would be a salary
grant execute on function report.salary_band(integer) to payday_analyst;
grant select (employee_id, employer_id, department_id, job_title, hired_on) on hr.employee to payday_analyst;
grant select on hr.department to payday_analyst;

grant usage on schema pay, audit, ref to payday_support;
grant select (employer_id, name, country, plan) on pay.employer to payday_support;
grant select on pay.pay_run, audit.trail to payday_support;
