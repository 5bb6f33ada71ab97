"""Room in a table whose rows are all changed: what their old versions took is given to new ones, so it hardly grows.

Where no room is, each new version goes to the table's end: the table doubles, and all of its new pages go to disk at
once, when the system writes what is half a minute old. With what each VACUUM gives back the next lasts longer, so that
a table grows by about the root of twice the share after which one runs: a fifth, where that is a fiftieth.
"""

from contextlib import nullcontext

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.courtesy import Courtesy
from ttdb.postgres.connect import Connection, scalar

_SHARE = 50  # of its size: by how much a table grows before old versions are looked for
_LEAST = 4 * 2**20  # bytes: less is not worth a look


class Room:
    """Room in one table; the connection is in autocommit mode, as who owns it: for others nothing is done."""

    def __init__(self, connection: Connection, relation: str, courtesy: Courtesy) -> None:
        self._connection, self._relation, self._courtesy = connection, relation, courtesy
        self._made = False
        self._grown_at = self._allowed()

    def make(self) -> None:
        """Give room back where the table has grown; what indexes say of old versions stays for now."""
        if self._size() < self._grown_at:
            return
        self._vacuum("index_cleanup off, ")
        self._made = True
        self._grown_at = self._allowed()

    def tidy(self) -> None:
        """Take old versions out of the indexes too, where room was made: autovacuum does not know of them any more."""
        if self._made:
            self._vacuum("")

    def _vacuum(self, options: str) -> None:
        """Do it, unless somebody works on the table's definition, or waits for us to: then it is left."""
        watch = self._courtesy.watch
        statement = f"vacuum ({options}truncate off, process_toast off, skip_locked) {{}}"
        try:
            with watch.over() if watch else nullcontext():
                self._connection.execute(
                    sql.SQL(statement).format(sql.Identifier(*self._relation.split(".", 1))), prepare=False
                )
        except pg.QueryCanceled:
            if watch is None or not watch.cancelled:
                raise

    def _allowed(self) -> int:
        size = self._size()
        return size + max(size // _SHARE, _LEAST)

    def _size(self) -> int:
        """Return its bytes, without indexes; none where it is partitioned."""
        return scalar(self._connection, "select pg_catalog.pg_relation_size(%s::regclass)", (self._relation,)) or 0
