"""Lines of the ledger that are gone, of steps that no reference runs: those of tables that stood before."""

from collections.abc import Collection, Iterable, Iterator

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
        listed = {("step", f"{revision.revision} {step.name}"): step for step in steps(revision)}
        about = {table for name, table in record.about if name == revision.revision}
        about.update(table for key, step in listed.items() if key in present for table in step.relations)
        for key, step in listed.items():
            if key not in present and not step.waits_for and _ran(revision.revision, step, about, record):
                yield Drift("missing", *key, "recorded", None, _MEND)


def _ran(revision: str, step: Step, about: Collection[str], record: Record) -> bool:
    """Tell whether a step ran: by what it left, or as others of its revision did about its table, if it was to run."""
    if (revision, step.name) in record.steps:
        return True
    if not step.stands or step.needed is not None or step.stands[0] not in about:
        return False
    return record.tables.issuperset(step.stands)
