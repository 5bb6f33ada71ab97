"""A backfill sees every row, goes on where it was killed, and leaves what the application writes meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from support.databases import connect, fresh_login

from ttdb.errors import DatabaseUnreachable, StepFailed, UsageError
from ttdb.migrate import ledger
from ttdb.migrate.along import along
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.steps import backfill
from ttdb.model.migration import Event
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

REVISION = "test_0001"
ROWS = 6000
TENANTS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
FILL = backfill("public.notes", set="size = length(t.body)", where="t.size is null")


@pytest.fixture
def migrator(engine_url: Url) -> Iterator[Url]:
    """Return a login that is neither superuser nor CREATEROLE, in a database with a table that lacks its values."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_owner")
            admin.execute(
                "create table public.notes (tenant_id uuid not null, id bigint not null, body text, size int,"
                " primary key (tenant_id, id))"
            )
            for tenant in TENANTS:
                admin.execute(
                    "insert into public.notes select %s, n, repeat('x', n %% 50) from generate_series(1, %s) as n",
                    (tenant, ROWS // 2),
                )
        yield engine_url.with_parts(user=login, password=password)


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def ran(url: Url) -> list[Event]:
    events: list[Event] = []
    with session(url) as connection:
        Runner(connection, Courtesy(), events.append).up(REVISION, [FILL])
    return events


def unfilled(url: Url) -> int:
    with connect(url) as admin:
        (count,) = admin.execute(
            "select count(*) from public.notes where size is distinct from length(body)"
        ).fetchone() or (0,)
        return int(count)


@contextmanager
def writing(url: Url) -> Iterator[list[int]]:
    """Change and insert rows all the time, as an application does that fills the column already."""
    written: list[int] = []
    stop = threading.Event()

    def write() -> None:
        with connect(url) as application:
            while not stop.is_set():
                number = len(written) + 1
                application.execute(
                    "update public.notes set body = body || 'y', size = length(body) + 1 where id = %s", (number,)
                )
                application.execute(
                    "insert into public.notes values (%s, %s, 'new', 3)", (TENANTS[number % 2], ROWS + number)
                )
                written.append(number)
                time.sleep(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("protection", ["none", "forced"])
def test_every_tenant_s_rows_are_filled_under_load(engine_url: Url, migrator: Url, protection: str) -> None:
    if protection == "forced":
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_owner")
            admin.execute("select ttdb.protect('public.notes')")
    with writing(engine_url) as written:
        events = ran(migrator)

    assert unfilled(engine_url) == 0
    assert len(written) > 10
    with connect(engine_url) as admin:
        assert admin.execute("select count(*) from public.notes").fetchone() == (ROWS + len(written),)
    last = [event.facts for event in events if event.kind == "progress"][-1]
    assert int(str(last["rows"])) >= ROWS - 2 * len(written)
    assert last["eta_s"] == 0
    assert [event.facts["outcome"] for event in events if event.kind == "step"] == ["done"]


def test_killed_backfill_goes_on_behind_its_last_row(engine_url: Url, migrator: Url) -> None:
    _killed_when(migrator, engine_url, lambda admin: 0 < ROWS - _left(admin) < ROWS)
    with session(migrator) as connection:
        progress = ledger.progress(connection, REVISION, FILL.name)
        entry = ledger.read(connection)[REVISION, FILL.name]
    assert progress is not None
    with connect(engine_url) as admin:
        assert ROWS - _left(admin) == progress["rows"]  # what was committed is what was recorded

    events = ran(migrator)

    assert entry.outcome == "begun"
    assert 0 < progress["rows"] < ROWS
    assert unfilled(engine_url) == 0
    last = [event.facts for event in events if event.kind == "progress"][-1]
    assert (last["rows"], last["seen"]) == (ROWS, ROWS)


def test_killed_backfill_has_filled_page_after_page(engine_url: Url, migrator: Url) -> None:
    """Whatever the order of the keys is: here that of places, backwards."""
    with connect(engine_url) as admin:
        admin.execute("truncate public.notes")
        admin.execute(
            "insert into public.notes select %s, n, repeat('x', n %% 50) from generate_series(%s, 1, -1) as n",
            (TENANTS[0], ROWS),
        )
    _killed_when(migrator, engine_url, lambda admin: 0 < ROWS - _left(admin) < ROWS)

    with session(migrator) as connection:
        progress = ledger.progress(connection, REVISION, FILL.name) or {}
    page = int(progress["reached"][0])
    assert 0 < page < int(progress["until"])
    with connect(engine_url) as admin:
        left = admin.execute(
            "select count(*) filter (where n.ctid < %(page)s::text::tid), count(*) from public.notes as n"
            " where n.size is null",
            {"page": f"({page},0)"},
        ).fetchone()
    assert left == (0, ROWS - progress["rows"])


def test_row_that_lies_elsewhere_by_then_is_not_missed(engine_url: Url, migrator: Url) -> None:
    """Somebody changes it meanwhile and gives it no value: it comes to lie on a page that was passed, or beyond."""
    events: list[Event] = []
    with connect(engine_url) as admin, session(migrator) as connection:

        def move(event: Event) -> None:
            events.append(event)
            if event.kind == "retry":
                admin.execute("update public.notes set body = repeat('z', 3000), size = null where id = 7")
                holder.rollback()

        with connect(engine_url, autocommit=False) as holder:
            holder.execute("select from public.notes where id = 2990 for update")
            Runner(connection, Courtesy(), move).up(REVISION, [FILL])

    assert unfilled(engine_url) == 0
    assert "retry" in {event.kind for event in events}


def test_table_that_was_written_anew_since_a_backfill_was_killed_is_filled(engine_url: Url, migrator: Url) -> None:
    _killed_when(migrator, engine_url, lambda admin: 0 < ROWS - _left(admin) < ROWS)
    with connect(engine_url) as admin:
        admin.execute("create index on public.notes (size)")
        admin.execute("cluster public.notes using notes_size_idx")  # what is not filled comes last, on other pages
        admin.execute("delete from public.notes where size < 25")
        admin.execute("vacuum full public.notes")

    ran(migrator)

    assert unfilled(engine_url) == 0


@pytest.mark.parametrize("kind", ["partitions", "heirs"])
def test_rows_of_partitions_and_of_heirs_are_filled(engine_url: Url, migrator: Url, kind: str) -> None:
    with connect(engine_url) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute("alter table public.notes rename to other_notes")
        if kind == "partitions":
            admin.execute("create table public.notes (like public.other_notes) partition by range (id)")
            admin.execute("create table public.early_notes partition of public.notes for values from (0) to (1000)")
            admin.execute("create table public.late_notes partition of public.notes for values from (1000) to (9000)")
            admin.execute("insert into public.notes select * from public.other_notes")
        else:
            admin.execute("create table public.notes (like public.other_notes)")
            admin.execute("alter table public.other_notes inherit public.notes")
            admin.execute("insert into public.notes (tenant_id, id, body) values (%s, 0, 'own')", (TENANTS[0],))
        admin.execute("alter table public.notes add primary key (tenant_id, id)")
        way = along(admin, "public.notes", [("tenant_id", "uuid"), ("id", "bigint")], {})

    ran(migrator)

    assert way.state([TENANTS[0], "1"]) == {"reached": [TENANTS[0], "1"]}  # by key: places are of one table

    assert unfilled(engine_url) == 0


def _left(admin: Connection) -> int:
    (count,) = admin.execute("select count(*) from public.notes where size is null").fetchone() or (0,)
    return int(count)


def _killed_when(url: Url, server: Url, reached: Callable[[Connection], bool]) -> None:
    """Run the backfill in a session that is ended in the middle."""
    with session(url) as connection, connect(server) as admin:
        pid = connection.info.backend_pid

        def kill() -> None:
            while not reached(admin):
                time.sleep(0.002)
            admin.execute("select pg_catalog.pg_terminate_backend(%s)", (pid,))

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(DatabaseUnreachable):
            Runner(connection, Courtesy()).up(REVISION, [FILL])
        killer.join()


def test_row_that_somebody_holds_is_waited_for_outside_any_lock(engine_url: Url, migrator: Url) -> None:
    with connect(engine_url, autocommit=False) as application:
        application.execute("update public.notes set body = 'held' where id = 7")
        release = threading.Timer(1.5, application.rollback)
        release.start()
        events = ran(migrator)
        release.join()

    assert {event.facts["why"] for event in events if event.kind == "retry"} == {"lock"}
    assert unfilled(engine_url) == 0


def test_rows_that_keep_coming_without_a_value_are_said(engine_url: Url, migrator: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute(
            "create function public.unfilled() returns trigger language plpgsql as"
            " 'begin new.size := null; return new; end'"
        )
        admin.execute(
            "create trigger unfilled before update on public.notes for each row execute function public.unfilled()"
        )

    with pytest.raises(StepFailed, match="rows without a value keep coming"):
        ran(migrator)


def test_table_without_a_key_is_refused_by_name(engine_url: Url, migrator: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.notes drop constraint notes_pkey")

    with pytest.raises(UsageError, match=r"public\.notes has no primary key"):
        ran(migrator)


def test_filled_table_is_found(engine_url: Url, migrator: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute("update public.notes set size = length(body)")

    events = ran(migrator)

    assert [event.facts.get("outcome") for event in events] == ["found"]


def test_owner_alone_is_refused_where_row_security_hides_rows(engine_url: Url, migrator: Url) -> None:
    """Without the operator's policy there is no way to see all: an error, never a silent half."""
    with connect(engine_url) as admin:
        admin.execute("alter table public.notes enable row level security, force row level security")

    with pytest.raises(Exception, match="permission denied for table notes") as caught:
        ran(migrator)

    assert not isinstance(caught.value, psycopg.Error)
