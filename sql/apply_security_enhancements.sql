-- Written by docs/generate.py; do not edit. What ttdb upgrade does to a database, empty or not, step by step, by psql:
--
--     psql -X -f sql/apply_security_enhancements.sql "dbname=tickets"
--
-- The bootstrap comes first, run by an admin; ttdb bootstrap prints it for a database. The login of this script is a
-- member of ttdb_owner and ttdb_operator. psql and server: 15 to 18.
--
-- - It begins by looking: where a step's way is not free, it names each conflict and stops before the first change.
-- - Each step is a short transaction of its own, or none where CONCURRENTLY forbids one. What holds already is recorded
--   as found and left alone; what the ledger has is skipped. Stopped at any point, a second run continues.
-- - A step that gets no lock within 50ms stops the script: run it again. ttdb upgrade tries again by itself.
-- - Where the database already is at the newest revision, nothing happens.
--
-- 316 steps:
--     engine_0001: Create the engine: tenant context, registry, ledger, and the verbs that protect, audit and mask a table.
--     engine_0002: Keep tables in months: made ahead, retired when old enough, unique over all of them.
--     engine_0003: Add rules: what may follow what, what is written once, and the message for whoever breaks one.
--     engine_0004: Let the tenant context be signed, and know the functions that find a tenant before there is one.
--     platform_0001: Add the tenants: the organisers, to one of whom every other row belongs.
--     platform_0002: Add the people who log in.
--     platform_0003: Add the venues.
--     platform_0004: Add the events, and the kinds of ticket each has.
--     platform_0005: Add the orders, and what they consist of: items, and the discounts that lower them.
--     platform_0006: Index the orders for the services' reads and the worker's rounds.
--     platform_0007: Add the tickets.
--     platform_0008: Add the payments and refunds, by month.
--     platform_0009: Add what people were told, by month.
--     platform_0010: Add the services' own logs, by month.
--     platform_0011: Count each ticket type's sales, so that no more are sold than there are.
--     platform_0012: Add rules that hold over several rows, looked at when a transaction commits.
--     platform_0013: Say what may follow what, and what is written once: statuses, and what is on record.
--     platform_0014: Find the tenant before a session has one: by an e-mail address, a payment's intent, an address.
--     engine_0005: Encrypt single values in SQL, over pgcrypto, each with the id of its key.
--     engine_0006: Add bulk loads: one line of the trail for many rows, and what was set aside meanwhile.
--     engine_0007: Make tables partitioned while they are in use.

\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off

select :VERSION_NUM < 150000 as psql_is_old \gset
\if :psql_is_old
    do $psql$ begin raise exception 'psql is older than 15: use one of 15 to 18'; end; $psql$;
\endif

set client_min_messages = 'warning';
set search_path = '';
set standard_conforming_strings = on;
set quote_all_identifiers = off;
set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set client_connection_check_interval = '1s';
set default_transaction_isolation = 'read committed';
set default_tablespace = '';
select pg_catalog.count(pg_catalog.set_config(s.name, '0', false)) as timeouts
from pg_catalog.pg_settings as s
where s.name in ('transaction_timeout', 'idle_session_timeout') \gset

do $ready$
declare
    v_can_become constant pg_catalog.text := case
        when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 then 'SET'
        else 'MEMBER'
    end;
    v_missing pg_catalog.text;
begin
    if pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 150000 then
        raise exception 'PostgreSQL % is not supported: 15 to 18 are', pg_catalog.current_setting('server_version');
    end if;
    if pg_catalog.pg_is_in_recovery() or pg_catalog.current_setting('default_transaction_read_only') = 'on' then
        raise exception 'the server is a standby, or the database is read-only: connect to the primary';
    end if;
    if pg_catalog.getdatabaseencoding() <> 'UTF8' then
        raise exception 'encoding % of database % is not supported: dump it into one made with encoding UTF8',
            pg_catalog.getdatabaseencoding(), pg_catalog.current_database();
    end if;
    select pg_catalog.string_agg(r.name, ', ')
    into v_missing
    from pg_catalog.unnest(array['ttdb_owner', 'ttdb_operator', 'ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_masker', 'ttdb_definer', 'ttdb_auditor']) as r (name)
    where pg_catalog.to_regrole(r.name) is null;
    if v_missing is not null then
        raise exception 'roles are missing: %', v_missing
            using hint = 'Have an admin run the bootstrap first, which ttdb bootstrap prints for this database.';
    end if;
    select pg_catalog.string_agg(r.name, ', ')
    into v_missing
    from pg_catalog.unnest(array['ttdb_owner', 'ttdb_operator']) as r (name)
    where not pg_catalog.pg_has_role(session_user, r.name, v_can_become);
    if v_missing is not null then
        raise exception '% is no member of %', session_user, v_missing
            using hint = pg_catalog.format('Have an admin run: grant %s to %I;', v_missing, session_user);
    end if;
    if not pg_catalog.has_database_privilege('ttdb_owner', pg_catalog.current_database(), 'CREATE')
        or not pg_catalog.has_schema_privilege('ttdb_owner', 'public', 'CREATE, USAGE') then
        raise exception 'ttdb_owner may not create in database % or in its schema public', pg_catalog.current_database()
            using hint = 'Have an admin run the bootstrap, which ttdb bootstrap prints for this database.';
    end if;
    if not pg_catalog.pg_try_advisory_lock(1953784930) then
        raise exception 'another migration is running'
            using hint = 'Wait until it has ended, and run this again.';
    end if;
end;
$ready$;

-- What every step promises, and how to tell that it stands. Everything in pg_temp is gone with the session.
create temporary table steps (
    revision text not null,
    step text not null,
    role name not null,
    filters_rows boolean not null,
    piecewise boolean not null, -- without a transaction
    always boolean not null, -- applied even where it holds
    holds text not null, -- a query: does it stand?
    conflicts text, -- a query: what is in the way?
    replaced text, -- a query: the SQL that restores what is replaced
    digest text not null,
    relations text[] not null,
    functions text[] not null,
    position integer generated always as identity,
    outcome text,
    restores text,
    before jsonb,
    primary key (revision, step)
);
create temporary table conflicts (object text, detail text, advice text, position integer generated always as identity);
grant select, insert, update on pg_temp.steps to ttdb_owner;
grant select, insert on pg_temp.conflicts to ttdb_owner;

-- What is not defined yet does not hold.
create function pg_temp.stands(query text) returns boolean
language plpgsql
as $function$
declare
    v_stands boolean;
begin
    execute query into v_stands;
    return coalesce(v_stands, false);
exception
    when undefined_table or undefined_function or undefined_object or undefined_column or invalid_schema_name then
        return false;
end;
$function$;

create function pg_temp.ledger_of(revision text, step text) returns text
language plpgsql
as $function$
declare
    v_outcome text;
begin
    if pg_catalog.to_regclass('ttdb.ledger') is not null then
        select l.outcome
        into v_outcome
        from ttdb.ledger as l
        where l.revision = ledger_of.revision and l.step = ledger_of.step;
    end if;
    return v_outcome;
end;
$function$;

-- How the server describes what a step may change: {"[kind, identity]": definition}.
create function pg_temp.definitions(relations text[], functions text[]) returns jsonb
language plpgsql
as $function$
declare
    v_found jsonb := '{}';
    v_more jsonb;
begin
    if relations <> '{}' and pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') is not null then
        select pg_catalog.jsonb_object_agg(pg_catalog.jsonb_build_array(d.kind, d.identity)::text, d.definition)
        into v_more
        from ttdb.definitions_of(array(
            select pg_catalog.to_regclass(r.name)
            from pg_catalog.unnest(relations) as r (name)
            where pg_catalog.to_regclass(r.name) is not null
        )) as d;
        v_found := v_found || coalesce(v_more, '{}');
    end if;
    if functions <> '{}' and pg_catalog.to_regprocedure('ttdb.definitions_of_functions(regprocedure[])') is not null then
        select pg_catalog.jsonb_object_agg(pg_catalog.jsonb_build_array(d.kind, d.identity)::text, d.definition)
        into v_more
        from ttdb.definitions_of_functions(array(
            select pg_catalog.to_regprocedure(f.name)
            from pg_catalog.unnest(functions) as f (name)
            where pg_catalog.to_regprocedure(f.name) is not null
        )) as d;
        v_found := v_found || coalesce(v_more, '{}');
    end if;
    return v_found;
end;
$function$;

-- Decides about a step: to run, because it is pending; to record, because it is pending or found.
create function pg_temp.look(revision text, step text, out to_run boolean, out to_record boolean)
language plpgsql
as $function$
declare
    v_step pg_temp.steps;
    v_ledger constant text := pg_temp.ledger_of(revision, step);
begin
    to_run := false;
    to_record := v_ledger is null or v_ledger = 'begun';
    if not to_record then
        return;
    end if;

    select s.*
    into v_step
    from pg_temp.steps as s
    where s.revision = look.revision and s.step = look.step;

    -- As the step's own role: it may be the only one that sees the rows in question.
    perform pg_catalog.set_config('role', v_step.role, true);
    perform pg_catalog.set_config('row_security', case when v_step.filters_rows then 'on' else 'off' end, true);
    to_run := coalesce(v_ledger = 'begun', false) or v_step.always or not pg_temp.stands(v_step.holds);
    if v_step.replaced is not null then
        execute v_step.replaced into v_step.restores;
    end if;
    perform pg_catalog.set_config('role', 'ttdb_owner', true);

    v_step.before := pg_temp.definitions(v_step.relations, v_step.functions);
    if v_ledger = 'begun' then
        -- What a killed run left is ours, and not what stood before.
        select coalesce(pg_catalog.jsonb_object_agg(b.key, b.value), '{}')
        into v_step.before
        from pg_catalog.jsonb_each(v_step.before) as b
        inner join ttdb.managed_objects as m on pg_catalog.jsonb_build_array(m.kind, m.identity)::text = b.key;
    elsif v_step.piecewise and to_run and pg_catalog.to_regclass('ttdb.ledger') is not null then
        insert into ttdb.ledger (revision, step, outcome, replaced, digest)
        values (look.revision, look.step, 'begun', v_step.restores, v_step.digest);
    end if;

    update pg_temp.steps as s
    set
        outcome = case when to_run then 'done' else 'found' end,
        restores = v_step.restores,
        before = v_step.before
    where s.revision = look.revision and s.step = look.step;
end;
$function$;

-- Checks a step's promise, and writes the ledger and how what it touched must look from now on.
create function pg_temp.record(revision text, step text) returns text
language plpgsql
as $function$
declare
    v_step pg_temp.steps;
    v_after jsonb;
begin
    perform pg_catalog.set_config('role', 'ttdb_owner', true);
    select s.*
    into v_step
    from pg_temp.steps as s
    where s.revision = record.revision and s.step = record.step;

    perform pg_catalog.set_config('role', v_step.role, true);
    perform pg_catalog.set_config('row_security', case when v_step.filters_rows then 'on' else 'off' end, true);
    if not pg_temp.stands(v_step.holds) then
        raise exception 'step % of % ran, but what it promises does not hold', step, revision
            using hint = 'Nothing of it was kept. This is a defect in the revision: report it.';
    end if;
    perform pg_catalog.set_config('role', 'ttdb_owner', true);

    if pg_catalog.to_regclass('ttdb.ledger') is not null then
        insert into ttdb.ledger as l (revision, step, outcome, replaced, digest)
        values (record.revision, record.step, v_step.outcome, v_step.restores, v_step.digest)
        on conflict on constraint ledger_pkey do update
            set outcome = excluded.outcome, digest = excluded.digest, recorded_at = pg_catalog.clock_timestamp();
    end if;

    if pg_catalog.to_regclass('ttdb.managed_objects') is not null then
        v_after := pg_temp.definitions(v_step.relations, v_step.functions);
        insert into ttdb.managed_objects as m (kind, identity, definition, revision, step)
        select
            a.key::jsonb ->> 0,
            a.key::jsonb ->> 1,
            a.value #>> '{}',
            record.revision,
            record.step
        from pg_catalog.jsonb_each(v_after) as a
        where v_step.before -> a.key is distinct from a.value
        on conflict on constraint managed_objects_pkey do update
            set definition = excluded.definition, revision = excluded.revision, step = excluded.step;
        delete from ttdb.managed_objects as m
        where pg_catalog.jsonb_build_array(m.kind, m.identity)::text in (
            select b.key
            from pg_catalog.jsonb_each(v_step.before) as b
            where not v_after ? b.key
        );
    end if;
    return v_step.outcome;
end;
$function$;

-- What stands in the way of the steps to come.
create function pg_temp.find_conflicts() returns bigint
language plpgsql
as $function$
declare
    v_step record;
begin
    for v_step in
        select s.*
        from pg_temp.steps as s
        where s.conflicts is not null
            and coalesce(pg_temp.ledger_of(s.revision, s.step), 'begun') = 'begun'
            and not pg_temp.stands(s.holds)
        order by s.position
    loop
        begin
            execute 'insert into pg_temp.conflicts (object, detail, advice) ' || v_step.conflicts;
        exception
            when insufficient_privilege then
                null; -- in a schema of somebody else's, which is a conflict of its own
        end;
    end loop;
    return (select pg_catalog.count(*) from pg_temp.conflicts);
end;
$function$;

-- Moves Alembic's record on to a revision that is complete.
create function pg_temp.reached(revision text, before text[], after text[]) returns void
language plpgsql
as $function$
begin
    if not exists (
        select
        from public.alembic_version as v
        where v.version_num = reached.revision or v.version_num = any(after)
    ) then
        delete from public.alembic_version as v
        where v.version_num = any(before);
        insert into public.alembic_version (version_num)
        values (reached.revision);
    end if;
end;
$function$;

set role ttdb_owner;
set row_security = off;
set lock_timeout = '50ms';

insert into pg_temp.steps overriding user value values ('engine_0001', 'ledger', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('ttdb.ledger') is not null$query$, $query$select 'ttdb', 'a schema of this name stands, and is not ttdb''s', 'Rename it: alter schema ttdb rename to ...;'
from pg_catalog.pg_namespace as n where n.nspname = 'ttdb'$query$, null, 'f324b68f2c923e703720b9f3c68c96bb8c5fcac4d5738df3b93a424734de9714', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'managed-objects', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.managed_objects') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.managed_objects', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.managed_objects') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'c6a0b7b842e5c920be89d748456d13583e2c249889c292910851244622d6c53e', array['ttdb.managed_objects']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'grants-as-text', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_as_text(aclitem[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.grants_as_text(aclitem[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_as_text(aclitem[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '48213019f595fad658306eec4786c21531d598e6ace2fd468fa1815e12b81aaa', array[]::text[], array['ttdb.grants_as_text(aclitem[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'definitions-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.definitions_of(regclass[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '2d62cfcd9dffeee683742b7843fcd8fcbeeb07161473620b506be9f3a86f8b5a', array[]::text[], array['ttdb.definitions_of(regclass[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'definitions-of-functions', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_of_functions(regprocedure[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.definitions_of_functions(regprocedure[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_of_functions(regprocedure[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3518fe559f0105bf7622c98c054705d026e819e6b82dbeb1dfaf274e4e35e4ac', array[]::text[], array['ttdb.grants_as_text(aclitem[])', 'ttdb.definitions_of(regclass[])', 'ttdb.definitions_of_functions(regprocedure[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'definitions-in', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_in(text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.definitions_in(text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.definitions_in(text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'beb7ad5c1509a938aa9c92fa8599870620f3bf6aea1d4160ca0e5fb60c434b74', array[]::text[], array['ttdb.definitions_in(text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tenant-setting', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_setting()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tenant_setting()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_setting()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'dabb2e8e657f20b3f370119859c3ab89200854fe84e7b4a7dbd5556ad86d4744', array[]::text[], array['ttdb.tenant_setting()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tenant-id', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tenant_id()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3b3b1c3faa986332dcebb384910d55a6898d9e4e56adce40d7e162f816316704', array[]::text[], array['ttdb.tenant_id()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'context', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.context()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3cc0c8f374a6ad22abe270190ef29654421b935f474118476284d52b94e6963b', array[]::text[], array['ttdb.context()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tg-touch-updated-at', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__touch_updated_at()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4b57ef8ff134c7e8631f151ce9201f1843b335a4b397b1b24ab94a3f53c63d82', array[]::text[], array['ttdb.tg__touch_updated_at()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tenant-tables', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.tenant_tables') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tenant_tables', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.tenant_tables') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'c771a08951c22e33864c23742c3453438c46eb8c5aff8085e03cc886c1ce8545', array['ttdb.tenant_tables']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'audited-tables', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.audited_tables') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.audited_tables', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.audited_tables') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '5d126b8ee8e9061dbf20014f38d8abf790a22a50b5fd872740d73d9f1d1ed381', array['ttdb.audited_tables']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'personal-columns', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.personal_columns') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.personal_columns', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.personal_columns') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'c6b984c6c5bb8525dc1828163ba539686fd541239247a888d0e93a38032b9814', array['ttdb.personal_columns']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'policies-for', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.policies_for(name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.policies_for(name, text[], text[], text[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.policies_for(name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'e9efe63a621123c5c21e7b92e41045b6ae408f672629e45e7255dd1b3c9880a6', array[]::text[], array['ttdb.policies_for(name, text[], text[], text[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'policies-on', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.policies_on(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.policies_on(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.policies_on(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4e67d0df5ba0d08e857e430a72f200a3c374f7044791817170767bf94541abec', array[]::text[], array['ttdb.policies_on(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'grants-for', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_for(regclass, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.grants_for(regclass, text[], text[], text[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_for(regclass, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '98723bba0e8b41b9a7727214e22ccc56ee9d99b4d4431e1e894b4100b2b0033e', array[]::text[], array['ttdb.grants_for(regclass, text[], text[], text[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'grants-on', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_on(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.grants_on(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.grants_on(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '949c9ca7359856c813c926ff63bd0221653dea8c0be68b14198972b7967104c3', array[]::text[], array['ttdb.grants_on(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tree-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tree_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tree_of(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tree_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0ae25008f27a9ad50ec06e9f5e5742a61fa2d1b9c08f00c1eafef7d2f390f05a', array[]::text[], array['ttdb.tree_of(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'generated-from', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.generated_from(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.generated_from(regclass, name[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.generated_from(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '71ea237dab8d4fd135339a674f841df6cdfc27268afcdea0ad0affd9f2c8b87d', array[]::text[], array['ttdb.generated_from(regclass, name[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'wears', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.wears(regclass, name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.wears(regclass, name, text[], text[], text[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.wears(regclass, name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6a87980c3588bb9817f15411164126cac49e1e0d7672adbea13556d06483e5b3', array[]::text[], array['ttdb.wears(regclass, name, text[], text[], text[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'is-protected', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_protected(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.is_protected(regclass, name, text[], text[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_protected(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6a5fce7d64ec51382d2530c61db79e7499937b0a88089449c9c9bab9e145d04a', array[]::text[], array['ttdb.is_protected(regclass, name, text[], text[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'is-protected-as-registered', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_protected(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.is_protected(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_protected(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '8b06903d91fac8da30473744eab8fc2048596c5c3eff1dcba150c84ff28c1586', array[]::text[], array['ttdb.is_protected(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'state-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.state_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.state_of(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.state_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '19c66ef1442931b8c5fb79a0ac6c254864dd87b7071800bc96339c889c812e54', array[]::text[], array['ttdb.state_of(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'refuse-unprotectable', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_unprotectable(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.refuse_unprotectable(regclass, name, text[], text[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_unprotectable(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4c69447cfd631248cb4269615cba50ce9100f30ad3ac620afc0858d8b945d2d5', array[]::text[], array['ttdb.refuse_unprotectable(regclass, name, text[], text[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'undress', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.undress(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.undress(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.undress(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '5c3b26534f5cdc563947deb43a2a9d7ed536f69f640cd584d1a2b39292561f1c', array[]::text[], array['ttdb.undress(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'dress', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.dress(regclass, name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.dress(regclass, name, text[], text[], text[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.dress(regclass, name, text[], text[], text[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '2a75b6fd1bce43235fcf723efef62ecebbca67b821b53c512360a41b84ac1d66', array[]::text[], array['ttdb.dress(regclass, name, text[], text[], text[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'protect', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.protect(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.protect(regclass, name, text[], text[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.protect(regclass, name, text[], text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '08793b56767640d472b9d274a95a07d0194d8cd7ffcfafdb88f620a136ebe700', array[]::text[], array['ttdb.protect(regclass, name, text[], text[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'unprotect', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unprotect(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.unprotect(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unprotect(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '449af312ae4e8095bc4a2d4a2038c5666d2a006e3bab4ed67acbcd5b8cc75ebb', array[]::text[], array['ttdb.unprotect(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'schema-audit', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_namespace as o where o.oid = pg_catalog.to_regnamespace('audit') and pg_catalog.pg_get_userbyid(o.nspowner) = 'ttdb_owner')$query$, $query$select 'audit', pg_catalog.format('a schema of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.nspowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_namespace as o where o.oid = pg_catalog.to_regnamespace('audit') and pg_catalog.pg_get_userbyid(o.nspowner) <> 'ttdb_owner'$query$, null, 'a8dc297b37c60306bff1e6320f7e56d9a3fd5b0ac0734313df2715d09bdcd661', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'use-of-schema-audit', 'ttdb_owner', false, false, false, $query$select pg_catalog.has_schema_privilege('ttdb_definer', 'audit', 'create')
    and pg_catalog.has_schema_privilege('ttdb_auditor', 'audit', 'usage')
    and pg_catalog.has_schema_privilege('ttdb_operator', 'audit', 'usage')$query$, null, null, 'e64696bc877cf8cae9fa4a808111d6188e08b9787e90dd85d7bdb30de6bf65a3', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tg-refuse-change', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__refuse_change()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.tg__refuse_change()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__refuse_change()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6545902856f40605716d96f3f69743550ecafa0a3319204f460123caa32169c5', array[]::text[], array['audit.tg__refuse_change()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'trail', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('audit.trail') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'audit.trail', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('audit.trail') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'b3c46a27f2c61c7b1ea1fee5739518ffda4b8322e5bb629d9d6c13fda9a6e12f', array['audit.trail']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'tg-record-change', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__record_change()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'audit.tg__record_change()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__record_change()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'a39b52d0ef8874b0d463e7857acd1e4d37254c3683fbe9df23299f6ea35d5180', array[]::text[], array['audit.tg__record_change()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'is-enabled', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.is_enabled(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.is_enabled(regclass, name[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.is_enabled(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'bb1d7113b1d877144fe2db69091b6f94c0135731e3426e314f6837ea5b11a235', array[]::text[], array['audit.is_enabled(regclass, name[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'drop-triggers', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.drop_triggers(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.drop_triggers(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.drop_triggers(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'ab8379d57c81ec4f07c3d9c52104f7aa62199823ea071ee0ac733373e21c9c73', array[]::text[], array['audit.drop_triggers(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'enable', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.enable(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.enable(regclass, name[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.enable(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6fc0f30bf2a2c6c12184939dff30279f500795ef8b633d2c079779b55e0df845', array[]::text[], array['audit.enable(regclass, name[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'disable', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.disable(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.disable(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.disable(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3271dd68f85a77af21dfb958a673f3c4bbb2e54ba6bc542827743c3ebc88ff16', array[]::text[], array['audit.disable(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'schema-masked', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_namespace as o where o.oid = pg_catalog.to_regnamespace('masked') and pg_catalog.pg_get_userbyid(o.nspowner) = 'ttdb_owner')$query$, $query$select 'masked', pg_catalog.format('a schema of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.nspowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_namespace as o where o.oid = pg_catalog.to_regnamespace('masked') and pg_catalog.pg_get_userbyid(o.nspowner) <> 'ttdb_owner'$query$, null, 'b07b4c66a19e2a94b8e58ec4eadf7703b442e176903defc829ec5b0d9e1779da', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'use-of-schema-masked', 'ttdb_owner', false, false, false, $query$select pg_catalog.has_schema_privilege('ttdb_masker', 'masked', 'create')
    and pg_catalog.has_schema_privilege('ttdb_support', 'masked', 'usage')
    and pg_catalog.has_schema_privilege('ttdb_operator', 'masked', 'usage')$query$, null, null, '0c6469bc688a7dc82e796ac03f2fb257c26e1a3aef9d66d0a7bdbb8fda32f584', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'keys', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('masked.keys') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'masked.keys', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('masked.keys') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '42acc29b935a36ec451a21a4c506ed5438a1d4dd040f5cfdf4672c66c69fb240', array['masked.keys']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'token', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.token(text, text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.token(text, text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.token(text, text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'f3ed68db081795af12f5a69239eee405a05f3e83e1f5fd4b6a9c65940d26b8c6', array[]::text[], array['masked.token(text, text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'email', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.email(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.email(text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.email(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '88a34c6514fb922c36b57242055c3d76694d552ce662a8ded82007b87dfa25df', array[]::text[], array['masked.email(text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'phone', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.phone(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.phone(text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.phone(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4d4c2e010eea768a2619fd8941cf167cd52fb8689fae8510bd42c976a4302d6d', array[]::text[], array['masked.phone(text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'name', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.name(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.name(text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.name(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'ec48a84b4cad39044837a86b2a160b331943651ee9ad0f7ec626ba9bdf5eb42c', array[]::text[], array['masked.name(text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'ip', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.ip(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.ip(text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.ip(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3318c1f3b7e250663d317f676f716b44c7a9491720242c109f1801ad76c8b865', array[]::text[], array['masked.ip(text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'redacted', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.redacted(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.redacted(text, bytea, bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.redacted(text, bytea, bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6e344196a79ef2b46dd25e2d7f45a4135c5e0623694c78ac2ae356cbfee2d077', array[]::text[], array['masked.redacted(text, bytea, bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'masks', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.masks()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.masks()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.masks()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0334c48b563486e70ef153e0139e80efbbd387a9319fc5164db17cbb6541c845', array[]::text[], array['masked.masks()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'definition-for', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.definition_for(regclass, boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.definition_for(regclass, boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.definition_for(regclass, boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '952426b84e5eee68ccd375c1c32828085e9617cc6cbdc4457c3cc61bd5fbe309', array[]::text[], array['masked.definition_for(regclass, boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'views-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.views_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.views_of(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.views_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'fa910a3caa6732532176e1141daf85faa29f735616a793a52eadea5a8f087c15', array[]::text[], array['masked.views_of(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'is-masked', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.is_masked(regclass, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.is_masked(regclass, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.is_masked(regclass, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '029a3c8db688c262da75074c1bfa0e402c87cea9c4d82383cc2ed437f9a4bd6d', array[]::text[], array['masked.is_masked(regclass, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'is-masked-column', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.is_masked(regclass, name, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.is_masked(regclass, name, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.is_masked(regclass, name, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '49f2a84e6606c501b07822f899bd54bb5d8a71957202aa9419c43042b719e066', array[]::text[], array['masked.is_masked(regclass, name, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'rebuild', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.rebuild(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.rebuild(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.rebuild(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '1cb6426e06592c605c655b4a137ecfa3025bc7a21b72ebf43de9251af8b84562', array[]::text[], array['masked.rebuild(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'columns', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.columns(regclass, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.columns(regclass, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.columns(regclass, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '31c6d4ddc41d8dcc73468f4d4e17b6ef0fc6b43b5b30be8b8edabbf85002849c', array[]::text[], array['masked.columns(regclass, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'column', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked."column"(regclass, name, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked."column"(regclass, name, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked."column"(regclass, name, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'c8683596d1286146f125e9427153ef858a4dfb1164b956fce59e93ca8ab5a29f', array[]::text[], array['masked."column"(regclass, name, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0001', 'forget', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.forget(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'masked.forget(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('masked.forget(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '65b3e95ff43477fa047f49b70dd53a7ed92e55056e024a3f83de2af3736c2618', array[]::text[], array['masked.forget(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'definer-creates-in-schema-ttdb', 'ttdb_owner', false, false, false, $query$select pg_catalog.has_schema_privilege('ttdb_definer', 'ttdb', 'create')$query$, null, null, '35a6e12885c62e7351ae0a13a8543f311580593fe6fd0f41851f1bf4e820f2ef', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'partitioned-tables', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.partitioned_tables') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.partitioned_tables', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.partitioned_tables') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '6c0312a6509459e2af65f2adf3325ee9c32ddd8018bac4c0ca181d89b56a52dc', array['ttdb.partitioned_tables']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'month-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.month_of(timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.month_of(timestamptz)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.month_of(timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '71b5cdc53570c6db90a103f67bce1f65b69d6df015dba5598c0460f6a4e011dc', array[]::text[], array['ttdb.month_of(timestamptz)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'month-key-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.month_key_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.month_key_of(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.month_key_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0a16be73f2f214e1ad0aa10a7e5931736b246ebd21cbb7a73427d209fe528ca9', array[]::text[], array['ttdb.month_key_of(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'months-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.months_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.months_of(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.months_of(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4700364a0be8821a90faddc5d61e7a4ae4e3dbe1d827946b8d187c7e6a3e0e52', array[]::text[], array['ttdb.months_of(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'rows-waiting', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.rows_waiting(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.rows_waiting(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.rows_waiting(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'cff92b06044e741ea3a711db950d195520e1b1f5af3178a821ce90b44e2b3800', array[]::text[], array['ttdb.rows_waiting(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'is-partitioned-by-month', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_partitioned_by_month(regclass, interval, text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.is_partitioned_by_month(regclass, interval, text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_partitioned_by_month(regclass, interval, text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0a800c59713c06ea393828687490f794388409d10ab5fe38233ae6d5c5b074b1', array[]::text[], array['ttdb.is_partitioned_by_month(regclass, interval, text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'make-leaf', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.make_leaf(regclass, text, text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.make_leaf(regclass, text, text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.make_leaf(regclass, text, text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'de0471ce65e236111e8df2606cde2f92452d15d60dfe3c2bc11ef15917479418', array[]::text[], array['ttdb.make_leaf(regclass, text, text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'strip', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.strip(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.strip(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.strip(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '562baa66c10c4c58db519f3dc91eb1d43ccf89b6095b9f510a0eda25bbda6f16', array[]::text[], array['ttdb.strip(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'dress-leaf', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.dress_leaf(regclass, regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.dress_leaf(regclass, regclass, regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.dress_leaf(regclass, regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '59970b4861cf95dd7a6dea397f22fa8f97aaa164de78684094afd466f5667e69', array[]::text[], array['ttdb.dress_leaf(regclass, regclass, regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'partition-by-month', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.partition_by_month(regclass, interval, text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.partition_by_month(regclass, interval, text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.partition_by_month(regclass, interval, text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '1bfed908e4b9bc357a5a1a526b0f11e11a21d7580f874166a05ebedc4bf91f86', array[]::text[], array['ttdb.partition_by_month(regclass, interval, text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'unpartition-by-month', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unpartition_by_month(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.unpartition_by_month(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unpartition_by_month(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'abd9fab28a2c4a9b88de9b228bcc8ec99642e1f3a7d414e0372112c9d5ebf50f', array[]::text[], array['ttdb.unpartition_by_month(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'unique-keys', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.unique_keys') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.unique_keys', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.unique_keys') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '4fea252ae01fa5b90a961f809a4f8625fda4d07aab11e7e595391dc4b187b0c3', array['ttdb.unique_keys']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'key-columns-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.key_columns_of(regclass, name, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.key_columns_of(regclass, name, name[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.key_columns_of(regclass, name, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '79dee16cabdd75c8f4034af5665d2354847f9cbf66738f8025e6d6b0625c7693', array[]::text[], array['ttdb.key_columns_of(regclass, name, name[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'tg-keep-unique', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__keep_unique()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'b2c9550e8eeade55f24b654b16870e21a95e70f0cdc181df934cfa70062112c6', array[]::text[], array['ttdb.tg__keep_unique()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'fill-unique-keys', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.fill_unique_keys(regclass, timestamptz, timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.fill_unique_keys(regclass, timestamptz, timestamptz)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.fill_unique_keys(regclass, timestamptz, timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '51b8a3fc6a4717bdd80840ff294ba998342ca27caef072969023aeda56f92290', array[]::text[], array['ttdb.fill_unique_keys(regclass, timestamptz, timestamptz)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'unique-triggers-for', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unique_triggers_for(regclass, name, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.unique_triggers_for(regclass, name, name[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unique_triggers_for(regclass, name, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'c527ecf29a4f9ed3eacf07c204703e655809adb5b316d33dcb82f4eccad2a49d', array[]::text[], array['ttdb.unique_triggers_for(regclass, name, name[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'is-kept-unique', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_kept_unique(regclass, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.is_kept_unique(regclass, name[], boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.is_kept_unique(regclass, name[], boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '439cd2f1b4f7f43460f801b00dd94db6bdd0124c5c97463cb1be07df0cfd216a', array[]::text[], array['ttdb.is_kept_unique(regclass, name[], boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'forget-unique', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.forget_unique(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.forget_unique(regclass, name[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.forget_unique(regclass, name[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'cbb9793a33ee91c223092f7ea670bb454f2f6c9b001414ba59f70523e0149c0e', array[]::text[], array['ttdb.forget_unique(regclass, name[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'keep-unique', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keep_unique(regclass, name[], text, boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.keep_unique(regclass, name[], text, boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keep_unique(regclass, name[], text, boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '26af641c64bcbff4e4c2101a72419731f188dd2a4c1a8fcb7036a4b5aea5bbd7', array[]::text[], array['ttdb.keep_unique(regclass, name[], text, boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'tg-refuse-retired', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__refuse_retired()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__refuse_retired()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__refuse_retired()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'a942dceffb44200be01fe7694275ce189ad06309d9380f8d2cc707f34644dd61', array[]::text[], array['ttdb.tg__refuse_retired()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'refuse-stranger', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_stranger(regclass, regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.refuse_stranger(regclass, regclass, regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_stranger(regclass, regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3e95d01c40f16e8b25f337b6111aae45bd53d1c1c3132a109c41cd65b898bd58', array[]::text[], array['ttdb.refuse_stranger(regclass, regclass, regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'empty-default', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '77c1e414aca386f675d72a6a2fbb0621a2c1900e3d64e574f0f4ad980b366d82', array[]::text[], array['ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'ensure-partition', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.ensure_partition(regclass, date)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.ensure_partition(regclass, date)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.ensure_partition(regclass, date)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '64bccfb011b4c9263d4db13f9e2890b2df2b52d2fb5d8bcfd27dc60c3ebf8d86', array[]::text[], array['ttdb.ensure_partition(regclass, date)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'ensure-partitions', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.ensure_partitions(date, date)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.ensure_partitions(date, date)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.ensure_partitions(date, date)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'f84eca548bd7d0fe7ed13e1bde914a373048e4091f4b06c4386c47598fc7d670', array[]::text[], array['ttdb.ensure_partitions(date, date)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'retire-partition', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.retire_partition(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.retire_partition(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.retire_partition(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'f328a9ce14768530e592dc25a085e13b43ae81aa551f4d4eee172573178b26f0', array[]::text[], array['ttdb.retire_partition(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0002', 'months-audit-trail', 'ttdb_owner', false, false, false, $query$select ttdb.is_partitioned_by_month('audit.trail', '7 years')$query$, null, null, 'c1853611f1bbf790a6c5490b4bf68ade03de556bff04ee2b687e051eefa866a0', array['audit.trail', 'audit.trail_default']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'trigger-arguments', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.trigger_arguments(bytea)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.trigger_arguments(bytea)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.trigger_arguments(bytea)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '9a5cd247ca9f3f5d10b5f34cc91b546019a1721ca494516928bda742cb45a3d7', array[]::text[], array['ttdb.trigger_arguments(bytea)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'condition-of-change', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.condition_of_change(name[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.condition_of_change(name[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.condition_of_change(name[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4abc98a15ffa3dd5e708efa4c00b696cd87a745e282f1ef6dce7c7edf00aea8b', array[]::text[], array['ttdb.condition_of_change(name[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'tg-allow-transitions', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__allow_transitions()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__allow_transitions()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__allow_transitions()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'd7d7e472310543779239ac92b0fdd3ff3459ca733d21816f1aca62876619ada9', array[]::text[], array['ttdb.tg__allow_transitions()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'tg-keep-values', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__keep_values()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__keep_values()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__keep_values()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'd38dd5d34cdfe33afa29b7d5a2afd8074056dd391b496fe55e4572a4fe8ac8b3', array[]::text[], array['ttdb.tg__keep_values()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'comment-of-rule', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.comment_of_rule(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.comment_of_rule(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.comment_of_rule(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '49f7fba7da1f99e623fa17ed8ab68a3ac7a2ae54d53a893d29dc46be074f841c', array[]::text[], array['ttdb.comment_of_rule(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'wears-rule', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.wears_rule(regclass, name, regprocedure, name[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.wears_rule(regclass, name, regprocedure, name[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.wears_rule(regclass, name, regprocedure, name[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '538ca7d6d88c83a1591fb2734e86218b288abb42d4f0c7b219aeee6d2cbcaec9', array[]::text[], array['ttdb.wears_rule(regclass, name, regprocedure, name[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'drop-rule', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.drop_rule(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.drop_rule(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.drop_rule(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '79fa551f90e7cecb4d1add8d8c8240030f9099249f178607274e1d7cd80a502e', array[]::text[], array['ttdb.drop_rule(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'hang-rule', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6480a9404c5fdb9effed033e7982dce3eac976e9d5fe6ec62c58de0376f6ee41', array[]::text[], array['ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'has-transitions', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.has_transitions(regclass, name, name, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.has_transitions(regclass, name, name, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.has_transitions(regclass, name, name, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'cd7ea870ba54311a1a86516a2039b8813a6b91d826126fd3bac29e96dde11818', array[]::text[], array['ttdb.has_transitions(regclass, name, name, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'allow-transitions', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.allow_transitions(regclass, name, name, text, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.allow_transitions(regclass, name, name, text, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.allow_transitions(regclass, name, name, text, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6b83e1c680a0a5e847cc01e6e731c75cf555a6b7c50f96e7c46d98d9d644cf04', array[]::text[], array['ttdb.allow_transitions(regclass, name, name, text, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'keeps-values', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keeps_values(regclass, name[], name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.keeps_values(regclass, name[], name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keeps_values(regclass, name[], name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4be03a6d651334802c0b1b720d5785d7a45ec74e03cc5ec711aaafb958534e93', array[]::text[], array['ttdb.keeps_values(regclass, name[], name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'keep-values', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keep_values(regclass, name[], name, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.keep_values(regclass, name[], name, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.keep_values(regclass, name[], name, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0ec34182cdf45127006cfbc8d3664a9d822ea5bf9c841eeffa70031917814a0f', array[]::text[], array['ttdb.keep_values(regclass, name[], name, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'rules', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.rules()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.rules()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.rules()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'b77d2430a7b7097494ff489a5902ba3c4be992d917a1b73ba2daefc562ad53c9', array[]::text[], array['ttdb.rules()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0003', 'constraint-message', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.constraint_message(text, text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.constraint_message(text, text, text, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.constraint_message(text, text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'af9f85078b36640bf2ce398c341b22045c9f103d6523e5e572ca9dce93fe244d', array[]::text[], array['ttdb.constraint_message(text, text, text, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'context-keys', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.context_keys') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.context_keys', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.context_keys') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'b956207e1f69bf3d69cd833d5369326b948bcd63658a8f54b14ceec33921ebc5', array['ttdb.context_keys']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'context-is-signed', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context_is_signed()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.context_is_signed()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context_is_signed()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'e3934995d6fd97eb8a80b98d2103811367252aeca27d5a744774fb3f526f3824', array[]::text[], array['ttdb.context_is_signed()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'verified-tenant-id', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.verified_tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.verified_tenant_id()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.verified_tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '5854a5a03f82850289e43804d313da2ed0e3e7caab15e3f4f0a7c5d6742d1982', array[]::text[], array['ttdb.verified_tenant_id()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'tenant-id-signed', 'ttdb_owner', false, false, true, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tenant_id()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tenant_id()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4e8efbf2d38bb4fd660520218fdb08248fd936e80b6547c379d0a56397faba3a', array[]::text[], array['ttdb.tenant_id()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'context-signed', 'ttdb_owner', false, false, true, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.context()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.context()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '68d4c2bbf032db485eadbac04ce70de7e0a2fad6ffef624beca913f5dcb0847c', array[]::text[], array['ttdb.context()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'create-context-key', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.create_context_key()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.create_context_key()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.create_context_key()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'ca75a39b43db854e60e130f291e4cd97412c42ffa6bee9b775d7a8a82416997e', array[]::text[], array['ttdb.create_context_key()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'retire-context-key', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.retire_context_key(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.retire_context_key(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.retire_context_key(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '256ac6545ecdefe43bbd5dc28ef8adaddca8d734d4769f97b83997a61c776987', array[]::text[], array['ttdb.retire_context_key(text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'list-context-keys', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.list_context_keys()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.list_context_keys()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.list_context_keys()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '99dcd3ee70c9e5db5baf092269297c9210f55c2c08704f077d0865db1048822a', array[]::text[], array['ttdb.list_context_keys()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'sign-context', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.sign_context(uuid, interval)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.sign_context(uuid, interval)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.sign_context(uuid, interval)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'c2f94ffbc43829bd30f0dd9bf78481ef49629c75493ca658da0ac98edf9cc743', array[]::text[], array['ttdb.sign_context(uuid, interval)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'require-signed-context', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.require_signed_context(boolean)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.require_signed_context(boolean)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.require_signed_context(boolean)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'f57d6e8de43c19e7d5fb18b9d31f5a1ace807abac48df5d99fd6205c28cf6ca0', array[]::text[], array['ttdb.require_signed_context(boolean)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'resolvers', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.resolvers') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.resolvers', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.resolvers') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'e50ce1a31016d4dbfd526b1987060f57a5562d932a136ad00807e3f8eea2b880', array['ttdb.resolvers']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'resolver', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.resolver(regprocedure, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.resolver(regprocedure, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.resolver(regprocedure, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '17e225ae69e5619f7bd4f7b92d92b0a70159f3e1561c2a30c4e0cc0afd63788f', array[]::text[], array['ttdb.resolver(regprocedure, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'forget-resolver', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.forget_resolver(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.forget_resolver(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.forget_resolver(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '5c9908a5c6572addcefb969b800b83e7a3c3efd386ed7869e75cffa06f9e2a43', array[]::text[], array['ttdb.forget_resolver(text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0004', 'record-resolution', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.record_resolution(text, uuid[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.record_resolution(text, uuid[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.record_resolution(text, uuid[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'cf0b280c6cb02c306bbcedd7b25e579a3d1ff1262942e879d1a0c2de7b442fa7', array[]::text[], array['audit.record_resolution(text, uuid[])']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0001', 'table-tenants', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.tenants') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'name', 'text', true, false),
        (2, 'slug', 'text', true, false),
        (3, 'status', 'text', true, false),
        (4, 'settings', 'jsonb', true, false),
        (5, 'created_at', 'timestamp with time zone', true, false),
        (6, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.tenants') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.tenants')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.tenants')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.tenants', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.tenants', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['tenants_name_must_be_1_to_200_characters', 'tenants_pkey', 'tenants_settings_must_be_an_object', 'tenants_slug_key', 'tenants_slug_must_be_lower_case_words', 'tenants_status_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.tenants') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.tenants', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.tenants') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'name', 'text', true, false),
        (2, 'slug', 'text', true, false),
        (3, 'status', 'text', true, false),
        (4, 'settings', 'jsonb', true, false),
        (5, 'created_at', 'timestamp with time zone', true, false),
        (6, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.tenants') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.tenants')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.tenants')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.tenants', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.tenants', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['tenants_name_must_be_1_to_200_characters', 'tenants_pkey', 'tenants_settings_must_be_an_object', 'tenants_slug_key', 'tenants_slug_must_be_lower_case_words', 'tenants_status_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.tenants') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.tenants', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.tenants') is not null
    order by d.position, d.detail$query$, null, '7cb62dd603ee43eb5bf43f35fcb0bd49e7dc73fc574c9129842bb2630680cd5d', array['public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0001', 'touch-public-tenants', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.tenants') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, '11e299ba89869c10998ff45c28a48a4a3ebba54b6eded96bd3f4cd27cf07ff51', array['public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0001', 'protect-public-tenants', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.tenants', 'id', '{select,update}', '{select}', '{select}')$query$, $query$select 'public.tenants', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.tenants')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.tenants') and p.polpermissive
order by p.polname$query$, null, '5e5bc6446e49452b6614634878e6325c1b6581c62fe044481daf4a30c46a726a', array['public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0001', 'audit-public-tenants', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.tenants', '{}')$query$, null, null, 'da1ebfc7a3b1fc5cab16007cd0b60e2456a709b77050ac98479d1b64aa514ad1', array['public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0001', 'mask-public-tenants', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.tenants', '{"id": "plain", "name": "plain", "slug": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain"}')$query$, null, null, '9b3ca368d571ec5bab01469751e236c38ad5337d7673c36e670b3b8a34d4779a', array['masked.tenants', 'public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'table-users', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.users') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'email', 'text', true, false),
        (3, 'phone', 'text', false, false),
        (4, 'first_name', 'text', false, false),
        (5, 'last_name', 'text', false, false),
        (6, 'search_name', 'text', false, true),
        (7, 'role', 'text', true, false),
        (8, 'status', 'text', true, false),
        (9, 'password_hash', 'text', true, false),
        (10, 'created_at', 'timestamp with time zone', true, false),
        (11, 'updated_at', 'timestamp with time zone', true, false),
        (12, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.users') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.users')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.users')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.users', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.users', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['users_deleted_must_say_when', 'users_email_must_be_a_lower_case_address', 'users_email_must_not_be_too_long', 'users_first_name_must_be_1_to_100_characters', 'users_last_name_must_be_1_to_100_characters', 'users_must_not_be_deleted_before_made', 'users_password_hash_must_not_be_blank', 'users_phone_must_be_international', 'users_pkey', 'users_role_must_be_known', 'users_status_must_be_known', 'users_tenant_id_fkey', 'users_tenant_id_id_key']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.users') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.users', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.users') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'email', 'text', true, false),
        (3, 'phone', 'text', false, false),
        (4, 'first_name', 'text', false, false),
        (5, 'last_name', 'text', false, false),
        (6, 'search_name', 'text', false, true),
        (7, 'role', 'text', true, false),
        (8, 'status', 'text', true, false),
        (9, 'password_hash', 'text', true, false),
        (10, 'created_at', 'timestamp with time zone', true, false),
        (11, 'updated_at', 'timestamp with time zone', true, false),
        (12, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.users') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.users')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.users')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.users', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.users', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['users_deleted_must_say_when', 'users_email_must_be_a_lower_case_address', 'users_email_must_not_be_too_long', 'users_first_name_must_be_1_to_100_characters', 'users_last_name_must_be_1_to_100_characters', 'users_must_not_be_deleted_before_made', 'users_password_hash_must_not_be_blank', 'users_phone_must_be_international', 'users_pkey', 'users_role_must_be_known', 'users_status_must_be_known', 'users_tenant_id_fkey', 'users_tenant_id_id_key']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.users') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.users', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.users') is not null
    order by d.position, d.detail$query$, null, 'a9e3035a322d5ae15638039c08b28c92371aeb832c0240d233bfb48ed5a173de', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'index-users-email-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_email_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, email) ') > 0
)$query$, $query$select 'public.users_email_idx', case when i.indrelid = pg_catalog.to_regclass('public.users')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.users_email_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.users') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_email_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, email) ') > 0
)$query$, null, '11b5ad87bd883b1f2f07a3448d782a4c8fd8242519e243f9a88be37dde40e835', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'index-users-search-name-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_search_name_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, search_name) ') > 0
)$query$, $query$select 'public.users_search_name_idx', case when i.indrelid = pg_catalog.to_regclass('public.users')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.users_search_name_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.users') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_search_name_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, search_name) ') > 0
)$query$, null, '27a261edd617a68033310415486caa010cbb9b3730bbc3e1faa56ae0d2af9150', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'index-users-staff-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_staff_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, role, search_name) ') > 0
)$query$, $query$select 'public.users_staff_idx', case when i.indrelid = pg_catalog.to_regclass('public.users')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.users_staff_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.users') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_staff_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, role, search_name) ') > 0
)$query$, null, '8b36295359e8d211045c73456122a4328e65f554a07dc0e36006f1c98de16bb7', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'touch-public-users', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.users') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, '5bc99ec36bdbb506961774c309e6ac9137785de942672ee602a214a2b0dbf727', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'protect-public-users', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.users', 'tenant_id', '{select,insert,update,delete}', '{}', '{select}')$query$, $query$select 'public.users', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.users')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.users') and p.polpermissive
order by p.polname$query$, null, '11d8ba4304b4aa34edcdeefba65785b5d5f8dc4b2992c009a81c64653a50bc66', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'audit-public-users', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.users', '{password_hash}')$query$, null, null, 'd770f75cc41e0dbc072c738acba9e5c5962aca2a8f5d610083d01c26a5b1d6cb', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0002', 'mask-public-users', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.users', '{"email": "email", "phone": "phone", "first_name": "name", "last_name": "name", "id": "plain", "tenant_id": "plain", "role": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}')$query$, null, null, '43f64961e400fcac94d10af8112e8117207a1ffe039e5df05721bc0f7b4daa42', array['masked.users', 'public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0003', 'table-venues', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.venues') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'name', 'text', true, false),
        (3, 'slug', 'text', true, false),
        (4, 'email', 'text', false, false),
        (5, 'phone', 'text', false, false),
        (6, 'city', 'text', true, false),
        (7, 'country_code', 'text', true, false),
        (8, 'timezone', 'text', true, false),
        (9, 'max_capacity', 'integer', true, false),
        (10, 'status', 'text', true, false),
        (11, 'created_at', 'timestamp with time zone', true, false),
        (12, 'updated_at', 'timestamp with time zone', true, false),
        (13, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.venues') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.venues')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.venues')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.venues', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.venues', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['venues_capacity_must_be_reasonable', 'venues_city_must_be_1_to_100_characters', 'venues_country_must_be_two_capital_letters', 'venues_deleted_must_be_inactive', 'venues_email_must_be_a_lower_case_address', 'venues_email_must_not_be_too_long', 'venues_must_not_be_deleted_before_made', 'venues_name_must_be_1_to_200_characters', 'venues_phone_must_be_international', 'venues_pkey', 'venues_slug_must_be_lower_case_words', 'venues_status_must_be_known', 'venues_tenant_id_fkey', 'venues_tenant_id_id_key', 'venues_tenant_id_slug_key', 'venues_timezone_must_be_a_name']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.venues') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.venues', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.venues') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'name', 'text', true, false),
        (3, 'slug', 'text', true, false),
        (4, 'email', 'text', false, false),
        (5, 'phone', 'text', false, false),
        (6, 'city', 'text', true, false),
        (7, 'country_code', 'text', true, false),
        (8, 'timezone', 'text', true, false),
        (9, 'max_capacity', 'integer', true, false),
        (10, 'status', 'text', true, false),
        (11, 'created_at', 'timestamp with time zone', true, false),
        (12, 'updated_at', 'timestamp with time zone', true, false),
        (13, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.venues') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.venues')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.venues')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.venues', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.venues', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['venues_capacity_must_be_reasonable', 'venues_city_must_be_1_to_100_characters', 'venues_country_must_be_two_capital_letters', 'venues_deleted_must_be_inactive', 'venues_email_must_be_a_lower_case_address', 'venues_email_must_not_be_too_long', 'venues_must_not_be_deleted_before_made', 'venues_name_must_be_1_to_200_characters', 'venues_phone_must_be_international', 'venues_pkey', 'venues_slug_must_be_lower_case_words', 'venues_status_must_be_known', 'venues_tenant_id_fkey', 'venues_tenant_id_id_key', 'venues_tenant_id_slug_key', 'venues_timezone_must_be_a_name']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.venues') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.venues', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.venues') is not null
    order by d.position, d.detail$query$, null, '54d7602baa896c3858fbb3b55920ddd785ceefc370f290be9cb19fcc357187a4', array['public.venues']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0003', 'touch-public-venues', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.venues') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, 'e4e35df7843c7c853fbe84aa4179291c3cc44db34cc2bd09cb483820970f3bbd', array['public.venues']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0003', 'protect-public-venues', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.venues', 'tenant_id', '{select,insert,update,delete}', '{}', '{}')$query$, $query$select 'public.venues', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.venues')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.venues') and p.polpermissive
order by p.polname$query$, null, '5e2dade16e3d600bcf3cc990b5a3197105e560238464551a5955450710d7eda0', array['public.venues']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0003', 'audit-public-venues', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.venues', '{}')$query$, null, null, '02022f84369a2b02f061633f5df55a0f2408b2812cb4f1c691a327a13e40d552', array['public.venues']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0003', 'mask-public-venues', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.venues', '{"email": "email", "phone": "phone", "id": "plain", "tenant_id": "plain", "name": "plain", "slug": "plain", "city": "plain", "country_code": "plain", "timezone": "plain", "max_capacity": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}')$query$, null, null, 'ebc7d7c59275f9a165e5767d61a52cc3adb4fe6945533d068c68294799479954', array['masked.venues', 'public.venues']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'table-events', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.events') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'venue_id', 'uuid', true, false),
        (3, 'name', 'text', true, false),
        (4, 'slug', 'text', true, false),
        (5, 'status', 'text', true, false),
        (6, 'starts_at', 'timestamp with time zone', true, false),
        (7, 'ends_at', 'timestamp with time zone', true, false),
        (8, 'created_at', 'timestamp with time zone', true, false),
        (9, 'updated_at', 'timestamp with time zone', true, false),
        (10, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.events') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.events')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.events')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.events', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.events', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['events_must_not_be_deleted_before_made', 'events_must_not_end_before_start', 'events_name_must_be_1_to_200_characters', 'events_pkey', 'events_slug_must_be_lower_case_words', 'events_status_must_be_known', 'events_tenant_id_fkey', 'events_tenant_id_id_key', 'events_tenant_id_slug_key', 'events_tenant_id_venue_id_fkey']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.events') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.events', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.events') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'venue_id', 'uuid', true, false),
        (3, 'name', 'text', true, false),
        (4, 'slug', 'text', true, false),
        (5, 'status', 'text', true, false),
        (6, 'starts_at', 'timestamp with time zone', true, false),
        (7, 'ends_at', 'timestamp with time zone', true, false),
        (8, 'created_at', 'timestamp with time zone', true, false),
        (9, 'updated_at', 'timestamp with time zone', true, false),
        (10, 'deleted_at', 'timestamp with time zone', false, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.events') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.events')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.events')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.events', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.events', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['events_must_not_be_deleted_before_made', 'events_must_not_end_before_start', 'events_name_must_be_1_to_200_characters', 'events_pkey', 'events_slug_must_be_lower_case_words', 'events_status_must_be_known', 'events_tenant_id_fkey', 'events_tenant_id_id_key', 'events_tenant_id_slug_key', 'events_tenant_id_venue_id_fkey']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.events') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.events', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.events') is not null
    order by d.position, d.detail$query$, null, 'ce27e2daa1bcab30a89d273f2fb86222116c52657c072a5887d01cc6949ce1bf', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'index-events-venue-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_venue_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, venue_id, starts_at) ') > 0
)$query$, $query$select 'public.events_venue_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.events')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.events_venue_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.events') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_venue_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, venue_id, starts_at) ') > 0
)$query$, null, '847e881827c5c2f8300266a4820a3c2ef5227e00bcceae18d29fce97802f94ab', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'index-events-sale-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_sale_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, starts_at) ') > 0
)$query$, $query$select 'public.events_sale_idx', case when i.indrelid = pg_catalog.to_regclass('public.events')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.events_sale_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.events') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_sale_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, starts_at) ') > 0
)$query$, null, '567ed7dab2841c1e908cfcffa8b3a211dff61ea770fccf86d34e4077e724fcd8', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'index-events-open-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_open_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (ends_at) ') > 0
)$query$, $query$select 'public.events_open_idx', case when i.indrelid = pg_catalog.to_regclass('public.events')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.events_open_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.events') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.events_open_idx')
        and i.indrelid = pg_catalog.to_regclass('public.events') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (ends_at) ') > 0
)$query$, null, 'bead52f9e30bc9c39971522386ac4cf41379c45647ebfbf8925a11a3b4851bc6', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'statistics-public-events', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.events') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, venue_id FROM ') > 0
)$query$, null, null, 'de10014d4166423aa6eb3a76703b62ec86ac5adaeb91824b59867a08f8fb284e', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'touch-public-events', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.events') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, 'beaa0e8fa18fcbfbaba1a36e9858e0ac8354733c57a843a3ffba275e238d8a6e', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'protect-public-events', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.events', 'tenant_id', '{select,insert,update,delete}', '{select,update}', '{}')$query$, $query$select 'public.events', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.events')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.events') and p.polpermissive
order by p.polname$query$, null, '43c4a31913c6dc615ac47df6510c44718cffdc5a0f04fce42273ee461321759b', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'audit-public-events', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.events', '{}')$query$, null, null, '5045fbe85c76fafffdfaeff32c9b5346095bceb9ffaf9350e31be1707a84e2bf', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'mask-public-events', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.events', '{"id": "plain", "tenant_id": "plain", "venue_id": "plain", "name": "plain", "slug": "plain", "status": "plain", "starts_at": "plain", "ends_at": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}')$query$, null, null, 'aca9106d8a9ed89f24bc0134bec5707563d6d719b8ac85faa7520531aa962ea8', array['masked.events', 'public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'table-ticket-types', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.ticket_types') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'event_id', 'uuid', true, false),
        (3, 'name', 'text', true, false),
        (4, 'price', 'numeric(12,2)', true, false),
        (5, 'currency', 'text', true, false),
        (6, 'quantity', 'integer', true, false),
        (7, 'sale_starts_at', 'timestamp with time zone', true, false),
        (8, 'sale_ends_at', 'timestamp with time zone', true, false),
        (9, 'max_per_order', 'integer', true, false),
        (10, 'created_at', 'timestamp with time zone', true, false),
        (11, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.ticket_types') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.ticket_types')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.ticket_types')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.ticket_types', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.ticket_types', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['ticket_types_currency_must_be_three_capital_letters', 'ticket_types_name_must_be_1_to_200_characters', 'ticket_types_order_limit_must_be_reasonable', 'ticket_types_pkey', 'ticket_types_price_must_be_reasonable', 'ticket_types_quantity_must_be_reasonable', 'ticket_types_sale_must_not_end_before_start', 'ticket_types_tenant_id_event_id_fkey', 'ticket_types_tenant_id_event_id_id_key', 'ticket_types_tenant_id_fkey', 'ticket_types_tenant_id_id_key']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.ticket_types') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.ticket_types', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.ticket_types') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'event_id', 'uuid', true, false),
        (3, 'name', 'text', true, false),
        (4, 'price', 'numeric(12,2)', true, false),
        (5, 'currency', 'text', true, false),
        (6, 'quantity', 'integer', true, false),
        (7, 'sale_starts_at', 'timestamp with time zone', true, false),
        (8, 'sale_ends_at', 'timestamp with time zone', true, false),
        (9, 'max_per_order', 'integer', true, false),
        (10, 'created_at', 'timestamp with time zone', true, false),
        (11, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.ticket_types') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.ticket_types')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.ticket_types')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.ticket_types', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.ticket_types', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['ticket_types_currency_must_be_three_capital_letters', 'ticket_types_name_must_be_1_to_200_characters', 'ticket_types_order_limit_must_be_reasonable', 'ticket_types_pkey', 'ticket_types_price_must_be_reasonable', 'ticket_types_quantity_must_be_reasonable', 'ticket_types_sale_must_not_end_before_start', 'ticket_types_tenant_id_event_id_fkey', 'ticket_types_tenant_id_event_id_id_key', 'ticket_types_tenant_id_fkey', 'ticket_types_tenant_id_id_key']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.ticket_types') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.ticket_types', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.ticket_types') is not null
    order by d.position, d.detail$query$, null, '330bd2fc96ef83978772f4811ec380c62156e6accb0a1b33a3d42e9989e93a5d', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'touch-public-ticket-types', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.ticket_types') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, '37e2bb9e4eed9d1b3851534b621a759638cbbe7ab6c0ddedbd1d1a0f163e6b37', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'protect-public-ticket-types', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.ticket_types', 'tenant_id', '{select,insert,update,delete}', '{}', '{select}')$query$, $query$select 'public.ticket_types', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.ticket_types')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.ticket_types') and p.polpermissive
order by p.polname$query$, null, '4a1451450fe5b5d1ea858c614b5417de96c6cbd6cc123b0ac5be37a98d7c947c', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'audit-public-ticket-types', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.ticket_types', '{}')$query$, null, null, '0c68c2cb3e9353f873a4af7710835d3ed7c7a950f06384020a2d25edecda10c5', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0004', 'mask-public-ticket-types', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.ticket_types', '{"id": "plain", "tenant_id": "plain", "event_id": "plain", "name": "plain", "price": "plain", "currency": "plain", "quantity": "plain", "sale_starts_at": "plain", "sale_ends_at": "plain", "max_per_order": "plain", "created_at": "plain", "updated_at": "plain"}')$query$, null, null, '0806ca91c38c36a1db35e0c049a6f64002d222d8779bdc0f4af19450d9948892', array['masked.ticket_types', 'public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'table-orders', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.orders') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', true, false),
        (3, 'event_id', 'uuid', true, false),
        (4, 'order_number', 'text', true, false),
        (5, 'status', 'text', true, false),
        (6, 'subtotal', 'numeric(12,2)', true, false),
        (7, 'tax_amount', 'numeric(12,2)', true, false),
        (8, 'discount_amount', 'numeric(12,2)', true, false),
        (9, 'total_amount', 'numeric(12,2)', true, false),
        (10, 'currency', 'text', true, false),
        (11, 'payment_intent_id', 'text', false, false),
        (12, 'idempotency_key', 'text', false, false),
        (13, 'metadata', 'jsonb', true, false),
        (14, 'expires_at', 'timestamp with time zone', false, false),
        (15, 'confirmed_at', 'timestamp with time zone', false, false),
        (16, 'cancelled_at', 'timestamp with time zone', false, false),
        (17, 'refunded_at', 'timestamp with time zone', false, false),
        (18, 'created_at', 'timestamp with time zone', true, false),
        (19, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.orders') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.orders')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.orders')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.orders', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.orders', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['orders_cancelled_must_say_when', 'orders_confirmed_must_say_when', 'orders_currency_must_be_three_capital_letters', 'orders_discount_must_be_reasonable', 'orders_discount_must_not_exceed_subtotal', 'orders_expired_must_say_when', 'orders_idempotency_key_must_be_1_to_255_characters', 'orders_metadata_must_be_an_object', 'orders_must_not_be_cancelled_before_made', 'orders_must_not_be_confirmed_before_made', 'orders_must_not_be_refunded_before_confirmed', 'orders_must_not_lapse_before_made', 'orders_number_must_be_capitals_digits_and_hyphens', 'orders_only_ended_must_have_a_time_of_cancellation', 'orders_only_ended_must_have_a_time_of_refund', 'orders_only_paid_must_have_a_time_of_payment', 'orders_payment_intent_must_be_1_to_255_characters', 'orders_pkey', 'orders_refunded_must_say_when', 'orders_reserved_must_expire', 'orders_status_must_be_known', 'orders_subtotal_must_be_reasonable', 'orders_tax_must_be_reasonable', 'orders_tenant_id_event_id_fkey', 'orders_tenant_id_event_id_id_key', 'orders_tenant_id_fkey', 'orders_tenant_id_id_key', 'orders_tenant_id_order_number_key', 'orders_tenant_id_user_id_fkey', 'orders_total_must_be_reasonable', 'orders_total_must_be_subtotal_plus_tax_less_discount']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.orders') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.orders', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.orders') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', true, false),
        (3, 'event_id', 'uuid', true, false),
        (4, 'order_number', 'text', true, false),
        (5, 'status', 'text', true, false),
        (6, 'subtotal', 'numeric(12,2)', true, false),
        (7, 'tax_amount', 'numeric(12,2)', true, false),
        (8, 'discount_amount', 'numeric(12,2)', true, false),
        (9, 'total_amount', 'numeric(12,2)', true, false),
        (10, 'currency', 'text', true, false),
        (11, 'payment_intent_id', 'text', false, false),
        (12, 'idempotency_key', 'text', false, false),
        (13, 'metadata', 'jsonb', true, false),
        (14, 'expires_at', 'timestamp with time zone', false, false),
        (15, 'confirmed_at', 'timestamp with time zone', false, false),
        (16, 'cancelled_at', 'timestamp with time zone', false, false),
        (17, 'refunded_at', 'timestamp with time zone', false, false),
        (18, 'created_at', 'timestamp with time zone', true, false),
        (19, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.orders') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.orders')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.orders')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.orders', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.orders', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['orders_cancelled_must_say_when', 'orders_confirmed_must_say_when', 'orders_currency_must_be_three_capital_letters', 'orders_discount_must_be_reasonable', 'orders_discount_must_not_exceed_subtotal', 'orders_expired_must_say_when', 'orders_idempotency_key_must_be_1_to_255_characters', 'orders_metadata_must_be_an_object', 'orders_must_not_be_cancelled_before_made', 'orders_must_not_be_confirmed_before_made', 'orders_must_not_be_refunded_before_confirmed', 'orders_must_not_lapse_before_made', 'orders_number_must_be_capitals_digits_and_hyphens', 'orders_only_ended_must_have_a_time_of_cancellation', 'orders_only_ended_must_have_a_time_of_refund', 'orders_only_paid_must_have_a_time_of_payment', 'orders_payment_intent_must_be_1_to_255_characters', 'orders_pkey', 'orders_refunded_must_say_when', 'orders_reserved_must_expire', 'orders_status_must_be_known', 'orders_subtotal_must_be_reasonable', 'orders_tax_must_be_reasonable', 'orders_tenant_id_event_id_fkey', 'orders_tenant_id_event_id_id_key', 'orders_tenant_id_fkey', 'orders_tenant_id_id_key', 'orders_tenant_id_order_number_key', 'orders_tenant_id_user_id_fkey', 'orders_total_must_be_reasonable', 'orders_total_must_be_subtotal_plus_tax_less_discount']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.orders') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.orders', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.orders') is not null
    order by d.position, d.detail$query$, null, '52b4552a083d6e713ca171c4d2f0c915ace13684b8e396ed01485a37abee5f97', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'index-orders-user-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, $query$select 'public.orders_user_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_user_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, null, '893521e3d88df433ba4012592896f77ad8086a47ed2367d17fe607b52e2bb9bd', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'index-orders-event-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_event_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, created_at desc) ') > 0
)$query$, $query$select 'public.orders_event_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_event_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_event_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, created_at desc) ') > 0
)$query$, null, 'f262562b6ca56decdc9bd6f69b8466f2e47b1e49524f8de8654798ebb870f346', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'index-orders-idempotency-key-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_idempotency_key_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, idempotency_key) ') > 0
)$query$, $query$select 'public.orders_idempotency_key_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_idempotency_key_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_idempotency_key_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, idempotency_key) ') > 0
)$query$, null, 'cb319f3d0477fa67c3ac43560f49450b1dd6d27695703bbd3df5173b83d44349', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'statistics-public-orders', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.orders') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, user_id, event_id FROM ') > 0
)$query$, null, null, 'b7d4fcc75a67252afe874ddb3355b0f496fb59d1154d9a946c7ca4fd58633191', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'touch-public-orders', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.orders') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, 'ed18df2b38c4a6ad29e67c8cd5aa780d074dfd3738688e8aeb4b684c03bf14f7', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'protect-public-orders', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.orders', 'tenant_id', '{select,insert,update,delete}', '{select,update}', '{select,update}')$query$, $query$select 'public.orders', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.orders')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.orders') and p.polpermissive
order by p.polname$query$, null, 'b8d65ae710870a59d14a8eb4f7e1eea787669cb33cfa0aaeee41780d92599531', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'audit-public-orders', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.orders', '{}')$query$, null, null, '84552c01d3f22d6da787991b392731cfbde04105a5609625f05d9a72a937aba6', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'mask-public-orders', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.orders', '{"id": "plain", "tenant_id": "plain", "user_id": "plain", "event_id": "plain", "order_number": "plain", "status": "plain", "subtotal": "plain", "tax_amount": "plain", "discount_amount": "plain", "total_amount": "plain", "currency": "plain", "expires_at": "plain", "confirmed_at": "plain", "cancelled_at": "plain", "refunded_at": "plain", "created_at": "plain", "updated_at": "plain"}')$query$, null, null, '42c7b0f2bcf5b98bbcc6f4569b396804f685702a95254f6c1769d05ec415b41b', array['masked.orders', 'public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'table-order-items', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.order_items') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'ticket_type_id', 'uuid', true, false),
        (4, 'quantity', 'integer', true, false),
        (5, 'unit_price', 'numeric(12,2)', true, false),
        (6, 'subtotal', 'numeric(12,2)', true, false),
        (7, 'metadata', 'jsonb', true, false),
        (8, 'created_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.order_items') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.order_items')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.order_items')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.order_items', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.order_items', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['order_items_metadata_must_be_an_object', 'order_items_pkey', 'order_items_quantity_must_be_reasonable', 'order_items_subtotal_must_be_quantity_times_price', 'order_items_subtotal_must_be_reasonable', 'order_items_tenant_id_fkey', 'order_items_tenant_id_id_key', 'order_items_tenant_id_order_id_fkey', 'order_items_tenant_id_ticket_type_id_fkey', 'order_items_unit_price_must_be_reasonable']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.order_items') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.order_items', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.order_items') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'ticket_type_id', 'uuid', true, false),
        (4, 'quantity', 'integer', true, false),
        (5, 'unit_price', 'numeric(12,2)', true, false),
        (6, 'subtotal', 'numeric(12,2)', true, false),
        (7, 'metadata', 'jsonb', true, false),
        (8, 'created_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.order_items') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.order_items')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.order_items')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.order_items', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.order_items', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['order_items_metadata_must_be_an_object', 'order_items_pkey', 'order_items_quantity_must_be_reasonable', 'order_items_subtotal_must_be_quantity_times_price', 'order_items_subtotal_must_be_reasonable', 'order_items_tenant_id_fkey', 'order_items_tenant_id_id_key', 'order_items_tenant_id_order_id_fkey', 'order_items_tenant_id_ticket_type_id_fkey', 'order_items_unit_price_must_be_reasonable']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.order_items') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.order_items', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.order_items') is not null
    order by d.position, d.detail$query$, null, '625f0f7cfa264b578e040d3025a0223f36c0b13b0fe8bbc7f4aebf5b3c580d6d', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'index-order-items-order-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.order_items_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.order_items') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id, created_at) ') > 0
)$query$, $query$select 'public.order_items_order_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.order_items')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.order_items_order_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.order_items') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.order_items_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.order_items') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id, created_at) ') > 0
)$query$, null, '5ba2f96d38c5f7af7d137aa0ff6df0a76c581566193e9a5c8995753b3760931a', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'index-order-items-ticket-type-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.order_items_ticket_type_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.order_items') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, ticket_type_id) ') > 0
)$query$, $query$select 'public.order_items_ticket_type_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.order_items')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.order_items_ticket_type_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.order_items') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.order_items_ticket_type_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.order_items') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, ticket_type_id) ') > 0
)$query$, null, '09ad7322f7d53c507ed427d9313f2889b6130b711121ecf3d7e9dc7f3feacaa3', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'protect-public-order-items', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.order_items', 'tenant_id', '{select,insert,update,delete}', '{select}', '{select}')$query$, $query$select 'public.order_items', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.order_items')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.order_items') and p.polpermissive
order by p.polname$query$, null, '9c3e6f72355d22cbbacd20576d0e4b69600eddd748500e9143642d03a78ade1c', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'audit-public-order-items', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.order_items', '{}')$query$, null, null, '23c535fd37f46316530539042c369da40d0a64f4bf8eb988f1c7e28ba71e91a5', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'mask-public-order-items', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.order_items', '{"id": "plain", "tenant_id": "plain", "order_id": "plain", "ticket_type_id": "plain", "quantity": "plain", "unit_price": "plain", "subtotal": "plain", "created_at": "plain"}')$query$, null, null, '2237a958f036e0010496ad85681c48b1b4c18ffbff116c164ebf4ee11eb7d9af', array['masked.order_items', 'public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'table-order-discounts', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.order_discounts') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'discount_code', 'text', true, false),
        (4, 'discount_type', 'text', true, false),
        (5, 'discount_value', 'numeric(12,2)', true, false),
        (6, 'applied_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.order_discounts') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.order_discounts')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.order_discounts')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.order_discounts', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.order_discounts', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['order_discounts_code_must_be_one_word', 'order_discounts_pkey', 'order_discounts_tenant_id_fkey', 'order_discounts_tenant_id_id_key', 'order_discounts_tenant_id_order_id_discount_code_key', 'order_discounts_tenant_id_order_id_fkey', 'order_discounts_type_must_be_known', 'order_discounts_value_must_fit_its_type']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.order_discounts') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.order_discounts', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.order_discounts') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'discount_code', 'text', true, false),
        (4, 'discount_type', 'text', true, false),
        (5, 'discount_value', 'numeric(12,2)', true, false),
        (6, 'applied_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.order_discounts') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.order_discounts')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.order_discounts')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.order_discounts', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.order_discounts', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['order_discounts_code_must_be_one_word', 'order_discounts_pkey', 'order_discounts_tenant_id_fkey', 'order_discounts_tenant_id_id_key', 'order_discounts_tenant_id_order_id_discount_code_key', 'order_discounts_tenant_id_order_id_fkey', 'order_discounts_type_must_be_known', 'order_discounts_value_must_fit_its_type']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.order_discounts') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.order_discounts', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.order_discounts') is not null
    order by d.position, d.detail$query$, null, 'ac3b827f63306a488d76f6f239402324767b229b1e874714247ab83641894a98', array['public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'protect-public-order-discounts', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.order_discounts', 'tenant_id', '{select,insert,update,delete}', '{select}', '{select}')$query$, $query$select 'public.order_discounts', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.order_discounts')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.order_discounts') and p.polpermissive
order by p.polname$query$, null, '846ff909aa624a1500afe66794c3da5d4c4fbab636d103a79f6e97d1855e294d', array['public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'audit-public-order-discounts', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.order_discounts', '{}')$query$, null, null, 'b3ef6fd1be387d08a46bb872bea796e53cadfab9a8538c4c8babf21908350db4', array['public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0005', 'mask-public-order-discounts', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.order_discounts', '{"id": "plain", "tenant_id": "plain", "order_id": "plain", "discount_code": "plain", "discount_type": "plain", "discount_value": "plain", "applied_at": "plain"}')$query$, null, null, '10b90a71a202572dba5e38bfc1df3749b1bc72bb54a69f4eef1fc9c6c02df016', array['masked.order_discounts', 'public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-event-id-status-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_event_id_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, status, created_at desc) ') > 0
)$query$, $query$select 'public.orders_event_id_status_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_event_id_status_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_event_id_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, status, created_at desc) ') > 0
)$query$, null, '32d6cb7b6ac0f7338a760d76eba24f3c1451425124b436c7e3d105367bf3bd2e', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-status-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, created_at) ') > 0
)$query$, $query$select 'public.orders_status_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_status_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, created_at) ') > 0
)$query$, null, '76032a00279e6357a5bc3ee0c06e5f3d7d4a9e1d218dadf59d9d44a71349224d', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-created-at-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, $query$select 'public.orders_created_at_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_created_at_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, null, '694cf1b4489f4d254514f07470ad2c4a9b3a824af181d6cd0d1c05ee262650ff', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-confirmed-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_confirmed_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, confirmed_at) ') > 0
)$query$, $query$select 'public.orders_confirmed_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_confirmed_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_confirmed_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, confirmed_at) ') > 0
)$query$, null, '554a60704688eac77b1ae3ba88fa01a76456ce797df226bec42d466d1623dd9c', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-reserved-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_reserved_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, expires_at) ') > 0
)$query$, $query$select 'public.orders_reserved_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_reserved_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_reserved_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, expires_at) ') > 0
)$query$, null, '61dce61befe53ded78e17070d00aeceb04b04f630e2973bf42894a36e166c770', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-expiry-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_expiry_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (expires_at) ') > 0
)$query$, $query$select 'public.orders_expiry_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_expiry_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_expiry_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (expires_at) ') > 0
)$query$, null, 'b6e03a3352bb55aa9aa97f17bd3fbcb85b515a99d6787b56436e9b11eecd3d9a', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-pending-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_pending_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (created_at) ') > 0
)$query$, $query$select 'public.orders_pending_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_pending_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_pending_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (created_at) ') > 0
)$query$, null, '060b4c6e198660ad6f24942f794807d4aca37506faf734772660724e60fc2c13', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-unpaid-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_unpaid_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (confirmed_at) ') > 0
)$query$, $query$select 'public.orders_unpaid_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_unpaid_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_unpaid_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (confirmed_at) ') > 0
)$query$, null, 'a3f111ad951a80e3c461a4ef3022275dd32a78606130fe292ce6a576eb9c835a', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0006', 'index-orders-payment-intent-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_payment_intent_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, payment_intent_id) ') > 0
)$query$, $query$select 'public.orders_payment_intent_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.orders')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.orders_payment_intent_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.orders') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.orders_payment_intent_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.orders') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, payment_intent_id) ') > 0
)$query$, null, 'ac457d91e6747aca92f7c8aa4a39ef711fbba13ce36e715c180dbc7dcecb3639', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'table-tickets', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.tickets') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'event_id', 'uuid', true, false),
        (3, 'ticket_type_id', 'uuid', true, false),
        (4, 'order_id', 'uuid', true, false),
        (5, 'user_id', 'uuid', false, false),
        (6, 'ticket_number', 'text', true, false),
        (7, 'code', 'text', true, false),
        (8, 'status', 'text', true, false),
        (9, 'price', 'numeric(12,2)', true, false),
        (10, 'currency', 'text', true, false),
        (11, 'seat', 'text', false, false),
        (12, 'holder_name', 'text', false, false),
        (13, 'holder_email', 'text', false, false),
        (14, 'sold_at', 'timestamp with time zone', false, false),
        (15, 'used_at', 'timestamp with time zone', false, false),
        (16, 'cancelled_at', 'timestamp with time zone', false, false),
        (17, 'created_at', 'timestamp with time zone', true, false),
        (18, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.tickets') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.tickets')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.tickets')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.tickets', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.tickets', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['tickets_cancelled_must_say_when', 'tickets_code_must_be_hard_to_guess', 'tickets_currency_must_be_three_capital_letters', 'tickets_holder_email_must_be_a_lower_case_address', 'tickets_holder_email_must_not_be_too_long', 'tickets_holder_name_must_be_1_to_200_characters', 'tickets_must_not_be_cancelled_before_made', 'tickets_must_not_be_sold_before_made', 'tickets_must_not_be_used_before_sold', 'tickets_number_must_be_capitals_digits_and_hyphens', 'tickets_only_ended_must_have_a_time_of_cancellation', 'tickets_only_sold_must_have_a_time_of_sale', 'tickets_only_used_must_have_a_time_of_use', 'tickets_pkey', 'tickets_price_must_be_reasonable', 'tickets_seat_must_be_1_to_50_characters', 'tickets_sold_must_say_when', 'tickets_status_must_be_known', 'tickets_tenant_id_code_key', 'tickets_tenant_id_event_id_fkey', 'tickets_tenant_id_event_id_order_id_fkey', 'tickets_tenant_id_event_id_ticket_type_id_fkey', 'tickets_tenant_id_fkey', 'tickets_tenant_id_id_key', 'tickets_tenant_id_ticket_number_key', 'tickets_tenant_id_user_id_fkey', 'tickets_used_must_say_when']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.tickets') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.tickets', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.tickets') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'event_id', 'uuid', true, false),
        (3, 'ticket_type_id', 'uuid', true, false),
        (4, 'order_id', 'uuid', true, false),
        (5, 'user_id', 'uuid', false, false),
        (6, 'ticket_number', 'text', true, false),
        (7, 'code', 'text', true, false),
        (8, 'status', 'text', true, false),
        (9, 'price', 'numeric(12,2)', true, false),
        (10, 'currency', 'text', true, false),
        (11, 'seat', 'text', false, false),
        (12, 'holder_name', 'text', false, false),
        (13, 'holder_email', 'text', false, false),
        (14, 'sold_at', 'timestamp with time zone', false, false),
        (15, 'used_at', 'timestamp with time zone', false, false),
        (16, 'cancelled_at', 'timestamp with time zone', false, false),
        (17, 'created_at', 'timestamp with time zone', true, false),
        (18, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.tickets') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.tickets')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.tickets')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.tickets', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.tickets', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['tickets_cancelled_must_say_when', 'tickets_code_must_be_hard_to_guess', 'tickets_currency_must_be_three_capital_letters', 'tickets_holder_email_must_be_a_lower_case_address', 'tickets_holder_email_must_not_be_too_long', 'tickets_holder_name_must_be_1_to_200_characters', 'tickets_must_not_be_cancelled_before_made', 'tickets_must_not_be_sold_before_made', 'tickets_must_not_be_used_before_sold', 'tickets_number_must_be_capitals_digits_and_hyphens', 'tickets_only_ended_must_have_a_time_of_cancellation', 'tickets_only_sold_must_have_a_time_of_sale', 'tickets_only_used_must_have_a_time_of_use', 'tickets_pkey', 'tickets_price_must_be_reasonable', 'tickets_seat_must_be_1_to_50_characters', 'tickets_sold_must_say_when', 'tickets_status_must_be_known', 'tickets_tenant_id_code_key', 'tickets_tenant_id_event_id_fkey', 'tickets_tenant_id_event_id_order_id_fkey', 'tickets_tenant_id_event_id_ticket_type_id_fkey', 'tickets_tenant_id_fkey', 'tickets_tenant_id_id_key', 'tickets_tenant_id_ticket_number_key', 'tickets_tenant_id_user_id_fkey', 'tickets_used_must_say_when']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.tickets') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.tickets', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.tickets') is not null
    order by d.position, d.detail$query$, null, 'd27882402815d4f5709878e2218b4b8b6158312a6c42752b6f004e65f5756b2d', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'index-tickets-event-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_event_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, status, created_at) ') > 0
)$query$, $query$select 'public.tickets_event_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.tickets')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.tickets_event_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.tickets') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_event_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, status, created_at) ') > 0
)$query$, null, '712dfaee9b9f69cac9688f328c9147d4940f8191672bfed3973bd4efa113cc74', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'index-tickets-used-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_used_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, used_at) ') > 0
)$query$, $query$select 'public.tickets_used_idx', case when i.indrelid = pg_catalog.to_regclass('public.tickets')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.tickets_used_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.tickets') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_used_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_id, used_at) ') > 0
)$query$, null, 'a72f265be330e85757e382785a8482de786d18f8fbf0627916a447cdebe0e302', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'index-tickets-ticket-type-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_ticket_type_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, ticket_type_id, event_id) ') > 0
)$query$, $query$select 'public.tickets_ticket_type_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.tickets')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.tickets_ticket_type_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.tickets') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_ticket_type_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, ticket_type_id, event_id) ') > 0
)$query$, null, '9813b4ad015d4c06837627d7c1cee00c112671967c83bba0cd47046d7f442077', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'index-tickets-order-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id, event_id) ') > 0
)$query$, $query$select 'public.tickets_order_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.tickets')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.tickets_order_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.tickets') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id, event_id) ') > 0
)$query$, null, '64ceccd06f6a99afe1452e63bf309fbd12ae37c0db2658f2241ab95fc633e917', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'index-tickets-user-id-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, $query$select 'public.tickets_user_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.tickets')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.tickets_user_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.tickets') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.tickets_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.tickets') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, null, '314869f79e7b46c74c9bd9a40a77c1964eef742550d7fdacb101a3544f77bf07', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'statistics-public-tickets', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.tickets') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, event_id, user_id FROM ') > 0
)$query$, null, null, 'f28237235d3cefeae9f3c4a561bc105aee1f8425c643a5af41262d432a4aa015', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'touch-public-tickets', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.tickets') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, '390718600a75c88597b25bb081da996c3ffd5d194f55f24a1a4abc04dcd5daca', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'protect-public-tickets', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.tickets', 'tenant_id', '{select,insert,update}', '{}', '{select}')$query$, $query$select 'public.tickets', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.tickets')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.tickets') and p.polpermissive
order by p.polname$query$, null, '371f7fb4ae3f5a68d7f9f58bb25848b61bf44c35f0f16c76eb1a02a60bddf283', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'audit-public-tickets', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.tickets', '{code}')$query$, null, null, '0ed14a470cc4bb4cf907609dcfd67ec0a3cf71041a855b902620010fcecb58ad', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0007', 'mask-public-tickets', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.tickets', '{"holder_name": "name", "holder_email": "email", "id": "plain", "tenant_id": "plain", "event_id": "plain", "ticket_type_id": "plain", "order_id": "plain", "user_id": "plain", "ticket_number": "plain", "status": "plain", "price": "plain", "currency": "plain", "seat": "plain", "sold_at": "plain", "used_at": "plain", "cancelled_at": "plain", "created_at": "plain", "updated_at": "plain"}')$query$, null, null, '17e3014dadb71cb05672b373b2a7e80000b319a7d549c9e430416f7ac7be634d', array['masked.tickets', 'public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'table-payment-transactions', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.payment_transactions') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'user_id', 'uuid', true, false),
        (4, 'venue_id', 'uuid', true, false),
        (5, 'type', 'text', true, false),
        (6, 'status', 'text', true, false),
        (7, 'amount', 'numeric(12,2)', true, false),
        (8, 'fee_amount', 'numeric(12,2)', true, false),
        (9, 'currency', 'text', true, false),
        (10, 'provider', 'text', true, false),
        (11, 'payment_intent_id', 'text', false, false),
        (12, 'idempotency_key', 'text', false, false),
        (13, 'card_last4', 'text', false, false),
        (14, 'billing_name', 'text', false, false),
        (15, 'billing_email', 'text', false, false),
        (16, 'failure_reason', 'text', false, false),
        (17, 'metadata', 'jsonb', true, false),
        (18, 'processed_at', 'timestamp with time zone', false, false),
        (19, 'created_at', 'timestamp with time zone', true, false),
        (20, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.payment_transactions') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (created_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.payment_transactions')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.payment_transactions')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.payment_transactions', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.payment_transactions', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['payment_transactions_amount_must_be_reasonable', 'payment_transactions_billing_email_must_be_an_address', 'payment_transactions_billing_email_must_not_be_too_long', 'payment_transactions_billing_name_must_be_1_to_200_characters', 'payment_transactions_card_must_be_four_digits', 'payment_transactions_created_at_must_be_finite', 'payment_transactions_currency_must_be_three_capital_letters', 'payment_transactions_ended_must_say_when', 'payment_transactions_failed_must_say_why', 'payment_transactions_failure_must_be_1_to_1000_characters', 'payment_transactions_fee_must_not_exceed_amount', 'payment_transactions_idempotency_key_must_be_filled_and_short', 'payment_transactions_metadata_must_be_an_object', 'payment_transactions_must_not_end_before_made', 'payment_transactions_only_ended_must_have_a_time_of_end', 'payment_transactions_payment_intent_must_be_1_to_255_characters', 'payment_transactions_pkey', 'payment_transactions_provider_must_be_known', 'payment_transactions_status_must_be_known', 'payment_transactions_tenant_id_fkey', 'payment_transactions_tenant_id_order_id_fkey', 'payment_transactions_tenant_id_user_id_fkey', 'payment_transactions_tenant_id_venue_id_fkey', 'payment_transactions_type_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.payment_transactions') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.payment_transactions', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.payment_transactions') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'order_id', 'uuid', true, false),
        (3, 'user_id', 'uuid', true, false),
        (4, 'venue_id', 'uuid', true, false),
        (5, 'type', 'text', true, false),
        (6, 'status', 'text', true, false),
        (7, 'amount', 'numeric(12,2)', true, false),
        (8, 'fee_amount', 'numeric(12,2)', true, false),
        (9, 'currency', 'text', true, false),
        (10, 'provider', 'text', true, false),
        (11, 'payment_intent_id', 'text', false, false),
        (12, 'idempotency_key', 'text', false, false),
        (13, 'card_last4', 'text', false, false),
        (14, 'billing_name', 'text', false, false),
        (15, 'billing_email', 'text', false, false),
        (16, 'failure_reason', 'text', false, false),
        (17, 'metadata', 'jsonb', true, false),
        (18, 'processed_at', 'timestamp with time zone', false, false),
        (19, 'created_at', 'timestamp with time zone', true, false),
        (20, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.payment_transactions') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (created_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.payment_transactions')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.payment_transactions')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.payment_transactions', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.payment_transactions', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['payment_transactions_amount_must_be_reasonable', 'payment_transactions_billing_email_must_be_an_address', 'payment_transactions_billing_email_must_not_be_too_long', 'payment_transactions_billing_name_must_be_1_to_200_characters', 'payment_transactions_card_must_be_four_digits', 'payment_transactions_created_at_must_be_finite', 'payment_transactions_currency_must_be_three_capital_letters', 'payment_transactions_ended_must_say_when', 'payment_transactions_failed_must_say_why', 'payment_transactions_failure_must_be_1_to_1000_characters', 'payment_transactions_fee_must_not_exceed_amount', 'payment_transactions_idempotency_key_must_be_filled_and_short', 'payment_transactions_metadata_must_be_an_object', 'payment_transactions_must_not_end_before_made', 'payment_transactions_only_ended_must_have_a_time_of_end', 'payment_transactions_payment_intent_must_be_1_to_255_characters', 'payment_transactions_pkey', 'payment_transactions_provider_must_be_known', 'payment_transactions_status_must_be_known', 'payment_transactions_tenant_id_fkey', 'payment_transactions_tenant_id_order_id_fkey', 'payment_transactions_tenant_id_user_id_fkey', 'payment_transactions_tenant_id_venue_id_fkey', 'payment_transactions_type_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.payment_transactions') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.payment_transactions', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.payment_transactions') is not null
    order by d.position, d.detail$query$, null, '5177ffb7c013c70719d6910f8edc3c774b600d4ccec624f15b1add297fd75ac2', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-order-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id) ') > 0
)$query$, $query$select 'public.payment_transactions_order_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_order_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id) ') > 0
)$query$, null, '3228eab98fdc566c72fba1932c34b72747e6ef40eed2606bac30c558503b949d', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-user-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, $query$select 'public.payment_transactions_user_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_user_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, null, 'ffdec5a207d2b75a046e3f01c8d523f8f916862070cfa71f5820a35803f3a349', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-venue-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_venue_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, venue_id, status, created_at) ') > 0
)$query$, $query$select 'public.payment_transactions_venue_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_venue_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_venue_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, venue_id, status, created_at) ') > 0
)$query$, null, '934c362636b595d2ddef8429cdff68ef33ec54efc4aeb35aa5a0e5a91dddbbc8', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-status-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, created_at) ') > 0
)$query$, $query$select 'public.payment_transactions_status_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_status_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, created_at) ') > 0
)$query$, null, 'eb43cc1e728919c067f76aa5ce0ee981e2be1592f8334617fc93dc8856e68930', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-created-at-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, $query$select 'public.payment_transactions_created_at_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_created_at_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, null, 'a1725bc2c21ac61596524c09c802c25063de4182cbb7987f59e1c7f00cec94d5', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-open-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_open_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (created_at) ') > 0
)$query$, $query$select 'public.payment_transactions_open_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_open_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_open_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (created_at) ') > 0
)$query$, null, 'cf4db57021e22849b00ad764213fb5dabb7f4fe5a81567f1a107e82cf51531f6', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-payment-intent-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_payment_intent_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, payment_intent_id) ') > 0
)$query$, $query$select 'public.payment_transactions_payment_intent_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_payment_intent_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_payment_intent_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, payment_intent_id) ') > 0
)$query$, null, 'f03c627c8c4886ace63f5657c49516441d9783a9a6916b38cacda757cfc8b3c4', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'index-payment-transactions-idempotency-key-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_idempotency_key_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, idempotency_key) ') > 0
)$query$, $query$select 'public.payment_transactions_idempotency_key_idx', case when i.indrelid = pg_catalog.to_regclass('public.payment_transactions')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.payment_transactions_idempotency_key_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.payment_transactions') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.payment_transactions_idempotency_key_idx')
        and i.indrelid = pg_catalog.to_regclass('public.payment_transactions') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, idempotency_key) ') > 0
)$query$, null, '376425134e9f7a56ffb013420fcad4a6907385184e121c4913ab2ee6df0e486f', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'statistics-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.payment_transactions') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, user_id, venue_id FROM ') > 0
)$query$, null, null, '6599868484d93882b74995e53d4d90d37279294b19feb19d6afbb6ea76178aab', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'touch-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.payment_transactions') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, 'f57f5824eca72a3762c339128743ead1a84775bf5b7fd5d37cbb585f91c5ce64', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'protect-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.payment_transactions', 'tenant_id', '{select,insert,update}', '{select,update}', '{select}')$query$, $query$select 'public.payment_transactions', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.payment_transactions')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.payment_transactions') and p.polpermissive
order by p.polname$query$, null, '2d261b73d93318938469a823a7cc2eefa087440b4b69928f7755f7979fdf4c90', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'audit-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.payment_transactions', '{}')$query$, null, null, 'e41e1aa0ff5c732026e44caf67d04eace4eccea622113756874eb2ba98512198', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'unique-public-payment-transactions-payment-intent-id', 'ttdb_owner', false, false, false, $query$select ttdb.is_kept_unique('public.payment_transactions', '{payment_intent_id}', true)$query$, null, null, '3b91f7223daf7fa235ec554f049ece2ff77e42245760917865b407b4299c78ee', array['public.payment_transactions', 'public.payment_transactions_payment_intent_id_keys']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'unique-public-payment-transactions-idempotency-key', 'ttdb_owner', false, false, false, $query$select ttdb.is_kept_unique('public.payment_transactions', '{idempotency_key}', false)$query$, null, null, 'e74d1cb1559b6fd464b08446e10b7c110ef5f6462b7d4161b751f0e932777220', array['public.payment_transactions', 'public.payment_transactions_idempotency_key_keys']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'months-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select ttdb.is_partitioned_by_month('public.payment_transactions', '7 years')$query$, null, null, '4f96f3eab31db102c5148140162e7c56761c4fce6e0d46996d9697170d21cb9d', array['public.payment_transactions', 'public.payment_transactions_default']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0008', 'mask-public-payment-transactions', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.payment_transactions', '{"card_last4": "redacted", "billing_name": "name", "billing_email": "email", "failure_reason": "redacted", "id": "plain", "tenant_id": "plain", "order_id": "plain", "user_id": "plain", "venue_id": "plain", "type": "plain", "status": "plain", "amount": "plain", "fee_amount": "plain", "currency": "plain", "provider": "plain", "processed_at": "plain", "created_at": "plain", "updated_at": "plain"}')$query$, null, null, '75a09f9a8a017dfb1abbdb217a44a5c51406eb2154f36f7bfc8b436081aada6d', array['masked.payment_transactions', 'public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'table-notification-history', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.notification_history') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', true, false),
        (3, 'order_id', 'uuid', false, false),
        (4, 'channel', 'text', true, false),
        (5, 'type', 'text', true, false),
        (6, 'template_name', 'text', true, false),
        (7, 'subject', 'text', false, false),
        (8, 'recipient_email', 'text', false, false),
        (9, 'recipient_phone', 'text', false, false),
        (10, 'recipient_name', 'text', false, false),
        (11, 'status', 'text', true, false),
        (12, 'attempts', 'integer', true, false),
        (13, 'retry_after', 'timestamp with time zone', false, false),
        (14, 'failed_reason', 'text', false, false),
        (15, 'provider_message_id', 'text', false, false),
        (16, 'metadata', 'jsonb', true, false),
        (17, 'sent_at', 'timestamp with time zone', true, false),
        (18, 'delivered_at', 'timestamp with time zone', false, false),
        (19, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.notification_history') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (sent_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.notification_history')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.notification_history')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.notification_history', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.notification_history', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['notification_history_attempts_must_be_reasonable', 'notification_history_channel_must_be_known', 'notification_history_channel_must_have_its_address', 'notification_history_delivered_must_say_when', 'notification_history_email_must_be_a_lower_case_address', 'notification_history_email_must_not_be_too_long', 'notification_history_failed_must_say_why', 'notification_history_metadata_must_be_an_object', 'notification_history_must_not_arrive_before_sent', 'notification_history_name_must_be_1_to_200_characters', 'notification_history_only_delivered_must_have_its_time', 'notification_history_phone_must_be_international', 'notification_history_pkey', 'notification_history_sent_at_must_be_finite', 'notification_history_status_must_be_known', 'notification_history_subject_must_be_1_to_500_characters', 'notification_history_template_must_be_1_to_100_characters', 'notification_history_tenant_id_fkey', 'notification_history_tenant_id_order_id_fkey', 'notification_history_tenant_id_user_id_fkey', 'notification_history_type_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.notification_history') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.notification_history', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.notification_history') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', true, false),
        (3, 'order_id', 'uuid', false, false),
        (4, 'channel', 'text', true, false),
        (5, 'type', 'text', true, false),
        (6, 'template_name', 'text', true, false),
        (7, 'subject', 'text', false, false),
        (8, 'recipient_email', 'text', false, false),
        (9, 'recipient_phone', 'text', false, false),
        (10, 'recipient_name', 'text', false, false),
        (11, 'status', 'text', true, false),
        (12, 'attempts', 'integer', true, false),
        (13, 'retry_after', 'timestamp with time zone', false, false),
        (14, 'failed_reason', 'text', false, false),
        (15, 'provider_message_id', 'text', false, false),
        (16, 'metadata', 'jsonb', true, false),
        (17, 'sent_at', 'timestamp with time zone', true, false),
        (18, 'delivered_at', 'timestamp with time zone', false, false),
        (19, 'updated_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.notification_history') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (sent_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.notification_history')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.notification_history')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.notification_history', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.notification_history', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['notification_history_attempts_must_be_reasonable', 'notification_history_channel_must_be_known', 'notification_history_channel_must_have_its_address', 'notification_history_delivered_must_say_when', 'notification_history_email_must_be_a_lower_case_address', 'notification_history_email_must_not_be_too_long', 'notification_history_failed_must_say_why', 'notification_history_metadata_must_be_an_object', 'notification_history_must_not_arrive_before_sent', 'notification_history_name_must_be_1_to_200_characters', 'notification_history_only_delivered_must_have_its_time', 'notification_history_phone_must_be_international', 'notification_history_pkey', 'notification_history_sent_at_must_be_finite', 'notification_history_status_must_be_known', 'notification_history_subject_must_be_1_to_500_characters', 'notification_history_template_must_be_1_to_100_characters', 'notification_history_tenant_id_fkey', 'notification_history_tenant_id_order_id_fkey', 'notification_history_tenant_id_user_id_fkey', 'notification_history_type_must_be_known']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.notification_history') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.notification_history', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.notification_history') is not null
    order by d.position, d.detail$query$, null, '20f6ee8e50ad7c72a92fe218cff2ad26f39d02655cabb1bf7ed4867d6d4e1b59', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'index-notification-history-user-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, sent_at desc) ') > 0
)$query$, $query$select 'public.notification_history_user_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.notification_history')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.notification_history_user_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.notification_history') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, sent_at desc) ') > 0
)$query$, null, 'b90f67fe99c51c08a23323852837e4b7f57c447fa82d19201474f8c0f5f0d328', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'index-notification-history-order-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id) ') > 0
)$query$, $query$select 'public.notification_history_order_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.notification_history')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.notification_history_order_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.notification_history') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_order_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, order_id) ') > 0
)$query$, null, '64c3b6f03a883244b206494364f922d6a34a3b0cc00444a9be357612ac1f729c', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'index-notification-history-status-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, sent_at) ') > 0
)$query$, $query$select 'public.notification_history_status_idx', case when i.indrelid = pg_catalog.to_regclass('public.notification_history')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.notification_history_status_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.notification_history') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_status_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, status, sent_at) ') > 0
)$query$, null, 'b605e39551bac24d868c9b9f9ce0af1585dd8c54304a0116aec51298a3241ae1', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'index-notification-history-sent-at-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_sent_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, sent_at) ') > 0
)$query$, $query$select 'public.notification_history_sent_at_idx', case when i.indrelid = pg_catalog.to_regclass('public.notification_history')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.notification_history_sent_at_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.notification_history') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_sent_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, sent_at) ') > 0
)$query$, null, 'b36d3f37e82a054509b1844e034be5edf243f601ef292964016aaa135138fea1', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'index-notification-history-retry-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_retry_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (retry_after) ') > 0
)$query$, $query$select 'public.notification_history_retry_idx', case when i.indrelid = pg_catalog.to_regclass('public.notification_history')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.notification_history_retry_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.notification_history') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.notification_history_retry_idx')
        and i.indrelid = pg_catalog.to_regclass('public.notification_history') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (retry_after) ') > 0
)$query$, null, '2d8a4bb659167ca3760239087d850f9c7154f3f1d7fe66cf4e93150df49d6b15', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'statistics-public-notification-history', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.notification_history') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, user_id FROM ') > 0
)$query$, null, null, '6f4c22bc3e3ac0832632fcd8518ee848a22a2f04e5275f9464ea3095d8eecb7f', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'touch-public-notification-history', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = pg_catalog.to_regclass('public.notification_history') and t.tgname = '_100_touch_updated_at'
        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'
)$query$, null, null, 'd0706bbb38672d82e6892a06786a8d58434d83c948a6420cd80d93ae3d980a61', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'protect-public-notification-history', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.notification_history', 'tenant_id', '{select,insert,update}', '{select,update}', '{}')$query$, $query$select 'public.notification_history', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.notification_history')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.notification_history') and p.polpermissive
order by p.polname$query$, null, '198739a2969a4fee60d4896d2f5bb9236bc84bec93328ca0f4df180f93859275', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'audit-public-notification-history', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.notification_history', '{}')$query$, null, null, 'a7bf758205f7a98ee29e515a8ab284fab317ec082cabb9eaa90a601e87233b5a', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'months-public-notification-history', 'ttdb_owner', false, false, false, $query$select ttdb.is_partitioned_by_month('public.notification_history', '2 years')$query$, null, null, '5e333dd797f9c9606ea96991b80e1ad09a76c9c6164d57aef58997c967696d8d', array['public.notification_history', 'public.notification_history_default']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0009', 'mask-public-notification-history', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.notification_history', '{"recipient_email": "email", "recipient_phone": "phone", "recipient_name": "name", "subject": "redacted", "failed_reason": "redacted", "id": "plain", "tenant_id": "plain", "user_id": "plain", "order_id": "plain", "channel": "plain", "type": "plain", "template_name": "plain", "status": "plain", "attempts": "plain", "retry_after": "plain", "provider_message_id": "plain", "sent_at": "plain", "delivered_at": "plain", "updated_at": "plain"}')$query$, null, null, '56f487a09b2defee17010031a0338437a5e36c029a2c099f1af368ad98a7f6db', array['masked.notification_history', 'public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'table-audit-logs', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.audit_logs') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', false, false),
        (3, 'action', 'text', true, false),
        (4, 'resource_type', 'text', false, false),
        (5, 'resource_id', 'uuid', false, false),
        (6, 'status', 'text', true, false),
        (7, 'error_message', 'text', false, false),
        (8, 'ip_address', 'inet', false, false),
        (9, 'user_agent', 'text', false, false),
        (10, 'metadata', 'jsonb', true, false),
        (11, 'created_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.audit_logs') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (created_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.audit_logs')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.audit_logs')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.audit_logs', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.audit_logs', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['audit_logs_action_must_be_1_to_100_characters', 'audit_logs_created_at_must_be_finite', 'audit_logs_failure_must_say_why', 'audit_logs_metadata_must_be_an_object', 'audit_logs_pkey', 'audit_logs_resource_must_say_its_type', 'audit_logs_resource_type_must_be_1_to_100_characters', 'audit_logs_status_must_be_known', 'audit_logs_tenant_id_fkey', 'audit_logs_tenant_id_user_id_fkey', 'audit_logs_user_agent_must_not_be_too_long']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.audit_logs') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.audit_logs', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.audit_logs') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'user_id', 'uuid', false, false),
        (3, 'action', 'text', true, false),
        (4, 'resource_type', 'text', false, false),
        (5, 'resource_id', 'uuid', false, false),
        (6, 'status', 'text', true, false),
        (7, 'error_message', 'text', false, false),
        (8, 'ip_address', 'inet', false, false),
        (9, 'user_agent', 'text', false, false),
        (10, 'metadata', 'jsonb', true, false),
        (11, 'created_at', 'timestamp with time zone', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.audit_logs') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (created_at)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.audit_logs')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.audit_logs')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.audit_logs', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.audit_logs', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['audit_logs_action_must_be_1_to_100_characters', 'audit_logs_created_at_must_be_finite', 'audit_logs_failure_must_say_why', 'audit_logs_metadata_must_be_an_object', 'audit_logs_pkey', 'audit_logs_resource_must_say_its_type', 'audit_logs_resource_type_must_be_1_to_100_characters', 'audit_logs_status_must_be_known', 'audit_logs_tenant_id_fkey', 'audit_logs_tenant_id_user_id_fkey', 'audit_logs_user_agent_must_not_be_too_long']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.audit_logs') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.audit_logs', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.audit_logs') is not null
    order by d.position, d.detail$query$, null, '41723712acd8abfa0ab6093fc6ce8b911caccac5016599b93a3844e42816fe2f', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-audit-logs-created-at-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, $query$select 'public.audit_logs_created_at_idx', case when i.indrelid = pg_catalog.to_regclass('public.audit_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.audit_logs_created_at_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.audit_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_created_at_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, created_at) ') > 0
)$query$, null, '8e72b296d745c994c7946611a6a6d42f9c48b7d50b2fe47290c1aa07dbfaa557', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-audit-logs-action-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_action_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, action, created_at) ') > 0
)$query$, $query$select 'public.audit_logs_action_idx', case when i.indrelid = pg_catalog.to_regclass('public.audit_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.audit_logs_action_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.audit_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_action_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, action, created_at) ') > 0
)$query$, null, 'ee6c9397a6a239c2b53f5e70cb49d51f9713470aa5b0c0e99ebb4a980460dcb4', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-audit-logs-user-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, $query$select 'public.audit_logs_user_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.audit_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.audit_logs_user_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.audit_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_user_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, user_id, created_at desc) ') > 0
)$query$, null, '85daabaede4856715c58bd0ae292854b751031ed4e3f3d570cc2597e67c3d5da', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-audit-logs-resource-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_resource_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, resource_type, resource_id, created_at) ') > 0
)$query$, $query$select 'public.audit_logs_resource_idx', case when i.indrelid = pg_catalog.to_regclass('public.audit_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.audit_logs_resource_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.audit_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.audit_logs_resource_idx')
        and i.indrelid = pg_catalog.to_regclass('public.audit_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, resource_type, resource_id, created_at) ') > 0
)$query$, null, '3a09af975d2143c2266301e1d4698ee643907d6733a442ee7745e39db4e52dc2', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'statistics-public-audit-logs', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_statistic_ext as s
    where s.stxrelid = pg_catalog.to_regclass('public.audit_logs') and 'f' = any(s.stxkind)
        and pg_catalog.strpos(pg_catalog.pg_get_statisticsobjdef(s.oid), ' ON tenant_id, user_id FROM ') > 0
)$query$, null, null, 'b2b448e4f291fe3f3c57281b0a5962eda14e40fbe92f6d71cdc8fc8a475484ff', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'protect-public-audit-logs', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.audit_logs', 'tenant_id', '{select,insert}', '{}', '{}')$query$, $query$select 'public.audit_logs', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.audit_logs')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.audit_logs') and p.polpermissive
order by p.polname$query$, null, '524c79d72c0aaa7c55e6eeafd3e896c3342a57f62843ba8a088c073efb9070bc', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'audit-public-audit-logs', 'ttdb_owner', false, false, false, $query$select audit.is_enabled('public.audit_logs', '{}')$query$, null, null, '9e8f958bbfb5314cd7776439928aeb91000a29dfe608be45dac6242536cb2e7d', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'months-public-audit-logs', 'ttdb_owner', false, false, false, $query$select ttdb.is_partitioned_by_month('public.audit_logs', '7 years')$query$, null, null, '95ddfbb68a8bbe4ecb0a51bb898af92289ebf4ade503df8193e56e1c3f61654f', array['public.audit_logs', 'public.audit_logs_default']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'mask-public-audit-logs', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.audit_logs', '{"error_message": "redacted", "ip_address": "ip", "user_agent": "redacted", "id": "plain", "tenant_id": "plain", "user_id": "plain", "action": "plain", "resource_type": "plain", "resource_id": "plain", "status": "plain", "created_at": "plain"}')$query$, null, null, '019b9d8f788cbf5e7d7ccd0f87f0791dc487741cdf5df562e71e75c102656593', array['masked.audit_logs', 'public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'table-event-logs', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.event_logs') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'timestamp', 'timestamp with time zone', true, false),
        (3, 'service', 'text', true, false),
        (4, 'event_type', 'text', true, false),
        (5, 'aggregate_type', 'text', false, false),
        (6, 'aggregate_id', 'uuid', false, false),
        (7, 'correlation_id', 'uuid', false, false),
        (8, 'payload', 'jsonb', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.event_logs') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (timestamp)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.event_logs')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.event_logs')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.event_logs', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.event_logs', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['event_logs_aggregate_must_say_its_type', 'event_logs_aggregate_type_must_be_1_to_100_characters', 'event_logs_event_type_must_be_1_to_100_characters', 'event_logs_payload_must_be_an_object', 'event_logs_pkey', 'event_logs_service_must_be_1_to_100_characters', 'event_logs_tenant_id_fkey', 'event_logs_timestamp_must_be_finite']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.event_logs') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.event_logs', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.event_logs') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'id', 'uuid', true, false),
        (1, 'tenant_id', 'uuid', true, false),
        (2, 'timestamp', 'timestamp with time zone', true, false),
        (3, 'service', 'text', true, false),
        (4, 'event_type', 'text', true, false),
        (5, 'aggregate_type', 'text', false, false),
        (6, 'aggregate_id', 'uuid', false, false),
        (7, 'correlation_id', 'uuid', false, false),
        (8, 'payload', 'jsonb', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.event_logs') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select 'RANGE (timestamp)', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.event_logs')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.event_logs')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.event_logs', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.event_logs', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['event_logs_aggregate_must_say_its_type', 'event_logs_aggregate_type_must_be_1_to_100_characters', 'event_logs_event_type_must_be_1_to_100_characters', 'event_logs_payload_must_be_an_object', 'event_logs_pkey', 'event_logs_service_must_be_1_to_100_characters', 'event_logs_tenant_id_fkey', 'event_logs_timestamp_must_be_finite']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.event_logs') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.event_logs', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.event_logs') is not null
    order by d.position, d.detail$query$, null, '016e3db7fa7f46d7fae172bb16b9d6a940a962ce583b69b587bde7291fafd2cf', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-event-logs-event-type-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_event_type_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_type, "timestamp") ') > 0
)$query$, $query$select 'public.event_logs_event_type_idx', case when i.indrelid = pg_catalog.to_regclass('public.event_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.event_logs_event_type_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.event_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_event_type_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, event_type, "timestamp") ') > 0
)$query$, null, '8bb59a13bc7ea2ee59f0cf9a143b53dbd0d4cb590e9bf5dda038ed73dc02476d', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-event-logs-aggregate-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_aggregate_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, aggregate_type, aggregate_id, "timestamp") ') > 0
)$query$, $query$select 'public.event_logs_aggregate_idx', case when i.indrelid = pg_catalog.to_regclass('public.event_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.event_logs_aggregate_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.event_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_aggregate_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, aggregate_type, aggregate_id, "timestamp") ') > 0
)$query$, null, '184b286b72848a7fdf277c715295dc6ee7dfc545a54776e57af931d705716724', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'index-event-logs-correlation-id-idx', 'ttdb_owner', false, false, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_correlation_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, correlation_id) ') > 0
)$query$, $query$select 'public.event_logs_correlation_id_idx', case when i.indrelid = pg_catalog.to_regclass('public.event_logs')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.event_logs_correlation_id_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.event_logs') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.event_logs_correlation_id_idx')
        and i.indrelid = pg_catalog.to_regclass('public.event_logs') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (tenant_id, correlation_id) ') > 0
)$query$, null, '3aa596c210db5459801a10ed2a8c7e11dc38d98e358419ba7c95f8a3afa6e0e9', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'protect-public-event-logs', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.event_logs', 'tenant_id', '{select,insert}', '{select}', '{}')$query$, $query$select 'public.event_logs', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.event_logs')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.event_logs') and p.polpermissive
order by p.polname$query$, null, '841ef25f0b2495d8f10db8ab55e85add5648174a7aa70b6d861d44c8435283b9', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'months-public-event-logs', 'ttdb_owner', false, false, false, $query$select ttdb.is_partitioned_by_month('public.event_logs', '13 months')$query$, null, null, '49ed6c19a1094d0629e4727b4d1c9154fca3b4b1a4ac93492566c97fc76b3d38', array['public.event_logs', 'public.event_logs_default']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0010', 'mask-public-event-logs', 'ttdb_owner', false, false, false, $query$select masked.is_masked('public.event_logs', '{"id": "plain", "tenant_id": "plain", "timestamp": "plain", "service": "plain", "event_type": "plain", "aggregate_type": "plain", "aggregate_id": "plain", "correlation_id": "plain"}')$query$, null, null, '72f5d7ea329c2b946e2baffdd928a33232244e187f72b496b169d8c02fc3ae6e', array['masked.event_logs', 'public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'table-ticket-sales', 'ttdb_owner', false, false, false, $query$select pg_catalog.to_regclass('public.ticket_sales') is not null
    and not exists (
    with wanted (position, name, type, required, generated) as (
        values
        (0, 'tenant_id', 'uuid', true, false),
        (1, 'ticket_type_id', 'uuid', true, false),
        (2, 'quantity', 'integer', true, false),
        (3, 'sold', 'integer', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.ticket_sales') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.ticket_sales')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.ticket_sales')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.ticket_sales', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.ticket_sales', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['ticket_sales_must_not_be_negative', 'ticket_sales_pkey', 'ticket_sales_tenant_id_ticket_type_id_fkey']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.ticket_sales') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.ticket_sales', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.ticket_sales') is not null
    order by d.position, d.detail
)$query$, $query$    with wanted (position, name, type, required, generated) as (
        values
        (0, 'tenant_id', 'uuid', true, false),
        (1, 'ticket_type_id', 'uuid', true, false),
        (2, 'quantity', 'integer', true, false),
        (3, 'sold', 'integer', true, false)
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass('public.ticket_sales') and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select '', coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('public.ticket_sales')
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', 'public.ticket_sales')
        from partitioned as p where p.wanted <> p.standing
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', 'public.ticket_sales', w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', 'public.ticket_sales', w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array['ticket_sales_must_not_be_negative', 'ticket_sales_pkey', 'ticket_sales_tenant_id_ticket_type_id_fkey']::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass('public.ticket_sales') and k.conname = c.name and k.convalidated
        )
    )
    select 'public.ticket_sales', d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass('public.ticket_sales') is not null
    order by d.position, d.detail$query$, null, '30aeb2dbb238d197dfd8166af557c4920bb561d348e84aa496f6697f933e0af7', array['public.ticket_sales']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'protect-public-ticket-sales', 'ttdb_owner', false, false, false, $query$select ttdb.is_protected('public.ticket_sales', 'tenant_id', '{select}', '{}', '{select,insert,update}')$query$, $query$select 'public.ticket_sales', pg_catalog.format('policy %I stands on it already', p.polname),
    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',
        p.polname, 'public.ticket_sales')
from pg_catalog.pg_policy as p
where p.polrelid = pg_catalog.to_regclass('public.ticket_sales') and p.polpermissive
order by p.polname$query$, null, '052864b7cec848293451a44c3e0500d7ca5dbfa229bcd756ec8b26aca8373696', array['public.ticket_sales']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'tg-count-ticket', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__count_ticket()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__count_ticket()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__count_ticket()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '27cf2e07d9b5a76b5afb98d23df23df1d50c77fbbd473fbc1c91bf1ec7bc4623', array[]::text[], array['ttdb.tg__count_ticket()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'tg-open-sales', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__open_sales()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__open_sales()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__open_sales()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '9fa79eac6c9b19534b4b1286c01b605a659af5211b366e8075c7a352cd5c44f1', array[]::text[], array['ttdb.tg__open_sales()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'tg-sales-within-quantity', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__sales_within_quantity()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__sales_within_quantity()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__sales_within_quantity()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'e11dcee783c6a336aa22e346c04eecb71926162085e242ca829c6f6aff4a840c', array[]::text[], array['ttdb.tg__sales_within_quantity()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'tg-sales-equal-tickets', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__sales_equal_tickets()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__sales_equal_tickets()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__sales_equal_tickets()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'bd3ec5a40c9ddef248370a16f434c5b92cb12acd9ab92d93e99c7b6e4878aa09', array[]::text[], array['ttdb.tg__sales_equal_tickets()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'tg-settle-sales', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__settle_sales()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__settle_sales()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__settle_sales()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'ce8d459047a9cea2880d976b99156c21b8e7358d926f7fdf297c17f38f381660', array[]::text[], array['ttdb.tg__settle_sales()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'rule-ticket-sales-must-not-exceed-quantity', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.ticket_sales') and t.tgname = 'ticket_sales_must_not_exceed_quantity'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__sales_within_quantity()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, 'a74e18a4c267be7b4ae56cefaf22a9e40f2d24e7a26107e53560607c2babaec3', array['public.ticket_sales']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'open-sales', 'ttdb_operator', true, false, false, $query$select not exists (
        select from public.ticket_types as t
        where not exists (select from public.ticket_sales as s where s.ticket_type_id = t.id)
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.ticket_types') and g.tgname = '_500_open_sales'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__open_sales()') and g.tgenabled in ('O', 'A')
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.ticket_types') and g.tgname = '_500_settle_sales'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__settle_sales()') and g.tgenabled in ('O', 'A')
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.tickets') and g.tgname = 'tickets_must_be_counted'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__count_ticket()') and g.tgenabled in ('O', 'A')
    )$query$, null, null, 'd8fa8a0bc82df086fd5576f31898b7a3269daa88f0b5d0824ba87127b8d95e7f', array['public.ticket_types', 'public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'rule-ticket-sales-must-equal-tickets', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.ticket_sales') and t.tgname = 'ticket_sales_must_equal_tickets'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__sales_equal_tickets()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = true
    )$query$, null, null, '1b6af4e89511f554233e5b27b70b1c5e374006c5e6c3f0b7c2531a736dda3270', array['public.ticket_sales']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0011', 'settle-load', 'ttdb_definer', true, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.settle_load()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.settle_load()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.settle_load()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'fdf04d988706e202537a57fcf5d617e050ac4b4e40bebb008a8c5940bb06357e', array[]::text[], array['ttdb.settle_load()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'hold-order', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.hold_order(uuid)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.hold_order(uuid)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.hold_order(uuid)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '9dd0c292772404dd777ed944d1d790dbb4978cde1af371bee9c486a9423d906d', array[]::text[], array['ttdb.hold_order(uuid)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-subtotal-equals-items', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__subtotal_equals_items()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__subtotal_equals_items()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__subtotal_equals_items()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '2080f9114603cb57d36154c0df84c46769219ac4cc31e911cb29c055b4fe00a1', array[]::text[], array['ttdb.tg__subtotal_equals_items()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-discount-equals-discounts', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__discount_equals_discounts()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__discount_equals_discounts()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__discount_equals_discounts()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '8ba44c76ace5a55c2fa482179c9948b1f6c25abae40e659f4b4031226e95d9a7', array[]::text[], array['ttdb.tg__discount_equals_discounts()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-items-within-limit', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__items_within_limit()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__items_within_limit()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__items_within_limit()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '25a16c164e1d3f04c65641e712d635b3b59395aac064e7041537a9b301fa95e7', array[]::text[], array['ttdb.tg__items_within_limit()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-items-match-order', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__items_match_order()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__items_match_order()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__items_match_order()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '84df48b6cecf03b3fb225aaeae31d468d436127985b41a13bcffbaacdc0aefdd', array[]::text[], array['ttdb.tg__items_match_order()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-currency-of-order', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__currency_of_order()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__currency_of_order()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__currency_of_order()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '7ebbf9e102b4d5a34333b2aadbcd287453f1e19a89a5b1b67396d94b0fc97ce7', array[]::text[], array['ttdb.tg__currency_of_order()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-tickets-within-items', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__tickets_within_items()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__tickets_within_items()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__tickets_within_items()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, 'da97e0843d49dc9c8a1d04a3440cb55676d6b1f3298d8e0ba212fca988fbf25e', array[]::text[], array['ttdb.tg__tickets_within_items()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'tg-refunds-within-payments', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__refunds_within_payments()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'ttdb.tg__refunds_within_payments()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__refunds_within_payments()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '5b3c477c6d84c99bbc5d9cab850aad82e3d8517fd32f9f0ae2034a704ea02f89', array[]::text[], array['ttdb.tg__refunds_within_payments()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-ticket-types-must-keep-their-id-and-tenant', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.ticket_types', '{id,tenant_id}', 'ticket_types_must_keep_their_id_and_tenant')$query$, null, null, '3edc2a335e3c007dc867c1ce51f45dcf52fa688030021f250864d7fc38e1f89c', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-orders-must-keep-their-id-and-tenant', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.orders', '{id,tenant_id}', 'orders_must_keep_their_id_and_tenant')$query$, null, null, '21e17ff9f6a4f07c99aa7f2c01741944eac12a23b88466dd5badf9ec1f879aee', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-order-items-must-keep-their-id-and-tenant', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.order_items', '{id,tenant_id}', 'order_items_must_keep_their_id_and_tenant')$query$, null, null, '0627239b7af9a592dff23a4ecb8a41578a484d81c108a9cac54dc4eb72582683', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-order-discounts-must-keep-their-id-and-tenant', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.order_discounts', '{id,tenant_id}', 'order_discounts_must_keep_their_id_and_tenant')$query$, null, null, 'afab11fb07e62e8f34551d95b494e50f03ef1172ad625a688e4169fc14411c41', array['public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-tickets-must-keep-their-id-and-tenant', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.tickets', '{id,tenant_id}', 'tickets_must_keep_their_id_and_tenant')$query$, null, null, 'bbd83d3719f51a5a40b33facc05a3e9e1fb2594099bfad847f43532f55a0b1f5', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-orders-subtotal-must-equal-its-items', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.orders') and t.tgname = 'orders_subtotal_must_equal_its_items'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__subtotal_equals_items()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )
    and exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_items') and t.tgname = 'orders_subtotal_must_equal_its_items'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__subtotal_equals_items()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, 'de86a5e930bccd895a9b47cb020b1edef403bdd0acb74e0b9b267598790fc182', array['public.orders', 'public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-orders-discount-must-equal-its-discounts', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.orders') and t.tgname = 'orders_discount_must_equal_its_discounts'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__discount_equals_discounts()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )
    and exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_discounts') and t.tgname = 'orders_discount_must_equal_its_discounts'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__discount_equals_discounts()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, 'cbc0db3cec398d5c1cacaab99b84eb788e62e5031659bc13704ce81cd618980a', array['public.orders', 'public.order_discounts']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-order-items-must-not-exceed-limit-of-their-type', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_items') and t.tgname = 'order_items_must_not_exceed_limit_of_their_type'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__items_within_limit()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, '09c6077c578f773522d3875f2c055329a3af76acd2ea5d65fe592db4dd2d351c', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-order-items-must-be-of-the-orders-event', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_items') and t.tgname = 'order_items_must_be_of_the_orders_event'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__items_match_order()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = false
            and (t.tgqual is not null) = false
    )$query$, null, null, '3b1390af58ff73ee81879fcb79f99ed181657d3e4fe0792609a46b3663c2a994', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-order-items-must-have-the-orders-currency', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_items') and t.tgname = 'order_items_must_have_the_orders_currency'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__items_match_order()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = false
            and (t.tgqual is not null) = false
    )$query$, null, null, 'ee8356e3e6850ca81f92863216086d9a80bf06000c2f4d24602aab42e492428b', array['public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-tickets-must-have-the-orders-currency', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.tickets') and t.tgname = 'tickets_must_have_the_orders_currency'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__currency_of_order()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = false
            and (t.tgqual is not null) = false
    )$query$, null, null, '9d02175af88ae92b6a5a30577f53733617e53f1161926089ee31db8efbfa1577', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-payment-transactions-must-have-the-orders-currency', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.payment_transactions') and t.tgname = 'payment_transactions_must_have_the_orders_currency'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__currency_of_order()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = false
            and (t.tgqual is not null) = false
    )$query$, null, null, '8d9765ff362133fb94c039737c23cad60d41eb60ceacb54e76aca5d25b0c5f5e', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-tickets-must-not-exceed-items', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.tickets') and t.tgname = 'tickets_must_not_exceed_items'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__tickets_within_items()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )
    and exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.order_items') and t.tgname = 'tickets_must_not_exceed_items'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__tickets_within_items()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, 'af83b3d11157b4c39302c771e51dfacb3cd45b50a205a08dee5696246b912e44', array['public.tickets', 'public.order_items']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'rule-payment-transactions-refunds-must-not-exceed-payments', 'ttdb_owner', false, false, false, $query$select exists (
        select from pg_catalog.pg_trigger as t
        where t.tgrelid = pg_catalog.to_regclass('public.payment_transactions') and t.tgname = 'payment_transactions_refunds_must_not_exceed_payments'
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__refunds_within_payments()')
            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')
            and t.tginitdeferred = true
            and (t.tgqual is not null) = false
    )$query$, null, null, 'eaa3b8af07242e990a5c27813cb6d0101f5932ce564f1ba3910fe842431696aa', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'broken-rules', 'ttdb_owner', true, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.broken_rules()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.broken_rules()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.broken_rules()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'a44e29581c45884bea0b6a3468d279de246b0524bf2d340b063d3012559ad024', array[]::text[], array['ttdb.broken_rules()']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0012', 'refuse-broken-rows', 'ttdb_operator', true, false, false, $query$select not exists (select from ttdb.broken_rules())$query$, null, null, 'c1dd2482717837bf532e06b23c9790ee2f92cf93a13b55b6818568c260e6b306', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-payment-transactions-must-keep-their-id-and-time', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.payment_transactions', '{id,created_at}', 'payment_transactions_must_keep_their_id_and_time')$query$, null, null, '26c30c54f8a3a0c0747ee54435f90b93c5946ea913ac75e48df90c52a63162fe', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-audit-logs-must-keep-their-id-and-time', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.audit_logs', '{id,created_at}', 'audit_logs_must_keep_their_id_and_time')$query$, null, null, '1cbfed4ab86b037278da2339c9c25c8b84a3dc25c1fe563ebd8a3b1d3b00caad', array['public.audit_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-notification-history-must-keep-their-id-and-time', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.notification_history', '{id,sent_at}', 'notification_history_must_keep_their_id_and_time')$query$, null, null, '4e03511cb01f12bcba14faefe8d77fb6c7a1c2695229557d2e91a1775c2505ae', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-event-logs-must-keep-their-id-and-time', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.event_logs', '{id,timestamp}', 'event_logs_must_keep_their_id_and_time')$query$, null, null, '9e9636091a47eca84dc2975947271343603bba2ccfefda47ee45b969983275fc', array['public.event_logs']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-tenants-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.tenants', 'status', 'tenants_status_must_follow_its_course', '{"ACTIVE": ["SUSPENDED", "CLOSED"], "SUSPENDED": ["ACTIVE", "CLOSED"], "CLOSED": []}')$query$, null, null, '25faefb3486e5713b78f3c0e3af989a5aece02cf6c6b2c4fdd30c77e658d4ec6', array['public.tenants']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-users-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.users', 'status', 'users_status_must_follow_its_course', '{"PENDING": ["ACTIVE", "SUSPENDED", "DELETED"], "ACTIVE": ["SUSPENDED", "DELETED"], "SUSPENDED": ["ACTIVE", "DELETED"], "DELETED": []}')$query$, null, null, 'e4bce484c3b9b83f42f8e55d9d5c31cd294b38d87c842b79ccf1427befda8aa3', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-events-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.events', 'status', 'events_status_must_follow_its_course', '{"DRAFT": ["PUBLISHED", "CANCELLED"], "PUBLISHED": ["DRAFT", "ON_SALE", "CANCELLED"], "ON_SALE": ["PUBLISHED", "SOLD_OUT", "CANCELLED", "COMPLETED"], "SOLD_OUT": ["ON_SALE", "CANCELLED", "COMPLETED"], "CANCELLED": [], "COMPLETED": []}')$query$, null, null, 'd328b1a11f4dce9b71929ebf74829feef971080f93a510d9fece25998cca723b', array['public.events']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-orders-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.orders', 'status', 'orders_status_must_follow_its_course', '{"PENDING": ["RESERVED", "CONFIRMED", "CANCELLED", "EXPIRED"], "RESERVED": ["CONFIRMED", "CANCELLED", "EXPIRED"], "CONFIRMED": ["COMPLETED", "CANCELLED", "REFUNDED"], "COMPLETED": ["REFUNDED"], "CANCELLED": [], "EXPIRED": [], "REFUNDED": []}')$query$, null, null, '86e40bfa329b03c25bd8f51ced37e36d9a801f14a4fc130cac8c38abdbd1501b', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-tickets-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.tickets', 'status', 'tickets_status_must_follow_its_course', '{"RESERVED": ["SOLD", "CANCELLED", "EXPIRED"], "SOLD": ["USED", "CANCELLED", "REFUNDED"], "USED": ["REFUNDED"], "CANCELLED": [], "EXPIRED": [], "REFUNDED": []}')$query$, null, null, '68656f6fcf1369483c972f1f8f825fc373a27332eeed6ac46271ddfa27a69f1a', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-payment-transactions-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.payment_transactions', 'status', 'payment_transactions_status_must_follow_its_course', '{"PENDING": ["PROCESSING", "SUCCEEDED", "FAILED", "CANCELLED"], "PROCESSING": ["SUCCEEDED", "FAILED", "CANCELLED"], "FAILED": ["PROCESSING"], "SUCCEEDED": [], "CANCELLED": []}')$query$, null, null, '85afb9a391ab3382359980b42121c8485d83fcf55532e2b44d0c4ad913dd57f5', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-notification-history-status-must-follow-its-course', 'ttdb_owner', false, false, false, $query$select ttdb.has_transitions('public.notification_history', 'status', 'notification_history_status_must_follow_its_course', '{"QUEUED": ["SENT", "FAILED"], "SENT": ["DELIVERED", "FAILED", "BOUNCED"], "FAILED": ["QUEUED", "SENT"], "DELIVERED": [], "BOUNCED": []}')$query$, null, null, 'f0de514a3c591ffc7396eb530608b2e82af5b5e48973033c49e7df35b887721c', array['public.notification_history']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-ticket-types-must-stay-with-event-and-currency', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.ticket_types', '{event_id,currency}', 'ticket_types_must_stay_with_event_and_currency')$query$, null, null, 'a682d0a1becb47698220aab5ccd453233b54162dcf34e06556142a88a73eeb14', array['public.ticket_types']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-orders-must-stay-with-event-and-currency', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.orders', '{event_id,currency}', 'orders_must_stay_with_event_and_currency')$query$, null, null, '4ade55ef90aeb4ed6263daa366412309a6cd312434571836434b5d67b59aba82', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-orders-must-not-happen-twice', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.orders', '{confirmed_at,cancelled_at,refunded_at}', 'orders_must_not_happen_twice')$query$, null, null, 'ab2a651d85d183b12ee586ef89986a4346f01ff4d382027df755747b590e1e28', array['public.orders']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-tickets-must-not-happen-twice', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.tickets', '{sold_at,used_at,cancelled_at}', 'tickets_must_not_happen_twice')$query$, null, null, 'fe20bc87883218e31174c632e7c595053ce0047bbd77751a6667c433f8efd2db', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-tickets-must-keep-their-number-and-price', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.tickets', '{ticket_number,price}', 'tickets_must_keep_their_number_and_price')$query$, null, null, '497141851b1b5f73412011fa387d988aa5ecc4c3f1164bd3236099dd7fe830d4', array['public.tickets']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-payment-transactions-must-stay-as-made', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.payment_transactions', '{order_id,type,amount,currency}', 'payment_transactions_must_stay_as_made')$query$, null, null, 'ba1db4eafbf36ac9b99657409171c8155eb454806f36070f5af08b452df4b90a', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0013', 'rule-payment-transactions-must-not-end-twice', 'ttdb_owner', false, false, false, $query$select ttdb.keeps_values('public.payment_transactions', '{processed_at}', 'payment_transactions_must_not_end_twice')$query$, null, null, '67582d725e6585a027dc7b4cc0fbcd20516fe4ca406e1d44fb21700a8c7bad98', array['public.payment_transactions']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'index-users-login-idx', 'ttdb_owner', false, true, false, $query$select exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_login_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (email) ') > 0
)$query$, $query$select 'public.users_login_idx', case when i.indrelid = pg_catalog.to_regclass('public.users')
    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)
    else 'the name is taken by another table''s ' || case c.relkind
    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'
from pg_catalog.pg_class as c
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = pg_catalog.to_regclass('public.users_login_idx')
    and (i.indrelid is distinct from pg_catalog.to_regclass('public.users') or i.indisvalid)
    and not exists (
    select from pg_catalog.pg_index as i
    where i.indexrelid = pg_catalog.to_regclass('public.users_login_idx')
        and i.indrelid = pg_catalog.to_regclass('public.users') and i.indisvalid
        and not i.indisunique and i.indpred is not null
        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',
            ' using btree (email) ') > 0
)$query$, null, 'c674c8948f11c1783cb8a79cf41c7b40ddc803c2d5653c078d632ffe1ce24316', array['public.users']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'tenants-of-email', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenants_of_email(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'public.tenants_of_email(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenants_of_email(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '1a26e67543f8734838a8f1a1bbe8d03264c8316e820535603ee41742352fbc89', array[]::text[], array['public.tenants_of_email(text)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'resolver-public-tenants-of-email', 'ttdb_owner', false, false, false, $query$select exists (select from ttdb.resolvers as r where r.function = 'public.tenants_of_email(text)' and r.finds = 'the tenants in which an e-mail address has an account, for logging in')$query$, null, null, '4c870fab3f2cd0323b4f562d2157bbe77910024e979ae2ea5740561c6097f1bd', array[]::text[], array['public.tenants_of_email(text)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'tenant-of-payment-intent', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenant_of_payment_intent(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'public.tenant_of_payment_intent(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenant_of_payment_intent(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '2915e1179eb69f841551ce1faab87c3c98ffa82f7453c924e3cfb7edcfd63b04', array[]::text[], array['public.tenant_of_payment_intent(text)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'resolver-public-tenant-of-payment-intent', 'ttdb_owner', false, false, false, $query$select exists (select from ttdb.resolvers as r where r.function = 'public.tenant_of_payment_intent(text)' and r.finds = 'the tenant whose payment a provider''s intent is, for its webhooks')$query$, null, null, 'f37022ba31f6770e6811d5d16b0d0d9c62d7876f7cd4ede86c7054221fddd08b', array[]::text[], array['public.tenant_of_payment_intent(text)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'tenant-of-slug', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenant_of_slug(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'public.tenant_of_slug(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('public.tenant_of_slug(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '7d6c93149845e912887a9aec3105a693461b9165a405492e6ae43d851362de72', array[]::text[], array['public.tenant_of_slug(text)']::text[]);
insert into pg_temp.steps overriding user value values ('platform_0014', 'resolver-public-tenant-of-slug', 'ttdb_owner', false, false, false, $query$select exists (select from ttdb.resolvers as r where r.function = 'public.tenant_of_slug(text)' and r.finds = 'the tenant that has an address, for its visitors')$query$, null, null, 'ee7b6bd6db462b64f2c2db89237d17dd3624807039f9377055bd9b11fae7e363', array[]::text[], array['public.tenant_of_slug(text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'extension-pgcrypto', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_extension as e where e.extname = 'pgcrypto')$query$, $query$select 'pgcrypto', 'the server does not have this extension', 'Install PostgreSQL''s contrib modules on the server: package postgresql-contrib, or what it is called there.'
where not exists (select from pg_catalog.pg_extension as e where e.extname = 'pgcrypto')
    and not exists (select from pg_catalog.pg_available_extensions as a where a.name = 'pgcrypto')
union all
select 'ttdb_pgcrypto', 'a schema of this name stands', 'Rename it, or have an admin run: create extension pgcrypto;'
from pg_catalog.pg_namespace as n where n.nspname = 'ttdb_pgcrypto'
    and not exists (select from pg_catalog.pg_extension as e where e.extname = 'pgcrypto')$query$, null, 'cda23b80f35b83e3ef59bd0c2e0456f47b9cb3050543cf578a61b32caa3d1ba7', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'use-of-extension-pgcrypto', 'ttdb_owner', false, false, false, $query$select not exists (
    select from pg_catalog.pg_extension as e
    cross join pg_catalog.unnest('{ttdb_app,ttdb_worker,ttdb_operator}'::text[]) as r (name)
    where e.extname = 'pgcrypto'
        and not coalesce(
            pg_catalog.has_schema_privilege(pg_catalog.to_regrole(r.name), e.extnamespace, 'usage'),
            pg_catalog.has_schema_privilege('public', e.extnamespace, 'usage'))
)
    and exists (select from pg_catalog.pg_extension as e where e.extname = 'pgcrypto')$query$, $query$select 'pgcrypto', pg_catalog.format('it stands in schema %I, which not all of ttdb_app, ttdb_worker, ttdb_operator may use',
    n.nspname), pg_catalog.format('grant usage on schema %I to ttdb_app, ttdb_worker, ttdb_operator;', n.nspname)
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where e.extname = 'pgcrypto' and pg_catalog.pg_get_userbyid(n.nspowner) <> 'ttdb_owner'
    and exists (
    select from pg_catalog.pg_extension as e
    cross join pg_catalog.unnest('{ttdb_app,ttdb_worker,ttdb_operator}'::text[]) as r (name)
    where e.extname = 'pgcrypto'
        and not coalesce(
            pg_catalog.has_schema_privilege(pg_catalog.to_regrole(r.name), e.extnamespace, 'usage'),
            pg_catalog.has_schema_privilege('public', e.extnamespace, 'usage'))
    )$query$, null, 'd63919421eabc76fd809b30e10e15d8f1572de8f5694a82b02c644c4972c5e37', array[]::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'pgcrypto-schema', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.pgcrypto_schema()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.pgcrypto_schema()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.pgcrypto_schema()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'd6bac39551c399abb724fd011c8e8edf2a2eac940819b3c49dfe0e3fdf8f4163', array[]::text[], array['ttdb.pgcrypto_schema()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'key-id-of', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.key_id_of(text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.key_id_of(text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.key_id_of(text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'b60fec43b409f74505b725a24408acf11479cc3cbd890f12fa6adb7ee7a202e0', array[]::text[], array['ttdb.key_id_of(text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'encrypt', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.encrypt(text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.encrypt(text, text, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.encrypt(text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'a3737a24add2582ed203dde47d8417b6777cc25616f7a47052c74b0f211f60c1', array[]::text[], array['ttdb.encrypt(text, text, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'decrypt', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.decrypt(text, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.decrypt(text, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.decrypt(text, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '379209f09b5f7d443c727cd183e1e027733b4676073cf186074474064f702311', array[]::text[], array['ttdb.decrypt(text, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0005', 'reencrypt', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.reencrypt(text, text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.reencrypt(text, text, text, text)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.reencrypt(text, text, text, text)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '4559f5b947c367f2840f6afd239579e98861c7055243e703382a649f75cf49e4', array[]::text[], array['ttdb.reencrypt(text, text, text, text)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'set-aside', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.set_aside') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.set_aside', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.set_aside') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '072e0a85bfbcf5c9c105f80e8941dae85e24dd97a0a51430dfcb296a11b6e94f', array['ttdb.set_aside']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'record-load', 'ttdb_definer', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.record_load(regclass, bigint, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_definer')$query$, $query$select 'audit.record_load(regclass, bigint, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.record_load(regclass, bigint, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_definer'$query$, null, '42ce0c341c27aeac7965675d4e226b34cea9c51f4d60f155581f8c57ddd4e1f6', array[]::text[], array['audit.record_load(regclass, bigint, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'tg-end-of-load', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__end_of_load()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.tg__end_of_load()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.tg__end_of_load()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '7ff28a1849ed4cc54c2317979ad35ef126c316bada6b08ca84d46ecc1ebdefc8', array[]::text[], array['audit.tg__end_of_load()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'open-loads', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.open_loads') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.open_loads', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.open_loads') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, '492b1feda08be737cdc6e2bfd47fd8784c8fa8e552ef1026d449d63fa5838017', array['ttdb.open_loads']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'begin-load', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.begin_load(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.begin_load(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.begin_load(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '5c4f92331e0c4f7bd8b1900dae196a87fb0e252b3ed6822f8a16a43bc61af3a5', array[]::text[], array['audit.begin_load(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0006', 'end-load', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.end_load(regclass, bigint, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'audit.end_load(regclass, bigint, jsonb)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('audit.end_load(regclass, bigint, jsonb)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '60af0f7e21d4700bb01084c28f02d4295e400649ceed4fc6fb7f3a7288d42141', array[]::text[], array['audit.end_load(regclass, bigint, jsonb)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'converted-tables', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.converted_tables') and pg_catalog.pg_get_userbyid(o.relowner) = 'ttdb_owner')$query$, $query$select 'ttdb.converted_tables', pg_catalog.format('a table of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.relowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass('ttdb.converted_tables') and pg_catalog.pg_get_userbyid(o.relowner) <> 'ttdb_owner'$query$, null, 'bd3e16ebb8d4e25170a8e566826b7742a9c5096ad5589b5162f627f8e082c14e', array['ttdb.converted_tables']::text[], array[]::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'refuse-unconvertible', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_unconvertible(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.refuse_unconvertible(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.refuse_unconvertible(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '1ebba678f043b7566ceb5a7ad01255b6eb961984efaf21e971c8351f5fba5916', array[]::text[], array['ttdb.refuse_unconvertible(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'statements-inside', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.statements_inside(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.statements_inside(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.statements_inside(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '768d26e71717d41b0f04e286d8b33fd90526b8adc0f8edc3522ea9b4fe628c7e', array[]::text[], array['ttdb.statements_inside(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'statements-outside', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.statements_outside(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.statements_outside(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.statements_outside(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '6b49aaacba6620ea2ebc602d131c621eb33288e94896038e0a62761ec830b8ea', array[]::text[], array['ttdb.statements_outside(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'say-again', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.say_again(text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.say_again(text[], text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.say_again(text[], text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'df53a9a0aa11f08c0e1f1f9ad03d3797b735280bf13d725a4972b72a3f71e7ba', array[]::text[], array['ttdb.say_again(text[], text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'close-leaf', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.close_leaf(regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.close_leaf(regclass, regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.close_leaf(regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '00b29f93b72d5ff8e2b27b9d88a41d39da2990c43c2121ea779a5d21cb82d04b', array[]::text[], array['ttdb.close_leaf(regclass, regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'take-over', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.take_over(regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.take_over(regclass, regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.take_over(regclass, regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '0b6fa227f693a187d9d6deed769868c5d1857cc81dd57837d5b7406891a058bc', array[]::text[], array['ttdb.take_over(regclass, regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'partition-in-place', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.partition_in_place(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.partition_in_place(regclass, name)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.partition_in_place(regclass, name)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '9396f4b7aeadcd28f75c2aaf6c475333d93ec8dfe113c6faa97cc6d03c5338e0', array[]::text[], array['ttdb.partition_in_place(regclass, name)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'unpartition-in-place', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unpartition_in_place(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.unpartition_in_place(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.unpartition_in_place(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '07f31fd9db823fb40bc05b54c45d65568f764e2ebc4c30264bc5be7797c3e827', array[]::text[], array['ttdb.unpartition_in_place(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'tg-note-change', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__note_change()') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.tg__note_change()', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.tg__note_change()') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '8aab0db8d41b7a8be6919814164c122199308c085d0deab623d45a886167802a', array[]::text[], array['ttdb.tg__note_change()']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'stop-noting', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.stop_noting(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.stop_noting(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.stop_noting(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '7908c5e8316714cdeb09d3ce7ea98e3f0c9d071d3ef0940a94206d7d69b1add8', array[]::text[], array['ttdb.stop_noting(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'end-copy', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.end_copy(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.end_copy(regclass)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.end_copy(regclass)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, 'da593d80984abed603fe2fa3a12b128bc328e6c723eceefc1df2e1fe3e4c2ab8', array[]::text[], array['ttdb.end_copy(regclass)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'begin-copy', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.begin_copy(regclass, text, text[])') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.begin_copy(regclass, text, text[])', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.begin_copy(regclass, text, text[])') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '3187fa6c938bfdaa9d953fe499096d76b1d448eef22d3d5fb34854205403d32d', array[]::text[], array['ttdb.begin_copy(regclass, text, text[])']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'copy-changes', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.copy_changes(regclass, bigint)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.copy_changes(regclass, bigint)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.copy_changes(regclass, bigint)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '86776ea7b796491a4353470f56e322f19cb5e7c7dd6639ca64b533aca1545dfb', array[]::text[], array['ttdb.copy_changes(regclass, bigint)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'copy-rows', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.copy_rows(regclass, text, bigint)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.copy_rows(regclass, text, bigint)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.copy_rows(regclass, text, bigint)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '38c4366826048fe2bf2af833ea83dc1619d0aeda66712cdc8a5dde2197b38c0f', array[]::text[], array['ttdb.copy_rows(regclass, text, bigint)']::text[]);
insert into pg_temp.steps overriding user value values ('engine_0007', 'finish-copy', 'ttdb_owner', false, false, false, $query$select exists (select from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.finish_copy(regclass, text, interval)') and pg_catalog.pg_get_userbyid(o.proowner) = 'ttdb_owner')$query$, $query$select 'ttdb.finish_copy(regclass, text, interval)', pg_catalog.format('a function of this name stands and belongs to %I',
    pg_catalog.pg_get_userbyid(o.proowner)), 'ttdb makes its own: rename or drop it.'
from pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure('ttdb.finish_copy(regclass, text, interval)') and pg_catalog.pg_get_userbyid(o.proowner) <> 'ttdb_owner'$query$, null, '430e20c14033cd4cfde414e9b0f85da6d3e05500f39a0b55561f8ec5ebb5b2cb', array[]::text[], array['ttdb.finish_copy(regclass, text, interval)']::text[]);
-- Nothing is changed where something stands in the way.
select pg_temp.find_conflicts() > 0 as conflicting \gset
\if :conflicting
    select
        c.object as "object",
        c.detail,
        c.advice
    from pg_temp.conflicts as c
    order by c.position;
    do $refuse$
    begin
        raise exception '% conflicts stand in the way; nothing was changed',
            (select pg_catalog.count(*) from pg_temp.conflicts)
            using hint = 'Do what each says, and run this again.';
    end;
    $refuse$;
\endif

create table if not exists public.alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
);

-- The steps. Of what their selects return, nothing is of interest.
\o /dev/null

-- engine_0001: Create the engine: tenant context, registry, ledger, and the verbs that protect, audit and mask a table.

-- engine_0001, 1 of 55: ledger
-- as ttdb_owner; lock: none on what stands
begin;
select * from pg_temp.look('engine_0001', 'ledger') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
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
comment on column ttdb.ledger.progress is 'how far a step that runs in batches has come: its last key, and rows';
comment on column ttdb.ledger.recorded_at is 'when it was written here';
comment on column ttdb.ledger.recorded_by is 'the login, whatever role it had taken';
comment on constraint ledger_pkey on ttdb.ledger is 'a step is recorded once';
comment on constraint ledger_outcome_must_be_known on ttdb.ledger is 'the outcome is unknown';
grant select on ttdb.ledger to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'ledger') as outcome \gset
\echo engine_0001 ledger: :outcome
\endif
commit;

-- engine_0001, 2 of 55: managed-objects
-- as ttdb_owner, on ttdb.managed_objects; lock: none on what stands
begin;
select * from pg_temp.look('engine_0001', 'managed-objects') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- How every object that a revision manages must look, in the server's own words.
create table ttdb.managed_objects (
    kind text not null,
    identity text not null,
    definition text not null,
    revision text not null,
    step text not null,
    constraint managed_objects_pkey primary key (kind, identity)
);
comment on table ttdb.managed_objects is 'The definitions that the revisions left behind: what differs has drifted.';
comment on column ttdb.managed_objects.kind is
'what is described: a function, a policy, a constraint, who owns it, its grants and more';
comment on column ttdb.managed_objects.identity is 'which one, as the server names it with an empty search_path';
comment on column ttdb.managed_objects.definition is 'as ttdb.definitions_of() and ttdb.definitions_in() gave it';
comment on column ttdb.managed_objects.revision is 'the revision that left it so';
comment on column ttdb.managed_objects.step is 'the step that left it so';
comment on constraint managed_objects_pkey on ttdb.managed_objects is 'an object has one definition';
grant select on ttdb.managed_objects to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'managed-objects') as outcome \gset
\echo engine_0001 managed-objects: :outcome
\endif
commit;

-- engine_0001, 3 of 55: grants-as-text
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'grants-as-text') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- An access list in words, one grantee a line: equal lists read equal, however they came about.
create or replace function ttdb.grants_as_text(acl aclitem[]) returns text
language sql
stable
parallel safe
security invoker
begin atomic
    select coalesce(pg_catalog.string_agg(g.line, e'\n' order by g.line collate pg_catalog."C"), '')
    from (
        select
            coalesce(pg_catalog.pg_get_userbyid(nullif(a.grantee, 0)), 'public')
            || ': '
            || pg_catalog.string_agg(
                pg_catalog.lower(a.privilege_type) || case when a.is_grantable then ' with grant option' else '' end,
                ', ' order by a.privilege_type collate pg_catalog."C", a.is_grantable
            ) as line
        from pg_catalog.aclexplode(grants_as_text.acl) as a
        group by a.grantee
    ) as g;
end;

comment on function ttdb.grants_as_text(aclitem[]) is 'An access list in words, sorted.';
revoke all on function ttdb.grants_as_text(aclitem[]) from public;
grant execute on function ttdb.grants_as_text(aclitem[]) to ttdb_operator, ttdb_masker, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'grants-as-text') as outcome \gset
\echo engine_0001 grants-as-text: :outcome
\endif
commit;

-- engine_0001, 4 of 55: definitions-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'definitions-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- How the server itself describes tables and views: the ground truth of drift.
create or replace function ttdb.definitions_of(relations regclass[])
returns table (kind text, identity text, definition text)
language plpgsql -- its plan is kept over a session's many calls, and costs more than running it
stable
parallel safe
security invoker
set search_path = ''
as $function$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select
            c.*,
            c.oid::pg_catalog.regclass::pg_catalog.text as identity
        from pg_catalog.pg_class as c
        where c.oid = any(definitions_of.relations)
    ),

    described as (
        select
            'owner' as kind,
            w.identity,
            pg_catalog.pg_get_userbyid(w.relowner)::pg_catalog.text as definition
        from wanted as w

        union all
        select
            'grants',
            w.identity,
            ttdb.grants_as_text(coalesce(w.relacl, pg_catalog.acldefault('r', w.relowner)))
        from wanted as w

        union all
        select
            'grants',
            w.identity || '.' || pg_catalog.quote_ident(a.attname),
            ttdb.grants_as_text(a.attacl)
        from wanted as w
        inner join pg_catalog.pg_attribute as a on a.attrelid = w.oid
        where a.attacl is not null and pg_catalog.cardinality(a.attacl) > 0 and not a.attisdropped

        union all
        select
            'rls',
            w.identity,
            case when w.relrowsecurity then 'enabled' else 'disabled' end
            || case when w.relforcerowsecurity then ', forced' else ', not forced' end
        from wanted as w
        where w.relkind in ('r', 'p')

        union all
        select
            'partition',
            w.identity,
            pg_catalog.concat_ws(
                ' ',
                'of ' || pg_catalog.string_agg(
                    i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' order by i.inhseqno
                ),
                pg_catalog.pg_get_expr(w.relpartbound, w.oid)
            )
        from wanted as w
        inner join pg_catalog.pg_inherits as i on i.inhrelid = w.oid
        where w.relkind in ('r', 'p')
        group by w.identity, w.relpartbound, w.oid

        union all
        select
            'partition key',
            w.identity,
            pg_catalog.pg_get_partkeydef(w.oid)
        from wanted as w
        where w.relkind = 'p'

        union all
        select
            'column',
            w.identity || '.' || pg_catalog.quote_ident(a.attname),
            pg_catalog.concat_ws(
                ' ',
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                case
                    when a.attcollation <> t.typcollation
                        then 'collate ' || a.attcollation::pg_catalog.regcollation::pg_catalog.text
                end,
                case when a.attnotnull then 'not null' end,
                case a.attidentity
                    when 'a' then 'generated always as identity'
                    when 'd' then 'generated by default as identity'
                end,
                case a.attgenerated
                    when 's' then 'generated always stored ' when 'v' then 'generated always virtual '
                    else 'default '
                end || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            )
        from wanted as w
        inner join pg_catalog.pg_attribute as a on a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where w.relkind <> 'i' and w.relkind <> 'I'

        union all
        select
            'constraint',
            w.identity || '.' || pg_catalog.quote_ident(c.conname),
            pg_catalog.pg_get_constraintdef(c.oid) || case when c.convalidated then '' else ' (not valid)' end
        from wanted as w
        inner join pg_catalog.pg_constraint as c on c.conrelid = w.oid
        where c.contype <> 'n' -- from 18 on NOT NULL is one too; the column says it in every version

        union all
        select
            'index',
            i.indexrelid::pg_catalog.regclass::pg_catalog.text,
            pg_catalog.pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
        from wanted as w
        inner join pg_catalog.pg_index as i on i.indrelid = w.oid

        union all
        select
            'policy',
            w.identity || '.' || pg_catalog.quote_ident(p.polname),
            pg_catalog.concat_ws(
                ' ',
                case when p.polpermissive then 'permissive' else 'restrictive' end,
                'for',
                case p.polcmd
                    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                    else 'all'
                end,
                'to',
                (
                    select pg_catalog.string_agg(r.name, ', ' order by r.name collate pg_catalog."C")
                    from (
                        select coalesce(pg_catalog.pg_get_userbyid(nullif(u.id, 0)), 'public') as name
                        from pg_catalog.unnest(p.polroles) as u (id)
                    ) as r
                ),
                'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
                'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
            )
        from wanted as w
        inner join pg_catalog.pg_policy as p on p.polrelid = w.oid

        union all
        select
            'trigger',
            w.identity || '.' || pg_catalog.quote_ident(t.tgname),
            pg_catalog.pg_get_triggerdef(t.oid) || case t.tgenabled
                when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' else ''
            end
        from wanted as w
        inner join pg_catalog.pg_trigger as t on t.tgrelid = w.oid and not t.tgisinternal

        union all
        select
            'view',
            w.identity,
            pg_catalog.concat_ws(
                ' ',
                'with (' || pg_catalog.array_to_string(w.reloptions, ', ') || ')',
                pg_catalog.pg_get_viewdef(w.oid)
            )
        from wanted as w
        where w.relkind in ('v', 'm')

        union all
        select
            'rule',
            w.identity || '.' || pg_catalog.quote_ident(r.rulename),
            pg_catalog.pg_get_ruledef(r.oid) || case r.ev_enabled
                when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' else ''
            end
        from wanted as w
        inner join pg_catalog.pg_rewrite as r on r.ev_class = w.oid and r.rulename <> '_RETURN'
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
end;
$function$;

comment on function ttdb.definitions_of(regclass[]) is
'Owner, grants, row security, columns, constraints, indexes, policies, triggers, rules and views, in SQL''s words.';
revoke all on function ttdb.definitions_of(regclass[]) from public;
grant execute on function ttdb.definitions_of(regclass[]) to ttdb_operator, ttdb_masker, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'definitions-of') as outcome \gset
\echo engine_0001 definitions-of: :outcome
\endif
commit;

-- engine_0001, 5 of 55: definitions-of-functions
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'definitions-of-functions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- How the server itself describes functions: the ground truth of drift.
create or replace function ttdb.definitions_of_functions(functions regprocedure[])
returns table (kind text, identity text, definition text)
language plpgsql -- its plan is kept over a session's many calls, and costs more than running it
stable
parallel safe
security invoker
set search_path = ''
as $function$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select
            p.*,
            p.oid::pg_catalog.regprocedure::pg_catalog.text as identity
        from pg_catalog.pg_proc as p
        where p.oid = any(definitions_of_functions.functions)
            and p.prokind <> 'a' -- an aggregate has no definition that the server would give
            and not exists (
                select
                from pg_catalog.pg_depend as d
                where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
            )
    ),

    described as (
        select
            'function' as kind,
            w.identity,
            pg_catalog.pg_get_functiondef(w.oid) as definition
        from wanted as w

        union all
        select
            'owner',
            w.identity,
            pg_catalog.pg_get_userbyid(w.proowner)::pg_catalog.text
        from wanted as w

        union all
        select
            'grants',
            w.identity,
            ttdb.grants_as_text(coalesce(w.proacl, pg_catalog.acldefault('f', w.proowner)))
        from wanted as w
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
end;
$function$;

comment on function ttdb.definitions_of_functions(regprocedure[]) is 'Definition, owner and grants of these functions.';
revoke all on function ttdb.definitions_of_functions(regprocedure[]) from public;
grant execute on function ttdb.definitions_of_functions(regprocedure[]) to ttdb_operator, ttdb_masker, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'definitions-of-functions') as outcome \gset
\echo engine_0001 definitions-of-functions: :outcome
\endif
commit;

-- engine_0001, 6 of 55: definitions-in
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'definitions-in') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- How the server itself describes the functions of some schemas.
create or replace function ttdb.definitions_in(schemas text[])
returns table (kind text, identity text, definition text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_of_functions(array(
        select p.oid::pg_catalog.regprocedure
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = any(definitions_in.schemas)
    )) as d;
$function$;

comment on function ttdb.definitions_in(text[]) is 'Definition, owner and grants of the functions of some schemas.';
revoke all on function ttdb.definitions_in(text[]) from public;
grant execute on function ttdb.definitions_in(text[]) to ttdb_operator, ttdb_masker, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'definitions-in') as outcome \gset
\echo engine_0001 definitions-in: :outcome
\endif
commit;

-- engine_0001, 7 of 55: tenant-setting
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tenant-setting') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The name of the setting that says which tenant a transaction works for.
create or replace function ttdb.tenant_setting() returns text
language sql
immutable
parallel safe
security invoker
return 'app.current_tenant_id'::text;

comment on function ttdb.tenant_setting() is
'The setting that holds the tenant: set_config(ttdb.tenant_setting(), id, true) inside each transaction.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells nothing.

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tenant-setting') as outcome \gset
\echo engine_0001 tenant-setting: :outcome
\endif
commit;

-- engine_0001, 8 of 55: tenant-id
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tenant-id') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The tenant that this transaction works for, as every policy reads it.

-- Not inlined: a policy asks once for each table that a query names, and then a call costs less than planning the
-- expression into every query.
create or replace function ttdb.tenant_id() returns uuid
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_setting constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
begin
    -- The pattern comes first: a malformed value must give no rows, not an error.
    if v_setting ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$' then
        return v_setting::pg_catalog.uuid;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tenant_id() is
'The current tenant; NULL, and never an error, when the setting is unset, empty or malformed.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query.

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tenant-id') as outcome \gset
\echo engine_0001 tenant-id: :outcome
\endif
commit;

-- engine_0001, 9 of 55: context
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'context') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Who am I, which tenant do I work for, and why do I see nothing?
create or replace function ttdb.context(
    out login name,
    out role name,
    out setting text,
    out state text,
    out tenant_id uuid,
    out tenant_visible boolean,
    out advice text
)
language plpgsql
stable
parallel unsafe -- it catches an error, which takes a subtransaction
security invoker
set search_path = ''
as $function$
declare
    v_raw constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_privileged pg_catalog.bool;
    v_member pg_catalog.bool;
    v_tenants pg_catalog.text;
begin
    login := session_user;
    role := current_user;
    setting := ttdb.tenant_setting();
    tenant_id := ttdb.tenant_id();
    state := case
        when v_raw is null then 'unset'
        when v_raw = '' then 'empty'
        when tenant_id is null then 'malformed'
        else 'ok'
    end;

    select r.rolsuper or r.rolbypassrls
    into v_privileged
    from pg_catalog.pg_roles as r
    where r.rolname = current_user;

    select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(current_user, r.oid, 'usage')), false)
    into v_member
    from pg_catalog.pg_roles as r
    where r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_operator', 'ttdb_auditor');

    -- The table of the tenants themselves is the protected one whose tenant column is its whole primary key.
    select p.polrelid::pg_catalog.regclass::pg_catalog.text
        || ' as t where t.' || pg_catalog.quote_ident(a.attname) || ' = $1'
    into v_tenants
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_index as i
        on i.indrelid = p.polrelid and i.indisprimary and i.indnkeyatts = 1
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        and d.objid = p.oid
        and d.refobjid = p.polrelid
        and d.refobjsubid = a.attnum
    inner join pg_catalog.pg_class as c
        on c.oid = p.polrelid and c.relowner = pg_catalog.to_regrole('ttdb_owner')
    where p.polname = 'select_own_tenant'
        and pg_catalog.has_table_privilege(p.polrelid, 'select')
    order by p.polrelid
    limit 1;
    if found and tenant_id is not null then
        begin
            execute 'select exists (select from ' || v_tenants || ')' into tenant_visible using tenant_id;
        exception
            when insufficient_privilege then
                tenant_visible := null; -- row_security is off: the policies would be an error
        end;
    end if;

    advice := case
        when v_privileged
            then 'This role is beyond row security and sees all tenants: connect as a member of ttdb_app.'
        when not v_member
            then 'This role is in none of ttdb''s groups: grant it ttdb_app, or SET ROLE to a role that is in it.'
        when state = 'unset'
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<uuid>'', true)" first, in the '
                'same transaction as the query.', setting)
        when state = 'empty'
            then 'The tenant was set in an earlier transaction and ended with it: set it again in this one.'
        when state = 'malformed'
            then 'The setting holds something that is not a UUID: set it to the tenant''s id.'
        when not tenant_visible
            then 'No tenant with this id is visible to this role: check the id.'
        else 'The tenant is set: rows of other tenants are not visible, and its own are.'
    end;
end;
$function$;

comment on function ttdb.context() is
'Tells who asks, as which role, for which tenant, and what to do when no rows are seen.';
revoke all on function ttdb.context() from public;
grant execute on function ttdb.context() to ttdb_operator, ttdb_app, ttdb_worker, ttdb_support, ttdb_auditor;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'context') as outcome \gset
\echo engine_0001 context: :outcome
\endif
commit;

-- engine_0001, 10 of 55: tg-touch-updated-at
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tg-touch-updated-at') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Keeps updated_at honest: whoever changes a row, the time is the server's.
create or replace function ttdb.tg__touch_updated_at() returns trigger
language plpgsql
volatile
parallel safe
security invoker
set search_path = ''
as $function$
begin
    new.updated_at := pg_catalog.now();
    return new;
end;
$function$;

comment on function ttdb.tg__touch_updated_at() is 'Trigger: sets updated_at to the time of the change.';
revoke all on function ttdb.tg__touch_updated_at() from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tg-touch-updated-at') as outcome \gset
\echo engine_0001 tg-touch-updated-at: :outcome
\endif
commit;

-- engine_0001, 11 of 55: tenant-tables
-- as ttdb_owner, on ttdb.tenant_tables; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'tenant-tables') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the tables whose rows belong to tenants.
create table ttdb.tenant_tables (
    relation regclass not null,
    tenant_column name not null,
    app text[] not null,
    worker text[] not null,
    definer text[] not null,
    found jsonb not null,
    constraint tenant_tables_pkey primary key (relation)
);
comment on table ttdb.tenant_tables is 'Tables that ttdb.protect() keeps apart by tenant.';
comment on column ttdb.tenant_tables.relation is 'the table; its partitions follow it and have no row';
comment on column ttdb.tenant_tables.tenant_column is 'the column that says whose row it is';
comment on column ttdb.tenant_tables.app is 'what ttdb_app may do with the rows of its tenant';
comment on column ttdb.tenant_tables.worker is 'what ttdb_worker may do with the rows of all tenants';
comment on column ttdb.tenant_tables.definer is
'what functions that run as ttdb_definer may do with the rows of all tenants';
comment on column ttdb.tenant_tables.found is 'row security and grants before, for ttdb.unprotect() to give back';
comment on constraint tenant_tables_pkey on ttdb.tenant_tables is 'a table is protected in one way';
grant select on ttdb.tenant_tables to ttdb_operator, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tenant-tables') as outcome \gset
\echo engine_0001 tenant-tables: :outcome
\endif
commit;

-- engine_0001, 12 of 55: audited-tables
-- as ttdb_owner, on ttdb.audited_tables; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0001', 'audited-tables') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the tables whose changes go to the trail.
create table ttdb.audited_tables (
    relation regclass not null,
    excluded name[] not null,
    constraint audited_tables_pkey primary key (relation)
);
comment on table ttdb.audited_tables is 'Tables whose every change audit.enable() has recorded.';
comment on column ttdb.audited_tables.relation is 'the table';
comment on column ttdb.audited_tables.excluded is 'columns whose values are kept out of the trail';
comment on constraint audited_tables_pkey on ttdb.audited_tables is 'a table is audited in one way';
grant select on ttdb.audited_tables to ttdb_operator, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'audited-tables') as outcome \gset
\echo engine_0001 audited-tables: :outcome
\endif
commit;

-- engine_0001, 13 of 55: personal-columns
-- as ttdb_owner, on ttdb.personal_columns; lock: none on what stands
begin;
select * from pg_temp.look('engine_0001', 'personal-columns') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the columns about whose masking somebody has decided.
create table ttdb.personal_columns (
    relation regclass not null,
    column_name name not null,
    mask text not null,
    constraint personal_columns_pkey primary key (relation, column_name)
);
comment on table ttdb.personal_columns is 'How support sees a column; a column without a row is not shown at all.';
comment on column ttdb.personal_columns.relation is 'the table';
comment on column ttdb.personal_columns.column_name is 'the column';
comment on column ttdb.personal_columns.mask is 'a function masked.<mask>, or plain: decided to be shown as it is';
comment on constraint personal_columns_pkey on ttdb.personal_columns is 'one decision for a column';
grant select on ttdb.personal_columns to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'personal-columns') as outcome \gset
\echo engine_0001 personal-columns: :outcome
\endif
commit;

-- engine_0001, 14 of 55: policies-for
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'policies-for') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The policies that keep a protected table's tenants apart.
create or replace function ttdb.policies_for(
    tenant_column name, app text[], worker text[], definer text[], leaf boolean
)
returns table (policy name, command text, role name, using_expression text, check_expression text)
language sql
immutable
parallel safe
security invoker
begin atomic
    -- Written as the server itself would print it, so that ttdb.is_protected() can compare.
    with own as (
        select
            '(' || pg_catalog.quote_ident(policies_for.tenant_column)
            || ' = ( SELECT ttdb.tenant_id() AS tenant_id))' as tenant
    )

    select distinct
        (a.verb || '_own_tenant')::name as policy,
        a.verb as command,
        'ttdb_app'::name as role,
        case when a.verb <> 'insert' then o.tenant end as using_expression,
        case when a.verb in ('insert', 'update') then o.tenant end as check_expression
    from pg_catalog.unnest(policies_for.app) as a (verb)
    cross join own as o
    where not policies_for.leaf

    union all
    select distinct
        (w.verb || w.suffix)::name as policy,
        w.verb as command,
        w.role,
        case when w.verb <> 'insert' then 'true' end as using_expression,
        case when w.verb in ('insert', 'update') then 'true' end as check_expression
    from (
        select
            k.verb,
            '_worker' as suffix,
            'ttdb_worker'::name as role
        from pg_catalog.unnest(policies_for.worker) as k (verb)
        union all
        select
            d.verb,
            '_definer' as suffix,
            'ttdb_definer'::name as role
        from pg_catalog.unnest(policies_for.definer) as d (verb)
    ) as w
    where not policies_for.leaf

    union all
    select
        'select_masker'::name as policy, -- the columns named throughout: so the server prints them the same for ever
        'select' as command,
        'ttdb_masker'::name as role,
        o.tenant as using_expression,
        null as check_expression
    from own as o
    where not policies_for.leaf

    union all
    select
        'all_operator'::name as policy,
        'all' as command,
        'ttdb_operator'::name as role,
        'true' as using_expression,
        'true' as check_expression;
end;

comment on function ttdb.policies_for(name, text[], text[], text[], boolean) is
'The policies of a protected table, or of one of its partitions: those carry the operator''s alone.';
revoke all on function ttdb.policies_for(name, text[], text[], text[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'policies-for') as outcome \gset
\echo engine_0001 policies-for: :outcome
\endif
commit;

-- engine_0001, 15 of 55: policies-on
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'policies-on') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The policies that a table has, in the shape of ttdb.policies_for().
create or replace function ttdb.policies_on(relation regclass)
returns table (
    policy name, command text, role name, using_expression text, check_expression text, permissive boolean
)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        p.polname,
        case p.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
        end,
        case
            when pg_catalog.cardinality(p.polroles) = 1 and p.polroles[1] <> 0
                then pg_catalog.pg_get_userbyid(p.polroles[1])
        end,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
        p.polpermissive
    from pg_catalog.pg_policy as p
    where p.polrelid = policies_on.relation;
$function$;

comment on function ttdb.policies_on(regclass) is
'A table''s policies; the role is NULL where it is PUBLIC or several, which ours never are.';
revoke all on function ttdb.policies_on(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'policies-on') as outcome \gset
\echo engine_0001 policies-on: :outcome
\endif
commit;

-- engine_0001, 16 of 55: grants-for
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'grants-for') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What the group roles may do with a protected table and with the sequences of its columns.
create or replace function ttdb.grants_for(
    relation regclass, app text[], worker text[], definer text[], leaf boolean
)
returns table (object regclass, role name, privilege text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        grants_for.relation,
        'ttdb_operator'::pg_catalog.name,
        v.verb
    from pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)

    union
    select
        grants_for.relation,
        w.role,
        w.verb
    from (
        select 'ttdb_app'::pg_catalog.name, a.verb from pg_catalog.unnest(grants_for.app) as a (verb)
        union all
        select 'ttdb_worker'::pg_catalog.name, k.verb from pg_catalog.unnest(grants_for.worker) as k (verb)
        union all
        select 'ttdb_definer'::pg_catalog.name, d.verb from pg_catalog.unnest(grants_for.definer) as d (verb)
    ) as w (role, verb)
    where not grants_for.leaf

    -- The operator dumps a sequence's state; who inserts takes numbers from it, unless it is an identity column's.
    union
    select
        s.objid::pg_catalog.regclass,
        'ttdb_operator'::pg_catalog.name,
        v.verb
    from pg_catalog.pg_depend as s
    inner join pg_catalog.pg_class as c on c.oid = s.objid and c.relkind = 'S'
    cross join pg_catalog.unnest(array['select', 'usage']) as v (verb)
    where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refobjid = grants_for.relation
        and s.refobjsubid > 0
        and s.deptype in ('a', 'i')

    union
    select
        s.objid::pg_catalog.regclass,
        w.role,
        'usage'
    from pg_catalog.pg_depend as s
    inner join pg_catalog.pg_class as c on c.oid = s.objid and c.relkind = 'S'
    inner join (
        values
        ('ttdb_app'::pg_catalog.name, grants_for.app),
        ('ttdb_worker'::pg_catalog.name, grants_for.worker),
        ('ttdb_definer'::pg_catalog.name, grants_for.definer)
    ) as w (role, verbs) on 'insert' = any(w.verbs)
    where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refobjid = grants_for.relation
        and s.refobjsubid > 0
        and s.deptype = 'a'
        and not grants_for.leaf;
$function$;

comment on function ttdb.grants_for(regclass, text[], text[], text[], boolean) is
'The grants of a protected table, or of one of its partitions: there the application has none.';
revoke all on function ttdb.grants_for(regclass, text[], text[], text[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'grants-for') as outcome \gset
\echo engine_0001 grants-for: :outcome
\endif
commit;

-- engine_0001, 17 of 55: grants-on
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'grants-on') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What the group roles may do with a table and the sequences of its columns now, in the shape of ttdb.grants_for().
create or replace function ttdb.grants_on(relation regclass)
returns table (object regclass, role name, privilege text, grantable boolean)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        c.oid::pg_catalog.regclass,
        r.rolname,
        pg_catalog.lower(a.privilege_type),
        a.is_grantable
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    inner join pg_catalog.pg_roles as r
        on r.oid = a.grantee
        and r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_definer', 'ttdb_operator', 'ttdb_support')
    where c.oid = grants_on.relation
        or (
            c.relkind = 'S'
            and c.oid in (
                select s.objid
                from pg_catalog.pg_depend as s
                where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refobjid = grants_on.relation
                    and s.refobjsubid > 0
                    and s.deptype in ('a', 'i')
            )
        );
$function$;

comment on function ttdb.grants_on(regclass) is
'What ttdb_app, ttdb_worker, ttdb_definer, ttdb_support and ttdb_operator may do with a table and its sequences.';
revoke all on function ttdb.grants_on(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'grants-on') as outcome \gset
\echo engine_0001 grants-on: :outcome
\endif
commit;

-- engine_0001, 18 of 55: tree-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tree-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- A table and, where it is partitioned, all that is below it.
create or replace function ttdb.tree_of(root regclass)
returns table (relation regclass, leaf boolean)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- pg_partition_tree() knows only partitioned tables and partitions: a plain table is its own tree.
    select
        tree_of.root,
        false
    union all
    select
        t.relid,
        true
    from pg_catalog.pg_partition_tree(tree_of.root) as t
    where t.relid <> tree_of.root
    order by 2, 1;
$function$;

comment on function ttdb.tree_of(regclass) is
'A table with all partitions below it; leaf is true of each of those, between or at the ends.';
revoke all on function ttdb.tree_of(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tree-of') as outcome \gset
\echo engine_0001 tree-of: :outcome
\endif
commit;

-- engine_0001, 19 of 55: generated-from
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'generated-from') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The columns that tell what others hold, because they are generated from them.
create or replace function ttdb.generated_from(relation regclass, columns name[]) returns table (name name)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select distinct g.attname
    from pg_catalog.pg_attribute as g
    inner join pg_catalog.pg_attrdef as e on e.adrelid = g.attrelid and e.adnum = g.attnum
    -- Before 17 the column itself depends on its sources, from 17 on its expression too.
    inner join pg_catalog.pg_depend as d
        on (
            (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = e.oid)
            or (
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = g.attrelid
                and d.objsubid = g.attnum
            )
        )
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = g.attrelid
    inner join pg_catalog.pg_attribute as s
        on s.attrelid = d.refobjid and s.attnum = d.refobjsubid and s.attname = any(generated_from.columns)
    where g.attrelid = generated_from.relation
        and g.attgenerated <> ''
        and s.attnum <> g.attnum;
$function$;

comment on function ttdb.generated_from(regclass, name[]) is
'The generated columns of a table whose expressions read one of these columns.';
revoke all on function ttdb.generated_from(regclass, name[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'generated-from') as outcome \gset
\echo engine_0001 generated-from: :outcome
\endif
commit;

-- engine_0001, 20 of 55: wears
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'wears') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether one table, without its partitions, is protected exactly as it should be.
create or replace function ttdb.wears(
    relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from pg_catalog.pg_class as c
            where c.oid = wears.relation and c.relrowsecurity and c.relforcerowsecurity
        )
        and not exists (
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
        )
        -- One more permissive policy would widen ours; a restrictive one only narrows them.
        and not exists (
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
            except
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
        )
        and not exists (
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
        )
        and not exists (
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
            except
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
        );
$function$;

comment on function ttdb.wears(regclass, name, text[], text[], text[], boolean) is
'Whether a table has row security forced, and exactly the policies and grants of ttdb.protect().';
revoke all on function ttdb.wears(regclass, name, text[], text[], text[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'wears') as outcome \gset
\echo engine_0001 wears: :outcome
\endif
commit;

-- engine_0001, 21 of 55: is-protected
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'is-protected') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether a table is protected as somebody says, in truth and not only on paper.
create or replace function ttdb.is_protected(
    relation regclass,
    tenant_column name,
    app text[] default '{select,insert,update,delete}',
    worker text[] default '{}',
    definer text[] default '{}'
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
                and t.tenant_column = is_protected.tenant_column
                and t.app @> is_protected.app and t.app <@ is_protected.app
                and t.worker @> is_protected.worker and t.worker <@ is_protected.worker
                and t.definer @> is_protected.definer and t.definer <@ is_protected.definer
        )
        and not exists (
            select
            from ttdb.tree_of(is_protected.relation) as t
            where not ttdb.wears(
                t.relation,
                is_protected.tenant_column,
                is_protected.app,
                is_protected.worker,
                is_protected.definer,
                t.leaf
            )
        );
$function$;

comment on function ttdb.is_protected(regclass, name, text[], text[], text[]) is
'Whether a table and its partitions stand in the registry and in the catalog as ttdb.protect() leaves them.';
revoke all on function ttdb.is_protected(regclass, name, text[], text[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'is-protected') as outcome \gset
\echo engine_0001 is-protected: :outcome
\endif
commit;

-- engine_0001, 22 of 55: is-protected-as-registered
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'is-protected-as-registered') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether a table is protected as the registry says, in truth and not only on paper.
create or replace function ttdb.is_protected(relation regclass) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select coalesce(
        (
            select ttdb.is_protected(t.relation, t.tenant_column, t.app, t.worker, t.definer)
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
        ),
        false
    );
$function$;

comment on function ttdb.is_protected(regclass) is
'Whether a table and its partitions are what the registry says of them; false where it says nothing.';
revoke all on function ttdb.is_protected(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'is-protected-as-registered') as outcome \gset
\echo engine_0001 is-protected-as-registered: :outcome
\endif
commit;

-- engine_0001, 23 of 55: state-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'state-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Row security and grants of a table and its partitions, to be given back later.
create or replace function ttdb.state_of(relation regclass) returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select pg_catalog.jsonb_build_object(
        'row_security', (
            select pg_catalog.jsonb_agg(
                pg_catalog.jsonb_build_object(
                    'relation', t.relation::pg_catalog.text,
                    'root', not t.leaf,
                    'enabled', c.relrowsecurity,
                    'forced', c.relforcerowsecurity
                )
            )
            from ttdb.tree_of(state_of.relation) as t
            inner join pg_catalog.pg_class as c on c.oid = t.relation
        ),
        'grants', (
            select coalesce(
                pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'object', g.object::pg_catalog.text,
                        'root', g.object = state_of.relation,
                        'role', g.role,
                        'privilege', g.privilege,
                        'grantable', g.grantable
                    )
                ),
                '[]'
            )
            from ttdb.tree_of(state_of.relation) as t
            cross join lateral ttdb.grants_on(t.relation) as g
        )
    );
$function$;

comment on function ttdb.state_of(regclass) is
'What ttdb.unprotect() must give back: names, not oids, survive a dump; root is the table itself, renamed or not.';
revoke all on function ttdb.state_of(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'state-of') as outcome \gset
\echo engine_0001 state-of: :outcome
\endif
commit;

-- engine_0001, 24 of 55: refuse-unprotectable
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'refuse-unprotectable') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Says why a table cannot be protected, before anything is changed.
create or replace function ttdb.refuse_unprotectable(
    relation regclass, tenant_column name, app text[], worker text[], definer text[]
) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_column pg_catalog.pg_attribute;
    v_text pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = refuse_unprotectable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be protected; protect what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Protect %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    select a.*
    into v_column
    from pg_catalog.pg_attribute as a
    where a.attrelid = refuse_unprotectable.relation
        and a.attname = refuse_unprotectable.tenant_column
        and a.attnum > 0
        and not a.attisdropped;
    if not found then
        raise exception '% has no column %', relation, tenant_column
            using errcode = 'TTCOL', hint = 'Name the column that says whose a row is.';
    end if;
    if v_column.atttypid <> 'pg_catalog.uuid'::pg_catalog.regtype then
        raise exception 'column % of % is not of type uuid', tenant_column, relation
            using errcode = 'TTTYP', hint = 'A tenant''s id is a uuid: convert the column first.';
    end if;
    if not v_column.attnotnull then
        raise exception 'column % of % may be null', tenant_column, relation
            using errcode = 'TTNUL', hint = 'A row without a tenant is seen by nobody: fill the column and set it NOT NULL.';
    end if;

    select v.verb
    into v_text
    from pg_catalog.unnest(app || worker || definer) as v (verb)
    where v.verb is null or v.verb not in ('select', 'insert', 'update', 'delete')
    limit 1;
    if found then
        raise exception '% is not a verb', coalesce(v_text, 'null')
            using errcode = 'TTVRB', hint = 'Use select, insert, update and delete, in lower case.';
    end if;

    -- What bears one of our names is ours only where the registry knows the table.
    select pg_catalog.string_agg(pg_catalog.format('%I on %s', p.policy, t.relation), ', ' order by t.relation, p.policy)
    into v_text
    from ttdb.tree_of(relation) as t
    cross join lateral ttdb.policies_on(t.relation) as p
    where p.permissive
        and not (
            exists (select from ttdb.tenant_tables as r where r.relation = refuse_unprotectable.relation)
            and p.policy in (
                select o.policy
                from ttdb.policies_for(
                    tenant_column,
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    false
                ) as o
            )
        );
    if v_text is not null then
        raise exception 'other policies stand on %', relation
            using errcode = 'TTPOL',
            detail = v_text,
            hint = 'Permissive policies add up, so these would widen ours: drop them, or make them restrictive.';
    end if;
end;
$function$;

comment on function ttdb.refuse_unprotectable(regclass, name, text[], text[], text[]) is
'Raises TTTAB, TTPRT, TTCOL, TTTYP, TTNUL, TTVRB or TTPOL where ttdb.protect() would not be safe.';
revoke all on function ttdb.refuse_unprotectable(regclass, name, text[], text[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'refuse-unprotectable') as outcome \gset
\echo engine_0001 refuse-unprotectable: :outcome
\endif
commit;

-- engine_0001, 25 of 55: undress
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'undress') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes our policies and the group roles' grants off one table, without its partitions.
create or replace function ttdb.undress(relation regclass, tenant_column name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy pg_catalog.name;
    v_object pg_catalog.regclass;
    v_role pg_catalog.name;
begin
    for v_policy in
        select p.policy
        from ttdb.policies_on(relation) as p
        inner join ttdb.policies_for(
            tenant_column,
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            false
        ) as o on o.policy = p.policy
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_object, v_role in
        select distinct
            g.object,
            g.role
        from ttdb.grants_on(relation) as g
    loop
        -- GRANT and REVOKE take a sequence as a table, too.
        execute pg_catalog.format('revoke all on table %s from %I', v_object, v_role);
    end loop;
end;
$function$;

comment on function ttdb.undress(regclass, name) is
'Drops the policies of ttdb.protect() from a table and revokes what the group roles may do with it.';
revoke all on function ttdb.undress(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'undress') as outcome \gset
\echo engine_0001 undress: :outcome
\endif
commit;

-- engine_0001, 26 of 55: dress
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'dress') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Puts row security, policies and grants on one table, without its partitions.
create or replace function ttdb.dress(
    relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy record;
    v_grant record;
begin
    execute pg_catalog.format(
        'alter table %s enable row level security, force row level security', relation
    );
    perform ttdb.undress(relation, tenant_column);

    for v_policy in
        select p.*
        from ttdb.policies_for(tenant_column, app, worker, definer, leaf) as p
    loop
        execute pg_catalog.format('create policy %I on %s for %s to %I', v_policy.policy, relation, v_policy.command, v_policy.role)
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format('comment on policy %I on %s is %L', v_policy.policy, relation, case v_policy.role
            when 'ttdb_app' then 'Services reach the rows of their tenant only.'
            when 'ttdb_worker' then 'Jobs across tenants, for this verb only.'
            when 'ttdb_definer' then 'Functions that keep rules across rows and tenants, for this verb only.'
            when 'ttdb_masker' then 'Masked views show the rows of the reader''s tenant only.'
            else 'Operators see and repair across tenants; validation and dumps need it on every partition.'
        end);
    end loop;

    for v_grant in
        select
            g.object,
            g.role,
            pg_catalog.string_agg(g.privilege, ', ' order by g.privilege) as privileges
        from ttdb.grants_for(relation, app, worker, definer, leaf) as g
        group by g.object, g.role
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privileges,
            case when v_grant.object = relation then 'table' else 'sequence' end,
            v_grant.object,
            v_grant.role
        );
    end loop;
end;
$function$;

comment on function ttdb.dress(regclass, name, text[], text[], text[], boolean) is
'Gives a table forced row security, and exactly the policies and grants of ttdb.protect().';
revoke all on function ttdb.dress(regclass, name, text[], text[], text[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'dress') as outcome \gset
\echo engine_0001 dress: :outcome
\endif
commit;

-- engine_0001, 27 of 55: protect
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'protect') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that keeps the tenants of a table apart.
create or replace function ttdb.protect(
    relation regclass,
    tenant_column name default 'tenant_id',
    app text[] default '{select,insert,update,delete}',
    worker text[] default '{}',
    definer text[] default '{}'
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_piece record;
begin
    -- Nothing to do takes no lock; so does a new partition take none on the others.
    if ttdb.is_protected(relation, tenant_column, app, worker, definer) then
        return;
    end if;
    perform ttdb.refuse_unprotectable(relation, tenant_column, app, worker, definer);

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.tenant_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.tenant_tables as t (relation, tenant_column, app, worker, definer, found)
    values (
        protect.relation,
        protect.tenant_column,
        protect.app,
        protect.worker,
        protect.definer,
        ttdb.state_of(protect.relation)
    )
    on conflict on constraint tenant_tables_pkey do update
        set
            tenant_column = excluded.tenant_column,
            app = excluded.app,
            worker = excluded.worker,
            definer = excluded.definer;

    for v_piece in
        select t.*
        from ttdb.tree_of(protect.relation) as t
    loop
        if not ttdb.wears(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf) then
            perform ttdb.dress(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf);
        end if;
    end loop;
end;
$function$;

comment on function ttdb.protect(regclass, name, text[], text[], text[]) is
'Enables and forces row security on a table and its partitions, with a policy and a grant per role and verb. '
'Run it again after adding a partition.';
revoke all on function ttdb.protect(regclass, name, text[], text[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'protect') as outcome \gset
\echo engine_0001 protect: :outcome
\endif
commit;

-- engine_0001, 28 of 55: unprotect
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'unprotect') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes a protected table what it was before.
create or replace function ttdb.unprotect(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
    v_grant record;
begin
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = unprotect.relation;
    if not found then
        return;
    end if;
    if exists (select from ttdb.personal_columns as c where c.relation = unprotect.relation) then
        raise exception '% has masked columns', relation
            using errcode = 'TTMSK',
            hint = 'Without policies the masked view would show every tenant: masked.forget() them first.';
    end if;

    for v_piece in
        select
            t.relation,
            coalesce(f.enabled, false) as enabled,
            coalesce(f.forced, false) as forced
        from ttdb.tree_of(unprotect.relation) as t
        left join pg_catalog.jsonb_to_recordset(v_entry.found -> 'row_security')
            as f (
                relation pg_catalog.text, root pg_catalog.bool, enabled pg_catalog.bool, forced pg_catalog.bool
            )
            on case when f.root then not t.leaf else pg_catalog.to_regclass(f.relation) = t.relation end
        order by t.leaf, t.relation
    loop
        perform ttdb.undress(v_piece.relation, v_entry.tenant_column);
        execute pg_catalog.format(
            'alter table %s %s row level security, %s row level security',
            v_piece.relation,
            case when v_piece.enabled then 'enable' else 'disable' end,
            case when v_piece.forced then 'force' else 'no force' end
        );
    end loop;

    for v_grant in
        select
            g.role,
            g.privilege,
            g.grantable,
            c.oid::pg_catalog.regclass as object,
            c.relkind
        from pg_catalog.jsonb_to_recordset(v_entry.found -> 'grants')
            as g (
                object pg_catalog.text, root pg_catalog.bool, role pg_catalog.text, privilege pg_catalog.text,
                grantable pg_catalog.bool
            )
        inner join pg_catalog.pg_class as c
            on c.oid = case when g.root then unprotect.relation else pg_catalog.to_regclass(g.object) end
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privilege,
            case when v_grant.relkind = 'S' then 'sequence' else 'table' end,
            v_grant.object,
            v_grant.role
        ) || case when v_grant.grantable then ' with grant option' else '' end;
    end loop;

    delete from ttdb.tenant_tables as t where t.relation = unprotect.relation;
end;
$function$;

comment on function ttdb.unprotect(regclass) is
'Takes off what ttdb.protect() put on, and gives back the row security and the grants that stood before.';
revoke all on function ttdb.unprotect(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'unprotect') as outcome \gset
\echo engine_0001 unprotect: :outcome
\endif
commit;

-- engine_0001, 29 of 55: schema-audit
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'schema-audit') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create schema audit;
comment on schema audit is 'The trail of every change to an audited table, and the verbs that feed it.';
\endif
\if :to_record
select pg_temp.record('engine_0001', 'schema-audit') as outcome \gset
\echo engine_0001 schema-audit: :outcome
\endif
commit;

-- engine_0001, 30 of 55: use-of-schema-audit
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'use-of-schema-audit') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
grant usage, create on schema audit to ttdb_definer;
grant usage on schema audit to ttdb_auditor, ttdb_operator;
\endif
\if :to_record
select pg_temp.record('engine_0001', 'use-of-schema-audit') as outcome \gset
\echo engine_0001 use-of-schema-audit: :outcome
\endif
commit;

-- engine_0001, 31 of 55: tg-refuse-change
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tg-refuse-change') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The trail is written once.
create or replace function audit.tg__refuse_change() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    raise exception '% of the audit trail is refused', pg_catalog.lower(tg_op)
        using errcode = 'TTAPP',
        hint = 'The trail is append-only for everybody; old months are retired whole.';
end;
$function$;

comment on function audit.tg__refuse_change() is 'Refuses UPDATE, DELETE and TRUNCATE of the trail, its owner''s too.';
revoke all on function audit.tg__refuse_change() from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tg-refuse-change') as outcome \gset
\echo engine_0001 tg-refuse-change: :outcome
\endif
commit;

-- engine_0001, 32 of 55: trail
-- as ttdb_owner, on audit.trail; lock: ACCESS EXCLUSIVE on the partitioned table, for a moment
begin;
select * from pg_temp.look('engine_0001', 'trail') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
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

create table audit.trail_default partition of audit.trail default;
comment on table audit.trail_default is 'Rows of months that have no partition yet: none is ever lost.';

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

\endif
\if :to_record
select pg_temp.record('engine_0001', 'trail') as outcome \gset
\echo engine_0001 trail: :outcome
\endif
commit;

-- engine_0001, 33 of 55: tg-record-change
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'tg-record-change') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Writes one change into the trail.

-- Definer because nobody who changes an audited table may write the trail himself.
create or replace function audit.tg__record_change() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- What a session can set must not bend the images: fewer digits would lose a change.
set extra_float_digits = 1
set bytea_output = hex
set intervalstyle = iso_8601
set datestyle = iso
set timezone = utc
set lc_monetary = 'C'
as $function$
declare
    v_old pg_catalog.jsonb;
    v_new pg_catalog.jsonb;
    v_relation pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_tenant_column pg_catalog.text;
    v_excluded pg_catalog.text[];
    v_key pg_catalog.text[];
    v_columns pg_catalog.text[];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        v_old := pg_catalog.to_jsonb(old);
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        v_new := pg_catalog.to_jsonb(new);
    end if;

    select
        t.tenant_column,
        a.excluded,
        k.columns
    into v_tenant_column, v_excluded, v_key
    from (values (v_relation)) as r (relation)
    left join ttdb.tenant_tables as t on t.relation = r.relation
    left join ttdb.audited_tables as a on a.relation = r.relation
    left join lateral (
        select pg_catalog.array_agg(c.attname order by c.attnum) as columns
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
        where i.indrelid = r.relation and i.indisprimary
    ) as k on true;

    -- An excluded column may have been renamed: better hide every value than show that one.
    if tg_op <> 'TRUNCATE' then
        select pg_catalog.array_agg(c.name)
        into v_columns
        from pg_catalog.jsonb_object_keys(coalesce(v_new, v_old)) as c (name);
        if v_excluded is null or not v_excluded <@ v_columns then
            select coalesce(pg_catalog.array_agg(c.name), '{}')
            into v_excluded
            from pg_catalog.unnest(v_columns) as c (name)
            where c.name <> all(coalesce(v_key, '{}')) and c.name is distinct from v_tenant_column;
        end if;
    end if;

    insert into audit.trail (
        tenant_id, relation, operation, row_key, old_row, new_row, login, role, transaction_id, application, client
    )
    select
        coalesce((coalesce(v_new, v_old) ->> v_tenant_column)::pg_catalog.uuid, ttdb.tenant_id()),
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        tg_op,
        (
            select pg_catalog.jsonb_object_agg(k.name, coalesce(v_old, v_new) -> k.name)
            from pg_catalog.unnest(v_key) as k (name)
            where tg_op <> 'TRUNCATE'
        ),
        v_old || (
            select coalesce(pg_catalog.jsonb_object_agg(e.name, '(excluded)'), '{}')
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        v_new || (
            select coalesce(
                pg_catalog.jsonb_object_agg(
                    e.name,
                    case
                        when tg_op = 'UPDATE' and v_old -> e.name is distinct from v_new -> e.name
                            then '(excluded, changed)'
                        else '(excluded)'
                    end
                ),
                '{}'
            )
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

    return null;
end;
$function$;

comment on function audit.tg__record_change() is
'Records a change with both images of the row, the tenant, the login, the role and the transaction.';
revoke all on function audit.tg__record_change() from public;
-- Without EXECUTE nobody can hang it on a table of his own and write what he likes.
grant execute on function audit.tg__record_change() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'tg-record-change') as outcome \gset
\echo engine_0001 tg-record-change: :outcome
\endif
commit;

-- engine_0001, 34 of 55: is-enabled
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'is-enabled') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether every change of a table is recorded, in truth and not only on paper.
create or replace function audit.is_enabled(relation regclass, exclude name[] default null) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from ttdb.audited_tables as a
            where a.relation = is_enabled.relation
                and (
                    is_enabled.exclude is null
                    or (a.excluded @> is_enabled.exclude and a.excluded <@ is_enabled.exclude)
                )
                and not exists (
                    select
                    from pg_catalog.unnest(a.excluded) as e (name)
                    where not exists (
                        select
                        from pg_catalog.pg_attribute as c
                        where c.attrelid = a.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
                    )
                )
        )
        and exists (
            select from pg_catalog.pg_index as i where i.indrelid = is_enabled.relation and i.indisprimary
        )
        -- Rows of children by inheritance change without this table's triggers.
        and not exists (
            select
            from pg_catalog.pg_inherits as i
            inner join pg_catalog.pg_class as c on c.oid = is_enabled.relation and c.relkind = 'r'
            where i.inhparent = c.oid
        )
        and not exists (
            select
            from ttdb.audited_tables as a
            cross join lateral ttdb.generated_from(a.relation, a.excluded) as g
            where a.relation = is_enabled.relation and g.name <> all(a.excluded)
        )
        -- tgtype: 29 is AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, 32 AFTER TRUNCATE FOR EACH STATEMENT.
        and not exists (
            select
            from ttdb.tree_of(is_enabled.relation) as t
            cross join (
                values
                ('_900_record_change'::pg_catalog.name, 29),
                ('_900_record_truncate'::pg_catalog.name, 32)
            ) as w (name, type)
            where not exists (
                select
                from pg_catalog.pg_trigger as g
                where g.tgrelid = t.relation
                    and g.tgname = w.name
                    and g.tgtype = w.type
                    and g.tgenabled = 'A'
                    and g.tgqual is null
                    and pg_catalog.cardinality(g.tgattr::pg_catalog.int2[]) = 0
                    and g.tgfoid = pg_catalog.to_regprocedure('audit.tg__record_change()')
            )
        );
$function$;

comment on function audit.is_enabled(regclass, name[]) is
'Whether a table and its partitions have their recording triggers, unconditional and enabled, and a primary key.';
revoke all on function audit.is_enabled(regclass, name[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'is-enabled') as outcome \gset
\echo engine_0001 is-enabled: :outcome
\endif
commit;

-- engine_0001, 35 of 55: drop-triggers
-- as ttdb_owner; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0001', 'drop-triggers') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes the recording triggers off a table and its partitions.
create or replace function audit.drop_triggers(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_piece record;
begin
    for v_piece in
        select
            t.tgrelid::pg_catalog.regclass as relation,
            t.tgname as name
        from ttdb.tree_of(drop_triggers.relation) as r
        inner join pg_catalog.pg_trigger as t
            on t.tgrelid = r.relation
            and t.tgname in ('_900_record_change', '_900_record_truncate')
            and t.tgparentid = 0 -- a partition's clone goes with its parent's
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.name, v_piece.relation);
    end loop;
end;
$function$;

comment on function audit.drop_triggers(regclass) is 'Drops the triggers that audit.enable() made.';
revoke all on function audit.drop_triggers(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'drop-triggers') as outcome \gset
\echo engine_0001 drop-triggers: :outcome
\endif
commit;

-- engine_0001, 36 of 55: enable
-- as ttdb_owner; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0001', 'enable') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that sends every change of a table to the trail.
create or replace function audit.enable(relation regclass, exclude name[] default '{}') returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_piece pg_catalog.regclass;
begin
    if audit.is_enabled(relation, exclude) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = enable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be audited; audit what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Audit %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if exists (
        select
        from pg_catalog.pg_inherits as i
        where v_class.relkind = 'r' and enable.relation in (i.inhparent, i.inhrelid)
    ) then
        raise exception '% inherits or is inherited from', relation
            using errcode = 'TTINH',
            hint = 'A statement on the parent changes rows of its children, whose triggers it would miss: use partitions.';
    end if;
    if v_class.relnamespace in ('audit'::pg_catalog.regnamespace, 'ttdb'::pg_catalog.regnamespace) then
        raise exception '% belongs to ttdb itself', relation
            using errcode = 'TTAUD', hint = 'The trail cannot record its own writing.';
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = enable.relation and i.indisprimary) then
        raise exception '% has no primary key', relation
            using errcode = 'TTAPK', hint = 'Add one: without it no one can tell which row a change was of.';
    end if;

    select pg_catalog.string_agg(e.name, ', ')
    into v_text
    from pg_catalog.unnest(exclude) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = enable.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    );
    if v_text is not null then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name existing columns to keep out of the trail.';
    end if;

    select pg_catalog.string_agg(c.attname, ', ')
    into v_text
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
    where i.indrelid = enable.relation and i.indisprimary and c.attname = any(exclude);
    if v_text is not null then
        raise exception 'column % is part of the primary key of %', v_text, relation
            using errcode = 'TTAEX', hint = 'The key says which row was changed: it cannot be kept out of the trail.';
    end if;

    select pg_catalog.string_agg(g.name, ', ' order by g.name)
    into v_text
    from ttdb.generated_from(relation, exclude) as g
    where g.name <> all(exclude);
    if v_text is not null then
        raise exception 'column % of % is generated from excluded ones', v_text, relation
            using errcode = 'TTGEN', hint = 'It would tell what they hold: exclude it too.';
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.audited_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.audited_tables as a (relation, excluded)
    values (enable.relation, enable.exclude)
    on conflict on constraint audited_tables_pkey do update
        set excluded = excluded.excluded;

    perform audit.drop_triggers(relation);
    -- ALWAYS: also in a session that plays a replica. A row trigger follows to partitions by itself.
    execute pg_catalog.format(
        'create trigger _900_record_change after insert or update or delete on %s '
        'for each row execute function audit.tg__record_change()', relation
    );
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    execute pg_catalog.format('comment on trigger _900_record_change on %s is %L', relation,
        'writes every changed row to the trail');
    for v_piece in
        select t.relation
        from ttdb.tree_of(enable.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _900_record_truncate after truncate on %s '
            'for each statement execute function audit.tg__record_change()', v_piece
        );
        execute pg_catalog.format('alter table %s enable always trigger _900_record_truncate', v_piece);
        execute pg_catalog.format('comment on trigger _900_record_truncate on %s is %L', v_piece,
            'writes to the trail that all rows went at once');
    end loop;
end;
$function$;

comment on function audit.enable(regclass, name[]) is
'Records every INSERT, UPDATE, DELETE and TRUNCATE of a table and its partitions; values of excluded columns stay out. '
'Run it again after adding a partition.';
revoke all on function audit.enable(regclass, name[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'enable') as outcome \gset
\echo engine_0001 enable: :outcome
\endif
commit;

-- engine_0001, 37 of 55: disable
-- as ttdb_owner; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0001', 'disable') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Ends the recording of a table; what is in the trail stays.
create or replace function audit.disable(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    perform audit.drop_triggers(relation);
    delete from ttdb.audited_tables as a where a.relation = disable.relation;
end;
$function$;

comment on function audit.disable(regclass) is 'Takes off what audit.enable() put on; the trail keeps what it has.';
revoke all on function audit.disable(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'disable') as outcome \gset
\echo engine_0001 disable: :outcome
\endif
commit;

-- engine_0001, 38 of 55: schema-masked
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'schema-masked') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create schema masked;
comment on schema masked is 'Masked views, for people who may look but not know, and the masks.';
\endif
\if :to_record
select pg_temp.record('engine_0001', 'schema-masked') as outcome \gset
\echo engine_0001 schema-masked: :outcome
\endif
commit;

-- engine_0001, 39 of 55: use-of-schema-masked
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'use-of-schema-masked') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
grant usage, create on schema masked to ttdb_masker;
grant usage on schema masked to ttdb_support, ttdb_operator;
\endif
\if :to_record
select pg_temp.record('engine_0001', 'use-of-schema-masked') as outcome \gset
\echo engine_0001 use-of-schema-masked: :outcome
\endif
commit;

-- engine_0001, 40 of 55: keys
-- as ttdb_owner, on masked.keys; lock: none on what stands
begin;
select * from pg_temp.look('engine_0001', 'keys') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The key of the masks: random, made here, never shown, and the same for all columns so that masked values join.
create table masked.keys (
    id boolean not null default true,
    inner_key bytea not null,
    outer_key bytea not null,
    created_at timestamptz not null default pg_catalog.now(),
    constraint keys_pkey primary key (id),
    constraint keys_must_be_a_single_row check (id),
    constraint keys_must_be_one_hash_block_each check (
        pg_catalog.length(inner_key) = 64 and pg_catalog.length(outer_key) = 64
    )
);
comment on table masked.keys is 'What makes masked values different from anybody else''s; a new key changes them all.';
comment on column masked.keys.id is 'true: there is one key';
comment on column masked.keys.inner_key is 'prefix of the inner hash: one block of SHA-256';
comment on column masked.keys.outer_key is 'prefix of the outer hash: one block of SHA-256';
comment on column masked.keys.created_at is 'since when masked values are as they are';
comment on constraint keys_pkey on masked.keys is 'there is one key';
comment on constraint keys_must_be_a_single_row on masked.keys is 'there is one key';
comment on constraint keys_must_be_one_hash_block_each on masked.keys is 'each half of the key holds 64 bytes';

-- A random uuid holds 122 bits from the server's strong source: four of them are more than a hash can keep.
insert into masked.keys (inner_key, outer_key)
select
    pg_catalog.sha512(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    ),
    pg_catalog.sha512(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );

-- The masked views read it with their owner's right; with it in hand, support could confirm a guess. Row security,
-- because default privileges may have granted a new table to somebody.
grant select on masked.keys to ttdb_masker;
alter table masked.keys enable row level security, force row level security;
create policy select_masker on masked.keys for select to ttdb_masker using (true);
comment on policy select_masker on masked.keys is 'Only the masked views, which ttdb_masker owns, read the keys.';

\endif
\if :to_record
select pg_temp.record('engine_0001', 'keys') as outcome \gset
\echo engine_0001 keys: :outcome
\endif
commit;

-- engine_0001, 41 of 55: token
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'token') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- A keyed digest of a text: what every mask is made of.
-- masked.token('email', ' Ada@Example.org', …) = masked.token('email', 'ada@example.org', …) = 64 hex digits
create or replace function masked.token(label text, value text, inner_key bytea, outer_key bytea) returns text
language sql
stable -- as convert_to() is; declared narrower it would not inline
parallel safe
security invoker
-- HMAC's construction with a key of its own for each hash. Each argument is used once, so that it inlines even where
-- the keys come from a subquery. The collation is the database's: others may not know lower case.
return pg_catalog.encode(
    pg_catalog.sha256(
        outer_key || pg_catalog.sha256(
            inner_key || pg_catalog.convert_to(
                label || ':' || pg_catalog.btrim(
                    pg_catalog.lower(pg_catalog."normalize"(value collate pg_catalog."default", 'NFKC')),
                    -- every white space of ASCII; as characters they would not survive a dump that is edited
                    ' ' || pg_catalog.chr(9) || pg_catalog.chr(10) || pg_catalog.chr(11) || pg_catalog.chr(12)
                    || pg_catalog.chr(13)
                ),
                'UTF8'
            )
        )
    ),
    'hex'
);

comment on function masked.token(text, text, bytea, bytea) is
'A keyed digest, equal for texts that differ only in case, surrounding space or Unicode form; NULL stays NULL.';
revoke all on function masked.token(text, text, bytea, bytea) from public;
-- A view's functions run as its reader. Without the key they tell him nothing.
grant execute on function masked.token(text, text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'token') as outcome \gset
\echo engine_0001 token: :outcome
\endif
commit;

-- engine_0001, 42 of 55: email
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'email') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The mask of e-mail addresses.
-- masked.email('ada@lovelace.org', …) = 'user-3f1d9a0c5b7e2468@masked.example.com'
create or replace function masked.email(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
return 'user-' || pg_catalog."left"(masked.token('email', value, inner_key, outer_key), 16) || '@masked.example.com';

comment on function masked.email(text, bytea, bytea) is
'An address in a domain reserved for examples, the same wherever the same address is masked.';
revoke all on function masked.email(text, bytea, bytea) from public;
grant execute on function masked.email(text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'email') as outcome \gset
\echo engine_0001 email: :outcome
\endif
commit;

-- engine_0001, 43 of 55: phone
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'phone') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The mask of telephone numbers.
-- masked.phone('+44 20 7946 0958', …) = '+999402118350973'
create or replace function masked.phone(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- Country code 999 is assigned to nobody. 48 bits of the digest, as twelve digits.
return '+999' || pg_catalog.lpad(
    (
        (
            'x' || pg_catalog."left"(
                masked.token('phone', pg_catalog.translate(value, ' -./()', ''), inner_key, outer_key), 12
            )
        )::bit(48)::bigint % 1000000000000
    )::text,
    12,
    '0'
);

comment on function masked.phone(text, bytea, bytea) is
'A number that cannot be dialled, the same wherever the same number is masked, however it is punctuated.';
revoke all on function masked.phone(text, bytea, bytea) from public;
grant execute on function masked.phone(text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'phone') as outcome \gset
\echo engine_0001 phone: :outcome
\endif
commit;

-- engine_0001, 44 of 55: name
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'name') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The mask of people's names.
-- masked.name('Ada', …) = 'name-3f1d9a0c5b7e'
create or replace function masked.name(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- Nothing of the name itself, not even its length: a one-letter name would be shown whole.
return 'name-' || pg_catalog."left"(masked.token('name', value, inner_key, outer_key), 12);

comment on function masked.name(text, bytea, bytea) is
'A stand-in for a name, the same wherever the same name is masked.';
revoke all on function masked.name(text, bytea, bytea) from public;
grant execute on function masked.name(text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'name') as outcome \gset
\echo engine_0001 name: :outcome
\endif
commit;

-- engine_0001, 45 of 55: ip
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'ip') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The mask of internet addresses.
-- masked.ip('203.0.113.7', …) = '2001:db8::3f1:d9a0:c5b7:e246'
create or replace function masked.ip(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- 2001:db8::/32 is for documentation: nobody has such an address. 60 bits of the digest; a network's length is dropped,
-- since the server adds one when it writes an address as text.
return pg_catalog.host(
    '2001:db8::'::inet + (
        'x' || pg_catalog."left"(
            masked.token('ip', pg_catalog.split_part(value, '/', 1), inner_key, outer_key), 15
        )
    )::bit(60)::bigint
);

comment on function masked.ip(text, bytea, bytea) is
'An address that nobody has, the same wherever the same address is masked.';
revoke all on function masked.ip(text, bytea, bytea) from public;
grant execute on function masked.ip(text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'ip') as outcome \gset
\echo engine_0001 ip: :outcome
\endif
commit;

-- engine_0001, 46 of 55: redacted
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'redacted') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The mask of what people wrote, and of values so few that a stand-in would soon be known: the digits of a card.
-- masked.redacted('Dear Ada, …', …) = '(redacted)'
create or replace function masked.redacted(value text, inner_key bytea, outer_key bytea) returns text
language sql
immutable
parallel safe
security invoker
-- That there is something, and nothing of what: two equal texts cannot be told from two others.
return case when value is not null then '(redacted)' end;

comment on function masked.redacted(text, bytea, bytea) is 'The same words for every text; NULL stays NULL.';
revoke all on function masked.redacted(text, bytea, bytea) from public;
grant execute on function masked.redacted(text, bytea, bytea) to ttdb_support, ttdb_masker;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'redacted') as outcome \gset
\echo engine_0001 redacted: :outcome
\endif
commit;

-- engine_0001, 47 of 55: masks
-- as ttdb_owner; lock: ACCESS EXCLUSIVE on the masked view alone
begin;
select * from pg_temp.look('engine_0001', 'masks') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The masks that there are: every function masked.<mask>(text, bytea, bytea), found in the catalog.
create or replace function masked.masks() returns table (mask text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select 'plain'
    union all
    select p.proname::pg_catalog.text
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'masked'::pg_catalog.regnamespace
        and p.prokind = 'f'
        and pg_catalog.oidvectortypes(p.proargtypes) = 'text, bytea, bytea'
        and p.prorettype = 'pg_catalog.text'::pg_catalog.regtype
    order by 1;
$function$;

comment on function masked.masks() is 'The names that masked.column() takes; plain shows a column as it is.';
revoke all on function masked.masks() from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'masks') as outcome \gset
\echo engine_0001 masks: :outcome
\endif
commit;

-- engine_0001, 48 of 55: definition-for
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'definition-for') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The query of a table's masked view, as the registry's decisions make it.
create or replace function masked.definition_for(relation regclass, qualified boolean) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Written as the server itself would print it, but for white space, so that masked.is_masked() can compare.
    -- The keys are subqueries: they run once a query, and the key stands in no view, plan or argument.
    select 'SELECT ' || pg_catalog.string_agg(
        case
            when p.mask = 'plain' then v.prefix || pg_catalog.quote_ident(a.attname)
            else pg_catalog.format(
                'masked.%I(%s, ( SELECT keys.inner_key FROM masked.keys), ( SELECT keys.outer_key FROM masked.keys))'
                ' AS %I',
                p.mask,
                case
                    when a.atttypid = 'pg_catalog.text'::pg_catalog.regtype
                        then v.prefix || pg_catalog.quote_ident(a.attname)
                    else pg_catalog.format('(%s%I)::text', v.prefix, a.attname)
                end,
                a.attname
            )
        end,
        ', ' order by a.attnum
    ) || ' FROM ' || definition_for.relation::pg_catalog.text
    from ttdb.personal_columns as p
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
    inner join pg_catalog.pg_class as c on c.oid = p.relation
    cross join lateral (
        select case when definition_for.qualified then pg_catalog.quote_ident(c.relname) || '.' else '' end
    ) as v (prefix)
    where p.relation = definition_for.relation;
$function$;

comment on function masked.definition_for(regclass, boolean) is
'What a table''s masked view must select: decided columns only, in the table''s order; NULL when none is decided.';
revoke all on function masked.definition_for(regclass, boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'definition-for') as outcome \gset
\echo engine_0001 definition-for: :outcome
\endif
commit;

-- engine_0001, 49 of 55: views-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'views-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The masked views that read a table.
create or replace function masked.views_of(relation regclass) returns setof regclass
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select distinct v.oid::pg_catalog.regclass
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as v on v.oid = r.ev_class
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = views_of.relation
        and v.relkind = 'v'
        and v.relnamespace = 'masked'::pg_catalog.regnamespace
        and v.oid <> views_of.relation;
$function$;

comment on function masked.views_of(regclass) is 'The views in schema masked that read a table, by their dependencies.';
revoke all on function masked.views_of(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'views-of') as outcome \gset
\echo engine_0001 views-of: :outcome
\endif
commit;

-- engine_0001, 50 of 55: is-masked
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'is-masked') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether support sees columns as somebody says, in truth and not only on paper.
create or replace function masked.is_masked(relation regclass, decisions jsonb) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select not exists (
        select
        from pg_catalog.jsonb_each_text(decisions) as d (column_name, mask)
        where not exists (
            select
            from ttdb.personal_columns as p
            -- The registry may name a column that has been renamed or dropped since.
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
            where p.relation = is_masked.relation
                and p.column_name = d.column_name
                and p.mask = d.mask
                and p.mask in (select m.mask from masked.masks() as m)
                and pg_catalog.has_column_privilege('ttdb_masker', p.relation, a.attnum, 'select')
        )
    )
    and not exists (
        select
        from ttdb.personal_columns as o
        cross join lateral ttdb.generated_from(o.relation, array[o.column_name]) as g
        inner join ttdb.personal_columns as s on s.relation = o.relation and s.column_name = g.name
        where o.relation = is_masked.relation and o.mask <> 'plain' and s.mask = 'plain'
    )
    and exists (
        select
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_class as v on v.oid = pg_catalog.to_regclass(pg_catalog.format('masked.%I', c.relname))
        where c.oid = is_masked.relation
            and v.relkind = 'v'
            and v.relowner = 'ttdb_masker'::pg_catalog.regrole
            and not coalesce('security_invoker=true' = any(v.reloptions), false)
            -- Which of the two the server prints depends on its version.
            and pg_catalog.regexp_replace(pg_catalog.pg_get_viewdef(v.oid), '\s+', ' ', 'g') in (
                ' ' || masked.definition_for(c.oid, false) || ';',
                ' ' || masked.definition_for(c.oid, true) || ';'
            )
            and pg_catalog.has_table_privilege('ttdb_support', v.oid, 'select')
            and not exists (
                select from pg_catalog.aclexplode(v.relacl) as g where g.grantee = 0
            )
    );
$function$;

comment on function masked.is_masked(regclass, jsonb) is
'Whether columns'' masks stand in the registry, and the masked view is exactly what the registry makes it.';
revoke all on function masked.is_masked(regclass, jsonb) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'is-masked') as outcome \gset
\echo engine_0001 is-masked: :outcome
\endif
commit;

-- engine_0001, 51 of 55: is-masked-column
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'is-masked-column') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The same of one column.
create or replace function masked.is_masked(relation regclass, column_name name, mask text) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select masked.is_masked(relation, pg_catalog.jsonb_build_object(column_name, mask));
$function$;

comment on function masked.is_masked(regclass, name, text) is
'Whether a column''s mask stands in the registry, and the masked view is exactly what the registry makes it.';
revoke all on function masked.is_masked(regclass, name, text) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'is-masked-column') as outcome \gset
\echo engine_0001 is-masked-column: :outcome
\endif
commit;

-- engine_0001, 52 of 55: rebuild
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'rebuild') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes a table's masked view say what the registry says.
create or replace function masked.rebuild(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_view pg_catalog.text;
    v_old pg_catalog.regclass;
    v_column pg_catalog.name;
    v_definition constant pg_catalog.text := masked.definition_for(relation, false);
begin
    select pg_catalog.format('masked.%I', c.relname)
    into v_view
    from pg_catalog.pg_class as c
    where c.oid = rebuild.relation;

    -- Columns can only be added to a view at its end: it is made anew, in this one transaction.
    for v_old in
        select v.*
        from masked.views_of(relation) as v
    loop
        execute pg_catalog.format('drop view %s', v_old);
    end loop;

    for v_column in
        select a.attname
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where a.attrelid = rebuild.relation
            and not a.attisdropped
            and g.grantee = 'ttdb_masker'::pg_catalog.regrole
    loop
        execute pg_catalog.format('revoke select (%I) on table %s from ttdb_masker', v_column, relation);
    end loop;

    if v_definition is null then
        return;
    end if;
    if pg_catalog.to_regclass(v_view) is not null then
        raise exception 'the name % is taken', v_view
            using errcode = 'TTMVN',
            hint = pg_catalog.format('It is not a view of %s: rename one of the two.', relation);
    end if;

    for v_column in
        select p.column_name
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = rebuild.relation and a.attnum > 0 and not a.attisdropped
    loop
        execute pg_catalog.format('grant select (%I) on table %s to ttdb_masker', v_column, relation);
    end loop;

    -- No security_barrier: row security on the table filters rows, and a barrier would mask rows that LIMIT drops.
    execute pg_catalog.format('create view %s as %s', v_view, v_definition);
    execute pg_catalog.format('comment on view %s is %L', v_view, pg_catalog.format(
        'What support sees of %s: decided columns only, personal ones masked.', relation
    ));
    execute pg_catalog.format('revoke all on table %s from public', v_view);
    execute pg_catalog.format('grant select on table %s to ttdb_support', v_view);
    execute pg_catalog.format('alter view %s owner to ttdb_masker', v_view);
end;
$function$;

comment on function masked.rebuild(regclass) is
'Drops a table''s masked view and, where columns are decided, makes it again, with the grants that it needs.';
revoke all on function masked.rebuild(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'rebuild') as outcome \gset
\echo engine_0001 rebuild: :outcome
\endif
commit;

-- engine_0001, 53 of 55: columns
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0001', 'columns') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that decides how support sees the columns of a table.
-- masked.columns('public.users', '{"email": "email", "role": "plain", "nickname": null}'); null takes one back
create or replace function masked.columns(relation regclass, decisions jsonb) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_category pg_catalog."char";
    v_column pg_catalog.text;
    v_mask pg_catalog.text;
    v_text pg_catalog.text;
begin
    if masked.is_masked(relation, decisions) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = "columns".relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only columns of tables can be masked.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Mask the columns of %s.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    for v_column, v_mask in
        select
            d.key,
            d.value
        from pg_catalog.jsonb_each_text(decisions) as d
        where d.value is not null
    loop
        if not exists (select from masked.masks() as m where m.mask = v_mask) then
            raise exception 'there is no mask %', v_mask
                using errcode = 'TTMUN',
                hint = pg_catalog.format(
                    'Masks: %s.', (select pg_catalog.string_agg(m.mask, ', ' order by m.mask) from masked.masks() as m)
                );
        end if;

        select t.typcategory
        into v_category
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = "columns".relation
            and a.attname = v_column
            and a.attnum > 0
            and not a.attisdropped;
        if not found then
            raise exception '% has no column %', relation, v_column
                using errcode = 'TTCOL', hint = 'Name an existing column.';
        end if;
        -- Text and internet addresses: what a mask can be given as text.
        if v_mask <> 'plain' and v_category not in ('S', 'I') then
            raise exception 'column % of % is neither text nor an address', v_column, relation
                using errcode = 'TTMTP',
                hint = 'Masks take text; a column of another type is plain, or not shown at all.';
        end if;
    end loop;

    -- The masked view's owner reads the table through a policy: without one it would see every tenant's rows.
    if not exists (select from ttdb.tenant_tables as t where t.relation = "columns".relation) then
        raise exception '% is not protected', relation
            using errcode = 'TTMPR', hint = pg_catalog.format('Run "select ttdb.protect(%L);" first.', relation);
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.personal_columns as p
    where not exists (select from pg_catalog.pg_class as c where c.oid = p.relation)
        or (
            p.relation = "columns".relation
            and exists (
                select
                from pg_catalog.jsonb_each_text(decisions) as d
                where d.key = p.column_name and d.value is null
            )
        );
    insert into ttdb.personal_columns as p (relation, column_name, mask)
    select
        "columns".relation,
        d.key,
        d.value
    from pg_catalog.jsonb_each_text(decisions) as d
    where d.value is not null
    on conflict on constraint personal_columns_pkey do update
        set mask = excluded.mask;

    -- What is generated from a personal column tells what it holds.
    select pg_catalog.string_agg(distinct pg_catalog.format('%I from %I', g.name, p.column_name), ', ')
    into v_text
    from ttdb.personal_columns as p
    cross join lateral ttdb.generated_from(p.relation, array[p.column_name]) as g
    inner join ttdb.personal_columns as s on s.relation = p.relation and s.column_name = g.name
    where p.relation = "columns".relation and p.mask <> 'plain' and s.mask = 'plain';
    if v_text is not null then
        raise exception 'a plain column of % is generated from a masked one: %', relation, v_text
            using errcode = 'TTMGN', hint = 'Mask it, or leave it out: masked.forget() it first.';
    end if;
    perform masked.rebuild(relation);
end;
$function$;

comment on function masked.columns(regclass, jsonb) is
'Decides how support sees columns, each by its name, and makes the table''s view in schema masked show them so.';
revoke all on function masked.columns(regclass, jsonb) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'columns') as outcome \gset
\echo engine_0001 columns: :outcome
\endif
commit;

-- engine_0001, 54 of 55: column
-- as ttdb_owner; lock: ACCESS EXCLUSIVE on the masked view alone
begin;
select * from pg_temp.look('engine_0001', 'column') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that decides how support sees one column.
create or replace function masked.column(relation regclass, column_name name, mask text) returns void
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    -- A null would take the decision back; that is what masked.forget() is for.
    select masked.columns(relation, pg_catalog.jsonb_build_object(column_name, coalesce(mask, 'null')));
$function$;

comment on function masked.column(regclass, name, text) is
'Decides how support sees a column, and makes the table''s view in schema masked show it so.';
revoke all on function masked.column(regclass, name, text) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'column') as outcome \gset
\echo engine_0001 column: :outcome
\endif
commit;

-- engine_0001, 55 of 55: forget
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0001', 'forget') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes back a decision about a column: support does not see it any more.
create or replace function masked.forget(relation regclass, column_name name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    delete from ttdb.personal_columns as p
    where p.relation = forget.relation and p.column_name = forget.column_name;
    if found then
        perform masked.rebuild(relation);
    end if;
end;
$function$;

comment on function masked.forget(regclass, name) is
'Takes a column out of the table''s masked view; the view goes with its last column.';
revoke all on function masked.forget(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0001', 'forget') as outcome \gset
\echo engine_0001 forget: :outcome
\endif
commit;

select pg_temp.reached('engine_0001', array[]::text[], array['engine_0002', 'engine_0003', 'engine_0004', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014', 'engine_0005', 'engine_0006', 'engine_0007']::text[]) as reached \gset

-- engine_0002: Keep tables in months: made ahead, retired when old enough, unique over all of them.

-- engine_0002, 1 of 27: definer-creates-in-schema-ttdb
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'definer-creates-in-schema-ttdb') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
grant create on schema ttdb to ttdb_definer;
\endif
\if :to_record
select pg_temp.record('engine_0002', 'definer-creates-in-schema-ttdb') as outcome \gset
\echo engine_0002 definer-creates-in-schema-ttdb: :outcome
\endif
commit;

-- engine_0002, 2 of 27: partitioned-tables
-- as ttdb_owner, on ttdb.partitioned_tables; lock: none on what stands
begin;
select * from pg_temp.look('engine_0002', 'partitioned-tables') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the tables that are kept in months.
create table ttdb.partitioned_tables (
    relation regclass not null,
    key_column name not null,
    retention interval not null,
    storage text[] not null,
    found text[],
    constraint partitioned_tables_pkey primary key (relation)
);
comment on table ttdb.partitioned_tables is 'Tables that ttdb.partition_by_month() keeps in months.';
comment on column ttdb.partitioned_tables.relation is 'the partitioned table: its months are its leaves';
comment on column ttdb.partitioned_tables.key_column is 'the column whose month, in UTC, says where a row lies';
comment on column ttdb.partitioned_tables.retention is
'how long a month is kept: ttdb.retire_partition() refuses younger ones';
comment on column ttdb.partitioned_tables.storage is 'settings of each month, as autovacuum_analyze_scale_factor=0.02';
comment on column ttdb.partitioned_tables.found is
'the settings that the DEFAULT partition had before; NULL where ttdb.partition_by_month() made it';
comment on constraint partitioned_tables_pkey on ttdb.partitioned_tables is 'one table, one entry';
grant select on ttdb.partitioned_tables to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'partitioned-tables') as outcome \gset
\echo engine_0002 partitioned-tables: :outcome
\endif
commit;

-- engine_0002, 3 of 27: month-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'month-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The month that a moment falls in.
create or replace function ttdb.month_of(moment timestamptz) returns date
language sql
immutable
parallel safe
security invoker
return (pg_catalog.date_trunc('month', month_of.moment at time zone 'UTC'))::date;

comment on function ttdb.month_of(timestamptz) is
'The first day of a moment''s month in UTC, whatever the session''s time zone: months must not depend on who asks.';
revoke all on function ttdb.month_of(timestamptz) from public;
grant execute on function ttdb.month_of(timestamptz) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'month-of') as outcome \gset
\echo engine_0002 month-of: :outcome
\endif
commit;

-- engine_0002, 4 of 27: month-key-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'month-key-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The column by which a table can be kept in months.
create or replace function ttdb.month_key_of(relation regclass) returns name
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select a.attname
    from pg_catalog.pg_partitioned_table as p
    inner join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = month_key_of.relation
        and p.partstrat = 'r'
        and p.partnatts = 1
        and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype;
$function$;

comment on function ttdb.month_key_of(regclass) is
'The one timestamptz column by whose ranges a table is partitioned; NULL where it is partitioned otherwise, or not.';
revoke all on function ttdb.month_key_of(regclass) from public;
grant execute on function ttdb.month_key_of(regclass) to ttdb_operator, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'month-key-of') as outcome \gset
\echo engine_0002 month-key-of: :outcome
\endif
commit;

-- engine_0002, 5 of 27: months-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'months-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The partitions of a table by month, and the months that were retired from it.
create or replace function ttdb.months_of(relation regclass)
returns table (leaf regclass, state text, month date, starts timestamptz, ends timestamptz)
language sql
stable
parallel safe
security invoker
set search_path = ''
-- A bound is read from the text that the server prints, which depends on these.
set timezone = utc
set datestyle = iso
as $function$
    with parent as (
        select
            c.oid,
            c.relname,
            c.relnamespace
        from pg_catalog.pg_class as c
        where c.oid = months_of.relation and ttdb.month_key_of(c.oid) is not null
    ),

    attached as (
        select
            c.oid::pg_catalog.regclass as leaf,
            b.bound,
            pg_catalog.regexp_match(b.bound, '^FOR VALUES FROM \((.+)\) TO \((.+)\)$') as edges
        from parent as p
        inner join pg_catalog.pg_inherits as i on i.inhparent = p.oid
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        cross join lateral pg_catalog.pg_get_expr(c.relpartbound, c.oid) as b (bound)
    ),

    bounded as (
        select
            a.leaf,
            a.bound,
            case a.edges[1] when 'MINVALUE' then '-infinity' else pg_catalog.btrim(a.edges[1], '''') end::timestamptz
                as starts,
            case a.edges[2] when 'MAXVALUE' then 'infinity' else pg_catalog.btrim(a.edges[2], '''') end::timestamptz
                as ends
        from attached as a
    )

    select
        b.leaf,
        case
            when b.bound = 'DEFAULT' then 'default'
            when m.month is null then 'other'
            else 'attached'
        end,
        m.month,
        b.starts,
        b.ends
    from bounded as b
    left join lateral (
        select ttdb.month_of(b.starts) as month
        where pg_catalog.isfinite(b.starts)
            and b.starts = pg_catalog.date_trunc('month', b.starts)
            and b.ends = b.starts + '1 month'::pg_catalog.interval
            -- As ensure_partition() has it: of years of four digits.
            and b.starts >= '1000-01-01 00:00+00'
            and b.starts < '10000-01-01 00:00+00'
    ) as m on true

    union all
    select
        c.oid::pg_catalog.regclass,
        'retired',
        pg_catalog.to_date(t.tail, '_YYYY_MM'),
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz,
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz + '1 month'::pg_catalog.interval
    from parent as p
    inner join pg_catalog.pg_class as c
        on c.relnamespace = p.relnamespace
        and c.relkind = 'r'
        and not c.relispartition
        and pg_catalog.starts_with(c.relname::pg_catalog.text, p.relname::pg_catalog.text)
    cross join lateral pg_catalog.substr(c.relname::pg_catalog.text, pg_catalog.length(p.relname::pg_catalog.text) + 1)
        as t (tail)
    where t.tail ~ '^_[1-9][0-9]{3}_(0[1-9]|1[0-2])$'
    order by 4 nulls first, 1;
$function$;

comment on function ttdb.months_of(regclass) is
'Each partition, with its bounds: attached (a month), default, or other (no month); and tables that bear a month''s '
'name and stand detached: retired.';
revoke all on function ttdb.months_of(regclass) from public;
grant execute on function ttdb.months_of(regclass) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'months-of') as outcome \gset
\echo engine_0002 months-of: :outcome
\endif
commit;

-- engine_0002, 6 of 27: rows-waiting
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'rows-waiting') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The months whose rows lie in the DEFAULT partition for want of one of their own.
create or replace function ttdb.rows_waiting(relation regclass)
returns table (month date, waiting bigint)
language plpgsql
stable
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_default pg_catalog.regclass;
begin
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        return;
    end if;
    return query execute pg_catalog.format(
        'select ttdb.month_of(d.%1$I), pg_catalog.count(*) from %2$s as d group by 1 order by 1',
        ttdb.month_key_of(relation), v_default
    );
end;
$function$;

comment on function ttdb.rows_waiting(regclass) is
'How many rows of which month lie in the DEFAULT partition, as far as the caller''s policies let him see.';
revoke all on function ttdb.rows_waiting(regclass) from public;
grant execute on function ttdb.rows_waiting(regclass) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'rows-waiting') as outcome \gset
\echo engine_0002 rows-waiting: :outcome
\endif
commit;

-- engine_0002, 7 of 27: is-partitioned-by-month
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'is-partitioned-by-month') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether a table is kept in months as somebody says, in truth and not only on paper.
create or replace function ttdb.is_partitioned_by_month(
    relation regclass, retention interval default null, storage text[] default null
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select exists (
        select
        from ttdb.partitioned_tables as p
        inner join pg_catalog.pg_partitioned_table as t on t.partrelid = p.relation
        inner join pg_catalog.pg_class as d on d.oid = t.partdefid
        where p.relation = is_partitioned_by_month.relation
            and p.key_column = ttdb.month_key_of(p.relation)
            and coalesce(p.retention = is_partitioned_by_month.retention, is_partitioned_by_month.retention is null)
            and (
                is_partitioned_by_month.storage is null
                or (
                    p.storage @> is_partitioned_by_month.storage
                    and p.storage <@ is_partitioned_by_month.storage
                )
            )
            and coalesce(d.reloptions, '{}') @> p.storage
    );
$function$;

comment on function ttdb.is_partitioned_by_month(regclass, interval, text[]) is
'Whether a table stands in the registry with this retention and these settings, and has its DEFAULT partition.';
revoke all on function ttdb.is_partitioned_by_month(regclass, interval, text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'is-partitioned-by-month') as outcome \gset
\echo engine_0002 is-partitioned-by-month: :outcome
\endif
commit;

-- engine_0002, 8 of 27: make-leaf
-- as ttdb_owner; lock: ACCESS EXCLUSIVE on the partitioned table, for a moment
begin;
select * from pg_temp.look('engine_0002', 'make-leaf') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes the table that is to become a partition, beside its parent and not yet part of it.
create or replace function ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) returns regclass
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_leaf pg_catalog.text;
    v_tablespace pg_catalog.name;
begin
    select
        pg_catalog.format('%I.%I', n.nspname, make_leaf.leaf_name),
        s.spcname
    into v_leaf, v_tablespace
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_tablespace as s on s.oid = c.reltablespace
    where c.oid = make_leaf.relation;

    -- Not PARTITION OF, which locks everybody out of the parent; and no identity: a partition takes the parent's.
    execute pg_catalog.format(
        'create table %s (like %s including all excluding identity)', v_leaf, relation
    )
    || case
        when pg_catalog.cardinality(storage) > 0
            then pg_catalog.format(' with (%s)', pg_catalog.array_to_string(storage, ', '))
        else ''
    end
    || coalesce(' tablespace ' || pg_catalog.quote_ident(v_tablespace), '');
    return v_leaf::pg_catalog.regclass;
end;
$function$;

comment on function ttdb.make_leaf(regclass, text, text[]) is
'Makes a table with the columns, defaults, checks, indexes, statistics and comments of another, beside it.';
revoke all on function ttdb.make_leaf(regclass, text, text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'make-leaf') as outcome \gset
\echo engine_0002 make-leaf: :outcome
\endif
commit;

-- engine_0002, 9 of 27: strip
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'strip') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes every policy and every grant off a table, whosever they are.
create or replace function ttdb.strip(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy pg_catalog.name;
    v_role pg_catalog.oid;
    v_columns pg_catalog.text;
begin
    for v_policy in
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polrelid = strip.relation
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_role, v_columns in
        select
            g.grantee,
            null
        from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
        union
        select
            g.grantee,
            pg_catalog.format(' (%I)', a.attname)
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
    loop
        execute pg_catalog.format(
            'revoke all%s on table %s from %s',
            v_columns,
            relation,
            case when v_role = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(v_role)) end
        );
    end loop;
end;
$function$;

comment on function ttdb.strip(regclass) is
'Drops all policies of a table and revokes whatever anybody but its owner may do with it, default privileges'' too.';
revoke all on function ttdb.strip(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'strip') as outcome \gset
\echo engine_0002 strip: :outcome
\endif
commit;

-- engine_0002, 10 of 27: dress-leaf
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'dress-leaf') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes a table that is to become a partition what the partitions beside it are, before a row can reach it.
create or replace function ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
begin
    perform ttdb.strip(leaf);
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = dress_leaf.relation;
    if found then
        perform ttdb.dress(leaf, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, true);
    else
        -- As the stricter of the two: a sibling that was left open must not multiply.
        for v_piece in
            select
                pg_catalog.bool_or(c.relrowsecurity) as enabled,
                pg_catalog.bool_or(c.relforcerowsecurity) as forced
            from pg_catalog.pg_class as c
            where c.oid in (dress_leaf.relation, dress_leaf.sibling)
        loop
            execute pg_catalog.format(
                'alter table %s %s row level security, %s row level security',
                leaf,
                case when v_piece.enabled then 'enable' else 'disable' end,
                case when v_piece.forced then 'force' else 'no force' end
            );
        end loop;
        for v_piece in
            select
                p.polname,
                pg_catalog.obj_description(p.oid, 'pg_policy') as comment,
                pg_catalog.concat_ws(
                    ' ',
                    'as', case when p.polpermissive then 'permissive' else 'restrictive' end,
                    'for', case p.polcmd
                        when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                        else 'all'
                    end,
                    'to', (
                        select pg_catalog.string_agg(
                            case
                                when r.id = 0 then 'public'
                                else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.id))
                            end, ', '
                        )
                        from pg_catalog.unnest(p.polroles) as r (id)
                    ),
                    'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
                    'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
                ) as definition
            from pg_catalog.pg_policy as p
            where p.polrelid = dress_leaf.sibling
        loop
            execute pg_catalog.format('create policy %I on %s %s', v_piece.polname, leaf, v_piece.definition);
            execute pg_catalog.format('comment on policy %I on %s is %L', v_piece.polname, leaf, v_piece.comment);
        end loop;
        for v_piece in
            select
                g.privilege_type,
                g.is_grantable,
                case
                    when g.grantee = 0 then 'public'
                    else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee))
                end as grantee
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as g
            where c.oid = dress_leaf.sibling and g.grantee <> c.relowner
        loop
            execute pg_catalog.format('grant %s on table %s to %s', v_piece.privilege_type, leaf, v_piece.grantee)
                || case when v_piece.is_grantable then ' with grant option' else '' end;
        end loop;
    end if;

    -- Row triggers of the parent come with it. Those of a statement must be on each partition: TRUNCATE can name one.
    for v_piece in
        select
            t.tgname,
            t.tgenabled,
            pg_catalog.replace(
                pg_catalog.pg_get_triggerdef(t.oid),
                pg_catalog.format(' ON %s ', dress_leaf.sibling),
                pg_catalog.format(' ON %s ', dress_leaf.leaf)
            ) as definition,
            pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
        from pg_catalog.pg_trigger as t
        where t.tgrelid = dress_leaf.sibling
            and not t.tgisinternal
            and t.tgparentid = 0
            and not exists (
                select from pg_catalog.pg_trigger as o where o.tgrelid = dress_leaf.leaf and o.tgname = t.tgname
            )
        union all
        select
            '_900_record_truncate',
            'A',
            pg_catalog.format(
                'create trigger _900_record_truncate after truncate on %s '
                'for each statement execute function audit.tg__record_change()', dress_leaf.leaf
            ),
            'writes to the trail that all rows went at once'
        from ttdb.audited_tables as a
        where a.relation = dress_leaf.relation
            and not exists (
                select
                from pg_catalog.pg_trigger as o
                where o.tgrelid in (dress_leaf.leaf, dress_leaf.sibling) and o.tgname = '_900_record_truncate'
            )
    loop
        execute v_piece.definition;
        -- What somebody switched off on the sibling is on here.
        if v_piece.tgenabled in ('A', 'R') then
            execute pg_catalog.format(
                'alter table %s enable %s trigger %I',
                leaf,
                case v_piece.tgenabled when 'A' then 'always' else 'replica' end,
                v_piece.tgname
            );
        end if;
        execute pg_catalog.format('comment on trigger %I on %s is %L', v_piece.tgname, leaf, v_piece.comment);
    end loop;
end;
$function$;

comment on function ttdb.dress_leaf(regclass, regclass, regclass) is
'Gives a table row security, policies, grants and statement triggers: of the registry where the parent is protected, '
'else those of the sibling.';
revoke all on function ttdb.dress_leaf(regclass, regclass, regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'dress-leaf') as outcome \gset
\echo engine_0002 dress-leaf: :outcome
\endif
commit;

-- engine_0002, 11 of 27: partition-by-month
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'partition-by-month') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that keeps a partitioned table in months.
create or replace function ttdb.partition_by_month(
    relation regclass,
    retention interval,
    -- A month fills by inserts and then rests. At the server's own fifth and tenth of a month of millions, its
    -- statistics and visibility map would follow days late, and the current month is what queries read.
    storage text[] default
    array[
        'autovacuum_vacuum_scale_factor=0.05',
        'autovacuum_vacuum_insert_scale_factor=0.05',
        'autovacuum_analyze_scale_factor=0.02'
    ]
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
as $function$
declare
    v_class pg_catalog.pg_class;
    v_default pg_catalog.regclass;
    v_found pg_catalog.text [];
    v_setting pg_catalog.text;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_partitioned_by_month(relation, retention, storage) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_by_month.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be kept in months.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s, which it is part of.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if ttdb.month_key_of(relation) is null then
        raise exception '% is not partitioned by ranges of one timestamptz column', relation
            using errcode = 'TTRNG',
            hint = 'Create it with "partition by range (created_at)", where created_at is timestamptz not null.';
    end if;
    if pg_catalog.octet_length(v_class.relname::pg_catalog.text) > 55 then
        raise exception '% has too long a name for months', relation
            using errcode = 'TTNAM', hint = 'Each adds 8 bytes, as in _2026_03, to at most 63: rename the table.';
    end if;
    if retention is null or retention < '1 month' then
        raise exception '% is no retention', coalesce(retention::pg_catalog.text, 'null')
            using errcode = 'TTKEP', hint = 'Say for how long rows are kept, a month at least: ''7 years''.';
    end if;
    select s.setting
    into v_setting
    from pg_catalog.unnest(storage) as s (setting)
    where s.setting is null or s.setting !~ '^(toast[.])?[a-z_]+=[a-z0-9._-]+$'
    limit 1;
    if found or storage is null then
        raise exception '% is no storage setting', coalesce(v_setting, 'null')
            using errcode = 'TTSTO', hint = 'Write them as ''{fillfactor=90,autovacuum_enabled=true}''.';
    end if;

    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        v_default := ttdb.make_leaf(relation, v_class.relname || '_default', storage);
        perform ttdb.dress_leaf(v_default, relation, null);
        execute pg_catalog.format('alter table %s attach partition %s default', relation, v_default);
        execute pg_catalog.format(
            'comment on table %s is %L', v_default, 'Rows of months that have no partition yet: none is lost.'
        );
    else
        select coalesce(c.reloptions, '{}')
        into v_found
        from pg_catalog.pg_class as c
        where c.oid = v_default;
        if pg_catalog.cardinality(storage) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(storage, ', ')
            );
        end if;
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.partitioned_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.partitioned_tables as p (relation, key_column, retention, storage, found)
    values (
        partition_by_month.relation,
        ttdb.month_key_of(partition_by_month.relation),
        partition_by_month.retention,
        partition_by_month.storage,
        v_found
    )
    on conflict on constraint partitioned_tables_pkey do update
        set
            key_column = excluded.key_column,
            retention = excluded.retention,
            storage = excluded.storage;
end;
$function$;

comment on function ttdb.partition_by_month(regclass, interval, text[]) is
'Gives a table that is partitioned by ranges of a timestamptz a DEFAULT partition, and declares how long its months '
'are kept; ttdb.ensure_partition() makes them.';
revoke all on function ttdb.partition_by_month(regclass, interval, text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'partition-by-month') as outcome \gset
\echo engine_0002 partition-by-month: :outcome
\endif
commit;

-- engine_0002, 12 of 27: unpartition-by-month
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'unpartition-by-month') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Ends the keeping of a table in months; no row goes with it.
create or replace function ttdb.unpartition_by_month(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.partitioned_tables;
    v_default pg_catalog.regclass;
    v_forced pg_catalog.bool;
    v_holds pg_catalog.bool;
    v_key record;
    v_column record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
    if not found then
        return;
    end if;
    select
        m.leaf,
        c.relforcerowsecurity
    into v_default, v_forced
    from ttdb.months_of(relation) as m
    inner join pg_catalog.pg_class as c on c.oid = m.leaf
    where m.state = 'default';

    if v_default is not null and v_entry.found is null then
        -- Under FORCE the owner would find it empty whatever it holds.
        if v_forced then
            execute pg_catalog.format('alter table %s no force row level security', v_default);
        end if;
        execute pg_catalog.format('select exists (select from %s)', v_default) into v_holds;
        if v_forced then
            execute pg_catalog.format('alter table %s force row level security', v_default);
        end if;
        if not v_holds then
            execute pg_catalog.format('drop table %s', v_default);
        end if;
    elsif v_default is not null then
        if pg_catalog.cardinality(v_entry.storage) > 0 then
            execute pg_catalog.format(
                'alter table %s reset (%s)',
                v_default,
                (
                    select pg_catalog.string_agg(pg_catalog.split_part(s.setting, '=', 1), ', ')
                    from pg_catalog.unnest(v_entry.storage) as s (setting)
                )
            );
        end if;
        if pg_catalog.cardinality(v_entry.found) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(v_entry.found, ', ')
            );
        end if;
    end if;

    -- Retired months keep their rows, and give up the foreign keys that would keep what they name from being dropped.
    for v_key in
        select
            m.leaf,
            k.conname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_constraint as k on k.conrelid = m.leaf and k.contype = 'f' and k.conparentid = 0
        where m.state = 'retired'
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', v_key.leaf, v_key.conname);
    end loop;
    -- So with the defaults that would keep our functions: nobody inserts into a retired month.
    for v_column in
        select distinct
            m.leaf,
            a.attname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_attrdef as e on e.adrelid = m.leaf
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = e.adrelid and a.attnum = e.adnum and a.attgenerated = ''
        inner join pg_catalog.pg_depend as d
            on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            and d.objid = e.oid
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        inner join pg_catalog.pg_proc as f on f.oid = d.refobjid
        where m.state = 'retired' and f.pronamespace = 'ttdb'::pg_catalog.regnamespace
    loop
        execute pg_catalog.format('alter table %s alter column %I drop default', v_column.leaf, v_column.attname);
    end loop;
    delete from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
end;
$function$;

comment on function ttdb.unpartition_by_month(regclass) is
'Undoes ttdb.partition_by_month(): months stay attached, and so does a DEFAULT partition that holds rows; retired '
'months stand on without foreign keys, and without defaults that call ttdb''s functions.';
revoke all on function ttdb.unpartition_by_month(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'unpartition-by-month') as outcome \gset
\echo engine_0002 unpartition-by-month: :outcome
\endif
commit;

-- engine_0002, 13 of 27: unique-keys
-- as ttdb_owner, on ttdb.unique_keys; lock: none on what stands
begin;
select * from pg_temp.look('engine_0002', 'unique-keys') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of what is unique over all partitions of a table.
create table ttdb.unique_keys (
    keys regclass not null,
    relation regclass not null,
    columns name[] not null,
    across_tenants boolean not null,
    constraint unique_keys_pkey primary key (keys),
    constraint unique_keys_relation_columns_key unique (relation, columns)
);
comment on table ttdb.unique_keys is
'Key tables, by which ttdb.keep_unique() keeps columns unique over all partitions.';
comment on column ttdb.unique_keys.keys is 'the table that holds each value once, with the row that has it';
comment on column ttdb.unique_keys.relation is 'the table whose columns are unique';
comment on column ttdb.unique_keys.columns is 'the columns that are unique together, in the order they were named';
comment on column ttdb.unique_keys.across_tenants is
'unique over all tenants: declared to be made at random by a provider, so that meeting one tells nothing';
comment on constraint unique_keys_pkey on ttdb.unique_keys is 'one key table, one entry';
comment on constraint unique_keys_relation_columns_key on ttdb.unique_keys is
'the same columns of a table are kept unique once';
grant select on ttdb.unique_keys to ttdb_operator, ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'unique-keys') as outcome \gset
\echo engine_0002 unique-keys: :outcome
\endif
commit;

-- engine_0002, 14 of 27: key-columns-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'key-columns-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The columns of a key table: of which its key consists, and which name the row.
create or replace function ttdb.key_columns_of(
    relation regclass, tenant_column name, columns name[], across_tenants boolean
)
returns table (column_name name, type text, in_key boolean, place bigint)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with wanted as (
        select
            w.column_name,
            pg_catalog.bool_or(w.in_key) as in_key,
            pg_catalog.min(w.place) as place
        from (
            select
                key_columns_of.tenant_column as column_name,
                not key_columns_of.across_tenants as in_key,
                0::pg_catalog.int8 as place
            union all
            select
                c.name,
                true,
                c.place
            from pg_catalog.unnest(key_columns_of.columns) with ordinality as c (name, place)
            -- The primary key holds the partition key: with it a look-up finds the row in one partition.
            union all
            select
                a.attname,
                false,
                1000 + pg_catalog.array_position(i.indkey::pg_catalog.int2 [], a.attnum)
            from pg_catalog.pg_index as i
            inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indrelid = key_columns_of.relation and i.indisprimary
        ) as w
        group by w.column_name
    )

    select
        w.column_name,
        pg_catalog.concat_ws(
            ' ',
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            case
                when a.attcollation <> t.typcollation
                    then 'collate ' || a.attcollation::pg_catalog.regcollation::pg_catalog.text
            end
        ),
        w.in_key,
        w.place
    from wanted as w
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = key_columns_of.relation
        and a.attname = w.column_name
        and a.attnum > 0
        and not a.attisdropped
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    order by w.place;
$function$;

comment on function ttdb.key_columns_of(regclass, name, name[], boolean) is
'What a key table holds of a row: the tenant, the unique columns, and the primary key.';
revoke all on function ttdb.key_columns_of(regclass, name, name[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'key-columns-of') as outcome \gset
\echo engine_0002 key-columns-of: :outcome
\endif
commit;

-- engine_0002, 15 of 27: tg-keep-unique
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'tg-keep-unique') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Enters a row's key into its key table, and takes it out again.

-- Definer because the application has no part in the key table: what all tenants' rows hold is nobody's to read.
create or replace function ttdb.tg__keep_unique() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_entry ttdb.unique_keys;
    v_names pg_catalog.text;
    v_values pg_catalog.text;
    v_same pg_catalog.text;
    v_constraint pg_catalog.pg_constraint;
    v_keys pg_catalog.pg_class;
begin
    select u.*
    into v_entry
    from ttdb.unique_keys as u
    where u.relation = coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid)
        and u.columns = tg_argv[0]::pg_catalog.name [];
    if not found then
        raise exception 'no key table keeps % of % unique', tg_argv[0], tg_relid::pg_catalog.regclass
            using errcode = 'TTUKM', hint = 'Run ttdb.keep_unique() on the table, or drop its trigger.';
    end if;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('($1).%I', a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('k.%1$I = ($1).%1$I', a.attname), ' and ' order by a.attnum)
    into v_names, v_values, v_same
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_entry.keys and a.attnum > 0 and not a.attisdropped;

    if tg_op in ('UPDATE', 'DELETE') then
        execute pg_catalog.format('delete from %s as k where %s', v_entry.keys, v_same) using old;
    end if;
    -- The trigger of an UPDATE also fires where a column became null, which takes part in no key.
    if tg_op = 'INSERT'
        or (tg_op = 'UPDATE' and not exists (
            select
            from pg_catalog.jsonb_each(pg_catalog.to_jsonb(new)) as v
            where v.key = any(v_entry.columns) and v.value = 'null'
        )) then
        -- Waits for another session that is entering the same key, as any unique index does.
        execute pg_catalog.format(
            'insert into %s (%s) select %s on conflict do nothing', v_entry.keys, v_names, v_values
        ) using new;
        get diagnostics v_same = row_count;
        if v_same = '0' then
            select c.* into v_constraint from pg_catalog.pg_constraint as c where c.conrelid = v_entry.keys and c.contype = 'p';
            select c.* into v_keys from pg_catalog.pg_class as c where c.oid = v_entry.keys;
            -- Nothing of the row that holds it: that may be another tenant's.
            raise exception 'duplicate key value violates unique constraint "%"', v_constraint.conname
                using errcode = '23505',
                detail = pg_catalog.obj_description(v_constraint.oid, 'pg_constraint'),
                constraint = v_constraint.conname,
                -- The constraint's own table, by which ttdb.constraint_message() finds what to say.
                table = v_keys.relname,
                schema = (select n.nspname from pg_catalog.pg_namespace as n where n.oid = v_keys.relnamespace);
        end if;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__keep_unique() is
'Keeps a key table in step with its table, and refuses with 23505 a key that another row has.';
revoke all on function ttdb.tg__keep_unique() from public;
-- Without EXECUTE nobody can hang it on a table of his own and learn which keys there are.
grant execute on function ttdb.tg__keep_unique() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'tg-keep-unique') as outcome \gset
\echo engine_0002 tg-keep-unique: :outcome
\endif
commit;

-- engine_0002, 16 of 27: fill-unique-keys
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'fill-unique-keys') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Enters the keys of rows that stand already.

-- Definer because the owner sees no rows of a protected table, nor may he write its keys.
create or replace function ttdb.fill_unique_keys(
    keys regclass, starts timestamptz default '-infinity', ends timestamptz default 'infinity'
) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.unique_keys;
    v_names pg_catalog.text;
    v_same pg_catalog.text;
    v_present pg_catalog.text;
    v_range pg_catalog.text;
    v_wrong pg_catalog.bool;
begin
    select u.* into strict v_entry from ttdb.unique_keys as u where u.keys = fill_unique_keys.keys;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('k.%1$I = r.%1$I', a.attname), ' and ' order by a.attnum)
    into v_names, v_same
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_entry.keys and a.attnum > 0 and not a.attisdropped;
    select pg_catalog.string_agg(pg_catalog.format('r.%I is not null', c.name), ' and ')
    into v_present
    from pg_catalog.unnest(v_entry.columns) as c (name);
    v_range := case
        when pg_catalog.isfinite(starts) or pg_catalog.isfinite(ends)
            then pg_catalog.format(
                ' and r.%1$I >= %2$L and r.%1$I < %3$L', ttdb.month_key_of(v_entry.relation), starts, ends
            )
        else ''
    end;

    execute pg_catalog.format(
        'insert into %s (%s) select %s from %s as r where %s%s on conflict do nothing',
        keys, v_names, v_names, v_entry.relation, v_present, v_range
    );
    execute pg_catalog.format(
        'select exists (select from %s as r where %s%s and not exists (select from %s as k where %s))',
        v_entry.relation, v_present, v_range, keys, v_same
    ) into v_wrong;
    if v_wrong then
        raise exception 'rows of % have equal %', v_entry.relation, pg_catalog.array_to_string(v_entry.columns, ', ')
            using errcode = '23505', hint = 'As an operator, find them with group by and having, and mend them.';
    end if;
end;
$function$;

comment on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) is
'Enters the keys of the rows in a range of the partition key into a key table; raises 23505 where two rows have one.';
revoke all on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) from public;
grant execute on function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz) to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'fill-unique-keys') as outcome \gset
\echo engine_0002 fill-unique-keys: :outcome
\endif
commit;

-- engine_0002, 17 of 27: unique-triggers-for
-- as ttdb_owner; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0002', 'unique-triggers-for') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The triggers that keep a key table in step with its table.
create or replace function ttdb.unique_triggers_for(
    relation regclass, tenant_column name, columns name[], across_tenants boolean
)
returns table (trigger_name name, type integer, definition text, comment text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with parts as (
        select
            pg_catalog.array_to_string(unique_triggers_for.columns, '_') as suffix,
            (
                select pg_catalog.string_agg(pg_catalog.format('new.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as new_present,
            (
                select pg_catalog.string_agg(pg_catalog.format('old.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as old_present,
            (
                select pg_catalog.string_agg(
                    pg_catalog.format('old.%1$I is distinct from new.%1$I', k.column_name), ' or ' order by k.place
                )
                from ttdb.key_columns_of(
                    unique_triggers_for.relation,
                    unique_triggers_for.tenant_column,
                    unique_triggers_for.columns,
                    unique_triggers_for.across_tenants
                ) as k
            ) as changed
    )

    -- WHEN and not UPDATE OF: a trigger before may change a column that the statement does not name.
    -- tgtype: 1 is FOR EACH ROW, with 4 INSERT, 8 DELETE or 16 UPDATE.
    select
        t.trigger_name::pg_catalog.name,
        t.type,
        pg_catalog.format(
            'create trigger %I after %s on %s for each row when (%s) execute function ttdb.tg__keep_unique(%L)',
            t.trigger_name,
            t.event,
            unique_triggers_for.relation,
            t.condition,
            unique_triggers_for.columns
        ),
        t.comment
    from parts as p
    cross join lateral (
        values
        ('_200_add_key_' || p.suffix, 5, 'insert', p.new_present, 'Enters the row''s key: no other row has it.'),
        ('_200_change_key_' || p.suffix, 17, 'update', p.changed, 'Enters the row''s new key, and gives up the old.'),
        ('_200_drop_key_' || p.suffix, 9, 'delete', p.old_present, 'Gives up the row''s key.')
    ) as t (trigger_name, type, event, condition, comment);
$function$;

comment on function ttdb.unique_triggers_for(regclass, name, name[], boolean) is
'The triggers that ttdb.keep_unique() puts on a table.';
revoke all on function ttdb.unique_triggers_for(regclass, name, name[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'unique-triggers-for') as outcome \gset
\echo engine_0002 unique-triggers-for: :outcome
\endif
commit;

-- engine_0002, 18 of 27: is-kept-unique
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'is-kept-unique') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether columns are kept unique over all partitions, in truth and not only on paper.
create or replace function ttdb.is_kept_unique(
    relation regclass, columns name[], across_tenants boolean default false
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select exists (
        select
        from ttdb.unique_keys as u
        inner join ttdb.tenant_tables as t on t.relation = u.relation
        inner join pg_catalog.pg_class as k on k.oid = u.keys
        where u.relation = is_kept_unique.relation
            and u.columns = is_kept_unique.columns
            and u.across_tenants = is_kept_unique.across_tenants
            and ttdb.is_protected(u.keys, t.tenant_column, '{}', '{}', '{select,insert,delete}')
            and exists (
                select
                from pg_catalog.pg_index as i
                where i.indrelid = u.keys
                    and i.indisprimary
                    and i.indisvalid
                    and (
                        select pg_catalog.array_agg(a.attname order by a.attname)
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                    ) = (
                        select pg_catalog.array_agg(c.column_name order by c.column_name)
                        from ttdb.key_columns_of(u.relation, t.tenant_column, u.columns, u.across_tenants) as c
                        where c.in_key
                    )
            )
            and not exists (
                select
                from ttdb.tree_of(u.relation) as r
                cross join ttdb.unique_triggers_for(u.relation, t.tenant_column, u.columns, u.across_tenants) as w
                where not exists (
                    select
                    from pg_catalog.pg_trigger as g
                    where g.tgrelid = r.relation
                        and g.tgname = w.trigger_name
                        and g.tgtype = w.type
                        and g.tgenabled in ('O', 'A')
                        and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
                )
            )
    );
$function$;

comment on function ttdb.is_kept_unique(regclass, name[], boolean) is
'Whether a key table stands, protected, and the triggers that feed it are on the table and all its partitions.';
revoke all on function ttdb.is_kept_unique(regclass, name[], boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'is-kept-unique') as outcome \gset
\echo engine_0002 is-kept-unique: :outcome
\endif
commit;

-- engine_0002, 19 of 27: forget-unique
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'forget-unique') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Ends the keeping of columns unique over all partitions.
create or replace function ttdb.forget_unique(relation regclass, columns name[]) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_keys pg_catalog.regclass;
    v_trigger pg_catalog.name;
begin
    select u.keys
    into v_keys
    from ttdb.unique_keys as u
    where u.relation = forget_unique.relation and u.columns = forget_unique.columns;
    if not found then
        return;
    end if;
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = forget_unique.relation
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
            and t.tgname in (
                '_200_add_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_change_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_drop_key_' || pg_catalog.array_to_string(columns, '_')
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, relation);
    end loop;
    if exists (select from pg_catalog.pg_class as c where c.oid = v_keys) then
        perform ttdb.unprotect(v_keys);
        execute pg_catalog.format('drop table %s', v_keys);
    end if;
    delete from ttdb.unique_keys as u where u.keys = v_keys;
end;
$function$;

comment on function ttdb.forget_unique(regclass, name[]) is
'Undoes ttdb.keep_unique(): drops its triggers and its key table.';
revoke all on function ttdb.forget_unique(regclass, name[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'forget-unique') as outcome \gset
\echo engine_0002 forget-unique: :outcome
\endif
commit;

-- engine_0002, 20 of 27: keep-unique
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('engine_0002', 'keep-unique') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that keeps columns unique over all partitions, which no index of a partitioned table can.
create or replace function ttdb.keep_unique(
    relation regclass, columns name[], message text, across_tenants boolean default false
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_entry ttdb.tenant_tables;
    v_text pg_catalog.text;
    v_constraint pg_catalog.text;
    v_keys pg_catalog.text;
    v_piece record;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_kept_unique(relation, columns, across_tenants) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = keep_unique.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s columns can be kept unique.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = keep_unique.relation;
    if not found or 'select' <> all(v_entry.definer) then
        raise exception 'ttdb_definer may not read %', relation
            using errcode = 'TTUKD', hint = pg_catalog.format(
                'What keeps keys reads all tenants'' rows: select ttdb.protect(%L, definer => ''{select}'').', relation
            );
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = keep_unique.relation and i.indisprimary) then
        raise exception '% has no primary key to say which row has a value', relation
            using errcode = 'TTUKP', hint = 'Add one; on a partitioned table it holds the partition key.';
    end if;
    select pg_catalog.string_agg(coalesce(c.name, 'null'), ', ')
    into v_text
    from pg_catalog.unnest(columns) as c (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = keep_unique.relation and a.attname = c.name and a.attnum > 0 and not a.attisdropped
    );
    if v_text is not null or pg_catalog.cardinality(columns) is distinct from greatest(pg_catalog.cardinality(columns), 1) then
        raise exception '% has no column %', relation, coalesce(v_text, 'of no name')
            using errcode = 'TTCOL', hint = 'Name existing columns to keep unique, without the tenant''s.';
    end if;

    -- As PostgreSQL would name the constraint, could the table have it.
    v_constraint := pg_catalog.concat_ws(
        '_',
        v_class.relname,
        case when not across_tenants then v_entry.tenant_column end,
        pg_catalog.array_to_string(columns, '_'),
        'key'
    );
    v_keys := pg_catalog.concat_ws('_', v_class.relname, pg_catalog.array_to_string(columns, '_'), 'keys');
    if greatest(
        pg_catalog.octet_length(v_constraint),
        pg_catalog.octet_length(v_keys),
        pg_catalog.octet_length('_200_change_key_' || pg_catalog.array_to_string(columns, '_'))
    ) > 63 then
        raise exception '% has too long a name for a key table of %', relation, pg_catalog.array_to_string(columns, ', ')
            using errcode = 'TTNAM', hint = 'The names of its table, constraint and triggers are made of these, and '
                'have 63 bytes: use shorter ones.';
    end if;

    perform ttdb.forget_unique(relation, columns);
    select pg_catalog.format('%I.%I', n.nspname, v_keys)
    into v_keys
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    if pg_catalog.to_regclass(v_keys) is not null then
        raise exception '% stands already', v_keys
            using errcode = 'TTTKN', hint = 'Its name is that of the key table to be made: rename it.';
    end if;

    execute (
        select pg_catalog.format(
            'create table %s (%s, constraint %I primary key (%s))',
            v_keys,
            pg_catalog.string_agg(pg_catalog.format('%I %s not null', k.column_name, k.type), ', ' order by k.place),
            v_constraint,
            pg_catalog.string_agg(pg_catalog.quote_ident(k.column_name), ', ' order by k.place) filter (where k.in_key)
        )
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants) as k
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_keys,
        pg_catalog.format(
            'Keeps %s of %s unique over all partitions%s; written by triggers, nobody''s to read.',
            pg_catalog.array_to_string(columns, ', '),
            relation,
            case when across_tenants then ' and tenants' else ', per tenant' end
        )
    );
    execute pg_catalog.format('comment on constraint %I on %s is %L', v_constraint, v_keys, message);
    for v_piece in
        select
            k.column_name,
            coalesce(pg_catalog.col_description(keep_unique.relation, a.attnum), 'as in the table') as comment
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants) as k
        inner join pg_catalog.pg_attribute as a on a.attrelid = keep_unique.relation and a.attname = k.column_name
    loop
        execute pg_catalog.format('comment on column %s.%I is %L', v_keys, v_piece.column_name, v_piece.comment);
    end loop;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.unique_keys as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.keys)
        or not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.unique_keys (keys, relation, columns, across_tenants)
    values (v_keys::pg_catalog.regclass, keep_unique.relation, keep_unique.columns, keep_unique.across_tenants);
    perform ttdb.protect(v_keys::pg_catalog.regclass, v_entry.tenant_column, '{}', '{}', '{select,insert,delete}');

    -- Creating a trigger waits for writers and keeps new ones out: no row comes between it and the filling. On a table
    -- of millions that is long; there, make the key table while the table is small, or in its maintenance window.
    for v_piece in
        select t.*
        from ttdb.unique_triggers_for(relation, v_entry.tenant_column, columns, across_tenants) as t
    loop
        execute v_piece.definition;
        execute pg_catalog.format('comment on trigger %I on %s is %L', v_piece.trigger_name, relation, v_piece.comment);
    end loop;
    perform ttdb.fill_unique_keys(v_keys::pg_catalog.regclass);
end;
$function$;

comment on function ttdb.keep_unique(regclass, name[], text, boolean) is
'Keeps columns unique over all partitions, per tenant or, where a provider makes them at random, across tenants, by a '
'key table that triggers write; the message is what a person is told. Rows with a NULL among the columns are left out.';
revoke all on function ttdb.keep_unique(regclass, name[], text, boolean) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'keep-unique') as outcome \gset
\echo engine_0002 keep-unique: :outcome
\endif
commit;

-- engine_0002, 21 of 27: tg-refuse-retired
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'tg-refuse-retired') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- A retired month is read, dumped and dropped, and not changed.
create or replace function ttdb.tg__refuse_retired() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    raise exception '% of the retired month % is refused', pg_catalog.lower(tg_op), tg_relid::pg_catalog.regclass
        using errcode = 'TTRTD',
        hint = 'Attach it again with ttdb.ensure_partition(), or dump and drop it.';
end;
$function$;

comment on function ttdb.tg__refuse_retired() is 'Refuses INSERT, UPDATE, DELETE and TRUNCATE of a retired month.';
revoke all on function ttdb.tg__refuse_retired() from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'tg-refuse-retired') as outcome \gset
\echo engine_0002 tg-refuse-retired: :outcome
\endif
commit;

-- engine_0002, 22 of 27: refuse-stranger
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'refuse-stranger') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Says why a table that bears a month's name must not be attached as that month.
create or replace function ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_reason pg_catalog.text;
begin
    -- Whether its columns, checks and rows fit is the server's to say, when it attaches.
    select case
        when c.relkind <> 'r' or c.relispartition then 'it is no table of its own'
        when c.relowner <> p.relowner
            then pg_catalog.format(
                'it belongs to %s, not to %s',
                pg_catalog.pg_get_userbyid(c.relowner),
                pg_catalog.pg_get_userbyid(p.relowner)
            )
        when exists (select from pg_catalog.pg_inherits as i where c.oid in (i.inhparent, i.inhrelid))
            then 'it inherits or is inherited from'
        when exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid) then 'it has rules'
        -- Attached without one it would get it unchecked: the owner, who attaches, sees no rows that could break it.
        when exists (
            select
            from pg_catalog.pg_constraint as k
            where k.conrelid = p.oid
                and k.contype = 'f'
                and not exists (
                    select
                    from pg_catalog.pg_constraint as o
                    where o.conrelid = c.oid
                        and o.contype = 'f'
                        and o.convalidated
                        and pg_catalog.pg_get_constraintdef(o.oid) = pg_catalog.pg_get_constraintdef(k.oid)
                )
        ) then 'it lacks a foreign key, or has one that is not validated'
        else (
            select pg_catalog.format('it has a trigger of its own, %s', t.tgname)
            from pg_catalog.pg_trigger as t
            where t.tgrelid = c.oid
                and not t.tgisinternal
                and t.tgfoid is distinct from pg_catalog.to_regprocedure('ttdb.tg__refuse_retired()')
                and t.tgfoid is distinct from pg_catalog.to_regprocedure('audit.tg__record_change()')
                and not exists (
                    select
                    from pg_catalog.pg_trigger as s
                    where s.tgrelid = refuse_stranger.sibling and s.tgname = t.tgname and s.tgfoid = t.tgfoid
                )
            order by t.tgname
            limit 1
        )
    end
    into v_reason
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_class as p on p.oid = refuse_stranger.relation
    where c.oid = refuse_stranger.leaf;

    if v_reason is not null then
        raise exception '% has the name of a month of %, and is not one', leaf, relation
            using errcode = 'TTSTR', detail = v_reason,
            hint = 'Rename it, or mend what is said of it, and make the month again.';
    end if;
end;
$function$;

comment on function ttdb.refuse_stranger(regclass, regclass, regclass) is
'Raises TTSTR where a table of a month''s name is not a month that was retired: another''s, or with its own triggers.';
revoke all on function ttdb.refuse_stranger(regclass, regclass, regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'refuse-stranger') as outcome \gset
\echo engine_0002 refuse-stranger: :outcome
\endif
commit;

-- engine_0002, 23 of 27: empty-default
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'empty-default') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Moves a month's rows out of the DEFAULT partition and puts the month in its place.
create or replace function ttdb.empty_default(
    relation regclass, default_leaf regclass, leaf regclass, starts timestamptz, ends timestamptz
) returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set timezone = utc
set datestyle = iso
as $function$
declare
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_columns pg_catalog.text;
    v_forced pg_catalog.oid [];
    v_table pg_catalog.oid;
    v_moved pg_catalog.int8;
begin
    -- Detached it has lost the row triggers of its parent: what moves is neither a change for the trail, nor refused
    -- by a table that is append-only, nor a key given up and taken again. Nobody else can look until this commits.
    execute pg_catalog.format('alter table %s detach partition %s', relation, default_leaf);

    -- The owner sees every row, as long as row security is not forced on it.
    select coalesce(pg_catalog.array_agg(c.oid), '{}')
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid in (empty_default.default_leaf, empty_default.leaf) and c.relforcerowsecurity;
    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s no force row level security', v_table::pg_catalog.regclass);
    end loop;

    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = empty_default.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %2$s from %3$s where %4$I >= %5$L and %4$I < %6$L',
        leaf, v_columns, default_leaf, v_key, starts, ends
    );
    get diagnostics v_moved = row_count;
    execute pg_catalog.format(
        'delete from %1$s where %2$I >= %3$L and %2$I < %4$L', default_leaf, v_key, starts, ends
    );

    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s force row level security', v_table::pg_catalog.regclass);
    end loop;

    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (%L) to (%L)', relation, leaf, starts, ends
    );
    execute pg_catalog.format('alter table %s attach partition %s default', relation, default_leaf);
    return v_moved;
end;
$function$;

comment on function ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz) is
'Moves the rows of a month from the DEFAULT partition into a table, and attaches that as the month.';
revoke all on function ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz) from public;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'empty-default') as outcome \gset
\echo engine_0002 empty-default: :outcome
\endif
commit;

-- engine_0002, 24 of 27: ensure-partition
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'ensure-partition') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes one month of a table, or attaches it again where it was retired.

-- Definer because only the owner can make and attach partitions, and what makes months every night should be no more
-- than an operator. It is no way to more: the caller names a table that the owner registered, and a month; every name
-- and setting comes from the registry and the catalog, and what it attaches belongs to the owner already.
create or replace function ttdb.ensure_partition(relation regclass, month date) returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
-- Attaching looks at foreign keys: off, a policy that would filter these rows is an error. They were checked before.
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.partitioned_tables;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
    v_starts constant pg_catalog.timestamptz := pg_catalog.date_trunc('month', month::pg_catalog.timestamp);
    v_ends constant pg_catalog.timestamptz := v_starts + '1 month'::pg_catalog.interval;
    v_name pg_catalog.text;
    v_leaf pg_catalog.regclass;
    v_default pg_catalog.regclass;
    v_standing record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = ensure_partition.relation;
    if not found then
        raise exception '% is not kept in months', relation
            using errcode = 'TTREG', hint = pg_catalog.format(
                'Have its owner run: select ttdb.partition_by_month(%L, retention => ''7 years'');', relation
            );
    end if;
    if month is null or month < '1000-01-01' or month >= '10000-01-01' then
        raise exception '% is no month that can be made', coalesce(month::pg_catalog.text, 'null')
            using errcode = 'TTMON', hint = 'Name a day of the month: 2026-03-01.';
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Looked at twice: first without a lock, so that nothing to do waits for nobody; then with it, because another
    -- session may have made the month meanwhile. It stops neither readers nor writers.
    for v_round in 1..2 loop
        select
            m.leaf,
            m.starts <= v_starts and m.ends >= v_ends as covers
        into v_standing
        from ttdb.months_of(relation) as m
        where m.state in ('attached', 'other') and m.starts < v_ends and m.ends > v_starts
        limit 1;
        if found and v_standing.covers then
            perform pg_catalog.set_config('lock_timeout', v_patience, true);
            return false;
        elsif found then
            raise exception '% holds a part of % of %', v_standing.leaf, pg_catalog.to_char(v_starts, 'YYYY-MM'), relation
                using errcode = 'TTOVL', hint = 'Months are made beside whole months only: split or merge it first.';
        end if;
        if v_round = 1 then
            execute pg_catalog.format('lock table only %s in share update exclusive mode', relation);
        end if;
    end loop;

    select
        c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'),
        pg_catalog.to_regclass(
            pg_catalog.format('%I.%I', n.nspname, c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'))
        )
    into v_name, v_leaf
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = ensure_partition.relation;
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        raise exception '% has no DEFAULT partition', relation
            using errcode = 'TTDFL', hint = 'Have its owner run ttdb.partition_by_month() again: it makes one.';
    end if;

    if v_leaf is null then
        v_leaf := ttdb.make_leaf(relation, v_name, v_entry.storage);
    else
        perform ttdb.refuse_stranger(v_leaf, relation, v_default);
        execute pg_catalog.format('drop trigger if exists _000_refuse_retired on %s', v_leaf);
    end if;
    perform ttdb.dress_leaf(v_leaf, relation, v_default);
    execute pg_catalog.format(
        'comment on table %s is %L', v_leaf,
        pg_catalog.format(
            'Rows of %s whose %s is in %s, in UTC.', relation, v_entry.key_column, pg_catalog.to_char(v_starts, 'YYYY-MM')
        )
    );

    begin
        execute pg_catalog.format(
            'alter table %s attach partition %s for values from (%L) to (%L)', relation, v_leaf, v_starts, v_ends
        );
    exception
        when check_violation then
            -- DEFAULT holds rows of this month: so says the server, who sees them all.
            perform ttdb.empty_default(relation, v_default, v_leaf, v_starts, v_ends);
    end;

    -- A month that was restored from a dump may bring rows whose keys were forgotten.
    perform ttdb.fill_unique_keys(u.keys, v_starts, v_ends)
    from ttdb.unique_keys as u
    where u.relation = ensure_partition.relation;
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
    return true;
end;
$function$;

comment on function ttdb.ensure_partition(regclass, date) is
'Makes the month of a day, as protected and audited as its siblings, and moves what waits for it in DEFAULT into it; '
'attaches it again where it was retired. False where there was nothing to do.';
revoke all on function ttdb.ensure_partition(regclass, date) from public;
grant execute on function ttdb.ensure_partition(regclass, date) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'ensure-partition') as outcome \gset
\echo engine_0002 ensure-partition: :outcome
\endif
commit;

-- engine_0002, 25 of 27: ensure-partitions
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0002', 'ensure-partitions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes the months of all tables that are kept in months.
create or replace function ttdb.ensure_partitions(from_month date, to_month date) returns integer
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_from constant pg_catalog.timestamp := pg_catalog.date_trunc('month', from_month::pg_catalog.timestamp);
    v_to constant pg_catalog.timestamp := pg_catalog.date_trunc('month', to_month::pg_catalog.timestamp);
    v_made pg_catalog.int4;
begin
    if v_from is null or v_to is null or v_to < v_from or v_to > v_from + '100 years'::pg_catalog.interval then
        raise exception '% to % are no months that can be made', from_month, to_month
            using errcode = 'TTMON', hint = 'Name the first month and the last, at most 100 years later.';
    end if;
    -- In one order everywhere, so that two who make months wait for each other instead of deadlocking.
    select pg_catalog.count(*) filter (where ttdb.ensure_partition(m.relation, m.month))
    into v_made
    from (
        select
            p.relation,
            s.month::pg_catalog.date as month
        from ttdb.partitioned_tables as p
        cross join pg_catalog.generate_series(v_from, v_to, '1 month') as s (month)
        order by p.relation::pg_catalog.oid, s.month
    ) as m;
    return v_made;
end;
$function$;

comment on function ttdb.ensure_partitions(date, date) is
'Makes every month from the first day''s to the last day''s of every table in ttdb.partitioned_tables, and returns how '
'many it made. In one transaction: ttdb partitions ensure makes each in its own.';
revoke all on function ttdb.ensure_partitions(date, date) from public;
grant execute on function ttdb.ensure_partitions(date, date) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'ensure-partitions') as outcome \gset
\echo engine_0002 ensure-partitions: :outcome
\endif
commit;

-- engine_0002, 26 of 27: retire-partition
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0002', 'retire-partition') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes a month that need no longer be kept off its table.

-- Definer because only the owner can detach. It is no way to lose what must be kept: the retention is the owner's word,
-- and the month stays as a table, unchangeable, until somebody who may drop it does.
create or replace function ttdb.retire_partition(leaf regclass) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set timezone = utc
set datestyle = iso
as $function$
declare
    v_month record;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
begin
    select
        p.relation,
        p.retention,
        m.month,
        m.ends
    into v_month
    from pg_catalog.pg_inherits as i
    inner join ttdb.partitioned_tables as p on p.relation = i.inhparent
    inner join lateral ttdb.months_of(p.relation) as m on m.leaf = i.inhrelid
    where i.inhrelid = retire_partition.leaf and m.state = 'attached';
    if not found then
        raise exception '% is not a month of a table that is kept in months', leaf
            using errcode = 'TTNMO', hint = 'ttdb partitions list names them; DEFAULT stays always.';
    end if;
    if v_month.ends > pg_catalog.now() - v_month.retention then
        raise exception '% is younger than %, which % must be kept', leaf, v_month.retention, v_month.relation
            using errcode = 'TTRET', hint = pg_catalog.format(
                'It may be retired from %s on.', (v_month.ends + v_month.retention)::pg_catalog.date
            );
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Plain: CONCURRENTLY is refused where there is a DEFAULT partition.
    execute pg_catalog.format('alter table %s detach partition %s', v_month.relation, leaf);
    -- The parent's triggers are gone; its policies never were here.
    perform ttdb.strip(leaf);
    execute pg_catalog.format('alter table %s enable row level security, force row level security', leaf);
    execute pg_catalog.format('create policy select_operator on %s for select to ttdb_operator using (true)', leaf);
    execute pg_catalog.format(
        'comment on policy select_operator on %s is %L', leaf, 'Operators read and dump retired months; nobody else does.'
    );
    execute pg_catalog.format('grant select on table %s to ttdb_operator', leaf);
    execute pg_catalog.format(
        'create trigger _000_refuse_retired before insert or update or delete or truncate on %s '
        'for each statement execute function ttdb.tg__refuse_retired()', leaf
    );
    execute pg_catalog.format('alter table %s enable always trigger _000_refuse_retired', leaf);
    execute pg_catalog.format(
        'comment on trigger _000_refuse_retired on %s is %L', leaf, 'What is retired is not changed.'
    );
    execute pg_catalog.format(
        'comment on table %s is %L', leaf,
        pg_catalog.format(
            'Retired from %s on %s: dump and drop it, or attach it again with ttdb.ensure_partition(%L, %L).',
            v_month.relation, pg_catalog.now()::pg_catalog.date, v_month.relation, v_month.month
        )
    );
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
end;
$function$;

comment on function ttdb.retire_partition(regclass) is
'Detaches a month that is older than the retention; it stands on, readable by operators and changeable by nobody.';
revoke all on function ttdb.retire_partition(regclass) from public;
grant execute on function ttdb.retire_partition(regclass) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0002', 'retire-partition') as outcome \gset
\echo engine_0002 retire-partition: :outcome
\endif
commit;

-- engine_0002, 27 of 27: months-audit-trail
-- as ttdb_owner, on audit.trail, audit.trail_default; lock: not known beforehand
begin;
select * from pg_temp.look('engine_0002', 'months-audit-trail') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.partition_by_month('audit.trail', '7 years');
\endif
\if :to_record
select pg_temp.record('engine_0002', 'months-audit-trail') as outcome \gset
\echo engine_0002 months-audit-trail: :outcome
\endif
commit;

select pg_temp.reached('engine_0002', array['engine_0001']::text[], array['engine_0003', 'engine_0004', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014', 'engine_0005', 'engine_0006', 'engine_0007']::text[]) as reached \gset

-- engine_0003: Add rules: what may follow what, what is written once, and the message for whoever breaks one.

-- engine_0003, 1 of 14: trigger-arguments
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'trigger-arguments') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What a trigger passes to its function.
create or replace function ttdb.trigger_arguments(arguments bytea) returns text[]
language sql
immutable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Each argument ends with a zero byte; whole bytes are matched, so that no two halves make one.
    select coalesce(
        pg_catalog.array_agg(
            pg_catalog.convert_from(pg_catalog.decode(m.match[1], 'hex'), 'UTF8') order by m.position
        ),
        '{}'
    )
    from pg_catalog.regexp_matches(
        pg_catalog.encode(trigger_arguments.arguments, 'hex'), '((?:[1-9a-f][0-9a-f]|0[1-9a-f])*)00', 'g'
    ) with ordinality as m (match, position);
$function$;

comment on function ttdb.trigger_arguments(bytea) is 'The arguments of a trigger, from pg_trigger.tgargs.';
revoke all on function ttdb.trigger_arguments(bytea) from public;
grant execute on function ttdb.trigger_arguments(bytea) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'trigger-arguments') as outcome \gset
\echo engine_0003 trigger-arguments: :outcome
\endif
commit;

-- engine_0003, 2 of 14: condition-of-change
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'condition-of-change') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The condition that one of these columns changes, as the server itself would print it.
create or replace function ttdb.condition_of_change(columns name[]) returns text
language sql
immutable
parallel safe
security invoker
set search_path = ''
as $function$
    select case
        when pg_catalog.cardinality(condition_of_change.columns) = 1 then '(' || c.conditions || ')'
        else '((' || c.conditions || '))'
    end
    from (
        select pg_catalog.string_agg(
            pg_catalog.format('(old.%1$I IS DISTINCT FROM new.%1$I)', n.name), ' OR ' order by n.position
        ) as conditions
        from pg_catalog.unnest(condition_of_change.columns) with ordinality as n (name, position)
    ) as c;
$function$;

comment on function ttdb.condition_of_change(name[]) is
'The WHEN of a trigger that fires only where one of these columns changes.';
revoke all on function ttdb.condition_of_change(name[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'condition-of-change') as outcome \gset
\echo engine_0003 condition-of-change: :outcome
\endif
commit;

-- engine_0003, 3 of 14: tg-allow-transitions
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'tg-allow-transitions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Keeps a column on its course: from each value only to those that may follow it.
create or replace function ttdb.tg__allow_transitions() returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the rule's name, the column, and what may follow what.
    v_from constant pg_catalog.text := pg_catalog.to_jsonb(old) ->> tg_argv[1];
    v_to constant pg_catalog.text := pg_catalog.to_jsonb(new) ->> tg_argv[1];
    v_next constant pg_catalog.jsonb := coalesce(tg_argv[2]::pg_catalog.jsonb -> v_from, '[]');
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    -- It fires only where the value changes: equal ones mean that the column was renamed since.
    if v_from is not distinct from v_to then
        raise exception '% has no column %', v_relation, tg_argv[1]
            using errcode = 'TTCOL', hint = 'Run ttdb.allow_transitions() again with the column''s new name.';
    end if;
    if v_from is null or v_next operator(pg_catalog.?) v_to then
        return new;
    end if;

    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;
    raise exception '% of % cannot go from % to %', tg_argv[1], v_table, v_from, coalesce(v_to, 'nothing')
        using errcode = 'check_violation',
        constraint = tg_argv[0],
        schema = v_schema,
        table = v_table,
        column = tg_argv[1],
        hint = case
            when v_next = '[]' then pg_catalog.format('%s is final.', v_from)
            else pg_catalog.format('From %s it can go to %s.', v_from, (
                select pg_catalog.string_agg(t.name, ', ' order by t.position)
                from pg_catalog.jsonb_array_elements_text(v_next) with ordinality as t (name, position)
            ))
        end;
end;
$function$;

comment on function ttdb.tg__allow_transitions() is
'Trigger: refuses with 23514 a change of a column that ttdb.allow_transitions() does not list. An empty one may take '
'any value, and none may be emptied.';
revoke all on function ttdb.tg__allow_transitions() from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'tg-allow-transitions') as outcome \gset
\echo engine_0003 tg-allow-transitions: :outcome
\endif
commit;

-- engine_0003, 4 of 14: tg-keep-values
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'tg-keep-values') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Keeps what was written: a filled column takes no other value.
create or replace function ttdb.tg__keep_values() returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the rule's name, and the columns.
    v_old constant pg_catalog.jsonb := pg_catalog.to_jsonb(old);
    v_new constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_column pg_catalog.text;
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

    foreach v_column in array tg_argv[1:] loop
        if not v_old operator(pg_catalog.?) v_column then
            raise exception '% has no column %', v_relation, v_column
                using errcode = 'TTCOL', hint = 'Run ttdb.keep_values() again with the column''s new name.';
        end if;
        if v_old ->> v_column is not null
            and v_new ->> v_column is not null
            and v_old -> v_column <> v_new -> v_column then
            raise exception '% of % is written once', v_column, v_table
                using errcode = 'check_violation',
                constraint = tg_argv[0],
                schema = v_schema,
                table = v_table,
                column = v_column,
                hint = 'Leave it as it is: what it says has happened.';
        end if;
    end loop;
    return new;
end;
$function$;

comment on function ttdb.tg__keep_values() is
'Trigger: refuses with 23514 another value for a filled column of ttdb.keep_values(). It may be emptied where the '
'table''s CHECKs allow that.';
revoke all on function ttdb.tg__keep_values() from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'tg-keep-values') as outcome \gset
\echo engine_0003 tg-keep-values: :outcome
\endif
commit;

-- engine_0003, 5 of 14: comment-of-rule
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'comment-of-rule') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What the comment of a constraint, or of a unique index that is none, says to a person.
create or replace function ttdb.comment_of_rule(relation regclass, constraint_name name) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Of a constraint trigger it is the trigger's comment: pg_dump leaves out the one on its constraint.
    select coalesce(
        pg_catalog.obj_description(k.oid, 'pg_constraint'), pg_catalog.obj_description(t.oid, 'pg_trigger')
    )
    from pg_catalog.pg_constraint as k
    left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
    where k.conrelid = comment_of_rule.relation and k.conname = comment_of_rule.constraint_name and k.contype <> 'n'

    union all
    -- An index's comment opens with what it serves; the message is what follows the last semicolon.
    select pg_catalog.btrim(
        pg_catalog.regexp_replace(pg_catalog.obj_description(i.indexrelid, 'pg_class'), '^.*;', '')
    )
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = comment_of_rule.relation
        and c.relname = comment_of_rule.constraint_name
        and i.indisunique
        and not exists (
            select
            from pg_catalog.pg_constraint as k
            where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
        );
$function$;

comment on function ttdb.comment_of_rule(regclass, name) is
'The message of a table''s constraint: its comment, or its trigger''s, or of a unique index the part after the last '
'semicolon.';
revoke all on function ttdb.comment_of_rule(regclass, name) from public;
grant execute on function ttdb.comment_of_rule(regclass, name) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'comment-of-rule') as outcome \gset
\echo engine_0003 comment-of-rule: :outcome
\endif
commit;

-- engine_0003, 6 of 14: wears-rule
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'wears-rule') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether a rule on changes of a column stands, and is the one asked for.
create or replace function ttdb.wears_rule(
    relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- tgtype: 17 is AFTER UPDATE FOR EACH ROW, 19 BEFORE UPDATE FOR EACH ROW.
    select not exists (
        select
        from pg_catalog.pg_class as c
        cross join (
            values
            (wears_rule.constraint_name::pg_catalog.text, 17, true),
            ('_200_' || wears_rule.constraint_name, 19, false)
        ) as w (name, type, is_constraint)
        where c.oid = wears_rule.relation
            and (w.is_constraint or c.relkind = 'p')
            and not exists (
                select
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid
                    and t.tgname = w.name::pg_catalog.name
                    and t.tgtype = w.type
                    and (t.tgconstraint <> 0) = w.is_constraint
                    and not t.tgdeferrable
                    and t.tgenabled in ('O', 'A')
                    and t.tgfoid = wears_rule.rule_function
                    and ttdb.trigger_arguments(t.tgargs)
                    = wears_rule.constraint_name::pg_catalog.text || wears_rule.arguments
                    and pg_catalog.strpos(
                        pg_catalog.pg_get_triggerdef(t.oid), ' WHEN ' || ttdb.condition_of_change(wears_rule.columns)
                    ) > 0
            )
    )
    and exists (select from pg_catalog.pg_class as c where c.oid = wears_rule.relation);
$function$;

comment on function ttdb.wears_rule(regclass, name, regprocedure, name[], text[]) is
'Whether a table has the enabled triggers of a rule of ttdb.allow_transitions() or ttdb.keep_values().';
revoke all on function ttdb.wears_rule(regclass, name, regprocedure, name[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'wears-rule') as outcome \gset
\echo engine_0003 wears-rule: :outcome
\endif
commit;

-- engine_0003, 7 of 14: drop-rule
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'drop-rule') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes a rule on changes of a column off a table.
create or replace function ttdb.drop_rule(relation regclass, constraint_name name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_trigger pg_catalog.name;
begin
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = drop_rule.relation
            and t.tgname in (drop_rule.constraint_name, ('_200_' || drop_rule.constraint_name)::pg_catalog.name)
            and t.tgfoid in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, relation);
    end loop;
end;
$function$;

comment on function ttdb.drop_rule(regclass, name) is
'Takes off what ttdb.allow_transitions() or ttdb.keep_values() put on; from then on any change passes.';
revoke all on function ttdb.drop_rule(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'drop-rule') as outcome \gset
\echo engine_0003 drop-rule: :outcome
\endif
commit;

-- engine_0003, 8 of 14: hang-rule
-- as ttdb_owner; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('engine_0003', 'hang-rule') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Puts a rule on changes of a column on a table.
create or replace function ttdb.hang_rule(
    relation regclass,
    constraint_name name,
    message text,
    rule_function regprocedure,
    columns name[],
    arguments text[]
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_quoted pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = hang_rule.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s rows can have rules.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Give the rule to %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select e.name
    into v_text
    from pg_catalog.unnest(columns) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = hang_rule.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    )
    limit 1;
    if found then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name the column that the rule is about.';
    end if;
    if coalesce(pg_catalog.octet_length(constraint_name::pg_catalog.text), 0) not between 1 and 58 then
        raise exception 'name % of a rule has not 1 to 58 bytes', coalesce(constraint_name, '(null)')
            using errcode = 'TTNAM', hint = 'Give it a name that reads as the rule: orders_status_must_follow_its_course.';
    end if;
    if message is null or message !~ '\S' then
        raise exception 'rule % has no message', constraint_name
            using errcode = 'TTMSG', hint = 'Say in it, to a person, what is wrong when the rule is broken.';
    end if;
    if exists (
        select
        from pg_catalog.pg_constraint as k
        where k.conrelid = hang_rule.relation and k.conname = hang_rule.constraint_name and k.contype <> 't'
    ) or exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = hang_rule.relation
            and t.tgname = hang_rule.constraint_name
            and t.tgfoid not in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    ) then
        raise exception '% has another constraint or trigger named %', relation, constraint_name
            using errcode = 'TTNAM', hint = 'Services find a message by this name: give the rule one of its own.';
    end if;

    select pg_catalog.string_agg(pg_catalog.quote_literal(a.value), ', ' order by a.position)
    into v_quoted
    from pg_catalog.unnest(constraint_name::pg_catalog.text || arguments) with ordinality as a (value, position);
    perform ttdb.drop_rule(relation, constraint_name);
    execute pg_catalog.format(
        'create constraint trigger %I after update on %s not deferrable for each row when %s execute function %s(%s)',
        constraint_name,
        relation,
        ttdb.condition_of_change(columns),
        rule_function::pg_catalog.oid::pg_catalog.regproc,
        v_quoted
    );
    execute pg_catalog.format('comment on trigger %I on %s is %L', constraint_name, relation, message);
    if v_class.relkind = 'p' then
        -- An update that moves a row to another partition fires no AFTER UPDATE trigger: the server makes it a DELETE
        -- and an INSERT. What fires before it sees the update.
        execute pg_catalog.format(
            'create trigger %I before update on %s for each row when %s execute function %s(%s)',
            '_200_' || constraint_name,
            relation,
            ttdb.condition_of_change(columns),
            rule_function::pg_catalog.oid::pg_catalog.regproc,
            v_quoted
        );
        execute pg_catalog.format('comment on trigger %I on %s is %L', '_200_' || constraint_name, relation, message);
    end if;
end;
$function$;

comment on function ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[]) is
'The part that ttdb.allow_transitions() and ttdb.keep_values() share: refuses what cannot be, and makes the triggers.';
revoke all on function ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'hang-rule') as outcome \gset
\echo engine_0003 hang-rule: :outcome
\endif
commit;

-- engine_0003, 9 of 14: has-transitions
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'has-transitions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether a column keeps to its course, in truth and not only on paper.
create or replace function ttdb.has_transitions(
    relation regclass, column_name name, constraint_name name, transitions jsonb
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select ttdb.wears_rule(
        has_transitions.relation,
        has_transitions.constraint_name,
        'ttdb.tg__allow_transitions()',
        array[has_transitions.column_name],
        array[has_transitions.column_name::pg_catalog.text, has_transitions.transitions::pg_catalog.text]
    );
$function$;

comment on function ttdb.has_transitions(regclass, name, name, jsonb) is
'Whether exactly what ttdb.allow_transitions() would put on a table stands there, enabled.';
revoke all on function ttdb.has_transitions(regclass, name, name, jsonb) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'has-transitions') as outcome \gset
\echo engine_0003 has-transitions: :outcome
\endif
commit;

-- engine_0003, 10 of 14: allow-transitions
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'allow-transitions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that says which value of a column may follow which.

-- For example: select ttdb.allow_transitions('public.doors', 'state', 'doors_must_be_closed_to_be_locked',
-- 'an open door cannot be locked', '{"OPEN": ["CLOSED"], "CLOSED": ["OPEN", "LOCKED"], "LOCKED": ["CLOSED"]}');
create or replace function ttdb.allow_transitions(
    relation regclass, column_name name, constraint_name name, message text, transitions jsonb
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if ttdb.has_transitions(relation, column_name, constraint_name, transitions)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    if transitions is null or pg_catalog.jsonb_typeof(transitions) <> 'object' or exists (
        select
        from pg_catalog.jsonb_each(
            case pg_catalog.jsonb_typeof(transitions) when 'object' then transitions end
        ) as e (name, next)
        where pg_catalog.jsonb_typeof(e.next) <> 'array'
            or exists (
                select
                from pg_catalog.jsonb_array_elements(
                    case pg_catalog.jsonb_typeof(e.next) when 'array' then e.next end
                ) as n (value)
                where pg_catalog.jsonb_typeof(n.value) <> 'string'
            )
    ) then
        raise exception 'transitions of % are not an object of lists of words', relation
            using errcode = 'TTTRN', hint = 'Write for each value those that may follow it: {"OPEN": ["CLOSED"]}.';
    end if;
    perform ttdb.hang_rule(
        relation,
        constraint_name,
        message,
        'ttdb.tg__allow_transitions()',
        array[column_name],
        array[column_name::pg_catalog.text, transitions::pg_catalog.text]
    );
end;
$function$;

comment on function ttdb.allow_transitions(regclass, name, name, text, jsonb) is
'Lets a column change only from a value to those listed for it, in a table and its partitions; a value without a list '
'is final. ttdb.drop_rule() undoes it.';
revoke all on function ttdb.allow_transitions(regclass, name, name, text, jsonb) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'allow-transitions') as outcome \gset
\echo engine_0003 allow-transitions: :outcome
\endif
commit;

-- engine_0003, 11 of 14: keeps-values
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'keeps-values') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether columns keep what is written in them, in truth and not only on paper.
create or replace function ttdb.keeps_values(relation regclass, columns name[], constraint_name name) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select ttdb.wears_rule(
        keeps_values.relation,
        keeps_values.constraint_name,
        'ttdb.tg__keep_values()',
        keeps_values.columns,
        keeps_values.columns::pg_catalog.text[]
    );
$function$;

comment on function ttdb.keeps_values(regclass, name[], name) is
'Whether exactly what ttdb.keep_values() would put on a table stands there, enabled.';
revoke all on function ttdb.keeps_values(regclass, name[], name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'keeps-values') as outcome \gset
\echo engine_0003 keeps-values: :outcome
\endif
commit;

-- engine_0003, 12 of 14: keep-values
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'keep-values') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that lets columns be written once.

-- For example: select ttdb.keep_values('public.doors', '{built_at}', 'doors_building_must_stay_as_recorded',
-- 'when the door was built is on record and cannot change');
create or replace function ttdb.keep_values(
    relation regclass, columns name[], constraint_name name, message text
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if coalesce(pg_catalog.cardinality(columns), 0) = 0 then
        raise exception 'no column of % to keep', relation
            using errcode = 'TTCOL', hint = 'Name the columns that are written once.';
    end if;
    if ttdb.keeps_values(relation, columns, constraint_name)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    perform ttdb.hang_rule(
        relation, constraint_name, message, 'ttdb.tg__keep_values()', columns, columns::pg_catalog.text[]
    );
end;
$function$;

comment on function ttdb.keep_values(regclass, name[], name, text) is
'Refuses another value for a column that has one, in a table and its partitions; emptying it is the CHECKs'' business. '
'ttdb.drop_rule() undoes it.';
revoke all on function ttdb.keep_values(regclass, name[], name, text) from public;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'keep-values') as outcome \gset
\echo engine_0003 keep-values: :outcome
\endif
commit;

-- engine_0003, 13 of 14: rules
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'rules') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Every rule that the database keeps, as it stands in the catalog.
create or replace function ttdb.rules()
returns table (relation regclass, constraint_name name, kind text, rule text, message text, sqlstate text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with tables as (
        select c.oid
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
            and not c.relispartition
            and n.nspname !~ '^pg_'
            and n.nspname <> 'information_schema'
    ), found as (
        select
            k.conrelid as relation,
            k.conname as name,
            case k.contype
                when 'p' then 'primary key'
                when 'u' then 'unique'
                when 'x' then 'exclusion'
                when 'f' then 'foreign key'
                when 'c' then 'check'
                else case
                    when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then 'transition'
                    when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure then 'written once'
                    when t.tgdeferrable then 'at commit'
                    else 'at once'
                end
            end as kind,
            case
                when k.contype <> 't' then pg_catalog.pg_get_constraintdef(k.oid)
                when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then (
                    select pg_catalog.string_agg(
                        e.name || ' to ' || case e.next
                            when '[]' then 'nothing'
                            else (
                                select pg_catalog.string_agg(w.name, ', ' order by w.position)
                                from pg_catalog.jsonb_array_elements_text(e.next)
                                    with ordinality as w (name, position)
                            )
                        end,
                        '; ' order by e.position
                    )
                    from pg_catalog.jsonb_each((ttdb.trigger_arguments(t.tgargs))[3]::pg_catalog.jsonb)
                        with ordinality as e (name, next, position)
                )
                when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure
                    then pg_catalog.array_to_string((ttdb.trigger_arguments(t.tgargs))[2:], ', ')
                else pg_catalog.obj_description(t.tgfoid, 'pg_proc')
            end as rule,
            case k.contype
                when 'p' then '23505' when 'u' then '23505' when 'x' then '23P01' when 'f' then '23503' else '23514'
            end as sqlstate
        from pg_catalog.pg_constraint as k
        left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
        where k.contype in ('p', 'u', 'x', 'f', 'c', 't') and k.conparentid = 0

        union all
        select
            i.indrelid,
            c.relname,
            'unique',
            pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^.* USING btree ', ''),
            '23505'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indisunique
            and not exists (
                select
                from pg_catalog.pg_constraint as k
                where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
    )

    select
        f.relation::pg_catalog.regclass,
        f.name,
        f.kind,
        f.rule,
        ttdb.comment_of_rule(f.relation, f.name),
        f.sqlstate
    from found as f
    inner join tables as t on t.oid = f.relation
    order by f.relation::pg_catalog.regclass::pg_catalog.text collate pg_catalog."C", f.name collate pg_catalog."C";
$function$;

comment on function ttdb.rules() is
'Every constraint, and every rule kept by a trigger or a unique index, with its kind, its message for a person and the '
'SQLSTATE of its refusal.';
revoke all on function ttdb.rules() from public;
grant execute on function ttdb.rules() to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'rules') as outcome \gset
\echo engine_0003 rules: :outcome
\endif
commit;

-- engine_0003, 14 of 14: constraint-message
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0003', 'constraint-message') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What to tell a person whose change was refused, from the fields of the error.
create or replace function ttdb.constraint_message(
    constraint_name text, schema_name text default null, table_name text default null, column_name text default null
) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with recursive named (oid, relation, name, level) as (
        select
            k.oid,
            k.conrelid,
            k.conname,
            0
        from pg_catalog.pg_constraint as k
        where k.conname = constraint_message.constraint_name and k.contype <> 'n'

        union all
        select
            i.indexrelid,
            i.indrelid,
            c.relname,
            0
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_index as i on i.indexrelid = c.oid and i.indisunique
        where c.relname = constraint_message.constraint_name
    ), asked as (
        select n.*
        from named as n
        inner join pg_catalog.pg_class as c on c.oid = n.relation
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        -- What a session makes for itself, of whatever name, says nothing to others.
        where s.nspname !~ '^pg_(toast_)?temp_'
            and (constraint_message.schema_name is null or s.nspname = constraint_message.schema_name)
            and (constraint_message.table_name is null or c.relname = constraint_message.table_name)
    ), climbed (oid, relation, name, level) as (
        select a.* from asked as a

        union all
        -- A partition's key, or its index, has a name of its own; what a person is told stands at the root.
        select
            p.oid,
            p.relation,
            p.name,
            c.level + 1
        from climbed as c
        cross join lateral (
            select
                k.oid,
                k.conrelid,
                k.conname
            from pg_catalog.pg_constraint as own
            inner join pg_catalog.pg_constraint as k on k.oid = own.conparentid
            where own.oid = c.oid

            union all
            select
                i.indexrelid,
                i.indrelid,
                x.relname
            from pg_catalog.pg_inherits as h
            inner join pg_catalog.pg_index as i on i.indexrelid = h.inhparent
            inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
            where h.inhrelid = c.oid
        ) as p (oid, relation, name)
    ), messages as (
        select distinct ttdb.comment_of_rule(
            coalesce(pg_catalog.pg_partition_root(c.relation), c.relation)::pg_catalog.regclass, c.name
        ) as message
        from climbed as c

        union
        -- NOT NULL: the error names the column, and no constraint.
        select a.attname || ' is missing'
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        where constraint_message.constraint_name is null
            and s.nspname !~ '^pg_(toast_)?temp_'
            and s.nspname = constraint_message.schema_name
            and c.relname = constraint_message.table_name
            and a.attname = constraint_message.column_name
            and a.attnum > 0
            and not a.attisdropped
    )

    -- Two tables may have rules of one name that say different things: then only the table tells them apart.
    select case when pg_catalog.count(*) = 1 then pg_catalog.min(m.message) end
    from messages as m
    where m.message is not null;
$function$;

comment on function ttdb.constraint_message(text, text, text, text) is
'The message for a person of a constraint, by the fields of the error: constraint, schema, table and column name. NULL '
'where the name is unknown, or fits several tables whose messages differ and the table is not given.';
revoke all on function ttdb.constraint_message(text, text, text, text) from public;
grant execute on function ttdb.constraint_message(text, text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0003', 'constraint-message') as outcome \gset
\echo engine_0003 constraint-message: :outcome
\endif
commit;

select pg_temp.reached('engine_0003', array['engine_0001', 'engine_0002']::text[], array['engine_0004', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014', 'engine_0005', 'engine_0006', 'engine_0007']::text[]) as reached \gset

-- engine_0004: Let the tenant context be signed, and know the functions that find a tenant before there is one.

-- engine_0004, 1 of 14: context-keys
-- as ttdb_owner, on ttdb.context_keys; lock: none on what stands
begin;
select * from pg_temp.look('engine_0004', 'context-keys') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The keys that sign the tenant context: random, made here, shown once to whoever makes one, and read by ttdb_definer.
create table ttdb.context_keys (
    key_id text not null,
    inner_block bytea not null,
    outer_block bytea not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    retired_at timestamptz,
    constraint context_keys_pkey primary key (key_id),
    constraint context_keys_id_must_be_lower_case_letters_and_digits check (key_id ~ '^[a-z0-9]{1,32}$'),
    constraint context_keys_must_be_one_hash_block_each check (
        pg_catalog.length(inner_block) = 64 and pg_catalog.length(outer_block) = 64
    ),
    constraint context_keys_must_not_retire_before_they_are_made check (retired_at >= created_at)
);
comment on table ttdb.context_keys is
'The keys whose tokens ttdb.verified_tenant_id() accepts; several while one follows another.';
comment on column ttdb.context_keys.key_id is 'what a token says of its key; no secret';
comment on column ttdb.context_keys.inner_block is
'the key, filled up to a block of SHA-256, in HMAC''s inner form; secret';
comment on column ttdb.context_keys.outer_block is 'the same in HMAC''s outer form; secret';
comment on column ttdb.context_keys.created_at is 'when it was made; the newest signs';
comment on column ttdb.context_keys.retired_at is 'since when its tokens are worth nothing';
comment on constraint context_keys_pkey on ttdb.context_keys is 'one key, one id';
comment on constraint context_keys_id_must_be_lower_case_letters_and_digits on ttdb.context_keys is
'a key''s id is 1 to 32 lower-case letters and digits';
comment on constraint context_keys_must_be_one_hash_block_each on ttdb.context_keys is 'HMAC''s blocks are 64 bytes';
comment on constraint context_keys_must_not_retire_before_they_are_made on ttdb.context_keys is
'a key is retired after it was made';

-- With a key in hand anybody is any tenant. Row security, because default privileges may have granted a new table to
-- somebody; no DELETE: a retired key stays, so that its id is never used for another.
grant select, insert, update (retired_at) on ttdb.context_keys to ttdb_definer;
alter table ttdb.context_keys enable row level security, force row level security;
create policy select_definer on ttdb.context_keys for select to ttdb_definer using (true);
comment on policy select_definer on ttdb.context_keys is 'Only the functions that sign and verify read the keys.';
create policy insert_definer on ttdb.context_keys for insert to ttdb_definer with check (true);
comment on policy insert_definer on ttdb.context_keys is 'ttdb.create_context_key() adds one.';
create policy update_definer on ttdb.context_keys for update to ttdb_definer using (true) with check (true);
comment on policy update_definer on ttdb.context_keys is 'ttdb.retire_context_key() ends one.';

\endif
\if :to_record
select pg_temp.record('engine_0004', 'context-keys') as outcome \gset
\echo engine_0004 context-keys: :outcome
\endif
commit;

-- engine_0004, 2 of 14: context-is-signed
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'context-is-signed') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Whether the tenant in the setting must be signed: a constant, that ttdb.require_signed_context() replaces.

-- Stable, not immutable: so a plan has the constant by inlining the function, which it remembers, and a plan kept
-- in any session ends with the constant. An immutable one would be called once, and that forgotten.
create or replace function ttdb.context_is_signed() returns boolean
language sql
stable
parallel safe
security invoker
return false;

comment on function ttdb.context_is_signed() is
'Whether a tenant counts only in a token that ttdb can verify; changed by ttdb.require_signed_context().';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells nothing.

\endif
\if :to_record
select pg_temp.record('engine_0004', 'context-is-signed') as outcome \gset
\echo engine_0004 context-is-signed: :outcome
\endif
commit;

-- engine_0004, 3 of 14: verified-tenant-id
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'verified-tenant-id') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- The tenant of a token that one of our keys has signed.
-- 'v1.<key id>.<tenant>.<expiry, unix seconds>.<HMAC-SHA-256 of all before the last dot, in hex>'

-- Definer because nobody who asks may read the keys.
create or replace function ttdb.verified_tenant_id() returns uuid
language plpgsql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_token constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_parts pg_catalog.text[];
    v_key ttdb.context_keys;
    v_signature pg_catalog.bytea;
begin
    -- The pattern comes first: after it no cast can fail, and what is malformed gives no rows and no error.
    if v_token is null or v_token !~ (
        '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
        '\.[0-9]{1,11}\.[0-9a-f]{64}$'
    ) then
        return null;
    end if;
    v_parts := pg_catalog.string_to_array(v_token, '.');

    -- By the transaction's beginning: a token that ended halfway would let the first half be committed alone.
    if v_parts[4]::pg_catalog.int8 <= extract(epoch from pg_catalog.now()) then
        return null;
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.key_id = v_parts[2] and k.retired_at is null;
    if not found then
        return null;
    end if;

    v_signature := pg_catalog.sha256(
        v_key.outer_block || pg_catalog.sha256(
            v_key.inner_block || pg_catalog.convert_to(
                pg_catalog."left"(v_token, -65), 'UTF8' -- without the last dot and the 64 digits behind it
            )
        )
    );
    -- Digests under the key are compared: how far two of those agree says nothing about the signatures.
    if pg_catalog.sha256(v_key.outer_block || pg_catalog.decode(v_parts[5], 'hex'))
        = pg_catalog.sha256(v_key.outer_block || v_signature) then
        return v_parts[3]::pg_catalog.uuid;
    end if;
    return null;
end;
$function$;

comment on function ttdb.verified_tenant_id() is
'The tenant of the token in the setting; NULL, and never an error, unless it is whole, signed by a key that stands, '
'and had not expired when the transaction began.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells him what he set.

\endif
\if :to_record
select pg_temp.record('engine_0004', 'verified-tenant-id') as outcome \gset
\echo engine_0004 verified-tenant-id: :outcome
\endif
commit;

-- engine_0004, 4 of 14: tenant-id-signed
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'tenant-id-signed') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The tenant that this transaction works for, as every policy reads it: plain, or from a signed token.

-- Not inlined: a policy asks once for each table that a query names, and then a call costs less than planning the
-- expression into every query.
create or replace function ttdb.tenant_id() returns uuid
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_setting constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
begin
    if ttdb.context_is_signed() then
        return ttdb.verified_tenant_id();
    end if;
    -- The pattern comes first: a malformed value must give no rows, not an error.
    if v_setting ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$' then
        return v_setting::pg_catalog.uuid;
    end if;
    -- So services change to tokens one by one, before bare tenants end.
    if v_setting ~ '^v1\.' then
        return ttdb.verified_tenant_id();
    end if;
    return null;
end;
$function$;

comment on function ttdb.tenant_id() is
'The current tenant; NULL, and never an error, when the setting is unset, empty, malformed or, where it must be '
'signed, not signed.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query.

\endif
\if :to_record
select pg_temp.record('engine_0004', 'tenant-id-signed') as outcome \gset
\echo engine_0004 tenant-id-signed: :outcome
\endif
commit;

-- engine_0004, 5 of 14: context-signed
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'context-signed') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Who am I, which tenant do I work for, and why do I see nothing?
create or replace function ttdb.context(
    out login name,
    out role name,
    out setting text,
    out state text,
    out tenant_id uuid,
    out tenant_visible boolean,
    out advice text
)
language plpgsql
stable
parallel unsafe -- it catches an error, which takes a subtransaction
security invoker
set search_path = ''
as $function$
declare
    v_raw constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_privileged pg_catalog.bool;
    v_member pg_catalog.bool;
    v_tenants pg_catalog.text;
begin
    login := session_user;
    role := current_user;
    setting := ttdb.tenant_setting();
    tenant_id := ttdb.tenant_id();
    state := case
        when v_raw is null then 'unset'
        when v_raw = '' then 'empty'
        when tenant_id is not null then 'ok'
        when v_raw ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then 'unsigned'
        when v_raw !~ '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,11}\.[0-9a-f]{64}$'
            then 'malformed'
        when pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.int8 <= extract(epoch from pg_catalog.now())
            then 'expired'
        else 'refused'
    end;

    select r.rolsuper or r.rolbypassrls
    into v_privileged
    from pg_catalog.pg_roles as r
    where r.rolname = current_user;

    select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(current_user, r.oid, 'usage')), false)
    into v_member
    from pg_catalog.pg_roles as r
    where r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_operator', 'ttdb_auditor');

    -- The table of the tenants themselves is the protected one whose tenant column is its whole primary key.
    select p.polrelid::pg_catalog.regclass::pg_catalog.text
        || ' as t where t.' || pg_catalog.quote_ident(a.attname) || ' = $1'
    into v_tenants
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_index as i
        on i.indrelid = p.polrelid and i.indisprimary and i.indnkeyatts = 1
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        and d.objid = p.oid
        and d.refobjid = p.polrelid
        and d.refobjsubid = a.attnum
    inner join pg_catalog.pg_class as c
        on c.oid = p.polrelid and c.relowner = pg_catalog.to_regrole('ttdb_owner')
    where p.polname = 'select_own_tenant'
        and pg_catalog.has_table_privilege(p.polrelid, 'select')
    order by p.polrelid
    limit 1;
    if found and tenant_id is not null then
        begin
            execute 'select exists (select from ' || v_tenants || ')' into tenant_visible using tenant_id;
        exception
            when insufficient_privilege then
                tenant_visible := null; -- row_security is off: the policies would be an error
        end;
    end if;

    advice := case
        when v_privileged
            then 'This role is beyond row security and sees all tenants: connect as a member of ttdb_app.'
        when not v_member
            then 'This role is in none of ttdb''s groups: grant it ttdb_app, or SET ROLE to a role that is in it.'
        when state = 'empty'
            then 'The tenant was set in an earlier transaction and ended with it: set it again in this one.'
        when state = 'unset' and ttdb.context_is_signed()
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<token>'', true)" first, in the '
                'same transaction as the query, with a token from your service''s key or ttdb.sign_context().', setting)
        when state = 'unset'
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<uuid>'', true)" first, in the '
                'same transaction as the query.', setting)
        when state = 'malformed' and ttdb.context_is_signed()
            then 'The setting holds something that is not a token: v1.<key id>.<tenant>.<expiry>.<signature>.'
        when state = 'unsigned'
            then 'The setting holds a bare tenant, and this database believes signed ones only: set a token, from '
                'your service''s key or ttdb.sign_context().'
        when state = 'expired'
            then pg_catalog.format('The token expired %s before this transaction began: make a new one.',
                pg_catalog.date_trunc('second', pg_catalog.now() - pg_catalog.to_timestamp(
                    pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.float8
                )))
        when state = 'refused'
            then 'No key that stands has signed this token: it was changed, or its key was retired. Make a new one.'
        when state = 'malformed'
            then 'The setting holds something that is not a UUID: set it to the tenant''s id.'
        when not tenant_visible
            then 'No tenant with this id is visible to this role: check the id.'
        else 'The tenant is set: rows of other tenants are not visible, and its own are.'
    end;
end;
$function$;

comment on function ttdb.context() is
'Tells who asks, as which role, for which tenant, and what to do when no rows are seen.';
revoke all on function ttdb.context() from public;
grant execute on function ttdb.context() to ttdb_operator, ttdb_app, ttdb_worker, ttdb_support, ttdb_auditor;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'context-signed') as outcome \gset
\echo engine_0004 context-signed: :outcome
\endif
commit;

-- engine_0004, 6 of 14: create-context-key
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'create-context-key') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Makes a key that signs the tenant context, and shows it this once.

-- Definer because nobody else may write the keys.
create or replace function ttdb.create_context_key(out key_id text, out secret text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    -- A random uuid holds 122 bits from the server's strong source: four of them are more than a hash can keep.
    v_key constant pg_catalog.bytea := pg_catalog.sha256(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );
    v_inner pg_catalog.bytea := v_key || pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
    v_outer pg_catalog.bytea := v_inner;
begin
    for v_position in 0 .. 63 loop
        v_inner := pg_catalog.set_byte(v_inner, v_position, pg_catalog.get_byte(v_inner, v_position) # 54); -- 0x36
        v_outer := pg_catalog.set_byte(v_outer, v_position, pg_catalog.get_byte(v_outer, v_position) # 92); -- 0x5c
    end loop;

    key_id := 'k' || pg_catalog."left"(pg_catalog.replace(pg_catalog.gen_random_uuid()::pg_catalog.text, '-', ''), 11);
    secret := pg_catalog.encode(v_key, 'hex');
    insert into ttdb.context_keys (key_id, inner_block, outer_block)
    values (create_context_key.key_id, v_inner, v_outer);
end;
$function$;

comment on function ttdb.create_context_key() is
'Makes a key for signing the tenant context and returns its id and, this once, its secret: 32 bytes in hex.';
revoke all on function ttdb.create_context_key() from public;
grant execute on function ttdb.create_context_key() to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'create-context-key') as outcome \gset
\echo engine_0004 create-context-key: :outcome
\endif
commit;

-- engine_0004, 7 of 14: retire-context-key
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'retire-context-key') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Ends a key: from now on its tokens are worth nothing.

-- Definer because nobody else may write the keys.
create or replace function ttdb.retire_context_key(key_id text) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
begin
    update ttdb.context_keys as k
    set retired_at = coalesce(k.retired_at, pg_catalog.clock_timestamp())
    where k.key_id = retire_context_key.key_id;
    if not found then
        raise exception 'there is no context key "%"', key_id
            using errcode = 'TTKEY',
            hint = 'A token names its key between its first and its second dot; "select * from ttdb.list_context_keys()" '
            'lists them.';
    end if;
end;
$function$;

comment on function ttdb.retire_context_key(text) is
'Ends a key at once, in transactions that begin from now on: make another first, and let services change to it.';
revoke all on function ttdb.retire_context_key(text) from public;
grant execute on function ttdb.retire_context_key(text) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'retire-context-key') as outcome \gset
\echo engine_0004 retire-context-key: :outcome
\endif
commit;

-- engine_0004, 8 of 14: list-context-keys
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'list-context-keys') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Which keys sign the tenant context, without what is secret about them.

-- Definer because nobody else may read the keys.
create or replace function ttdb.list_context_keys()
returns table (key_id text, created_at timestamptz, retired_at timestamptz)
language sql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
    select
        k.key_id,
        k.created_at,
        k.retired_at
    from ttdb.context_keys as k
    order by k.created_at, k.key_id;
$function$;

comment on function ttdb.list_context_keys() is 'The keys that sign the tenant context: ids and times, no secrets.';
revoke all on function ttdb.list_context_keys() from public;
grant execute on function ttdb.list_context_keys() to ttdb_operator, ttdb_owner;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'list-context-keys') as outcome \gset
\echo engine_0004 list-context-keys: :outcome
\endif
commit;

-- engine_0004, 9 of 14: sign-context
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'sign-context') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Signs a tenant, for people who work on the database; services sign for themselves.

-- Definer because nobody who asks may read the keys.
create or replace function ttdb.sign_context(tenant uuid, valid_for interval default '15 minutes') returns text
language plpgsql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_key ttdb.context_keys;
    v_signed pg_catalog.text;
begin
    if tenant is null or valid_for is null then
        raise exception 'a token needs a tenant and a time'
            using errcode = 'TTTOK', hint = 'Call ttdb.sign_context(''<uuid>'', ''15 minutes'').';
    end if;
    -- Whoever reads a token in a log has it until it ends. One that has ended is harmless, and good for tests.
    if valid_for > '1 day'::pg_catalog.interval then
        raise exception 'a token for % is too long', valid_for
            using errcode = 'TTTOK', hint = 'A token is valid for one day at most: whoever sees it can use it.';
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.retired_at is null
    order by k.created_at desc, k.key_id
    limit 1;
    if not found then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY', hint = 'Make one: select * from ttdb.create_context_key();';
    end if;

    v_signed := pg_catalog.concat_ws(
        '.', 'v1', v_key.key_id, tenant, pg_catalog.trunc(extract(epoch from pg_catalog.now() + valid_for))
    );
    return v_signed || '.' || pg_catalog.encode(
        pg_catalog.sha256(
            v_key.outer_block
            || pg_catalog.sha256(v_key.inner_block || pg_catalog.convert_to(v_signed, 'UTF8'))
        ),
        'hex'
    );
end;
$function$;

comment on function ttdb.sign_context(uuid, interval) is
'A token for a tenant, signed with the newest key that stands: set_config(ttdb.tenant_setting(), token, true).';
revoke all on function ttdb.sign_context(uuid, interval) from public;
grant execute on function ttdb.sign_context(uuid, interval) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'sign-context') as outcome \gset
\echo engine_0004 sign-context: :outcome
\endif
commit;

-- engine_0004, 10 of 14: require-signed-context
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'require-signed-context') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Decides whether the tenant in the setting must be signed.

-- Definer because the constant is ttdb_owner's, and operators decide.
create or replace function ttdb.require_signed_context(required boolean) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
begin
    if required is null then
        raise exception 'whether the context must be signed is not said'
            using errcode = 'TTSGN', hint = 'Call ttdb.require_signed_context(true), or with false.';
    end if;
    if required and not exists (select from ttdb.list_context_keys() as k where k.retired_at is null) then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY',
            hint = 'Without one no session could be any tenant. Make one: select * from ttdb.create_context_key();';
    end if;
    if required = ttdb.context_is_signed() then
        return;
    end if;

    execute pg_catalog.format(
        'create or replace function ttdb.context_is_signed() returns pg_catalog.bool '
        'language sql stable parallel safe security invoker return %s',
        case when required then 'true' else 'false' end
    );
    -- A decision is no drift: the record of how the function must look follows it.
    update ttdb.managed_objects as m
    set definition = d.definition
    from ttdb.definitions_in('{ttdb}') as d
    where d.kind = m.kind and d.identity = m.identity and m.identity = 'ttdb.context_is_signed()';
end;
$function$;

comment on function ttdb.require_signed_context(boolean) is
'From the commit on, in every session and every plan, a tenant counts only in a signed token (true), or plain (false).';
revoke all on function ttdb.require_signed_context(boolean) from public;
grant execute on function ttdb.require_signed_context(boolean) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'require-signed-context') as outcome \gset
\echo engine_0004 require-signed-context: :outcome
\endif
commit;

-- engine_0004, 11 of 14: resolvers
-- as ttdb_owner, on ttdb.resolvers; lock: none on what stands
begin;
select * from pg_temp.look('engine_0004', 'resolvers') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the functions that find a tenant before a session has one.
create table ttdb.resolvers (
    function text not null,
    finds text not null,
    constraint resolvers_pkey primary key (function)
);
comment on table ttdb.resolvers is 'Functions that tell which tenant something belongs to, and nothing else.';
-- Text, not regprocedure: a server with a column of that type cannot be upgraded by pg_upgrade.
comment on column ttdb.resolvers.function is 'its name and argument types, as regprocedure writes them without a path';
comment on column ttdb.resolvers.finds is 'what it looks up, in words';
comment on constraint resolvers_pkey on ttdb.resolvers is 'one function, one entry';
grant select on ttdb.resolvers to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'resolvers') as outcome \gset
\echo engine_0004 resolvers: :outcome
\endif
commit;

-- engine_0004, 12 of 14: resolver
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'resolver') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Declares a function as a resolver: one that tells which tenant something belongs to, and nothing else.
create or replace function ttdb.resolver(function regprocedure, finds text) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_function pg_catalog.pg_proc;
begin
    select p.* into v_function from pg_catalog.pg_proc as p where p.oid = resolver.function;
    if not found then
        raise exception 'there is no function %', function
            using errcode = 'TTRSV', hint = 'Name it with its argument types: ttdb.resolver(''public.f(text)'', ''…'').';
    end if;
    if coalesce(finds, '') !~ '\S' then
        raise exception 'what % finds is not said', function
            using errcode = 'TTRSV', hint = 'Say it in words: it is what people read when they grant the function.';
    end if;
    if v_function.prokind <> 'f' or v_function.prorettype <> 'pg_catalog.uuid'::pg_catalog.regtype
        or v_function.proargmodes is not null then
        raise exception '% returns more than a tenant', function
            using errcode = 'TTRSV',
            detail = pg_catalog.format('It returns %s.', coalesce(
                pg_catalog.pg_get_function_result(v_function.oid), 'nothing'
            )),
            hint = 'A resolver returns uuid or setof uuid: whoever may call it learns the tenant, and nothing of its rows.';
    end if;
    if pg_catalog.pg_get_userbyid(v_function.proowner) <> 'ttdb_definer' or not v_function.prosecdef then
        raise exception '% does not run as ttdb_definer', function
            using errcode = 'TTRSV',
            hint = 'Make it SECURITY DEFINER and ttdb_definer its owner, whose policies say what it may read.';
    end if;
    if exists (
        select
        from pg_catalog.aclexplode(
            coalesce(v_function.proacl, pg_catalog.acldefault('f', v_function.proowner))
        ) as a
        where a.grantee in (0, pg_catalog.to_regrole('ttdb_app')) and a.privilege_type = 'EXECUTE'
    ) then
        raise exception 'every session may execute %', function
            using errcode = 'TTRSV',
            hint = pg_catalog.format('One tenant could ask about any other: revoke execute on function %s from public, '
                'ttdb_app; then "ttdb roles add SERVICE --resolver NAME" grants it to one service.', function);
    end if;

    insert into ttdb.resolvers (function, finds)
    values (resolver.function::pg_catalog.text, resolver.finds)
    on conflict on constraint resolvers_pkey do update set finds = excluded.finds;
end;
$function$;

comment on function ttdb.resolver(regprocedure, text) is
'Declares a resolver; refused with TTRSV unless it runs as ttdb_definer, returns tenants alone, and is granted to no '
'group of services.';
revoke all on function ttdb.resolver(regprocedure, text) from public;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'resolver') as outcome \gset
\echo engine_0004 resolver: :outcome
\endif
commit;

-- engine_0004, 13 of 14: forget-resolver
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'forget-resolver') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes a function out of the registry of resolvers.
create or replace function ttdb.forget_resolver(function text) returns void
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    -- By name, not regprocedure: the function may be gone already.
    delete from ttdb.resolvers as r where r.function = forget_resolver.function;
$function$;

comment on function ttdb.forget_resolver(text) is 'Undoes ttdb.resolver(); grants to services stay as they are.';
revoke all on function ttdb.forget_resolver(text) from public;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'forget-resolver') as outcome \gset
\echo engine_0004 forget-resolver: :outcome
\endif
commit;

-- engine_0004, 14 of 14: record-resolution
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0004', 'record-resolution') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Writes into the trail that a resolver was asked.
create or replace function audit.record_resolution(resolver text, tenants uuid[]) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    -- What was asked for is personal or secret, and stays out; each tenant found gets its own row.
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        t.id,
        record_resolution.resolver,
        'RESOLVE',
        pg_catalog.jsonb_build_object('found', pg_catalog.cardinality(record_resolution.tenants)),
        session_user,
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.unnest(coalesce(nullif(record_resolution.tenants, '{}'), array[null::pg_catalog.uuid])) as t (id);

    -- The caller may roll the row back; this line stays.
    raise log 'ttdb: % asked % and was told % tenants', session_user, resolver, pg_catalog.cardinality(tenants);
end;
$function$;

comment on function audit.record_resolution(text, uuid[]) is
'Records in the trail, and in the server''s log, who asked a resolver and how many tenants it found.';
revoke all on function audit.record_resolution(text, uuid[]) from public;
-- Without EXECUTE nobody fills the trail with questions that nobody asked.
grant execute on function audit.record_resolution(text, uuid[]) to ttdb_definer;

\endif
\if :to_record
select pg_temp.record('engine_0004', 'record-resolution') as outcome \gset
\echo engine_0004 record-resolution: :outcome
\endif
commit;

select pg_temp.reached('engine_0004', array['engine_0001', 'engine_0002', 'engine_0003']::text[], array['platform_0014', 'engine_0005', 'engine_0006', 'engine_0007']::text[]) as reached \gset

-- platform_0001: Add the tenants: the organisers, to one of whom every other row belongs.

-- platform_0001, 1 of 5: table-tenants
-- as ttdb_owner, on public.tenants; lock: none on what stands
begin;
select * from pg_temp.look('platform_0001', 'table-tenants') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.tenants (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	status TEXT DEFAULT 'ACTIVE' NOT NULL, 
	settings JSONB DEFAULT '{}' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT tenants_pkey PRIMARY KEY (id), 
	CONSTRAINT tenants_slug_key UNIQUE (slug), 
	CONSTRAINT tenants_name_must_be_1_to_200_characters CHECK (name ~ '\S' and length(name) <= 200), 
	CONSTRAINT tenants_slug_must_be_lower_case_words CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 100), 
	CONSTRAINT tenants_settings_must_be_an_object CHECK (jsonb_typeof(settings) = 'object'), 
	CONSTRAINT tenants_status_must_be_known CHECK (status in ('ACTIVE', 'SUSPENDED', 'CLOSED'))
);
COMMENT ON TABLE public.tenants IS 'who sells tickets; every other row belongs to one of them';
COMMENT ON COLUMN public.tenants.id IS 'made by the server';
COMMENT ON COLUMN public.tenants.name IS 'shown to people';
COMMENT ON COLUMN public.tenants.slug IS 'in addresses; unique over all tenants';
COMMENT ON COLUMN public.tenants.status IS 'ACTIVE: may sell; SUSPENDED: may not; CLOSED: kept for its history';
COMMENT ON COLUMN public.tenants.settings IS 'the tenant''s own choices';
COMMENT ON COLUMN public.tenants.created_at IS 'when the row was made';
COMMENT ON COLUMN public.tenants.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT tenants_name_must_be_1_to_200_characters ON public.tenants IS 'the name is empty or longer than 200 characters';
COMMENT ON CONSTRAINT tenants_pkey ON public.tenants IS 'there is a row with this id already';
COMMENT ON CONSTRAINT tenants_settings_must_be_an_object ON public.tenants IS 'the settings are not an object';
COMMENT ON CONSTRAINT tenants_slug_key ON public.tenants IS 'another organiser has this address already';
COMMENT ON CONSTRAINT tenants_slug_must_be_lower_case_words ON public.tenants IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';
COMMENT ON CONSTRAINT tenants_status_must_be_known ON public.tenants IS 'the status is unknown';
\endif
\if :to_record
select pg_temp.record('platform_0001', 'table-tenants') as outcome \gset
\echo platform_0001 table-tenants: :outcome
\endif
commit;

-- platform_0001, 2 of 5: touch-public-tenants
-- as ttdb_owner, on public.tenants; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0001', 'touch-public-tenants') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.tenants
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.tenants is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0001', 'touch-public-tenants') as outcome \gset
\echo platform_0001 touch-public-tenants: :outcome
\endif
commit;

-- platform_0001, 3 of 5: protect-public-tenants
-- as ttdb_owner, on public.tenants; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0001', 'protect-public-tenants') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.tenants', 'id', '{select,update}', '{select}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0001', 'protect-public-tenants') as outcome \gset
\echo platform_0001 protect-public-tenants: :outcome
\endif
commit;

-- platform_0001, 4 of 5: audit-public-tenants
-- as ttdb_owner, on public.tenants; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0001', 'audit-public-tenants') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.tenants', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0001', 'audit-public-tenants') as outcome \gset
\echo platform_0001 audit-public-tenants: :outcome
\endif
commit;

-- platform_0001, 5 of 5: mask-public-tenants
-- as ttdb_owner, on masked.tenants, public.tenants; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0001', 'mask-public-tenants') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.tenants', '{"id": "plain", "name": "plain", "slug": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0001', 'mask-public-tenants') as outcome \gset
\echo platform_0001 mask-public-tenants: :outcome
\endif
commit;

select pg_temp.reached('platform_0001', array['engine_0001']::text[], array['platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0002: Add the people who log in.

-- platform_0002, 1 of 8: table-users
-- as ttdb_owner, on public.users; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0002', 'table-users') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.users (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	email TEXT NOT NULL, 
	phone TEXT, 
	first_name TEXT, 
	last_name TEXT, 
	search_name TEXT COLLATE "C" GENERATED ALWAYS AS (lower(coalesce(last_name || ' ', '') || coalesce(first_name, ''))) STORED, 
	role TEXT DEFAULT 'CUSTOMER' NOT NULL, 
	status TEXT DEFAULT 'PENDING' NOT NULL, 
	password_hash TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	deleted_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT users_pkey PRIMARY KEY (id), 
	CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT users_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT users_email_must_be_a_lower_case_address CHECK (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and email = lower(email)), 
	CONSTRAINT users_email_must_not_be_too_long CHECK (length(email) <= 254), 
	CONSTRAINT users_first_name_must_be_1_to_100_characters CHECK (first_name ~ '\S' and length(first_name) <= 100), 
	CONSTRAINT users_last_name_must_be_1_to_100_characters CHECK (last_name ~ '\S' and length(last_name) <= 100), 
	CONSTRAINT users_password_hash_must_not_be_blank CHECK (password_hash ~ '\S'), 
	CONSTRAINT users_deleted_must_say_when CHECK ((status = 'DELETED') = (deleted_at is not null)), 
	CONSTRAINT users_must_not_be_deleted_before_made CHECK (deleted_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT users_phone_must_be_international CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'), 
	CONSTRAINT users_role_must_be_known CHECK (role in ('CUSTOMER', 'STAFF', 'MANAGER', 'OWNER')), 
	CONSTRAINT users_status_must_be_known CHECK (status in ('PENDING', 'ACTIVE', 'SUSPENDED', 'DELETED'))
);
COMMENT ON TABLE public.users IS 'people who log in: a tenant''s customers and staff';
COMMENT ON COLUMN public.users.id IS 'made by the server';
COMMENT ON COLUMN public.users.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.users.email IS 'login name, lower case; personal';
COMMENT ON COLUMN public.users.phone IS 'in E.164 form; personal';
COMMENT ON COLUMN public.users.first_name IS 'personal';
COMMENT ON COLUMN public.users.last_name IS 'personal';
COMMENT ON COLUMN public.users.search_name IS 'last name, then first name, lower case, to look people up by how it begins; personal';
COMMENT ON COLUMN public.users.role IS 'CUSTOMER buys; STAFF scans; MANAGER sells; OWNER pays the bill';
COMMENT ON COLUMN public.users.status IS 'PENDING until the e-mail is confirmed';
COMMENT ON COLUMN public.users.password_hash IS 'never in the trail, never shown';
COMMENT ON COLUMN public.users.created_at IS 'when the row was made';
COMMENT ON COLUMN public.users.updated_at IS 'when the row last changed';
COMMENT ON COLUMN public.users.deleted_at IS 'when the account was closed';
COMMENT ON CONSTRAINT users_deleted_must_say_when ON public.users IS 'a closed account needs the time of its closing, and no other has one';
COMMENT ON CONSTRAINT users_email_must_be_a_lower_case_address ON public.users IS 'the e-mail address is malformed or has capital letters';
COMMENT ON CONSTRAINT users_email_must_not_be_too_long ON public.users IS 'the e-mail address is longer than 254 characters';
COMMENT ON CONSTRAINT users_first_name_must_be_1_to_100_characters ON public.users IS 'the first name is blank or longer than 100 characters';
COMMENT ON CONSTRAINT users_last_name_must_be_1_to_100_characters ON public.users IS 'the last name is blank or longer than 100 characters';
COMMENT ON CONSTRAINT users_must_not_be_deleted_before_made ON public.users IS 'the account was closed before it was made';
COMMENT ON CONSTRAINT users_password_hash_must_not_be_blank ON public.users IS 'the password is missing';
COMMENT ON CONSTRAINT users_phone_must_be_international ON public.users IS 'the phone number is not in international form';
COMMENT ON CONSTRAINT users_pkey ON public.users IS 'there is a row with this id already';
COMMENT ON CONSTRAINT users_role_must_be_known ON public.users IS 'the role is unknown';
COMMENT ON CONSTRAINT users_status_must_be_known ON public.users IS 'the status is unknown';
COMMENT ON CONSTRAINT users_tenant_id_fkey ON public.users IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT users_tenant_id_id_key ON public.users IS 'this tenant has a row with this id already';
\endif
\if :to_record
select pg_temp.record('platform_0002', 'table-users') as outcome \gset
\echo platform_0002 table-users: :outcome
\endif
commit;

-- platform_0002, 2 of 8: index-users-email-idx
-- as ttdb_owner, on public.users; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0002', 'index-users-email-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.users_email_idx;
create unique index concurrently users_email_idx
on public.users (tenant_id, email)
where deleted_at is null;
comment on index public.users_email_idx is 'user-by-email: login; an open account has this e-mail address already';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0002', 'index-users-email-idx') as outcome \gset
\echo platform_0002 index-users-email-idx: :outcome
\endif
commit;

-- platform_0002, 3 of 8: index-users-search-name-idx
-- as ttdb_owner, on public.users; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0002', 'index-users-search-name-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.users_search_name_idx;
create index concurrently users_search_name_idx
on public.users (tenant_id, search_name)
where deleted_at is null;
comment on index public.users_search_name_idx is 'users-by-name: people whose name begins so, in the order of their names';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0002', 'index-users-search-name-idx') as outcome \gset
\echo platform_0002 index-users-search-name-idx: :outcome
\endif
commit;

-- platform_0002, 4 of 8: index-users-staff-idx
-- as ttdb_owner, on public.users; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0002', 'index-users-staff-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.users_staff_idx;
create index concurrently users_staff_idx
on public.users (tenant_id, role, search_name)
where role <> 'CUSTOMER' and deleted_at is null;
comment on index public.users_staff_idx is 'staff-of-tenant: who works for a tenant; customers, nearly all users, are not in it';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0002', 'index-users-staff-idx') as outcome \gset
\echo platform_0002 index-users-staff-idx: :outcome
\endif
commit;

-- platform_0002, 5 of 8: touch-public-users
-- as ttdb_owner, on public.users; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0002', 'touch-public-users') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.users
for each row when (old.id is distinct from new.id
    or old.tenant_id is distinct from new.tenant_id
    or old.email is distinct from new.email
    or old.phone is distinct from new.phone
    or old.first_name is distinct from new.first_name
    or old.last_name is distinct from new.last_name
    or old.role is distinct from new.role
    or old.status is distinct from new.status
    or old.password_hash is distinct from new.password_hash
    or old.created_at is distinct from new.created_at
    or old.updated_at is distinct from new.updated_at
    or old.deleted_at is distinct from new.deleted_at)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.users is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0002', 'touch-public-users') as outcome \gset
\echo platform_0002 touch-public-users: :outcome
\endif
commit;

-- platform_0002, 6 of 8: protect-public-users
-- as ttdb_owner, on public.users; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0002', 'protect-public-users') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.users', 'tenant_id', '{select,insert,update,delete}', '{}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0002', 'protect-public-users') as outcome \gset
\echo platform_0002 protect-public-users: :outcome
\endif
commit;

-- platform_0002, 7 of 8: audit-public-users
-- as ttdb_owner, on public.users; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0002', 'audit-public-users') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.users', '{password_hash}');
\endif
\if :to_record
select pg_temp.record('platform_0002', 'audit-public-users') as outcome \gset
\echo platform_0002 audit-public-users: :outcome
\endif
commit;

-- platform_0002, 8 of 8: mask-public-users
-- as ttdb_owner, on masked.users, public.users; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0002', 'mask-public-users') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.users', '{"email": "email", "phone": "phone", "first_name": "name", "last_name": "name", "id": "plain", "tenant_id": "plain", "role": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0002', 'mask-public-users') as outcome \gset
\echo platform_0002 mask-public-users: :outcome
\endif
commit;

select pg_temp.reached('platform_0002', array['engine_0001', 'platform_0001']::text[], array['platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0003: Add the venues.

-- platform_0003, 1 of 5: table-venues
-- as ttdb_owner, on public.venues; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0003', 'table-venues') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.venues (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	email TEXT, 
	phone TEXT, 
	city TEXT NOT NULL, 
	country_code TEXT NOT NULL, 
	timezone TEXT DEFAULT 'UTC' NOT NULL, 
	max_capacity INTEGER NOT NULL, 
	status TEXT DEFAULT 'ACTIVE' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	deleted_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT venues_pkey PRIMARY KEY (id), 
	CONSTRAINT venues_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT venues_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT venues_tenant_id_slug_key UNIQUE (tenant_id, slug), 
	CONSTRAINT venues_name_must_be_1_to_200_characters CHECK (name ~ '\S' and length(name) <= 200), 
	CONSTRAINT venues_slug_must_be_lower_case_words CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 100), 
	CONSTRAINT venues_city_must_be_1_to_100_characters CHECK (city ~ '\S' and length(city) <= 100), 
	CONSTRAINT venues_timezone_must_be_a_name CHECK (timezone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' and length(timezone) <= 64), 
	CONSTRAINT venues_email_must_not_be_too_long CHECK (length(email) <= 254), 
	CONSTRAINT venues_deleted_must_be_inactive CHECK (deleted_at is null or status in ('INACTIVE')), 
	CONSTRAINT venues_must_not_be_deleted_before_made CHECK (deleted_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT venues_email_must_be_a_lower_case_address CHECK (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and email = lower(email)), 
	CONSTRAINT venues_phone_must_be_international CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'), 
	CONSTRAINT venues_country_must_be_two_capital_letters CHECK (country_code ~ '^[A-Z]{2}$'), 
	CONSTRAINT venues_capacity_must_be_reasonable CHECK (max_capacity between 1 and 1000000), 
	CONSTRAINT venues_status_must_be_known CHECK (status in ('ACTIVE', 'INACTIVE'))
);
COMMENT ON TABLE public.venues IS 'where events take place';
COMMENT ON COLUMN public.venues.id IS 'made by the server';
COMMENT ON COLUMN public.venues.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.venues.name IS 'shown to people';
COMMENT ON COLUMN public.venues.slug IS 'in addresses';
COMMENT ON COLUMN public.venues.email IS 'of the venue''s office; personal';
COMMENT ON COLUMN public.venues.phone IS 'of the venue''s office, in E.164 form; personal';
COMMENT ON COLUMN public.venues.city IS 'where it is';
COMMENT ON COLUMN public.venues.country_code IS 'ISO 3166-1, two letters';
COMMENT ON COLUMN public.venues.timezone IS 'IANA name';
COMMENT ON COLUMN public.venues.max_capacity IS 'how many people it may hold';
COMMENT ON COLUMN public.venues.status IS 'INACTIVE: takes no new events';
COMMENT ON COLUMN public.venues.created_at IS 'when the row was made';
COMMENT ON COLUMN public.venues.updated_at IS 'when the row last changed';
COMMENT ON COLUMN public.venues.deleted_at IS 'when it was removed';
COMMENT ON CONSTRAINT venues_capacity_must_be_reasonable ON public.venues IS 'the capacity is below 1 or over 1000000';
COMMENT ON CONSTRAINT venues_city_must_be_1_to_100_characters ON public.venues IS 'the city is empty or longer than 100 characters';
COMMENT ON CONSTRAINT venues_country_must_be_two_capital_letters ON public.venues IS 'the country is not a two-letter code';
COMMENT ON CONSTRAINT venues_deleted_must_be_inactive ON public.venues IS 'a removed venue must be inactive';
COMMENT ON CONSTRAINT venues_email_must_be_a_lower_case_address ON public.venues IS 'the e-mail address is malformed or has capital letters';
COMMENT ON CONSTRAINT venues_email_must_not_be_too_long ON public.venues IS 'the e-mail address is longer than 254 characters';
COMMENT ON CONSTRAINT venues_must_not_be_deleted_before_made ON public.venues IS 'the venue was removed before it was made';
COMMENT ON CONSTRAINT venues_name_must_be_1_to_200_characters ON public.venues IS 'the name is empty or longer than 200 characters';
COMMENT ON CONSTRAINT venues_phone_must_be_international ON public.venues IS 'the phone number is not in international form';
COMMENT ON CONSTRAINT venues_pkey ON public.venues IS 'there is a row with this id already';
COMMENT ON CONSTRAINT venues_slug_must_be_lower_case_words ON public.venues IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';
COMMENT ON CONSTRAINT venues_status_must_be_known ON public.venues IS 'the status is unknown';
COMMENT ON CONSTRAINT venues_tenant_id_fkey ON public.venues IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT venues_tenant_id_id_key ON public.venues IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT venues_tenant_id_slug_key ON public.venues IS 'another venue has this address already';
COMMENT ON CONSTRAINT venues_timezone_must_be_a_name ON public.venues IS 'the time zone is not a name like Europe/Paris';
\endif
\if :to_record
select pg_temp.record('platform_0003', 'table-venues') as outcome \gset
\echo platform_0003 table-venues: :outcome
\endif
commit;

-- platform_0003, 2 of 5: touch-public-venues
-- as ttdb_owner, on public.venues; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0003', 'touch-public-venues') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.venues
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.venues is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0003', 'touch-public-venues') as outcome \gset
\echo platform_0003 touch-public-venues: :outcome
\endif
commit;

-- platform_0003, 3 of 5: protect-public-venues
-- as ttdb_owner, on public.venues; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0003', 'protect-public-venues') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.venues', 'tenant_id', '{select,insert,update,delete}', '{}', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0003', 'protect-public-venues') as outcome \gset
\echo platform_0003 protect-public-venues: :outcome
\endif
commit;

-- platform_0003, 4 of 5: audit-public-venues
-- as ttdb_owner, on public.venues; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0003', 'audit-public-venues') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.venues', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0003', 'audit-public-venues') as outcome \gset
\echo platform_0003 audit-public-venues: :outcome
\endif
commit;

-- platform_0003, 5 of 5: mask-public-venues
-- as ttdb_owner, on masked.venues, public.venues; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0003', 'mask-public-venues') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.venues', '{"email": "email", "phone": "phone", "id": "plain", "tenant_id": "plain", "name": "plain", "slug": "plain", "city": "plain", "country_code": "plain", "timezone": "plain", "max_capacity": "plain", "status": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0003', 'mask-public-venues') as outcome \gset
\echo platform_0003 mask-public-venues: :outcome
\endif
commit;

select pg_temp.reached('platform_0003', array['engine_0001', 'platform_0001', 'platform_0002']::text[], array['platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0004: Add the events, and the kinds of ticket each has.

-- platform_0004, 1 of 14: table-events
-- as ttdb_owner, on public.events; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0004', 'table-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.events (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	venue_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	status TEXT DEFAULT 'DRAFT' NOT NULL, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	deleted_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT events_pkey PRIMARY KEY (id), 
	CONSTRAINT events_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT events_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT events_tenant_id_venue_id_fkey FOREIGN KEY(tenant_id, venue_id) REFERENCES public.venues (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT events_tenant_id_slug_key UNIQUE (tenant_id, slug), 
	CONSTRAINT events_name_must_be_1_to_200_characters CHECK (name ~ '\S' and length(name) <= 200), 
	CONSTRAINT events_slug_must_be_lower_case_words CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 100), 
	CONSTRAINT events_must_not_be_deleted_before_made CHECK (deleted_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT events_must_not_end_before_start CHECK (ends_at > starts_at), 
	CONSTRAINT events_status_must_be_known CHECK (status in ('DRAFT', 'PUBLISHED', 'ON_SALE', 'SOLD_OUT', 'CANCELLED', 'COMPLETED'))
);
COMMENT ON TABLE public.events IS 'what tickets are sold for';
COMMENT ON COLUMN public.events.id IS 'made by the server';
COMMENT ON COLUMN public.events.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.events.venue_id IS 'where it takes place';
COMMENT ON COLUMN public.events.name IS 'shown to people';
COMMENT ON COLUMN public.events.slug IS 'in addresses';
COMMENT ON COLUMN public.events.status IS 'DRAFT, PUBLISHED, then ON_SALE; SOLD_OUT, CANCELLED and COMPLETED end it';
COMMENT ON COLUMN public.events.starts_at IS 'doors';
COMMENT ON COLUMN public.events.ends_at IS 'end';
COMMENT ON COLUMN public.events.created_at IS 'when the row was made';
COMMENT ON COLUMN public.events.updated_at IS 'when the row last changed';
COMMENT ON COLUMN public.events.deleted_at IS 'when it was removed';
COMMENT ON CONSTRAINT events_must_not_be_deleted_before_made ON public.events IS 'the event was removed before it was made';
COMMENT ON CONSTRAINT events_must_not_end_before_start ON public.events IS 'the event ends before it starts';
COMMENT ON CONSTRAINT events_name_must_be_1_to_200_characters ON public.events IS 'the name is empty or longer than 200 characters';
COMMENT ON CONSTRAINT events_pkey ON public.events IS 'there is a row with this id already';
COMMENT ON CONSTRAINT events_slug_must_be_lower_case_words ON public.events IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';
COMMENT ON CONSTRAINT events_status_must_be_known ON public.events IS 'the status is unknown';
COMMENT ON CONSTRAINT events_tenant_id_fkey ON public.events IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT events_tenant_id_id_key ON public.events IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT events_tenant_id_slug_key ON public.events IS 'another event has this address already';
COMMENT ON CONSTRAINT events_tenant_id_venue_id_fkey ON public.events IS 'there is no such venue, or it is still in use';
\endif
\if :to_record
select pg_temp.record('platform_0004', 'table-events') as outcome \gset
\echo platform_0004 table-events: :outcome
\endif
commit;

-- platform_0004, 2 of 14: index-events-venue-id-idx
-- as ttdb_owner, on public.events; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0004', 'index-events-venue-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.events_venue_id_idx;
create index concurrently events_venue_id_idx
on public.events (tenant_id, venue_id, starts_at);
comment on index public.events_venue_id_idx is 'events-of-venue: a venue''s events by date; the foreign key to venues';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0004', 'index-events-venue-id-idx') as outcome \gset
\echo platform_0004 index-events-venue-id-idx: :outcome
\endif
commit;

-- platform_0004, 3 of 14: index-events-sale-idx
-- as ttdb_owner, on public.events; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0004', 'index-events-sale-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.events_sale_idx;
create index concurrently events_sale_idx
on public.events (tenant_id, status, starts_at)
where deleted_at is null;
comment on index public.events_sale_idx is 'events-in-status: what is on sale, soonest first';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0004', 'index-events-sale-idx') as outcome \gset
\echo platform_0004 index-events-sale-idx: :outcome
\endif
commit;

-- platform_0004, 4 of 14: index-events-open-idx
-- as ttdb_owner, on public.events; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0004', 'index-events-open-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.events_open_idx;
create index concurrently events_open_idx
on public.events (ends_at)
where status in ('PUBLISHED', 'ON_SALE', 'SOLD_OUT');
comment on index public.events_open_idx is 'events-over: events to be closed, over all tenants, for the worker';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0004', 'index-events-open-idx') as outcome \gset
\echo platform_0004 index-events-open-idx: :outcome
\endif
commit;

-- platform_0004, 5 of 14: statistics-public-events
-- as ttdb_owner, on public.events; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0004', 'statistics-public-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.events_tenant_id_venue_id_stat (dependencies) on tenant_id, venue_id from public.events;
comment on statistics public.events_tenant_id_venue_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0004', 'statistics-public-events') as outcome \gset
\echo platform_0004 statistics-public-events: :outcome
\endif
commit;

-- platform_0004, 6 of 14: touch-public-events
-- as ttdb_owner, on public.events; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0004', 'touch-public-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.events
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.events is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0004', 'touch-public-events') as outcome \gset
\echo platform_0004 touch-public-events: :outcome
\endif
commit;

-- platform_0004, 7 of 14: protect-public-events
-- as ttdb_owner, on public.events; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0004', 'protect-public-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.events', 'tenant_id', '{select,insert,update,delete}', '{select,update}', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'protect-public-events') as outcome \gset
\echo platform_0004 protect-public-events: :outcome
\endif
commit;

-- platform_0004, 8 of 14: audit-public-events
-- as ttdb_owner, on public.events; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0004', 'audit-public-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.events', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'audit-public-events') as outcome \gset
\echo platform_0004 audit-public-events: :outcome
\endif
commit;

-- platform_0004, 9 of 14: mask-public-events
-- as ttdb_owner, on masked.events, public.events; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0004', 'mask-public-events') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.events', '{"id": "plain", "tenant_id": "plain", "venue_id": "plain", "name": "plain", "slug": "plain", "status": "plain", "starts_at": "plain", "ends_at": "plain", "created_at": "plain", "updated_at": "plain", "deleted_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'mask-public-events') as outcome \gset
\echo platform_0004 mask-public-events: :outcome
\endif
commit;

-- platform_0004, 10 of 14: table-ticket-types
-- as ttdb_owner, on public.ticket_types; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0004', 'table-ticket-types') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.ticket_types (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	event_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	price NUMERIC(12, 2) NOT NULL, 
	currency TEXT DEFAULT 'USD' NOT NULL, 
	quantity INTEGER NOT NULL, 
	sale_starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sale_ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	max_per_order INTEGER DEFAULT 10 NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT ticket_types_pkey PRIMARY KEY (id), 
	CONSTRAINT ticket_types_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT ticket_types_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT ticket_types_tenant_id_event_id_fkey FOREIGN KEY(tenant_id, event_id) REFERENCES public.events (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT ticket_types_tenant_id_event_id_id_key UNIQUE (tenant_id, event_id, id), 
	CONSTRAINT ticket_types_name_must_be_1_to_200_characters CHECK (name ~ '\S' and length(name) <= 200), 
	CONSTRAINT ticket_types_price_must_be_reasonable CHECK (price between 0 and 1000000), 
	CONSTRAINT ticket_types_currency_must_be_three_capital_letters CHECK (currency ~ '^[A-Z]{3}$'), 
	CONSTRAINT ticket_types_quantity_must_be_reasonable CHECK (quantity between 1 and 1000000), 
	CONSTRAINT ticket_types_sale_must_not_end_before_start CHECK (sale_ends_at > sale_starts_at), 
	CONSTRAINT ticket_types_order_limit_must_be_reasonable CHECK (max_per_order between 1 and 100)
);
COMMENT ON TABLE public.ticket_types IS 'the kinds of ticket an event has';
COMMENT ON COLUMN public.ticket_types.id IS 'made by the server';
COMMENT ON COLUMN public.ticket_types.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.ticket_types.event_id IS 'the event it admits to';
COMMENT ON COLUMN public.ticket_types.name IS 'shown to people';
COMMENT ON COLUMN public.ticket_types.price IS 'of one ticket, without tax';
COMMENT ON COLUMN public.ticket_types.currency IS 'ISO 4217, three letters';
COMMENT ON COLUMN public.ticket_types.quantity IS 'how many there are in all';
COMMENT ON COLUMN public.ticket_types.sale_starts_at IS 'first moment of sale';
COMMENT ON COLUMN public.ticket_types.sale_ends_at IS 'last moment of sale';
COMMENT ON COLUMN public.ticket_types.max_per_order IS 'how many one order may hold';
COMMENT ON COLUMN public.ticket_types.created_at IS 'when the row was made';
COMMENT ON COLUMN public.ticket_types.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT ticket_types_currency_must_be_three_capital_letters ON public.ticket_types IS 'the currency is not a three-letter code';
COMMENT ON CONSTRAINT ticket_types_name_must_be_1_to_200_characters ON public.ticket_types IS 'the name is empty or longer than 200 characters';
COMMENT ON CONSTRAINT ticket_types_order_limit_must_be_reasonable ON public.ticket_types IS 'an order may hold between 1 and 100';
COMMENT ON CONSTRAINT ticket_types_pkey ON public.ticket_types IS 'there is a row with this id already';
COMMENT ON CONSTRAINT ticket_types_price_must_be_reasonable ON public.ticket_types IS 'the price is below 0 or over 1000000';
COMMENT ON CONSTRAINT ticket_types_quantity_must_be_reasonable ON public.ticket_types IS 'the quantity is below 1 or over 1000000';
COMMENT ON CONSTRAINT ticket_types_sale_must_not_end_before_start ON public.ticket_types IS 'the sale ends before it starts';
COMMENT ON CONSTRAINT ticket_types_tenant_id_event_id_fkey ON public.ticket_types IS 'there is no such event, or it is still in use';
COMMENT ON CONSTRAINT ticket_types_tenant_id_event_id_id_key ON public.ticket_types IS 'this event has a row with this id already';
COMMENT ON CONSTRAINT ticket_types_tenant_id_fkey ON public.ticket_types IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT ticket_types_tenant_id_id_key ON public.ticket_types IS 'this tenant has a row with this id already';
\endif
\if :to_record
select pg_temp.record('platform_0004', 'table-ticket-types') as outcome \gset
\echo platform_0004 table-ticket-types: :outcome
\endif
commit;

-- platform_0004, 11 of 14: touch-public-ticket-types
-- as ttdb_owner, on public.ticket_types; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0004', 'touch-public-ticket-types') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.ticket_types
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.ticket_types is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0004', 'touch-public-ticket-types') as outcome \gset
\echo platform_0004 touch-public-ticket-types: :outcome
\endif
commit;

-- platform_0004, 12 of 14: protect-public-ticket-types
-- as ttdb_owner, on public.ticket_types; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0004', 'protect-public-ticket-types') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.ticket_types', 'tenant_id', '{select,insert,update,delete}', '{}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'protect-public-ticket-types') as outcome \gset
\echo platform_0004 protect-public-ticket-types: :outcome
\endif
commit;

-- platform_0004, 13 of 14: audit-public-ticket-types
-- as ttdb_owner, on public.ticket_types; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0004', 'audit-public-ticket-types') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.ticket_types', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'audit-public-ticket-types') as outcome \gset
\echo platform_0004 audit-public-ticket-types: :outcome
\endif
commit;

-- platform_0004, 14 of 14: mask-public-ticket-types
-- as ttdb_owner, on masked.ticket_types, public.ticket_types; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0004', 'mask-public-ticket-types') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.ticket_types', '{"id": "plain", "tenant_id": "plain", "event_id": "plain", "name": "plain", "price": "plain", "currency": "plain", "quantity": "plain", "sale_starts_at": "plain", "sale_ends_at": "plain", "max_per_order": "plain", "created_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0004', 'mask-public-ticket-types') as outcome \gset
\echo platform_0004 mask-public-ticket-types: :outcome
\endif
commit;

select pg_temp.reached('platform_0004', array['engine_0001', 'platform_0001', 'platform_0002', 'platform_0003']::text[], array['platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0005: Add the orders, and what they consist of: items, and the discounts that lower them.

-- platform_0005, 1 of 19: table-orders
-- as ttdb_owner, on public.orders; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0005', 'table-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.orders (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	user_id UUID NOT NULL, 
	event_id UUID NOT NULL, 
	order_number TEXT NOT NULL, 
	status TEXT DEFAULT 'PENDING' NOT NULL, 
	subtotal NUMERIC(12, 2) DEFAULT 0 NOT NULL, 
	tax_amount NUMERIC(12, 2) DEFAULT 0 NOT NULL, 
	discount_amount NUMERIC(12, 2) DEFAULT 0 NOT NULL, 
	total_amount NUMERIC(12, 2) DEFAULT 0 NOT NULL, 
	currency TEXT DEFAULT 'USD' NOT NULL, 
	payment_intent_id TEXT, 
	idempotency_key TEXT, 
	metadata JSONB DEFAULT '{}' NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	cancelled_at TIMESTAMP WITH TIME ZONE, 
	refunded_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT orders_pkey PRIMARY KEY (id), 
	CONSTRAINT orders_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT orders_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT orders_tenant_id_user_id_fkey FOREIGN KEY(tenant_id, user_id) REFERENCES public.users (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT orders_tenant_id_event_id_fkey FOREIGN KEY(tenant_id, event_id) REFERENCES public.events (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT orders_tenant_id_order_number_key UNIQUE (tenant_id, order_number), 
	CONSTRAINT orders_tenant_id_event_id_id_key UNIQUE (tenant_id, event_id, id), 
	CONSTRAINT orders_number_must_be_capitals_digits_and_hyphens CHECK (order_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' and length(order_number) <= 40), 
	CONSTRAINT orders_payment_intent_must_be_1_to_255_characters CHECK (payment_intent_id ~ '\S' and length(payment_intent_id) <= 255), 
	CONSTRAINT orders_idempotency_key_must_be_1_to_255_characters CHECK (idempotency_key ~ '\S' and length(idempotency_key) <= 255), 
	CONSTRAINT orders_metadata_must_be_an_object CHECK (jsonb_typeof(metadata) = 'object'), 
	CONSTRAINT orders_discount_must_not_exceed_subtotal CHECK (discount_amount <= subtotal), 
	CONSTRAINT orders_status_must_be_known CHECK (status in ('PENDING', 'RESERVED', 'CONFIRMED', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'REFUNDED')), 
	CONSTRAINT orders_subtotal_must_be_reasonable CHECK (subtotal between 0 and 10000000), 
	CONSTRAINT orders_tax_must_be_reasonable CHECK (tax_amount between 0 and 10000000), 
	CONSTRAINT orders_discount_must_be_reasonable CHECK (discount_amount between 0 and 10000000), 
	CONSTRAINT orders_total_must_be_reasonable CHECK (total_amount between 0 and 10000000), 
	CONSTRAINT orders_total_must_be_subtotal_plus_tax_less_discount CHECK (total_amount = subtotal + tax_amount - discount_amount), 
	CONSTRAINT orders_currency_must_be_three_capital_letters CHECK (currency ~ '^[A-Z]{3}$'), 
	CONSTRAINT orders_reserved_must_expire CHECK (status <> 'RESERVED' or expires_at is not null), 
	CONSTRAINT orders_confirmed_must_say_when CHECK (status not in ('CONFIRMED', 'COMPLETED', 'REFUNDED') or confirmed_at is not null), 
	CONSTRAINT orders_cancelled_must_say_when CHECK (status <> 'CANCELLED' or cancelled_at is not null), 
	CONSTRAINT orders_refunded_must_say_when CHECK (status <> 'REFUNDED' or refunded_at is not null), 
	CONSTRAINT orders_expired_must_say_when CHECK (status <> 'EXPIRED' or expires_at is not null), 
	CONSTRAINT orders_only_paid_must_have_a_time_of_payment CHECK (confirmed_at is null or status in ('CONFIRMED', 'COMPLETED', 'CANCELLED', 'REFUNDED')), 
	CONSTRAINT orders_only_ended_must_have_a_time_of_cancellation CHECK (cancelled_at is null or status in ('CANCELLED', 'REFUNDED')), 
	CONSTRAINT orders_only_ended_must_have_a_time_of_refund CHECK (refunded_at is null or status in ('CANCELLED', 'REFUNDED')), 
	CONSTRAINT orders_must_not_lapse_before_made CHECK (expires_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT orders_must_not_be_confirmed_before_made CHECK (confirmed_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT orders_must_not_be_cancelled_before_made CHECK (cancelled_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT orders_must_not_be_refunded_before_confirmed CHECK (refunded_at >= confirmed_at - make_interval(mins => 1))
);
COMMENT ON TABLE public.orders IS 'what people buy';
COMMENT ON COLUMN public.orders.id IS 'made by the server';
COMMENT ON COLUMN public.orders.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.orders.user_id IS 'who buys';
COMMENT ON COLUMN public.orders.event_id IS 'for which event';
COMMENT ON COLUMN public.orders.order_number IS 'shown to people; unique within the tenant';
COMMENT ON COLUMN public.orders.status IS 'PENDING cart, RESERVED seats held, CONFIRMED paid, COMPLETED tickets issued; CANCELLED, EXPIRED and REFUNDED end it';
COMMENT ON COLUMN public.orders.subtotal IS 'sum of the items';
COMMENT ON COLUMN public.orders.tax_amount IS 'tax on it';
COMMENT ON COLUMN public.orders.discount_amount IS 'what the discounts take off';
COMMENT ON COLUMN public.orders.total_amount IS 'what the buyer pays';
COMMENT ON COLUMN public.orders.currency IS 'ISO 4217, three letters';
COMMENT ON COLUMN public.orders.payment_intent_id IS 'the payment provider''s name for the payment';
COMMENT ON COLUMN public.orders.idempotency_key IS 'the client''s, so that a repeated request makes no second order';
COMMENT ON COLUMN public.orders.metadata IS 'the services'' own notes';
COMMENT ON COLUMN public.orders.expires_at IS 'when a reservation lapses';
COMMENT ON COLUMN public.orders.confirmed_at IS 'when it was paid';
COMMENT ON COLUMN public.orders.cancelled_at IS 'when it was cancelled';
COMMENT ON COLUMN public.orders.refunded_at IS 'when the money went back';
COMMENT ON COLUMN public.orders.created_at IS 'when the row was made';
COMMENT ON COLUMN public.orders.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT orders_cancelled_must_say_when ON public.orders IS 'a cancelled order needs the time of cancellation';
COMMENT ON CONSTRAINT orders_confirmed_must_say_when ON public.orders IS 'a paid order needs the time of payment';
COMMENT ON CONSTRAINT orders_currency_must_be_three_capital_letters ON public.orders IS 'the currency is not a three-letter code';
COMMENT ON CONSTRAINT orders_discount_must_be_reasonable ON public.orders IS 'the discount is below 0 or over 10000000';
COMMENT ON CONSTRAINT orders_discount_must_not_exceed_subtotal ON public.orders IS 'the discount is more than the subtotal';
COMMENT ON CONSTRAINT orders_expired_must_say_when ON public.orders IS 'an expired order needs the time at which it lapsed';
COMMENT ON CONSTRAINT orders_idempotency_key_must_be_1_to_255_characters ON public.orders IS 'the idempotency key is blank or longer than 255 characters';
COMMENT ON CONSTRAINT orders_metadata_must_be_an_object ON public.orders IS 'the notes are not an object';
COMMENT ON CONSTRAINT orders_must_not_be_cancelled_before_made ON public.orders IS 'the cancellation is earlier than the order';
COMMENT ON CONSTRAINT orders_must_not_be_confirmed_before_made ON public.orders IS 'the payment is earlier than the order';
COMMENT ON CONSTRAINT orders_must_not_be_refunded_before_confirmed ON public.orders IS 'the refund is earlier than the payment';
COMMENT ON CONSTRAINT orders_must_not_lapse_before_made ON public.orders IS 'the reservation lapses before the order was made';
COMMENT ON CONSTRAINT orders_number_must_be_capitals_digits_and_hyphens ON public.orders IS 'the order number holds more than capitals, digits and single hyphens, or is longer than 40';
COMMENT ON CONSTRAINT orders_only_ended_must_have_a_time_of_cancellation ON public.orders IS 'an order that is not cancelled has a time of cancellation';
COMMENT ON CONSTRAINT orders_only_ended_must_have_a_time_of_refund ON public.orders IS 'an order that is neither refunded nor cancelled has a time of refund';
COMMENT ON CONSTRAINT orders_only_paid_must_have_a_time_of_payment ON public.orders IS 'an order that is not paid has a time of payment';
COMMENT ON CONSTRAINT orders_payment_intent_must_be_1_to_255_characters ON public.orders IS 'the payment''s name is blank or longer than 255 characters';
COMMENT ON CONSTRAINT orders_pkey ON public.orders IS 'there is a row with this id already';
COMMENT ON CONSTRAINT orders_refunded_must_say_when ON public.orders IS 'a refunded order needs the time of refund';
COMMENT ON CONSTRAINT orders_reserved_must_expire ON public.orders IS 'a reservation needs a time at which it lapses';
COMMENT ON CONSTRAINT orders_status_must_be_known ON public.orders IS 'the status is unknown';
COMMENT ON CONSTRAINT orders_subtotal_must_be_reasonable ON public.orders IS 'the subtotal is below 0 or over 10000000';
COMMENT ON CONSTRAINT orders_tax_must_be_reasonable ON public.orders IS 'the tax is below 0 or over 10000000';
COMMENT ON CONSTRAINT orders_tenant_id_event_id_fkey ON public.orders IS 'there is no such event, or it is still in use';
COMMENT ON CONSTRAINT orders_tenant_id_event_id_id_key ON public.orders IS 'this event has a row with this id already';
COMMENT ON CONSTRAINT orders_tenant_id_fkey ON public.orders IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT orders_tenant_id_id_key ON public.orders IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT orders_tenant_id_order_number_key ON public.orders IS 'another order has this number already';
COMMENT ON CONSTRAINT orders_tenant_id_user_id_fkey ON public.orders IS 'there is no such user, or the account is still in use';
COMMENT ON CONSTRAINT orders_total_must_be_reasonable ON public.orders IS 'the total is below 0 or over 10000000';
COMMENT ON CONSTRAINT orders_total_must_be_subtotal_plus_tax_less_discount ON public.orders IS 'the total is not subtotal plus tax less discount';
\endif
\if :to_record
select pg_temp.record('platform_0005', 'table-orders') as outcome \gset
\echo platform_0005 table-orders: :outcome
\endif
commit;

-- platform_0005, 2 of 19: index-orders-user-id-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0005', 'index-orders-user-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_user_id_idx;
create index concurrently orders_user_id_idx
on public.orders (tenant_id, user_id, created_at desc);
comment on index public.orders_user_id_idx is 'orders-of-user: a buyer''s orders, newest first; the foreign key to users';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0005', 'index-orders-user-id-idx') as outcome \gset
\echo platform_0005 index-orders-user-id-idx: :outcome
\endif
commit;

-- platform_0005, 3 of 19: index-orders-event-id-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0005', 'index-orders-event-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_event_id_idx;
create index concurrently orders_event_id_idx
on public.orders (tenant_id, event_id, created_at desc);
comment on index public.orders_event_id_idx is 'orders-of-event, orders-of-event-in-status: newest first; the foreign key to events';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0005', 'index-orders-event-id-idx') as outcome \gset
\echo platform_0005 index-orders-event-id-idx: :outcome
\endif
commit;

-- platform_0005, 4 of 19: index-orders-idempotency-key-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0005', 'index-orders-idempotency-key-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_idempotency_key_idx;
create unique index concurrently orders_idempotency_key_idx
on public.orders (tenant_id, idempotency_key)
where idempotency_key is not null;
comment on index public.orders_idempotency_key_idx is 'order-by-idempotency-key: a repeated request finds its first order; another order has this idempotency key already';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0005', 'index-orders-idempotency-key-idx') as outcome \gset
\echo platform_0005 index-orders-idempotency-key-idx: :outcome
\endif
commit;

-- platform_0005, 5 of 19: statistics-public-orders
-- as ttdb_owner, on public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0005', 'statistics-public-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.orders_tenant_id_user_id_event_id_stat (dependencies) on tenant_id, user_id, event_id from public.orders;
comment on statistics public.orders_tenant_id_user_id_event_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0005', 'statistics-public-orders') as outcome \gset
\echo platform_0005 statistics-public-orders: :outcome
\endif
commit;

-- platform_0005, 6 of 19: touch-public-orders
-- as ttdb_owner, on public.orders; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0005', 'touch-public-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.orders
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.orders is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0005', 'touch-public-orders') as outcome \gset
\echo platform_0005 touch-public-orders: :outcome
\endif
commit;

-- platform_0005, 7 of 19: protect-public-orders
-- as ttdb_owner, on public.orders; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0005', 'protect-public-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.orders', 'tenant_id', '{select,insert,update,delete}', '{select,update}', '{select,update}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'protect-public-orders') as outcome \gset
\echo platform_0005 protect-public-orders: :outcome
\endif
commit;

-- platform_0005, 8 of 19: audit-public-orders
-- as ttdb_owner, on public.orders; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0005', 'audit-public-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.orders', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'audit-public-orders') as outcome \gset
\echo platform_0005 audit-public-orders: :outcome
\endif
commit;

-- platform_0005, 9 of 19: mask-public-orders
-- as ttdb_owner, on masked.orders, public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0005', 'mask-public-orders') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.orders', '{"id": "plain", "tenant_id": "plain", "user_id": "plain", "event_id": "plain", "order_number": "plain", "status": "plain", "subtotal": "plain", "tax_amount": "plain", "discount_amount": "plain", "total_amount": "plain", "currency": "plain", "expires_at": "plain", "confirmed_at": "plain", "cancelled_at": "plain", "refunded_at": "plain", "created_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'mask-public-orders') as outcome \gset
\echo platform_0005 mask-public-orders: :outcome
\endif
commit;

-- platform_0005, 10 of 19: table-order-items
-- as ttdb_owner, on public.order_items; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0005', 'table-order-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.order_items (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	order_id UUID NOT NULL, 
	ticket_type_id UUID NOT NULL, 
	quantity INTEGER NOT NULL, 
	unit_price NUMERIC(12, 2) NOT NULL, 
	subtotal NUMERIC(12, 2) NOT NULL, 
	metadata JSONB DEFAULT '{}' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT order_items_pkey PRIMARY KEY (id), 
	CONSTRAINT order_items_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT order_items_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT order_items_tenant_id_order_id_fkey FOREIGN KEY(tenant_id, order_id) REFERENCES public.orders (tenant_id, id) ON DELETE CASCADE, 
	CONSTRAINT order_items_tenant_id_ticket_type_id_fkey FOREIGN KEY(tenant_id, ticket_type_id) REFERENCES public.ticket_types (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT order_items_quantity_must_be_reasonable CHECK (quantity between 1 and 1000), 
	CONSTRAINT order_items_unit_price_must_be_reasonable CHECK (unit_price between 0 and 1000000), 
	CONSTRAINT order_items_metadata_must_be_an_object CHECK (jsonb_typeof(metadata) = 'object'), 
	CONSTRAINT order_items_subtotal_must_be_reasonable CHECK (subtotal between 0 and 10000000), 
	CONSTRAINT order_items_subtotal_must_be_quantity_times_price CHECK (subtotal = quantity * unit_price)
);
COMMENT ON TABLE public.order_items IS 'the lines of an order';
COMMENT ON COLUMN public.order_items.id IS 'made by the server';
COMMENT ON COLUMN public.order_items.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.order_items.order_id IS 'the order it is in';
COMMENT ON COLUMN public.order_items.ticket_type_id IS 'what is bought';
COMMENT ON COLUMN public.order_items.quantity IS 'how many';
COMMENT ON COLUMN public.order_items.unit_price IS 'of one, at the time of ordering';
COMMENT ON COLUMN public.order_items.subtotal IS 'quantity times unit price';
COMMENT ON COLUMN public.order_items.metadata IS 'the services'' own notes';
COMMENT ON COLUMN public.order_items.created_at IS 'when the row was made';
COMMENT ON CONSTRAINT order_items_metadata_must_be_an_object ON public.order_items IS 'the notes are not an object';
COMMENT ON CONSTRAINT order_items_pkey ON public.order_items IS 'there is a row with this id already';
COMMENT ON CONSTRAINT order_items_quantity_must_be_reasonable ON public.order_items IS 'the quantity is below 1 or over 1000';
COMMENT ON CONSTRAINT order_items_subtotal_must_be_quantity_times_price ON public.order_items IS 'the item''s subtotal is not its quantity times its price';
COMMENT ON CONSTRAINT order_items_subtotal_must_be_reasonable ON public.order_items IS 'the item''s subtotal is below 0 or over 10000000';
COMMENT ON CONSTRAINT order_items_tenant_id_fkey ON public.order_items IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT order_items_tenant_id_id_key ON public.order_items IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT order_items_tenant_id_order_id_fkey ON public.order_items IS 'there is no such order, or it is still in use';
COMMENT ON CONSTRAINT order_items_tenant_id_ticket_type_id_fkey ON public.order_items IS 'there is no such ticket type, or it is still in use';
COMMENT ON CONSTRAINT order_items_unit_price_must_be_reasonable ON public.order_items IS 'the price is below 0 or over 1000000';
\endif
\if :to_record
select pg_temp.record('platform_0005', 'table-order-items') as outcome \gset
\echo platform_0005 table-order-items: :outcome
\endif
commit;

-- platform_0005, 11 of 19: index-order-items-order-id-idx
-- as ttdb_owner, on public.order_items; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0005', 'index-order-items-order-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.order_items_order_id_idx;
create index concurrently order_items_order_id_idx
on public.order_items (tenant_id, order_id, created_at);
comment on index public.order_items_order_id_idx is 'items-of-order, order-with-items: an order''s lines; the foreign key to orders';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0005', 'index-order-items-order-id-idx') as outcome \gset
\echo platform_0005 index-order-items-order-id-idx: :outcome
\endif
commit;

-- platform_0005, 12 of 19: index-order-items-ticket-type-id-idx
-- as ttdb_owner, on public.order_items; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0005', 'index-order-items-ticket-type-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.order_items_ticket_type_id_idx;
create index concurrently order_items_ticket_type_id_idx
on public.order_items (tenant_id, ticket_type_id);
comment on index public.order_items_ticket_type_id_idx is 'order_items_tenant_id_ticket_type_id_fkey: the foreign key to ticket_types';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0005', 'index-order-items-ticket-type-id-idx') as outcome \gset
\echo platform_0005 index-order-items-ticket-type-id-idx: :outcome
\endif
commit;

-- platform_0005, 13 of 19: protect-public-order-items
-- as ttdb_owner, on public.order_items; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0005', 'protect-public-order-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.order_items', 'tenant_id', '{select,insert,update,delete}', '{select}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'protect-public-order-items') as outcome \gset
\echo platform_0005 protect-public-order-items: :outcome
\endif
commit;

-- platform_0005, 14 of 19: audit-public-order-items
-- as ttdb_owner, on public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0005', 'audit-public-order-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.order_items', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'audit-public-order-items') as outcome \gset
\echo platform_0005 audit-public-order-items: :outcome
\endif
commit;

-- platform_0005, 15 of 19: mask-public-order-items
-- as ttdb_owner, on masked.order_items, public.order_items; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0005', 'mask-public-order-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.order_items', '{"id": "plain", "tenant_id": "plain", "order_id": "plain", "ticket_type_id": "plain", "quantity": "plain", "unit_price": "plain", "subtotal": "plain", "created_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'mask-public-order-items') as outcome \gset
\echo platform_0005 mask-public-order-items: :outcome
\endif
commit;

-- platform_0005, 16 of 19: table-order-discounts
-- as ttdb_owner, on public.order_discounts; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0005', 'table-order-discounts') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.order_discounts (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	order_id UUID NOT NULL, 
	discount_code TEXT NOT NULL, 
	discount_type TEXT NOT NULL, 
	discount_value NUMERIC(12, 2) NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT order_discounts_pkey PRIMARY KEY (id), 
	CONSTRAINT order_discounts_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT order_discounts_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT order_discounts_tenant_id_order_id_fkey FOREIGN KEY(tenant_id, order_id) REFERENCES public.orders (tenant_id, id) ON DELETE CASCADE, 
	CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key UNIQUE (tenant_id, order_id, discount_code), 
	CONSTRAINT order_discounts_code_must_be_one_word CHECK (discount_code ~ '^\S{1,50}$'), 
	CONSTRAINT order_discounts_type_must_be_known CHECK (discount_type in ('PERCENTAGE', 'FIXED')), 
	CONSTRAINT order_discounts_value_must_fit_its_type CHECK (discount_value > 0 and discount_value <= case discount_type when 'PERCENTAGE' then 100 else 10000000 end)
);
COMMENT ON TABLE public.order_discounts IS 'what lowered an order''s price';
COMMENT ON COLUMN public.order_discounts.id IS 'made by the server';
COMMENT ON COLUMN public.order_discounts.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.order_discounts.order_id IS 'the order it lowers';
COMMENT ON COLUMN public.order_discounts.discount_code IS 'what the buyer typed';
COMMENT ON COLUMN public.order_discounts.discount_type IS 'PERCENTAGE of the subtotal, or a FIXED amount';
COMMENT ON COLUMN public.order_discounts.discount_value IS 'percent, or an amount in the order''s currency';
COMMENT ON COLUMN public.order_discounts.applied_at IS 'when';
COMMENT ON CONSTRAINT order_discounts_code_must_be_one_word ON public.order_discounts IS 'the discount code is empty, has blanks, or is longer than 50 characters';
COMMENT ON CONSTRAINT order_discounts_pkey ON public.order_discounts IS 'there is a row with this id already';
COMMENT ON CONSTRAINT order_discounts_tenant_id_fkey ON public.order_discounts IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT order_discounts_tenant_id_id_key ON public.order_discounts IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key ON public.order_discounts IS 'this code lowers this order already';
COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_fkey ON public.order_discounts IS 'there is no such order, or it is still in use';
COMMENT ON CONSTRAINT order_discounts_type_must_be_known ON public.order_discounts IS 'the kind of discount is unknown';
COMMENT ON CONSTRAINT order_discounts_value_must_fit_its_type ON public.order_discounts IS 'the discount is 0 or less, over 100 percent, or over 10000000';
\endif
\if :to_record
select pg_temp.record('platform_0005', 'table-order-discounts') as outcome \gset
\echo platform_0005 table-order-discounts: :outcome
\endif
commit;

-- platform_0005, 17 of 19: protect-public-order-discounts
-- as ttdb_owner, on public.order_discounts; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0005', 'protect-public-order-discounts') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.order_discounts', 'tenant_id', '{select,insert,update,delete}', '{select}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'protect-public-order-discounts') as outcome \gset
\echo platform_0005 protect-public-order-discounts: :outcome
\endif
commit;

-- platform_0005, 18 of 19: audit-public-order-discounts
-- as ttdb_owner, on public.order_discounts; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0005', 'audit-public-order-discounts') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.order_discounts', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'audit-public-order-discounts') as outcome \gset
\echo platform_0005 audit-public-order-discounts: :outcome
\endif
commit;

-- platform_0005, 19 of 19: mask-public-order-discounts
-- as ttdb_owner, on masked.order_discounts, public.order_discounts; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0005', 'mask-public-order-discounts') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.order_discounts', '{"id": "plain", "tenant_id": "plain", "order_id": "plain", "discount_code": "plain", "discount_type": "plain", "discount_value": "plain", "applied_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0005', 'mask-public-order-discounts') as outcome \gset
\echo platform_0005 mask-public-order-discounts: :outcome
\endif
commit;

select pg_temp.reached('platform_0005', array['engine_0001', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004']::text[], array['platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0006: Index the orders for the services' reads and the worker's rounds.

-- platform_0006, 1 of 9: index-orders-event-id-status-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-event-id-status-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_event_id_status_idx;
create index concurrently orders_event_id_status_idx
on public.orders (tenant_id, event_id, status, created_at desc);
comment on index public.orders_event_id_status_idx is 'orders-of-event-in-status: a rare status among a big event''s orders, newest first';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-event-id-status-idx') as outcome \gset
\echo platform_0006 index-orders-event-id-status-idx: :outcome
\endif
commit;

-- platform_0006, 2 of 9: index-orders-status-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-status-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_status_idx;
create index concurrently orders_status_idx
on public.orders (tenant_id, status, created_at);
comment on index public.orders_status_idx is 'orders-in-status: a tenant''s orders in a status, oldest first';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-status-idx') as outcome \gset
\echo platform_0006 index-orders-status-idx: :outcome
\endif
commit;

-- platform_0006, 3 of 9: index-orders-created-at-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-created-at-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_created_at_idx;
create index concurrently orders_created_at_idx
on public.orders (tenant_id, created_at);
comment on index public.orders_created_at_idx is 'orders-newest, orders-by-day: a tenant''s orders of a time';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-created-at-idx') as outcome \gset
\echo platform_0006 index-orders-created-at-idx: :outcome
\endif
commit;

-- platform_0006, 4 of 9: index-orders-confirmed-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-confirmed-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_confirmed_idx;
create index concurrently orders_confirmed_idx
on public.orders (tenant_id, confirmed_at)
where status = 'CONFIRMED';
comment on index public.orders_confirmed_idx is 'orders-confirmed-between: paid orders that still wait for their tickets, by time of payment';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-confirmed-idx') as outcome \gset
\echo platform_0006 index-orders-confirmed-idx: :outcome
\endif
commit;

-- platform_0006, 5 of 9: index-orders-reserved-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-reserved-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_reserved_idx;
create index concurrently orders_reserved_idx
on public.orders (tenant_id, expires_at)
where status = 'RESERVED';
comment on index public.orders_reserved_idx is 'reservations-lapsing: a tenant''s reservations, the next to lapse first';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-reserved-idx') as outcome \gset
\echo platform_0006 index-orders-reserved-idx: :outcome
\endif
commit;

-- platform_0006, 6 of 9: index-orders-expiry-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-expiry-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_expiry_idx;
create index concurrently orders_expiry_idx
on public.orders (expires_at)
where status = 'RESERVED';
comment on index public.orders_expiry_idx is 'reservations-lapsed: reservations to be ended, over all tenants, for the worker';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-expiry-idx') as outcome \gset
\echo platform_0006 index-orders-expiry-idx: :outcome
\endif
commit;

-- platform_0006, 7 of 9: index-orders-pending-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-pending-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_pending_idx;
create index concurrently orders_pending_idx
on public.orders (created_at)
where status = 'PENDING';
comment on index public.orders_pending_idx is 'orders-abandoned: carts left behind, over all tenants, for the worker';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-pending-idx') as outcome \gset
\echo platform_0006 index-orders-pending-idx: :outcome
\endif
commit;

-- platform_0006, 8 of 9: index-orders-unpaid-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-unpaid-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_unpaid_idx;
create index concurrently orders_unpaid_idx
on public.orders (confirmed_at)
where status = 'CONFIRMED' and payment_intent_id is null;
comment on index public.orders_unpaid_idx is 'orders-without-payment: paid orders that no payment explains, over all tenants, for the worker';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-unpaid-idx') as outcome \gset
\echo platform_0006 index-orders-unpaid-idx: :outcome
\endif
commit;

-- platform_0006, 9 of 9: index-orders-payment-intent-id-idx
-- as ttdb_owner, on public.orders; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0006', 'index-orders-payment-intent-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.orders_payment_intent_id_idx;
create index concurrently orders_payment_intent_id_idx
on public.orders (tenant_id, payment_intent_id)
where payment_intent_id is not null;
comment on index public.orders_payment_intent_id_idx is 'order-by-payment-intent: the order of a payment';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0006', 'index-orders-payment-intent-id-idx') as outcome \gset
\echo platform_0006 index-orders-payment-intent-id-idx: :outcome
\endif
commit;

select pg_temp.reached('platform_0006', array['engine_0001', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005']::text[], array['platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0007: Add the tickets.

-- platform_0007, 1 of 11: table-tickets
-- as ttdb_owner, on public.tickets; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0007', 'table-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.tickets (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	event_id UUID NOT NULL, 
	ticket_type_id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	user_id UUID, 
	ticket_number TEXT NOT NULL, 
	code TEXT DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') NOT NULL, 
	status TEXT DEFAULT 'RESERVED' NOT NULL, 
	price NUMERIC(12, 2) NOT NULL, 
	currency TEXT DEFAULT 'USD' NOT NULL, 
	seat TEXT, 
	holder_name TEXT, 
	holder_email TEXT, 
	sold_at TIMESTAMP WITH TIME ZONE, 
	used_at TIMESTAMP WITH TIME ZONE, 
	cancelled_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT tickets_pkey PRIMARY KEY (id), 
	CONSTRAINT tickets_tenant_id_id_key UNIQUE (tenant_id, id), 
	CONSTRAINT tickets_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT tickets_tenant_id_event_id_fkey FOREIGN KEY(tenant_id, event_id) REFERENCES public.events (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT tickets_tenant_id_event_id_ticket_type_id_fkey FOREIGN KEY(tenant_id, event_id, ticket_type_id) REFERENCES public.ticket_types (tenant_id, event_id, id) ON DELETE RESTRICT, 
	CONSTRAINT tickets_tenant_id_event_id_order_id_fkey FOREIGN KEY(tenant_id, event_id, order_id) REFERENCES public.orders (tenant_id, event_id, id) ON DELETE RESTRICT, 
	CONSTRAINT tickets_tenant_id_user_id_fkey FOREIGN KEY(tenant_id, user_id) REFERENCES public.users (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT tickets_tenant_id_ticket_number_key UNIQUE (tenant_id, ticket_number), 
	CONSTRAINT tickets_tenant_id_code_key UNIQUE (tenant_id, code), 
	CONSTRAINT tickets_status_must_be_known CHECK (status in ('RESERVED', 'SOLD', 'USED', 'CANCELLED', 'EXPIRED', 'REFUNDED')), 
	CONSTRAINT tickets_number_must_be_capitals_digits_and_hyphens CHECK (ticket_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' and length(ticket_number) <= 40), 
	CONSTRAINT tickets_code_must_be_hard_to_guess CHECK (code ~ '^\S{16,128}$'), 
	CONSTRAINT tickets_seat_must_be_1_to_50_characters CHECK (seat ~ '\S' and length(seat) <= 50), 
	CONSTRAINT tickets_holder_name_must_be_1_to_200_characters CHECK (holder_name ~ '\S' and length(holder_name) <= 200), 
	CONSTRAINT tickets_holder_email_must_not_be_too_long CHECK (length(holder_email) <= 254), 
	CONSTRAINT tickets_price_must_be_reasonable CHECK (price between 0 and 1000000), 
	CONSTRAINT tickets_currency_must_be_three_capital_letters CHECK (currency ~ '^[A-Z]{3}$'), 
	CONSTRAINT tickets_holder_email_must_be_a_lower_case_address CHECK (holder_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and holder_email = lower(holder_email)), 
	CONSTRAINT tickets_sold_must_say_when CHECK (status not in ('SOLD', 'USED', 'REFUNDED') or sold_at is not null), 
	CONSTRAINT tickets_used_must_say_when CHECK (status <> 'USED' or used_at is not null), 
	CONSTRAINT tickets_cancelled_must_say_when CHECK (status not in ('CANCELLED', 'REFUNDED') or cancelled_at is not null), 
	CONSTRAINT tickets_only_sold_must_have_a_time_of_sale CHECK (sold_at is null or status in ('SOLD', 'USED', 'CANCELLED', 'REFUNDED')), 
	CONSTRAINT tickets_only_used_must_have_a_time_of_use CHECK (used_at is null or status in ('USED', 'REFUNDED')), 
	CONSTRAINT tickets_only_ended_must_have_a_time_of_cancellation CHECK (cancelled_at is null or status in ('CANCELLED', 'REFUNDED')), 
	CONSTRAINT tickets_must_not_be_sold_before_made CHECK (sold_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT tickets_must_not_be_used_before_sold CHECK (used_at >= sold_at - make_interval(mins => 1)), 
	CONSTRAINT tickets_must_not_be_cancelled_before_made CHECK (cancelled_at >= created_at - make_interval(mins => 1))
);
COMMENT ON TABLE public.tickets IS 'what admits one person to one event';
COMMENT ON COLUMN public.tickets.id IS 'made by the server';
COMMENT ON COLUMN public.tickets.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.tickets.event_id IS 'the event it admits to';
COMMENT ON COLUMN public.tickets.ticket_type_id IS 'what kind it is';
COMMENT ON COLUMN public.tickets.order_id IS 'the order that took it';
COMMENT ON COLUMN public.tickets.user_id IS 'who holds it; empty while nobody is named';
COMMENT ON COLUMN public.tickets.ticket_number IS 'shown to people; unique within the tenant';
COMMENT ON COLUMN public.tickets.code IS 'what the gate scans; secret, never in the trail';
COMMENT ON COLUMN public.tickets.status IS 'RESERVED in a cart, SOLD, USED at the gate; CANCELLED, EXPIRED and REFUNDED give the place back';
COMMENT ON COLUMN public.tickets.price IS 'of this ticket, without tax';
COMMENT ON COLUMN public.tickets.currency IS 'ISO 4217, three letters';
COMMENT ON COLUMN public.tickets.seat IS 'section, row and place; empty where people stand';
COMMENT ON COLUMN public.tickets.holder_name IS 'who will come; personal';
COMMENT ON COLUMN public.tickets.holder_email IS 'where the ticket is sent, lower case; personal';
COMMENT ON COLUMN public.tickets.sold_at IS 'when it was paid';
COMMENT ON COLUMN public.tickets.used_at IS 'when it was scanned at the gate';
COMMENT ON COLUMN public.tickets.cancelled_at IS 'when it was cancelled or refunded';
COMMENT ON COLUMN public.tickets.created_at IS 'when the row was made';
COMMENT ON COLUMN public.tickets.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT tickets_cancelled_must_say_when ON public.tickets IS 'a cancelled or refunded ticket needs its time';
COMMENT ON CONSTRAINT tickets_code_must_be_hard_to_guess ON public.tickets IS 'the code is shorter than 16 or longer than 128 characters';
COMMENT ON CONSTRAINT tickets_currency_must_be_three_capital_letters ON public.tickets IS 'the currency is not a three-letter code';
COMMENT ON CONSTRAINT tickets_holder_email_must_be_a_lower_case_address ON public.tickets IS 'the e-mail address is malformed or has capital letters';
COMMENT ON CONSTRAINT tickets_holder_email_must_not_be_too_long ON public.tickets IS 'the e-mail address is longer than 254 characters';
COMMENT ON CONSTRAINT tickets_holder_name_must_be_1_to_200_characters ON public.tickets IS 'the holder''s name is blank or longer than 200 characters';
COMMENT ON CONSTRAINT tickets_must_not_be_cancelled_before_made ON public.tickets IS 'the cancellation is earlier than the ticket';
COMMENT ON CONSTRAINT tickets_must_not_be_sold_before_made ON public.tickets IS 'the sale is earlier than the ticket';
COMMENT ON CONSTRAINT tickets_must_not_be_used_before_sold ON public.tickets IS 'the use is earlier than the sale';
COMMENT ON CONSTRAINT tickets_number_must_be_capitals_digits_and_hyphens ON public.tickets IS 'the ticket number holds more than capitals, digits and single hyphens, or is longer than 40';
COMMENT ON CONSTRAINT tickets_only_ended_must_have_a_time_of_cancellation ON public.tickets IS 'a ticket that was not cancelled has a time of cancellation';
COMMENT ON CONSTRAINT tickets_only_sold_must_have_a_time_of_sale ON public.tickets IS 'a ticket that was not sold has a time of sale';
COMMENT ON CONSTRAINT tickets_only_used_must_have_a_time_of_use ON public.tickets IS 'a ticket that was not used has a time of use';
COMMENT ON CONSTRAINT tickets_pkey ON public.tickets IS 'there is a row with this id already';
COMMENT ON CONSTRAINT tickets_price_must_be_reasonable ON public.tickets IS 'the price is below 0 or over 1000000';
COMMENT ON CONSTRAINT tickets_seat_must_be_1_to_50_characters ON public.tickets IS 'the seat is blank or longer than 50 characters';
COMMENT ON CONSTRAINT tickets_sold_must_say_when ON public.tickets IS 'a sold ticket needs the time of sale';
COMMENT ON CONSTRAINT tickets_status_must_be_known ON public.tickets IS 'the status is unknown';
COMMENT ON CONSTRAINT tickets_tenant_id_code_key ON public.tickets IS 'another ticket has this code already';
COMMENT ON CONSTRAINT tickets_tenant_id_event_id_fkey ON public.tickets IS 'there is no such event, or it is still in use';
COMMENT ON CONSTRAINT tickets_tenant_id_event_id_order_id_fkey ON public.tickets IS 'the event has no such order, or it is still in use';
COMMENT ON CONSTRAINT tickets_tenant_id_event_id_ticket_type_id_fkey ON public.tickets IS 'the event has no such ticket type, or it is still in use';
COMMENT ON CONSTRAINT tickets_tenant_id_fkey ON public.tickets IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT tickets_tenant_id_id_key ON public.tickets IS 'this tenant has a row with this id already';
COMMENT ON CONSTRAINT tickets_tenant_id_ticket_number_key ON public.tickets IS 'another ticket has this number already';
COMMENT ON CONSTRAINT tickets_tenant_id_user_id_fkey ON public.tickets IS 'there is no such user, or the account is still in use';
COMMENT ON CONSTRAINT tickets_used_must_say_when ON public.tickets IS 'a used ticket needs its time';
\endif
\if :to_record
select pg_temp.record('platform_0007', 'table-tickets') as outcome \gset
\echo platform_0007 table-tickets: :outcome
\endif
commit;

-- platform_0007, 2 of 11: index-tickets-event-id-idx
-- as ttdb_owner, on public.tickets; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0007', 'index-tickets-event-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.tickets_event_id_idx;
create index concurrently tickets_event_id_idx
on public.tickets (tenant_id, event_id, status, created_at);
comment on index public.tickets_event_id_idx is 'tickets-of-event-in-status, tickets-of-event-counted: by status; the foreign key to events';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0007', 'index-tickets-event-id-idx') as outcome \gset
\echo platform_0007 index-tickets-event-id-idx: :outcome
\endif
commit;

-- platform_0007, 3 of 11: index-tickets-used-idx
-- as ttdb_owner, on public.tickets; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0007', 'index-tickets-used-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.tickets_used_idx;
create index concurrently tickets_used_idx
on public.tickets (tenant_id, event_id, used_at)
where used_at is not null;
comment on index public.tickets_used_idx is 'tickets-scanned: who came in at an event, latest first';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0007', 'index-tickets-used-idx') as outcome \gset
\echo platform_0007 index-tickets-used-idx: :outcome
\endif
commit;

-- platform_0007, 4 of 11: index-tickets-ticket-type-id-idx
-- as ttdb_owner, on public.tickets; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0007', 'index-tickets-ticket-type-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.tickets_ticket_type_id_idx;
create index concurrently tickets_ticket_type_id_idx
on public.tickets (tenant_id, ticket_type_id, event_id);
comment on index public.tickets_ticket_type_id_idx is 'tickets_tenant_id_event_id_ticket_type_id_fkey: the foreign key to ticket_types';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0007', 'index-tickets-ticket-type-id-idx') as outcome \gset
\echo platform_0007 index-tickets-ticket-type-id-idx: :outcome
\endif
commit;

-- platform_0007, 5 of 11: index-tickets-order-id-idx
-- as ttdb_owner, on public.tickets; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0007', 'index-tickets-order-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.tickets_order_id_idx;
create index concurrently tickets_order_id_idx
on public.tickets (tenant_id, order_id, event_id);
comment on index public.tickets_order_id_idx is 'tickets-of-order: an order''s tickets; the foreign key to orders';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0007', 'index-tickets-order-id-idx') as outcome \gset
\echo platform_0007 index-tickets-order-id-idx: :outcome
\endif
commit;

-- platform_0007, 6 of 11: index-tickets-user-id-idx
-- as ttdb_owner, on public.tickets; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0007', 'index-tickets-user-id-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.tickets_user_id_idx;
create index concurrently tickets_user_id_idx
on public.tickets (tenant_id, user_id, created_at desc);
comment on index public.tickets_user_id_idx is 'tickets-of-user: a holder''s tickets, newest first; the foreign key to users';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0007', 'index-tickets-user-id-idx') as outcome \gset
\echo platform_0007 index-tickets-user-id-idx: :outcome
\endif
commit;

-- platform_0007, 7 of 11: statistics-public-tickets
-- as ttdb_owner, on public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0007', 'statistics-public-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.tickets_tenant_id_event_id_user_id_stat (dependencies) on tenant_id, event_id, user_id from public.tickets;
comment on statistics public.tickets_tenant_id_event_id_user_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0007', 'statistics-public-tickets') as outcome \gset
\echo platform_0007 statistics-public-tickets: :outcome
\endif
commit;

-- platform_0007, 8 of 11: touch-public-tickets
-- as ttdb_owner, on public.tickets; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0007', 'touch-public-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.tickets
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.tickets is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0007', 'touch-public-tickets') as outcome \gset
\echo platform_0007 touch-public-tickets: :outcome
\endif
commit;

-- platform_0007, 9 of 11: protect-public-tickets
-- as ttdb_owner, on public.tickets; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0007', 'protect-public-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.tickets', 'tenant_id', '{select,insert,update}', '{}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0007', 'protect-public-tickets') as outcome \gset
\echo platform_0007 protect-public-tickets: :outcome
\endif
commit;

-- platform_0007, 10 of 11: audit-public-tickets
-- as ttdb_owner, on public.tickets; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0007', 'audit-public-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.tickets', '{code}');
\endif
\if :to_record
select pg_temp.record('platform_0007', 'audit-public-tickets') as outcome \gset
\echo platform_0007 audit-public-tickets: :outcome
\endif
commit;

-- platform_0007, 11 of 11: mask-public-tickets
-- as ttdb_owner, on masked.tickets, public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0007', 'mask-public-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.tickets', '{"holder_name": "name", "holder_email": "email", "id": "plain", "tenant_id": "plain", "event_id": "plain", "ticket_type_id": "plain", "order_id": "plain", "user_id": "plain", "ticket_number": "plain", "status": "plain", "price": "plain", "currency": "plain", "seat": "plain", "sold_at": "plain", "used_at": "plain", "cancelled_at": "plain", "created_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0007', 'mask-public-tickets') as outcome \gset
\echo platform_0007 mask-public-tickets: :outcome
\endif
commit;

select pg_temp.reached('platform_0007', array['engine_0001', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006']::text[], array['platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0008: Add the payments and refunds, by month.

-- platform_0008, 1 of 17: table-payment-transactions
-- as ttdb_owner, on public.payment_transactions; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0008', 'table-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.payment_transactions (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	order_id UUID NOT NULL, 
	user_id UUID NOT NULL, 
	venue_id UUID NOT NULL, 
	type TEXT DEFAULT 'PAYMENT' NOT NULL, 
	status TEXT DEFAULT 'PENDING' NOT NULL, 
	amount NUMERIC(12, 2) NOT NULL, 
	fee_amount NUMERIC(12, 2) DEFAULT 0 NOT NULL, 
	currency TEXT DEFAULT 'USD' NOT NULL, 
	provider TEXT DEFAULT 'STRIPE' NOT NULL, 
	payment_intent_id TEXT, 
	idempotency_key TEXT, 
	card_last4 TEXT, 
	billing_name TEXT, 
	billing_email TEXT, 
	failure_reason TEXT, 
	metadata JSONB DEFAULT '{}' NOT NULL, 
	processed_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT payment_transactions_pkey PRIMARY KEY (id, created_at), 
	CONSTRAINT payment_transactions_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT payment_transactions_tenant_id_order_id_fkey FOREIGN KEY(tenant_id, order_id) REFERENCES public.orders (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT payment_transactions_tenant_id_user_id_fkey FOREIGN KEY(tenant_id, user_id) REFERENCES public.users (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT payment_transactions_tenant_id_venue_id_fkey FOREIGN KEY(tenant_id, venue_id) REFERENCES public.venues (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT payment_transactions_created_at_must_be_finite CHECK (isfinite("created_at")), 
	CONSTRAINT payment_transactions_type_must_be_known CHECK (type in ('PAYMENT', 'REFUND')), 
	CONSTRAINT payment_transactions_status_must_be_known CHECK (status in ('PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED')), 
	CONSTRAINT payment_transactions_provider_must_be_known CHECK (provider in ('STRIPE', 'PAYPAL', 'CASH')), 
	CONSTRAINT payment_transactions_amount_must_be_reasonable CHECK (amount > 0 and amount <= 10000000), 
	CONSTRAINT payment_transactions_fee_must_not_exceed_amount CHECK (fee_amount between 0 and amount), 
	CONSTRAINT payment_transactions_currency_must_be_three_capital_letters CHECK (currency ~ '^[A-Z]{3}$'), 
	CONSTRAINT payment_transactions_card_must_be_four_digits CHECK (card_last4 ~ '^[0-9]{4}$'), 
	CONSTRAINT payment_transactions_billing_email_must_be_an_address CHECK (billing_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and billing_email = lower(billing_email)), 
	CONSTRAINT payment_transactions_payment_intent_must_be_1_to_255_characters CHECK (payment_intent_id ~ '\S' and length(payment_intent_id) <= 255), 
	CONSTRAINT payment_transactions_idempotency_key_must_be_filled_and_short CHECK (idempotency_key ~ '\S' and length(idempotency_key) <= 255), 
	CONSTRAINT payment_transactions_billing_name_must_be_1_to_200_characters CHECK (billing_name ~ '\S' and length(billing_name) <= 200), 
	CONSTRAINT payment_transactions_billing_email_must_not_be_too_long CHECK (length(billing_email) <= 254), 
	CONSTRAINT payment_transactions_failure_must_be_1_to_1000_characters CHECK (failure_reason ~ '\S' and length(failure_reason) <= 1000), 
	CONSTRAINT payment_transactions_metadata_must_be_an_object CHECK (jsonb_typeof(metadata) = 'object'), 
	CONSTRAINT payment_transactions_only_ended_must_have_a_time_of_end CHECK (processed_at is null or status in ('SUCCEEDED', 'FAILED', 'CANCELLED')), 
	CONSTRAINT payment_transactions_must_not_end_before_made CHECK (processed_at >= created_at - make_interval(mins => 1)), 
	CONSTRAINT payment_transactions_ended_must_say_when CHECK (status not in ('SUCCEEDED', 'FAILED') or processed_at is not null), 
	CONSTRAINT payment_transactions_failed_must_say_why CHECK (status <> 'FAILED' or failure_reason is not null)
)
 PARTITION BY RANGE (created_at);
COMMENT ON TABLE public.payment_transactions IS 'money that came in, or went back, for an order';
COMMENT ON COLUMN public.payment_transactions.id IS 'made by the server';
COMMENT ON COLUMN public.payment_transactions.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.payment_transactions.order_id IS 'the order it pays, or pays back';
COMMENT ON COLUMN public.payment_transactions.user_id IS 'who pays, or is paid back';
COMMENT ON COLUMN public.payment_transactions.venue_id IS 'whose payout it belongs to';
COMMENT ON COLUMN public.payment_transactions.type IS 'PAYMENT by the buyer, or REFUND to him';
COMMENT ON COLUMN public.payment_transactions.status IS 'PENDING, PROCESSING at the provider; SUCCEEDED, FAILED and CANCELLED end it';
COMMENT ON COLUMN public.payment_transactions.amount IS 'what changes hands, in the order''s currency';
COMMENT ON COLUMN public.payment_transactions.fee_amount IS 'of it, the platform''s share';
COMMENT ON COLUMN public.payment_transactions.currency IS 'ISO 4217, three letters';
COMMENT ON COLUMN public.payment_transactions.provider IS 'who moves the money: STRIPE, PAYPAL or CASH';
COMMENT ON COLUMN public.payment_transactions.payment_intent_id IS 'the provider''s name for the payment; used once, by whomever';
COMMENT ON COLUMN public.payment_transactions.idempotency_key IS 'the client''s, so that a repeated request moves no money twice';
COMMENT ON COLUMN public.payment_transactions.card_last4 IS 'last digits of the card; personal';
COMMENT ON COLUMN public.payment_transactions.billing_name IS 'on the card; personal';
COMMENT ON COLUMN public.payment_transactions.billing_email IS 'where the receipt goes, lower case; personal';
COMMENT ON COLUMN public.payment_transactions.failure_reason IS 'why the provider refused';
COMMENT ON COLUMN public.payment_transactions.metadata IS 'the services'' own notes';
COMMENT ON COLUMN public.payment_transactions.processed_at IS 'when it succeeded or failed';
COMMENT ON COLUMN public.payment_transactions.created_at IS 'when the row was made';
COMMENT ON COLUMN public.payment_transactions.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT payment_transactions_amount_must_be_reasonable ON public.payment_transactions IS 'the amount is 0 or less, or over 10000000';
COMMENT ON CONSTRAINT payment_transactions_billing_email_must_be_an_address ON public.payment_transactions IS 'the e-mail address is malformed or has capital letters';
COMMENT ON CONSTRAINT payment_transactions_billing_email_must_not_be_too_long ON public.payment_transactions IS 'the e-mail address is longer than 254 characters';
COMMENT ON CONSTRAINT payment_transactions_billing_name_must_be_1_to_200_characters ON public.payment_transactions IS 'the name on the card is blank or longer than 200 characters';
COMMENT ON CONSTRAINT payment_transactions_card_must_be_four_digits ON public.payment_transactions IS 'more or less than the card''s last four digits';
COMMENT ON CONSTRAINT payment_transactions_created_at_must_be_finite ON public.payment_transactions IS 'the payment''s time is infinite';
COMMENT ON CONSTRAINT payment_transactions_currency_must_be_three_capital_letters ON public.payment_transactions IS 'the currency is not a three-letter code';
COMMENT ON CONSTRAINT payment_transactions_ended_must_say_when ON public.payment_transactions IS 'an ended payment needs the time of its end';
COMMENT ON CONSTRAINT payment_transactions_failed_must_say_why ON public.payment_transactions IS 'a failed payment needs the provider''s reason';
COMMENT ON CONSTRAINT payment_transactions_failure_must_be_1_to_1000_characters ON public.payment_transactions IS 'the reason is blank or longer than 1000 characters';
COMMENT ON CONSTRAINT payment_transactions_fee_must_not_exceed_amount ON public.payment_transactions IS 'the fee is below 0 or over the amount';
COMMENT ON CONSTRAINT payment_transactions_idempotency_key_must_be_filled_and_short ON public.payment_transactions IS 'the idempotency key is blank or longer than 255 characters';
COMMENT ON CONSTRAINT payment_transactions_metadata_must_be_an_object ON public.payment_transactions IS 'the notes are not an object';
COMMENT ON CONSTRAINT payment_transactions_must_not_end_before_made ON public.payment_transactions IS 'the payment ended before it was made';
COMMENT ON CONSTRAINT payment_transactions_only_ended_must_have_a_time_of_end ON public.payment_transactions IS 'a payment that goes on has a time of its end';
COMMENT ON CONSTRAINT payment_transactions_payment_intent_must_be_1_to_255_characters ON public.payment_transactions IS 'the payment''s name is blank or longer than 255 characters';
COMMENT ON CONSTRAINT payment_transactions_pkey ON public.payment_transactions IS 'there is a row with this id already';
COMMENT ON CONSTRAINT payment_transactions_provider_must_be_known ON public.payment_transactions IS 'the payment provider is unknown';
COMMENT ON CONSTRAINT payment_transactions_status_must_be_known ON public.payment_transactions IS 'the status is unknown';
COMMENT ON CONSTRAINT payment_transactions_tenant_id_fkey ON public.payment_transactions IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT payment_transactions_tenant_id_order_id_fkey ON public.payment_transactions IS 'there is no such order, or it is still in use';
COMMENT ON CONSTRAINT payment_transactions_tenant_id_user_id_fkey ON public.payment_transactions IS 'there is no such user, or the account is still in use';
COMMENT ON CONSTRAINT payment_transactions_tenant_id_venue_id_fkey ON public.payment_transactions IS 'there is no such venue, or it is still in use';
COMMENT ON CONSTRAINT payment_transactions_type_must_be_known ON public.payment_transactions IS 'the type is unknown';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'table-payment-transactions') as outcome \gset
\echo platform_0008 table-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 2 of 17: index-payment-transactions-order-id-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-order-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_order_id_idx
on public.payment_transactions (tenant_id, order_id);
comment on index public.payment_transactions_order_id_idx is 'payments-of-order: what was paid for an order, and paid back; the foreign key to orders';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-order-id-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-order-id-idx: :outcome
\endif
commit;

-- platform_0008, 3 of 17: index-payment-transactions-user-id-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-user-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_user_id_idx
on public.payment_transactions (tenant_id, user_id, created_at desc);
comment on index public.payment_transactions_user_id_idx is 'payments-of-user: a buyer''s latest payments; the foreign key to users';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-user-id-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-user-id-idx: :outcome
\endif
commit;

-- platform_0008, 4 of 17: index-payment-transactions-venue-id-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-venue-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_venue_id_idx
on public.payment_transactions (tenant_id, venue_id, status, created_at);
comment on index public.payment_transactions_venue_id_idx is 'payments-of-venue, payout-of-venue: what a venue is owed for a time; the foreign key to venues';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-venue-id-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-venue-id-idx: :outcome
\endif
commit;

-- platform_0008, 5 of 17: index-payment-transactions-status-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-status-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_status_idx
on public.payment_transactions (tenant_id, status, created_at);
comment on index public.payment_transactions_status_idx is 'payments-in-status: a tenant''s payments in a status, newest first';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-status-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-status-idx: :outcome
\endif
commit;

-- platform_0008, 6 of 17: index-payment-transactions-created-at-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-created-at-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_created_at_idx
on public.payment_transactions (tenant_id, created_at);
comment on index public.payment_transactions_created_at_idx is 'payments-newest, revenue-by-day: a tenant''s payments of a time';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-created-at-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-created-at-idx: :outcome
\endif
commit;

-- platform_0008, 7 of 17: index-payment-transactions-open-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-open-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_open_idx
on public.payment_transactions (created_at)
where status in ('PENDING', 'PROCESSING');
comment on index public.payment_transactions_open_idx is 'payments-stuck: payments that should have ended, over all tenants, for the worker';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-open-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-open-idx: :outcome
\endif
commit;

-- platform_0008, 8 of 17: index-payment-transactions-payment-intent-id-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-payment-intent-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_payment_intent_id_idx
on public.payment_transactions (tenant_id, payment_intent_id)
where payment_intent_id is not null;
comment on index public.payment_transactions_payment_intent_id_idx is 'payment-by-intent: the payment that a provider speaks of';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-payment-intent-id-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-payment-intent-id-idx: :outcome
\endif
commit;

-- platform_0008, 9 of 17: index-payment-transactions-idempotency-key-idx
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'index-payment-transactions-idempotency-key-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index payment_transactions_idempotency_key_idx
on public.payment_transactions (tenant_id, idempotency_key)
where idempotency_key is not null;
comment on index public.payment_transactions_idempotency_key_idx is 'payment-by-idempotency-key: a repeated request finds its first payment';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'index-payment-transactions-idempotency-key-idx') as outcome \gset
\echo platform_0008 index-payment-transactions-idempotency-key-idx: :outcome
\endif
commit;

-- platform_0008, 10 of 17: statistics-public-payment-transactions
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'statistics-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.payment_transactions_tenant_id_user_id_venue_id_stat (dependencies) on tenant_id, user_id, venue_id from public.payment_transactions;
comment on statistics public.payment_transactions_tenant_id_user_id_venue_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'statistics-public-payment-transactions') as outcome \gset
\echo platform_0008 statistics-public-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 11 of 17: touch-public-payment-transactions
-- as ttdb_owner, on public.payment_transactions; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0008', 'touch-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.payment_transactions
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.payment_transactions is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0008', 'touch-public-payment-transactions') as outcome \gset
\echo platform_0008 touch-public-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 12 of 17: protect-public-payment-transactions
-- as ttdb_owner, on public.payment_transactions; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0008', 'protect-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.payment_transactions', 'tenant_id', '{select,insert,update}', '{select,update}', '{select}');
\endif
\if :to_record
select pg_temp.record('platform_0008', 'protect-public-payment-transactions') as outcome \gset
\echo platform_0008 protect-public-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 13 of 17: audit-public-payment-transactions
-- as ttdb_owner, on public.payment_transactions; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0008', 'audit-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.payment_transactions', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0008', 'audit-public-payment-transactions') as outcome \gset
\echo platform_0008 audit-public-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 14 of 17: unique-public-payment-transactions-payment-intent-id
-- as ttdb_owner, on public.payment_transactions, public.payment_transactions_payment_intent_id_keys; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'unique-public-payment-transactions-payment-intent-id') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_unique('public.payment_transactions', '{payment_intent_id}', 'another payment has this intent already', true);
\endif
\if :to_record
select pg_temp.record('platform_0008', 'unique-public-payment-transactions-payment-intent-id') as outcome \gset
\echo platform_0008 unique-public-payment-transactions-payment-intent-id: :outcome
\endif
commit;

-- platform_0008, 15 of 17: unique-public-payment-transactions-idempotency-key
-- as ttdb_owner, on public.payment_transactions, public.payment_transactions_idempotency_key_keys; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'unique-public-payment-transactions-idempotency-key') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_unique('public.payment_transactions', '{idempotency_key}', 'this request has moved its money already', false);
\endif
\if :to_record
select pg_temp.record('platform_0008', 'unique-public-payment-transactions-idempotency-key') as outcome \gset
\echo platform_0008 unique-public-payment-transactions-idempotency-key: :outcome
\endif
commit;

-- platform_0008, 16 of 17: months-public-payment-transactions
-- as ttdb_owner, on public.payment_transactions, public.payment_transactions_default; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'months-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.partition_by_month('public.payment_transactions', '7 years');
\endif
\if :to_record
select pg_temp.record('platform_0008', 'months-public-payment-transactions') as outcome \gset
\echo platform_0008 months-public-payment-transactions: :outcome
\endif
commit;

-- platform_0008, 17 of 17: mask-public-payment-transactions
-- as ttdb_owner, on masked.payment_transactions, public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0008', 'mask-public-payment-transactions') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.payment_transactions', '{"card_last4": "redacted", "billing_name": "name", "billing_email": "email", "failure_reason": "redacted", "id": "plain", "tenant_id": "plain", "order_id": "plain", "user_id": "plain", "venue_id": "plain", "type": "plain", "status": "plain", "amount": "plain", "fee_amount": "plain", "currency": "plain", "provider": "plain", "processed_at": "plain", "created_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0008', 'mask-public-payment-transactions') as outcome \gset
\echo platform_0008 mask-public-payment-transactions: :outcome
\endif
commit;

select pg_temp.reached('platform_0008', array['engine_0001', 'engine_0002', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007']::text[], array['platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0009: Add what people were told, by month.

-- platform_0009, 1 of 12: table-notification-history
-- as ttdb_owner, on public.notification_history; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0009', 'table-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.notification_history (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	user_id UUID NOT NULL, 
	order_id UUID, 
	channel TEXT NOT NULL, 
	type TEXT DEFAULT 'TRANSACTIONAL' NOT NULL, 
	template_name TEXT NOT NULL, 
	subject TEXT, 
	recipient_email TEXT, 
	recipient_phone TEXT, 
	recipient_name TEXT, 
	status TEXT DEFAULT 'QUEUED' NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	retry_after TIMESTAMP WITH TIME ZONE, 
	failed_reason TEXT, 
	provider_message_id TEXT, 
	metadata JSONB DEFAULT '{}' NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	delivered_at TIMESTAMP WITH TIME ZONE, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT notification_history_pkey PRIMARY KEY (id, sent_at), 
	CONSTRAINT notification_history_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT notification_history_tenant_id_user_id_fkey FOREIGN KEY(tenant_id, user_id) REFERENCES public.users (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT notification_history_tenant_id_order_id_fkey FOREIGN KEY(tenant_id, order_id) REFERENCES public.orders (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT notification_history_sent_at_must_be_finite CHECK (isfinite("sent_at")), 
	CONSTRAINT notification_history_channel_must_be_known CHECK (channel in ('EMAIL', 'SMS', 'PUSH', 'WEBHOOK')), 
	CONSTRAINT notification_history_type_must_be_known CHECK (type in ('TRANSACTIONAL', 'MARKETING', 'SYSTEM')), 
	CONSTRAINT notification_history_status_must_be_known CHECK (status in ('QUEUED', 'SENT', 'DELIVERED', 'FAILED', 'BOUNCED')), 
	CONSTRAINT notification_history_email_must_be_a_lower_case_address CHECK (recipient_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and recipient_email = lower(recipient_email)), 
	CONSTRAINT notification_history_phone_must_be_international CHECK (recipient_phone ~ '^\+[1-9][0-9]{6,14}$'), 
	CONSTRAINT notification_history_channel_must_have_its_address CHECK ((channel <> 'EMAIL' or recipient_email is not null) and (channel <> 'SMS' or recipient_phone is not null)), 
	CONSTRAINT notification_history_template_must_be_1_to_100_characters CHECK (template_name ~ '\S' and length(template_name) <= 100), 
	CONSTRAINT notification_history_subject_must_be_1_to_500_characters CHECK (subject ~ '\S' and length(subject) <= 500), 
	CONSTRAINT notification_history_email_must_not_be_too_long CHECK (length(recipient_email) <= 254), 
	CONSTRAINT notification_history_name_must_be_1_to_200_characters CHECK (recipient_name ~ '\S' and length(recipient_name) <= 200), 
	CONSTRAINT notification_history_metadata_must_be_an_object CHECK (jsonb_typeof(metadata) = 'object'), 
	CONSTRAINT notification_history_only_delivered_must_have_its_time CHECK (delivered_at is null or status in ('DELIVERED')), 
	CONSTRAINT notification_history_must_not_arrive_before_sent CHECK (delivered_at >= sent_at - make_interval(mins => 1)), 
	CONSTRAINT notification_history_attempts_must_be_reasonable CHECK (attempts between 0 and 100), 
	CONSTRAINT notification_history_delivered_must_say_when CHECK (status <> 'DELIVERED' or delivered_at is not null), 
	CONSTRAINT notification_history_failed_must_say_why CHECK (status not in ('FAILED', 'BOUNCED') or failed_reason is not null)
)
 PARTITION BY RANGE (sent_at);
COMMENT ON TABLE public.notification_history IS 'what people were told, and whether it arrived';
COMMENT ON COLUMN public.notification_history.id IS 'made by the server';
COMMENT ON COLUMN public.notification_history.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.notification_history.user_id IS 'whom it is for';
COMMENT ON COLUMN public.notification_history.order_id IS 'the order it speaks of';
COMMENT ON COLUMN public.notification_history.channel IS 'EMAIL, SMS, PUSH or WEBHOOK';
COMMENT ON COLUMN public.notification_history.type IS 'TRANSACTIONAL, MARKETING or SYSTEM';
COMMENT ON COLUMN public.notification_history.template_name IS 'what was filled in to make it';
COMMENT ON COLUMN public.notification_history.subject IS 'its title, as sent; may name people';
COMMENT ON COLUMN public.notification_history.recipient_email IS 'where it went, lower case; personal';
COMMENT ON COLUMN public.notification_history.recipient_phone IS 'where it went, in E.164 form; personal';
COMMENT ON COLUMN public.notification_history.recipient_name IS 'personal';
COMMENT ON COLUMN public.notification_history.status IS 'QUEUED, SENT to the provider, DELIVERED; FAILED may be tried again, BOUNCED may not';
COMMENT ON COLUMN public.notification_history.attempts IS 'how often it was tried';
COMMENT ON COLUMN public.notification_history.retry_after IS 'when a failed one is tried again';
COMMENT ON COLUMN public.notification_history.failed_reason IS 'why it did not arrive';
COMMENT ON COLUMN public.notification_history.provider_message_id IS 'the provider''s name for it';
COMMENT ON COLUMN public.notification_history.metadata IS 'the services'' own notes';
COMMENT ON COLUMN public.notification_history.sent_at IS 'when it was accepted for sending';
COMMENT ON COLUMN public.notification_history.delivered_at IS 'when it arrived';
COMMENT ON COLUMN public.notification_history.updated_at IS 'when the row last changed';
COMMENT ON CONSTRAINT notification_history_attempts_must_be_reasonable ON public.notification_history IS 'the attempts are below 0 or over 100';
COMMENT ON CONSTRAINT notification_history_channel_must_be_known ON public.notification_history IS 'the channel is unknown';
COMMENT ON CONSTRAINT notification_history_channel_must_have_its_address ON public.notification_history IS 'an e-mail needs an address, an SMS a phone number';
COMMENT ON CONSTRAINT notification_history_delivered_must_say_when ON public.notification_history IS 'a delivered notification needs the time of delivery';
COMMENT ON CONSTRAINT notification_history_email_must_be_a_lower_case_address ON public.notification_history IS 'the e-mail address is malformed or has capital letters';
COMMENT ON CONSTRAINT notification_history_email_must_not_be_too_long ON public.notification_history IS 'the e-mail address is longer than 254 characters';
COMMENT ON CONSTRAINT notification_history_failed_must_say_why ON public.notification_history IS 'a failed notification needs the reason';
COMMENT ON CONSTRAINT notification_history_metadata_must_be_an_object ON public.notification_history IS 'the notes are not an object';
COMMENT ON CONSTRAINT notification_history_must_not_arrive_before_sent ON public.notification_history IS 'the notification arrived before it was sent';
COMMENT ON CONSTRAINT notification_history_name_must_be_1_to_200_characters ON public.notification_history IS 'the recipient''s name is blank or longer than 200 characters';
COMMENT ON CONSTRAINT notification_history_only_delivered_must_have_its_time ON public.notification_history IS 'a notification that did not arrive has a time of delivery';
COMMENT ON CONSTRAINT notification_history_phone_must_be_international ON public.notification_history IS 'the phone number is not in international form';
COMMENT ON CONSTRAINT notification_history_pkey ON public.notification_history IS 'there is a row with this id already';
COMMENT ON CONSTRAINT notification_history_sent_at_must_be_finite ON public.notification_history IS 'the notification''s time is infinite';
COMMENT ON CONSTRAINT notification_history_status_must_be_known ON public.notification_history IS 'the status is unknown';
COMMENT ON CONSTRAINT notification_history_subject_must_be_1_to_500_characters ON public.notification_history IS 'the subject is blank or longer than 500 characters';
COMMENT ON CONSTRAINT notification_history_template_must_be_1_to_100_characters ON public.notification_history IS 'the template''s name is empty or longer than 100 characters';
COMMENT ON CONSTRAINT notification_history_tenant_id_fkey ON public.notification_history IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT notification_history_tenant_id_order_id_fkey ON public.notification_history IS 'there is no such order, or it is still in use';
COMMENT ON CONSTRAINT notification_history_tenant_id_user_id_fkey ON public.notification_history IS 'there is no such user, or the account is still in use';
COMMENT ON CONSTRAINT notification_history_type_must_be_known ON public.notification_history IS 'the type is unknown';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'table-notification-history') as outcome \gset
\echo platform_0009 table-notification-history: :outcome
\endif
commit;

-- platform_0009, 2 of 12: index-notification-history-user-id-idx
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'index-notification-history-user-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index notification_history_user_id_idx
on public.notification_history (tenant_id, user_id, sent_at desc);
comment on index public.notification_history_user_id_idx is 'notifications-of-user: what somebody was told, latest first; the foreign key to users';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'index-notification-history-user-id-idx') as outcome \gset
\echo platform_0009 index-notification-history-user-id-idx: :outcome
\endif
commit;

-- platform_0009, 3 of 12: index-notification-history-order-id-idx
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'index-notification-history-order-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index notification_history_order_id_idx
on public.notification_history (tenant_id, order_id);
comment on index public.notification_history_order_id_idx is 'notifications-of-order: what was said of an order; the foreign key to orders';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'index-notification-history-order-id-idx') as outcome \gset
\echo platform_0009 index-notification-history-order-id-idx: :outcome
\endif
commit;

-- platform_0009, 4 of 12: index-notification-history-status-idx
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'index-notification-history-status-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index notification_history_status_idx
on public.notification_history (tenant_id, status, sent_at);
comment on index public.notification_history_status_idx is 'notifications-in-status: what did not arrive, latest first';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'index-notification-history-status-idx') as outcome \gset
\echo platform_0009 index-notification-history-status-idx: :outcome
\endif
commit;

-- platform_0009, 5 of 12: index-notification-history-sent-at-idx
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'index-notification-history-sent-at-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index notification_history_sent_at_idx
on public.notification_history (tenant_id, sent_at);
comment on index public.notification_history_sent_at_idx is 'notifications-newest, deliveries-by-channel: what was sent in a time';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'index-notification-history-sent-at-idx') as outcome \gset
\echo platform_0009 index-notification-history-sent-at-idx: :outcome
\endif
commit;

-- platform_0009, 6 of 12: index-notification-history-retry-idx
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'index-notification-history-retry-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index notification_history_retry_idx
on public.notification_history (retry_after)
where status = 'FAILED' and retry_after is not null;
comment on index public.notification_history_retry_idx is 'notifications-to-retry: what is to be sent again, over all tenants, for the worker';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'index-notification-history-retry-idx') as outcome \gset
\echo platform_0009 index-notification-history-retry-idx: :outcome
\endif
commit;

-- platform_0009, 7 of 12: statistics-public-notification-history
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'statistics-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.notification_history_tenant_id_user_id_stat (dependencies) on tenant_id, user_id from public.notification_history;
comment on statistics public.notification_history_tenant_id_user_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'statistics-public-notification-history') as outcome \gset
\echo platform_0009 statistics-public-notification-history: :outcome
\endif
commit;

-- platform_0009, 8 of 12: touch-public-notification-history
-- as ttdb_owner, on public.notification_history; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0009', 'touch-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create trigger _100_touch_updated_at before update on public.notification_history
for each row when (old.* is distinct from new.*)
execute function ttdb.tg__touch_updated_at();
comment on trigger _100_touch_updated_at on public.notification_history is 'sets updated_at to the time of the change';
\endif
\if :to_record
select pg_temp.record('platform_0009', 'touch-public-notification-history') as outcome \gset
\echo platform_0009 touch-public-notification-history: :outcome
\endif
commit;

-- platform_0009, 9 of 12: protect-public-notification-history
-- as ttdb_owner, on public.notification_history; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0009', 'protect-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.notification_history', 'tenant_id', '{select,insert,update}', '{select,update}', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0009', 'protect-public-notification-history') as outcome \gset
\echo platform_0009 protect-public-notification-history: :outcome
\endif
commit;

-- platform_0009, 10 of 12: audit-public-notification-history
-- as ttdb_owner, on public.notification_history; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0009', 'audit-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.notification_history', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0009', 'audit-public-notification-history') as outcome \gset
\echo platform_0009 audit-public-notification-history: :outcome
\endif
commit;

-- platform_0009, 11 of 12: months-public-notification-history
-- as ttdb_owner, on public.notification_history, public.notification_history_default; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'months-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.partition_by_month('public.notification_history', '2 years');
\endif
\if :to_record
select pg_temp.record('platform_0009', 'months-public-notification-history') as outcome \gset
\echo platform_0009 months-public-notification-history: :outcome
\endif
commit;

-- platform_0009, 12 of 12: mask-public-notification-history
-- as ttdb_owner, on masked.notification_history, public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0009', 'mask-public-notification-history') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.notification_history', '{"recipient_email": "email", "recipient_phone": "phone", "recipient_name": "name", "subject": "redacted", "failed_reason": "redacted", "id": "plain", "tenant_id": "plain", "user_id": "plain", "order_id": "plain", "channel": "plain", "type": "plain", "template_name": "plain", "status": "plain", "attempts": "plain", "retry_after": "plain", "provider_message_id": "plain", "sent_at": "plain", "delivered_at": "plain", "updated_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0009', 'mask-public-notification-history') as outcome \gset
\echo platform_0009 mask-public-notification-history: :outcome
\endif
commit;

select pg_temp.reached('platform_0009', array['engine_0001', 'engine_0002', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008']::text[], array['platform_0010', 'platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0010: Add the services' own logs, by month.

-- platform_0010, 1 of 17: table-audit-logs
-- as ttdb_owner, on public.audit_logs; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0010', 'table-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.audit_logs (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	user_id UUID, 
	action TEXT NOT NULL, 
	resource_type TEXT, 
	resource_id UUID, 
	status TEXT DEFAULT 'SUCCESS' NOT NULL, 
	error_message TEXT, 
	ip_address INET, 
	user_agent TEXT, 
	metadata JSONB DEFAULT '{}' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT audit_logs_pkey PRIMARY KEY (id, created_at), 
	CONSTRAINT audit_logs_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT audit_logs_tenant_id_user_id_fkey FOREIGN KEY(tenant_id, user_id) REFERENCES public.users (tenant_id, id) ON DELETE RESTRICT, 
	CONSTRAINT audit_logs_created_at_must_be_finite CHECK (isfinite("created_at")), 
	CONSTRAINT audit_logs_action_must_be_1_to_100_characters CHECK (action ~ '\S' and length(action) <= 100), 
	CONSTRAINT audit_logs_resource_type_must_be_1_to_100_characters CHECK (resource_type ~ '\S' and length(resource_type) <= 100), 
	CONSTRAINT audit_logs_user_agent_must_not_be_too_long CHECK (length(user_agent) <= 1000), 
	CONSTRAINT audit_logs_metadata_must_be_an_object CHECK (jsonb_typeof(metadata) = 'object'), 
	CONSTRAINT audit_logs_failure_must_say_why CHECK ((status = 'FAILURE') = (error_message is not null)), 
	CONSTRAINT audit_logs_status_must_be_known CHECK (status in ('SUCCESS', 'FAILURE')), 
	CONSTRAINT audit_logs_resource_must_say_its_type CHECK (resource_id is null or resource_type is not null)
)
 PARTITION BY RANGE (created_at);
COMMENT ON TABLE public.audit_logs IS 'what the services say was done; append-only for them, and not the audit trail';
COMMENT ON COLUMN public.audit_logs.id IS 'made by the server';
COMMENT ON COLUMN public.audit_logs.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.audit_logs.user_id IS 'who did it; empty for the system';
COMMENT ON COLUMN public.audit_logs.action IS 'what was done, as the service names it: order.cancel';
COMMENT ON COLUMN public.audit_logs.resource_type IS 'the kind of thing it was done to';
COMMENT ON COLUMN public.audit_logs.resource_id IS 'which one';
COMMENT ON COLUMN public.audit_logs.status IS 'SUCCESS or FAILURE';
COMMENT ON COLUMN public.audit_logs.error_message IS 'why it failed';
COMMENT ON COLUMN public.audit_logs.ip_address IS 'where the request came from; personal';
COMMENT ON COLUMN public.audit_logs.user_agent IS 'what the browser called itself; personal';
COMMENT ON COLUMN public.audit_logs.metadata IS 'the services'' own notes';
COMMENT ON COLUMN public.audit_logs.created_at IS 'when the row was made';
COMMENT ON CONSTRAINT audit_logs_action_must_be_1_to_100_characters ON public.audit_logs IS 'the action is empty or longer than 100 characters';
COMMENT ON CONSTRAINT audit_logs_created_at_must_be_finite ON public.audit_logs IS 'the entry''s time is infinite';
COMMENT ON CONSTRAINT audit_logs_failure_must_say_why ON public.audit_logs IS 'a failure needs its reason, and a success has none';
COMMENT ON CONSTRAINT audit_logs_metadata_must_be_an_object ON public.audit_logs IS 'the notes are not an object';
COMMENT ON CONSTRAINT audit_logs_pkey ON public.audit_logs IS 'there is a row with this id already';
COMMENT ON CONSTRAINT audit_logs_resource_must_say_its_type ON public.audit_logs IS 'a resource needs its type';
COMMENT ON CONSTRAINT audit_logs_resource_type_must_be_1_to_100_characters ON public.audit_logs IS 'the resource''s type is blank or longer than 100 characters';
COMMENT ON CONSTRAINT audit_logs_status_must_be_known ON public.audit_logs IS 'the status is unknown';
COMMENT ON CONSTRAINT audit_logs_tenant_id_fkey ON public.audit_logs IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT audit_logs_tenant_id_user_id_fkey ON public.audit_logs IS 'there is no such user, or the account is still in use';
COMMENT ON CONSTRAINT audit_logs_user_agent_must_not_be_too_long ON public.audit_logs IS 'the browser''s name is longer than 1000 characters';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'table-audit-logs') as outcome \gset
\echo platform_0010 table-audit-logs: :outcome
\endif
commit;

-- platform_0010, 2 of 17: index-audit-logs-created-at-idx
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-audit-logs-created-at-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index audit_logs_created_at_idx
on public.audit_logs (tenant_id, created_at);
comment on index public.audit_logs_created_at_idx is 'audit-logs-newest: what was done of late';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-audit-logs-created-at-idx') as outcome \gset
\echo platform_0010 index-audit-logs-created-at-idx: :outcome
\endif
commit;

-- platform_0010, 3 of 17: index-audit-logs-action-idx
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-audit-logs-action-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index audit_logs_action_idx
on public.audit_logs (tenant_id, action, created_at);
comment on index public.audit_logs_action_idx is 'audit-logs-of-action: how one thing was done, latest first';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-audit-logs-action-idx') as outcome \gset
\echo platform_0010 index-audit-logs-action-idx: :outcome
\endif
commit;

-- platform_0010, 4 of 17: index-audit-logs-user-id-idx
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-audit-logs-user-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index audit_logs_user_id_idx
on public.audit_logs (tenant_id, user_id, created_at desc);
comment on index public.audit_logs_user_id_idx is 'audit-logs-of-user: what somebody did, latest first; the foreign key to users';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-audit-logs-user-id-idx') as outcome \gset
\echo platform_0010 index-audit-logs-user-id-idx: :outcome
\endif
commit;

-- platform_0010, 5 of 17: index-audit-logs-resource-idx
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-audit-logs-resource-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index audit_logs_resource_idx
on public.audit_logs (tenant_id, resource_type, resource_id, created_at)
where resource_id is not null;
comment on index public.audit_logs_resource_idx is 'audit-logs-of-resource: what was done to one thing, latest first';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-audit-logs-resource-idx') as outcome \gset
\echo platform_0010 index-audit-logs-resource-idx: :outcome
\endif
commit;

-- platform_0010, 6 of 17: statistics-public-audit-logs
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'statistics-public-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create statistics public.audit_logs_tenant_id_user_id_stat (dependencies) on tenant_id, user_id from public.audit_logs;
comment on statistics public.audit_logs_tenant_id_user_id_stat is 'each of these columns determines the row''s tenant';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'statistics-public-audit-logs') as outcome \gset
\echo platform_0010 statistics-public-audit-logs: :outcome
\endif
commit;

-- platform_0010, 7 of 17: protect-public-audit-logs
-- as ttdb_owner, on public.audit_logs; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0010', 'protect-public-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.audit_logs', 'tenant_id', '{select,insert}', '{}', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'protect-public-audit-logs') as outcome \gset
\echo platform_0010 protect-public-audit-logs: :outcome
\endif
commit;

-- platform_0010, 8 of 17: audit-public-audit-logs
-- as ttdb_owner, on public.audit_logs; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0010', 'audit-public-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select audit.enable('public.audit_logs', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'audit-public-audit-logs') as outcome \gset
\echo platform_0010 audit-public-audit-logs: :outcome
\endif
commit;

-- platform_0010, 9 of 17: months-public-audit-logs
-- as ttdb_owner, on public.audit_logs, public.audit_logs_default; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'months-public-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.partition_by_month('public.audit_logs', '7 years');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'months-public-audit-logs') as outcome \gset
\echo platform_0010 months-public-audit-logs: :outcome
\endif
commit;

-- platform_0010, 10 of 17: mask-public-audit-logs
-- as ttdb_owner, on masked.audit_logs, public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'mask-public-audit-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.audit_logs', '{"error_message": "redacted", "ip_address": "ip", "user_agent": "redacted", "id": "plain", "tenant_id": "plain", "user_id": "plain", "action": "plain", "resource_type": "plain", "resource_id": "plain", "status": "plain", "created_at": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'mask-public-audit-logs') as outcome \gset
\echo platform_0010 mask-public-audit-logs: :outcome
\endif
commit;

-- platform_0010, 11 of 17: table-event-logs
-- as ttdb_owner, on public.event_logs; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0010', 'table-event-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.event_logs (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	tenant_id UUID DEFAULT ttdb.tenant_id() NOT NULL, 
	timestamp TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	service TEXT NOT NULL, 
	event_type TEXT NOT NULL, 
	aggregate_type TEXT, 
	aggregate_id UUID, 
	correlation_id UUID, 
	payload JSONB DEFAULT '{}' NOT NULL, 
	CONSTRAINT event_logs_pkey PRIMARY KEY (id, timestamp), 
	CONSTRAINT event_logs_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES public.tenants (id) ON DELETE RESTRICT, 
	CONSTRAINT event_logs_timestamp_must_be_finite CHECK (isfinite("timestamp")), 
	CONSTRAINT event_logs_service_must_be_1_to_100_characters CHECK (service ~ '\S' and length(service) <= 100), 
	CONSTRAINT event_logs_event_type_must_be_1_to_100_characters CHECK (event_type ~ '\S' and length(event_type) <= 100), 
	CONSTRAINT event_logs_aggregate_type_must_be_1_to_100_characters CHECK (aggregate_type ~ '\S' and length(aggregate_type) <= 100), 
	CONSTRAINT event_logs_payload_must_be_an_object CHECK (jsonb_typeof(payload) = 'object'), 
	CONSTRAINT event_logs_aggregate_must_say_its_type CHECK (aggregate_id is null or aggregate_type is not null)
)
 PARTITION BY RANGE (timestamp);
COMMENT ON TABLE public.event_logs IS 'what happened in the services; append-only for them';
COMMENT ON COLUMN public.event_logs.id IS 'made by the server';
COMMENT ON COLUMN public.event_logs.tenant_id IS 'whose row it is; left out, the session''s tenant';
COMMENT ON COLUMN public.event_logs.timestamp IS 'when it happened';
COMMENT ON COLUMN public.event_logs.service IS 'which service says so';
COMMENT ON COLUMN public.event_logs.event_type IS 'what happened: order.confirmed';
COMMENT ON COLUMN public.event_logs.aggregate_type IS 'the kind of thing it happened to';
COMMENT ON COLUMN public.event_logs.aggregate_id IS 'which one';
COMMENT ON COLUMN public.event_logs.correlation_id IS 'what ties it to other events of one request';
COMMENT ON COLUMN public.event_logs.payload IS 'the event itself: identifiers and figures, nothing personal';
COMMENT ON CONSTRAINT event_logs_aggregate_must_say_its_type ON public.event_logs IS 'an aggregate needs its type';
COMMENT ON CONSTRAINT event_logs_aggregate_type_must_be_1_to_100_characters ON public.event_logs IS 'the aggregate''s type is blank or longer than 100 characters';
COMMENT ON CONSTRAINT event_logs_event_type_must_be_1_to_100_characters ON public.event_logs IS 'the event type is empty or longer than 100 characters';
COMMENT ON CONSTRAINT event_logs_payload_must_be_an_object ON public.event_logs IS 'the payload is not an object';
COMMENT ON CONSTRAINT event_logs_pkey ON public.event_logs IS 'there is a row with this id already';
COMMENT ON CONSTRAINT event_logs_service_must_be_1_to_100_characters ON public.event_logs IS 'the service is empty or longer than 100 characters';
COMMENT ON CONSTRAINT event_logs_tenant_id_fkey ON public.event_logs IS 'there is no such tenant, or it is still in use';
COMMENT ON CONSTRAINT event_logs_timestamp_must_be_finite ON public.event_logs IS 'the entry''s time is infinite';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'table-event-logs') as outcome \gset
\echo platform_0010 table-event-logs: :outcome
\endif
commit;

-- platform_0010, 12 of 17: index-event-logs-event-type-idx
-- as ttdb_owner, on public.event_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-event-logs-event-type-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index event_logs_event_type_idx
on public.event_logs (tenant_id, event_type, "timestamp");
comment on index public.event_logs_event_type_idx is 'event-logs-of-type: how often one thing happened, latest first';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-event-logs-event-type-idx') as outcome \gset
\echo platform_0010 index-event-logs-event-type-idx: :outcome
\endif
commit;

-- platform_0010, 13 of 17: index-event-logs-aggregate-idx
-- as ttdb_owner, on public.event_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-event-logs-aggregate-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index event_logs_aggregate_idx
on public.event_logs (tenant_id, aggregate_type, aggregate_id, "timestamp")
where aggregate_id is not null;
comment on index public.event_logs_aggregate_idx is 'event-logs-of-aggregate: the history of one thing, latest first';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-event-logs-aggregate-idx') as outcome \gset
\echo platform_0010 index-event-logs-aggregate-idx: :outcome
\endif
commit;

-- platform_0010, 14 of 17: index-event-logs-correlation-id-idx
-- as ttdb_owner, on public.event_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'index-event-logs-correlation-id-idx') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create index event_logs_correlation_id_idx
on public.event_logs (tenant_id, correlation_id)
where correlation_id is not null;
comment on index public.event_logs_correlation_id_idx is 'event-logs-of-request: all that one request made happen';
\endif
\if :to_record
select pg_temp.record('platform_0010', 'index-event-logs-correlation-id-idx') as outcome \gset
\echo platform_0010 index-event-logs-correlation-id-idx: :outcome
\endif
commit;

-- platform_0010, 15 of 17: protect-public-event-logs
-- as ttdb_owner, on public.event_logs; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0010', 'protect-public-event-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.event_logs', 'tenant_id', '{select,insert}', '{select}', '{}');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'protect-public-event-logs') as outcome \gset
\echo platform_0010 protect-public-event-logs: :outcome
\endif
commit;

-- platform_0010, 16 of 17: months-public-event-logs
-- as ttdb_owner, on public.event_logs, public.event_logs_default; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'months-public-event-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.partition_by_month('public.event_logs', '13 months');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'months-public-event-logs') as outcome \gset
\echo platform_0010 months-public-event-logs: :outcome
\endif
commit;

-- platform_0010, 17 of 17: mask-public-event-logs
-- as ttdb_owner, on masked.event_logs, public.event_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0010', 'mask-public-event-logs') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select masked.columns('public.event_logs', '{"id": "plain", "tenant_id": "plain", "timestamp": "plain", "service": "plain", "event_type": "plain", "aggregate_type": "plain", "aggregate_id": "plain", "correlation_id": "plain"}');
\endif
\if :to_record
select pg_temp.record('platform_0010', 'mask-public-event-logs') as outcome \gset
\echo platform_0010 mask-public-event-logs: :outcome
\endif
commit;

select pg_temp.reached('platform_0010', array['engine_0001', 'engine_0002', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009']::text[], array['platform_0011', 'platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0011: Count each ticket type's sales, so that no more are sold than there are.

-- platform_0011, 1 of 11: table-ticket-sales
-- as ttdb_owner, on public.ticket_sales; lock: SHARE ROW EXCLUSIVE on the tables that it points at, for a moment
begin;
select * from pg_temp.look('platform_0011', 'table-ticket-sales') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
CREATE TABLE public.ticket_sales (
	tenant_id UUID NOT NULL, 
	ticket_type_id UUID NOT NULL, 
	quantity INTEGER NOT NULL, 
	sold INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT ticket_sales_pkey PRIMARY KEY (tenant_id, ticket_type_id), 
	CONSTRAINT ticket_sales_tenant_id_ticket_type_id_fkey FOREIGN KEY(tenant_id, ticket_type_id) REFERENCES public.ticket_types (tenant_id, id) ON DELETE CASCADE, 
	CONSTRAINT ticket_sales_must_not_be_negative CHECK (sold >= 0)
);
COMMENT ON TABLE public.ticket_sales IS 'how many tickets of each type are taken; kept by triggers, and not audited: its every change follows from one of tickets or ticket types, which are, and nobody can make it anything else';
COMMENT ON COLUMN public.ticket_sales.tenant_id IS 'whose row it is';
COMMENT ON COLUMN public.ticket_sales.ticket_type_id IS 'what is sold';
COMMENT ON COLUMN public.ticket_sales.quantity IS 'how many there are in all; the ticket type''s';
COMMENT ON COLUMN public.ticket_sales.sold IS 'how many tickets take a place: RESERVED, SOLD or USED';
COMMENT ON CONSTRAINT ticket_sales_must_not_be_negative ON public.ticket_sales IS 'fewer than no tickets are sold';
COMMENT ON CONSTRAINT ticket_sales_pkey ON public.ticket_sales IS 'a ticket type has one count';
COMMENT ON CONSTRAINT ticket_sales_tenant_id_ticket_type_id_fkey ON public.ticket_sales IS 'there is no such ticket type, or it is still in use';
\endif
\if :to_record
select pg_temp.record('platform_0011', 'table-ticket-sales') as outcome \gset
\echo platform_0011 table-ticket-sales: :outcome
\endif
commit;

-- platform_0011, 2 of 11: protect-public-ticket-sales
-- as ttdb_owner, on public.ticket_sales; lock: ACCESS EXCLUSIVE, for a moment: no scan
begin;
select * from pg_temp.look('platform_0011', 'protect-public-ticket-sales') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.protect('public.ticket_sales', 'tenant_id', '{select}', '{}', '{select,insert,update}');
\endif
\if :to_record
select pg_temp.record('platform_0011', 'protect-public-ticket-sales') as outcome \gset
\echo platform_0011 protect-public-ticket-sales: :outcome
\endif
commit;

-- platform_0011, 3 of 11: tg-count-ticket
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'tg-count-ticket') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Counts a ticket that takes a place, or gives it back, in public.ticket_sales.

-- Definer because nobody may write the count himself, and at COMMIT any role or tenant may be set.
create or replace function ttdb.tg__count_ticket() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_tenant pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_change pg_catalog.int8;
begin
    for v_tenant, v_type, v_change in
        select c.tenant_id, c.ticket_type_id, pg_catalog.sum(c.change)
        from (
            values
            (old.tenant_id, old.ticket_type_id, -(old.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4),
            (new.tenant_id, new.ticket_type_id, (new.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4)
        ) as c (tenant_id, ticket_type_id, change)
        where c.ticket_type_id is not null
        group by c.tenant_id, c.ticket_type_id
        having pg_catalog.sum(c.change) <> 0
        order by c.ticket_type_id
    loop
        update public.ticket_sales as s
        set sold = s.sold + v_change
        where s.tenant_id = v_tenant and s.ticket_type_id = v_type;
        -- A type that was deleted in the same transaction took its count with it.
        if not found and exists (select from public.ticket_types as t where t.id = v_type) then
            raise exception 'ticket type % has no count of its sales', v_type
                using errcode = 'check_violation',
                constraint = 'tickets_must_be_counted',
                schema = 'public',
                table = 'tickets',
                column = 'ticket_type_id',
                hint = 'Its row in public.ticket_sales was deleted: have an operator insert it again, with a count.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__count_ticket() is
'A ticket that takes a place (RESERVED, SOLD, USED) is counted in public.ticket_sales, at commit, so that the count is '
'locked for the moment of the commit only.';
revoke all on function ttdb.tg__count_ticket() from public;
grant execute on function ttdb.tg__count_ticket() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'tg-count-ticket') as outcome \gset
\echo platform_0011 tg-count-ticket: :outcome
\endif
commit;

-- platform_0011, 4 of 11: tg-open-sales
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'tg-open-sales') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Opens the count of a new ticket type's sales, and carries a change of its quantity there.

-- Definer because nobody may write the count himself.
create or replace function ttdb.tg__open_sales() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
begin
    if tg_op = 'INSERT' then
        insert into public.ticket_sales (tenant_id, ticket_type_id, quantity)
        values (new.tenant_id, new.id, new.quantity);
    else
        update public.ticket_sales as s
        set quantity = new.quantity
        where s.tenant_id = new.tenant_id and s.ticket_type_id = new.id;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__open_sales() is
'Trigger: makes a ticket type''s row in public.ticket_sales, and keeps its quantity; the row goes with the type.';
revoke all on function ttdb.tg__open_sales() from public;
grant execute on function ttdb.tg__open_sales() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'tg-open-sales') as outcome \gset
\echo platform_0011 tg-open-sales: :outcome
\endif
commit;

-- platform_0011, 5 of 11: tg-sales-within-quantity
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'tg-sales-within-quantity') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses more tickets of a type than there are.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no count, and pass.
create or replace function ttdb.tg__sales_within_quantity() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_sales public.ticket_sales;
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if v_sales.sold > v_sales.quantity then
        raise exception '% tickets of type % are sold, there are %',
            v_sales.sold, v_sales.ticket_type_id, v_sales.quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_not_exceed_quantity',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'Take fewer, or raise the ticket type''s quantity.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__sales_within_quantity() is
'The tickets of a type that take a place are at most its quantity. Looked at after all of a transaction''s tickets are '
'counted: who cancels one and takes another when all are sold may do so in either order.';
revoke all on function ttdb.tg__sales_within_quantity() from public;
grant execute on function ttdb.tg__sales_within_quantity() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'tg-sales-within-quantity') as outcome \gset
\echo platform_0011 tg-sales-within-quantity: :outcome
\endif
commit;

-- platform_0011, 6 of 11: tg-sales-equal-tickets
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'tg-sales-equal-tickets') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses a count of sales that is not its tickets'.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no ticket.
create or replace function ttdb.tg__sales_equal_tickets() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_sales public.ticket_sales;
    v_quantity pg_catalog.int4;
    v_taken pg_catalog.int8;
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it. Until it commits, whoever
    -- counts a ticket of this type waits for it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if not found then
        return null;
    end if;
    select
        t.quantity,
        (
            select pg_catalog.count(*)
            from public.tickets as k
            where k.tenant_id = t.tenant_id and k.ticket_type_id = t.id and k.status in ('RESERVED', 'SOLD', 'USED')
        )
    into v_quantity, v_taken
    from public.ticket_types as t
    where t.tenant_id = new.tenant_id and t.id = new.ticket_type_id;
    if v_sales.sold is distinct from v_taken or v_sales.quantity is distinct from v_quantity then
        raise exception 'ticket type % is counted as % of % sold, its tickets are % of %',
            v_sales.ticket_type_id, v_sales.sold, v_sales.quantity, v_taken, v_quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_equal_tickets',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'A count can be repaired, to what its tickets are; ttdb.broken_rules() says what that is.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__sales_equal_tickets() is
'A count that anybody but the counting triggers writes is what its tickets and its type say: an operator repairs it, '
'and can make it nothing else.';
revoke all on function ttdb.tg__sales_equal_tickets() from public;
grant execute on function ttdb.tg__sales_equal_tickets() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'tg-sales-equal-tickets') as outcome \gset
\echo platform_0011 tg-sales-equal-tickets: :outcome
\endif
commit;

-- platform_0011, 7 of 11: tg-settle-sales
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'tg-settle-sales') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Counts the tickets that wait for the commit to be counted, when ticket types are deleted.
create or replace function ttdb.tg__settle_sales() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    -- Else a type made again with the same id, in the same transaction, would get what its predecessor's tickets gave
    -- back: its count begins at nothing. Deferred again after that, as declared: whoever made them immediate before has
    -- them looked at when he commits.
    set constraints public.tickets_must_be_counted immediate;
    set constraints public.tickets_must_be_counted deferred;
    return null;
end;
$function$;

comment on function ttdb.tg__settle_sales() is
'Trigger: a deleted ticket type takes with it what its tickets changed of its count; one made again starts from none.';
revoke all on function ttdb.tg__settle_sales() from public;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'tg-settle-sales') as outcome \gset
\echo platform_0011 tg-settle-sales: :outcome
\endif
commit;

-- platform_0011, 8 of 11: rule-ticket-sales-must-not-exceed-quantity
-- as ttdb_owner, on public.ticket_sales; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0011', 'rule-ticket-sales-must-not-exceed-quantity') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger ticket_sales_must_not_exceed_quantity after insert or update of sold, quantity on public.ticket_sales
deferrable initially deferred for each row execute function ttdb.tg__sales_within_quantity();
comment on trigger ticket_sales_must_not_exceed_quantity on public.ticket_sales is 'no tickets of this type are left';
\endif
\if :to_record
select pg_temp.record('platform_0011', 'rule-ticket-sales-must-not-exceed-quantity') as outcome \gset
\echo platform_0011 rule-ticket-sales-must-not-exceed-quantity: :outcome
\endif
commit;

-- platform_0011, 9 of 11: open-sales
-- as ttdb_operator, on public.ticket_types, public.tickets; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0011', 'open-sales') \gset
\if :to_run
set local role ttdb_operator;
set local row_security = on;
set local role ttdb_owner;
create trigger _500_open_sales after insert or update of quantity on public.ticket_types
for each row execute function ttdb.tg__open_sales();
comment on trigger _500_open_sales on public.ticket_types is 'Keeps the quantity in public.ticket_sales.';
create trigger _500_settle_sales after delete on public.ticket_types
for each statement execute function ttdb.tg__settle_sales();
comment on trigger _500_settle_sales on public.ticket_types is
'Counts what waits for the commit, before a type of the same id is made again.';
create constraint trigger tickets_must_be_counted
after insert or update of status, ticket_type_id, tenant_id or delete on public.tickets
deferrable initially deferred for each row execute function ttdb.tg__count_ticket();
comment on trigger tickets_must_be_counted on public.tickets is 'the sales of this ticket type are not counted';
set local role ttdb_operator;
insert into public.ticket_sales (tenant_id, ticket_type_id, quantity, sold)
select
    t.tenant_id,
    t.id,
    t.quantity,
    (
        select pg_catalog.count(*)
        from public.tickets as k
        where k.tenant_id = t.tenant_id and k.ticket_type_id = t.id and k.status in ('RESERVED', 'SOLD', 'USED')
    )
from public.ticket_types as t;
\endif
\if :to_record
select pg_temp.record('platform_0011', 'open-sales') as outcome \gset
\echo platform_0011 open-sales: :outcome
\endif
commit;

-- platform_0011, 10 of 11: rule-ticket-sales-must-equal-tickets
-- as ttdb_owner, on public.ticket_sales; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0011', 'rule-ticket-sales-must-equal-tickets') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger ticket_sales_must_equal_tickets after insert or update on public.ticket_sales
deferrable initially deferred for each row when (current_user <> 'ttdb_definer') execute function ttdb.tg__sales_equal_tickets();
comment on trigger ticket_sales_must_equal_tickets on public.ticket_sales is 'the count is not what the tickets are';
\endif
\if :to_record
select pg_temp.record('platform_0011', 'rule-ticket-sales-must-equal-tickets') as outcome \gset
\echo platform_0011 rule-ticket-sales-must-equal-tickets: :outcome
\endif
commit;

-- platform_0011, 11 of 11: settle-load
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0011', 'settle-load') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = on;
-- Makes the counts that triggers keep equal to what they count, after a load that went past the triggers.

-- Definer because nobody may write the count himself.
create or replace function ttdb.settle_load() returns void
language sql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
    insert into public.ticket_sales as s (tenant_id, ticket_type_id, quantity, sold)
    select
        t.tenant_id,
        t.id,
        t.quantity,
        coalesce(k.sold, 0)
    from public.ticket_types as t
    left join (
        select
            l.tenant_id,
            l.ticket_type_id,
            pg_catalog.count(*) as sold
        from public.tickets as l
        where l.status in ('RESERVED', 'SOLD', 'USED')
        group by l.tenant_id, l.ticket_type_id
    ) as k on k.tenant_id = t.tenant_id and k.ticket_type_id = t.id
    on conflict on constraint ticket_sales_pkey do update
        set
            quantity = excluded.quantity,
            sold = excluded.sold
        where (s.quantity, s.sold) is distinct from (excluded.quantity, excluded.sold);
$function$;

comment on function ttdb.settle_load() is
'Counts the sales of every ticket type anew; for loads that went past the triggers. Then ask ttdb.broken_rules().';
revoke all on function ttdb.settle_load() from public;
grant execute on function ttdb.settle_load() to ttdb_owner, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('platform_0011', 'settle-load') as outcome \gset
\echo platform_0011 settle-load: :outcome
\endif
commit;

select pg_temp.reached('platform_0011', array['engine_0001', 'engine_0002', 'engine_0003', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010']::text[], array['platform_0012', 'platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0012: Add rules that hold over several rows, looked at when a transaction commits.

-- platform_0012, 1 of 24: hold-order
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'hold-order') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes every other change of an order wait, or fail, until this transaction has ended.

-- A rule over an order's rows is checked against a sum. Two transactions that each see their own rows only would both
-- pass and together break it. So a check first locks the order's row, and then reads: under READ COMMITTED the lock
-- waits for the other, and the next statement sees what that one committed.
-- A transaction under REPEATABLE READ keeps its old sight whatever it locks, and a row that was only locked tells it
-- nothing. Therefore the order's row must have changed: then such a transaction ends with 40001 and tries again. Who
-- changed it already (an item added, and the order's subtotal with it) pays nothing more.
create or replace function ttdb.hold_order(order_id uuid) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_version pg_catalog.xid;
begin
    select o.xmin
    into v_version
    from public.orders as o
    where o.id = hold_order.order_id
    for no key update;
    -- In a savepoint a row bears the savepoint's number: then it changes once more than it must, never once too few.
    if v_version <> pg_catalog.pg_current_xact_id()::pg_catalog.xid then
        update public.orders as o
        set updated_at = o.updated_at
        where o.id = hold_order.order_id;
    end if;
end;
$function$;

comment on function ttdb.hold_order(uuid) is
'Locks an order until the transaction ends, and leaves a new version of its row, so that rules over its rows hold '
'under every isolation level.';
revoke all on function ttdb.hold_order(uuid) from public;
grant execute on function ttdb.hold_order(uuid) to ttdb_definer;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'hold-order') as outcome \gset
\echo platform_0012 hold-order: :outcome
\endif
commit;

-- platform_0012, 2 of 24: tg-subtotal-equals-items
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-subtotal-equals-items') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses an order whose subtotal is not the sum of its items'.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no item, and pass.
create or replace function ttdb.tg__subtotal_equals_items() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_id pg_catalog.uuid;
    v_ids pg_catalog.uuid[];
    v_subtotal pg_catalog.numeric;
    v_sum pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    -- In one order for all transactions: two that hold the same orders must not wait for each other.
    for v_id in
        select distinct i.id
        from pg_catalog.unnest(v_ids) as i (id)
        where i.id is not null
        order by i.id
    loop
        -- An order that fired this itself is changed, and so held, already.
        if tg_relid <> 'public.orders'::pg_catalog.regclass then
            perform ttdb.hold_order(v_id);
        end if;
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select o.subtotal, coalesce((select pg_catalog.sum(i.subtotal)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id), 0)
        into v_subtotal, v_sum
        from public.orders as o
        where o.id = v_id;
        if v_subtotal <> v_sum then
            raise exception 'subtotal % of order % is not the sum % of its items', v_subtotal, v_id, v_sum
                using errcode = 'check_violation',
                constraint = 'orders_subtotal_must_equal_its_items',
                schema = 'public',
                table = 'orders',
                column = 'subtotal',
                hint = 'Change the order and its items in one transaction.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__subtotal_equals_items() is
'An order''s subtotal is the sum of its items'' subtotals; 0 without items.';
revoke all on function ttdb.tg__subtotal_equals_items() from public;
grant execute on function ttdb.tg__subtotal_equals_items() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-subtotal-equals-items') as outcome \gset
\echo platform_0012 tg-subtotal-equals-items: :outcome
\endif
commit;

-- platform_0012, 3 of 24: tg-discount-equals-discounts
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-discount-equals-discounts') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses an order whose discount is not what its discounts give.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no discount, and pass.
create or replace function ttdb.tg__discount_equals_discounts() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_id pg_catalog.uuid;
    v_ids pg_catalog.uuid[];
    v_discount pg_catalog.numeric;
    v_given pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(v_ids) as i (id)
        where i.id is not null
        order by i.id
    loop
        -- An order that fired this itself is changed, and so held, already.
        if tg_relid <> 'public.orders'::pg_catalog.regclass then
            perform ttdb.hold_order(v_id);
        end if;
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select o.discount_amount, least(o.subtotal, coalesce((select pg_catalog.sum(
                case d.discount_type
                    when 'PERCENTAGE' then pg_catalog.round(o.subtotal * d.discount_value / 100, 2)
                    else d.discount_value
                end
            )
            from public.order_discounts as d
            where d.tenant_id = o.tenant_id and d.order_id = o.id), 0))
        into v_discount, v_given
        from public.orders as o
        where o.id = v_id;
        if v_discount <> v_given then
            raise exception 'discount % of order % is not the % that its discounts give', v_discount, v_id, v_given
                using errcode = 'check_violation',
                constraint = 'orders_discount_must_equal_its_discounts',
                schema = 'public',
                table = 'orders',
                column = 'discount_amount',
                hint = 'Change the order and its discounts in one transaction.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__discount_equals_discounts() is
'An order''s discount is the sum of its discounts (a percentage of the subtotal rounded to cents, or a fixed amount), '
'and never more than the subtotal.';
revoke all on function ttdb.tg__discount_equals_discounts() from public;
grant execute on function ttdb.tg__discount_equals_discounts() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-discount-equals-discounts') as outcome \gset
\echo platform_0012 tg-discount-equals-discounts: :outcome
\endif
commit;

-- platform_0012, 4 of 24: tg-items-within-limit
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-items-within-limit') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses an order that holds more of a ticket type than one order may.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no item, and pass.
create or replace function ttdb.tg__items_within_limit() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_limit pg_catalog.int4;
    v_held pg_catalog.int8;
begin
    perform ttdb.hold_order(new.order_id);
    -- A statement of its own: it sees what was committed while the lock was waited for. The type stands in FILTER, so
    -- that the index on the order serves and none on the type: an order has few rows, a type many.
    select
        t.max_per_order,
        (
            select pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = t.id)
            from public.order_items as i
            where i.tenant_id = t.tenant_id and i.order_id = new.order_id
        )
    into v_limit, v_held
    from public.ticket_types as t
    where t.id = new.ticket_type_id;
    if v_held > v_limit then
        raise exception 'order % holds % tickets of type %, % are allowed',
            new.order_id, v_held, new.ticket_type_id, v_limit
            using errcode = 'check_violation',
            constraint = 'order_items_must_not_exceed_limit_of_their_type',
            schema = 'public',
            table = 'order_items',
            column = 'quantity',
            hint = pg_catalog.format('Take at most %s in one order.', v_limit);
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__items_within_limit() is
'All items of an order for one ticket type together hold at most its max_per_order; looked at when items change.';
revoke all on function ttdb.tg__items_within_limit() from public;
grant execute on function ttdb.tg__items_within_limit() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-items-within-limit') as outcome \gset
\echo platform_0012 tg-items-within-limit: :outcome
\endif
commit;

-- platform_0012, 5 of 24: tg-items-match-order
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-items-match-order') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses an item whose ticket type is not of its order's event, or has another currency.

-- Definer because it must see both rows whatever the session's role or tenant.
create or replace function ttdb.tg__items_match_order() returns trigger
language plpgsql
stable
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_type public.ticket_types;
    v_order public.orders;
begin
    -- No lock: an order's event and currency, and a ticket type's, are written once.
    select t.* into v_type from public.ticket_types as t where t.id = new.ticket_type_id;
    select o.* into v_order from public.orders as o where o.id = new.order_id;
    if v_type.event_id <> v_order.event_id and tg_argv[0] = 'event' then
        raise exception 'ticket type % is of event %, order % for event %',
            v_type.id, v_type.event_id, v_order.id, v_order.event_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Choose a ticket type of the order''s event.';
    end if;
    if v_type.currency <> v_order.currency and tg_argv[0] = 'currency' then
        raise exception 'ticket type % is sold in %, order % is in %',
            v_type.id, v_type.currency, v_order.id, v_order.currency
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Make an order in the ticket type''s currency.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__items_match_order() is
'An item''s ticket type is of its order''s event, and sold in its order''s currency.';
revoke all on function ttdb.tg__items_match_order() from public;
grant execute on function ttdb.tg__items_match_order() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-items-match-order') as outcome \gset
\echo platform_0012 tg-items-match-order: :outcome
\endif
commit;

-- platform_0012, 6 of 24: tg-currency-of-order
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-currency-of-order') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses a row in another currency than its order's.

-- Definer because it must see the order whatever the session's role or tenant.
create or replace function ttdb.tg__currency_of_order() returns trigger
language plpgsql
stable
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_currency pg_catalog.text;
begin
    -- No lock: an order's currency is written once.
    select o.currency into v_currency from public.orders as o where o.id = new.order_id;
    if v_currency <> new.currency then
        raise exception 'currency % is not % as the order %''s', new.currency, v_currency, new.order_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = coalesce(
                (
                    select c.relname
                    from pg_catalog.pg_class as c
                    where c.oid = pg_catalog.pg_partition_root(tg_relid)
                ),
                tg_table_name
            ),
            column = 'currency',
            hint = pg_catalog.format('Write the amount in %s.', v_currency);
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__currency_of_order() is 'A ticket or a payment is in the currency of its order.';
revoke all on function ttdb.tg__currency_of_order() from public;
grant execute on function ttdb.tg__currency_of_order() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-currency-of-order') as outcome \gset
\echo platform_0012 tg-currency-of-order: :outcome
\endif
commit;

-- platform_0012, 7 of 24: tg-tickets-within-items
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-tickets-within-items') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses more tickets of a type than the order's items bought.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no ticket, and pass.
create or replace function ttdb.tg__tickets_within_items() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_order pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_bought pg_catalog.int8;
    v_held pg_catalog.int8;
begin
    if tg_relid = 'public.tickets'::pg_catalog.regclass then
        -- Only a ticket that takes a place it did not have can break the rule: the rest waits for nobody.
        if new.status not in ('RESERVED', 'SOLD', 'USED') or (
            old.status in ('RESERVED', 'SOLD', 'USED')
            and (old.order_id, old.ticket_type_id) = (new.order_id, new.ticket_type_id)
        ) then
            return null;
        end if;
        v_order := new.order_id;
        v_type := new.ticket_type_id;
    else
        v_order := old.order_id;
        v_type := old.ticket_type_id;
    end if;

    perform ttdb.hold_order(v_order);
    -- A statement of its own: it sees what was committed while the lock was waited for. Type and status stand in FILTER,
    -- so that the index on the order serves and none on them: an order has few rows, a type many.
    select
        (
            select coalesce(pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = v_type), 0)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id
        ),
        (
            select pg_catalog.count(*) filter (
                where t.ticket_type_id = v_type and t.status in ('RESERVED', 'SOLD', 'USED')
            )
            from public.tickets as t
            where t.tenant_id = o.tenant_id and t.order_id = o.id
        )
    into v_bought, v_held
    from public.orders as o
    where o.id = v_order;
    if v_held > v_bought then
        raise exception 'order % has % tickets of type % and bought %', v_order, v_held, v_type, v_bought
            using errcode = 'check_violation',
            constraint = 'tickets_must_not_exceed_items',
            schema = 'public',
            table = 'tickets',
            column = 'order_id',
            hint = 'Add to the order''s items, or cancel the tickets that are too many.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__tickets_within_items() is
'An order''s tickets of one type that take a place (RESERVED, SOLD, USED) are at most what its items bought of it.';
revoke all on function ttdb.tg__tickets_within_items() from public;
grant execute on function ttdb.tg__tickets_within_items() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-tickets-within-items') as outcome \gset
\echo platform_0012 tg-tickets-within-items: :outcome
\endif
commit;

-- platform_0012, 8 of 24: tg-refunds-within-payments
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'tg-refunds-within-payments') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Refuses to pay back more than was paid.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no refund, and pass.
create or replace function ttdb.tg__refunds_within_payments() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_id pg_catalog.uuid;
    v_paid pg_catalog.numeric;
    v_refunded pg_catalog.numeric;
begin
    -- Only what adds a refund, or takes a payment away, can break the rule: the rest waits for nobody.
    if not coalesce(new.type = 'REFUND' and new.status not in ('FAILED', 'CANCELLED'), false)
        and not coalesce(old.type = 'PAYMENT' and old.status = 'SUCCEEDED', false) then
        return null;
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(array[old.order_id, new.order_id]) as i (id)
        where i.id is not null
        order by i.id
    loop
        perform ttdb.hold_order(v_id);
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select
            coalesce(pg_catalog.sum(p.amount) filter (where p.type = 'PAYMENT' and p.status = 'SUCCEEDED'), 0),
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'REFUND' and p.status not in ('FAILED', 'CANCELLED')), 0
            )
        into v_paid, v_refunded
        from public.payment_transactions as p
        inner join public.orders as o on o.tenant_id = p.tenant_id and o.id = p.order_id
        where o.id = v_id;
        if v_refunded > v_paid then
            raise exception 'refunds % of order % exceed its payments %', v_refunded, v_id, v_paid
                using errcode = 'check_violation',
                constraint = 'payment_transactions_refunds_must_not_exceed_payments',
                schema = 'public',
                table = 'payment_transactions',
                column = 'amount',
                hint = 'Pay back at most what was paid and not yet paid back.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__refunds_within_payments() is
'An order''s refunds that did not fail, and were not cancelled, are at most its succeeded payments.';
revoke all on function ttdb.tg__refunds_within_payments() from public;
grant execute on function ttdb.tg__refunds_within_payments() to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'tg-refunds-within-payments') as outcome \gset
\echo platform_0012 tg-refunds-within-payments: :outcome
\endif
commit;

-- platform_0012, 9 of 24: rule-ticket-types-must-keep-their-id-and-tenant
-- as ttdb_owner, on public.ticket_types; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'rule-ticket-types-must-keep-their-id-and-tenant') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.ticket_types', '{id,tenant_id}', 'ticket_types_must_keep_their_id_and_tenant', 'what has an id keeps it, and stays with its organiser');
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-ticket-types-must-keep-their-id-and-tenant') as outcome \gset
\echo platform_0012 rule-ticket-types-must-keep-their-id-and-tenant: :outcome
\endif
commit;

-- platform_0012, 10 of 24: rule-orders-must-keep-their-id-and-tenant
-- as ttdb_owner, on public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'rule-orders-must-keep-their-id-and-tenant') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.orders', '{id,tenant_id}', 'orders_must_keep_their_id_and_tenant', 'what has an id keeps it, and stays with its organiser');
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-orders-must-keep-their-id-and-tenant') as outcome \gset
\echo platform_0012 rule-orders-must-keep-their-id-and-tenant: :outcome
\endif
commit;

-- platform_0012, 11 of 24: rule-order-items-must-keep-their-id-and-tenant
-- as ttdb_owner, on public.order_items; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'rule-order-items-must-keep-their-id-and-tenant') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.order_items', '{id,tenant_id}', 'order_items_must_keep_their_id_and_tenant', 'what has an id keeps it, and stays with its organiser');
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-order-items-must-keep-their-id-and-tenant') as outcome \gset
\echo platform_0012 rule-order-items-must-keep-their-id-and-tenant: :outcome
\endif
commit;

-- platform_0012, 12 of 24: rule-order-discounts-must-keep-their-id-and-tenant
-- as ttdb_owner, on public.order_discounts; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'rule-order-discounts-must-keep-their-id-and-tenant') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.order_discounts', '{id,tenant_id}', 'order_discounts_must_keep_their_id_and_tenant', 'what has an id keeps it, and stays with its organiser');
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-order-discounts-must-keep-their-id-and-tenant') as outcome \gset
\echo platform_0012 rule-order-discounts-must-keep-their-id-and-tenant: :outcome
\endif
commit;

-- platform_0012, 13 of 24: rule-tickets-must-keep-their-id-and-tenant
-- as ttdb_owner, on public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'rule-tickets-must-keep-their-id-and-tenant') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.tickets', '{id,tenant_id}', 'tickets_must_keep_their_id_and_tenant', 'what has an id keeps it, and stays with its organiser');
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-tickets-must-keep-their-id-and-tenant') as outcome \gset
\echo platform_0012 rule-tickets-must-keep-their-id-and-tenant: :outcome
\endif
commit;

-- platform_0012, 14 of 24: rule-orders-subtotal-must-equal-its-items
-- as ttdb_owner, on public.orders, public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-orders-subtotal-must-equal-its-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger orders_subtotal_must_equal_its_items after insert or update of subtotal on public.orders
deferrable initially deferred for each row execute function ttdb.tg__subtotal_equals_items();
comment on trigger orders_subtotal_must_equal_its_items on public.orders is 'the subtotal is not the sum of the items';
create constraint trigger orders_subtotal_must_equal_its_items after insert or update of order_id, subtotal or delete on public.order_items
deferrable initially deferred for each row execute function ttdb.tg__subtotal_equals_items();
comment on trigger orders_subtotal_must_equal_its_items on public.order_items is 'the subtotal is not the sum of the items';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-orders-subtotal-must-equal-its-items') as outcome \gset
\echo platform_0012 rule-orders-subtotal-must-equal-its-items: :outcome
\endif
commit;

-- platform_0012, 15 of 24: rule-orders-discount-must-equal-its-discounts
-- as ttdb_owner, on public.orders, public.order_discounts; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-orders-discount-must-equal-its-discounts') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger orders_discount_must_equal_its_discounts after insert or update of subtotal, discount_amount on public.orders
deferrable initially deferred for each row execute function ttdb.tg__discount_equals_discounts();
comment on trigger orders_discount_must_equal_its_discounts on public.orders is 'the discount is not what the discount codes give';
create constraint trigger orders_discount_must_equal_its_discounts after insert or update of order_id, discount_type, discount_value or delete on public.order_discounts
deferrable initially deferred for each row execute function ttdb.tg__discount_equals_discounts();
comment on trigger orders_discount_must_equal_its_discounts on public.order_discounts is 'the discount is not what the discount codes give';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-orders-discount-must-equal-its-discounts') as outcome \gset
\echo platform_0012 rule-orders-discount-must-equal-its-discounts: :outcome
\endif
commit;

-- platform_0012, 16 of 24: rule-order-items-must-not-exceed-limit-of-their-type
-- as ttdb_owner, on public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-order-items-must-not-exceed-limit-of-their-type') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger order_items_must_not_exceed_limit_of_their_type after insert or update of order_id, ticket_type_id, quantity on public.order_items
deferrable initially deferred for each row execute function ttdb.tg__items_within_limit();
comment on trigger order_items_must_not_exceed_limit_of_their_type on public.order_items is 'one order may not hold so many tickets of this type';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-order-items-must-not-exceed-limit-of-their-type') as outcome \gset
\echo platform_0012 rule-order-items-must-not-exceed-limit-of-their-type: :outcome
\endif
commit;

-- platform_0012, 17 of 24: rule-order-items-must-be-of-the-orders-event
-- as ttdb_owner, on public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-order-items-must-be-of-the-orders-event') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger order_items_must_be_of_the_orders_event after insert or update of order_id, ticket_type_id on public.order_items
not deferrable for each row execute function ttdb.tg__items_match_order('event');
comment on trigger order_items_must_be_of_the_orders_event on public.order_items is 'the ticket type is of another event than the order';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-order-items-must-be-of-the-orders-event') as outcome \gset
\echo platform_0012 rule-order-items-must-be-of-the-orders-event: :outcome
\endif
commit;

-- platform_0012, 18 of 24: rule-order-items-must-have-the-orders-currency
-- as ttdb_owner, on public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-order-items-must-have-the-orders-currency') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger order_items_must_have_the_orders_currency after insert or update of order_id, ticket_type_id on public.order_items
not deferrable for each row execute function ttdb.tg__items_match_order('currency');
comment on trigger order_items_must_have_the_orders_currency on public.order_items is 'the ticket type is sold in another currency than the order''s';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-order-items-must-have-the-orders-currency') as outcome \gset
\echo platform_0012 rule-order-items-must-have-the-orders-currency: :outcome
\endif
commit;

-- platform_0012, 19 of 24: rule-tickets-must-have-the-orders-currency
-- as ttdb_owner, on public.tickets; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-tickets-must-have-the-orders-currency') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger tickets_must_have_the_orders_currency after insert or update of order_id, currency on public.tickets
not deferrable for each row execute function ttdb.tg__currency_of_order();
comment on trigger tickets_must_have_the_orders_currency on public.tickets is 'the ticket is in another currency than its order';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-tickets-must-have-the-orders-currency') as outcome \gset
\echo platform_0012 rule-tickets-must-have-the-orders-currency: :outcome
\endif
commit;

-- platform_0012, 20 of 24: rule-payment-transactions-must-have-the-orders-currency
-- as ttdb_owner, on public.payment_transactions; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-payment-transactions-must-have-the-orders-currency') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger payment_transactions_must_have_the_orders_currency after insert or update of order_id, currency on public.payment_transactions
not deferrable for each row execute function ttdb.tg__currency_of_order();
comment on trigger payment_transactions_must_have_the_orders_currency on public.payment_transactions is 'the payment is in another currency than its order';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-payment-transactions-must-have-the-orders-currency') as outcome \gset
\echo platform_0012 rule-payment-transactions-must-have-the-orders-currency: :outcome
\endif
commit;

-- platform_0012, 21 of 24: rule-tickets-must-not-exceed-items
-- as ttdb_owner, on public.tickets, public.order_items; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-tickets-must-not-exceed-items') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger tickets_must_not_exceed_items after insert or update of status, order_id, ticket_type_id on public.tickets
deferrable initially deferred for each row execute function ttdb.tg__tickets_within_items();
comment on trigger tickets_must_not_exceed_items on public.tickets is 'the order did not buy so many tickets of this type';
create constraint trigger tickets_must_not_exceed_items after update of order_id, ticket_type_id, quantity or delete on public.order_items
deferrable initially deferred for each row execute function ttdb.tg__tickets_within_items();
comment on trigger tickets_must_not_exceed_items on public.order_items is 'the order did not buy so many tickets of this type';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-tickets-must-not-exceed-items') as outcome \gset
\echo platform_0012 rule-tickets-must-not-exceed-items: :outcome
\endif
commit;

-- platform_0012, 22 of 24: rule-payment-transactions-refunds-must-not-exceed-payments
-- as ttdb_owner, on public.payment_transactions; lock: SHARE ROW EXCLUSIVE: writers wait for a moment
begin;
select * from pg_temp.look('platform_0012', 'rule-payment-transactions-refunds-must-not-exceed-payments') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create constraint trigger payment_transactions_refunds_must_not_exceed_payments after insert or update of type, status, amount, order_id or delete on public.payment_transactions
deferrable initially deferred for each row execute function ttdb.tg__refunds_within_payments();
comment on trigger payment_transactions_refunds_must_not_exceed_payments on public.payment_transactions is 'more would be paid back than was paid';
\endif
\if :to_record
select pg_temp.record('platform_0012', 'rule-payment-transactions-refunds-must-not-exceed-payments') as outcome \gset
\echo platform_0012 rule-payment-transactions-refunds-must-not-exceed-payments: :outcome
\endif
commit;

-- platform_0012, 23 of 24: broken-rules
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('platform_0012', 'broken-rules') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = on;
-- The rows that break a rule over several rows: after an upgrade, or a load that went past the triggers.
create or replace function ttdb.broken_rules() returns table (constraint_name text, id uuid, detail text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        'orders_subtotal_must_equal_its_items',
        o.id,
        pg_catalog.format('subtotal %s, items %s', o.subtotal, i.given)
    from public.orders as o
    cross join lateral (
        select coalesce(pg_catalog.sum(l.subtotal), 0) as given
        from public.order_items as l
        where l.tenant_id = o.tenant_id and l.order_id = o.id
    ) as i
    where o.subtotal <> i.given

    union all
    select
        'orders_discount_must_equal_its_discounts',
        o.id,
        pg_catalog.format('discount %s, discounts %s', o.discount_amount, d.given)
    from public.orders as o
    cross join lateral (
        select
            least(
                o.subtotal,
                coalesce(
                    pg_catalog.sum(
                        case l.discount_type
                            when 'PERCENTAGE' then pg_catalog.round(o.subtotal * l.discount_value / 100, 2)
                            else l.discount_value
                        end
                    ),
                    0
                )
            ) as given
        from public.order_discounts as l
        where l.tenant_id = o.tenant_id and l.order_id = o.id
    ) as d
    where o.discount_amount <> d.given

    union all
    select
        'order_items_must_not_exceed_limit_of_their_type',
        i.order_id,
        pg_catalog.format('%s of type %s, %s are allowed', pg_catalog.sum(i.quantity), t.id, t.max_per_order)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    group by i.order_id, t.id, t.max_per_order
    having pg_catalog.sum(i.quantity) > t.max_per_order

    union all
    select
        'order_items_must_be_of_the_orders_event',
        i.id,
        pg_catalog.format('event %s, order''s event %s', t.event_id, o.event_id)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    inner join public.orders as o on o.tenant_id = i.tenant_id and o.id = i.order_id
    where t.event_id <> o.event_id

    union all
    select
        'order_items_must_have_the_orders_currency',
        i.id,
        pg_catalog.format('currency %s, order''s currency %s', t.currency, o.currency)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    inner join public.orders as o on o.tenant_id = i.tenant_id and o.id = i.order_id
    where t.currency <> o.currency

    union all
    select
        'tickets_must_have_the_orders_currency',
        k.id,
        pg_catalog.format('currency %s, order''s currency %s', k.currency, o.currency)
    from public.tickets as k
    inner join public.orders as o on o.tenant_id = k.tenant_id and o.id = k.order_id
    where k.currency <> o.currency

    union all
    select
        'payment_transactions_must_have_the_orders_currency',
        p.id,
        pg_catalog.format('currency %s, order''s currency %s', p.currency, o.currency)
    from public.payment_transactions as p
    inner join public.orders as o on o.tenant_id = p.tenant_id and o.id = p.order_id
    where p.currency <> o.currency

    union all
    select
        'tickets_must_not_exceed_items',
        k.order_id,
        pg_catalog.format('%s tickets of type %s, %s bought', k.held, k.ticket_type_id, coalesce(i.bought, 0))
    from (
        select
            t.order_id,
            t.ticket_type_id,
            pg_catalog.count(*) as held
        from public.tickets as t
        where t.status in ('RESERVED', 'SOLD', 'USED')
        group by t.order_id, t.ticket_type_id
    ) as k
    left join (
        select
            l.order_id,
            l.ticket_type_id,
            pg_catalog.sum(l.quantity) as bought
        from public.order_items as l
        group by l.order_id, l.ticket_type_id
    ) as i on i.order_id = k.order_id and i.ticket_type_id = k.ticket_type_id
    where k.held > coalesce(i.bought, 0)

    union all
    select
        'payment_transactions_refunds_must_not_exceed_payments',
        s.order_id,
        pg_catalog.format('refunds %s, payments %s', s.refunded, s.paid)
    from (
        select
            p.order_id,
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'PAYMENT' and p.status = 'SUCCEEDED'), 0
            ) as paid,
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'REFUND' and p.status not in ('FAILED', 'CANCELLED')), 0
            ) as refunded
        from public.payment_transactions as p
        group by p.order_id
    ) as s
    where s.refunded > s.paid

    union all
    select
        'ticket_sales_must_not_exceed_quantity',
        t.id,
        pg_catalog.format('%s sold, counted %s, of %s', k.held, coalesce(s.sold::pg_catalog.text, 'never'), t.quantity)
    from public.ticket_types as t
    left join public.ticket_sales as s on s.ticket_type_id = t.id
    cross join lateral (
        select pg_catalog.count(*) as held
        from public.tickets as l
        where l.tenant_id = t.tenant_id
            and l.ticket_type_id = t.id
            and l.status in ('RESERVED', 'SOLD', 'USED')
    ) as k
    where k.held > t.quantity or s.sold is distinct from k.held or s.quantity is distinct from t.quantity;
$function$;

comment on function ttdb.broken_rules() is
'The rows that break a rule which triggers keep, and counts of sales that are not their tickets'': none, unless rows '
'were loaded past the triggers. Ask as ttdb_operator, who sees all tenants.';
revoke all on function ttdb.broken_rules() from public;
grant execute on function ttdb.broken_rules() to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('platform_0012', 'broken-rules') as outcome \gset
\echo platform_0012 broken-rules: :outcome
\endif
commit;

-- platform_0012, 24 of 24: refuse-broken-rows
-- as ttdb_operator; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0012', 'refuse-broken-rows') \gset
\if :to_run
set local role ttdb_operator;
set local row_security = on;
do $refuse$
declare
    v_name text;
    v_rows bigint;
    v_first text;
begin
    select b.constraint_name, pg_catalog.count(*), pg_catalog.min(pg_catalog.format('%s: %s', b.id, b.detail))
    into v_name, v_rows, v_first
    from ttdb.broken_rules() as b
    group by b.constraint_name
    order by b.constraint_name
    limit 1;
    if not found then
        return;
    end if;
    raise exception '% rows break the rule %', v_rows, v_name
        using detail = v_first,
        hint = 'As ttdb_operator, "select * from ttdb.broken_rules()" lists them: mend them and run the command again.';
end;
$refuse$;
\endif
\if :to_record
select pg_temp.record('platform_0012', 'refuse-broken-rows') as outcome \gset
\echo platform_0012 refuse-broken-rows: :outcome
\endif
commit;

select pg_temp.reached('platform_0012', array['engine_0001', 'engine_0002', 'engine_0003', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011']::text[], array['platform_0013', 'platform_0014']::text[]) as reached \gset

-- platform_0013: Say what may follow what, and what is written once: statuses, and what is on record.

-- platform_0013, 1 of 18: rule-payment-transactions-must-keep-their-id-and-time
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-payment-transactions-must-keep-their-id-and-time') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.payment_transactions', '{id,created_at}', 'payment_transactions_must_keep_their_id_and_time', 'what is on record keeps its id and its time');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-payment-transactions-must-keep-their-id-and-time') as outcome \gset
\echo platform_0013 rule-payment-transactions-must-keep-their-id-and-time: :outcome
\endif
commit;

-- platform_0013, 2 of 18: rule-audit-logs-must-keep-their-id-and-time
-- as ttdb_owner, on public.audit_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-audit-logs-must-keep-their-id-and-time') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.audit_logs', '{id,created_at}', 'audit_logs_must_keep_their_id_and_time', 'what is on record keeps its id and its time');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-audit-logs-must-keep-their-id-and-time') as outcome \gset
\echo platform_0013 rule-audit-logs-must-keep-their-id-and-time: :outcome
\endif
commit;

-- platform_0013, 3 of 18: rule-notification-history-must-keep-their-id-and-time
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-notification-history-must-keep-their-id-and-time') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.notification_history', '{id,sent_at}', 'notification_history_must_keep_their_id_and_time', 'what is on record keeps its id and its time');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-notification-history-must-keep-their-id-and-time') as outcome \gset
\echo platform_0013 rule-notification-history-must-keep-their-id-and-time: :outcome
\endif
commit;

-- platform_0013, 4 of 18: rule-event-logs-must-keep-their-id-and-time
-- as ttdb_owner, on public.event_logs; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-event-logs-must-keep-their-id-and-time') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.event_logs', '{id,timestamp}', 'event_logs_must_keep_their_id_and_time', 'what is on record keeps its id and its time');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-event-logs-must-keep-their-id-and-time') as outcome \gset
\echo platform_0013 rule-event-logs-must-keep-their-id-and-time: :outcome
\endif
commit;

-- platform_0013, 5 of 18: rule-tenants-status-must-follow-its-course
-- as ttdb_owner, on public.tenants; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-tenants-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.tenants', 'status', 'tenants_status_must_follow_its_course', 'a closed organiser stays closed', '{"ACTIVE": ["SUSPENDED", "CLOSED"], "SUSPENDED": ["ACTIVE", "CLOSED"], "CLOSED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-tenants-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-tenants-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 6 of 18: rule-users-status-must-follow-its-course
-- as ttdb_owner, on public.users; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-users-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.users', 'status', 'users_status_must_follow_its_course', 'an account cannot go from its status to that one; a closed one stays closed', '{"PENDING": ["ACTIVE", "SUSPENDED", "DELETED"], "ACTIVE": ["SUSPENDED", "DELETED"], "SUSPENDED": ["ACTIVE", "DELETED"], "DELETED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-users-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-users-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 7 of 18: rule-events-status-must-follow-its-course
-- as ttdb_owner, on public.events; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-events-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.events', 'status', 'events_status_must_follow_its_course', 'an event cannot go from its status to that one; a cancelled or completed one stays so', '{"DRAFT": ["PUBLISHED", "CANCELLED"], "PUBLISHED": ["DRAFT", "ON_SALE", "CANCELLED"], "ON_SALE": ["PUBLISHED", "SOLD_OUT", "CANCELLED", "COMPLETED"], "SOLD_OUT": ["ON_SALE", "CANCELLED", "COMPLETED"], "CANCELLED": [], "COMPLETED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-events-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-events-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 8 of 18: rule-orders-status-must-follow-its-course
-- as ttdb_owner, on public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-orders-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.orders', 'status', 'orders_status_must_follow_its_course', 'an order cannot go from its status to that one', '{"PENDING": ["RESERVED", "CONFIRMED", "CANCELLED", "EXPIRED"], "RESERVED": ["CONFIRMED", "CANCELLED", "EXPIRED"], "CONFIRMED": ["COMPLETED", "CANCELLED", "REFUNDED"], "COMPLETED": ["REFUNDED"], "CANCELLED": [], "EXPIRED": [], "REFUNDED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-orders-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-orders-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 9 of 18: rule-tickets-status-must-follow-its-course
-- as ttdb_owner, on public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-tickets-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.tickets', 'status', 'tickets_status_must_follow_its_course', 'a ticket cannot go from its status to that one', '{"RESERVED": ["SOLD", "CANCELLED", "EXPIRED"], "SOLD": ["USED", "CANCELLED", "REFUNDED"], "USED": ["REFUNDED"], "CANCELLED": [], "EXPIRED": [], "REFUNDED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-tickets-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-tickets-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 10 of 18: rule-payment-transactions-status-must-follow-its-course
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-payment-transactions-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.payment_transactions', 'status', 'payment_transactions_status_must_follow_its_course', 'a payment cannot go from its status to that one', '{"PENDING": ["PROCESSING", "SUCCEEDED", "FAILED", "CANCELLED"], "PROCESSING": ["SUCCEEDED", "FAILED", "CANCELLED"], "FAILED": ["PROCESSING"], "SUCCEEDED": [], "CANCELLED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-payment-transactions-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-payment-transactions-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 11 of 18: rule-notification-history-status-must-follow-its-course
-- as ttdb_owner, on public.notification_history; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-notification-history-status-must-follow-its-course') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.allow_transitions('public.notification_history', 'status', 'notification_history_status_must_follow_its_course', 'a notification cannot go from its status to that one', '{"QUEUED": ["SENT", "FAILED"], "SENT": ["DELIVERED", "FAILED", "BOUNCED"], "FAILED": ["QUEUED", "SENT"], "DELIVERED": [], "BOUNCED": []}');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-notification-history-status-must-follow-its-course') as outcome \gset
\echo platform_0013 rule-notification-history-status-must-follow-its-course: :outcome
\endif
commit;

-- platform_0013, 12 of 18: rule-ticket-types-must-stay-with-event-and-currency
-- as ttdb_owner, on public.ticket_types; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-ticket-types-must-stay-with-event-and-currency') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.ticket_types', '{event_id,currency}', 'ticket_types_must_stay_with_event_and_currency', 'a ticket type stays with its event and its currency: make another one');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-ticket-types-must-stay-with-event-and-currency') as outcome \gset
\echo platform_0013 rule-ticket-types-must-stay-with-event-and-currency: :outcome
\endif
commit;

-- platform_0013, 13 of 18: rule-orders-must-stay-with-event-and-currency
-- as ttdb_owner, on public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-orders-must-stay-with-event-and-currency') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.orders', '{event_id,currency}', 'orders_must_stay_with_event_and_currency', 'an order stays with its event and its currency: cancel it and make another one');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-orders-must-stay-with-event-and-currency') as outcome \gset
\echo platform_0013 rule-orders-must-stay-with-event-and-currency: :outcome
\endif
commit;

-- platform_0013, 14 of 18: rule-orders-must-not-happen-twice
-- as ttdb_owner, on public.orders; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-orders-must-not-happen-twice') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.orders', '{confirmed_at,cancelled_at,refunded_at}', 'orders_must_not_happen_twice', 'this order was paid, cancelled or refunded before');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-orders-must-not-happen-twice') as outcome \gset
\echo platform_0013 rule-orders-must-not-happen-twice: :outcome
\endif
commit;

-- platform_0013, 15 of 18: rule-tickets-must-not-happen-twice
-- as ttdb_owner, on public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-tickets-must-not-happen-twice') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.tickets', '{sold_at,used_at,cancelled_at}', 'tickets_must_not_happen_twice', 'this ticket was sold, used or cancelled before');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-tickets-must-not-happen-twice') as outcome \gset
\echo platform_0013 rule-tickets-must-not-happen-twice: :outcome
\endif
commit;

-- platform_0013, 16 of 18: rule-tickets-must-keep-their-number-and-price
-- as ttdb_owner, on public.tickets; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-tickets-must-keep-their-number-and-price') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.tickets', '{ticket_number,price}', 'tickets_must_keep_their_number_and_price', 'a ticket keeps its number and its price: cancel it and make another one');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-tickets-must-keep-their-number-and-price') as outcome \gset
\echo platform_0013 rule-tickets-must-keep-their-number-and-price: :outcome
\endif
commit;

-- platform_0013, 17 of 18: rule-payment-transactions-must-stay-as-made
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-payment-transactions-must-stay-as-made') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.payment_transactions', '{order_id,type,amount,currency}', 'payment_transactions_must_stay_as_made', 'a payment''s order, kind and amount cannot change: make another one');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-payment-transactions-must-stay-as-made') as outcome \gset
\echo platform_0013 rule-payment-transactions-must-stay-as-made: :outcome
\endif
commit;

-- platform_0013, 18 of 18: rule-payment-transactions-must-not-end-twice
-- as ttdb_owner, on public.payment_transactions; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0013', 'rule-payment-transactions-must-not-end-twice') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.keep_values('public.payment_transactions', '{processed_at}', 'payment_transactions_must_not_end_twice', 'this payment ended before');
\endif
\if :to_record
select pg_temp.record('platform_0013', 'rule-payment-transactions-must-not-end-twice') as outcome \gset
\echo platform_0013 rule-payment-transactions-must-not-end-twice: :outcome
\endif
commit;

select pg_temp.reached('platform_0013', array['engine_0001', 'engine_0002', 'engine_0003', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012']::text[], array['platform_0014']::text[]) as reached \gset

-- platform_0014: Find the tenant before a session has one: by an e-mail address, a payment's intent, an address.

-- platform_0014, 1 of 7: index-users-login-idx
-- as ttdb_owner, on public.users; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('platform_0014', 'index-users-login-idx') \gset
commit;
\if :to_run
set role ttdb_owner;
set lock_timeout = 0;
drop index concurrently if exists public.users_login_idx;
create index concurrently users_login_idx
on public.users (email)
where deleted_at is null;
comment on index public.users_login_idx is 'tenants_of_email: the accounts of an e-mail address in all tenants';
set lock_timeout = '50ms';
set role ttdb_owner;
\endif
begin;
\if :to_record
select pg_temp.record('platform_0014', 'index-users-login-idx') as outcome \gset
\echo platform_0014 index-users-login-idx: :outcome
\endif
commit;

-- platform_0014, 2 of 7: tenants-of-email
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0014', 'tenants-of-email') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- In which tenants does somebody with this e-mail address have an account? For logging in.

-- Definer because before the login there is no tenant, and without one nobody sees a row.
create or replace function public.tenants_of_email(email text) returns setof uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_tenants pg_catalog.uuid[];
begin
    select coalesce(pg_catalog.array_agg(distinct u.tenant_id order by u.tenant_id), '{}')
    into v_tenants
    from public.users as u
    where u.email = pg_catalog.lower(tenants_of_email.email) and u.deleted_at is null;

    perform audit.record_resolution('public.tenants_of_email(text)', v_tenants);
    return query select t.id from pg_catalog.unnest(v_tenants) as t (id);
end;
$function$;

comment on function public.tenants_of_email(text) is
'The tenants in which an e-mail address has an account that is not closed; each call is in the trail.';
revoke all on function public.tenants_of_email(text) from public;
-- Nothing for ttdb_app: any tenant could ask who else is whose customer. One service's login is granted it.

\endif
\if :to_record
select pg_temp.record('platform_0014', 'tenants-of-email') as outcome \gset
\echo platform_0014 tenants-of-email: :outcome
\endif
commit;

-- platform_0014, 3 of 7: resolver-public-tenants-of-email
-- as ttdb_owner; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0014', 'resolver-public-tenants-of-email') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.resolver('public.tenants_of_email(text)', 'the tenants in which an e-mail address has an account, for logging in');
\endif
\if :to_record
select pg_temp.record('platform_0014', 'resolver-public-tenants-of-email') as outcome \gset
\echo platform_0014 resolver-public-tenants-of-email: :outcome
\endif
commit;

-- platform_0014, 4 of 7: tenant-of-payment-intent
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0014', 'tenant-of-payment-intent') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Whose payment does the provider's webhook speak of?

-- Definer because a webhook names a payment and no tenant, and without one nobody sees a row.
create or replace function public.tenant_of_payment_intent(payment_intent_id text) returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_tenants pg_catalog.uuid[];
begin
    -- The key table knows the payments of all months, and each intent once.
    select coalesce(pg_catalog.array_agg(k.tenant_id), '{}')
    into v_tenants
    from public.payment_transactions_payment_intent_id_keys as k
    where k.payment_intent_id = tenant_of_payment_intent.payment_intent_id;

    perform audit.record_resolution('public.tenant_of_payment_intent(text)', v_tenants);
    return v_tenants[1];
end;
$function$;

comment on function public.tenant_of_payment_intent(text) is
'The tenant whose payment a provider''s intent is, NULL where there is none; each call is in the trail.';
revoke all on function public.tenant_of_payment_intent(text) from public;
-- Nothing for ttdb_app: any tenant could ask about any payment. One service's login is granted it.

\endif
\if :to_record
select pg_temp.record('platform_0014', 'tenant-of-payment-intent') as outcome \gset
\echo platform_0014 tenant-of-payment-intent: :outcome
\endif
commit;

-- platform_0014, 5 of 7: resolver-public-tenant-of-payment-intent
-- as ttdb_owner; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0014', 'resolver-public-tenant-of-payment-intent') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.resolver('public.tenant_of_payment_intent(text)', 'the tenant whose payment a provider''s intent is, for its webhooks');
\endif
\if :to_record
select pg_temp.record('platform_0014', 'resolver-public-tenant-of-payment-intent') as outcome \gset
\echo platform_0014 resolver-public-tenant-of-payment-intent: :outcome
\endif
commit;

-- platform_0014, 6 of 7: tenant-of-slug
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('platform_0014', 'tenant-of-slug') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Which tenant has this address?

-- Definer because an address is all that a visitor brings, and without a tenant nobody sees a row.
create or replace function public.tenant_of_slug(slug text) returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_tenant pg_catalog.uuid;
begin
    select t.id
    into v_tenant
    from public.tenants as t
    where t.slug = tenant_of_slug.slug;

    perform audit.record_resolution(
        'public.tenant_of_slug(text)', case when v_tenant is null then '{}' else array[v_tenant] end
    );
    return v_tenant;
end;
$function$;

comment on function public.tenant_of_slug(text) is
'The tenant that has an address, NULL where none has; each call is in the trail.';
revoke all on function public.tenant_of_slug(text) from public;
-- Nothing for ttdb_app: a session has one tenant, and no business with others' addresses. One login is granted it.

\endif
\if :to_record
select pg_temp.record('platform_0014', 'tenant-of-slug') as outcome \gset
\echo platform_0014 tenant-of-slug: :outcome
\endif
commit;

-- platform_0014, 7 of 7: resolver-public-tenant-of-slug
-- as ttdb_owner; lock: not known beforehand
begin;
select * from pg_temp.look('platform_0014', 'resolver-public-tenant-of-slug') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
select ttdb.resolver('public.tenant_of_slug(text)', 'the tenant that has an address, for its visitors');
\endif
\if :to_record
select pg_temp.record('platform_0014', 'resolver-public-tenant-of-slug') as outcome \gset
\echo platform_0014 resolver-public-tenant-of-slug: :outcome
\endif
commit;

select pg_temp.reached('platform_0014', array['engine_0001', 'engine_0002', 'engine_0003', 'engine_0004', 'platform_0001', 'platform_0002', 'platform_0003', 'platform_0004', 'platform_0005', 'platform_0006', 'platform_0007', 'platform_0008', 'platform_0009', 'platform_0010', 'platform_0011', 'platform_0012', 'platform_0013']::text[], array[]::text[]) as reached \gset

-- engine_0005: Encrypt single values in SQL, over pgcrypto, each with the id of its key.

-- engine_0005, 1 of 7: extension-pgcrypto
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'extension-pgcrypto') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
create schema ttdb_pgcrypto;
comment on schema ttdb_pgcrypto is 'The extension pgcrypto, out of the way of everybody''s names.';
create extension pgcrypto with schema ttdb_pgcrypto;
\endif
\if :to_record
select pg_temp.record('engine_0005', 'extension-pgcrypto') as outcome \gset
\echo engine_0005 extension-pgcrypto: :outcome
\endif
commit;

-- engine_0005, 2 of 7: use-of-extension-pgcrypto
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'use-of-extension-pgcrypto') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
do $do$
begin
    execute pg_catalog.format('grant usage on schema %I to ttdb_app, ttdb_worker, ttdb_operator', (
        select n.nspname from pg_catalog.pg_extension as e
        inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
        where e.extname = 'pgcrypto'
    ));
end
$do$;
\endif
\if :to_record
select pg_temp.record('engine_0005', 'use-of-extension-pgcrypto') as outcome \gset
\echo engine_0005 use-of-extension-pgcrypto: :outcome
\endif
commit;

-- engine_0005, 3 of 7: pgcrypto-schema
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'pgcrypto-schema') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Where pgcrypto stands: installed by others, it may be anywhere.
create or replace function ttdb.pgcrypto_schema() returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_schema pg_catalog.text;
begin
    select n.nspname
    into v_schema
    from pg_catalog.pg_extension as e
    inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pgcrypto';
    if not found then
        raise exception 'the extension pgcrypto is missing'
            using errcode = 'TTCRY', hint = 'Have an admin run: create extension pgcrypto;';
    end if;
    return v_schema;
end;
$function$;

comment on function ttdb.pgcrypto_schema() is 'The schema of the extension pgcrypto.';
revoke all on function ttdb.pgcrypto_schema() from public;
grant execute on function ttdb.pgcrypto_schema() to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0005', 'pgcrypto-schema') as outcome \gset
\echo engine_0005 pgcrypto-schema: :outcome
\endif
commit;

-- engine_0005, 4 of 7: key-id-of
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'key-id-of') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Which key does an encrypted text need?
-- ttdb.key_id_of('ttdb1:cards2026:ww0ECQMC…') = 'cards2026'
create or replace function ttdb.key_id_of(ciphertext text) returns text
language sql
immutable
parallel safe
security invoker
return pg_catalog."substring"(ciphertext, '^ttdb1:([A-Za-z0-9_.-]{1,64}):[A-Za-z0-9+/]+={0,2}$');

comment on function ttdb.key_id_of(text) is
'The id of the key that an encrypted text needs; NULL for what ttdb.encrypt() has not made.';
revoke all on function ttdb.key_id_of(text) from public;
grant execute on function ttdb.key_id_of(text) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0005', 'key-id-of') as outcome \gset
\echo engine_0005 key-id-of: :outcome
\endif
commit;

-- engine_0005, 5 of 7: encrypt
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'encrypt') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Encrypts a text, and says in clear which key is needed.
-- ttdb.encrypt('4242…', 'cards2026', <key>) = 'ttdb1:cards2026:ww0ECQMC…', another each time
create or replace function ttdb.encrypt(plaintext text, key_id text, key text) returns text
language plpgsql
volatile
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_encrypted pg_catalog.bytea;
begin
    if plaintext is null then
        return null;
    end if;
    if key_id is null or key_id !~ '^[A-Za-z0-9_.-]{1,64}$' then
        raise exception 'the key''s id is missing or malformed'
            using errcode = 'TTKID',
            hint = 'A key''s id is 1 to 64 letters, digits, hyphens, dots and underscores; it is stored in clear.';
    end if;
    if key is null or pg_catalog.length(key) < 32 then
        raise exception 'the key is missing or shorter than 32 characters'
            using errcode = 'TTKEY', hint = 'Use a random one: openssl rand -base64 32.';
    end if;

    -- The key's id stands inside as well: the one in clear could be changed unseen.
    -- Iterating the key's hash defends guessable keys; ours are random, and a page of rows is not to take seconds.
    execute pg_catalog.format('select %I.pgp_sym_encrypt($1, $2, $3)', ttdb.pgcrypto_schema())
    into v_encrypted
    using key_id || ':' || plaintext, key, 'cipher-algo=aes256, compress-algo=0, s2k-mode=1, s2k-digest-algo=sha256';
    return pg_catalog.concat_ws(
        ':', 'ttdb1', key_id, pg_catalog.translate(pg_catalog.encode(v_encrypted, 'base64'), e'\n', '')
    );
end;
$function$;

comment on function ttdb.encrypt(text, text, text) is
'Encrypts a text with AES-256, protected, with its key''s id, against changes: ttdb1:<key id>:<base64>. '
'NULL stays NULL.';
revoke all on function ttdb.encrypt(text, text, text) from public;
grant execute on function ttdb.encrypt(text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0005', 'encrypt') as outcome \gset
\echo engine_0005 encrypt: :outcome
\endif
commit;

-- engine_0005, 6 of 7: decrypt
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'decrypt') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Decrypts what ttdb.encrypt() has made.
create or replace function ttdb.decrypt(ciphertext text, key text) returns text
language plpgsql
stable
parallel unsafe -- it catches an error, which takes a subtransaction
security invoker
set search_path = ''
as $function$
declare
    v_key_id constant pg_catalog.text := ttdb.key_id_of(ciphertext);
    v_schema constant pg_catalog.text := ttdb.pgcrypto_schema();
    v_plaintext pg_catalog.text;
begin
    if ciphertext is null then
        return null;
    end if;
    if v_key_id is null then
        raise exception 'this is not an encrypted text of ttdb''s' -- and what it is instead may be a secret
            using errcode = 'TTDEC', hint = 'It would read ttdb1:<key id>:<base64>, as ttdb.encrypt() returns it.';
    end if;
    begin
        execute pg_catalog.format('select %I.pgp_sym_decrypt($1, $2)', v_schema)
        into v_plaintext
        using pg_catalog.decode(pg_catalog.split_part(ciphertext, ':', 3), 'base64'), key;
    exception
        when insufficient_privilege then
            raise;
        when others then
            null; -- whatever pgcrypto says of the bytes, it is one of two things
    end;
    if v_plaintext is null or not pg_catalog.starts_with(v_plaintext, v_key_id || ':') then
        raise exception 'the key does not fit, or the encrypted text was changed'
            using errcode = 'TTDEC', hint = pg_catalog.format('It says that it was encrypted with the key "%s".', v_key_id);
    end if;
    return pg_catalog.substr(v_plaintext, pg_catalog.length(v_key_id) + 2);
end;
$function$;

comment on function ttdb.decrypt(text, text) is
'The text that ttdb.encrypt() was given; TTDEC for another key, or a changed text or keys id. NULL stays NULL.';
revoke all on function ttdb.decrypt(text, text) from public;
grant execute on function ttdb.decrypt(text, text) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0005', 'decrypt') as outcome \gset
\echo engine_0005 decrypt: :outcome
\endif
commit;

-- engine_0005, 7 of 7: reencrypt
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0005', 'reencrypt') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Encrypts anew with another key, in one call, so that no plaintext travels.
create or replace function ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) returns text
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    select ttdb.encrypt(
        ttdb.decrypt(reencrypt.ciphertext, reencrypt.key), reencrypt.new_key_id, reencrypt.new_key
    );
$function$;

comment on function ttdb.reencrypt(text, text, text, text) is
'The same text under another key: for replacing one. NULL stays NULL.';
revoke all on function ttdb.reencrypt(text, text, text, text) from public;
grant execute on function ttdb.reencrypt(text, text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0005', 'reencrypt') as outcome \gset
\echo engine_0005 reencrypt: :outcome
\endif
commit;

select pg_temp.reached('engine_0005', array['engine_0001', 'engine_0002', 'engine_0003', 'engine_0004']::text[], array['engine_0006', 'engine_0007']::text[]) as reached \gset

-- engine_0006: Add bulk loads: one line of the trail for many rows, and what was set aside meanwhile.

-- engine_0006, 1 of 6: set-aside
-- as ttdb_owner, on ttdb.set_aside; lock: none on what stands
begin;
select * from pg_temp.look('engine_0006', 'set-aside') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What a bulk load has set aside and has not yet put back.
create table ttdb.set_aside (
    position integer not null,
    relation text not null,
    object text not null,
    restore text not null,
    constraint set_aside_pkey primary key (position)
);
comment on table ttdb.set_aside is
'Indexes and foreign keys that a bulk load dropped and will make again; empty unless one runs, or was killed.';
comment on column ttdb.set_aside.position is 'in the order of putting back';
comment on column ttdb.set_aside.relation is 'the table, as the server writes its name';
comment on column ttdb.set_aside.object is 'what was set aside; of rows that a repair has to take away: rows';
comment on column ttdb.set_aside.restore is 'the SQL that puts it back';
comment on constraint set_aside_pkey on ttdb.set_aside is 'one place in the order, one object';
grant select on ttdb.set_aside to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0006', 'set-aside') as outcome \gset
\echo engine_0006 set-aside: :outcome
\endif
commit;

-- engine_0006, 2 of 6: record-load
-- as ttdb_definer; lock: none on tables
begin;
select * from pg_temp.look('engine_0006', 'record-load') \gset
\if :to_run
set local role ttdb_definer;
set local row_security = off;
-- Writes into the trail that many rows were loaded at once.

-- Definer because nobody who changes an audited table may write the trail himself.
create or replace function audit.record_load(relation regclass, rows bigint, details jsonb) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
begin
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        null,
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        'LOAD',
        coalesce(record_load.details, '{}') || pg_catalog.jsonb_build_object('rows', record_load.rows),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = record_load.relation;
end;
$function$;

comment on function audit.record_load(regclass, bigint, jsonb) is
'Records a load of many rows: the table, how many, the login, the role and the transaction.';
revoke all on function audit.record_load(regclass, bigint, jsonb) from public;
-- Without EXECUTE nobody fills the trail with loads that never were.
grant execute on function audit.record_load(regclass, bigint, jsonb) to ttdb_owner;

\endif
\if :to_record
select pg_temp.record('engine_0006', 'record-load') as outcome \gset
\echo engine_0006 record-load: :outcome
\endif
commit;

-- engine_0006, 3 of 6: tg-end-of-load
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0006', 'tg-end-of-load') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Sees at commit that no table is left unrecorded by a load that was begun.
create or replace function audit.tg__end_of_load() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if exists (select from ttdb.open_loads as l where l.relation = new.relation) then
        raise exception 'the load of % was begun and not ended', new.relation
            using errcode = 'TTLOA', hint = 'Call audit.end_load() in the same transaction.';
    end if;
    return null;
end;
$function$;

comment on function audit.tg__end_of_load() is
'Trigger: refuses a commit between audit.begin_load() and audit.end_load(), so that recording is never left off.';
revoke all on function audit.tg__end_of_load() from public;

\endif
\if :to_record
select pg_temp.record('engine_0006', 'tg-end-of-load') as outcome \gset
\echo engine_0006 tg-end-of-load: :outcome
\endif
commit;

-- engine_0006, 4 of 6: open-loads
-- as ttdb_owner, on ttdb.open_loads; lock: none on what stands
begin;
select * from pg_temp.look('engine_0006', 'open-loads') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The loads that run in a transaction: nobody sees a row here, for a commit that leaves one is refused.
create table ttdb.open_loads (
    relation regclass not null,
    constraint open_loads_pkey primary key (relation)
);
comment on table ttdb.open_loads is
'Tables whose rows are being loaded by one line of the trail instead of one each; empty outside a transaction.';
comment on column ttdb.open_loads.relation is 'the table';
comment on constraint open_loads_pkey on ttdb.open_loads is 'this table is being loaded already';

create constraint trigger loads_must_end
after insert on ttdb.open_loads
deferrable initially deferred for each row execute function audit.tg__end_of_load();
alter table ttdb.open_loads enable always trigger loads_must_end;
comment on trigger loads_must_end on ttdb.open_loads is 'a load was begun and not ended: audit.end_load() ends it';

\endif
\if :to_record
select pg_temp.record('engine_0006', 'open-loads') as outcome \gset
\echo engine_0006 open-loads: :outcome
\endif
commit;

-- engine_0006, 5 of 6: begin-load
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0006', 'begin-load') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that opens a load: its rows go to the trail in one line, not in one each.
create or replace function audit.begin_load(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if not audit.is_enabled(relation) then
        raise exception '% is not audited', relation
            using errcode = 'TTAUD', hint = 'There is nothing to begin: load it as it is.';
    end if;
    -- Until the transaction ends nobody else can change the table: the trigger is off for this load alone.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    insert into ttdb.open_loads (relation) values (begin_load.relation);
    execute pg_catalog.format('alter table %s disable trigger _900_record_change', relation);
end;
$function$;

comment on function audit.begin_load(regclass) is
'Lets the owner load many rows in this transaction with one line of the trail; audit.end_load() must follow in it.';
revoke all on function audit.begin_load(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0006', 'begin-load') as outcome \gset
\echo engine_0006 begin-load: :outcome
\endif
commit;

-- engine_0006, 6 of 6: end-load
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0006', 'end-load') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The verb that ends a load, and writes it into the trail.
create or replace function audit.end_load(relation regclass, rows bigint, details jsonb default '{}') returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    delete from ttdb.open_loads as l where l.relation = end_load.relation;
    if not found then
        raise exception 'no load of % was begun', relation
            using errcode = 'TTLOA', hint = 'Call audit.begin_load() first, in the same transaction.';
    end if;
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    perform audit.record_load(relation, rows, details);
end;
$function$;

comment on function audit.end_load(regclass, bigint, jsonb) is
'Ends what audit.begin_load() began: records how many rows were loaded, and each change again from now on.';
revoke all on function audit.end_load(regclass, bigint, jsonb) from public;

\endif
\if :to_record
select pg_temp.record('engine_0006', 'end-load') as outcome \gset
\echo engine_0006 end-load: :outcome
\endif
commit;

select pg_temp.reached('engine_0006', array['engine_0001', 'engine_0002', 'engine_0003', 'engine_0004', 'engine_0005']::text[], array['engine_0007']::text[]) as reached \gset

-- engine_0007: Make tables partitioned while they are in use.

-- engine_0007, 1 of 16: converted-tables
-- as ttdb_owner, on ttdb.converted_tables; lock: none on what stands
begin;
select * from pg_temp.look('engine_0007', 'converted-tables') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The registry of the tables that were made partitioned while in use, and of how far their rows have come.
create table ttdb.converted_tables (
    relation regclass not null,
    former_key name[] not null,
    former_options text[] not null,
    arrangement text not null,
    wanted text,
    storage text[] not null default '{}',
    staging regclass,
    changes regclass,
    last_key text[],
    copied boolean not null default false,
    old_leaves regclass[] not null default '{}',
    constraint converted_tables_pkey primary key (relation),
    constraint converted_tables_arrangement_must_be_known check (arrangement in ('whole', 'months')),
    constraint converted_tables_wanted_must_be_known check (wanted in ('whole', 'months'))
);
comment on table ttdb.converted_tables is 'Tables that ttdb.partition_in_place() made partitioned while in use.';
comment on column ttdb.converted_tables.relation is 'the partitioned table';
comment on column ttdb.converted_tables.former_key is 'the primary key before: without the partition key';
comment on column ttdb.converted_tables.former_options is 'the storage settings before';
comment on column ttdb.converted_tables.arrangement is 'how the rows lie: whole, in one partition, or in months';
comment on column ttdb.converted_tables.wanted is 'the arrangement to which rows are being copied; NULL while none is';
comment on column ttdb.converted_tables.storage is 'settings of the partitions that are being filled';
comment on column ttdb.converted_tables.staging is 'under which the new partitions are filled';
comment on column ttdb.converted_tables.changes is 'the keys of rows that were changed since the copying began';
comment on column ttdb.converted_tables.last_key is 'of the last row that was copied';
comment on column ttdb.converted_tables.copied is 'every row that stood at the beginning was copied: changes remain';
comment on column ttdb.converted_tables.old_leaves is 'partitions whose rows lie in the new ones: to be dropped';
comment on constraint converted_tables_pkey on ttdb.converted_tables is 'one table, one entry';
comment on constraint converted_tables_arrangement_must_be_known on ttdb.converted_tables is
'rows lie whole or in months';
comment on constraint converted_tables_wanted_must_be_known on ttdb.converted_tables is
'rows go to one partition or to months';
grant select, update on ttdb.converted_tables to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'converted-tables') as outcome \gset
\echo engine_0007 converted-tables: :outcome
\endif
commit;

-- engine_0007, 2 of 16: refuse-unconvertible
-- as ttdb_owner; lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait; it waits for old snapshots
begin;
select * from pg_temp.look('engine_0007', 'refuse-unconvertible') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Says why a table cannot be made partitioned while it is in use.
create or replace function ttdb.refuse_unconvertible(relation regclass, key_column name) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_reason pg_catalog.text;
    v_hint pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = refuse_unconvertible.relation;
    if v_class.relkind = 'p' and ttdb.month_key_of(relation) = key_column then
        return;
    end if;
    select
        o.reason,
        o.hint
    into v_reason, v_hint
    from (
        select
            1 as place,
            'it is no plain, permanent table of its own' as reason,
            'Only a table that is logged, not partitioned and in no inheritance can be converted.' as hint
        where v_class.relkind <> 'r'
            or v_class.relpersistence <> 'p'
            or v_class.relispartition
            or exists (
                select from pg_catalog.pg_inherits as i where refuse_unconvertible.relation in (i.inhparent, i.inhrelid)
            )
        union all
        select
            2,
            pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(v_class.relowner)),
            'An administrator gives it to ttdb_owner: ttdb bootstrap --apply.'
        where v_class.relowner <> 'ttdb_owner'::pg_catalog.regrole
        union all
        select
            3,
            'its name is too long for months',
            'Each adds 8 bytes, as in _2026_03, to at most 63: rename the table.'
        where pg_catalog.octet_length(v_class.relname::pg_catalog.text) > 50
        union all
        select
            4,
            pg_catalog.format('it has no timestamptz column %I', refuse_unconvertible.key_column),
            'Months go by a column of type timestamptz.'
        where not exists (
            select
            from pg_catalog.pg_attribute as a
            where a.attrelid = refuse_unconvertible.relation
                and a.attname = refuse_unconvertible.key_column
                and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype
                and a.attgenerated = ''
        )
        union all
        select
            5,
            'it has no primary key, or one that holds the partition key or is deferrable',
            'Give it one that says which row is meant: alter table ... add primary key using index ...'
        where not exists (
            select
            from pg_catalog.pg_constraint as k
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = k.conrelid and a.attname = refuse_unconvertible.key_column
            where k.conrelid = refuse_unconvertible.relation
                and k.contype = 'p'
                and not k.condeferrable
                and a.attnum <> all(k.conkey)
        )
        union all
        select
            6,
            pg_catalog.format(
                'foreign key %I of %s points at it', k.conname, k.conrelid::pg_catalog.regclass
            ),
            'Its key will hold the partition key too: drop that foreign key first, or let it point at a key table.'
        from pg_catalog.pg_constraint as k
        where k.confrelid = refuse_unconvertible.relation and k.contype = 'f'
        union all
        select
            7,
            pg_catalog.format('index %s keeps values unique without %I', i.indexrelid::pg_catalog.regclass, key_column),
            'No index can over all months: keep them by ttdb.keep_unique() and drop the index, or add the column to it.'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attname = refuse_unconvertible.key_column
        where i.indrelid = refuse_unconvertible.relation
            and i.indisunique
            and not i.indisprimary
            and c.relname <> v_class.relname || '_former_key'
            and a.attnum <> all(i.indkey::pg_catalog.int2 [])
        union all
        select
            8,
            pg_catalog.format('constraint %I is an exclusion, or not validated', k.conname),
            'Validate it first; an exclusion does not go over months: drop it.'
        from pg_catalog.pg_constraint as k
        where k.conrelid = refuse_unconvertible.relation and (k.contype = 'x' or not k.convalidated)
        union all
        select
            9,
            pg_catalog.format('index %s is not valid', i.indexrelid::pg_catalog.regclass),
            'Build it again: reindex index concurrently ...'
        from pg_catalog.pg_index as i
        where i.indrelid = refuse_unconvertible.relation and not i.indisvalid
        -- What depends on a table follows it when it is renamed, and would miss what comes in later.
        union all
        select
            10,
            pg_catalog.format('%s reads it', pg_catalog.pg_describe_object(d.classid, d.objid, 0)),
            'It would go on reading the old table: drop it, and make it again afterwards.'
        from pg_catalog.pg_depend as d
        left join pg_catalog.pg_rewrite as r
            on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
        left join pg_catalog.pg_class as v on v.oid = r.ev_class
        left join pg_catalog.pg_policy as p
            on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
        where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = refuse_unconvertible.relation
            and (
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                or v.relkind <> 'v'
                or p.polrelid <> refuse_unconvertible.relation
                -- A policy that asks the table itself: its expression names the table, not the row.
                or (p.oid is not null and pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~* '\mselect\M.*\mfrom\M'
                    and d.refobjsubid = 0 and d.deptype = 'n')
                or (v.relkind = 'v' and not pg_catalog.pg_has_role(v.relowner, 'member'))
            )
        union all
        select
            11,
            pg_catalog.format('%s has its row type', pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)),
            'It would keep the old table''s type: drop it, and make it again afterwards.'
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_type as t on t.oid = d.refobjid
        where d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and (t.oid = v_class.reltype or t.typelem = v_class.reltype)
            and d.deptype = 'n'
        union all
        select
            12,
            pg_catalog.format(
                'view %s groups by its primary key', r.ev_class::pg_catalog.regclass
            ),
            'The key will change: name all columns in that GROUP BY.'
        from pg_catalog.pg_constraint as k
        inner join pg_catalog.pg_depend as d
            on d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
            and d.refobjid = k.oid
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
        where k.conrelid = refuse_unconvertible.relation
        union all
        select
            13,
            pg_catalog.format('publication %I names it', b.pubname),
            'Take it out, and put the partitioned table in afterwards.'
        from pg_catalog.pg_publication_rel as m
        inner join pg_catalog.pg_publication as b on b.oid = m.prpubid
        where m.prrelid = refuse_unconvertible.relation
        union all
        select
            14,
            'its replica identity is not the default',
            'Set it back: alter table ... replica identity default.'
        where v_class.relreplident <> 'd'
        union all
        select
            15,
            'row security is forced on it and was not made by ttdb.protect(): nobody could copy all rows',
            'Protect it by ttdb.protect(), whose policies show an operator every row.'
        where v_class.relrowsecurity
            and v_class.relforcerowsecurity
            and not exists (select from ttdb.tenant_tables as t where t.relation = refuse_unconvertible.relation)
        union all
        select
            16,
            pg_catalog.format('trigger %I cannot be on a partitioned table', g.tgname),
            'A trigger for each row may have no transition table there: rewrite or drop it.'
        from pg_catalog.pg_trigger as g
        where g.tgrelid = refuse_unconvertible.relation
            and not g.tgisinternal
            and (g.tgtype & 1) = 1
            and (g.tgoldtable is not null or g.tgnewtable is not null)
    ) as o
    order by o.place
    limit 1;
    if found then
        raise exception '% cannot be converted: %', relation, v_reason
            using errcode = 'TTCNV', hint = v_hint;
    end if;
end;
$function$;

comment on function ttdb.refuse_unconvertible(regclass, name) is
'Raises TTCNV where a table cannot be made partitioned while in use, with the reason and what to do about it.';
revoke all on function ttdb.refuse_unconvertible(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'refuse-unconvertible') as outcome \gset
\echo engine_0007 refuse-unconvertible: :outcome
\endif
commit;

-- engine_0007, 3 of 16: statements-inside
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0007', 'statements-inside') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- The keys, indexes and foreign keys of a table, as a partitioned one of its name would have them.
create or replace function ttdb.statements_inside(relation regclass, key_column name)
returns table (place text, statement text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with keys as (
        select
            k.oid,
            k.conname,
            k.contype,
            k.conindid,
            k.conkey
        from pg_catalog.pg_constraint as k
        where k.conrelid = statements_inside.relation and k.contype in ('p', 'u', 'f')
    )

    select
        '1' || k.conname,
        pg_catalog.format(
            'alter table %s add constraint %I %s', statements_inside.relation, k.conname,
            case k.contype
                when 'p'
                    then (
                        select pg_catalog.format(
                            'primary key (%s, %I)',
                            pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by c.place),
                            statements_inside.key_column
                        )
                        from pg_catalog.unnest(k.conkey) with ordinality as c (attnum, place)
                        inner join pg_catalog.pg_attribute as a
                            on a.attrelid = statements_inside.relation and a.attnum = c.attnum
                    )
                else pg_catalog.pg_get_constraintdef(k.oid)
            end
        )
    from keys as k
    union all
    select
        '2' || c.relname,
        pg_catalog.pg_get_indexdef(i.indexrelid)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t on t.oid = i.indrelid
    where i.indrelid = statements_inside.relation
        and not exists (select from keys as k where k.contype <> 'f' and k.conindid = i.indexrelid)
        and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    union all
    select
        '3' || c.relname,
        pg_catalog.format('comment on index %I.%I is %L', n.nspname, c.relname, d.description)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t
        on t.oid = i.indrelid and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_description as d
        on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
    where i.indrelid = statements_inside.relation
    union all
    select
        '3' || k.conname,
        pg_catalog.format(
            'comment on constraint %I on %s is %L', k.conname, statements_inside.relation, d.description
        )
    from keys as k
    inner join pg_catalog.pg_description as d
        on d.objoid = k.oid and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass;
$function$;

comment on function ttdb.statements_inside(regclass, name) is
'The statements that give a table of the same name the keys, indexes and foreign keys of this one; its primary key '
'with the partition key.';
revoke all on function ttdb.statements_inside(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'statements-inside') as outcome \gset
\echo engine_0007 statements-inside: :outcome
\endif
commit;

-- engine_0007, 4 of 16: statements-outside
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0007', 'statements-outside') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- What hangs on a table and names it: to be said again when another table bears its name.
create or replace function ttdb.statements_outside(relation regclass)
returns table (place integer, role name, statement text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        10,
        'ttdb_owner'::name,
        pg_catalog.format('comment on table %s is %L', statements_outside.relation, d.description)
    from pg_catalog.pg_description as d
    where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.objoid = statements_outside.relation
        and d.objsubid = 0
    union all
    select
        20,
        'ttdb_owner',
        pg_catalog.pg_get_statisticsobjdef(s.oid)
        || coalesce(pg_catalog.format(
            '; comment on statistics %I.%I is %L', n.nspname, s.stxname,
            pg_catalog.obj_description(s.oid, 'pg_statistic_ext')
        ), '')
        || case
            when s.stxstattarget >= 0
                then pg_catalog.format('; alter statistics %I.%I set statistics %s', n.nspname, s.stxname, s.stxstattarget)
            else ''
        end
    from pg_catalog.pg_statistic_ext as s
    inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
    where s.stxrelid = statements_outside.relation
    -- Triggers of a partition that are its parent's come back by themselves.
    union all
    select
        30,
        'ttdb_owner',
        pg_catalog.pg_get_triggerdef(t.oid)
        || case t.tgenabled
            when 'O' then ''
            else pg_catalog.format(
                '; alter table %s %s trigger %I',
                statements_outside.relation,
                case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'disable' end,
                t.tgname
            )
        end
        || coalesce(pg_catalog.format(
            '; comment on trigger %I on %s is %L',
            t.tgname, statements_outside.relation, pg_catalog.obj_description(t.oid, 'pg_trigger')
        ), '')
    from pg_catalog.pg_trigger as t
    where t.tgrelid = statements_outside.relation and not t.tgisinternal and t.tgparentid = 0
    union all
    select distinct
        40,
        pg_catalog.pg_get_userbyid(c.relowner),
        pg_catalog.format(
            'create or replace view %s%s as %s',
            c.oid::pg_catalog.regclass,
            ' with (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
            pg_catalog.pg_get_viewdef(c.oid)
        )
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as c on c.oid = r.ev_class and c.relkind = 'v'
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = statements_outside.relation;
$function$;

comment on function ttdb.statements_outside(regclass) is
'The statements that give a table of the same name the comment, statistics, triggers and views of this one.';
revoke all on function ttdb.statements_outside(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'statements-outside') as outcome \gset
\echo engine_0007 statements-outside: :outcome
\endif
commit;

-- engine_0007, 5 of 16: say-again
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'say-again') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Runs statements that were written down before names changed, each as its role.
create or replace function ttdb.say_again(statements text[], roles text[] default null) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_me constant pg_catalog.text := current_user;
begin
    for v_number in 1..coalesce(pg_catalog.cardinality(statements), 0) loop
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', roles[v_number], true);
        end if;
        execute statements[v_number];
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', v_me, true);
        end if;
    end loop;
end;
$function$;

comment on function ttdb.say_again(text[], text[]) is
'Runs statements in order, each as its role, or all as who calls.';
revoke all on function ttdb.say_again(text[], text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'say-again') as outcome \gset
\echo engine_0007 say-again: :outcome
\endif
commit;

-- engine_0007, 6 of 16: close-leaf
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'close-leaf') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Takes everybody's way to a partition except through its parent.
create or replace function ttdb.close_leaf(leaf regclass, relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if exists (select from ttdb.tenant_tables as t where t.relation = close_leaf.relation) then
        perform ttdb.dress_leaf(leaf, relation, null);
    else
        -- Nobody may reach it but its owner, whom the parent's row security does not filter either.
        perform ttdb.strip(leaf);
        perform ttdb.dress_leaf(leaf, relation, leaf);
    end if;
end;
$function$;

comment on function ttdb.close_leaf(regclass, regclass) is
'Leaves a partition the operators'' policy and grants where its parent is protected, and nobody''s otherwise.';
revoke all on function ttdb.close_leaf(regclass, regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'close-leaf') as outcome \gset
\echo engine_0007 close-leaf: :outcome
\endif
commit;

-- engine_0007, 7 of 16: take-over
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0007', 'take-over') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Gives what belongs to one table to another that takes its place: security, sequences, entries in registries.
create or replace function ttdb.take_over(successor regclass, relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
    v_last pg_catalog.int8;
    v_called pg_catalog.bool;
    v_grant pg_catalog.text;
begin
    -- Whatever keeps a table by its oid, this or a later revision's.
    for v_piece in
        select
            a.attrelid::pg_catalog.regclass as registry,
            a.attname
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
        where c.relnamespace in (
                pg_catalog.to_regnamespace('ttdb'), pg_catalog.to_regnamespace('audit'),
                pg_catalog.to_regnamespace('masked')
            )
            and a.atttypid = 'pg_catalog.regclass'::pg_catalog.regtype
            and a.attnum > 0
            and not a.attisdropped
    loop
        execute pg_catalog.format(
            'update %1$s set %2$I = $1 where %2$I = $2', v_piece.registry, v_piece.attname
        ) using successor, relation;
    end loop;

    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = successor;
    if found then
        perform ttdb.dress(successor, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, false);
    else
        perform ttdb.dress_leaf(successor, relation, relation);
        for v_piece in
            select
                a.attname,
                g.privilege_type,
                g.is_grantable,
                case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end as grantee
            from pg_catalog.pg_attribute as a
            cross join lateral pg_catalog.aclexplode(a.attacl) as g
            where a.attrelid = take_over.relation and not a.attisdropped
        loop
            execute pg_catalog.format(
                'grant %s (%I) on table %s to %s', v_piece.privilege_type, v_piece.attname, successor, v_piece.grantee
            ) || case when v_piece.is_grantable then ' with grant option' else '' end;
        end loop;
    end if;

    for v_piece in
        select
            a.attname,
            a.attidentity,
            s.oid::pg_catalog.regclass::pg_catalog.text as sequence,
            array(
                select
                    pg_catalog.format(
                        'grant %s on sequence %s to %s', g.privilege_type, s.oid::pg_catalog.regclass,
                        case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end
                    )
                from pg_catalog.aclexplode(s.relacl) as g
                where g.grantee <> s.relowner
            ) as grants,
            q.*
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
        inner join pg_catalog.pg_sequence as q on q.seqrelid = s.oid
        inner join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = take_over.relation
            and d.deptype in ('a', 'i')
    loop
        if v_piece.attidentity = '' then
            execute pg_catalog.format(
                'alter sequence %s owned by %s.%I', v_piece.sequence, successor, v_piece.attname
            );
            continue;
        end if;
        execute pg_catalog.format('select s.last_value, s.is_called from %s as s', v_piece.sequence) into v_last, v_called;
        execute pg_catalog.format('alter table %s alter column %I drop identity', relation, v_piece.attname);
        execute pg_catalog.format(
            'alter table %s alter column %I add generated %s as identity '
            '(sequence name %s increment %s minvalue %s maxvalue %s start %s cache %s %s)',
            successor,
            v_piece.attname,
            case v_piece.attidentity when 'a' then 'always' else 'by default' end,
            v_piece.sequence,
            v_piece.seqincrement, v_piece.seqmin, v_piece.seqmax, v_piece.seqstart, v_piece.seqcache,
            case when v_piece.seqcycle then 'cycle' else 'no cycle' end
        );
        perform pg_catalog.setval(v_piece.sequence::pg_catalog.regclass, v_last, v_called);
        foreach v_grant in array v_piece.grants loop
            execute v_grant;
        end loop;
    end loop;
end;
$function$;

comment on function ttdb.take_over(regclass, regclass) is
'Gives a table the row security, policies, grants, sequences and registrations of another, whose place it takes.';
revoke all on function ttdb.take_over(regclass, regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'take-over') as outcome \gset
\echo engine_0007 take-over: :outcome
\endif
commit;

-- engine_0007, 8 of 16: partition-in-place
-- as ttdb_owner; lock: none on what stands
begin;
select * from pg_temp.look('engine_0007', 'partition-in-place') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Puts a partitioned table in the place of one that is in use, which becomes its only partition.
create or replace function ttdb.partition_in_place(relation regclass, key_column name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
-- The foreign keys of an empty table are looked at: off, a policy that would filter its rows is an error.
set row_security = on
as $function$
declare
    v_class pg_catalog.pg_class;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_key pg_catalog.pg_constraint;
    v_columns pg_catalog.name [];
    v_parent pg_catalog.regclass;
    v_piece record;
    v_inside pg_catalog.text [];
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
begin
    if ttdb.month_key_of(relation) = key_column then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    perform ttdb.refuse_unconvertible(relation, key_column);
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_in_place.relation;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole')
    into v_name, v_heap
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select k.* into v_key from pg_catalog.pg_constraint as k where k.conrelid = v_class.oid and k.contype = 'p';
    select pg_catalog.array_agg(a.attname order by c.place)
    into v_columns
    from pg_catalog.unnest(v_key.conkey) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = v_class.oid and a.attnum = c.attnum;

    -- Said again under the old names, all of this comes to be the partitioned table's.
    select pg_catalog.array_agg(s.statement order by s.place)
    into v_inside
    from ttdb.statements_inside(relation, key_column) as s;
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;

    -- A trigger of its own, of a name that its parent has, would keep it from being attached.
    for v_piece in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_class.oid and not t.tgisinternal and (t.tgtype & 1) = 1
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, relation);
    end loop;
    for v_piece in
        select
            n.nspname,
            s.stxname
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid = v_class.oid
    loop
        execute pg_catalog.format('drop statistics %I.%I', v_piece.nspname, v_piece.stxname);
    end loop;
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %2$I primary key using index %3$I',
        relation, v_key.conname, v_class.relname || '_months_key'
    );
    for v_piece in
        select
            i.indexrelid::pg_catalog.regclass as index,
            pg_catalog.left(c.relname::pg_catalog.text, 57) || '_whole' as name
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = v_class.oid and c.relname <> v_class.relname || '_former_key'
    loop
        execute pg_catalog.format('alter index %s rename to %I', v_piece.index, v_piece.name);
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_whole');

    execute pg_catalog.format(
        'create table %s (like %s including all excluding indexes excluding identity excluding statistics) '
        'partition by range (%I)', v_name, v_heap, key_column
    )
    || coalesce(' tablespace ' || (
        select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace as s where s.oid = v_class.reltablespace
    ), '');
    v_parent := v_name::pg_catalog.regclass;
    perform ttdb.say_again(v_inside);
    insert into ttdb.converted_tables (relation, former_key, former_options, arrangement)
    values (v_parent, v_columns, coalesce(v_class.reloptions, '{}'), 'whole');
    perform ttdb.say_again(v_outside, v_roles);
    perform ttdb.take_over(v_parent, v_heap::pg_catalog.regclass);
    perform ttdb.close_leaf(v_heap::pg_catalog.regclass, v_parent);
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (maxvalue)', v_name, v_heap
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_heap, pg_catalog.format('All rows of %s, until they lie in months.', v_name)
    );
end;
$function$;

comment on function ttdb.partition_in_place(regclass, name) is
'Makes a partitioned table of the same name, columns, keys, security and triggers of a table in use, with that as its '
'only partition; no row moves. The index <table>_months_key, on its primary key and the column, must stand.';
revoke all on function ttdb.partition_in_place(regclass, name) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'partition-in-place') as outcome \gset
\echo engine_0007 partition-in-place: :outcome
\endif
commit;

-- engine_0007, 9 of 16: unpartition-in-place
-- as ttdb_owner; lock: ACCESS EXCLUSIVE on the partitioned table, for a moment
begin;
select * from pg_temp.look('engine_0007', 'unpartition-in-place') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Puts the only partition of a converted table back in its place.
create or replace function ttdb.unpartition_in_place(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
as $function$
declare
    v_entry ttdb.converted_tables;
    v_class pg_catalog.pg_class;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_old pg_catalog.text;
    v_key pg_catalog.name;
    v_comments pg_catalog.text [];
    v_heap_key pg_catalog.name;
    v_piece record;
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
    v_names pg_catalog.text [];
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = unpartition_in_place.relation;
    if not found then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    if v_entry.arrangement <> 'whole' or v_entry.wanted is not null then
        raise exception 'rows of % lie in months', relation
            using errcode = 'TTCNV', hint = 'Have them copied into one partition first: downgrade the step that moved them.';
    end if;
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = unpartition_in_place.relation;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole'),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_parted')
    into v_name, v_heap, v_old
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select
        k.conname,
        array[
            pg_catalog.obj_description(k.oid, 'pg_constraint'), pg_catalog.obj_description(k.conindid, 'pg_class')
        ]
    into v_key, v_comments
    from pg_catalog.pg_constraint as k
    where k.conrelid = v_class.oid and k.contype = 'p';
    select k.conname
    into v_heap_key
    from pg_catalog.pg_constraint as k
    where k.conrelid = v_heap::pg_catalog.regclass and k.contype = 'p';
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;
    -- Each index of the partition is to bear the name of that of the whole again.
    select pg_catalog.array_agg(pg_catalog.format(
        'alter index %s rename to %I', i.inhrelid::pg_catalog.regclass, p.relname
    ))
    into v_names
    from pg_catalog.pg_index as x
    inner join pg_catalog.pg_inherits as i on i.inhparent = x.indexrelid
    inner join pg_catalog.pg_class as p on p.oid = x.indexrelid
    where x.indrelid = v_class.oid and not x.indisprimary;

    execute pg_catalog.format('alter table %s detach partition %s', v_name, v_heap);
    -- What it had as a partition, and gets again from what its parent had.
    for v_piece in
        select 'drop trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || v_heap as statement
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_heap::pg_catalog.regclass and not t.tgisinternal
        union all
        select pg_catalog.format('drop statistics %I.%I', n.nspname, s.stxname)
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid in (v_heap::pg_catalog.regclass, v_class.oid)
    loop
        execute v_piece.statement;
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_parted');
    execute pg_catalog.format('alter table %s rename to %I', v_heap, v_class.relname);
    execute pg_catalog.format('comment on table %s is null', v_name);
    perform ttdb.say_again(v_outside, v_roles);
    perform ttdb.take_over(v_name::pg_catalog.regclass, relation);
    delete from ttdb.converted_tables as c where c.relation = v_name::pg_catalog.regclass;
    execute pg_catalog.format('drop table %s', v_old);

    perform ttdb.say_again(v_names);
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %3$I primary key using index %4$I',
        v_name, v_heap_key, v_key, v_class.relname || '_former_key'
    );
    execute pg_catalog.format('comment on constraint %I on %s is %L', v_key, v_name, v_comments[1]);
    execute pg_catalog.format(
        'comment on index %s is %L',
        (
            select k.conindid::pg_catalog.regclass
            from pg_catalog.pg_constraint as k
            where k.conrelid = v_name::pg_catalog.regclass and k.contype = 'p'
        ),
        v_comments[2]
    );
    if pg_catalog.cardinality(v_entry.former_options) > 0 then
        execute pg_catalog.format(
            'alter table %s set (%s)', v_name, pg_catalog.array_to_string(v_entry.former_options, ', ')
        );
    end if;
end;
$function$;

comment on function ttdb.unpartition_in_place(regclass) is
'Undoes ttdb.partition_in_place(): the only partition is the table again, with its former key.';
revoke all on function ttdb.unpartition_in_place(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'unpartition-in-place') as outcome \gset
\echo engine_0007 unpartition-in-place: :outcome
\endif
commit;

-- engine_0007, 10 of 16: tg-note-change
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'tg-note-change') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Notes the keys of the rows that are changed while a table's rows are being copied.

-- Definer because the application has no part in the notes: they hold keys of all tenants' rows.
create or replace function ttdb.tg__note_change() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
declare
    v_names constant pg_catalog.text [] := tg_argv[1:];
    v_columns pg_catalog.text;
    v_values pg_catalog.text;
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'truncate of % is refused while its rows are being copied', tg_relid::pg_catalog.regclass
            using errcode = 'TTCNV', hint = 'Let the upgrade or downgrade come to its end, or use DELETE.';
    end if;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ', '),
        pg_catalog.string_agg(pg_catalog.format('($1).%I', c.name), ', ')
    into v_columns, v_values
    from pg_catalog.unnest(v_names) as c (name);
    if tg_op in ('UPDATE', 'DELETE') then
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using old;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using new;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__note_change() is
'Enters the primary key of a changed row into the notes by which ttdb.copy_rows() follows; refuses TRUNCATE meanwhile.';
-- Without EXECUTE nobody can hang it on a table of his own and write into the notes of another.
revoke all on function ttdb.tg__note_change() from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'tg-note-change') as outcome \gset
\echo engine_0007 tg-note-change: :outcome
\endif
commit;

-- engine_0007, 11 of 16: stop-noting
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'stop-noting') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Ends the noting of what changes in a converted table.
create or replace function ttdb.stop_noting(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_piece record;
begin
    for v_piece in
        select
            t.tgname,
            t.tgrelid::pg_catalog.regclass as relation
        from ttdb.tree_of(stop_noting.relation) as r
        inner join pg_catalog.pg_trigger as t on t.tgrelid = r.relation
        where t.tgfoid = 'ttdb.tg__note_change()'::pg_catalog.regprocedure and t.tgparentid = 0
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, v_piece.relation);
    end loop;
end;
$function$;

comment on function ttdb.stop_noting(regclass) is 'Drops the triggers of ttdb.begin_copy().';
revoke all on function ttdb.stop_noting(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'stop-noting') as outcome \gset
\echo engine_0007 stop-noting: :outcome
\endif
commit;

-- engine_0007, 12 of 16: end-copy
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'end-copy') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Drops what a copying of rows left: the old partitions after it, or the new ones of one that is given up.
create or replace function ttdb.end_copy(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.converted_tables;
    v_leaf pg_catalog.regclass;
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = end_copy.relation;
    if not found then
        return;
    end if;
    if v_entry.wanted is not null then
        perform ttdb.stop_noting(relation);
        execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    end if;
    foreach v_leaf in array v_entry.old_leaves loop
        if exists (
            select from pg_catalog.pg_class as c where c.oid = v_leaf and c.relkind = 'r' and not c.relispartition
        ) then
            execute pg_catalog.format('drop table %s', v_leaf);
        end if;
    end loop;
    update ttdb.converted_tables as c
    set
        wanted = null,
        staging = null,
        changes = null,
        last_key = null,
        copied = false,
        old_leaves = '{}'
    where c.relation = end_copy.relation;
end;
$function$;

comment on function ttdb.end_copy(regclass) is
'Drops the partitions whose rows lie in others by now, or those that a copying given up was filling.';
revoke all on function ttdb.end_copy(regclass) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'end-copy') as outcome \gset
\echo engine_0007 end-copy: :outcome
\endif
commit;

-- engine_0007, 13 of 16: begin-copy
-- as ttdb_owner; lock: none on what stands
begin;
select * from pg_temp.look('engine_0007', 'begin-copy') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Makes the partitions that a converted table is to have, and begins to note what changes.
create or replace function ttdb.begin_copy(relation regclass, wanted text, storage text[] default '{}') returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.converted_tables;
    v_class pg_catalog.pg_class;
    v_schema pg_catalog.name;
    v_staging pg_catalog.text;
    v_changes pg_catalog.text;
    v_forced pg_catalog.bool;
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_keys pg_catalog.name [];
    v_months pg_catalog.date [];
    v_month pg_catalog.date;
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = begin_copy.relation;
    if v_entry.wanted = begin_copy.wanted or (v_entry.wanted is null and v_entry.arrangement = begin_copy.wanted) then
        return;
    end if;
    perform ttdb.end_copy(relation);
    -- Turned round before the exchange, the rows never left where they are wanted.
    if v_entry.arrangement = begin_copy.wanted then
        return;
    end if;
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = begin_copy.relation;
    select n.nspname into v_schema from pg_catalog.pg_namespace as n where n.oid = v_class.relnamespace;
    v_staging := pg_catalog.format('%I.%I', v_schema, v_class.relname || '_new');
    v_changes := pg_catalog.format('%I.%I', v_schema, v_class.relname || '_changes');
    v_forced := v_class.relrowsecurity and v_class.relforcerowsecurity;
    select pg_catalog.array_agg(a.attname order by c.place)
    into v_keys
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = begin_copy.relation and i.indisprimary;

    if begin_copy.wanted = 'months' then
        -- Under FORCE the owner would see no row.
        if v_forced then
            perform pg_catalog.set_config('role', 'ttdb_operator', true);
        end if;
        execute pg_catalog.format(
            'select pg_catalog.array_agg(distinct ttdb.month_of(t.%1$I)) from %2$s as t '
            'where t.%1$I >= ''1000-01-01 00:00+00'' and t.%1$I < ''10000-01-01 00:00+00''', v_key, relation
        ) into v_months;
        perform pg_catalog.set_config('role', 'ttdb_owner', true);
    end if;

    execute pg_catalog.format(
        'create table %s (like %s including generated, primary key (%s)) partition by range (%I)',
        v_staging, relation,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        v_key
    );
    execute pg_catalog.format(
        'create table %s (change_id int8 generated always as identity primary key, %s)', v_changes, (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    '%I %s not null', k.name, pg_catalog.format_type(a.atttypid, a.atttypmod)
                ), ', '
            )
            from pg_catalog.unnest(v_keys) as k (name)
            inner join pg_catalog.pg_attribute as a on a.attrelid = begin_copy.relation and a.attname = k.name
        )
    );
    for v_piece in
        select
            l.name,
            l.bound,
            l.condition
        from (
            select
                v_class.relname || '_whole' as name,
                'for values from (minvalue) to (maxvalue)' as bound,
                '' as condition
            where begin_copy.wanted = 'whole'
            union all
            select
                v_class.relname || '_default',
                'default',
                ''
            where begin_copy.wanted = 'months'
            union all
            select
                v_class.relname || pg_catalog.to_char(m.month, '_YYYY_MM'),
                pg_catalog.format(
                    'for values from (%L) to (%L)',
                    m.month::pg_catalog.timestamp at time zone 'UTC',
                    (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC'
                ),
                -- By which it is attached without a look at its rows.
                pg_catalog.format(
                    '%1$I is not null and %1$I >= %2$L and %1$I < %3$L',
                    v_key,
                    m.month::pg_catalog.timestamp at time zone 'UTC',
                    (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC'
                )
            from (
                select pg_catalog.unnest(v_months)
                union
                select ttdb.month_of(pg_catalog.now())
                union
                select ttdb.month_of(pg_catalog.now() + '1 month'::pg_catalog.interval)
            ) as m (month)
            where begin_copy.wanted = 'months'
        ) as l
        order by l.name
    loop
        v_leaf := ttdb.make_leaf(relation, v_piece.name, begin_copy.storage);
        -- A partition that is attached without a key of its parent's would be searched for orphans under a lock.
        perform ttdb.say_again(array(
            select
                pg_catalog.format('alter table %s add constraint %I %s', v_leaf, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
            from pg_catalog.pg_constraint as k
            where k.conrelid = begin_copy.relation and k.contype = 'f' and k.conparentid = 0
            order by k.conname
        ));
        perform ttdb.close_leaf(v_leaf, relation);
        execute pg_catalog.format(
            'comment on table %s is %L', v_leaf, pg_catalog.format('Rows of %s: %s.', relation, v_piece.bound)
        );
        if v_piece.condition <> '' then
            execute pg_catalog.format(
                'alter table %s add constraint %I check (%s)', v_leaf, v_piece.name || '_bound', v_piece.condition
            );
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', v_staging, v_leaf, v_piece.bound);
        if begin_copy.wanted = 'whole' then
            execute pg_catalog.format(
                'create unique index %I on %s (%s)', v_class.relname || '_former_key', v_leaf, (
                    select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ')
                    from pg_catalog.unnest(v_entry.former_key) as k (name)
                )
            );
        end if;
    end loop;
    if v_forced then
        execute pg_catalog.format('grant select, insert, delete on %s, %s to ttdb_operator', v_staging, v_changes);
    end if;
    update ttdb.converted_tables as c
    set
        wanted = begin_copy.wanted,
        storage = begin_copy.storage,
        staging = v_staging::pg_catalog.regclass,
        changes = v_changes::pg_catalog.regclass,
        last_key = null,
        copied = false
    where c.relation = begin_copy.relation;

    -- Last, because it waits for writers and keeps new ones out: what commits from now on is noted.
    execute pg_catalog.format(
        'create trigger _950_note_change after insert or update or delete on %s for each row '
        'execute function ttdb.tg__note_change(%L, %s)', relation, v_changes, (
            select pg_catalog.string_agg(pg_catalog.quote_literal(k.name), ', ')
            from pg_catalog.unnest(v_keys) as k (name)
        )
    );
    execute pg_catalog.format('alter table %s enable always trigger _950_note_change', relation);
    for v_piece in
        select t.relation
        from ttdb.tree_of(begin_copy.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _950_refuse_truncate before truncate on %s for each statement '
            'execute function ttdb.tg__note_change()', v_piece.relation
        );
    end loop;
end;
$function$;

comment on function ttdb.begin_copy(regclass, text, text[]) is
'Begins to copy a converted table''s rows into months, or into one partition: makes those, and notes what changes.';
revoke all on function ttdb.begin_copy(regclass, text, text[]) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'begin-copy') as outcome \gset
\echo engine_0007 begin-copy: :outcome
\endif
commit;

-- engine_0007, 14 of 16: copy-changes
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'copy-changes') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Copies again what changed since a converted table's rows began to be copied.
create or replace function ttdb.copy_changes(relation regclass, rows bigint) returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
-- A generic plan does not know that the notes of one batch are few.
set enable_hashjoin = off
set enable_mergejoin = off
as $function$
declare
    v_entry ttdb.converted_tables;
    v_columns pg_catalog.text;
    v_same pg_catalog.text;
    v_keys pg_catalog.text;
    v_changes pg_catalog.int8 [];
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = copy_changes.relation;
    execute pg_catalog.format(
        'select array(select c.change_id from %s as c order by c.change_id limit %s)', v_entry.changes, rows
    ) into v_changes;
    if pg_catalog.cardinality(v_changes) = 0 then
        return 0;
    end if;
    select pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_changes.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    select
        pg_catalog.string_agg(pg_catalog.format('t.%1$I = c.%1$I', a.attname), ' and '),
        pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ')
    into v_same, v_keys
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = any(i.indkey::pg_catalog.int2 [])
    where i.indrelid = copy_changes.relation and i.indisprimary;

    -- Each statement sees at least what the one before saw: what changes between them has a later note.
    execute pg_catalog.format(
        'delete from %s as t using %s as c where c.change_id = any($1) and %s', v_entry.staging, v_entry.changes, v_same
    ) using v_changes;
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %3$s from (select distinct %4$s from %5$s as c where c.change_id = any($1)) as c '
        'inner join %6$s as t on %7$s',
        v_entry.staging, pg_catalog.replace(v_columns, 't.', ''), v_columns, v_keys, v_entry.changes, relation, v_same
    ) using v_changes;
    execute pg_catalog.format('delete from %s as c where c.change_id = any($1)', v_entry.changes) using v_changes;
    return pg_catalog.cardinality(v_changes);
end;
$function$;

comment on function ttdb.copy_changes(regclass, bigint) is
'Copies the rows whose keys were noted, and takes out those that are no more; returns how many notes that were.';
revoke all on function ttdb.copy_changes(regclass, bigint) from public;
grant execute on function ttdb.copy_changes(regclass, bigint) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'copy-changes') as outcome \gset
\echo engine_0007 copy-changes: :outcome
\endif
commit;

-- engine_0007, 15 of 16: copy-rows
-- as ttdb_owner; lock: none on tables
begin;
select * from pg_temp.look('engine_0007', 'copy-rows') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Copies some rows of a converted table into the partitions that it is to have, or some of what changed since.
create or replace function ttdb.copy_rows(relation regclass, wanted text, rows bigint) returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
-- A generic plan does not know that the notes of one batch are few.
set enable_hashjoin = off
set enable_mergejoin = off
as $function$
declare
    v_entry ttdb.converted_tables;
    v_keys pg_catalog.text [];
    v_types pg_catalog.text [];
    v_list pg_catalog.text;
    v_columns pg_catalog.text;
    v_after pg_catalog.text := '';
    v_seen pg_catalog.int8;
    v_last pg_catalog.text [];
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = copy_rows.relation and c.wanted = copy_rows.wanted;
    if not found then
        return 0;
    end if;
    if v_entry.copied then
        return ttdb.copy_changes(relation, rows);
    end if;
    select
        pg_catalog.array_agg(a.attname order by c.place),
        pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by c.place),
        pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by c.place)
    into v_keys, v_types, v_list
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = copy_rows.relation and i.indisprimary;
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_rows.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    if v_entry.last_key is not null then
        select pg_catalog.format(
            'where (%s) > (%s)', v_list, pg_catalog.string_agg(
                pg_catalog.format('%L::%s', v_entry.last_key[k.place], v_types[k.place]), ', ' order by k.place
            )
        )
        into v_after
        from pg_catalog.generate_subscripts(v_keys, 1) as k (place);
    end if;
    -- A row that is changed after this has looked is noted, and copied again; so no row need be locked. Only its own key
    -- may stand there already: a value that is unique in the new partitions, and twice in the old, is an error.
    execute pg_catalog.format(
        'with batch as materialized (select t.* from %1$s as t %2$s order by %3$s limit %4$s), '
        'copied as (insert into %5$s (%6$s) select %6$s from batch on conflict (%7$s) do nothing) '
        'select (select pg_catalog.count(*) from batch), '
        '(select array[%8$s] from batch as t order by %9$s limit 1)',
        relation,
        v_after,
        v_list,
        rows,
        v_entry.staging,
        v_columns,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I::text', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I desc', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name))
    ) into v_seen, v_last;
    update ttdb.converted_tables as c
    set
        last_key = coalesce(v_last, c.last_key),
        copied = v_seen < rows
    where c.relation = copy_rows.relation;
    -- What changed meanwhile is still to be copied: there is more to do.
    return rows;
end;
$function$;

comment on function ttdb.copy_rows(regclass, text, bigint) is
'Copies the next rows of a converted table, then what changed since; returns how many, fewer than asked at the end.';
revoke all on function ttdb.copy_rows(regclass, text, bigint) from public;
grant execute on function ttdb.copy_rows(regclass, text, bigint) to ttdb_operator;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'copy-rows') as outcome \gset
\echo engine_0007 copy-rows: :outcome
\endif
commit;

-- engine_0007, 16 of 16: finish-copy
-- as ttdb_owner; lock: ACCESS EXCLUSIVE, for a moment
begin;
select * from pg_temp.look('engine_0007', 'finish-copy') \gset
\if :to_run
set local role ttdb_owner;
set local row_security = off;
-- Puts the partitions that were filled in the place of the old ones.
create or replace function ttdb.finish_copy(relation regclass, wanted text, retention interval default null)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
set row_security = on
set timezone = utc
set datestyle = iso
as $function$
declare
    v_entry ttdb.converted_tables;
    v_forced pg_catalog.bool;
    v_old pg_catalog.regclass [];
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = finish_copy.relation and c.wanted = finish_copy.wanted;
    if not found then
        return;
    end if;
    if not v_entry.copied then
        raise exception 'rows of % are not all copied', relation
            using errcode = 'TTCNV', hint = 'Run ttdb.copy_rows() until it returns fewer than it was asked for.';
    end if;
    -- From here on nobody changes a row, and nobody reads one.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    -- Who looks with an older snapshot would find the new partitions without the rows that came to them since: the
    -- locks say nothing of him before he reads this table. Whose snapshots a login may not see, it cannot wait for.
    if exists (
        select
        from pg_catalog.pg_stat_activity as a
        where a.datname = pg_catalog.current_database()
            and a.pid <> pg_catalog.pg_backend_pid()
            and a.backend_xmin is not null
            and a.state like 'idle in transaction%'
    ) then
        raise exception 'a repeatable read transaction or an open cursor would miss rows of %', relation
            using errcode = 'lock_not_available', hint = 'Wait for it to end.';
    end if;
    select c.relrowsecurity and c.relforcerowsecurity
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid = finish_copy.relation;
    if v_forced then
        execute pg_catalog.format('alter table %s no force row level security', relation);
    end if;
    while ttdb.copy_changes(relation, 10000) > 0 loop
    end loop;
    if v_forced then
        execute pg_catalog.format('alter table %s force row level security', relation);
    end if;

    perform ttdb.stop_noting(relation);
    select pg_catalog.array_agg(i.inhrelid::pg_catalog.regclass)
    into v_old
    from pg_catalog.pg_inherits as i
    where i.inhparent = finish_copy.relation;
    foreach v_leaf in array v_old loop
        execute pg_catalog.format('alter table %s detach partition %s', relation, v_leaf);
    end loop;
    for v_piece in
        select
            c.oid::pg_catalog.regclass as leaf,
            c.relname,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = v_entry.staging
        order by 3 desc -- DEFAULT last
    loop
        execute pg_catalog.format('alter table %s detach partition %s', v_entry.staging, v_piece.leaf);
        execute pg_catalog.format('alter table %s attach partition %s %s', relation, v_piece.leaf, v_piece.bound);
        execute pg_catalog.format(
            'alter table %s drop constraint if exists %I', v_piece.leaf, v_piece.relname || '_bound'
        );
    end loop;
    execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    update ttdb.converted_tables as c
    set
        arrangement = finish_copy.wanted,
        wanted = null,
        staging = null,
        changes = null,
        last_key = null,
        old_leaves = v_old
    where c.relation = finish_copy.relation;
    if finish_copy.wanted = 'months' then
        perform ttdb.partition_by_month(relation, retention, v_entry.storage);
    else
        delete from ttdb.partitioned_tables as p where p.relation = finish_copy.relation;
    end if;
end;
$function$;

comment on function ttdb.finish_copy(regclass, text, interval) is
'Copies what was changed last, and puts the new partitions in the place of the old ones, in one moment for everybody.';
revoke all on function ttdb.finish_copy(regclass, text, interval) from public;

\endif
\if :to_record
select pg_temp.record('engine_0007', 'finish-copy') as outcome \gset
\echo engine_0007 finish-copy: :outcome
\endif
commit;

select pg_temp.reached('engine_0007', array['engine_0001', 'engine_0002', 'engine_0003', 'engine_0004', 'engine_0005', 'engine_0006']::text[], array[]::text[]) as reached \gset

-- The months to come of the tables that are kept in months, one transaction each; none is missing for long: run
-- ttdb partitions ensure every week.
select pg_catalog.to_regprocedure('ttdb.ensure_partition(regclass, date)') is not null as keeps_months \gset
\if :keeps_months
    set role ttdb_operator;
    select pg_catalog.format('select ttdb.ensure_partition(%L::regclass, %L)', p.relation, m.month::date)
    from ttdb.partitioned_tables as p
    cross join lateral pg_catalog.generate_series(
        pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC'),
        pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') + '3 months'::interval,
        '1 month'
    ) as m (month)
    order by p.relation::oid, m.month \gexec
    set role ttdb_owner;
\endif
\o

select
    pg_catalog.count(*) filter (where s.outcome = 'done') as done,
    pg_catalog.count(*) filter (where s.outcome = 'found') as found,
    pg_catalog.count(*) filter (where s.outcome is null) as recorded
from pg_temp.steps as s \gset
\echo :done steps done, :found found, :recorded recorded before.
\echo Next: psql -X -f sql/validate_security.sql
