"""Fixtures: a small sound database of another shape than the platform's, and clones of it to break."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.databases import connect, fresh_database

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

_HERE = Path(__file__).parent
_TEMPLATE = "template_example"


@pytest.fixture(scope="session")
def example_template(server: Throwaway) -> str:
    """Return the name of the example database, that nobody connects to."""
    with connect(server.url) as admin:
        admin.execute((_HERE / "example_roles.sql").read_text().encode())
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    with connect(server.url.with_parts(dbname=_TEMPLATE)) as connection:
        connection.execute((_HERE / "example.sql").read_text().encode())
    return _TEMPLATE


@pytest.fixture
def example_url(server: Throwaway, example_template: str) -> Iterator[Url]:
    """Return a sound database of the test's own."""
    with fresh_database(server.url, template=example_template) as url:
        yield url
