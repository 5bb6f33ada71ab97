"""One step at a time: what is found stays, what is done is undone, what is refused leaves nothing."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from support.databases import connect

from ttdb.errors import LockNotObtained, StepFailed
from ttdb.migrate import ledger
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import Quarantine, Repair, backfill, check, index
from ttdb.migrate.steps.constraint import Choice
from ttdb.model.migration import Event
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

REVISION = "test_0001"
NOTES = Step(
    name="notes",
    up=("create table public.notes (id int primary key, body text)",),
    down=("drop table public.notes",),
    holds="select to_regclass('public.notes') is not null",
    relations=("public.notes",),
)
ANSWER = Step(
    name="answer",
    up=("create or replace function public.answer() returns int language sql return 42",),
    down=("drop function public.answer()",),
    holds="select to_regprocedure('public.answer()') is not null",
    replaced="select pg_get_functiondef(to_regprocedure('public.answer()'))",
    always=True,
)


@pytest.fixture
def owner(engine_url: Url) -> Iterator[Connection]:
    with connect(engine_url) as connection:
        connection.execute("set search_path = ''")
        connection.execute("set role ttdb_owner")
        yield connection


def runner(connection: Connection, events: list[Event] | None = None, attempts: int = 3) -> Runner:
    heard = events if events is not None else []
    return Runner(connection, Courtesy(lock_timeout="50ms", attempts=attempts), heard.append)


def outcomes(events: list[Event]) -> list[object]:
    return [event.facts["outcome"] for event in events if event.kind == "step"]


def test_done_step_is_recorded_managed_and_undone(owner: Connection) -> None:
    events: list[Event] = []
    runner(owner, events).up(REVISION, [NOTES])
    managed = owner.execute("select identity from ttdb.managed_objects where revision = %s", (REVISION,)).fetchall()
    runner(owner, events).down(REVISION, [NOTES])

    assert outcomes(events) == ["done", "undone"]
    assert ("public.notes.body",) in managed
    assert owner.execute("select to_regclass('public.notes')").fetchone() == (None,)
    assert owner.execute(
        "select count(*) from ttdb.managed_objects where identity like 'public.notes%'"
    ).fetchone() == (0,)


PROTECTED = Step(
    name="protected",
    up=("drop trigger touch on public.notes", "create policy own on public.notes using (id > 0)"),
    down=(
        "drop policy own on public.notes",
        "create trigger touch before update on public.notes for each row execute function public.touch()",
    ),
    holds="select exists (select from pg_policy where polname = 'own')",
    relations=("public.notes",),
)
WIDENED = Step(
    name="widened",
    up=("alter policy own on public.notes using (true)",),
    down=("alter policy own on public.notes using (id > 0)",),
    holds="select exists (select from pg_policy where polname = 'own' and pg_get_expr(polqual, polrelid) = 'true')",
    relations=("public.notes",),
)


@pytest.fixture
def standing(owner: Connection) -> None:
    owner.execute("create table public.notes (id int primary key, body text)")
    owner.execute("create function public.touch() returns trigger language plpgsql as 'begin return new; end'")
    owner.execute("create trigger touch before update on public.notes for each row execute function public.touch()")


def kept(owner: Connection) -> dict[tuple[str, str], str]:
    rows = owner.execute("select kind, identity, definition from ttdb.managed_objects where identity ~ '^public.notes'")
    return {(kind, identity): definition for kind, identity, definition in rows}


@pytest.mark.usefixtures("standing")
def test_what_came_after_the_way_back_is_found_by_the_next_way_up(owner: Connection) -> None:
    runner(owner).up(REVISION, [PROTECTED])
    runner(owner).down(REVISION, [PROTECTED])
    owner.execute("create trigger later before update on public.notes for each row execute function public.touch()")
    runner(owner).up(REVISION, [PROTECTED])

    assert ("found trigger", "public.notes.later") in kept(owner)


@pytest.mark.usefixtures("standing")
def test_way_back_of_a_later_step_manages_what_the_one_before_made(owner: Connection) -> None:
    runner(owner).up(REVISION, [PROTECTED])
    made = kept(owner)
    runner(owner).up("test_0002", [WIDENED])
    runner(owner).down("test_0002", [WIDENED])

    assert kept(owner)["policy", "public.notes.own"] == made["policy", "public.notes.own"]


def test_found_step_is_left_in_place_by_the_way_back(owner: Connection) -> None:
    events: list[Event] = []
    owner.execute("create table public.notes (id int primary key, body text)")
    runner(owner, events).up(REVISION, [NOTES])
    runner(owner, events).down(REVISION, [NOTES])

    assert outcomes(events) == ["found", "kept"]
    assert owner.execute("select to_regclass('public.notes')::text").fetchone() == ("public.notes",)
    assert ledger.read(owner).get((REVISION, "notes")) is None


def test_replaced_definition_comes_back(owner: Connection) -> None:
    owner.execute("create function public.answer() returns int language sql return 41")
    runner(owner).up(REVISION, [ANSWER])
    assert owner.execute("select public.answer()").fetchone() == (42,)

    runner(owner).down(REVISION, [ANSWER])

    assert owner.execute("select public.answer()").fetchone() == (41,)


def test_recorded_step_is_not_run_again(owner: Connection) -> None:
    events: list[Event] = []
    runner(owner).up(REVISION, [NOTES])
    runner(owner, events).up(REVISION, [NOTES])

    assert outcomes(events) == []


def test_step_that_breaks_its_promise_leaves_nothing(owner: Connection) -> None:
    liar = Step(name="liar", up=NOTES.up, down=NOTES.down, holds="select false")

    with pytest.raises(StepFailed, match="what it promises does not hold"):
        runner(owner).up(REVISION, [liar])

    assert owner.execute("select to_regclass('public.notes')").fetchone() == (None,)
    assert ledger.read(owner).get((REVISION, "liar")) is None


@pytest.mark.parametrize(
    ("up", "holds", "said"),
    [
        ("create table public.notes (id int references public.nowhere)", NOTES.holds, "public.nowhere. does not exist"),
        (NOTES.up[0], "select exists (select from public.nowhere)", "what it promises does not hold"),
    ],
)
def test_what_is_missing_is_told_of_the_statement_or_of_the_promise(
    owner: Connection, up: str, holds: str, said: str
) -> None:
    step = replace(NOTES, up=(up,), holds=holds)
    with pytest.raises(StepFailed, match=said):
        runner(owner).up(REVISION, [step])

    assert owner.execute("select to_regclass('public.notes')").fetchone() == (None,)
    assert owner.info.transaction_status is TransactionStatus.IDLE
    assert ledger.read(owner).get((REVISION, step.name)) is None


def test_statement_may_end_in_a_comment(owner: Connection) -> None:
    step = replace(NOTES, up=(f"{NOTES.up[0]}; -- the last word", "select 1 -- nothing"), holds=f"{NOTES.holds} -- so")
    events: list[Event] = []
    runner(owner, events).up(REVISION, [step])

    assert outcomes(events) == ["done"]


def test_refused_sql_names_step_and_reason(owner: Connection) -> None:
    wrong = Step(name="wrong", up=("select 1/0",), down=("select 1",), holds="select false")

    with pytest.raises(StepFailed) as caught:
        runner(owner).up(REVISION, [wrong])

    assert caught.value.message == "step wrong of test_0001 failed: division by zero"


def test_step_waits_out_a_lock_and_the_application_never_waits_long(owner: Connection, engine_url: Url) -> None:
    events: list[Event] = []
    column = Step(
        name="column",
        up=("alter table public.notes add column extra int",),
        down=("alter table public.notes drop column extra",),
        holds="select count(*) = 1 from pg_attribute"
        " where attrelid = to_regclass('public.notes') and attname = 'extra'",
    )
    runner(owner).up(REVISION, [NOTES])
    with connect(engine_url, autocommit=False) as reporter:
        reporter.execute("select * from public.notes")
        worker = threading.Thread(target=runner(owner, events, attempts=30).up, args=(REVISION, [NOTES, column]))
        worker.start()
        _read_while_the_step_steps_back(engine_url, events)
    worker.join(30)

    assert outcomes(events) == ["done"]
    assert sum(event.kind == "retry" for event in events) >= 2
    assert "idle in transaction" in str(events[0].facts["blockers"])


def _read_while_the_step_steps_back(url: Url, events: list[Event]) -> None:
    """Read while the report is still open: behind a step that queued for ever, no read would come back."""
    deadline = time.monotonic() + 30
    with connect(url) as application:
        application.execute("set statement_timeout = '10s'")
        while sum(event.kind == "retry" for event in events) < 2:
            assert time.monotonic() < deadline, "the step never stepped back"
            application.execute("select * from public.notes")


def test_lock_that_never_comes_is_given_up_naming_who_holds_it(owner: Connection, engine_url: Url) -> None:
    drop = Step(name="drop", up=("drop table public.notes",), down=("select 1",), holds="select false")
    runner(owner).up(REVISION, [NOTES])
    with connect(engine_url, autocommit=False) as reporter:
        reporter.execute("select * from public.notes")
        with pytest.raises(LockNotObtained) as caught:
            runner(owner).up(REVISION, [NOTES, drop])
        assert caught.value.message == "step drop of test_0001 got no lock in 3 attempts"
        assert f"pid {reporter.info.backend_pid}" in str(caught.value.hint)


def test_invalid_index_left_by_a_killed_build_is_built_again(owner: Connection) -> None:
    runner(owner).up(REVISION, [NOTES])
    owner.execute("insert into public.notes values (1, 'same'), (2, 'same')")
    step = index("notes_body_idx", "public.notes", "(body)", comment="test", unique=True)
    with pytest.raises(StepFailed, match="could not create unique index"):
        runner(owner).up(REVISION, [step])
    owner.execute("delete from public.notes where id = 2")

    runner(owner).up(REVISION, [step])

    valid = owner.execute(
        "select indisvalid from pg_catalog.pg_index where indexrelid = 'public.notes_body_idx'::regclass"
    )
    assert valid.fetchone() == (True,)


def test_session_is_the_owner_with_its_own_lock_timeout_after_a_concurrent_step(owner: Connection) -> None:
    runner(owner).up(REVISION, [NOTES, index("notes_body_idx", "public.notes", "(body)", comment="test")])

    assert owner.execute("select current_user, current_setting('lock_timeout')").fetchone() == ("ttdb_owner", "50ms")


def test_dead_connection_is_said_in_plain_words(owner: Connection, engine_url: Url) -> None:
    slow = Step(name="slow", up=("select pg_catalog.pg_sleep(20)",), down=("select 1",), holds="select false")

    def cut() -> None:
        time.sleep(0.3)
        with connect(engine_url) as admin:
            admin.execute("select pg_catalog.pg_terminate_backend(%s)", (owner.info.backend_pid,))

    worker = threading.Thread(target=cut)
    worker.start()
    with pytest.raises(Exception, match="step slow of test_0001") as caught:
        runner(owner).up(REVISION, [slow])
    worker.join()

    assert not isinstance(caught.value, psycopg.Error)


def managed(connection: Connection) -> set[str]:
    """Return what the record has of this revision's own."""
    rows = connection.execute(
        "select identity from ttdb.managed_objects where revision = %s and not pg_catalog.starts_with(kind, 'found ')",
        (REVISION,),
    )
    return {identity for (identity,) in rows}


def serve(owner: Connection) -> None:
    """Have a service's table stand, with an index and a trigger of its own, and rows that stop a step in the middle."""
    owner.execute("create table public.notes (id int primary key, body text, size int)")
    owner.execute("create index notes_own_idx on public.notes (id, body)")
    owner.execute(
        "create trigger own before update on public.notes for each row"
        " execute function pg_catalog.suppress_redundant_updates_trigger()"
    )
    owner.execute("insert into public.notes values (1, 'same'), (0, 'same')")


BODY_INDEX = index("notes_body_idx", "public.notes", "(body)", comment="test", unique=True)


@pytest.mark.parametrize(
    ("step", "own"),
    [
        (BODY_INDEX, {"public.notes_body_idx"}),
        (backfill("public.notes", set="size = 12 / t.id", where="t.size is null"), set()),
    ],
    ids=["index", "backfill"],
)
def test_what_stood_before_a_step_that_was_killed_is_not_taken_for_its_own(
    owner: Connection, step: Step, own: set[str]
) -> None:
    serve(owner)
    with pytest.raises(StepFailed):
        runner(owner).up(REVISION, [step])
    owner.execute("delete from public.notes where id = 0")

    runner(owner).up(REVISION, [step])

    assert managed(owner) == own
    assert "before" not in (ledger.progress(owner, REVISION, step.name) or {})
    assert owner.execute(
        "select identity from ttdb.managed_objects where kind = 'found trigger' and revision = %s", (REVISION,)
    ).fetchall() == [("public.notes.own",)]


def test_what_stands_where_a_way_back_was_killed_is_not_taken_for_its_own(owner: Connection) -> None:
    serve(owner)
    owner.execute("delete from public.notes where id = 0")
    runner(owner).up(REVISION, [BODY_INDEX])
    with pytest.raises(StepFailed):
        runner(owner).down(REVISION, [replace(BODY_INDEX, down=(*BODY_INDEX.down, "select 1 / 0"))])
    assert owner.execute("select pg_catalog.to_regclass('public.notes_body_idx')").fetchone() == (None,)

    runner(owner).up(REVISION, [BODY_INDEX])

    assert managed(owner) == {"public.notes_body_idx"}


def test_what_stands_where_a_way_back_was_killed_of_what_a_later_step_took_over_is_not_taken(owner: Connection) -> None:
    serve(owner)
    owner.execute("delete from public.notes where id = 0")
    runner(owner).up(REVISION, [BODY_INDEX])
    owner.execute("update ttdb.managed_objects set step = 'later' where identity = 'public.notes_body_idx'")
    with pytest.raises(StepFailed):
        runner(owner).down(REVISION, [replace(BODY_INDEX, down=(*BODY_INDEX.down, "select 1 / 0"))])

    runner(owner).up(REVISION, [BODY_INDEX])

    assert managed(owner) == {"public.notes_body_idx"}
    assert "before" not in (ledger.progress(owner, REVISION, BODY_INDEX.name) or {})


def test_what_came_after_a_way_back_was_killed_is_not_taken_for_its_own(owner: Connection) -> None:
    serve(owner)
    owner.execute("delete from public.notes where id = 0")
    runner(owner).up(REVISION, [BODY_INDEX])
    with pytest.raises(StepFailed):
        runner(owner).down(REVISION, [replace(BODY_INDEX, down=(*BODY_INDEX.down, "select 1 / 0"))])
    owner.execute("create index notes_later_idx on public.notes (size)")
    owner.execute("insert into public.notes values (0, 'same')")
    with pytest.raises(StepFailed):
        runner(owner).up(REVISION, [BODY_INDEX])
    owner.execute("delete from public.notes where id = 0")

    runner(owner).up(REVISION, [BODY_INDEX])

    assert managed(owner) == {"public.notes_body_idx"}
    assert not ledger.progress(owner, REVISION, BODY_INDEX.name)


def test_what_a_kill_left_of_a_step_that_is_applied_again_is_managed(owner: Connection) -> None:
    serve(owner)
    owner.execute("delete from public.notes where id = 0")
    step = replace(BODY_INDEX, remade_for="later")
    runner(owner).up(REVISION, [step])
    owner.execute("drop index public.notes_body_idx")
    owner.execute("delete from ttdb.managed_objects where identity = 'public.notes_body_idx'")  # as who used it up does
    with pytest.raises(StepFailed):
        runner(owner).up(REVISION, [replace(step, up=(*step.up, "select 1 / 0"))])
    assert owner.execute("select pg_catalog.to_regclass('public.notes_body_idx') is not null").fetchone() == (True,)

    runner(owner).up(REVISION, [step])

    assert managed(owner) == {"public.notes_body_idx"}


def test_index_of_a_recorded_step_is_not_forgotten_where_a_table_was_left(owner: Connection) -> None:
    serve(owner)
    owner.execute("delete from public.notes where id = 0")
    owner.execute("drop trigger own on public.notes")  # else the table has a line of the step's beside the index
    runner(owner).up(REVISION, [BODY_INDEX])

    ledger.write(owner, [ledger.forget_left(["public.notes"])])

    assert managed(owner) == {"public.notes_body_idx"}


def test_constraint_that_somebody_dropped_stands_again_before_it_is_validated(owner: Connection) -> None:
    steps = [NOTES, *check("public.notes", "notes_body_must_be_short", "length(body) < 9", comment="too long")]
    runner(owner).up(REVISION, steps)
    runner(owner).down(REVISION, steps[-1:])
    owner.execute("alter table public.notes drop constraint notes_body_must_be_short")

    runner(owner).up(REVISION, steps)

    validated = "select convalidated from pg_constraint where conname = 'notes_body_must_be_short'"
    assert owner.execute(validated).fetchone() == (True,)


def test_who_keeps_an_upgrade_from_looking_whether_a_constraint_stands_is_named(
    owner: Connection, engine_url: Url
) -> None:
    steps = [NOTES, *check("public.notes", "notes_body_must_be_short", "length(body) < 9", comment="too long")]
    runner(owner).up(REVISION, steps)
    runner(owner).down(REVISION, steps[-1:])
    events: list[Event] = []

    with connect(engine_url) as other:
        other.execute("begin; lock table public.notes in access exclusive mode")
        with pytest.raises(LockNotObtained, match="constraint-notes-body-must-be-short"):
            runner(owner, events).up(REVISION, steps)

    assert [event.kind for event in events] == ["retry", "retry"]


def test_way_back_passes_by_a_constraint_that_somebody_dropped(owner: Connection) -> None:
    steps = [NOTES, *check("public.notes", "notes_body_must_be_short", "length(body) < 9", comment="too long")]
    runner(owner).up(REVISION, steps)
    owner.execute("alter table public.notes drop constraint notes_body_must_be_short")

    runner(owner).down(REVISION, steps)

    assert owner.execute("select pg_catalog.to_regclass('public.notes')").fetchone() == (None,)
    assert ledger.read(owner).keys().isdisjoint({(REVISION, step.name) for step in steps})


_ASIDE = [
    pytest.param(Quarantine(), "public.notes_quarantine", id="quarantine"),
    pytest.param(Repair("short", set="body = 'short'", undone=True), "ttdb.public_notes_repaired", id="repair"),
]


@pytest.mark.parametrize(("otherwise", "aside"), _ASIDE)
def test_way_back_passes_by_a_table_aside_that_somebody_dropped(
    owner: Connection, otherwise: Choice, aside: str
) -> None:
    rule = check("public.notes", "notes_body_short", "length(body) < 9", comment="too long", otherwise=otherwise)
    runner(owner).up(REVISION, [NOTES, *rule])
    owner.execute(f"drop table {aside}")

    runner(owner).down(REVISION, [NOTES, *rule])

    assert owner.execute("select pg_catalog.to_regclass('public.notes')").fetchone() == (None,)


@pytest.mark.parametrize(("otherwise", "aside"), _ASIDE)
def test_table_aside_that_somebody_dropped_stands_again_before_rows_are_put_there(
    owner: Connection, otherwise: Choice, aside: str
) -> None:
    rule = check("public.notes", "notes_body_short", "length(body) < 9", comment="too long", otherwise=otherwise)
    runner(owner).up(REVISION, [NOTES, *rule])
    runner(owner).down(REVISION, rule[-3:])
    owner.execute(f"drop table {aside}")
    owner.execute("insert into public.notes values (1, 'longer than that')")

    runner(owner).up(REVISION, [NOTES, *rule])

    kept = owner.execute("select pg_catalog.to_regclass(%s) is not null", (aside,)).fetchone()
    assert kept == (True,)
    assert owner.execute("select from public.notes where length(body) > 9").fetchall() == []


def test_what_an_earlier_ttdb_had_begun_and_noted_nothing_of_is_managed(owner: Connection) -> None:
    serve(owner)
    with pytest.raises(StepFailed):
        runner(owner).up(REVISION, [BODY_INDEX])
    owner.execute("update ttdb.ledger set progress = null where revision = %s", (REVISION,))
    owner.execute("delete from public.notes where id = 0")

    runner(owner).up(REVISION, [BODY_INDEX])

    assert "public.notes_body_idx" in managed(owner)


def test_what_an_attempt_had_made_when_a_deadlock_ended_it_is_done_and_managed(owner: Connection) -> None:
    serve(owner)
    owner.execute("create sequence public.attempts")
    deadlock = "do $$ begin if nextval('public.attempts') = 1 then raise deadlock_detected; end if; end; $$"
    step = Step(
        name="index",
        up=("create index if not exists notes_size_idx on public.notes (size)", deadlock),
        down=("drop index public.notes_size_idx",),
        holds="select to_regclass('public.notes_size_idx') is not null",
        relations=("public.notes",),
        transaction=False,
    )
    events: list[Event] = []

    runner(owner, events).up(REVISION, [step])

    assert [event.kind for event in events] == ["retry", "step"]
    assert outcomes(events) == ["done"]
    assert managed(owner) == {"public.notes_size_idx"}
