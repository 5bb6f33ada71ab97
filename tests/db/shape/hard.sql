-- Tables that take few rows: every kind of type and constraint, in schemas of their own.
create extension btree_gist;
create schema hard;
create type hard.stage as enum ('draft', 'sent', 'paid');
create domain hard.slug as text check (value ~ '^[a-z][a-z0-9-]{2,20}$');
create domain hard.percent as numeric(5, 2) check (value between 10 and 90);
create type hard.address as (street text, zip hard.slug, floors int[]);
create table hard.plans (code text primary key check (code in ('free', 'pro')));
create table hard.tenants (
    id uuid primary key default gen_random_uuid(),
    slug hard.slug not null unique,
    owner_id bigint,
    plan text not null references hard.plans
);
create table hard.users (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references hard.tenants,
    email text not null check (email = lower(email) and email like '%@%.%'),
    manager_id bigint references hard.users,
    unique (tenant_id, id)
);
create unique index on hard.users (lower(email));
alter table hard.tenants add foreign key (id, owner_id) references hard.users (tenant_id, id);
create table hard.accounts (
    id serial primary key,
    tenant_id uuid not null references hard.tenants,
    main_card int not null
);
create table hard.cards (
    id serial primary key,
    account_id int not null references hard.accounts deferrable initially deferred,
    number varchar(16) not null unique check (number ~ '^[0-9]{16}$')
);
alter table hard.accounts add foreign key (main_card) references hard.cards deferrable;
create table hard.bookings (
    tenant_id uuid not null references hard.tenants,
    room int not null check (room between 100 and 199),
    during tstzrange not null check (not isempty(during)),
    at hard.address not null,
    stages hard.stage[] not null check (cardinality(stages) > 1),
    share hard.percent not null,
    primary key (tenant_id, room, during),
    exclude using gist (room with =, during with &&)
);
create table hard.invoices (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references hard.tenants,
    code char(8) not null check (code ~ '^INV-\d{4}$'),
    net numeric(10, 2) not null check (net > 0),
    tax numeric(10, 2) not null,
    gross numeric(10, 2) not null,
    half numeric(10, 2) generated always as (gross / 2) stored,
    stage hard.stage not null default 'paid',
    sent_at timestamptz,
    starts_on date not null,
    ends_on date not null,
    currency char(3) not null check (currency in ('EUR', 'USD')),
    payload jsonb not null check (payload ? 'kind' and jsonb_typeof(payload) = 'object'),
    to_user bigint references hard.users,
    to_card int references hard.cards,
    parent_id uuid not null references hard.invoices,
    title text not null check (length(title) between 20 and 24),
    unique (tenant_id, code),
    constraint invoices_gross_is_a_sum check (gross = net + tax),
    constraint invoices_end_after_start check (ends_on > starts_on + 7),
    constraint invoices_one_recipient check (num_nonnulls(to_user, to_card) = 1),
    constraint invoices_paid_were_sent check (stage <> 'paid' or sent_at is not null)
);
create table hard.lines (
    invoice_id uuid not null references hard.invoices,
    position smallint not null check (position > 0),
    weights float8[] not null,
    flags bit(4) not null,
    seen inet not null,
    primary key (invoice_id, position)
);
create table hard.readings (
    tenant_id uuid not null references hard.tenants,
    at timestamptz not null,
    region text not null,
    value double precision not null,
    primary key (tenant_id, at, region)
) partition by range (at);
create table hard.readings_2031 partition of hard.readings
for values from ('2031-01-01') to ('2032-01-01') partition by list (region);
create table hard.readings_2031_eu partition of hard.readings_2031 for values in ('eu', 'uk');
create table hard.readings_rest partition of hard.readings default;
create table hard.notes (id int primary key, tenant_id uuid not null, body text not null);
create table hard.loud_notes (volume int not null check (volume > 11)) inherits (hard.notes);
create table hard.nothing (tenant_id uuid not null references hard.tenants, never int not null check (never > 5 and never < 3));
create function hard.refuse() returns trigger language plpgsql as $$ begin raise exception 'closed for good'; end $$;
create table hard.closed (tenant_id uuid not null references hard.tenants);
create trigger refuse before insert on hard.closed for each row execute function hard.refuse();
