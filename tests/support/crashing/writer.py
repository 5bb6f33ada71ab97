"""The application beside a migration: writes a row now and then, and remembers what it was told is kept."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from support.databases import connect
from ttdb.postgres.url import Url

TENANT = "11111111-1111-4111-8111-111111111111"
_PAUSE_S = 0.05
# What a server that ends says, and one that has no room: to writers as to everybody.
OUT_OF_ORDER = (
    psycopg.errors.AdminShutdown,
    psycopg.errors.CrashShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.DiskFull,
    psycopg.errors.IoError,
)


@dataclass
class Writer:
    """Writes receipts, each of which it changes once."""

    url: Url
    kept: dict[int, tuple[str, int]] = field(default_factory=dict)
    in_doubt: dict[int, list[tuple[str, int]]] = field(default_factory=dict)  # COMMIT was sent, and not answered
    errors: list[psycopg.Error] = field(default_factory=list)
    worst: float = 0.0
    _connection: psycopg.Connection[tuple[object, ...]] | None = None

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop."""
        number = 0
        while not stop.wait(_PAUSE_S):
            number += 1
            started = time.monotonic()
            try:
                self._write(number)
            except psycopg.Error as error:
                self.errors.append(error)
                self._leave()
            self.worst = max(self.worst, time.monotonic() - started)
        self._leave()

    def out_of_order(self) -> list[psycopg.Error]:
        """Return the errors that a server's own end does not explain."""
        return [error for error in self.errors if error.sqlstate is not None and not isinstance(error, OUT_OF_ORDER)]

    def _write(self, number: int) -> None:
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = connect(self.url, autocommit=False)
        self._begin(connection)
        row = connection.execute(
            "insert into public.receipts (tenant_id, number, amount) values (%s, %s, %s) returning id",
            (TENANT, f"W-{number}", number),
        ).fetchone()
        assert row is not None
        self._commit(connection, int(str(row[0])), (f"W-{number}", number))
        last = next(reversed(self.kept), None)
        if number % 2 or last is None:
            return
        changed = (self.kept[last][0], self.kept[last][1] + 1000)
        self._begin(connection)
        connection.execute("update public.receipts set amount = %s where id = %s", (changed[1], last))
        self._commit(connection, last, changed)

    def _begin(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        connection.execute("select pg_catalog.set_config('app.current_tenant_id', %s, true)", (TENANT,))

    def _commit(self, connection: psycopg.Connection[tuple[object, ...]], row: int, values: tuple[str, int]) -> None:
        try:
            connection.commit()
        except psycopg.Error:
            self.in_doubt.setdefault(row, []).append(values)
            raise
        self.kept[row] = values

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@contextmanager
def writing(url: Url) -> Iterator[Writer]:
    """Have the application write while the block runs."""
    stop = threading.Event()
    writer = Writer(url)
    thread = threading.Thread(target=writer.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield writer
    finally:
        stop.set()
        thread.join()
