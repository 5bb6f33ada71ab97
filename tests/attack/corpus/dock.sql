-- Sound forwarders: companies are numbers, rows are known by company and number, and the trail's owner is held by its
-- policies as everybody else is.
create schema dock authorization dock_owner;
create schema masked authorization dock_owner;
create schema trail authorization dock_trail;
revoke create on schema public from public;
grant usage on schema dock to dock_app, dock_desk, dock_rollup, dock_trail, dock_mask;
grant usage on schema masked to dock_mask;
grant usage on schema trail to dock_app, dock_desk, dock_owner;
set role dock_owner;

create function dock.company() returns bigint
language sql stable parallel safe
return case
    when pg_catalog.current_setting('dock.company', true) ~ '^[1-9][0-9]{0,17}$'
        then pg_catalog.current_setting('dock.company', true)::bigint
end;
revoke execute on function dock.company() from public;
grant execute on function dock.company() to dock_app, dock_mask, dock_trail, dock_rollup;

create type dock.kind as enum ('note', 'alert', 'broadcast');

create table dock.companies (company_id bigint primary key, name text not null);

create table dock.counters (
    company_id bigint not null references dock.companies,
    kind text not null,
    last bigint not null,
    primary key (company_id, kind)
);

create table dock.consignors (
    company_id bigint not null references dock.companies,
    consignor_id bigint not null,
    name text not null,
    email text not null,
    iban text not null,
    primary key (company_id, consignor_id)
);

create table dock.shipments (
    company_id bigint not null,
    shipment_id bigint not null,
    ref text not null check (ref ~ '^[A-Z]{3}-[0-9]{4}$'),
    consignor_id bigint not null,
    goods text not null,
    primary key (company_id, shipment_id),
    unique (company_id, ref),
    foreign key (company_id, consignor_id) references dock.consignors
);
create index shipments_company_id_consignor_id_idx on dock.shipments (company_id, consignor_id);

create table dock.messages (
    company_id bigint not null,
    message_id bigint not null,
    shipment_id bigint,
    kind dock.kind not null default 'note',
    external_id text,
    body text not null,
    sent_at timestamptz not null default now(),
    primary key (company_id, message_id),
    unique (company_id, external_id),
    foreign key (company_id, shipment_id) references dock.shipments
);
create index messages_company_id_shipment_id_idx on dock.messages (company_id, shipment_id);

create view masked.consignors with (security_barrier) as
select c.company_id, c.consignor_id, 'consignor ' || c.consignor_id as name, '***'::text as email, '***'::text as iban
from dock.consignors as c;
grant select on masked.consignors to dock_mask;

grant select on dock.companies to dock_app;
grant select, insert, update, delete on dock.counters, dock.consignors, dock.shipments, dock.messages to dock_app;
grant select on all tables in schema dock to dock_desk, dock_rollup;
reset role;

set role dock_trail;
create table trail.log (
    log_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    company_id bigint not null,
    place text not null,
    verb text not null,
    actor text not null,
    old jsonb,
    new jsonb
);
create index log_company_id_at_idx on trail.log (company_id, at);
alter table trail.log enable row level security;
alter table trail.log force row level security;
create policy own on trail.log for select to dock_app using (company_id = (select dock.company()));
create policy writer on trail.log for insert to dock_trail with check (true);
grant select on trail.log to dock_app, dock_desk;
create function trail.note() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    v_old jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    v_new jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    insert into trail.log (company_id, place, verb, actor, old, new)
    values (
        (coalesce(v_new, v_old) ->> 'company_id')::bigint, tg_table_schema || '.' || tg_table_name, tg_op, session_user,
        v_old, v_new
    );
    return null;
end
$$;
revoke execute on function trail.note() from public;
grant execute on function trail.note() to dock_owner;
reset role;

insert into dock.companies values (510017, 'Aurora Forwarding'), (880042, 'Zephyrus Lines');
insert into dock.counters select c.company_id, 'shipment', 10 from dock.companies as c;
insert into dock.consignors
select
    c.company_id, n, split_part(c.name, ' ', 1) || ' Foods ' || n,
    'kontakt' || n || '@' || lower(split_part(c.name, ' ', 1)) || '.example',
    'NL' || n || 'BANK0' || upper(left(c.name, 3)) || '12345' || n
from dock.companies as c, generate_series(1, 3) as n;
insert into dock.shipments
select c.company_id, n, upper(left(c.name, 3)) || '-' || 1000 + n, 1 + n % 3, split_part(c.name, ' ', 1) || ' cargo ' || n
from dock.companies as c, generate_series(1, 4) as n;
insert into dock.messages
select
    c.company_id, n, n, (case n when 2 then 'alert' else 'note' end)::dock.kind,
    lower(left(c.name, 3)) || '-ext-' || n, split_part(c.name, ' ', 1) || ' says hello ' || n, '2026-03-09 08:00+00'
from dock.companies as c, generate_series(1, 4) as n;

do $$
declare
    v_table text;
begin
    foreach v_table in array '{companies,counters,consignors,shipments,messages}'::text[] loop
        execute format('alter table dock.%I enable row level security, force row level security', v_table);
        execute format(
            'create policy own on dock.%I to dock_app, dock_owner using (company_id = (select dock.company()))'
            ' with check (company_id = (select dock.company()))', v_table
        );
        execute format(
            'create trigger _900_note after insert or update or delete on dock.%I'
            ' for each row execute function trail.note()', v_table
        );
    end loop;
end
$$;
analyze;
