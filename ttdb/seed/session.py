"""Write as the role that may write every tenant, and analyze as the tables' owner."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg import sql
from psycopg.pq import TransactionStatus

from ttdb.errors import PrivilegeMissing
from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.catalog import CatalogTable

OPERATOR = "ttdb_operator"
_CANCEL_S = 5


@contextmanager
def settled(connection: Connection) -> Iterator[None]:
    """End the statement that Ctrl-C interrupts, so that the transaction around can roll back at once."""
    try:
        yield
    except KeyboardInterrupt:
        # The interrupt may fall between sending and waiting: the driver then leaves the statement running.
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            connection.cancel_safe(timeout=_CANCEL_S)
            while connection.pgconn.get_result() is not None:
                pass
        raise


@contextmanager
def as_operator(connection: Connection, tables: Sequence[CatalogTable]) -> Iterator[None]:
    """Act as the operator where there is one and the login may; say what is missing where it is needed.

    Raises:
        PrivilegeMissing: row-level security applies to the login, and it is not a member.

    """
    if _may_become(connection, OPERATOR):
        with _role(connection, OPERATOR):
            yield
        return
    active = sql.SQL("select pg_catalog.row_security_active({})")
    for table in tables:
        if scalar(connection, active.format(sql.Literal(_quoted(connection, table)))):
            message = f'login "{connection.info.user}" cannot write every tenant of "{table.schema}.{table.name}"'
            raise PrivilegeMissing(message, f"Have an admin run: grant {OPERATOR} to {_login(connection)};")
    yield


def analyze(connection: Connection, tables: Sequence[CatalogTable]) -> tuple[str, ...]:
    """Refresh the planner's statistics, and return the tables that this login may not analyze."""
    skipped = []
    for table in tables:
        owner = scalar(
            connection,
            "select pg_catalog.pg_get_userbyid(relowner) from pg_catalog.pg_class where oid = %s::regclass",
            (_quoted(connection, table),),
        )
        if not _may_become(connection, owner):
            skipped.append(f"{table.schema}.{table.name}")
            continue
        with connection.transaction(), _role(connection, owner):
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table.schema, table.name)))
    return tuple(skipped)


@contextmanager
def _role(connection: Connection, role: str) -> Iterator[None]:
    """Take a role within a transaction and give back the one before; after an error the rollback does."""
    before = scalar(connection, "select pg_catalog.current_setting('role')")
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    yield
    connection.execute("select pg_catalog.set_config('role', %s, true)", (before,))


def _may_become(connection: Connection, role: str) -> bool:
    # Since version 16 a membership may come without the right to SET ROLE.
    mode = "SET" if connection.info.server_version >= 160000 else "MEMBER"  # noqa: PLR2004 - a server version
    query = (
        "select coalesce((select pg_catalog.pg_has_role(session_user, oid, %s)"
        " from pg_catalog.pg_roles where rolname = %s), false)"
    )
    return bool(scalar(connection, query, (mode, role)))


def _quoted(connection: Connection, table: CatalogTable) -> str:
    return sql.Identifier(table.schema, table.name).as_string(connection)


def _login(connection: Connection) -> str:
    return sql.Identifier(connection.info.user).as_string(connection)
