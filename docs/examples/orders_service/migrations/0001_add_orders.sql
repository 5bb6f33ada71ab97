-- Orders of all shops in one table; a shop sees its own.
create table orders (
    id bigint generated always as identity primary key,
    shop_id uuid not null,
    customer text not null,
    amount numeric(12, 2) not null check (amount > 0),
    paid boolean not null default false,
    unique (shop_id, id)
);
create index on orders (shop_id);

alter table orders enable row level security;
alter table orders force row level security;
create policy own_shop on orders
    using (shop_id = nullif(current_setting('app.shop_id', true), '')::uuid)
    with check (shop_id = nullif(current_setting('app.shop_id', true), '')::uuid);
