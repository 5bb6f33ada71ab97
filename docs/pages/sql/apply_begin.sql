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
    from pg_catalog.unnest({roles}) as r (name)
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
    if not pg_catalog.pg_try_advisory_lock({lock}) then
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

-- Of definitions, those that are managed, or those that are not, as a step that has begun notes them.
create function pg_temp.noted(definitions jsonb, managed boolean) returns jsonb
language plpgsql
as $function$
begin
    return (
        select coalesce(pg_catalog.jsonb_agg(d.key::jsonb || pg_catalog.jsonb_build_array(d.value)), '[]')
        from pg_catalog.jsonb_each(noted.definitions) as d
        where noted.managed = exists (
            select
            from ttdb.managed_objects as m
            where m.kind = d.key::jsonb ->> 0 and m.identity = d.key::jsonb ->> 1
        )
    );
end;
$function$;

-- The definitions before a step that was killed, of those that are found now. What is managed is as it is: where it
-- differs, that is drift. The rest is what was noted, or all where it was being undone. Where nothing was noted, it was an
-- earlier ttdb: if on the way back, what the step had made is managed.
create function pg_temp.stood_before(revision text, step text, standing jsonb) returns jsonb
language plpgsql
as $function$
declare
    v_state constant jsonb := (
        select l.progress
        from ttdb.ledger as l
        where l.revision = stood_before.revision and l.step = stood_before.step
    );
    v_noted constant jsonb := v_state -> 'before';
    v_known constant jsonb := pg_temp.noted(standing, true);
begin
    if coalesce(v_state ? 'undoing', false) or v_noted is null and exists (
        select
        from ttdb.managed_objects as m
        where m.revision = stood_before.revision and m.step = stood_before.step
            and not pg_catalog.starts_with(m.kind, 'found ')
    ) then
        return standing;
    end if;
    return (
        select
            coalesce(
                pg_catalog.jsonb_object_agg(pg_catalog.jsonb_build_array(n.item -> 0, n.item -> 1)::text, n.item -> 2),
                '{}'
            )
        from pg_catalog.jsonb_array_elements(coalesce(v_noted, '[]') || v_known) as n (item)
    );
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
        v_step.before := pg_temp.stood_before(look.revision, look.step, v_step.before);
    elsif v_step.piecewise and to_run and pg_catalog.to_regclass('ttdb.ledger') is not null then
        insert into ttdb.ledger (revision, step, outcome, replaced, digest, progress)
        values (
            look.revision,
            look.step,
            'begun',
            v_step.restores,
            v_step.digest,
            pg_catalog.jsonb_build_object('before', pg_temp.noted(v_step.before, false))
        );
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
            set
                outcome = excluded.outcome,
                digest = excluded.digest,
                progress = nullif(l.progress - 'before' - 'undoing', '{}'),
                recorded_at = pg_catalog.clock_timestamp();
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
set lock_timeout = '{timeout}';
