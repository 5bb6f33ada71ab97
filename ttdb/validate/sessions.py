"""Sessions: the overseer's, who sees everything, and one for each role that attacks act as. All roll back."""

import re
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
from ttdb.validate.holding import LIMIT_MS, NOTHING, OVERDUE, Hold, Holds
from ttdb.validate.search_paths import SearchPaths, search_paths

Statement = sql.SQL | sql.Composed
# A savepoint always stands, so that a statement costs one round trip and what follows it another.
_KEEP, _UNDO = sql.SQL("release attempt; savepoint attempt"), sql.SQL("rollback to attempt")
# A session of ours that stands still, as one whose machine sleeps, keeps no locks.
_PATIENT = sql.SQL("set local idle_in_transaction_session_timeout = 1000")
_FUNCTION = re.compile(r'function ((?:"[^"]+"|[\w.])+\([^)]*\))')  # in the context of a refusal
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one statement: rows and their count, or the server's refusal."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    sqlstate: str | None = None
    message: str = ""
    told: str = ""  # all that the server said to the session: message, detail, hint, notices
    constraint_of: tuple[str, str] | None = None  # schema and table of the constraint that refused
    within: tuple[str, ...] = ()  # the functions that were running when it was refused, the innermost first

    @property
    def done(self) -> bool:
        """Tell whether the server carried the statement out."""
        return self.sqlstate is None


@dataclass(frozen=True, slots=True)
class Overseer:
    """Who sees everything: how a session that acts as a role becomes him again."""

    superuser: bool
    role: str | None = None  # that the login takes, where it does not see everything by itself

    @property
    def back(self) -> Statement:
        """Return the statement."""
        if self.superuser:
            return sql.SQL("set local session authorization default")
        if self.role is None:
            return sql.SQL("set local role none")
        return sql.SQL("set local role {}").format(sql.Identifier(self.role))


class Acting:
    """One open transaction as a role; it will be rolled back."""

    def __init__(
        self, connection: Connection, role: str, hold: Hold, paths: SearchPaths, *, overseer: Overseer
    ) -> None:
        self._connection = connection
        self._hold = hold
        self._role = role
        self._paths = paths
        self._superuser = overseer.superuser
        self._overseer = (overseer.back, paths.enter_safely)
        self._depth = 0  # of savepoints
        self._owes_undo = False  # after a refusal; it is sent with what comes next, for it costs a way there and back

    def become(self, role: str) -> None:
        """Go on as another role, until the trial that is open ends."""
        if role != self._role:
            self._role = role
            self._between(sql.SQL("; ").join([*self._overseer, self._attacker]))

    def attempt(self, statement: Statement) -> Outcome:
        """Run one statement in a savepoint; what it did stays until the end of the transaction."""
        if not self._hold.bounded:
            return self._in_one(statement, then=_KEEP)
        outcome = self._run(statement)
        self._between(_KEEP if outcome.done else _UNDO)
        return outcome

    def _in_one(self, statement: Statement, *, then: Statement, first: Sequence[Statement] = ()) -> Outcome:
        """Run one statement with what comes before and after it, in one way there and back where it is done."""
        self._hold.begins_with(statement)
        before = [*self._owed(), *first]
        outcome = run(self._connection, sql.SQL("\n;\n").join([*before, statement, then]), place=len(before))
        self._owes_undo = not outcome.done
        return outcome

    def _owed(self) -> list[Statement]:
        """Return the undoing of what was refused; it gives back the role too, where that was changed since."""
        owed, self._owes_undo = self._owes_undo, False
        return [_UNDO] if owed else []

    def _run(self, statement: Statement) -> Outcome:
        """Run one statement within the time that the transaction's locks may be held."""
        if self._hold.over:
            self._hold.end_early()
            return _ENDED
        if self._hold.begins_with(statement) and self._hold.limited:
            self._between(_PATIENT)
        outcome = run(self._connection, statement)
        if outcome.sqlstate == OVERDUE and self._hold.limited:
            self._hold.end_early()
        return outcome

    def _between(self, statement: Statement) -> None:
        """Run what stands between probes. Nothing more is sent once the time is up: the end undoes it all."""
        if self._hold.over:
            return
        limit = self._hold.limit
        try:
            together = sql.SQL("; ").join([*self._owed(), statement])
            self._connection.execute(together if limit is NOTHING else sql.SQL("{}{}").format(together, limit))
        except psycopg.errors.QueryCanceled:
            if not self._hold.limited:
                raise
            self._hold.end_early()

    def tried(self, statement: Statement) -> Outcome:
        """Run one statement in the savepoint that stands, and undo it."""
        if not self._hold.bounded:
            return self._in_one(statement, then=_UNDO)
        outcome = self._run(statement)
        self._between(_UNDO)
        return outcome

    @contextmanager
    def trial(self, *, keep: bool = False) -> Iterator[list[Outcome]]:
        """Open a savepoint; what is done until its end is undone, unless kept where the last outcome is done."""
        self._depth += 1
        name, role = sql.Identifier(f"trial{self._depth}"), self._role
        self._between(sql.SQL("savepoint {}; savepoint attempt").format(name))
        outcomes: list[Outcome] = []
        yield outcomes
        kept = keep and bool(outcomes) and outcomes[-1].done
        end = sql.SQL("release {}; {}" if kept else "rollback to {0}; release {0}").format(name, _KEEP)
        self._between(end)
        self._role = self._role if kept else role
        self._depth -= 1

    def oversee(self, statement: Statement) -> Outcome:
        """Run one statement as the overseer inside the same transaction."""
        if not self._hold.bounded:
            return self._in_one(statement, then=self._attacker, first=self._overseer)
        self._between(sql.SQL("; ").join(self._overseer))
        outcome = self._run(statement)
        # A rollback to the savepoint gives back the role too: it was changed after it.
        self._between(self._attacker if outcome.done else _UNDO)
        return outcome

    def oversee_all(self, statements: Sequence[Statement]) -> list[bool]:
        """Run statements as the overseer inside the same transaction; return which of them were carried out.

        Many go to the server at once. Where one is refused, they are tried again in halves.
        """
        if not statements:
            return []
        if self.oversee(sql.SQL("; ").join(statements)).done:
            return [True] * len(statements)
        half = len(statements) // 2
        return [*self.oversee_all(statements[:half]), *self.oversee_all(statements[half:])] if half else [False]

    @property
    def _attacker(self) -> sql.Composed:
        form = "set local session authorization {}" if self._superuser else "set local role {}"
        become = sql.SQL(form).format(sql.Identifier(self._role))
        return sql.SQL("; ").join([become, self._paths.enter(self._role), _KEEP])


_ENDED = Outcome(sqlstate=OVERDUE, message=f"the probe was ended after {LIMIT_MS} ms")


def run(connection: Connection, statement: Statement, *, place: int = 0) -> Outcome:
    """Run one statement, or several in one, and say what came of it, or of the one at that place."""
    notices: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        notices.append(_said(notice))

    connection.add_notice_handler(hear)
    try:
        cursor = connection.execute(statement)
        for _ in range(place):
            cursor.nextset()
    except psycopg.Error as error:
        if connection.broken or error.sqlstate is None:
            raise
        return _refusal(error, notices)
    finally:
        connection.remove_notice_handler(hear)
    rows = tuple(cursor.fetchall()) if cursor.description else ()
    return Outcome(rows=rows, count=max(cursor.rowcount, 0), told="\n".join(notices))


def _refusal(error: psycopg.Error, notices: Sequence[str]) -> Outcome:
    diag = error.diag
    told = "\n".join((*notices, _said(diag)))
    place = (diag.schema_name, diag.table_name) if diag.schema_name and diag.table_name else None
    return Outcome(
        sqlstate=error.sqlstate,
        message=masked(diag.message_primary or ""),
        told=told,
        constraint_of=place,
        within=tuple(dict.fromkeys(_FUNCTION.findall(diag.context or ""))),
    )


def _said(diag: psycopg.errors.Diagnostic) -> str:
    return "\n".join(each for each in (diag.message_primary, diag.message_detail, diag.message_hint) if each)


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

    def rehearse(self, statements: Sequence[Statement]) -> Outcome:
        """Run statements as the overseer in a transaction that rolls back; return what came of the last one run."""
        outcome, hold = Outcome(), Hold(self.holds, "the login")
        self.overseer.execute(sql.SQL("begin; {}; savepoint attempt").format(self.paths.enter_safely))
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
        try:
            connection.execute(_opening(mode, settings))
            yield Acting(connection, role, hold, self.paths, overseer=self._who_oversees)
        finally:
            if not connection.broken:
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


def _opening(mode: Mode, settings: Mapping[str, str]) -> sql.Composed:
    """Return what begins a transaction, in one round trip."""
    form = sql.SQL("select pg_catalog.set_config({}, {}, true)")
    lines: list[sql.Composable] = [sql.SQL(mode.value)]
    lines += [form.format(sql.Literal(name), sql.Literal(str(value))) for name, value in settings.items()]
    return sql.SQL("; ").join([*lines, sql.SQL("savepoint attempt")])


def limit(connection: Connection) -> None:
    """Give the overseer's session the limits of the roles' sessions, but more time: it asks of all at once."""
    connection.prepare_threshold = None
    for name, value in (_LIMITS | {"statement_timeout": "15s"}).items():
        connection.execute("select pg_catalog.set_config(%s, %s, false)", (name, value))
