-- A schema whose foreign keys go everywhere: chains, cycles, composed keys, a table to itself, partitions on both ends.
create schema shop;
create type shop.kind as enum ('small', 'large');
create table shop.countries (code char(2) primary key, name text not null);
create table shop.tenants (id uuid primary key, country char(2) not null references shop.countries);
create table shop.people (
    tenant_id uuid not null references shop.tenants,
    number numeric(8, 2) not null,
    boss numeric(8, 2),
    kind shop.kind not null default 'small',
    name varchar(20),
    shout text generated always as (upper(name)) stored,
    primary key (tenant_id, number),
    foreign key (tenant_id, boss) references shop.people
);
create table shop.orders (
    id bigint generated always as identity,
    placed_on date not null,
    tenant_id uuid not null,
    person numeric(8, 2) not null,
    primary key (id, placed_on),
    foreign key (tenant_id, person) references shop.people
) partition by range (placed_on);
create table shop.orders_2025 (
    placed_on date not null, tenant_id uuid not null, person numeric(8, 2) not null,
    id bigint not null  -- the same columns, in another order
);
alter table shop.orders attach partition shop.orders_2025 for values from ('2025-01-01') to ('2026-01-01');
create table shop.orders_2026 partition of shop.orders for values from ('2026-01-01') to ('2027-01-01');
create table shop.lines (
    order_id bigint, placed_on date, note text,
    foreign key (order_id, placed_on) references shop.orders
);
create table shop.chickens (id int primary key, egg int);
create table shop.eggs (id int primary key, chicken int not null references shop.chickens);
alter table shop.chickens add foreign key (egg) references shop.eggs deferrable initially deferred;
create table shop.nothing ();
create materialized view shop.totals as select tenant_id, count(*) from shop.orders group by tenant_id;

insert into shop.countries select chr(65 + n / 26) || chr(65 + n % 26), 'land ' || n from generate_series(0, 99) as n;
insert into shop.tenants
select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, chr(65 + n % 100 / 26) || chr(65 + n % 100 % 26)
from generate_series(1, 500) as n;
insert into shop.people (tenant_id, number, boss, name)
select t.id, n, case when n > 1 then n - 1 end, 'P' || n from shop.tenants as t, generate_series(1, 20) as n;
insert into shop.orders (placed_on, tenant_id, person)
select date '2025-01-01' + (n % 700)::int, ('00000000-0000-4000-8000-' || lpad((1 + n % 500)::text, 12, '0'))::uuid, 1 + n % 20
from generate_series(1, 20000) as n;
insert into shop.lines select id, placed_on, 'x' from shop.orders;
insert into shop.lines values (null, null, 'of no order');
begin;
insert into shop.chickens select n, 2001 - n from generate_series(1, 2000) as n;
insert into shop.eggs select n, n from generate_series(1, 2000) as n;
commit;
refresh materialized view shop.totals;
analyze;
