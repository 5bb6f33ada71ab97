"""A clone is attacked in place of the original, which is only read: roles, settings, privileges, rows are its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect, fresh_database, fresh_login
from support.program import ttdb

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing
from ttdb.model import Verdict
from ttdb.postgres.throwaway import Throwaway
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
