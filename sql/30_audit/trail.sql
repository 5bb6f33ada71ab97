-- The trail: who changed which row of an audited table, when, for which tenant, from what to what.
create table audit.trail (
    id bigint generated always as identity,
    created_at timestamptz not null default pg_catalog.now(),
    tenant_id uuid,
    relation text not null,
    operation text not null,
    row_key jsonb,
    old_row jsonb,
    new_row jsonb,
    login name not null,
    role name not null,
    transaction_id xid8 not null,
    application text,
    client inet,
    constraint trail_pkey primary key (id, created_at),
    constraint trail_operation_must_be_known check (
        operation in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'RESOLVE', 'LOAD')
    )
) partition by range (created_at);
comment on table audit.trail is
'Every change to an audited table, and every question put to a resolver, by month; append-only.';
comment on column audit.trail.id is 'in the order of writing; with gaps, where a change was rolled back';
comment on column audit.trail.created_at is 'when the transaction that made the change began';
comment on column audit.trail.tenant_id is 'the changed row''s tenant; where the table has none, the transaction''s';
comment on column audit.trail.relation is
'the table; of a partition, the table that it is part of; for RESOLVE, the function that was asked';
comment on column audit.trail.operation is
'INSERT, UPDATE, DELETE or TRUNCATE of rows; RESOLVE: which tenant it is was asked, before any was set; LOAD: '
'many rows were inserted at once, new_row says how many';
comment on column audit.trail.row_key is
'the primary key as it was before the change; NULL for TRUNCATE, RESOLVE and LOAD';
comment on column audit.trail.old_row is 'the row before; excluded columns hold "(excluded)"';
comment on column audit.trail.new_row is 'the row after; excluded columns hold "(excluded)" or "(excluded, changed)"';
comment on column audit.trail.login is 'who logged in';
comment on column audit.trail.role is 'the role that the session had taken';
comment on column audit.trail.transaction_id is 'changes with one number were made together';
comment on column audit.trail.application is 'what the session calls itself: application_name';
comment on column audit.trail.client is 'the address that the session came from; NULL for a local socket';
comment on constraint trail_pkey on audit.trail is 'one change, one line';
comment on constraint trail_operation_must_be_known on audit.trail is 'the operation is unknown';
comment on sequence audit.trail_id_seq is 'The numbers of audit.trail.id.';

create table audit.trail_default partition of audit.trail default;
comment on table audit.trail_default is 'Rows of months that have no partition yet: none is ever lost.';
comment on constraint trail_operation_must_be_known on audit.trail_default is 'the operation is unknown';
do $$
declare
    v_column record;
begin
    for v_column in
        select
            a.attname as name,
            pg_catalog.col_description(a.attrelid, a.attnum) as said
        from pg_catalog.pg_attribute as a
        where a.attrelid = 'audit.trail'::regclass and a.attnum > 0
    loop
        execute pg_catalog.format('comment on column audit.trail_default.%I is %L', v_column.name, v_column.said);
    end loop;
end
$$;

alter table audit.trail enable row level security, force row level security;
alter table audit.trail_default enable row level security, force row level security;

create policy insert_definer on audit.trail for insert to ttdb_definer with check (true);
comment on policy insert_definer on audit.trail is
'Only the trigger function and the resolvers, which run as ttdb_definer, write.';
create policy select_auditor on audit.trail for select to ttdb_auditor using (true);
comment on policy select_auditor on audit.trail is 'Auditors read all tenants'' changes.';
create policy select_operator on audit.trail for select to ttdb_operator using (true);
comment on policy select_operator on audit.trail is 'Operators read and dump the trail.';
create policy select_operator on audit.trail_default for select to ttdb_operator using (true);
comment on policy select_operator on audit.trail_default is 'A dump reads each partition by itself.';

-- Nothing for ttdb_app, ttdb_worker and ttdb_support: the trail holds old values of every column.
-- No UPDATE, DELETE or TRUNCATE for anybody.
grant insert on audit.trail to ttdb_definer;
grant select on audit.trail to ttdb_auditor, ttdb_operator;
grant select on audit.trail_default to ttdb_operator;

-- The owner needs no grant, and is stopped by triggers; ALWAYS: also in a session that plays a replica.
create trigger _000_refuse_change
before update or delete on audit.trail
for each row execute function audit.tg__refuse_change();
alter table audit.trail enable always trigger _000_refuse_change;
comment on trigger _000_refuse_change on audit.trail is 'the trail is append-only';
create trigger _000_refuse_truncate
before truncate on audit.trail
for each statement execute function audit.tg__refuse_change();
alter table audit.trail enable always trigger _000_refuse_truncate;
comment on trigger _000_refuse_truncate on audit.trail is 'the trail is append-only';
create trigger _000_refuse_truncate
before truncate on audit.trail_default
for each statement execute function audit.tg__refuse_change();
alter table audit.trail_default enable always trigger _000_refuse_truncate;
comment on trigger _000_refuse_truncate on audit.trail_default is 'the trail is append-only';
