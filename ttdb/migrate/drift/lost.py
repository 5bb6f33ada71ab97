"""Lines of the ledger that are gone, of steps that no reference runs: those of tables that stood before."""

from collections.abc import Iterable, Iterator

from alembic.script import Script

from ttdb.migrate.drift.beside import Record
from ttdb.migrate.drift.facts import Facts
from ttdb.migrate.script import steps
from ttdb.migrate.step import Step
from ttdb.model.migration import Drift

_MEND = "-- its line is gone: restore it from a backup, or the way back does not undo it"


def lost_steps(applied: Iterable[Script], present: Facts, record: Record) -> Iterator[Drift]:
    """Yield the steps of applied revisions that ran here, as what they left says, and that the ledger lacks."""
    for revision in applied:
        for step in steps(revision):
            key = ("step", f"{revision.revision} {step.name}")
            if key not in present and not step.waits_for and _ran(revision.revision, step, record):
                yield Drift("missing", *key, "recorded", None, _MEND)


def _ran(revision: str, step: Step, record: Record) -> bool:
    if (revision, step.name) in record.steps:
        return True
    return bool(step.stands) and step.needed is None and record.tables.issuperset(step.stands)
