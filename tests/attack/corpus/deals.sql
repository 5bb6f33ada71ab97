-- Sound sales teams: bigint tenants, composite keys, months, a resolver owned by a role of its own, templates that belong
-- to nobody, and a trail whose columns are called as no trail's are.
create schema core authorization deals_owner;
create schema billing authorization deals_owner;
create schema api authorization deals_owner;
create schema log authorization deals_owner;
revoke create on schema public from public;
grant usage on schema core, billing, api to deals_api, deals_reports, deals_worker;
grant usage on schema core to deals_resolver;
grant usage on schema log to deals_api, deals_worker;
set role deals_owner;

create function core.org() returns bigint
language sql stable
return case
    when pg_catalog.current_setting('app.org_id', true) ~ '^[0-9]{1,18}$'
        then pg_catalog.current_setting('app.org_id', true)::bigint
end;

create table core.orgs (org_id bigint primary key, name text not null);
create table core.people (
    org_id bigint not null default core.org() references core.orgs,
    id bigint generated always as identity,
    email text not null,
    full_name text,
    role text not null default 'member',
    primary key (org_id, id),
    unique (org_id, email)
);
create table core.deals (
    org_id bigint not null default core.org() references core.orgs,
    id bigint generated always as identity,
    owner_id bigint not null,
    title text not null,
    amount numeric(12, 2) not null check (amount >= 0),
    primary key (org_id, id),
    foreign key (org_id, owner_id) references core.people (org_id, id) on delete cascade
);
create index deals_org_id_owner_id_idx on core.deals (org_id, owner_id);
create table core.notes (
    org_id bigint not null default core.org() references core.orgs,
    id bigint generated always as identity,
    deal_id bigint not null,
    body text not null,
    primary key (org_id, id),
    foreign key (org_id, deal_id) references core.deals (org_id, id) on delete cascade
);
create index notes_org_id_deal_id_idx on core.notes (org_id, deal_id);
create table billing.invoices (
    org_id bigint not null default core.org() references core.orgs,
    id bigint generated always as identity,
    at date not null,
    total numeric(12, 2) not null,
    primary key (org_id, id, at)
) partition by range (at);
create table billing.invoices_2026_01 partition of billing.invoices for values from ('2026-01-01') to ('2026-02-01');
create table billing.invoices_default partition of billing.invoices default;
create table log.changes (
    id bigint generated always as identity primary key,
    org_id bigint,
    at timestamptz default pg_catalog.now(),
    who text,
    what jsonb
);
create index changes_org_id_idx on log.changes (org_id);

-- Definer because nobody but the trigger writes the trail.
create function log.record() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into log.changes (org_id, who, what)
    values (
        coalesce(new.org_id, old.org_id), session_user,
        jsonb_build_object('op', tg_op, 'old', to_jsonb(old), 'new', to_jsonb(new))
    );
    return null;
end
$$;
revoke execute on function log.record() from public;
create trigger deals_record after insert or update or delete on core.deals
for each row execute function log.record();
create trigger notes_record after insert or update or delete on core.notes
for each row execute function log.record();
reset role;

do $$
declare
    v_table text;
begin
    foreach v_table in array array[
        'core.orgs', 'core.people', 'core.deals', 'core.notes', 'billing.invoices', 'billing.invoices_2026_01',
        'billing.invoices_default'
    ] loop
        execute format('alter table %s enable row level security', v_table);
        execute format('alter table %s force row level security', v_table);
        execute format('create policy own on %s to deals_api, deals_reports using (org_id = (select core.org()))'
            ' with check (org_id = (select core.org()))', v_table);
        execute format('create policy work on %s to deals_worker using (true)', v_table);
    end loop;
end
$$;
alter table log.changes enable row level security;
alter table log.changes force row level security;
create policy put on log.changes for insert to deals_owner with check (true);
create policy see on log.changes for select to deals_api using (org_id = (select core.org()));
create policy resolve on core.people for select to deals_resolver using (true);
grant select on core.people to deals_resolver;
grant select, insert, update, delete on core.people, core.deals, core.notes, billing.invoices to deals_api;
grant select on core.orgs, log.changes to deals_api;
grant select on core.deals to deals_reports;
grant select, insert, update, delete on all tables in schema core, billing to deals_worker;

create function api.org_of_login(e text) returns bigint
language sql stable security definer set search_path = ''
return (select p.org_id from core.people as p where p.email = e);
alter function api.org_of_login(text) owner to deals_resolver;
revoke execute on function api.org_of_login(text) from public;
grant execute on function api.org_of_login(text) to deals_api;

insert into core.orgs values (1, 'Fern and Sons'), (2, 'Gravel Ltd'), (3, 'Harbour Co');
insert into core.people (org_id, email, full_name)
select o.org_id, n || '@' || lower(left(o.name, 4)) || '.example', initcap(n) || ' of ' || left(o.name, 4)
from core.orgs as o, unnest(array['ann', 'ben', 'cas']) as n;
insert into core.deals (org_id, owner_id, title, amount)
select p.org_id, p.id, 'deal of ' || p.email, 100 from core.people as p;
insert into core.notes (org_id, deal_id, body) select d.org_id, d.id, 'call about ' || d.title from core.deals as d;
insert into billing.invoices (org_id, at, total)
select o.org_id, date '2026-01-05' + n * 40, 10 + n from core.orgs as o, generate_series(0, 1) as n;
