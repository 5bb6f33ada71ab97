"""Sessions: the overseer's, who sees everything, and one for each role that attacks act as. All roll back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection, connect, scalar
from ttdb.postgres.url import Url
from ttdb.secrets import masked
from ttdb.validate.discover import Discovery

Statement = sql.SQL | sql.Composed
_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "100ms",
    "idle_in_transaction_session_timeout": "30s",
    "search_path": "",
    "client_min_messages": "error",
}


class Mode(Enum):
    """How a transaction begins."""

    PLAIN = "begin"
    READ_ONLY = "begin transaction read only"
    REPEATABLE = "begin transaction isolation level repeatable read"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one statement: rows and their count, or the server's refusal."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    sqlstate: str | None = None
    message: str = ""

    @property
    def done(self) -> bool:
        """Tell whether the server carried the statement out."""
        return self.sqlstate is None


class Acting:
    """One open transaction as a role; it will be rolled back."""

    def __init__(self, connection: Connection, role: str, *, superuser: bool, overseer_role: str | None) -> None:
        self._connection = connection
        self._role = sql.Identifier(role)
        self._superuser = superuser
        self._overseer_role = overseer_role

    def attempt(self, statement: Statement) -> Outcome:
        """Run one statement in a savepoint; what it did stays until the end of the transaction."""
        self._connection.execute("savepoint attempt")
        outcome = run(self._connection, statement)
        self._connection.execute("release attempt" if outcome.done else "rollback to attempt")
        return outcome

    def oversee(self, statement: Statement) -> Outcome:
        """Run one statement as the overseer inside the same transaction."""
        self._become_overseer()
        try:
            return self.attempt(statement)
        finally:
            form = "set local session authorization {}" if self._superuser else "set local role {}"
            self._connection.execute(sql.SQL(form).format(self._role))

    def _become_overseer(self) -> None:
        if self._superuser:
            self._connection.execute("set local session authorization default")
        elif self._overseer_role is None:
            self._connection.execute("set local role none")
        else:
            self._connection.execute(sql.SQL("set local role {}").format(sql.Identifier(self._overseer_role)))


def run(connection: Connection, statement: Statement) -> Outcome:
    """Run one statement and say what came of it."""
    try:
        cursor = connection.execute(statement)
    except psycopg.Error as error:
        if connection.broken or error.sqlstate is None:
            raise
        return Outcome(sqlstate=error.sqlstate, message=masked(error.diag.message_primary or ""))
    rows = tuple(cursor.fetchall()) if cursor.description else ()
    return Outcome(rows=rows, count=max(cursor.rowcount, 0))


class Sessions:
    """The overseer's session, and those of the roles, opened when first needed."""

    def __init__(self, url: Url, overseer: Connection, found: Discovery) -> None:
        self.overseer = overseer
        self._url = url
        self._found = found
        self._open: dict[str, Connection] = {}
        self.superuser = bool(scalar(overseer, "select rolsuper from pg_catalog.pg_roles where rolname = session_user"))
        self.overseer_role = self._choose_overseer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def rehearse(self, statements: Sequence[Statement]) -> Outcome:
        """Run statements as the overseer in a transaction that rolls back; return what came of the last one run."""
        outcome = Outcome()
        self.overseer.execute("begin")
        try:
            for statement in statements:
                outcome = run(self.overseer, statement)
                if not outcome.done:
                    break
        finally:
            if not self.overseer.broken:
                self.overseer.execute("rollback")
        return outcome

    def may_act_as(self, role: str) -> bool:
        """Tell whether the login can become the role."""
        return self.superuser or self._found.catalog.roles[role].reachable

    @contextmanager
    def acting_as(
        self, role: str, settings: Mapping[str, str], *, fresh: bool = False, mode: Mode = Mode.PLAIN
    ) -> Iterator[Acting]:
        """Open a transaction as a role with the given settings; it rolls back at the end, whatever happens.

        Args:
            role: one that ``may_act_as`` allows.
            settings: what the application would set, local to the transaction.
            fresh: in a session in which nothing was ever set, where an unset setting is null and not empty.
            mode: what the transaction may do and see.

        """
        connection = self._connect(role) if fresh else self._of(role)
        connection.execute(mode.value)
        try:
            for name, value in settings.items():
                connection.execute("select pg_catalog.set_config(%s, %s, true)", (name, value))
            yield Acting(connection, role, superuser=self.superuser, overseer_role=self.overseer_role)
        finally:
            if not connection.broken:
                connection.execute("rollback")
            if fresh:
                connection.close()

    def _of(self, role: str) -> Connection:
        if role not in self._open:
            self._open[role] = self._connect(role)
        return self._open[role]

    def _connect(self, role: str) -> Connection:
        connection = connect(self._url, application="ttdb validate", settings=_LIMITS)
        form = "set session authorization {}" if self.superuser else "set role {}"
        connection.execute(sql.SQL(form).format(sql.Identifier(role)))
        return connection

    def _choose_overseer(self) -> str | None:
        """Make the overseer see all rows, or get an error instead of a silent part of them."""
        bypasses = scalar(
            self.overseer, "select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = current_user"
        )
        cross = [role for role in self._found.roles.cross_tenant if self._found.catalog.roles[role].reachable]
        if bypasses or not cross:
            self.overseer.execute("set row_security = off")
            return None
        self.overseer.execute(sql.SQL("set role {}").format(sql.Identifier(cross[0])))
        return cross[0]


def limit(connection: Connection) -> None:
    """Give the overseer's session the same timeouts as the roles' sessions."""
    for name, value in _LIMITS.items():
        connection.execute("select pg_catalog.set_config(%s, %s, false)", (name, value))
