"""Open sessions, and turn the driver's errors into ones that say what to do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from select import select
from typing import Any, LiteralString

import psycopg
from psycopg import errors as pg
from psycopg import sql
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import TupleRow

from ttdb.errors import DatabaseUnreachable, PrivilegeMissing, ServerReadOnly, ServerUnsupported, TtdbError
from ttdb.model.database import Target
from ttdb.postgres.url import Url
from ttdb.secrets import masked

Connection = psycopg.Connection[TupleRow]
OLDEST, NEWEST = 15, 18
# A network that takes everything and says nothing is known for gone within half a minute; the system waits two hours.
_WAITS = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
# Of a session for whose locks others wait; one that copies rows may be kept waiting for longer.
_UNANSWERED_MS = "30000"
_CANCEL_S, _ANSWER_S = 5, 0.5
# Of the server's side, for a session whose locks others wait for: our machine gone, they are free within this.
FREED_SOON = {
    "client_connection_check_interval": "1s",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
}
# What may be set on a login or a database, and would make the server read our SQL or print its catalog differently,
# end a session of ours that waits, or make it slow.
PLAIN = {
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "statement_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "jit": "off",  # our many small queries over the catalog look dear, and take a hundred times as long compiled
    "constraint_exclusion": "off",  # a plan over months then reads every CHECK of every month, and it prunes without
}
_SINCE = {"transaction_timeout": 170000}
SHUTDOWN = (pg.AdminShutdown, pg.CrashShutdown, pg.IdleInTransactionSessionTimeout)


def connect(
    url: Url, *, application: str, autocommit: bool = True, settings: Mapping[str, str] | None = None
) -> Connection:
    """Open a session that ttdb supports.

    Args:
        url: where to.
        application: shown in pg_stat_activity, for example ``ttdb upgrade``.
        autocommit: False to let psycopg open transactions by itself.
        settings: session settings to set at once, for example ``{"search_path": ""}``.

    Raises:
        DatabaseUnreachable: wrong host, port, password or database, or the server is down.
        ServerUnsupported: the server's major version is outside 15 to 18.

    """
    wanted = _WAITS | ({"tcp_user_timeout": _UNANSWERED_MS} if "tcp_user_timeout" in (settings or {}) else {})
    waits = {name: url.part(name) or value for name, value in wanted.items()}
    conninfo = url.with_parts(application_name=application, client_encoding="utf8", **waits).conninfo
    try:
        connection = psycopg.connect(conninfo, autocommit=True)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:  # the latter for a parameter of no sense
        raise _unreachable(url, error) from error
    try:
        refuse_unsupported(connection.info.server_version, server_version(connection))
        for name, value in (settings or {}).items():
            if connection.info.server_version < _SINCE.get(name, 0):
                continue
            connection.execute("select pg_catalog.set_config(%s, %s, false)", (name, value))
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_unsupported(number: int, shown: str) -> None:
    """Refuse a server by its version, as ``server_version_num`` has it and as people write it.

    Raises:
        ServerUnsupported: outside 15 to 18.

    """
    if not OLDEST <= number // 10000 <= NEWEST:
        raise ServerUnsupported(
            f"PostgreSQL {shown} is not supported", f"Use a server of version {OLDEST} to {NEWEST}."
        )


def target(connection: Connection, kind: str = "live") -> Target:
    """Say which database a session works on, without its password."""
    info = connection.info
    return Target(
        kind=kind,
        host=info.host or "local socket",
        port=info.port,
        database=info.dbname,
        user=info.user,
        server_version=server_version(connection),
    )


def server_version(connection: Connection) -> str:
    """Return the server's version as people write it, for example ``17.10``."""
    return (connection.info.parameter_status("server_version") or "").split(" ")[0]


def scalar(
    connection: Connection,
    query: LiteralString | sql.SQL | sql.Composed,
    parameters: Any = None,  # noqa: ANN401 - whatever psycopg takes
) -> Any:  # noqa: ANN401 - whatever the column holds
    """Return the first column of the first row, or None."""
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def each(connection: Connection, *statements: sql.Composable) -> list[list[TupleRow]]:
    """Return the rows of each of these statements, all sent in one go: what takes long is the way there and back."""
    cursor = connection.execute(sql.SQL(";\n").join(statements))
    found = [_rows(cursor)]
    while cursor.nextset():
        found.append(_rows(cursor))
    return found


def _rows(cursor: psycopg.Cursor[TupleRow]) -> list[TupleRow]:
    return cursor.fetchall() if cursor.description is not None else []


def end_statement(connection: Connection) -> None:
    """End the statement that an interrupt left running: where it falls between sending and waiting, the driver does."""
    server = connection.pgconn
    while server.transaction_status == TransactionStatus.ACTIVE:
        connection.cancel_safe(timeout=_CANCEL_S)
        if not _answers(connection):
            continue  # a cancel that is faster than the statement is lost, and the statement runs on
        while (result := server.get_result()) is not None:
            if result.status == ExecStatus.COPY_IN:  # the server hears no cancel while it waits for rows
                server.put_copy_end(b"interrupted")


def _answers(connection: Connection) -> bool:
    """Wait a moment for the server's answer, and tell whether there is one."""
    while connection.pgconn.is_busy():
        if not select([connection.pgconn.socket], [], [], _ANSWER_S)[0]:
            return False
        connection.pgconn.consume_input()
    return True


@contextmanager
def interrupt_first() -> Iterator[None]:
    """Let an interrupt be what is told, where tidying up after it failed: a query that was cut off may still run."""
    try:
        yield
    except psycopg.Error as error:
        if while_interrupted(error):
            raise KeyboardInterrupt from error
        raise


def while_interrupted(error: BaseException) -> bool:
    """Tell whether an error was raised while an interrupt was passing through."""
    earlier = error.__context__
    return earlier is not None and (isinstance(earlier, KeyboardInterrupt) or while_interrupted(earlier))


@contextmanager
def translated(doing: str, *, again: str = "it continues") -> Iterator[None]:
    """Turn what the driver raises inside into errors with a hint.

    Args:
        doing: what was being attempted, in lower case, for the message: ``"reading the catalog"``.
        again: what the same command does when it is run again after the connection was lost.

    Raises:
        PrivilegeMissing, ServerReadOnly, DatabaseUnreachable, TtdbError: by the server's SQLSTATE.

    """
    try:
        with interrupt_first():
            yield
    except pg.InsufficientPrivilege as error:
        raise PrivilegeMissing(f"{doing}: {_primary(error)}", privilege_hint(error)) from error
    except pg.ReadOnlySqlTransaction as error:
        raise ServerReadOnly(
            f"{doing}: {_primary(error)}", "Connect to the primary, or turn default_transaction_read_only off."
        ) from error
    except SHUTDOWN as error:
        raise DatabaseUnreachable(f"{doing}: {_primary(error)}", f"Run the command again: {again}.") from error
    except psycopg.Error as error:
        # Without a SQLSTATE the server did not answer with an error of its own. Of these, what is neither of the
        # connection nor of its state is the driver's: a value, say, that it cannot read.
        if error.sqlstate is None and not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
            raise TtdbError(f"{doing}: {_primary(error)}") from error
        if error.sqlstate is None:
            raise DatabaseUnreachable(
                f"{doing}: the connection was lost", f"Run the command again: {again}."
            ) from error
        raise TtdbError(f"{doing}: {_primary(error)} (SQLSTATE {error.sqlstate})") from error


def privilege_hint(error: psycopg.Error) -> str:
    """Say what to grant, from what the server refused."""
    text = _primary(error)
    refused = re.search(r'permission denied to set role "(?P<role>[^"]+)"', text)
    if refused:
        return f"Grant the login membership: grant {refused['role']} to LOGIN; or run ttdb bootstrap as an admin."
    if "schema ttdb" in text or "schema audit" in text:
        return "Grant the login membership, if it is no service's: grant ttdb_operator to LOGIN;"
    schema = re.search(r"permission denied for schema (?P<schema>.+)", text)
    if schema:
        name = sql.Identifier(schema["schema"]).as_string(None)
        return f"Have an admin run: grant usage on schema {name} to LOGIN;"
    if "create role" in text or "must have admin option" in text.lower() or "CREATEROLE" in text:
        return 'Have an admin run the output of "ttdb bootstrap", or grant the login CREATEROLE.'
    return 'Run "ttdb status": it lists each missing privilege with its GRANT.'


def _primary(error: psycopg.Error) -> str:
    return masked(error.diag.message_primary or str(error).strip().split("\n")[0])


def _unreachable(url: Url, error: psycopg.Error) -> DatabaseUnreachable:
    text = masked(str(error))
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.endswith("?") and not line.startswith("Multiple connection")]
    reason = (said or ["no answer"])[-1].removeprefix("connection failed: ").removeprefix("- ")
    return DatabaseUnreachable(f"cannot connect to {url}: {reason}", _connect_hint(text))


def _connect_hint(text: str) -> str:
    hints = {
        "password authentication failed": "Check the user and password in the URL, PGPASSWORD or ~/.pgpass.",
        "no password supplied": "Put the password in PGPASSWORD or ~/.pgpass, or in the URL.",
        "could not translate host name": "Check the host name in the URL.",
        "failed to resolve host": "Check the host name in the URL.",
        "Connection refused": "Check the port, and that the server runs and listens there.",
        "No such file or directory": "Name a host in the URL, or start the server whose socket this is.",
        "does not exist": "Check the database and user names in the URL.",
        "timeout expired": "Check the host and the firewall between here and there.",
        "too many clients": "Wait, or raise max_connections.",
        "is starting up": "Wait until the server is up.",
    }
    return next((hint for part, hint in hints.items() if part in text), "Check the URL, and that the server is up.")
