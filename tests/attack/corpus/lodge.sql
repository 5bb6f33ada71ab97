-- Sound lodging houses: masked views over regexps and stored tokens, row triggers into a trail of their own, months.
create schema lodge authorization lodge_owner;
create schema trace authorization lodge_owner;
create schema veil authorization lodge_owner;
create schema vault authorization lodge_owner;
revoke create on schema public from public;
grant usage on schema lodge to lodge_app, lodge_kiosk, lodge_night, lodge_veil, lodge_trace, lodge_desk;
grant usage on schema trace to lodge_auditor, lodge_app;
grant usage, create on schema trace to lodge_trace;
grant usage on schema veil to lodge_desk;
grant usage, create on schema veil to lodge_veil;
set role lodge_owner;

create function lodge.house() returns uuid
language sql stable parallel safe
return nullif(substring(
    pg_catalog.current_setting('lodge.house', true)
    from '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
), '')::uuid;

create table lodge.houses (
    id uuid primary key,
    slug text not null unique,
    title text not null,
    street text not null default ''
);

create table vault.keys (purpose text primary key, secret text not null);

create table lodge.guests (
    id uuid primary key default gen_random_uuid(),
    house_id uuid not null default lodge.house() references lodge.houses on delete cascade,
    full_name text not null,
    email text not null,
    phone text,
    born date,
    document_no text,
    notes text,
    extras jsonb not null default '{}',
    email_token text,
    updated_at timestamptz not null default now(),
    unique (house_id, id),
    unique (house_id, email)
);

create table lodge.rooms (
    house_id uuid not null default lodge.house() references lodge.houses on delete cascade,
    number integer not null,
    kind text not null default 'double',
    primary key (house_id, number)
);

create table lodge.stays (
    id uuid primary key default gen_random_uuid(),
    house_id uuid not null default lodge.house() references lodge.houses on delete cascade,
    guest_id uuid not null,
    room integer not null,
    arrives date not null,
    nights integer not null default 1,
    status text not null default 'booked',
    remarks text,
    unique (house_id, id),
    constraint stays_status_must_be_known check (status in ('booked', 'arrived', 'left', 'no-show')),
    foreign key (house_id, guest_id) references lodge.guests (house_id, id) on delete cascade,
    foreign key (house_id, room) references lodge.rooms (house_id, number) on delete cascade
);
create index stays_house_id_guest_id_idx on lodge.stays (house_id, guest_id);
create index stays_house_id_room_idx on lodge.stays (house_id, room);

create table lodge.payments (
    id uuid not null default gen_random_uuid(),
    house_id uuid not null default lodge.house() references lodge.houses on delete cascade,
    stay_id uuid not null,
    paid_at timestamptz not null default now(),
    amount numeric(12, 2) not null,
    card_number text,
    holder_name text,
    primary key (house_id, id, paid_at)
) partition by range (paid_at);
create index payments_house_id_stay_id_idx on lodge.payments (house_id, stay_id);
create table lodge.payments_2026_01 partition of lodge.payments for values from ('2026-01-01') to ('2026-02-01');
create table lodge.payments_2026_02 partition of lodge.payments for values from ('2026-02-01') to ('2026-03-01');
create table lodge.payments_default partition of lodge.payments default;

create table lodge.visits (
    id bigint generated always as identity primary key,
    house_id uuid not null default lodge.house() references lodge.houses on delete cascade,
    page text not null,
    client_ip inet,
    seen_at timestamptz not null default now()
);
create index visits_house_id_idx on lodge.visits (house_id);

create table lodge.seasons (name text primary key, factor numeric not null);

create table trace.changes (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    house_id uuid,
    place text not null,
    verb text not null,
    row_key jsonb not null,
    login text not null,
    clerk text,
    before jsonb,
    after jsonb
);
create index changes_house_id_at_idx on trace.changes (house_id, at);

create function trace.note() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    v_before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    v_after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    v_row jsonb := coalesce(v_after, v_before);
begin
    if tg_op = 'UPDATE' and v_before = v_after then
        return null;
    end if;
    insert into trace.changes (house_id, place, verb, row_key, login, clerk, before, after)
    values (
        coalesce(v_row ->> 'house_id', v_row ->> 'id')::uuid, tg_table_schema || '.' || tg_table_name, tg_op,
        jsonb_build_object('id', v_row -> 'id'), session_user,
        nullif(current_setting('lodge.clerk', true), ''), v_before, v_after
    );
    return null;
end
$$;
revoke execute on function trace.note() from public;

create function lodge.tg__token() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    new.email_token := (
        select left(encode(sha256(convert_to(k.secret || lower(new.email), 'UTF8')), 'hex'), 20)
        from vault.keys as k where k.purpose = 'email'
    );
    return new;
end
$$;
revoke execute on function lodge.tg__token() from public;
create trigger _100_token before insert or update of email, email_token on lodge.guests
for each row execute function lodge.tg__token();

create trigger _900_note after insert or update or delete on lodge.guests for each row execute function trace.note();
create trigger _900_note after insert or update or delete on lodge.stays for each row execute function trace.note();
create trigger _900_note after insert or update or delete on lodge.payments for each row execute function trace.note();

create function veil.email(p_value text) returns text
language sql immutable parallel safe
return case
    when p_value ~ '^[^@]{2,}@[^@]+$' then regexp_replace(p_value, '^(.)[^@]*@(.*)$', '\1***@\2') else '***'
end;
create function veil.phone(p_value text) returns text
language sql immutable parallel safe
return case when length(p_value) > 8 then '***' || right(p_value, 2) else '***' end;
create function veil.name(p_value text) returns text
language sql immutable parallel safe
return case when length(p_value) > 3 then left(p_value, 1) || '***' else '***' end;
create function veil.card(p_value text) returns text
language sql immutable parallel safe
return case when length(p_value) > 11 then '**** ' || right(p_value, 4) else '****' end;
create function veil.free_text(p_value text) returns text
language sql immutable parallel safe
return regexp_replace(
    regexp_replace(p_value, '[^\s@<>]+@[^\s@<>]+', '[e-mail]', 'g'), '\+?[0-9][0-9 ().-]{5,}[0-9]', '[number]', 'g'
);
create function veil.extras(p_value jsonb) returns jsonb
language sql immutable parallel safe
return jsonb_strip_nulls(jsonb_build_object('vip', p_value -> 'vip' = 'true', 'pillow', case
    when p_value ->> 'pillow' in ('soft', 'hard') then p_value ->> 'pillow'
end));
revoke execute on all functions in schema veil from public;
grant execute on all functions in schema veil to lodge_desk, lodge_veil;
reset role;

do $$
declare
    v_table text;
    v_own text;
begin
    foreach v_table in array array[
        'lodge.houses', 'lodge.guests', 'lodge.rooms', 'lodge.stays', 'lodge.payments', 'lodge.payments_2026_01',
        'lodge.payments_2026_02', 'lodge.payments_default', 'lodge.visits'
    ] loop
        v_own := case v_table when 'lodge.houses' then 'id' else 'house_id' end || ' = (select lodge.house())';
        execute format('alter table %s enable row level security', v_table);
        execute format('alter table %s force row level security', v_table);
        execute format('create policy own_read on %s for select to lodge_app, lodge_kiosk, lodge_veil using (%s)', v_table, v_own);
        execute format('create policy own_insert on %s for insert to lodge_app with check (%s)', v_table, v_own);
        execute format('create policy own_update on %s for update to lodge_app using (%s) with check (%s)', v_table, v_own, v_own);
        execute format('create policy own_delete on %s for delete to lodge_app using (%s)', v_table, v_own);
        execute format('create policy night_all on %s to lodge_night using (true)', v_table);
    end loop;
end
$$;
alter table trace.changes enable row level security;
alter table trace.changes force row level security;
create policy write_all on trace.changes for insert to lodge_trace with check (true);
create policy audit_all on trace.changes for select to lodge_auditor using (true);
create policy own_read on trace.changes for select to lodge_app using (house_id = (select lodge.house()));
grant insert on trace.changes to lodge_trace;
grant select on trace.changes to lodge_auditor, lodge_app;
alter function trace.note() owner to lodge_trace;

grant select on lodge.houses to lodge_app, lodge_kiosk;
grant select, insert, update, delete on lodge.guests, lodge.rooms, lodge.stays, lodge.visits to lodge_app;
grant select, insert, update, delete on lodge.payments to lodge_app;
grant select on lodge.seasons to lodge_app, lodge_kiosk, lodge_desk;
grant select on lodge.rooms, lodge.stays to lodge_kiosk;
grant select, insert, update, delete on lodge.guests, lodge.rooms, lodge.stays, lodge.visits, lodge.houses,
lodge.payments to lodge_night;
grant select on lodge.guests, lodge.stays, lodge.payments, lodge.visits, lodge.houses to lodge_veil;
grant usage on schema vault to lodge_owner;

set role lodge_veil;
create view veil.guests with (security_barrier) as
select
    g.id,
    g.house_id,
    veil.name(g.full_name) as full_name,
    veil.email(g.email) as email,
    veil.phone(g.phone) as phone,
    extract(year from g.born)::integer as born,
    '***'::text as document_no,
    veil.free_text(g.notes) as notes,
    veil.extras(g.extras) as extras,
    g.email_token
from lodge.guests as g;
create view veil.stays with (security_barrier) as
select s.id, s.house_id, s.guest_id, s.room, s.arrives, s.nights, s.status, veil.free_text(s.remarks) as remarks
from lodge.stays as s;
create view veil.payments with (security_barrier) as
select
    p.id,
    p.house_id,
    p.stay_id,
    p.paid_at,
    p.amount,
    veil.card(p.card_number) as card_number,
    veil.name(p.holder_name) as holder_name
from lodge.payments as p;
create view veil.visits with (security_barrier) as
select v.id, v.house_id, v.page, set_masklen(v.client_ip, 16)::cidr as network, v.seen_at from lodge.visits as v;
create view veil.houses with (security_barrier) as
select h.id, h.title, h.street from lodge.houses as h;
grant select on all tables in schema veil to lodge_desk;
reset role;
revoke create on schema veil, trace from lodge_veil, lodge_trace;
grant usage on schema vault to lodge_owner;

insert into vault.keys values ('email', 'b1c5a7e0-stir-the-soup');
insert into lodge.houses values
('11111111-aaaa-4aaa-8aaa-111111111111', 'anchor', 'The Anchor', '4 Quay Street'),
('22222222-bbbb-4bbb-8bbb-222222222222', 'badger', 'The Badger', '9 Mill Lane'),
('33333333-cccc-4ccc-8ccc-333333333333', 'crane', 'The Crane', '2 Hill Road');
insert into lodge.rooms (house_id, number) select h.id, n from lodge.houses as h, generate_series(1, 3) as n;
insert into lodge.guests (house_id, full_name, email, phone, born, document_no, notes, extras)
select
    h.id, initcap(w) || ' Of' || h.slug || n, w || n || '.of' || h.slug || '@guests.example',
    '+44 20 7946 0' || lpad((ascii(h.slug) * 7 + n)::text, 3, '0'), date '1970-01-01' + 400 * n::integer + ascii(h.slug),
    'P' || ascii(h.slug) || '00' || 7340 + n,
    'prefers tea; write to ' || w || n || '.of' || h.slug || '@guests.example',
    jsonb_build_object('vip', n = 1, 'pillow', 'soft', 'contact_email', w || n || '.of' || h.slug || '@guests.example')
from lodge.houses as h, unnest(array['amelia', 'bernard', 'cecilia']) with ordinality as t (w, n);
insert into lodge.stays (house_id, guest_id, room, arrives, remarks)
select g.house_id, g.id, 1 + row_number() over (partition by g.house_id order by g.email) % 3, date '2026-01-10', 'late arrival'
from lodge.guests as g;
insert into lodge.payments (house_id, stay_id, paid_at, amount, card_number, holder_name)
select
    s.house_id, s.id, timestamptz '2026-01-11 12:00+00' + n * interval '1 month', 80 + n,
    '4929 6172 8394 ' || 1000 + ascii(g.email) * 10 + ascii(h.slug), g.full_name
from lodge.stays as s
join lodge.guests as g on g.id = s.guest_id
join lodge.houses as h on h.id = s.house_id
cross join generate_series(0, 2) as n;
insert into lodge.visits (house_id, page, client_ip)
select h.id, '/rooms/' || n, ('198.51.' || ascii(h.slug) || '.' || 10 + n)::inet from lodge.houses as h, generate_series(1, 3) as n;
insert into lodge.seasons values ('summer', 1.4), ('winter', 0.8);
