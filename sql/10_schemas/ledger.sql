-- The schema ttdb, and the ledger of the steps that changed this database: first to come and last to go.
create schema ttdb;
comment on schema ttdb is 'Tenant context, registry, step ledger, and the verbs that protect tables.';

-- Policies need no USAGE: they hold functions by their oid. People who ask ttdb.context() for advice do.
grant usage on schema ttdb to ttdb_operator, ttdb_app, ttdb_worker, ttdb_support, ttdb_auditor;
grant usage on schema ttdb to ttdb_masker, ttdb_definer;

create table ttdb.ledger (
    revision text not null,
    step text not null,
    outcome text not null,
    replaced text,
    digest text,
    progress jsonb,
    recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
    recorded_by name not null default session_user,
    constraint ledger_pkey primary key (revision, step),
    constraint ledger_outcome_must_be_known check (outcome in ('begun', 'done', 'found'))
);
comment on table ttdb.ledger is 'What each step of each revision did here: a downgrade undoes only what was done.';
comment on column ttdb.ledger.revision is 'as Alembic has it';
comment on column ttdb.ledger.step is 'its name, unique within the revision';
comment on column ttdb.ledger.outcome is
'done: the step changed something; found: what it promises stood already; begun: without a transaction, and not ended';
comment on column ttdb.ledger.replaced is 'SQL that restores what the step replaced';
comment on column ttdb.ledger.digest is 'SHA-256 of the SQL that ran';
comment on column ttdb.ledger.progress is
'how far a step that runs in batches has come: its last key, and rows; of another that has begun, what stood before '
'and is not managed';
comment on column ttdb.ledger.recorded_at is 'when it was written here';
comment on column ttdb.ledger.recorded_by is 'the login, whatever role it had taken';
comment on constraint ledger_pkey on ttdb.ledger is 'a step is recorded once';
comment on constraint ledger_outcome_must_be_known on ttdb.ledger is 'the outcome is unknown';
grant select on ttdb.ledger to ttdb_operator;
