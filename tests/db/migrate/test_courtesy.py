"""A step looks before it queues, holds its locks no longer than others bear, and ends nobody unless asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import LiteralString

import psycopg
import pytest
from support.databases import connect, fresh_login

from ttdb.errors import LockNotObtained
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import index
from ttdb.migrate.watch import watching
from ttdb.model.migration import Event
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

REVISION = "test_0001"
COLUMN = Step(
    name="column",
    up=("alter table public.notes add column extra int",),
    down=("alter table public.notes drop column extra",),
    holds="select exists (select from pg_catalog.pg_attribute"
    " where attrelid = to_regclass('public.notes') and attname = 'extra')",
    relations=("public.notes",),
)
SLOW = replace(COLUMN, name="slow", up=(*COLUMN.up, "select pg_catalog.pg_sleep(1.5)"))


@pytest.fixture
def owner(engine_url: Url) -> Iterator[Connection]:
    with connect(engine_url) as connection:
        connection.execute("set search_path = ''")
        connection.execute("set role ttdb_owner")
        connection.execute("create table public.notes (id int primary key, body text)")
        connection.execute("grant select on public.notes to ttdb_app")
        yield connection


@contextmanager
def open_transaction(url: Url, seconds: float) -> Iterator[threading.Thread]:
    """Sit idle in a transaction that has read the table, as a report does."""
    ready = threading.Event()

    def sit() -> None:
        with connect(url, autocommit=False) as report:
            report.execute("select * from public.notes where body = 'a secret'")
            ready.set()
            time.sleep(seconds)

    thread = threading.Thread(target=sit)
    thread.start()
    ready.wait(10)
    yield thread
    thread.join()


@contextmanager
def reading(url: Url) -> Iterator[list[float]]:
    """Read all the time, as an application does; yields how long each read took, in seconds."""
    took: list[float] = []
    stop = threading.Event()

    def read() -> None:
        with connect(url) as application:
            while not stop.is_set():
                started = time.monotonic()
                application.execute("select id from public.notes", prepare=False)
                took.append(time.monotonic() - started)
                time.sleep(0.005)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join()


def ran(connection: Connection, courtesy: Courtesy, *steps: Step) -> list[Event]:
    events: list[Event] = []
    Runner(connection, courtesy, events.append).up(REVISION, steps)
    return events


def reasons(events: list[Event]) -> set[object]:
    return {event.facts["why"] for event in events if event.kind == "retry"}


def test_step_does_not_queue_behind_a_report_that_it_names_without_values(owner: Connection, engine_url: Url) -> None:
    with open_transaction(engine_url, 1.5):
        time.sleep(0.1)  # until it is older than those that end in a moment
        events = ran(owner, Courtesy(), COLUMN)

    assert reasons(events) == {"open"}  # it never came to queue, where others would have queued behind it
    assert "where body = ?" in str(events[0].facts["blockers"])
    assert "secret" not in str([event.facts for event in events])


def test_step_that_looks_at_rows_for_long_waits_for_who_came_meanwhile(owner: Connection, engine_url: Url) -> None:
    looking = replace(
        COLUMN, offenders="select n.id::text from public.notes as n, pg_catalog.pg_sleep(1) as s where n.body = 'bad'"
    )
    owner.execute("insert into public.notes values (1, 'good')")

    def report() -> None:
        time.sleep(0.5)  # the step has looked whether anybody is there, and looks at rows now
        with open_transaction(engine_url, 1.5):
            pass

    later = threading.Thread(target=report)
    later.start()
    with reading(engine_url) as took:
        events = ran(owner, Courtesy(attempts=1), looking)
    later.join()

    assert [event.kind for event in events] == ["step"]
    assert max(took) < 1  # nobody waited behind the step while the report was there


def test_autovacuum_gives_way_to_a_step_that_queues_for_less_than_it_takes(owner: Connection, engine_url: Url) -> None:
    with vacuumed_slowly(owner, engine_url), reading(engine_url) as took:
        events = ran(owner, Courtesy(attempts=3), COLUMN)  # it may come again at once, but not each time

    assert events[-1].kind == "step"
    assert max(took) < 1


@contextmanager
def vacuumed_slowly(owner: Connection, url: Url) -> Iterator[None]:
    """Let autovacuum be at work on the table, for a minute at least."""
    owner.execute("insert into public.notes select n, repeat('x', 500) from generate_series(1, 20000) as n")
    owner.execute("delete from public.notes where id % 2 = 0")
    with connect(url) as admin:
        admin.execute("alter system set autovacuum_naptime = '1s'")
        try:
            admin.execute("select pg_reload_conf()")
            owner.execute(
                "alter table public.notes set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,"
                " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"
            )
            at_work = "select exists (select from pg_stat_progress_vacuum where relid = 'public.notes'::regclass)"
            eventually(lambda: bool(scalar(admin, at_work)), within=60)
        finally:
            admin.execute("alter system reset autovacuum_naptime")
            admin.execute("select pg_reload_conf()")
    yield


def eventually(holds: Callable[[], bool], within: float) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.1)


@pytest.mark.usefixtures("owner")
def test_step_that_may_not_see_who_is_old_knows_it_by_looking_twice(engine_url: Url) -> None:
    with fresh_login(engine_url, member_of=("ttdb_owner",)) as (login, password):
        plain = engine_url.with_parts(user=login, password=password)
        with psycopg.connect(plain.conninfo, autocommit=True) as connection:
            connection.execute("set search_path = ''; set role ttdb_owner")
            with open_transaction(engine_url, 1.5):
                events = ran(connection, Courtesy(), COLUMN)

    assert reasons(events) == {"open"}
    assert str(events[0].facts["blockers"]).startswith("['pid ")


def test_short_transactions_do_not_keep_a_step_waiting(owner: Connection, engine_url: Url) -> None:
    with reading(engine_url):
        events = ran(owner, Courtesy(), COLUMN)

    assert [event.facts["outcome"] for event in events if event.kind == "step"] == ["done"]


def test_step_behind_which_others_wait_rolls_back_and_is_given_up(owner: Connection, engine_url: Url) -> None:
    with watching(engine_url, owner, 0.2) as watch, reading(engine_url) as took:
        with pytest.raises(LockNotObtained, match="others waited longer than 200 ms for step slow of test_0001"):
            ran(owner, Courtesy(attempts=2, watch=watch), SLOW)

        assert owner.execute(COLUMN.holds).fetchone() == (False,)
    assert max(took) < 1.4  # the step would have taken longer


def test_step_for_which_nobody_waits_takes_as_long_as_it_needs(owner: Connection, engine_url: Url) -> None:
    with watching(engine_url, owner, 0.2) as watch:
        events = ran(owner, Courtesy(attempts=1, watch=watch), SLOW)
        owner.execute("select 1")  # nothing is cancelled after it

    assert [event.facts["outcome"] for event in events] == ["done"]


def test_transaction_in_the_way_is_ended_only_where_that_was_asked_for_and_only_when_it_is_old(
    owner: Connection, engine_url: Url
) -> None:
    with connect(engine_url, autocommit=False) as report:
        report.execute("select * from public.notes")
        with pytest.raises(LockNotObtained):
            ran(owner, Courtesy(attempts=2), COLUMN)
        with pytest.raises(LockNotObtained):
            ran(owner, Courtesy(attempts=2, terminate_after_s=3600), COLUMN)
        report.execute("select 1")  # it lives

        events = ran(owner, Courtesy(terminate_after_s=0.1), COLUMN)

        with pytest.raises(psycopg.errors.AdminShutdown):
            report.execute("select 1")
    assert [event.kind for event in events] == ["retry", "terminated", "step"]


def test_concurrent_build_says_whom_it_waits_for_and_lets_others_read_and_write(
    owner: Connection, engine_url: Url
) -> None:
    with connect(engine_url) as old:
        pid = old.info.backend_pid
        old.execute("begin isolation level repeatable read")
        old.execute("select 1")
        time.sleep(1.1)
        done = _in_background(lambda: old.execute("commit"), after=1.0)
        with reading(engine_url) as took:
            events = ran(
                owner, Courtesy(lock_timeout="50ms"), index("notes_body_idx", "public.notes", "(body)", comment="test")
            )
        done.join()

    assert [event.kind for event in events] == ["waiting", "step"]
    assert f"pid {pid}" in str(events[0].facts["blockers"])
    assert took


@pytest.mark.parametrize(
    "holds", ["lock table public.notes in share update exclusive mode", "delete from public.notes"]
)
def test_concurrent_build_says_whose_lock_it_waits_for_where_nobody_has_an_old_snapshot(
    owner: Connection, engine_url: Url, holds: LiteralString
) -> None:
    """What has no lock_timeout would else wait without a word."""
    with connect(engine_url, autocommit=False) as holder:
        pid = holder.info.backend_pid
        holder.execute(holds)
        time.sleep(1.1)
        done = _in_background(holder.rollback, after=0.5)
        events = ran(owner, Courtesy(), index("notes_body_idx", "public.notes", "(body)", comment="test"))
        done.join()

    assert [event.kind for event in events] == ["waiting", "step"]
    assert f"pid {pid}" in str(events[0].facts["blockers"])


def _in_background(action: Callable[[], object], *, after: float) -> threading.Thread:
    def act() -> None:
        time.sleep(after)
        action()

    thread = threading.Thread(target=act)
    thread.start()
    return thread
