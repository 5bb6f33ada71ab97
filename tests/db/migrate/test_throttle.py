"""Batches give way: to who waits for a lock, to a standby that lags, and to what the disks take; on real servers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.databases import connect, fresh_login
from support.program import ttdb
from support.standby import standby_of

from ttdb.config import Settings
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.room import Room
from ttdb.migrate.runner import Runner
from ttdb.migrate.steps import backfill
from ttdb.migrate.upgrade import upgrade
from ttdb.migrate.watch import watching
from ttdb.model.migration import Event
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

ROWS = 20_000
FILL = backfill("public.notes", set="size = length(t.body)", where="t.size is null")
UNFILLED = "select count(*) from public.notes where size is null"


def noted(admin: Connection, hashes: int = 1) -> None:
    """Make a table with rows to fill, each with so many times 32 characters."""
    admin.execute("set role ttdb_owner")
    admin.execute("create table public.notes (id bigint primary key, body text, size int)")
    admin.execute("alter table public.notes alter column body set storage plain")
    admin.execute(
        "insert into public.notes select n, repeat(md5(n::text), %s) from generate_series(1, %s) as n", (hashes, ROWS)
    )
    admin.execute("reset role")


@contextmanager
def filling(url: Url) -> Iterator[list[Event]]:
    """Run the backfill beside the block, and to its end."""
    events: list[Event] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with connect(url) as connection:
                connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
                Runner(connection, Courtesy(), events.append).up("test_0001", [FILL])
        except BaseException as error:  # noqa: BLE001 - told to the test, in whose thread it did not happen
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield events
    finally:
        thread.join(60)
    assert failed == []
    assert not thread.is_alive()


def until_said(events: list[Event], words: str) -> str:
    """Wait until a rest gives this reason."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for event in list(events):
            if words in str(event.facts.get("why", "")):
                return str(event.facts["why"])
        time.sleep(0.02)
    raise AssertionError([event.facts for event in events])


def test_batches_rest_while_others_wait_for_a_lock(engine_url: Url) -> None:
    with connect(engine_url) as admin, connect(engine_url, autocommit=False) as holder:
        noted(admin)
        holder.execute("lock table public.tenants in exclusive mode")
        waiter = threading.Thread(target=_insert_tenant, args=(engine_url,))
        waiter.start()
        while not scalar(admin, "select exists (select from pg_locks where not granted)"):
            time.sleep(0.02)
        with filling(engine_url) as events:
            assert until_said(events, "wait for locks") == "1 wait for locks"
            left = scalar(admin, UNFILLED)
            time.sleep(0.5)
            assert scalar(admin, UNFILLED) == left > 0
            holder.rollback()
            waiter.join()
        assert scalar(admin, UNFILLED) == 0


def _insert_tenant(url: Url) -> None:
    with connect(url) as application:
        application.execute("insert into public.tenants (name, slug) values ('Waiting', 'waiting')")


def test_batches_write_no_faster_than_disks_and_replicas_are_to_bear(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        noted(admin, hashes=100)  # each row is written whole again
        before = scalar(admin, "select pg_current_wal_insert_lsn()::text")
        started = time.monotonic()
        with filling(engine_url):
            pass
        took = time.monotonic() - started
        written = scalar(admin, "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)::bigint", (before,))

    assert written > 60 * 2**20
    # The last batches, of at most a tenth of a second each, are not rested after.
    assert took > written / (16 * 2**20) - 1


def test_batch_writes_no_more_than_who_commits_beside_it_is_to_wait_for(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        noted(admin, hashes=100)
        with filling(engine_url):
            pass
        most = scalar(
            admin,
            "select max(b.size) from (select sum(length(body)) as size from public.notes group by xmin::text) as b",
        )

    assert 2**17 < most < 3 * 2**19


def test_table_that_is_filled_gets_room_from_old_versions_of_its_rows(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        noted(admin, hashes=40)
        before = scalar(admin, "select pg_relation_size('public.notes')")
        with filling(engine_url):
            pass
        # The last one takes what the others left in the index.
        vacuums = scalar(admin, "select pg_stat_get_vacuum_count('public.notes'::regclass)")
        after = scalar(admin, "select pg_relation_size('public.notes')")

        assert before > 25 * 2**20
        assert before < after < before * 1.8, after / before  # twice as much, where none is made
        assert vacuums > 2
        assert scalar(admin, UNFILLED) == 0


def test_table_is_filled_where_a_report_still_sees_old_versions_of_its_rows(engine_url: Url) -> None:
    with connect(engine_url) as admin, connect(engine_url, autocommit=False) as report:
        noted(admin, hashes=40)
        report.execute("set transaction isolation level repeatable read")
        seen = scalar(report, UNFILLED)
        with filling(engine_url):
            pass

        assert scalar(report, UNFILLED) == seen == ROWS
        assert scalar(admin, UNFILLED) == 0


def test_room_is_not_made_where_somebody_waits_for_the_table(engine_url: Url) -> None:
    with (
        connect(engine_url) as admin,
        connect(engine_url) as connection,
        watching(engine_url, connection, 0.1) as watch,
    ):
        noted(admin, hashes=40)
        connection.execute("set role ttdb_owner; set vacuum_cost_limit = 1; set vacuum_cost_delay = '100ms'")
        room = Room(connection, "public.notes", Courtesy(watch=watch))
        admin.execute("update public.notes set size = 1")
        waiter = threading.Thread(target=_locked, args=(engine_url, connection.info.backend_pid))
        waiter.start()
        room.make()  # a vacuum of minutes, else
        assert watch.cancelled
        waiter.join(10)
        assert not waiter.is_alive()
        room.make()  # not before it has grown again


def _locked(url: Url, pid: int) -> None:
    with connect(url) as admin:
        while not scalar(admin, "select exists (select from pg_stat_progress_vacuum where pid = %s)", (pid,)):
            time.sleep(0.02)
        with admin.transaction():
            admin.execute("lock table public.notes in access exclusive mode")


@pytest.fixture
def replicated(own_server: Throwaway, settings: Settings) -> Iterator[tuple[Url, Url]]:
    """Return a database at head with rows to fill, and its standby."""
    upgrade(own_server.url, settings)
    with connect(own_server.url) as admin:
        noted(admin)
    with standby_of(own_server, settings) as standby:
        yield own_server.url, standby


def left_behind(primary: Url, standby: Url) -> None:
    """Have the standby stop replaying, and fall more behind than batches allow."""
    with connect(standby) as replica:
        replica.execute("select pg_wal_replay_pause()")
    with connect(primary) as admin:
        admin.execute("create table public.much as select repeat(md5(n::text), 30) from generate_series(1, 60000) as n")


def test_batches_rest_while_a_standby_lags(replicated: tuple[Url, Url]) -> None:
    primary, standby = replicated
    left_behind(primary, standby)

    with filling(primary) as events, connect(primary) as admin:
        assert until_said(events, "a standby is ").endswith("MB behind")
        left = scalar(admin, UNFILLED)
        time.sleep(0.5)
        assert scalar(admin, UNFILLED) == left > 0
        with connect(standby) as replica:
            replica.execute("select pg_wal_replay_resume()")

    with connect(primary) as admin:
        assert scalar(admin, UNFILLED) == 0


def test_login_that_sees_no_lag_is_told_what_to_be_granted(replicated: tuple[Url, Url]) -> None:
    primary, standby = replicated
    left_behind(primary, standby)
    blind = "a standby's lag is not seen: grant pg_read_all_stats to the login"

    with (
        fresh_login(primary, member_of=("ttdb_owner", "ttdb_operator")) as (login, password),
        filling(primary.with_parts(user=login, password=password)) as events,
    ):
        pass

    assert str([event.facts["why"] for event in events if event.kind == "progress"][-1]) == blind
    with connect(primary) as admin:
        assert scalar(admin, UNFILLED) == 0

    with fresh_login(primary, member_of=("ttdb_owner", "ttdb_operator", "pg_read_all_stats")) as (login, password):
        with connect(primary) as admin:
            admin.execute("update public.notes set size = null; delete from ttdb.ledger where revision = 'test_0001'")
        with filling(primary.with_parts(user=login, password=password)) as events:
            assert until_said(events, "a standby is ")
            with connect(standby) as replica:
                replica.execute("select pg_wal_replay_resume()")


@pytest.mark.parametrize("command", [("upgrade",), ("upgrade", "--plan"), ("downgrade", "base")])
def test_standby_is_named_as_one(replicated: tuple[Url, Url], command: tuple[str, ...]) -> None:
    _, standby = replicated

    ended = ttdb(*command, "--url", standby.uri())

    assert ended.code == 2, ended.out + ended.err
    assert "the server is a standby" in ended.err
    assert "Connect to the primary." in ended.err


def test_status_can_be_asked_of_a_standby(replicated: tuple[Url, Url]) -> None:
    _, standby = replicated

    ended = ttdb("status", "--url", standby.uri())

    assert ended.code == 0, ended.out + ended.err
    assert "pending   nothing" in ended.out
