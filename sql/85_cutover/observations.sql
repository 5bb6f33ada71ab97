-- What row-level security would have refused to services that are observed.
create table ttdb.observations (
    id uuid not null default pg_catalog.gen_random_uuid(), -- no sequence: its numbers would outlive a rollback
    observed_at timestamptz not null default pg_catalog.clock_timestamp(),
    login name not null,
    application text,
    client inet,
    relation text not null,
    verb text not null,
    reason text not null,
    effect text not null,
    context_tenant uuid,
    row_tenant uuid,
    constraint observations_pkey primary key (id),
    constraint observations_reason_must_be_known check (reason in ('no_tenant', 'other_tenant', 'no_privilege')),
    constraint observations_effect_must_be_known check (effect in ('hidden', 'error'))
);
comment on table ttdb.observations is
'What would have been refused: the first row of each transaction, table, verb and reason, of a kind ten a minute.';
comment on column ttdb.observations.id is 'random';
comment on column ttdb.observations.observed_at is 'when the row was come upon';
comment on column ttdb.observations.login is 'who logged in';
comment on column ttdb.observations.application is 'what the session calls itself: application_name';
comment on column ttdb.observations.client is 'the address that the session came from; NULL for a local socket';
comment on column ttdb.observations.relation is 'the table; of a partition, the table that it is part of';
comment on column ttdb.observations.verb is 'select, insert, update or delete';
comment on column ttdb.observations.reason is
'no_tenant: none was set; other_tenant: the row is another''s; no_privilege: ttdb_app may not do this to the table';
comment on column ttdb.observations.effect is
'hidden: the row would not be there for the statement; error: the statement would fail';
comment on column ttdb.observations.context_tenant is 'the tenant that was set';
comment on column ttdb.observations.row_tenant is 'the tenant of the row';
comment on constraint observations_pkey on ttdb.observations is 'one refusal, one line';
comment on constraint observations_reason_must_be_known on ttdb.observations is 'the reason is unknown';
comment on constraint observations_effect_must_be_known on ttdb.observations is 'the effect is unknown';

create index observations_login_idx on ttdb.observations (login, observed_at);
comment on index ttdb.observations_login_idx is 'a service''s refusals since a time';

-- It tells whose rows a service came upon: row security, because default privileges may have granted a new table.
alter table ttdb.observations enable row level security, force row level security;
create policy insert_definer on ttdb.observations for insert to ttdb_definer with check (true);
comment on policy insert_definer on ttdb.observations is 'ttdb.record_observation() adds one.';
create policy select_definer on ttdb.observations for select to ttdb_definer using (true);
comment on policy select_definer on ttdb.observations is 'ttdb.record_observation() counts those of a minute.';
create policy select_operator on ttdb.observations for select to ttdb_operator using (true);
comment on policy select_operator on ttdb.observations is 'Operators read the report.';
create policy delete_operator on ttdb.observations for delete to ttdb_operator using (true);
comment on policy delete_operator on ttdb.observations is 'Operators clear what is mended.';
grant select, insert on ttdb.observations to ttdb_definer;
grant select, delete on ttdb.observations to ttdb_operator;
-- No UPDATE for anybody, and nothing for those who are observed.
