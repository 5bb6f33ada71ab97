"""Bulk loads: the same rows and the same catalog as without, recorded, and undone where they were killed."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from threading import current_thread, main_thread
from time import monotonic

import pytest
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_login

from ttdb.errors import PrivilegeMissing, SeedRunning, TtdbError, UsageError
from ttdb.migrate.status import status
from ttdb.model.migration import silent
from ttdb.model.seeding import SeedProgress, SeedReport
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.report import migration
from ttdb.seed import digest, mend, repair, seed

_UNDOING = {1: (), 2: ("taking back what the bulk load wrote",)}  # of one session, the server does it at once
_FORCED = "select count(*) from pg_class where relrowsecurity and not relforcerowsecurity"


@contextmanager
def _owner(url: Url) -> Iterator[Url]:
    with fresh_login(url, member_of=("ttdb_owner", "ttdb_operator")) as (user, password):
        yield url.with_parts(user=user, password=password)


def _bulk(url: Url, *, orders: int = 60, jobs: int = 1, window_rows: int | None = None) -> SeedReport:
    with connect(url) as connection:
        return seed(
            connection,
            orders=orders,
            jobs=jobs,
            bulk=True,
            window_rows=window_rows,
            open_session=lambda: connect(url),
        )


def _digest(url: Url) -> str:
    with connect(url) as connection:
        return digest(connection, "minimal")["*"]


def _in_place(url: Url, orders: int = 60) -> str:
    """Return the digest of the same rows, written in place and taken away again."""
    with connect(url) as connection:
        seed(connection, orders=orders, bulk=False)
        found = digest(connection, "minimal")["*"]
        seed(connection, tenants=0, orders=0, reset=True)
    return found


def test_rows_and_catalog_do_not_depend_on_bulk_jobs_or_windows(engine_url: Url) -> None:
    expected = _in_place(engine_url)
    before = catalog(engine_url)

    for jobs, window_rows in ((1, None), (2, 100), (4, 333)):
        report = _bulk(engine_url, jobs=jobs, window_rows=window_rows)

        assert (report.mode, report.jobs) == ("bulk", jobs)
        assert _digest(engine_url) == expected
        assert catalog(engine_url) == before
        with connect(engine_url) as connection:
            assert connection.execute("select * from ttdb.broken_rules()").fetchall() == []
            seed(connection, tenants=0, orders=0, reset=True)


@pytest.mark.parametrize(("jobs", "window_rows"), [(2, 200), (4, 90)])
def test_rows_do_not_depend_on_jobs_and_windows_in_place(engine_url: Url, jobs: int, window_rows: int) -> None:
    expected = _in_place(engine_url, orders=2000)
    with connect(engine_url) as connection:
        report = seed(
            connection,
            orders=2000,
            bulk=False,
            jobs=jobs,
            window_rows=window_rows,
            open_session=lambda: connect(engine_url),
        )

    assert (report.mode, report.jobs) == ("in place", jobs)
    assert _digest(engine_url) == expected


def test_owner_loads_past_forced_row_security_and_leaves_it_forced(engine_url: Url) -> None:
    expected = _in_place(engine_url)
    before = catalog(engine_url)
    with _owner(engine_url) as url:
        report = _bulk(url, jobs=2)

    assert report.mode == "bulk"
    assert _digest(engine_url) == expected
    assert catalog(engine_url) == before
    with connect(engine_url) as connection:
        assert connection.execute(_FORCED).fetchone() == (0,)
        assert connection.execute("select * from ttdb.set_aside").fetchall() == []


def test_trail_has_one_line_for_each_audited_table_and_records_each_change_after(engine_url: Url) -> None:
    with _owner(engine_url) as url:
        report = _bulk(url)
        login = url.part("user")
    with connect(engine_url) as connection:
        found = connection.execute(
            "select relation, operation, (new_row ->> 'rows')::int, new_row ->> 'scenario', login::text, role::text"
            " from audit.trail"
        ).fetchall()
        connection.execute("update public.tenants set name = 'Other'")
        changes = connection.execute("select count(*) from audit.trail where operation = 'UPDATE'").fetchone()

    expected = {
        (f"public.{table}", "LOAD", rows, "minimal", login, "ttdb_owner")
        for table, rows in report.rows.items()
        if table != "event_logs"  # which is not audited
    }
    assert set(found) == expected
    assert len(found) == len(expected)
    assert changes == (4,)


def test_bulk_needs_empty_tables_and_somebody_who_may_act_as_their_owner(engine_url: Url) -> None:
    operator = fresh_login(engine_url, member_of=("ttdb_operator",))
    with operator as (user, password), pytest.raises(UsageError, match="no bulk load is possible"):
        _bulk(engine_url.with_parts(user=user, password=password))
    with connect(engine_url) as connection:
        connection.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        with pytest.raises(UsageError, match="no bulk load is possible"):
            seed(connection, append=True, bulk=True)


def test_reset_that_could_not_be_followed_by_a_bulk_load_deletes_nothing(engine_url: Url) -> None:
    with connect(engine_url) as admin, fresh_login(engine_url, member_of=("ttdb_operator",)) as (user, password):
        seed(admin)
        with (
            connect(engine_url.with_parts(user=user, password=password)) as connection,
            pytest.raises(UsageError, match="no bulk load is possible") as refused,
        ):
            seed(connection, reset=True, bulk=True)

        assert refused.value.hint == "Leave out --bulk: nothing was deleted."
        admin.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        name = str(engine_url.part("dbname"))
        with pytest.raises(UsageError, match="no bulk load is possible"):  # a row that is not the seed's stays
            seed(admin, reset=True, bulk=True, database_name=name)
        assert admin.execute("select count(*) from public.orders").fetchone() == (40,)


@pytest.mark.parametrize("jobs", [1, 2])
def test_load_gives_way_soon_to_whoever_reads_a_table(engine_url: Url, jobs: int) -> None:
    _in_place(engine_url)  # which makes the months
    before = catalog(engine_url)
    with connect(engine_url, autocommit=False) as reader:
        reader.execute("select count(*) from public.orders")
        with pytest.raises(TtdbError, match=f"in use: pid {reader.info.backend_pid} ") as refused:
            _bulk(engine_url, jobs=jobs)

    assert "pass --no-bulk" in (refused.value.hint or "")
    assert catalog(engine_url) == before


@pytest.mark.parametrize("jobs", [1, 2])
def test_load_that_fails_leaves_no_row_and_the_catalog_as_it_was(engine_url: Url, jobs: int) -> None:
    _in_place(engine_url)  # which makes the months
    with connect(engine_url) as connection:  # names that what is remembered could be mistaken by
        connection.execute('create index "rows" on public.users (last_name)')
        connection.execute("create index order_items_tenant_id_order_id_fkey on public.order_items (created_at)")
    before = catalog(engine_url)

    def fail(progress: SeedProgress) -> None:
        if progress.doing == "foreign keys":
            raise KeyboardInterrupt

    notes: list[str] = []
    again = partial(connect, engine_url)
    with connect(engine_url) as connection, pytest.raises(KeyboardInterrupt):
        seed(connection, jobs=jobs, bulk=True, open_session=again, on_progress=fail, on_note=notes.append)

    assert notes == [*_UNDOING[jobs], "what the bulk load wrote is taken back"]
    assert catalog(engine_url) == before
    with connect(engine_url) as connection:
        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)


@pytest.mark.parametrize("jobs", [1, 2])
def test_load_that_fails_after_a_reset_says_what_is_gone(engine_url: Url, jobs: int) -> None:
    notes: list[str] = []
    with connect(engine_url) as connection:
        seed(connection)
        connection.execute("alter table public.users add constraint none check (false) not valid")
        again = partial(connect, engine_url)
        with pytest.raises(TtdbError):
            seed(connection, reset=True, jobs=jobs, bulk=True, open_session=again, on_note=notes.append)

        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)
    assert notes == [*_UNDOING[jobs], "the rows that --reset deleted stay deleted"]


def test_load_that_is_interrupted_waits_for_no_index_of_another_session(engine_url: Url) -> None:
    _in_place(engine_url)  # which makes the months
    with connect(engine_url) as connection:
        connection.execute(
            "create function public.slow(uuid) returns uuid language plpgsql immutable"
            " as 'begin perform pg_catalog.pg_sleep(3600); return $1; end'"
        )
        for table in ("orders", "order_items", "tickets", "users"):
            connection.execute(f"create index slow_{table} on public.{table} (public.slow(id))".encode())
    before = catalog(engine_url)

    def interrupt(progress: SeedProgress) -> None:
        if progress.doing == "indexes" and current_thread() is main_thread():
            with connect(engine_url) as admin:
                sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
                while admin.execute(sleeping).fetchone() != (1,):
                    assert monotonic() - started < 40
            raise KeyboardInterrupt

    started = monotonic()
    with connect(engine_url) as connection, pytest.raises(KeyboardInterrupt):
        seed(connection, jobs=2, bulk=True, open_session=lambda: connect(engine_url), on_progress=interrupt)

    assert catalog(engine_url) == before


@pytest.mark.parametrize(("slow", "broken"), [("tickets", "order_items"), ("order_items", "tickets")])
def test_load_of_which_one_session_fails_waits_for_no_index_of_another(engine_url: Url, slow: str, broken: str) -> None:
    _in_place(engine_url)  # which makes the months
    with connect(engine_url) as connection:
        connection.execute(
            "create function public.slow(uuid) returns uuid language plpgsql immutable as 'begin"
            " perform pg_catalog.pg_advisory_xact_lock(7); perform pg_catalog.pg_sleep(3600); return $1; end'"
        )
        connection.execute(f"create index slow_one on public.{slow} (public.slow(id))".encode())
        connection.execute(
            "create function public.broken(uuid) returns uuid language plpgsql immutable as 'begin"
            " while not exists (select from pg_catalog.pg_locks as l where l.locktype = $$advisory$$ and l.objid = 7)"
            " loop perform pg_catalog.pg_sleep(0.01); end loop; return 1 / 0; end'"
        )
        connection.execute(f"create index broken_one on public.{broken} (public.broken(id))".encode())
    before = catalog(engine_url)

    with connect(engine_url) as connection, pytest.raises(TtdbError, match="division by zero"):
        seed(connection, jobs=2, bulk=True, open_session=lambda: connect(engine_url))

    assert catalog(engine_url) == before


def _cut_off(connection: Connection, url: Url, doing: str) -> None:
    """Seed with two sessions, and lose the first at some moment."""

    def kill(progress: SeedProgress) -> None:
        if progress.doing == doing:
            with connect(url) as admin:
                admin.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))

    with pytest.raises(TtdbError, match="connection was lost") as lost:
        seed(connection, jobs=2, bulk=True, open_session=lambda: connect(url), on_progress=kill)
    assert lost.value.hint == "Undo what it had done so far, in the same database: ttdb seed --repair"


@pytest.mark.parametrize("doing", ["rows", "indexes", "foreign keys", "rules"])
def test_load_that_was_killed_is_undone_by_repair_and_by_the_next_seed(engine_url: Url, doing: str) -> None:
    expected = _in_place(engine_url, orders=40)
    before = catalog(engine_url)
    with connect(engine_url) as connection:
        _cut_off(connection, engine_url, doing)
    with connect(engine_url) as connection:
        left = connection.execute("select count(*) from ttdb.set_aside").fetchone()

        assert left is not None
        assert left[0] > 0
        seen = status(engine_url, silent)
        assert (seen.set_aside, seen.next_command) == (left[0], "ttdb seed --repair --url URL")
        assert f"{left[0]} things are set aside" in migration.status_text(seen)
        with fresh_login(engine_url) as (user, password):
            connection.execute(sql.SQL("grant ttdb_app to {}").format(sql.Identifier(user)))
            service = engine_url.with_parts(user=user, password=password)
            with connect(service) as other, pytest.raises(PrivilegeMissing, match="cannot see whether") as blind:
                repair(other)
        assert blind.value.hint == "Have a member of ttdb_owner run: ttdb seed --repair"
        assert repair(connection) == left[0]
        assert catalog(engine_url) == before
        assert connection.execute("select count(*) from public.orders").fetchone() == (0,)
    with connect(engine_url) as connection:
        _cut_off(connection, engine_url, doing)
    with connect(engine_url) as connection:
        seed(connection, bulk=True)

        assert digest(connection, "minimal")["*"] == expected
        assert catalog(engine_url) == before
        assert repair(connection) == 0


@pytest.mark.parametrize("owned", [False, True], ids=["superuser", "owner"])
def test_rows_that_others_wrote_since_a_load_was_killed_stay(engine_url: Url, *, owned: bool) -> None:
    _in_place(engine_url)
    before = catalog(engine_url)
    with _owner(engine_url) if owned else nullcontext(engine_url) as url, connect(url) as connection:
        _cut_off(connection, engine_url, "foreign keys")
        with connect(engine_url) as other:
            assert other.execute("select count(*) > 0 from public.tenants").fetchone() == (True,)
            other.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        notes: list[str] = []
        with connect(url) as again, pytest.raises(UsageError, match="that the seed did not make"):
            seed(again, orders=20, on_note=notes.append)

    assert [note for note in notes if "had been killed" in note]
    assert catalog(engine_url) == before
    with connect(engine_url) as connection:
        assert connection.execute("select slug from public.tenants").fetchall() == [("real",)]
        assert connection.execute("select count(*) from public.orders").fetchone() == (0,)


def test_rows_of_others_that_refer_to_those_of_a_killed_load_are_named(engine_url: Url) -> None:
    _in_place(engine_url)
    with connect(engine_url) as connection:
        _cut_off(connection, engine_url, "foreign keys")
    with connect(engine_url) as connection:
        connection.execute(
            "update public.venues set city = 'Elsewhere' where id = (select min(id::text) from public.venues)::uuid"
        )
        with pytest.raises(TtdbError, match="rows that others wrote") as refused:
            repair(connection)
        assert connection.execute("select count(*) > 1 from public.venues").fetchone() == (True,)
        connection.execute("delete from public.venues where city = 'Elsewhere'")
        assert repair(connection) > 0

    assert refused.value.hint == "Mend those of venues, and run: ttdb seed --repair"


@pytest.mark.parametrize("deed", ["on delete cascade", "deferrable initially deferred"])
@pytest.mark.parametrize("doing", ["foreign keys", "rules"])
def test_tables_that_came_since_a_load_was_killed_keep_their_rows(engine_url: Url, deed: str, doing: str) -> None:
    _in_place(engine_url)
    before = catalog(engine_url)
    with connect(engine_url) as connection:
        _cut_off(connection, engine_url, doing)
    with connect(engine_url) as connection:
        connection.execute("create schema app")
        connection.execute(f"create table app.notes (venue_id uuid references public.venues (id) {deed})".encode())
        connection.execute("insert into app.notes select id from public.venues limit 1")
        with pytest.raises(TtdbError, match=r"app\.notes: 1 row refers to rows of public\.venues") as refused:
            repair(connection)
        assert connection.execute("select count(*) from app.notes").fetchone() == (1,)
        connection.execute("delete from app.notes")
        assert repair(connection) > 0
        assert connection.execute("select count(*) from public.venues").fetchone() == (0,)
        connection.execute("drop schema app cascade")

    assert refused.value.hint == "Delete them, or let them refer to others, and run: ttdb seed --repair"
    assert catalog(engine_url) == before


def test_repair_says_who_keeps_the_tables_and_does_not_hold_everybody_up(
    engine_url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mend, "_PATIENCE_S", 0.2)
    with connect(engine_url) as connection:
        _cut_off(connection, engine_url, "foreign keys")
    with connect(engine_url) as connection, connect(engine_url) as reader:
        reader.execute("begin; select count(*) from public.users")
        with pytest.raises(TtdbError, match=rf"in use: pid {reader.info.backend_pid} \(\w+, idle in transaction\)"):
            repair(connection)
        reader.execute("rollback")
        assert repair(connection) > 0


def test_two_seeds_at_once_are_refused(engine_url: Url) -> None:
    def another(_progress: SeedProgress) -> None:
        with connect(engine_url) as second:
            seed(second)

    with connect(engine_url) as connection, pytest.raises(SeedRunning, match="another session seeds database"):
        seed(connection, on_progress=another)
