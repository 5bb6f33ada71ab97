"""Which tables are in, or past, their contract stage, by the ledger; and the way back out of it."""

from collections.abc import Collection, Iterable, Mapping

from alembic.script import Script

from ttdb.migrate import ledger, script
from ttdb.migrate.needed import Recorded
from ttdb.migrate.session import Session
from ttdb.migrate.step import Contraction, Step
from ttdb.postgres.connect import Connection

DECLARED = "cut-over"  # stands for a step in the line that says who declared that services have moved


def contractions(scripts: Iterable[Script]) -> dict[str, Contraction]:
    """Return how the tables of these revisions leave their expand stage, by name."""
    return {
        step.contraction.relation: step.contraction
        for item in scripts
        for step in script.steps(item)
        if step.contraction is not None
    }


def begun(recorded: Recorded, known: Mapping[str, Contraction]) -> list[Contraction]:
    """Return those of which a step is recorded, whether all are or not."""
    revisions = {revision for revision, _step in recorded}
    return [contraction for contraction in known.values() if contraction.revision in revisions]


def stage_of(recorded: Recorded, contraction: Contraction) -> str:
    """Return a table's stage in words; of one that is in none, that it is expanded."""
    names = {step for revision, step in recorded if revision == contraction.revision}
    finished = [
        (entry := recorded.get((contraction.revision, step.name))) is not None and entry.finished
        for step in contraction.steps
    ]
    if all(finished) and DECLARED in names:
        return "contracted"
    if DECLARED in names:
        return "contracting"
    return "opened" if names else "expanded"


def way_back(contracted: Collection[Contraction], standing: Iterable[Script]) -> list[tuple[str, list[Step]]]:
    """Return what undoes these contractions, in its order: first what waited for them, newest first, then their own.

    ``standing`` are revisions, newest first.
    """
    relations = {contraction.relation for contraction in contracted}
    waited = [
        (str(item.revision), [step for step in script.steps(item) if relations & set(step.waits_for)])
        for item in standing
    ]
    own = [(contraction.revision, list(contraction.steps)) for contraction in reversed(list(contracted))]
    return [(revision, steps) for revision, steps in (*waited, *own) if steps]


def undo(session: Session, contracted: Collection[Contraction], standing: Iterable[Script]) -> None:
    """Take tables back into their expand stage; killed at any instant, a second run continues."""
    if not contracted:
        return
    for revision, steps in way_back(contracted, standing):
        session.runner().down(revision, steps)
    ledger.write(session.connection, [ledger.remove(item.revision, DECLARED) for item in contracted])


def way_back_before(
    connection: Connection, undone: Iterable[Script], standing: Iterable[Script]
) -> list[tuple[str, list[Step]]]:
    """Return what has to be undone before these revisions are, in its order; ``standing`` is newest first."""
    return way_back(begun(ledger.read(connection), contractions(undone)), standing)


def undo_before(session: Session, undone: Iterable[Script], standing: Iterable[Script]) -> None:
    """Take the tables that these revisions expanded back into their expand stage."""
    undo(session, begun(ledger.read(session.connection), contractions(undone)), standing)
