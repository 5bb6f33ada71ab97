"""Run a revision's steps, up and down: each in its own short transaction, recorded in the ledger with it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import StepFailed, TtdbError
from ttdb.migrate import ledger
from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.ledger import Definitions, Entry
from ttdb.migrate.step import Step
from ttdb.model import Event, OnEvent, silent
from ttdb.postgres.connect import SHUTDOWN, Connection, scalar, translated
from ttdb.secrets import masked

UNDEFINED = (pg.UndefinedTable, pg.UndefinedFunction, pg.UndefinedObject, pg.UndefinedColumn, pg.InvalidSchemaName)


def trusted(text: str) -> sql.SQL:
    """Mark SQL that ships with ttdb as what it is: literal text, with nothing of a user's in it."""
    return sql.SQL(text)


class Runner:
    """Applies and undoes steps on one session, whose session role is ttdb_owner."""

    def __init__(
        self,
        connection: Connection,
        courtesy: Courtesy,
        on_event: OnEvent = silent,
        still_alone: Callable[[], None] = lambda: None,
    ) -> None:
        self._still_alone = still_alone  # raises where the migration lock was lost
        self._connection = connection
        self._courtesy = courtesy
        self._on_event = on_event

    def up(self, revision: str, steps: Sequence[Step]) -> None:
        """Apply the steps that the ledger does not have, in order."""
        recorded = ledger.read(self._connection)
        for step in steps:
            entry = recorded.get((revision, step.name))
            if entry is None or not entry.finished:
                self._timed(revision, step, partial(self._apply, revision, step, entry))

    def down(self, revision: str, steps: Sequence[Step]) -> None:
        """Undo the steps that the ledger has as done, last first; forget those it has as found."""
        recorded = ledger.read(self._connection)
        for step in reversed(steps):
            entry = recorded.get((revision, step.name))
            if entry is None:
                continue
            if entry.outcome != "found":
                self._timed(revision, step, partial(self._undo, revision, step, entry))
            else:
                self._timed(revision, step, partial(self._forget, revision, step))

    def _apply(self, revision: str, step: Step, entry: Entry | None) -> str:
        if not step.transaction:
            return self._apply_piecewise(revision, step, entry)
        with self._transaction(step):
            outcome, replaced, before = self._look(step)
            if outcome == "done":
                for statement in step.up:
                    self._connection.execute(trusted(statement))
            self._record(revision, step, Entry(outcome, replaced, step.digest), before)
        return outcome

    def _apply_piecewise(self, revision: str, step: Step, entry: Entry | None) -> str:
        """Apply a step that no transaction may hold: its statements bear being run again after a kill.

        The ledger says that it has begun, so that what a killed run left is known for ours, not taken for found.
        """
        with self._transaction(step):
            outcome, replaced, before = self._look(step)
            self._as_owner()
            if entry is not None:
                outcome, replaced, before = "done", entry.replaced, ledger.managed(self._connection, before)
            elif outcome == "done":
                ledger.add(self._connection, revision, step.name, Entry("begun", replaced, step.digest))
        if outcome == "done":
            self._piecewise(step, step.up)
        with self._transaction(step):
            self._record(revision, step, Entry(outcome, replaced, step.digest), before)
        return outcome

    def _look(self, step: Step) -> tuple[str, str | None, Definitions]:
        """Return what to do, what it would replace, and the definitions before."""
        outcome = "found" if self._holds(step) and not step.always else "done"
        replaced = scalar(self._connection, trusted(step.replaced)) if step.replaced else None
        return outcome, replaced, ledger.definitions(self._connection, step.relations, step.functions)

    def _record(self, revision: str, step: Step, entry: Entry, before: Definitions) -> None:
        """Check the promise, and write ledger and managed objects, in the step's own transaction."""
        if not self._holds(step):
            message = f"step {step.name} of {revision} ran, but what it promises does not hold"
            raise StepFailed(message, "Nothing of it was kept. This is a defect in the revision: report it.")
        self._as_owner()
        ledger.add(self._connection, revision, step.name, entry)
        after = ledger.definitions(self._connection, step.relations, step.functions)
        ledger.manage(self._connection, revision, step.name, before, after)

    def _undo(self, revision: str, step: Step, entry: Entry) -> str:
        statements = (entry.replaced,) if entry.replaced else step.down
        if not step.transaction:
            with self._transaction(step):
                before = ledger.definitions(self._connection, step.relations, step.functions)
            self._piecewise(step, statements)
        with self._transaction(step):
            if step.transaction:
                before = ledger.definitions(self._connection, step.relations, step.functions)
                for statement in statements:
                    self._connection.execute(trusted(statement))
            self._as_owner()
            after = ledger.definitions(self._connection, step.relations, step.functions)
            ledger.manage(self._connection, revision, step.name, before, after)
            ledger.remove(self._connection, revision, step.name)
        return "undone"

    def _forget(self, revision: str, step: Step) -> str:
        """Leave in place what stood before us."""
        with self._transaction(step):
            self._as_owner()
            ledger.remove(self._connection, revision, step.name)
        return "kept"

    def _piecewise(self, step: Step, statements: Sequence[str]) -> None:
        """Run statements outside any transaction, without lock_timeout: CONCURRENTLY waits long, and blocks nobody."""
        self._connection.execute(sql.SQL("set role {}").format(sql.Identifier(step.role)))
        self._connection.execute("set lock_timeout = 0")
        try:
            for statement in statements:
                self._connection.execute(trusted(statement))
        finally:
            if not self._connection.closed:
                timeout = sql.Literal(self._courtesy.lock_timeout)
                self._connection.execute(sql.SQL("set lock_timeout = {}").format(timeout))
                self._as_owner(local=False)

    def _holds(self, step: Step) -> bool:
        try:
            with self._connection.transaction():  # a savepoint: an undefined object must not end the step
                return scalar(self._connection, trusted(step.holds)) is True
        except UNDEFINED:
            return False

    @contextmanager
    def _transaction(self, step: Step) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(
                sql.SQL(
                    "set local role {role}; set local row_security = {rows}; set local lock_timeout = {timeout}"
                ).format(
                    role=sql.Identifier(step.role),
                    rows=sql.SQL("on" if step.filters_rows else "off"),
                    timeout=sql.Literal(self._courtesy.lock_timeout),
                )
            )
            yield

    def _as_owner(self, *, local: bool = True) -> None:
        self._connection.execute("set local role ttdb_owner" if local else "set role ttdb_owner")

    def _timed(self, revision: str, step: Step, action: Callable[[], str]) -> None:
        started = time.monotonic()
        what = {"revision": revision, "step": step.name}
        self._still_alone()
        try:
            outcome = with_retries(
                action, connection=self._connection, courtesy=self._courtesy, on_event=self._on_event, what=what
            )
        except psycopg.Error as error:
            raise _failed(what, error) from error
        seconds = round(time.monotonic() - started, 3)
        self._on_event(Event("step", {**what, "outcome": outcome, "seconds": seconds}))


def _failed(what: dict[str, str], error: psycopg.Error) -> TtdbError:
    """Say which step the server refused, and why."""
    doing = f"step {what['step']} of {what['revision']}"
    if error.sqlstate is None or isinstance(error, (pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction, *SHUTDOWN)):
        try:
            with translated(doing):
                raise error
        except TtdbError as known:
            return known
    hint = error.diag.message_hint or "Nothing of this step was kept. Mend the cause and run the command again."
    detail = f": {error.diag.message_detail}" if error.diag.message_detail else ""
    return StepFailed(f"{doing} failed: {masked(error.diag.message_primary or str(error))}{masked(detail)}", hint)
