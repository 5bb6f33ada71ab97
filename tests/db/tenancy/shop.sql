-- Tables that reach their tenants in every way there is, and some that reach none.
create table public.tenants (id uuid primary key, name text not null);
create table public.users (
    id uuid primary key, tenant_id uuid, email text
);
create table public.orders (
    id uuid primary key,
    tenant_id uuid not null default '00000000-0000-0000-0000-000000000000',
    user_id uuid,
    status text not null,
    total_cents integer,
    currency text,
    starts_at timestamptz,
    ends_at timestamptz
);
create table public.order_items (
    id bigint generated always as identity primary key,
    order_id uuid not null references public.orders (id),
    quantity integer not null
);
create table public.item_notes (id uuid primary key, item_id bigint not null references public.order_items (id));
create table public.shipments (id uuid primary key, order_id uuid);
create table public.invoices (id uuid primary key, belongs_to_id varchar(255));
create table public.messages (id uuid primary key, thing uuid);
create table public.transfers (id uuid primary key, order_id uuid not null, user_id uuid not null);
create table public.reviews (id uuid primary key, written_by uuid not null);
create table public.refunds (id uuid primary key, order_id uuid);
create table public.countries (code text primary key);
create table public.schema_migrations (version text primary key);

insert into public.tenants
select ('aaaaaaaa-0000-4000-8000-00000000000' || n)::uuid, 'tenant ' || n from generate_series(1, 2) as n;
insert into public.users
select
    ('bbbbbbbb-0000-4000-8000-0000000000' || to_char(n, 'fm00'))::uuid,
    case when n < 20 then ('aaaaaaaa-0000-4000-8000-00000000000' || 1 + mod(n, 2))::uuid end,
    'person' || n || '@example.com'
from generate_series(1, 20) as n;
insert into public.orders
select
    ('cccccccc-0000-4000-8000-000000000' || to_char(n, 'fm000'))::uuid,
    case
        when n = 300 then '00000000-0000-0000-0000-000000000000'::uuid
        else ('aaaaaaaa-0000-4000-8000-00000000000' || 1 + mod(n, 2))::uuid
    end,
    ('bbbbbbbb-0000-4000-8000-0000000000' || to_char(1 + mod(n - 1, 18), 'fm00'))::uuid,
    case when n = 7 then 'paid' when mod(n, 3) = 0 then 'PENDING' else 'PAID' end,
    case when n = 9 then -1 else n end,
    case when mod(n, 2) = 0 then 'EUR' else 'usd' end,
    '2025-01-01'::timestamptz + n * interval '1 hour',
    '2025-01-02'::timestamptz + n * interval '1 hour'
from generate_series(1, 300) as n;
insert into public.order_items (order_id, quantity)
select id, 2 from public.orders where id <> 'cccccccc-0000-4000-8000-000000000300';
insert into public.item_notes select gen_random_uuid(), id from public.order_items;
insert into public.shipments select gen_random_uuid(), id from public.orders order by id limit 40;
insert into public.shipments values (gen_random_uuid(), gen_random_uuid()), (gen_random_uuid(), null);
insert into public.invoices select gen_random_uuid(), id::text from public.orders order by id limit 40;
insert into public.messages select gen_random_uuid(), id from public.orders order by id limit 40;
insert into public.transfers
select gen_random_uuid(), o.id, u.id
from public.orders as o
inner join public.users as u on u.tenant_id <> o.tenant_id
order by o.id, u.id
limit 30;
insert into public.reviews select gen_random_uuid(), id from public.users;
insert into public.countries values ('DE'), ('FR');
insert into public.schema_migrations values ('1');
