"""A clone is attacked in place of the original, which is only read: roles, settings, privileges, rows are its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect, fresh_database, fresh_login
from support.program import ttdb

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing, TtdbError
from ttdb.model.validation import Verdict
from ttdb.postgres.connect import Connection
from ttdb.postgres.copy import copy
from ttdb.postgres.original import look_at
from ttdb.postgres.programs import programs
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request
from ttdb.workflows.validate_clone import validate_clone

_HERE = Path(__file__).parent
_REQUEST = Request(Hints(app_roles=("example_app",), cross_tenant_roles=("example_worker",)))


@pytest.fixture
def original_url(own_server: Throwaway) -> Iterator[Url]:
    """Return the example's database in a cluster of its own, with settings and privileges that a copy must have."""
    with fresh_database(own_server.url) as url:
        with connect(url) as connection:
            connection.execute((_HERE / "example_roles.sql").read_bytes())
            connection.execute((_HERE / "example.sql").read_bytes())
            connection.execute("reset role")
            name = sql.Identifier(str(url.part("dbname")))
            connection.execute("alter role example_app password 'never copied' connection limit 7")
            connection.execute(sql.SQL("alter database {} set search_path = app, public").format(name))
            connection.execute(sql.SQL("alter role example_app in database {} set work_mem = '8MB'").format(name))
            connection.execute(sql.SQL("revoke temporary on database {} from public").format(name))
            connection.execute("create role example_readers; grant example_readers to example_app")
        yield url


def test_clone_has_what_decides_and_the_original_stays(original_url: Url, settings: Settings) -> None:
    before = catalog(original_url) + roles(original_url)
    said: list[str] = []

    report = validate_clone(settings, original_url, _REQUEST, say=said.append)

    assert report.verdict is Verdict.PASS, (report.findings, report.unproven)
    assert report.target.kind == "clone"
    assert report.target.database == original_url.part("dbname")
    assert catalog(original_url) + roles(original_url) == before
    assert any("without their passwords" in line for line in said)


def test_holes_of_the_original_are_found_in_the_clone(original_url: Url, settings: Settings) -> None:
    with connect(original_url) as connection:
        connection.execute("alter table app.orders disable row level security")
        connection.execute("grant example_worker to example_readers")
        connection.execute(
            "create schema extra; alter default privileges in schema extra grant select on tables to public"
        )

    report = validate_clone(settings, original_url, _REQUEST, say=lambda _: None)

    found = {(each.code, each.object) for each in report.findings}
    assert ("ISO003", "app.orders") in found
    assert any(code in ("ISO006", "PRV002") or "example_worker" in name for code, name in found), found


def test_login_that_does_not_see_all_rows_is_refused(original_url: Url, settings: Settings) -> None:
    with fresh_login(original_url) as (login, password):
        url = original_url.with_parts(user=login, password=password)
        with pytest.raises(PrivilegeMissing, match="a clone must hold all rows"):
            validate_clone(settings, url, _REQUEST, say=lambda _: None)


def test_command_line_clones(original_url: Url) -> None:
    ended = ttdb("validate", "--url", original_url.uri(), "--clone", "--app-role", "example_app")

    assert ended.code == 0, ended.out + ended.err
    assert "cloning" in ended.err
    assert "validating the clone" in ended.err


def test_clone_needs_an_original(original_url: Url) -> None:
    assert "--clone copies the database of --url" in ttdb("validate", "--clone").err
    both = ttdb("validate", "--clone", "--disposable", "--url", original_url.uri())
    assert "--clone and --disposable contradict each other" in both.err


_COPYING = (
    "select count(*) from pg_stat_activity where application_name = 'ttdb clone' and query like 'COPY app.bulk %'"
    " and state = 'active'"
)
_ANY = "select count(*) from pg_stat_activity where application_name like 'ttdb%'"


def test_killed_in_the_middle_of_a_copy_leaves_no_row_anywhere(original_url: Url) -> None:
    with tempfile.TemporaryDirectory() as name, connect(original_url) as connection:
        folder = Path(name)
        folder.chmod(0o755)  # the server's user has to reach its own folder in here
        connection.execute(
            "create table app.bulk as select n, repeat(md5(n::text), 12) as line from generate_series(1, 400000) as n"
        )
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
        command = [sys.executable, "-m", "ttdb", "validate", "--url", original_url.uri(), "--clone"]
        with subprocess.Popen(
            command, env={**clean, "TMPDIR": name}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as cloning:
            assert soon(lambda: _count(connection, _COPYING) > 0)
            files = [path.name for path in folder.iterdir()]
            cloning.kill()

        assert [file for file in files if not file.startswith("ttdb-throwaway-")] == []
        assert soon(lambda: not [*folder.iterdir()] and _count(connection, _ANY) == 0)


def soon(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 60
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True


def _count(connection: Connection, query: str) -> int:
    return int(connection.execute(query.encode()).fetchall()[0][0])


@pytest.fixture
def poured(original_url: Url, settings: Settings) -> Iterator[tuple[Url, Callable[[], Url]]]:
    """Return an empty server, and what copies the original into it."""
    provider = "local" if settings.throwaway == "local" else "embedded"
    original = look_at(original_url)
    binaries = programs(settings, provider, original)
    with throwaway(settings, provider=provider, on_talk=lambda _: None) as server:
        yield (
            server.url.with_parts(dbname="postgres"),
            lambda: copy(original_url, server.url, binaries, original=original, with_rows=True, say=lambda _: None),
        )


def test_user_mappings_and_subscriptions_do_not_come_along(
    original_url: Url, poured: tuple[Url, Callable[[], Url]]
) -> None:
    _, pour = poured
    with connect(original_url) as connection:
        connection.execute("create foreign data wrapper nowhere; create server elsewhere foreign data wrapper nowhere")
        connection.execute("create user mapping for example_app server elsewhere options (password 'x')")
        connection.execute("create user mapping for public server elsewhere options (password 'x')")
        connection.execute(
            "create subscription never connection 'host=127.0.0.1 port=1' publication p with (connect = false)"
        )
        place = pour()
        connection.execute("alter subscription never set (slot_name = none)")
        connection.execute("drop subscription never")

    with connect(place) as connection:
        assert _count(connection, "select count(*) from pg_user_mappings") == 0
        assert _count(connection, "select count(*) from pg_subscription") == 0
        assert _count(connection, "select count(*) from pg_foreign_server") == 1


def test_what_stops_the_reading_is_said(original_url: Url, poured: tuple[Url, Callable[[], Url]]) -> None:
    _, pour = poured
    with connect(original_url) as connection, connection.transaction(force_rollback=True):
        connection.execute("lock app.orders in access exclusive mode")

        with pytest.raises(TtdbError, match=r"pg_dump failed: .*LOCK TABLE .*app.orders"):
            pour()


def test_what_stops_the_writing_is_said(original_url: Url, poured: tuple[Url, Callable[[], Url]]) -> None:
    server, pour = poured
    name = str(original_url.part("dbname"))
    with connect(server) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with connect(server.with_parts(dbname=name)) as connection:
        connection.execute("create schema app")

    with pytest.raises(TtdbError, match=r'pg_restore failed: .*schema "app" already exists'):
        pour()
