"""A transaction as a role, in which attacks act and the overseer looks on; it is rolled back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.validate.holding import LIMIT_MS, NOTHING, OVERDUE, Hold
from ttdb.validate.outcomes import Outcome, Statement, run
from ttdb.validate.search_paths import SearchPaths

# A savepoint always stands, so that a statement costs one round trip and what follows it another.
_KEEP, _UNDO = sql.SQL("release attempt; savepoint attempt"), sql.SQL("rollback to attempt")
# A session of ours that stands still, as one whose machine sleeps, keeps no locks.
_PATIENT = sql.SQL("set local idle_in_transaction_session_timeout = 1000")
_ENDED = Outcome(sqlstate=OVERDUE, message=f"the probe was ended after {LIMIT_MS} ms")


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

    def __init__(  # noqa: PLR0913 - a transaction, as whom, and what it may
        self,
        connection: Connection,
        role: str,
        hold: Hold,
        paths: SearchPaths,
        *,
        overseer: Overseer,
        opening: Sequence[Statement] = (),
    ) -> None:
        self._connection = connection
        self._hold = hold
        self._role = role
        self._paths = paths
        self._superuser = overseer.superuser
        self._overseer = (overseer.back, paths.enter_safely)
        self._depth = 0  # of savepoints
        # What is owed is sent with what comes next, for it costs a way there and back.
        self._opening = tuple(opening)
        self._owes_undo = False  # after a refusal

    @property
    def opened(self) -> bool:
        """Tell whether the transaction has begun."""
        return not self._opening

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
        """Return the beginning, or the undoing of what was refused; that gives back a role that was changed since."""
        owed: list[Statement] = [*self._opening, *([_UNDO] if self._owes_undo else [])]
        self._opening, self._owes_undo = (), False
        return owed

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
