"""One migration at a time: an advisory lock, held on a connection of its own."""

import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from ttdb.errors import DatabaseUnreachable, UpgradeRunning
from ttdb.postgres.connect import FREED_SOON, PLAIN, Connection, connect, scalar
from ttdb.postgres.url import Url

KEY = 0x74746462  # "ttdb"; advisory locks are per database
_PATIENCE_S = 3.0  # a killed client's backend frees its lock within client_connection_check_interval, 1 s
_POLL_S = 0.1
_ASKED_AGAIN_S = 0.5  # a server that ends a session says so at once; that a network does, only asking tells


@contextmanager
def migration_lock(url: Url) -> Iterator[Callable[[], None]]:
    """Hold the migration lock of a database; yields a check that it is still held.

    On its own connection, because a step ends transactions on the other one; freed by the server within a second of
    our death, however we die.

    Raises:
        UpgradeRunning: another session holds it; the message names that session.

    """
    connection = connect(url, application="ttdb lock", settings=PLAIN | FREED_SOON)

    asked = 0.0

    def still_held() -> None:
        nonlocal asked
        if time.monotonic() - asked < _ASKED_AGAIN_S and not _said_something(connection):
            return
        try:
            connection.execute("select 1")
            asked = time.monotonic()
        except psycopg.Error as error:
            message = "the session that held the migration lock was ended: another migration may begin"
            raise DatabaseUnreachable(message, "Run the command again: it continues.") from error

    try:
        _take(connection)
        yield still_held
    finally:
        connection.close()


def _said_something(connection: Connection) -> bool:
    """Tell whether something has come from the server on its own account: that it ends the session, say."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))


def _take(connection: Connection) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not scalar(connection, "select pg_catalog.pg_try_advisory_lock(%s)", (KEY,)):
        if time.monotonic() > deadline:
            message = f"another migration is running: {_holder(connection)}"
            raise UpgradeRunning(message, "Wait until it has ended, or end that session, and run the command again.")
        time.sleep(_POLL_S)


def _holder(connection: Connection) -> str:
    named = scalar(
        connection,
        "select pg_catalog.format('pid %%s, login %%s, from %%s, since %%s', a.pid, a.usename,"
        " coalesce(a.client_addr::text, 'a local socket'), pg_catalog.date_trunc('second', a.backend_start))"
        " from pg_catalog.pg_locks as l join pg_catalog.pg_stat_activity as a on a.pid = l.pid"
        " where l.locktype = 'advisory' and l.classid = 0 and l.objid = %s and l.granted"
        " and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())",
        (KEY,),
    )
    return str(named or "it has just ended")
