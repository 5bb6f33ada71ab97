"""Run a revision's steps, up and down: each in its own short transaction, recorded in the ledger with it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import psycopg
from psycopg import errors as pg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from ttdb.errors import HealthBad, StepFailed, TtdbError
from ttdb.migrate import ledger
from ttdb.migrate.backfill import acting, fill
from ttdb.migrate.blockers import named, waited_for
from ttdb.migrate.copying import copy
from ttdb.migrate.courtesy import Courtesy, wait_for_gap, with_retries
from ttdb.migrate.ledger import Definitions, Entry, Parts
from ttdb.migrate.locks import tables_locked
from ttdb.migrate.needed import taken
from ttdb.migrate.offenders import refuse as refuse_offenders
from ttdb.migrate.step import Step
from ttdb.model.migration import Event, OnEvent, silent
from ttdb.postgres.connect import SHUTDOWN, Connection, each, end_statement, interrupt_first, scalar, translated
from ttdb.secrets import masked

_OLD_TRANSACTION_S = 1.0  # a transaction this old is worth naming to whom CONCURRENTLY makes wait
_BEGIN = sql.SQL("begin; set local role {role}; set local row_security = {rows}; set local lock_timeout = {timeout}")
_BEGINNINGS = 4  # statements
_COMMIT = sql.SQL("commit")
_AS_OWNER = sql.SQL("set local role ttdb_owner")
_SAVEPOINT, _RELEASE = sql.SQL("savepoint looking"), sql.SQL("release savepoint looking")
UNDEFINED = (pg.UndefinedTable, pg.UndefinedFunction, pg.UndefinedObject, pg.UndefinedColumn, pg.InvalidSchemaName)


def trusted(text: str) -> sql.SQL:
    """Mark SQL that ships with ttdb as what it is: literal text, with nothing of a user's in it."""
    return sql.SQL(text)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was seen of a step where its transaction began."""

    holds: bool  # what it promises stands already
    before: Definitions  # how what it may change looks


class Runner:
    """Applies and undoes steps on one session, whose session role is ttdb_owner."""

    def __init__(
        self,
        connection: Connection,
        courtesy: Courtesy,
        on_event: OnEvent = silent,
        still_alone: Callable[[], None] = lambda: None,
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        self._standing: Parts | None = None
        self._left: tuple[object, Definitions] | None = None  # how the last step left what, which many go on with
        self._settled: frozenset[str] = frozenset()  # tables that have policies or triggers of ours
        self._settling: frozenset[str] = frozenset()  # and those that the step at work gives some
        self._last: list[sql.Composable] = []  # what a transaction ends with, sent with its COMMIT
        self._still_alone = still_alone  # raises where the migration lock was lost
        self._before_commit = before_commit  # for who looks at the locks that a step took
        self._connection = connection
        self._courtesy = courtesy
        self._on_event = on_event

    def up(self, revision: str, steps: Sequence[Step]) -> None:
        """Apply the steps that the ledger does not have, in order."""
        recorded = ledger.read(self._connection)
        if self._parts().managed_objects:
            self._settled = ledger.settled(self._connection)
        for step in taken(self._connection, revision, steps, recorded):
            entry = recorded.get((revision, step.name))
            if entry is None or not entry.finished or self._is_remade(revision, step, recorded):
                ready = acting(self._connection, step)
                self._timed(revision, ready, partial(self._apply, revision, ready))
                self._settled |= self._settling

    def _is_remade(self, revision: str, step: Step, recorded: Mapping[tuple[str, str], Entry]) -> bool:
        """Tell whether what a step made is gone, and one that needs it is to run: a downgrade undid that and stopped.

        It may have been used up by that one, or dropped by hand.
        """
        if not step.remade_for or (revision, step.remade_for) in recorded:
            return False

        def look() -> str:
            with self._transaction(step, looking=True) as begun:
                return "holds" if begun.holds else "gone"

        return self._retried(revision, replace(step, up=()), look) == "gone"  # to look takes no strong lock

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

    def _apply(self, revision: str, step: Step) -> str:
        if not step.transaction:
            return self._apply_piecewise(revision, step)
        with self._transaction(step, looking=True) as begun:
            outcome, replaced, before = self._look(step, begun)
            if outcome == "found":
                after = before
            else:
                self._look_at_rows(step)
                after = self._run(revision, step)
            self._record(revision, step, Entry(outcome, replaced, step.digest), before, after)
        return outcome

    def _look_at_rows(self, step: Step) -> None:
        """Stop for rows that break what a step promises; who came meanwhile is waited for, not queued behind."""
        refuse_offenders(self._connection, step)
        if step.offenders is not None:
            wait_for_gap(self._connection, tables_locked(step))

    def _apply_piecewise(self, revision: str, step: Step) -> str:
        """Apply a step that no transaction may hold: its statements bear being run again after a kill.

        The ledger says that it has begun, so that what a killed run, or attempt, left is known for ours, not found.
        """
        with self._transaction(step, looking=True) as begun:
            outcome, replaced, before = self._look(step, begun)
            self._as_owner()
            entry = ledger.entry_of(self._connection, revision, step.name) if self._parts().ledger else None
            if entry is not None:
                outcome, replaced = "done", entry.replaced
                if not step.backfill and not entry.finished:  # a backfill makes nothing but values
                    before = ledger.stood_before(self._connection, revision, step.name, before)
            if outcome == "done" and self._parts().ledger:
                self._note_begun(revision, step, replaced, before)
        if outcome == "done":
            self._say_who_is_waited_for(revision, step)
            if step.backfill:
                fill(self._connection, revision, step, self._courtesy, self._on_event)
            elif step.copying:
                copy(self._connection, revision, step, step.copying, self._courtesy, self._on_event)
            else:
                self._piecewise(step, step.up)
        with self._transaction(step):
            try:
                after = self._run(revision, replace(step, up=()))
            except StepFailed:
                refuse_offenders(self._connection, step)  # rows that came since they were looked for
                raise
            self._record(revision, step, Entry(outcome, replaced, step.digest), before, after)
        return outcome

    def _note_begun(self, revision: str, step: Step, replaced: str | None, before: Definitions | None) -> None:
        """Record that a step has begun, or goes on; ``before`` None: it is being undone.

        A backfill's progress has its own use.
        """
        statements = [ledger.add(revision, step.name, Entry("begun", replaced, step.digest))]
        if not step.backfill and self._parts().managed_objects:
            what = (revision, step.name)
            statements.append(ledger.note_undoing(*what) if before is None else ledger.note(*what, before))
        ledger.write(self._connection, statements)

    def _look(self, step: Step, begun: _Begun) -> tuple[str, str | None, Definitions]:
        """Return what to do, what it would replace, and the definitions before."""
        outcome = "found" if not step.always and begun.holds else "done"
        replaced = scalar(self._connection, trusted(step.replaced)) if step.replaced else None
        return outcome, replaced, begun.before

    def _run(self, revision: str, step: Step) -> Definitions:
        """Run a step's statements, check its promise, and return how what it may change looks then; all in one go."""
        known = self._standing is not None and self._standing.complete  # else this step may make a part of the record
        described = ledger.describing(self._parts(), step) if known else []
        statements = [trusted(f"{statement}\n") for statement in step.up]
        asked = (_SAVEPOINT, trusted(f"{step.holds}\n"), _RELEASE, _AS_OWNER, *described)
        try:
            answers = each(self._connection, *statements, *asked)
        except UNDEFINED as error:
            if not self._back_to_savepoint():
                raise
            raise _broken_promise(revision, step) from error
        _, rows, _, _, *after = answers[-len(asked) :]
        if not _true(rows):
            raise _broken_promise(revision, step)
        return ledger.described(after) if known else self._described(step)

    def _record(self, revision: str, step: Step, entry: Entry, before: Definitions, after: Definitions) -> None:
        """Write ledger and managed objects as ttdb_owner, in the step's own transaction."""
        standing = self._parts()
        statements = [ledger.add(revision, step.name, entry)] if standing.ledger else []
        if standing.managed_objects:
            statements += ledger.manage(revision, step.name, before, after)
            statements += ledger.found(revision, step.name, before, after, self._settled)
        self._settling = ledger.tables_given(before, after)
        self._last = [_AS_OWNER, *statements] if statements else []
        self._left = (_what(step), after) if standing.complete else None

    def _undo(self, revision: str, step: Step, entry: Entry) -> str:
        statements = step.undone_by(entry.replaced)
        self._standing = self._left = None  # what records may be what is undone
        if not step.transaction:
            with self._transaction(step):
                before = self._described(step)
                self._as_owner()
                # An upgrade after a kill in the middle must not take for done what is half undone.
                if entry.finished and ledger.exists(self._connection):
                    self._note_begun(revision, step, entry.replaced, None)
            if step.copying_back:
                copy(self._connection, revision, step, step.copying_back, self._courtesy, self._on_event)
            else:
                self._piecewise(step, statements)
        with self._transaction(step):
            if step.transaction:
                before = self._described(step)
                for statement in statements:
                    self._connection.execute(trusted(statement))
            self._as_owner()
            self._standing = None
            after = self._described(step)
            standing = self._parts()
            written = ledger.manage(revision, step.name, before, after) if standing.managed_objects else []
            if standing.ledger:
                written.append(ledger.remove(revision, step.name))
            ledger.write(self._connection, written)
        return "undone"

    def _forget(self, revision: str, step: Step) -> str:
        """Leave in place what stood before us."""
        with self._transaction(step):
            self._as_owner()
            if ledger.exists(self._connection):
                ledger.write(self._connection, [ledger.remove(revision, step.name)])
        return "kept"

    def _parts(self) -> Parts:
        """Return which parts of the record stand, asked until all do."""
        if self._standing is None or not self._standing.complete:
            self._standing = ledger.parts(self._connection)
        return self._standing

    def _described(self, step: Step) -> Definitions:
        """Return how the server describes what a step may change."""
        queries = ledger.describing(self._parts(), step)
        return ledger.described(each(self._connection, *queries)) if queries else {}

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

    def _say_who_is_waited_for(self, revision: str, step: Step) -> None:
        found = waited_for(self._connection, step.relations, _OLD_TRANSACTION_S)
        if found:
            facts = {"revision": revision, "step": step.name, "blockers": named(found)}
            self._on_event(Event("waiting", dict(facts)))

    @contextmanager
    def _transaction(self, step: Step, *, looking: bool = False) -> Iterator[_Begun]:
        """Run what is inside in one transaction: begun, and looked at, in one go; written and committed in one."""
        self._last = []
        try:
            yield self._begin(step, looking=looking)
            if self._before_commit is None:
                each(self._connection, *self._last, _COMMIT)
            else:
                ledger.write(self._connection, self._last)
                self._before_commit()
                self._connection.execute(_COMMIT)
        except BaseException:
            self._standing = self._left = None  # what they know of may have been made in here
            with suppress(psycopg.Error):  # what broke is what is told
                end_statement(self._connection)
                if self._connection.info.transaction_status is not TransactionStatus.IDLE:
                    self._connection.execute("rollback")
            raise

    def _begin(self, step: Step, *, looking: bool) -> _Begun:
        """Begin a transaction; if ``looking``, tell whether what the step promises stands, and what it may change.

        That looks as the step before left it, where that was about the same: nobody else migrates meanwhile, and what
        is described is a tenth of an upgrade.
        """
        begin = _BEGIN.format(
            role=sql.Identifier(step.role),
            rows=sql.SQL("on" if step.filters_rows else "off"),
            timeout=sql.Literal(self._courtesy.lock_timeout),
        )
        if not looking:
            self._connection.execute(begin)
            return _Begun(holds=False, before={})
        left, self._left = self._left, None
        known = left[1] if left is not None and left[0] == _what(step) else None
        described = ledger.describing(self._parts(), step) if known is None else []
        asked = () if step.always else (_SAVEPOINT, trusted(f"{step.holds}\n"), _RELEASE)
        try:
            answers = each(self._connection, begin, *described, *asked)
        except UNDEFINED:  # what it asks of may not exist yet
            if not self._back_to_savepoint():
                raise
            return _Begun(holds=False, before=self._described(step) if known is None else known)
        if known is None:
            known = ledger.described(answers[_BEGINNINGS : _BEGINNINGS + len(described)])
        return _Begun(holds=bool(asked) and _true(answers[-2]), before=known)

    def _back_to_savepoint(self) -> bool:
        """Go back to where something was only asked, if it was that which failed."""
        try:
            each(self._connection, sql.SQL("rollback to savepoint looking"), _RELEASE)
        except pg.InvalidSavepointSpecification:
            return False
        return True

    def _as_owner(self, *, local: bool = True) -> None:
        self._connection.execute(_AS_OWNER if local else "set role ttdb_owner")

    def _timed(self, revision: str, step: Step, action: Callable[[], str]) -> None:
        started = time.monotonic()
        outcome = self._retried(revision, step, action)
        seconds = round(time.monotonic() - started, 3)
        self._on_event(Event("step", {"revision": revision, "step": step.name, "outcome": outcome, "seconds": seconds}))

    def _retried(self, revision: str, step: Step, action: Callable[[], str]) -> str:
        what = {"revision": revision, "step": step.name}
        self._still_alone()
        try:
            with interrupt_first():
                return with_retries(
                    action,
                    connection=self._connection,
                    courtesy=self._courtesy if step.transaction else replace(self._courtesy, watch=None),
                    on_event=self._on_event,
                    what=what,
                    relations=tables_locked(step),
                )
        except KeyboardInterrupt:
            end_statement(self._connection)  # or nobody around can roll back
            raise
        except psycopg.Error as error:
            self._refuse(what, error)
            raise _failed(what, error) from error

    def _refuse(self, what: dict[str, str], error: psycopg.Error) -> None:
        """Say of a step that was cancelled because things are bad that it was."""
        try:
            self._courtesy.refuse()
        except HealthBad as bad:
            message = f"{bad.message}: step {what['step']} of {what['revision']} was cancelled"
            raise HealthBad(message) from error


def _what(step: Step) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(step.relations), tuple(step.functions)


def _true(rows: Sequence[TupleRow]) -> bool:
    return bool(rows) and rows[0][0] is True


def _broken_promise(revision: str, step: Step) -> StepFailed:
    message = f"step {step.name} of {revision} ran, but what it promises does not hold"
    return StepFailed(message, "Nothing of it was kept. This is a defect in the revision: report it.")


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
