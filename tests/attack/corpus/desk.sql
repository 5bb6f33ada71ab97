-- A sound helpdesk: bigint tenants, several schemas, composite keys, children without a tenant column, partitions,
-- people who belong to two tenants, a policy for each command, and permissive policies held by restrictive ones.
create schema desk authorization desk_owner;
create schema billing authorization desk_owner;
create schema private authorization desk_owner;
grant usage on schema desk, billing to desk_api, desk_report, desk_job, desk_admin;
revoke create on schema public from public;
set role desk_owner;

create function desk.org() returns bigint
language sql stable parallel safe
return nullif(substring(pg_catalog.current_setting('app.org', true) from '^[0-9]{1,18}$'), '')::bigint;

create table desk.orgs (id bigint primary key, title text not null, plan text not null default 'free');
create table desk.people (id bigint generated always as identity primary key, login text not null unique);
create table desk.memberships (
    org_id bigint not null references desk.orgs on delete cascade,
    person_id bigint not null references desk.people on delete cascade,
    level text not null default 'agent',
    primary key (org_id, person_id)
);
create index memberships_person_id_idx on desk.memberships (person_id);
create table desk.agents (
    org_id bigint not null references desk.orgs on delete cascade,
    id bigint generated always as identity,
    email text not null,
    primary key (org_id, id),
    unique (org_id, email)
);
create table desk.tickets (
    org_id bigint not null default desk.org() references desk.orgs on delete cascade,
    id bigint generated always as identity,
    agent_id bigint not null,
    subject text not null,
    status text not null default 'open',
    payload jsonb not null default '{}',
    constraint tickets_must_have_a_known_status check (status in ('open', 'closed')),
    primary key (org_id, id),
    unique (id),
    foreign key (org_id, agent_id) references desk.agents (org_id, id) on delete cascade
);
create index tickets_org_id_agent_id_idx on desk.tickets (org_id, agent_id);
create table desk.comments (
    id bigint generated always as identity primary key,
    ticket_id bigint not null references desk.tickets (id) on delete cascade,
    body text not null
);
create index comments_ticket_id_idx on desk.comments (ticket_id);
create table desk.events (
    org_id bigint not null references desk.orgs on delete cascade,
    id bigint generated always as identity,
    at timestamptz not null,
    note text not null,
    primary key (org_id, id, at)
) partition by range (at);
create table desk.events_2025 partition of desk.events for values from ('2025-01-01') to ('2026-01-01');
create table desk.events_default partition of desk.events default;
create table billing.invoices (
    org_id bigint not null references desk.orgs on delete cascade,
    id bigint generated always as identity,
    number text not null,
    amount numeric(12, 2) not null,
    primary key (org_id, id),
    unique (org_id, number)
);
create table desk.countries (code text primary key, title text not null);
create table private.secrets (org_id bigint primary key references desk.orgs on delete cascade, token text not null);

create view desk.open_tickets with (security_invoker = true) as
select t.org_id, t.id, t.subject from desk.tickets as t where t.status = 'open';

create view desk.invoice_numbers as
select i.org_id, i.number from billing.invoices as i where i.org_id = (select desk.org());

do $$
declare
    v_table text;
    v_own text;
begin
    foreach v_table in array array[
        'desk.orgs', 'desk.memberships', 'desk.agents', 'desk.tickets', 'desk.comments', 'desk.events',
        'desk.events_2025', 'desk.events_default', 'private.secrets'
    ] loop
        v_own := case v_table
            when 'desk.orgs' then 'id = (select desk.org())'
            when 'desk.comments' then 'exists (select from desk.tickets as t where t.id = ticket_id'
                ' and t.org_id = (select desk.org()))'
            else 'org_id = (select desk.org())'
        end;
        execute format('alter table %s enable row level security', v_table);
        execute format('alter table %s force row level security', v_table);
        execute format('create policy select_own on %s for select to desk_api using (%s)', v_table, v_own);
        execute format('create policy insert_own on %s for insert to desk_api with check (%s)', v_table, v_own);
        execute format('create policy update_own on %s for update to desk_api using (%s) with check (%s)', v_table, v_own, v_own);
        execute format('create policy delete_own on %s for delete to desk_api using (%s)', v_table, v_own);
        execute format('create policy report_own on %s for select to desk_report using (%s)', v_table, v_own);
        execute format('create policy all_job on %s to desk_job using (true)', v_table);
    end loop;
end
$$;
alter table billing.invoices enable row level security;
alter table billing.invoices force row level security;
create policy anyone on billing.invoices using (true) with check (true);
create policy own_only on billing.invoices as restrictive
using (org_id = (select desk.org())) with check (org_id = (select desk.org()));

grant select on desk.orgs to desk_api;
grant select, insert, update, delete on desk.memberships, desk.agents, desk.tickets, desk.comments, desk.events,
billing.invoices to desk_api;
grant select on desk.tickets, billing.invoices, desk.events to desk_report;
grant select on desk.open_tickets, desk.invoice_numbers, desk.countries to desk_api, desk_report;
grant select, insert, update, delete on all tables in schema desk to desk_job;

create function desk.open_count() returns bigint
language sql stable security definer set search_path = ''
return (select count(*) from desk.tickets as t where t.org_id = desk.org() and t.status = 'open');
grant execute on function desk.open_count() to desk_api;
reset role;

insert into desk.orgs values (101, 'Anvil Works', 'gold'), (202, 'Bellows Ltd', 'free'), (303, 'Crucible Co', 'free');
insert into desk.people (login) select 'person' || n || '@people.example' from generate_series(1, 6) as n;
insert into desk.memberships (org_id, person_id)
select o.id, p.id from desk.orgs as o, desk.people as p where p.id = 1 or p.id % 3 = o.id % 3;
insert into desk.agents (org_id, email)
select o.id, 'agent' || n || '@org' || o.id || '.example' from desk.orgs as o, generate_series(1, 3) as n
order by o.id, n;
insert into desk.tickets (org_id, agent_id, subject)
select a.org_id, a.id, 'printer on fire at ' || a.email from desk.agents as a
order by a.id;
insert into desk.comments (ticket_id, body) select t.id, 'seen: ' || t.subject from desk.tickets as t order by t.id;
insert into desk.events (org_id, at, note)
select o.id, timestamptz '2025-06-01 00:00+00' + n * interval '1 year', 'event ' || n || ' of ' || o.title || ' ' || o.id
from desk.orgs as o, generate_series(0, 1) as n;
insert into billing.invoices (org_id, number, amount)
select o.id, 'INV-' || o.id || '-000' || n, 10 * n from desk.orgs as o, generate_series(1, 2) as n;
insert into private.secrets select o.id, 'token-of-' || o.title || '-' || o.id from desk.orgs as o;
insert into desk.countries values ('NL', 'Netherlands');
