"""The course of a rehearsal: phase after phase on the copy, each told, timed, and judged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

from psycopg import errors as pg

from ttdb.config import Settings
from ttdb.errors import Conflicts, DatabaseUnreachable, DiskFull, TtdbError
from ttdb.migrate import bootstrap, partitions
from ttdb.migrate.back import undo_since
from ttdb.migrate.session import Session, migrating
from ttdb.migrate.upgrade import schemas, upgrade
from ttdb.model.migration import Conflict, Event, OnEvent
from ttdb.model.validation import ValidationReport, Verdict
from ttdb.postgres.connect import connect, scalar
from ttdb.validate import Request, validate
from ttdb.workflows.rehearse import traces
from ttdb.workflows.rehearse.measure import Observer, observing
from ttdb.workflows.rehearse.model import MeasuredStep, Phase, Source, Trouble
from ttdb.workflows.rehearse.stage import Stage

Say = Callable[[str], None]
# Events that say something of the copy's server, and nothing to whoever rehearses.
_UNSAID = ("target", "finished")
_NAMED = 20  # differences, before they are only counted


class Course:
    """What happens on one stage, and what came of it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of one rehearsal
        self, source: Source, stage: Stage, settings: Settings, request: Request, on_event: OnEvent, say: Say
    ) -> None:
        self._source = source
        self._stage = stage
        self._settings = settings
        self._request = replace(request, hints=replace(request.hints, strangers=stage.strangers))
        self._on_event = on_event
        self._say = say
        self._upgraded: traces.Catalog = {}
        self.phases = [Phase("copy", "done", stage.copy.seconds)]
        self.troubles: list[Trouble] = []
        self.offenders: tuple[Conflict, ...] = ()
        self.up: tuple[MeasuredStep, ...] = ()
        self.back: tuple[MeasuredStep, ...] = ()
        self.validation: ValidationReport | None = None

    def run(self) -> None:
        """Go all the way, or as far as that makes sense."""
        with connect(self._stage.admin, application="ttdb rehearse") as admin:
            stood = scalar(admin, "select pg_catalog.to_regrole('ttdb_owner') is not null")
        # Only a bootstrap of our own, of a database without the engine, can be undone.
        undone = not self._source.heads and not stood
        if not undone:
            self._attempt("bootstrap", self._bootstrap)
        self._say("reading the copy's catalog and rows, to compare them with later")
        before = self._taken()
        if (undone and not self._attempt("bootstrap", self._bootstrap)) or self.troubles:
            return
        reached = self._attempt("upgrade", self._up)
        if reached:
            self._attempt("validate", self._validate)
        if not self._attempt("downgrade", lambda: self._down(undone=undone)):
            return
        same = self._attempt("compare", lambda: self._compare(before))
        if reached and same:
            self._attempt("upgrade again", lambda: self._again(undone=undone))

    @property
    def verdict(self) -> Verdict:
        """Return what comes of it all."""
        planned = any(item.conflicts for item in self._source.plan)
        if self.troubles or self.offenders or planned:
            return Verdict.FAIL
        return self.validation.verdict if self.validation else Verdict.INCOMPLETE

    def _taken(self, before: traces.Traces | None = None) -> traces.Traces:
        tables = before.tables if before else None
        return traces.taken(self._stage.admin, without=self._stage.login, tables=tables)

    def _attempt(self, name: str, action: Callable[[], str]) -> bool:
        """Run one phase; what goes wrong there would on the live database too, unless the stage itself is gone."""
        self._say(f"rehearsing: {name}")
        start, before = monotonic(), len(self.troubles)
        try:
            note = action()
        except (DatabaseUnreachable, DiskFull):
            raise
        except TtdbError as error:
            if isinstance(error.__cause__, pg.DiskFull):
                hint = "Pass --sample with less, make room, or name another folder by TTDB_THROWAWAY_FOLDER."
                raise DiskFull(f"the throwaway has no more room: {error.message}", hint) from error
            note = error.message
            self.troubles.append(self._trouble(name, error))
        good = len(self.troubles) == before
        self.phases.append(Phase(name, "done" if good else "failed", monotonic() - start, note))
        return good

    def _trouble(self, phase: str, error: TtdbError) -> Trouble:
        if isinstance(error, Conflicts):
            self.offenders += tuple(item for item in error.conflicts if isinstance(item, Conflict))
        revision = step = None
        measured = {(item.revision, item.step) for item in self.up}
        if phase == "upgrade" and (measured or not isinstance(error, Conflicts)):
            names = [(item.revision, item.step) for item in self._source.plan if item.due]
            revision, step = next((name for name in names if name not in measured), (None, None))
        what = error.message.removeprefix(f"step {step} of {revision} failed: ")
        return Trouble(phase, what, error.hint or "", revision, step)

    def _tell(self, event: Event) -> None:
        if event.kind not in _UNSAID:
            self._on_event(event)

    @contextmanager
    def _as_admin(self) -> Iterator[Session]:
        with migrating(self._stage.admin, self._settings, self._tell, application="ttdb bootstrap") as session:
            session.become_login()
            yield session

    def _bootstrap(self) -> str:
        with self._as_admin() as session:
            wanted = schemas(self._settings)
            bootstrap.apply(session.connection, wanted, session.courtesy, self._tell, self._stage.login)
        return "by a superuser; the steps run as a login that is a member of ttdb_owner and ttdb_operator alone"

    def _up(self) -> str:
        with observing(self._stage.admin, self._tell) as observer:
            try:
                upgrade(self._stage.migrator, self._settings, on_event=observer, before_commit=observer.before_commit)
            finally:
                self.up = tuple(observer.steps)
        self._upgraded = traces.catalog(self._stage.admin, without=self._stage.login)
        return _counted(observer)

    def _validate(self) -> str:
        report = validate(self._stage.admin, self._request, kind="clone", say=self._say)
        self.validation = report
        if report.verdict is Verdict.FAIL:
            count = sum(item.severity >= report.fail_on for item in report.findings)
            hint = "Each is told below; ttdb explain CODE says more."
            self.troubles.append(Trouble("validate", f"{count} findings at head", hint))
        return f"verdict {report.verdict}"

    def _down(self, *, undone: bool) -> str:
        with observing(self._stage.admin, self._tell) as observer:
            try:
                undo_since(
                    self._stage.migrator,
                    self._settings,
                    self._source.heads,
                    observer,
                    before_commit=observer.before_commit,
                )
            finally:
                self.back = tuple(observer.steps)
        if undone:
            with self._as_admin() as session:
                bootstrap.undo(session.connection, session.courtesy, self._tell)
        return f"{_counted(observer)}, to {', '.join(self._source.heads) or 'base'}"

    def _compare(self, before: traces.Traces) -> str:
        if any(item.state == "recorded" for item in self._source.plan):
            return "not compared: an upgrade was under way on arrival, and the way back undoes its first steps too"
        after = self._taken(before)
        found = [*traces.differences(before.facts, after.facts), *traces.rows_changed(before, after)]
        self._note(found, "compare", "is not as on arrival", "The way back does not restore it: report it.")
        rows = sum(item.count for item in before.rows.values())
        return f"{len(before.facts)} facts of the catalog, {rows} rows of {len(before.rows)} tables: " + (
            f"{len(found)} differences" if found else "as on arrival"
        )

    def _again(self, *, undone: bool) -> str:
        if undone:
            self._bootstrap()
        with observing(self._stage.admin, self._tell) as observer:
            upgrade(self._stage.migrator, self._settings, on_event=observer)
        now = traces.catalog(self._stage.admin, without=self._stage.login)
        found = list(traces.differences(self._upgraded, now))
        self._note(
            found, "upgrade again", "is not as after the first upgrade", "A second upgrade must end as the first."
        )
        months = partitions.ensure_ahead(self._stage.migrator, self._settings, self._tell)
        made = f", then {len(months)} months made ahead" if months else ""
        return f"{_counted(observer)}{made}"

    def _note(self, found: list[str], phase: str, what: str, hint: str) -> None:
        self.troubles += [Trouble(phase, f"{each}: {what}", hint) for each in found[:_NAMED]]
        if len(found) > _NAMED:
            self.troubles.append(Trouble(phase, f"{len(found) - _NAMED} more differences", hint))


def _counted(observer: Observer) -> str:
    return f"{len(observer.steps)} steps in {sum(item.seconds for item in observer.steps):.1f} s"
