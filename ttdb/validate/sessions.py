"""Sessions: the overseer's, who sees everything, and one for each role that attacks act as. All roll back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from ttdb.postgres.connect import Connection, connect, scalar
from ttdb.postgres.url import Url
from ttdb.validate.acting import Acting, Overseer
from ttdb.validate.discover import Discovery
from ttdb.validate.holding import Hold, Holds
from ttdb.validate.outcomes import Outcome, Statement, run
from ttdb.validate.search_paths import search_paths

_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "100ms",
    "idle_in_transaction_session_timeout": "30s",
    "search_path": "",
    "client_min_messages": "error",
    "jit": "off",  # as in PLAIN, and so is the next
    "constraint_exclusion": "off",
}


class Mode(Enum):
    """How a transaction begins."""

    PLAIN = "begin"
    READ_ONLY = "begin transaction read only"
    REPEATABLE = "begin transaction isolation level repeatable read"


class Sessions:
    """The overseer's session, and those of the roles, opened when first needed."""

    def __init__(self, url: Url, overseer: Connection, found: Discovery, *, limited: bool = False) -> None:
        self.overseer = overseer
        self.holds = Holds(limited)
        self._url = url
        self._found = found
        self._open: dict[str, Connection] = {}
        self._untouched: dict[str, Connection] = {}  # sessions in which nothing was ever set
        self.paths = search_paths(overseer, found)
        self.superuser = bool(scalar(overseer, "select rolsuper from pg_catalog.pg_roles where rolname = session_user"))
        self._who_oversees = Overseer(self.superuser, self._choose_overseer())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (*self._open.values(), *self._untouched.values()):
            connection.close()
        self._open.clear()
        self._untouched.clear()

    def recover(self) -> None:
        """End every transaction that still stands, as after an attack that failed: the next one needs its session."""
        for connection in (self.overseer, *self._open.values(), *self._untouched.values()):
            if connection.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
                with suppress(psycopg.Error):  # a session that the server has ended is opened anew
                    connection.execute("rollback")

    def rehearse(self, statements: Sequence[Statement]) -> Outcome:
        """Run statements as the overseer in a transaction that rolls back; return what came of the last one run."""
        outcome, hold = Outcome(), Hold(self.holds, "the login")
        self.overseer.execute(sql.SQL("begin; {}; savepoint attempt").format(self.paths.enter_to_write))
        acting = Acting(self.overseer, "", hold, self.paths, overseer=Overseer(superuser=False))
        try:
            for statement in statements:
                outcome = acting.attempt(statement)
                if not outcome.done:
                    break
        finally:
            hold.end()
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
        connection = self._fresh(role, settings) if fresh else self._of(role)
        hold = Hold(self.holds, role)
        opening = _opening(mode, settings)
        if hold.bounded:  # its time is that of the statements alone
            connection.execute(sql.SQL("; ").join(opening))
            opening = []
        acting = Acting(connection, role, hold, self.paths, overseer=self._who_oversees, opening=opening)
        try:
            yield acting
        finally:
            if acting.opened and not connection.broken:
                connection.execute("rollback")
            hold.end()
            if fresh and settings:
                connection.close()

    def _fresh(self, role: str, settings: Mapping[str, str]) -> Connection:
        if settings:
            return self._connect(role)
        if role not in self._untouched or self._untouched[role].broken:
            self._untouched[role] = self._connect(role)
        return self._untouched[role]

    def left_by(self, role: str, statement: Statement, names: Sequence[str]) -> dict[str, str]:
        """Commit a transaction that may write nothing, in a session of its own; return the settings that outlive it."""
        connection = self._connect(role)
        try:
            connection.execute(Mode.READ_ONLY.value)
            outcome = run(connection, statement)
            connection.execute("commit" if outcome.done else "rollback")
            values = {name: scalar(connection, "select current_setting(%s, true)", (name,)) for name in names}
        finally:
            connection.close()
        return {name: str(value) for name, value in values.items() if value}

    def _of(self, role: str) -> Connection:
        if role not in self._open or self._open[role].broken:
            self._open[role] = self._connect(role)
        return self._open[role]

    def _connect(self, role: str) -> Connection:
        settings = _LIMITS | {"search_path": self.paths.of(role)}
        connection = connect(self._url, application="ttdb validate", settings=settings)
        connection.prepare_threshold = None  # hardly a statement is sent often, and each is to be planned as it stands
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


def _opening(mode: Mode, settings: Mapping[str, str]) -> list[Statement]:
    """Return what begins a transaction."""
    set_all = [
        (_SET if name in _TAKES_ALL or "." in name else _SET_WHERE_TAKEN).format(
            sql.Literal(name), sql.Literal(str(value))
        )
        for name, value in settings.items()
    ]
    return [sql.SQL(mode.value), *set_all, sql.SQL("savepoint attempt")]


_TAKES_ALL = ("application_name",)  # of PostgreSQL's own settings; others refuse a value that means nothing to them
_SET = sql.SQL("select pg_catalog.set_config({}, {}, true)")
_SET_WHERE_TAKEN = sql.SQL(
    "do $ttdb$ begin perform pg_catalog.set_config({}, {}, true); exception when others then null; end $ttdb$"
)


def limit(connection: Connection) -> None:
    """Give the overseer's session the limits of the roles' sessions, but more time: it asks of all at once."""
    connection.prepare_threshold = None
    for name, value in (_LIMITS | {"statement_timeout": "15s"}).items():
        connection.execute("select pg_catalog.set_config(%s, %s, false)", (name, value))
