-- A small shared-schema database that is sound: another schema, column and setting than the platform's.
create schema app authorization example_owner;
grant usage on schema app to example_app, example_worker, example_support;
revoke create on schema public from public;
set role example_owner;

create function app.org() returns uuid
language sql stable parallel safe
return nullif(substring(
    pg_catalog.current_setting('app.org', true)
    from '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
), '')::uuid;

create table app.orgs (
    id uuid primary key,
    title text not null
);

create table app.customers (
    id uuid not null primary key default gen_random_uuid(),
    org_id uuid not null default app.org() references app.orgs on delete cascade,
    email text not null,
    constraint customers_email_must_be_lower_case check (email = lower(email)),
    unique (org_id, id),
    unique (org_id, email)
);

create table app.orders (
    id uuid not null primary key default gen_random_uuid(),
    org_id uuid not null default app.org() references app.orgs on delete cascade,
    customer_id uuid not null,
    number bigint generated always as identity,
    note text,
    total numeric(12, 2) not null default 0,
    constraint orders_total_must_not_be_negative check (total >= 0),
    unique (org_id, id),
    foreign key (org_id, customer_id) references app.customers (org_id, id) on delete cascade
);
create index orders_org_id_customer_id_idx on app.orders (org_id, customer_id);

create table app.order_items (
    id bigint generated always as identity primary key,
    org_id uuid not null default app.org() references app.orgs on delete cascade,
    order_id uuid not null,
    title text not null,
    quantity integer not null,
    foreign key (org_id, order_id) references app.orders (org_id, id) on delete cascade
);
create index order_items_org_id_order_id_idx on app.order_items (org_id, order_id);

create table app.countries (
    code text primary key,
    title text not null
);

create view app.order_totals with (security_invoker = true) as
select o.org_id, sum(o.total) as total
from app.orders as o
group by o.org_id;

do $$
declare
    v_table text;
    v_column text;
begin
    foreach v_table in array array['orgs', 'customers', 'orders', 'order_items'] loop
        v_column := case v_table when 'orgs' then 'id' else 'org_id' end;
        execute format('alter table app.%1$I enable row level security', v_table);
        execute format('alter table app.%1$I force row level security', v_table);
        execute format('create policy select_own_org on app.%I for select to example_app using (%I = (select app.org()))', v_table, v_column);
        execute format('create policy insert_own_org on app.%I for insert to example_app with check (%I = (select app.org()))', v_table, v_column);
        execute format('create policy update_own_org on app.%I for update to example_app using (%I = (select app.org()))', v_table, v_column);
        execute format('create policy delete_own_org on app.%I for delete to example_app using (%I = (select app.org()))', v_table, v_column);
        execute format('create policy all_worker on app.%I to example_worker using (true)', v_table);
        execute format('grant select, insert, update, delete on app.%I to example_app, example_worker', v_table);
    end loop;
end
$$;
revoke insert, update, delete on app.orgs from example_app;
grant select on app.countries, app.order_totals to example_app;
reset role;

insert into app.orgs values
    ('a0000000-0000-4000-8000-00000000000a', 'Anvil Works'), ('b0000000-0000-4000-8000-00000000000b', 'Bellows Ltd');
insert into app.customers (id, org_id, email)
select
    gen_random_uuid(),
    o.id,
    'c' || n || '@' || left(o.id::text, 1) || '.example'
from app.orgs as o, generate_series(1, 3) as n;
insert into app.orders (org_id, customer_id, note, total)
select c.org_id, c.id, 'order of ' || c.email, 10
from app.customers as c;
insert into app.order_items (org_id, order_id, title, quantity)
select o.org_id, o.id, 'thing', 1
from app.orders as o, generate_series(1, 2);
insert into app.countries values ('NL', 'Netherlands');
