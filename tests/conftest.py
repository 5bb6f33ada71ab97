"""Fixtures: one throwaway server for the session, a database at head as a template, a clone of it for each test."""

import os
from collections.abc import Iterator

import pytest
from psycopg import sql
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import Throwaway, in_memory, throwaway
from ttdb.postgres.url import Url
from ttdb.seed import seed

pytest_plugins = ["fixtures.plugin"]

_TEMPLATE = "template_head"
_SEEDED = "template_seeded"
_ROOM = 8 * 2**30  # bytes: several processes have a server each, and some tests make a million rows


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how much of the crash matrix and of the corpora runs, and where the outcome is written."""
    parser.addoption("--crashes", choices=["sample", "full"], default="sample", help="how much of the crash matrix")
    parser.addoption("--corpora", metavar="PART/PARTS", default="1/1", help="which part of the corpora's cases")
    parser.addoption("--crash-table", metavar="FILE", help="a file that the outcome of each crash is added to")


def server_settings() -> Settings:
    """Return the settings of the server under test: TTDB_THROWAWAY and TTDB_LOCAL_BIN choose it, for the matrix."""
    given = os.environ
    settings = Settings(
        throwaway=given.get("TTDB_THROWAWAY") or "embedded",
        local_bin=given.get("TTDB_LOCAL_BIN") or None,
        test_image=given.get("TTDB_TEST_IMAGE") or Settings().test_image,
    )
    return in_memory(settings, _ROOM)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return server_settings()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith(("TTDB_", "PG"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as started:
        yield started


@pytest.fixture
def own_server(settings: Settings) -> Iterator[Throwaway]:
    """Return a server of the test's own, for tests that alter roles: those are the whole cluster's."""
    with throwaway(settings) as started:
        yield started


@pytest.fixture(scope="session")
def head_template(server: Throwaway) -> str:
    """Return the name of a database at head that nobody connects to."""
    with connect(server.url) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    upgrade(server.url.with_parts(dbname=_TEMPLATE), Settings())
    return _TEMPLATE


@pytest.fixture(scope="session")
def seeded_template(server: Throwaway, head_template: str) -> str:
    """Return the name of a database at head with the minimal scenario's rows that nobody connects to."""
    with connect(server.url) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(_SEEDED), sql.Identifier(head_template))
        )
    with connect(server.url.with_parts(dbname=_SEEDED)) as connection:
        seed(connection)
    return _SEEDED


@pytest.fixture
def seeded_url(server: Throwaway, seeded_template: str) -> Iterator[Url]:
    """Return a database of the test's own at head, with several tenants' rows; the login is a superuser."""
    with fresh_database(server.url, template=seeded_template) as url:
        yield url


@pytest.fixture
def engine_url(server: Throwaway, head_template: str) -> Iterator[Url]:
    """Return a database of the test's own at head, empty of rows; the login is a superuser."""
    with fresh_database(server.url, template=head_template) as url:
        yield url


@pytest.fixture
def empty_url(server: Throwaway) -> Iterator[Url]:
    """Return an empty database of the test's own; the login is a superuser."""
    with fresh_database(server.url) as url:
        yield url
