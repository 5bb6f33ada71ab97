-- Sound boards of cards: workspaces are words in claims in JSON, a login that becomes the role of its requests, children
-- that name their parents only, bookings that exclude one another.
create schema auth authorization board_owner;
create schema app authorization board_owner;
revoke create on schema public from public;
create extension btree_gist;
grant usage on schema auth, app to board_member, board_job;
set role board_owner;

create function auth.claims() returns jsonb
language sql stable
return nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb;
create function auth.workspace() returns text
language sql stable
return auth.claims() ->> 'workspace';
create function auth.role() returns text
language sql stable
return coalesce(auth.claims() -> 'app_metadata' ->> 'role', 'guest');
create domain app.slug as text check (value ~ '^[a-z][a-z0-9-]{2,30}$');

create table app.workspaces (slug app.slug primary key, title text not null, plan text not null default 'free');
create table app.members (
    workspace app.slug not null references app.workspaces,
    user_id uuid not null,
    email text not null,
    primary key (workspace, user_id)
);
create table app.boards (
    id uuid primary key default gen_random_uuid(),
    workspace app.slug not null default auth.workspace() references app.workspaces,
    title text not null
);
create index boards_workspace_idx on app.boards (workspace);
create table app.cards (
    id uuid primary key default gen_random_uuid(),
    board_id uuid not null references app.boards on delete cascade,
    title text not null,
    payload jsonb not null default '{}'
);
create index cards_board_id_idx on app.cards (board_id);
create table app.bookings (
    workspace app.slug not null default auth.workspace() references app.workspaces,
    id bigint generated always as identity,
    room int4range not null,
    label text not null,
    primary key (workspace, id),
    exclude using gist (workspace with =, room with &&)
);
create table app.partners (
    workspace app.slug not null default auth.workspace() references app.workspaces,
    partner app.slug not null references app.workspaces,
    note text not null default '',
    primary key (workspace, partner)
);
create index partners_partner_idx on app.partners (partner);
create table app.colours (colour text primary key, title text not null);
reset role;

do $$
declare
    v_table text;
    v_own text;
begin
    foreach v_table in array array['workspaces', 'members', 'boards', 'cards', 'bookings', 'partners'] loop
        v_own := case v_table
            when 'workspaces' then 'slug = (select auth.workspace())'
            when 'cards' then 'exists (select from app.boards as b where b.id = board_id'
                ' and b.workspace = (select auth.workspace()))'
            else 'workspace = (select auth.workspace())'
        end;
        execute format('alter table app.%I enable row level security', v_table);
        execute format('alter table app.%I force row level security', v_table);
        execute format('create policy own on app.%I to board_member using (%s) with check (%s)', v_table, v_own, v_own);
        execute format('create policy work on app.%I to board_job using (true)', v_table);
    end loop;
end
$$;
grant select on app.workspaces, app.colours to board_member;
grant select, insert, update, delete on app.members, app.boards, app.cards, app.bookings, app.partners to board_member;
grant select, insert, update, delete on all tables in schema app to board_job;

insert into app.workspaces (slug, title) values ('acme', 'Acme'), ('globex', 'Globex'), ('initech', 'Initech');
insert into app.members (workspace, user_id, email)
select w.slug, gen_random_uuid(), n || '@' || w.slug || '.example' from app.workspaces as w, unnest(array['ann', 'ben']) as n;
insert into app.boards (workspace, title) select w.slug, t from app.workspaces as w, unnest(array['todo', 'done']) as t;
insert into app.cards (board_id, title) select b.id, 'card' from app.boards as b;
insert into app.bookings (workspace, room, label)
select w.slug, int4range(n, n + 1), 'meeting' from app.workspaces as w, generate_series(1, 2) as n;
insert into app.partners (workspace, partner)
select a.slug, b.slug from app.workspaces as a, app.workspaces as b where a.slug <> b.slug;
insert into app.colours values ('red', 'Red'), ('blue', 'Blue');
