"""Poolers between a client and its server: who answers there, and which server stands behind."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Timer

import psycopg

from ttdb.errors import DatabaseUnreachable, ServerUnsupported, UsageError
from ttdb.postgres.connect import Connection, connect, scalar
from ttdb.postgres.url import Url

_APPLICATION = "ttdb validate"
_WAIT_S = 5.0  # for a connection of a pool, which may let its clients wait for minutes
_PATIENCE_S = 3  # an address behind a pooler may be one that is not reached from here
_SAME = (
    "select pg_catalog.pg_postmaster_start_time()::text || ' ' || d.oid from pg_catalog.pg_database as d"
    " where d.datname = pg_catalog.current_database()"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A database, by the server's own address, and by the pooler before it where there is one."""

    url: Url
    pooler: Url | None = None


@contextmanager
def client(url: Url) -> Iterator[Connection]:
    """Open a client of a pooler: it prepares nothing by itself, and does not wait long for its turn.

    Raises:
        DatabaseUnreachable: the pool had no connection to spare, or there is no session to be had.
        ServerUnsupported: the server's major version is outside 15 to 18.

    """
    connection = connect(url, application=_APPLICATION)
    connection.prepare_threshold = None
    gave_up = Event()
    timer = Timer(_WAIT_S, _hang_up, [connection.fileno(), gave_up])
    timer.daemon = True
    timer.start()
    try:
        yield connection
    except psycopg.Error as error:
        if not gave_up.is_set():
            raise
        raise DatabaseUnreachable(
            f"the pooler at {address(url)} had no connection to spare for {_WAIT_S:.0f} s",
            "Try again at a quieter hour, or enlarge the pool.",
        ) from error
    finally:
        timer.cancel()
        connection.close()


def _hang_up(number: int, gave_up: Event) -> None:
    """End a session that waits: a pooler lets a request to cancel wait as well."""
    gave_up.set()
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as line:
        line.shutdown(socket.SHUT_RDWR)


def behind_pooler(connection: Connection) -> bool:
    """Tell whether a pooler answers: the process that serves the session is another than the one that greeted."""
    return bool(connection.info.backend_pid != scalar(connection, "select pg_catalog.pg_backend_pid()"))


def address(url: Url) -> str:
    """Return host and port, as people write them."""
    return f"{url.part('host') or url.part('hostaddr') or 'local socket'}:{url.part('port') or '5432'}"


def locate(url: Url, pooler: Url | None) -> Place:
    """Find the server's own address where a pooler answers at ``url``, and prove that ``pooler`` leads to it.

    Raises:
        UsageError: a pooler answers, and its server is not reached from here; or no pooler answers where one should.
        DatabaseUnreachable, ServerUnsupported: there is no session to be had.

    """
    with client(url) as connection:
        identity = scalar(connection, _SAME)
        server = _server_behind(url, connection, identity) if behind_pooler(connection) else url
    if server is not url:
        return Place(server, pooler or url)
    if pooler is not None:
        _require_pooler(pooler, url, identity)
    return Place(url, pooler)


def refuse_pooler(url: Url, connection: Connection) -> None:
    """Refuse to act through a pooler, which would hand roles and settings of the attack to the services' sessions.

    Raises:
        UsageError: a pooler answers.

    """
    if behind_pooler(connection):
        raise _server_unknown(url, connection)


def _server_behind(url: Url, connection: Connection, identity: str) -> Url:
    for host, port in _candidates(url, connection):
        server = url.with_parts(host=host, hostaddr=None, port=port)
        try:
            found = connect(server.with_parts(connect_timeout=_PATIENCE_S), application=_APPLICATION)
        except (DatabaseUnreachable, ServerUnsupported):
            continue
        with found:
            if not behind_pooler(found) and scalar(found, _SAME) == identity:
                return server
    raise _server_unknown(url, connection)


def _candidates(url: Url, connection: Connection) -> Iterator[tuple[str, str]]:
    """Return where the server may be: as it knows itself, or beside its pooler when they meet at a socket."""
    host = scalar(connection, "select pg_catalog.host(pg_catalog.inet_server_addr())")
    port = str(scalar(connection, "select pg_catalog.current_setting('port')"))
    if host is not None:
        yield str(host), str(scalar(connection, "select pg_catalog.inet_server_port()"))
    elif url.part("host"):
        yield str(url.part("host")), port


def _server_unknown(url: Url, connection: Connection) -> UsageError:
    host = scalar(connection, "select pg_catalog.host(pg_catalog.inet_server_addr())") or "HOST"
    port = scalar(connection, "select pg_catalog.current_setting('port')")
    direct = url.with_parts(host=host, hostaddr=None, port=port, password=None)
    pooled = url.with_parts(password=None)
    return UsageError(
        f"a pooler answers at {address(url)}, and would hand what validate sets to other clients",
        f"Pass the server's own address, and the pooler beside it: --url {_typed(direct)} --pooler {_typed(pooled)}",
    )


def _typed(url: Url) -> str:
    """Return a URL as one types it, in its main parts."""
    parts = {name: url.part(name) for name in ("user", "host", "port", "dbname") if url.part(name)}
    return Url.parse("").with_parts(**parts).uri()


def _require_pooler(pooler: Url, url: Url, identity: str) -> None:
    with client(pooler) as connection:
        if not behind_pooler(connection):
            raise UsageError(
                f"no pooler answers at {address(pooler)}: the server itself does",
                "Pass the pooler's address as --pooler, with the login that the services have there.",
            )
        if scalar(connection, _SAME) != identity:
            raise UsageError(
                f"the pooler at {address(pooler)} leads to another database than {address(url)}",
                "Pass the pooler of the database of --url, with that database's name.",
            )
