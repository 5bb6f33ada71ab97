"""Write as the role that may write every tenant, and analyze as the tables' owner."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Protocol

from psycopg import sql
from psycopg.pq import ExecStatus, TransactionStatus

from ttdb.errors import PrivilegeMissing, SeedRunning
from ttdb.postgres.connect import Connection, scalar

OPERATOR = "ttdb_operator"
_CANCEL_S = 5


class Named(Protocol):
    """A table, by its name."""

    @property
    def schema(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102


@contextmanager
def settled(connection: Connection) -> Iterator[None]:
    """End the statement that Ctrl-C interrupts, so that the transaction around can roll back at once."""
    try:
        yield
    except KeyboardInterrupt:
        # The interrupt may fall between sending and waiting: the driver then leaves the statement running.
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            connection.cancel_safe(timeout=_CANCEL_S)
            while (result := connection.pgconn.get_result()) is not None:
                if result.status == ExecStatus.COPY_IN:  # the server hears no cancel while it waits for rows
                    connection.pgconn.put_copy_end(b"interrupted")
        raise


def writer(connection: Connection, tables: Sequence[Named]) -> str | None:
    """Return the role to write as: the operator; None where the session's own role may write every tenant already.

    Raises:
        PrivilegeMissing: row-level security applies to the login, and it is not a member.

    """
    query = sql.SQL("select pg_catalog.row_security_active({0}), pg_catalog.has_table_privilege({0}, 'insert, select')")
    stopped = None
    for table in tables:
        name = sql.Literal(_quoted(connection, table))
        filtered, allowed = connection.execute(query.format(name)).fetchone() or (True, False)
        if filtered or not allowed:
            stopped = table
            break
    if stopped is None:
        return None
    if may_become(connection, OPERATOR):
        return OPERATOR
    message = f'login "{connection.info.user}" cannot write every tenant of "{stopped.schema}.{stopped.name}"'
    raise PrivilegeMissing(message, f"Have an admin run: grant {OPERATOR} to {_login(connection)};")


@contextmanager
def acting_as(connection: Connection, role: str | None) -> Iterator[None]:
    """Act in one transaction as a role, or as whoever the session is; within a transaction, in that."""
    # No savepoint: rows that were written in one look changed by somebody else to rules that are asked at commit.
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction() if idle else nullcontext(), settled(connection):
        if role is None:
            yield
        else:
            with taking(connection, role):
                yield


def analyze(connection: Connection, tables: Sequence[Named]) -> tuple[str, ...]:
    """Refresh the planner's statistics, and return the tables that this login may not analyze."""
    skipped = []
    for table in tables:
        owner = scalar(
            connection,
            "select pg_catalog.pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = %s::regclass",
            (_quoted(connection, table),),
        )
        if not may_become(connection, owner):
            skipped.append(f"{table.schema}.{table.name}")
            continue
        with connection.transaction(), taking(connection, owner):
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table.schema, table.name)))
    return tuple(skipped)


@contextmanager
def only_seed(connection: Connection) -> Iterator[None]:
    """Seed a database alone: rows of two at once would get into each other's way.

    Raises:
        SeedRunning: another session seeds this database now.

    """
    lock = "(pg_catalog.hashtextextended('ttdb seed', 0))"
    if not scalar(connection, sql.SQL("select pg_catalog.pg_try_advisory_lock" + lock)):
        message = f'another session seeds database "{connection.info.dbname}" now'
        raise SeedRunning(message, "Wait until it has ended.")
    try:
        yield
    finally:
        if not connection.broken and connection.pgconn.transaction_status != TransactionStatus.INERROR:
            connection.execute(sql.SQL("select pg_catalog.pg_advisory_unlock" + lock))


@contextmanager
def taking(connection: Connection, role: str) -> Iterator[None]:
    """Take a role within a transaction and give back the one before; after an error the rollback does."""
    before = scalar(connection, "select pg_catalog.current_setting('role')")
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    yield
    connection.execute("select pg_catalog.set_config('role', %s, true)", (before,))


def may_become(connection: Connection, role: str) -> bool:
    """Say whether the login may take a role."""
    # Since version 16 a membership may come without the right to SET ROLE.
    mode = "SET" if connection.info.server_version >= 160000 else "MEMBER"  # noqa: PLR2004 - a server version
    query = (
        "select coalesce((select pg_catalog.pg_has_role(session_user, oid, %s)"
        " from pg_catalog.pg_roles where rolname = %s), false)"
    )
    return bool(scalar(connection, query, (mode, role)))


def _quoted(connection: Connection, table: Named) -> str:
    return sql.Identifier(table.schema, table.name).as_string(connection)


def _login(connection: Connection) -> str:
    return sql.Identifier(connection.info.user).as_string(connection)
