"""A database for tests that make tables of their own."""

from collections.abc import Iterator

import pytest
from support.databases import connect, fresh_database

from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway


@pytest.fixture
def database(server: Throwaway) -> Iterator[Connection]:
    """Return a session in an empty database."""
    with fresh_database(server.url) as url, connect(url) as connection:
        yield connection
