"""What the writers of pages share: the note on top, and a database at head to describe."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from ttdb import config
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

ROOT = Path(__file__).parents[2]
NOTE = "<!-- Written by docs/generate.py; do not edit. -->\n"


class Head:
    """A database at head on a throwaway server, without rows and without months; upgraded when first asked for."""

    def __init__(self, server: Throwaway) -> None:
        self._server = server

    @cached_property
    def url(self) -> Url:
        """Return where it is; the login is a superuser."""
        upgrade(self._server.url, config.Settings())
        return self._server.url

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Open a session on it."""
        with connect(self.url, application="docs") as connection:
            yield connection


@contextmanager
def head() -> Iterator[Head]:
    """Hold a throwaway server for the pages that describe the database."""
    with throwaway(config.Settings(throwaway="embedded")) as server:
        yield Head(server)
