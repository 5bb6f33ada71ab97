create table app.changes (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, table_name text not null, action text not null,
    login text not null, old jsonb, new jsonb
);
create index changes_org_id_idx on app.changes (org_id);
alter table app.changes enable row level security;
alter table app.changes force row level security;
create policy write_all on app.changes for insert to example_owner with check (true);
create function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user, to_jsonb(old), to_jsonb(new));
    return null;
end
$$;
revoke execute on function app.tg__note() from public;
alter table app.changes owner to example_owner;
alter function app.tg__note() owner to example_owner;
create trigger _900_note after insert or update or delete on app.orders for each row execute function app.tg__note();
