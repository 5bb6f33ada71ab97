"""Which tables are in, or past, their contract stage, by the ledger; and the way back out of it."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from alembic.script import Script
from psycopg import sql

from ttdb.errors import UsageError
from ttdb.migrate import ledger, script
from ttdb.migrate.literal import qualified
from ttdb.migrate.needed import Recorded
from ttdb.migrate.offenders import see_all
from ttdb.migrate.session import Session
from ttdb.migrate.step import Contraction, Step
from ttdb.postgres.connect import Connection, scalar

_RENAMED = re.compile(r'rename column ("(?:[^"]|"")+"|\S+) to')  # in what the ledger says undoes a retirement
_STANDS = """
select exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = pg_catalog.to_regclass(%s) and not a.attisdropped
        and pg_catalog.quote_ident(a.attname) = %s
)
"""
_CHECK = re.compile(r"add constraint (\S+) CHECK \((.*)\) not valid;")
_DROPPED = re.compile(r"drop constraint if exists (\S+);")
_LOOSE = """
select k.conname::text, pg_catalog.pg_get_expr(k.conbin, k.conrelid)
from pg_catalog.pg_constraint as k
where k.conrelid = pg_catalog.to_regclass(%s) and k.contype = 'c' and not k.convalidated and k.conname = any(%s)
"""
DECLARED = "cut-over"  # stands for a step in the line that says who declared that services have moved
RETURNING = "way back"  # the same, in the line that says that a way back was begun


def contractions(scripts: Iterable[Script]) -> dict[str, Contraction]:
    """Return how the tables of these revisions leave their expand stage, by name."""
    listed = [step for item in scripts for step in script.steps(item)]
    # What is to be in months and stands whole can leave it where a revision converts it then.
    converted = {step.copying.relation for step in listed if step.copying and step.waits_for}
    found = [step.contraction for step in listed if step.contraction is not None]
    return {each.relation: replace(each, impossible="") if each.relation in converted else each for each in found}


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
    if RETURNING in names:
        return "going back"
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


def refuse_without_retired(connection: Connection, contracted: Iterable[Contraction], recorded: Recorded) -> None:
    """Refuse a way back for which a retired column would be needed that somebody dropped.

    Raises:
        UsageError: names them; nothing was changed.

    """
    gone = [
        f"{contraction.relation}.{name}"
        for contraction in contracted
        if (entry := recorded.get((contraction.revision, contraction.steps[contraction.retiring].name))) is not None
        for name in _RENAMED.findall(entry.replaced or "")
        if not scalar(connection, _STANDS, (contraction.relation, name))
    ]
    if gone:
        message = f"the way back needs {', '.join(gone)}, which {'was' if len(gone) == 1 else 'were'} dropped"
        hint = "Add what was dropped again with its former type, empty: the way back fills it from the planned columns."
        raise UsageError(message, hint)


def refuse_new_words(connection: Connection, expanded: Iterable[Contraction], recorded: Recorded) -> None:
    """Refuse to give rows back what they held where a CHECK of the services' own, which was opened, refuses them.

    Raises:
        UsageError: names the CHECK and counts the rows; nothing was changed.

    """
    for contraction in expanded:
        for name, expression in _opened(connection, contraction, recorded):
            wrong = sql.SQL("from {} where ({}) is false").format(
                sql.SQL(qualified(contraction.relation)), sql.SQL(expression)
            )
            with connection.transaction(force_rollback=True):
                see_all(connection, contraction.relation)
                rows = scalar(connection, sql.SQL("select count(*) {}").format(wrong))
            if rows:
                message = f"{rows} rows of {contraction.relation} hold what its own CHECK {name} refuses"
                hint = f"Give them the words that it knows; these are they: select * {wrong.as_string(connection)};"
                raise UsageError(message, hint)


def _opened(connection: Connection, contraction: Contraction, recorded: Recorded) -> list[tuple[str, str]]:
    """Return the CHECKs that were opened, as the ledger has them, or as they stand again unvalidated."""
    found: list[tuple[str, str]] = []
    for step in contraction.opening:
        entry = recorded.get((contraction.revision, step.name))
        found += _CHECK.findall((entry.replaced if entry is not None else None) or "")
        names = [each.replace('"', "") for text in step.up for each in _DROPPED.findall(text)]
        found += connection.execute(_LOOSE, (contraction.relation, names)).fetchall()
    return found


def undo(session: Session, contracted: Collection[Contraction], standing: Iterable[Script]) -> None:
    """Take tables back into their expand stage; killed at any instant, a second run continues."""
    if not contracted:
        return
    recorded = ledger.read(session.connection)
    for item in contracted:
        if (item.revision, RETURNING) not in recorded:
            ledger.declare(session.connection, item.revision, RETURNING, "{}")
    for revision, steps in way_back(contracted, standing):
        session.runner().down(revision, steps)
    markers = [ledger.remove(item.revision, name) for item in contracted for name in (DECLARED, RETURNING)]
    ledger.write(session.connection, markers)


def way_back_before(
    connection: Connection, undone: Iterable[Script], standing: Iterable[Script]
) -> list[tuple[str, list[Step]]]:
    """Return what has to be undone before these revisions are, in its order; ``standing`` is newest first.

    Raises:
        UsageError: a retired column was dropped, or rows hold words that a CHECK refuses, so there is no way back.

    """
    recorded, known = ledger.read(connection), contractions(undone)
    found = begun(recorded, known)
    refuse_without_retired(connection, found, recorded)
    refuse_new_words(connection, known.values(), recorded)
    return way_back(found, standing)


def undo_before(session: Session, undone: Iterable[Script], standing: Iterable[Script]) -> None:
    """Take the tables that these revisions expanded back into their expand stage."""
    undo(session, begun(ledger.read(session.connection), contractions(undone)), standing)
