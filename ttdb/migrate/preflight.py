"""Look before the first change: which steps are pending, and what stands in their way."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from alembic.script import Script
from psycopg import errors as pg

from ttdb.errors import Conflicts
from ttdb.migrate import ledger, offenders, written
from ttdb.migrate.backfill import acting
from ttdb.migrate.batches import act
from ttdb.migrate.changing import asked_after
from ttdb.migrate.ledger import Entry
from ttdb.migrate.locks import lock_of
from ttdb.migrate.needed import expanding, taken, waiting_for
from ttdb.migrate.outlook import sizes, with_cost
from ttdb.migrate.runner import UNDEFINED, trusted
from ttdb.migrate.script import steps
from ttdb.migrate.step import Backfill, Step
from ttdb.model.migration import Conflict, PlannedStep
from ttdb.postgres.connect import Connection, each, scalar


def planned(connection: Connection, scripts: Iterable[Script]) -> list[PlannedStep]:
    """Return every step of these revisions with what would become of it; changes nothing."""
    recorded = recorded_of(connection)
    found: list[PlannedStep] = []
    changing: list[Backfill] = []  # of tables that nothing expands: there, rows are asked as they will be
    stage = set(expanding(connection))
    for script in scripts:
        listed = list(taken(connection, script.revision, steps(script), recorded))
        settled = {name for step in listed for name in step.settles}
        names = {step.name for step in listed}
        finished = {step.name for step in listed if _finished(recorded.get((script.revision, step.name)))}
        stage |= {step.expands for step in listed if step.expands and step.name not in finished}
        for step in steps(script):
            waits_for = waiting_for(step, stage) if step.name not in finished else ()
            if waits_for:
                found.append(replace(_item(script.revision, step, "waits"), waits_for=waits_for))
            elif step.name in names:
                known = replace(step, conflicts=None) if step.name in settled else step
                known = asked_after(connection, known, [each for each in changing if each.relation not in stage])
                found.append(_planned(connection, script.revision, known, recorded=step.name in finished))
                if step.backfill and found[-1].state == "pending":
                    changing.append(step.backfill)
    return found


def waiting(connection: Connection, scripts: Iterable[Script]) -> list[PlannedStep]:
    """Return the steps of these revisions that wait for a table's contract stage."""
    stage = expanding(connection)
    if not stage:
        return []
    recorded = recorded_of(connection)
    return [
        replace(_item(script.revision, step, "waits"), waits_for=waits_for)
        for script in scripts
        for step in steps(script)
        if (waits_for := waiting_for(step, stage)) and not _finished(recorded.get((script.revision, step.name)))
    ]


def first_to_expand(connection: Connection, scripts: Sequence[Script]) -> int | None:
    """Return the place of the first of these revisions that expands a table found standing; None where none does."""
    recorded = recorded_of(connection)
    for place, script in enumerate(scripts):
        if any(step.expands for step in taken(connection, script.revision, steps(script), recorded)):
            return place
    return None


def costed(connection: Connection, scripts: Sequence[Script]) -> list[PlannedStep]:
    """Return what ``planned`` does, with the cost of each step: lock, tables, sizes, about how long."""
    by_name = {(script.revision, step.name): step for script in scripts for step in steps(script)}
    return [with_cost(connection, item, by_name[item.revision, item.step]) for item in planned(connection, scripts)]


def unfinished(connection: Connection, scripts: Iterable[Script]) -> bool:
    """Tell whether a step of these revisions is not recorded as done or found."""
    recorded = recorded_of(connection)
    return any(
        not _finished(recorded.get((script.revision, step.name)))
        for script in scripts
        for step in taken(connection, script.revision, steps(script), recorded)
    )


def undone(connection: Connection, scripts: Iterable[Script]) -> list[PlannedStep]:
    """Return every step that a way down undoes, or leaves because it was found, last first; changes nothing."""
    return [item for script in scripts for item in undone_of(connection, str(script.revision), steps(script))]


def undone_of(connection: Connection, revision: str, listed: Sequence[Step]) -> list[PlannedStep]:
    """Return the same of steps that stand under this revision in the ledger."""
    recorded = recorded_of(connection)
    found = []
    for step in reversed(listed):
        entry = recorded.get((revision, step.name))
        if entry is None:
            continue
        state = "keep" if entry.outcome == "found" else "undo"
        back = step.undone_by(entry.replaced)
        item = _item(revision, step, state)
        tables = sizes(connection, step)
        found.append(replace(item, lock=lock_of(replace(step, up=back)), tables=tables, up=back, down=step.up))
    return found


def planned_of(connection: Connection, revision: str, listed: Sequence[Step]) -> list[tuple[PlannedStep, Step]]:
    """Return those of these steps that are not recorded yet, with what would become of each; changes nothing."""
    recorded = recorded_of(connection)
    return [
        (_planned(connection, revision, step, recorded=False), step)
        for step in listed
        if not _finished(recorded.get((revision, step.name)))
    ]


def conflicts(found: Iterable[PlannedStep]) -> tuple[Conflict, ...]:
    """Return what stands in the way of an upgrade, in the order of its steps, each once."""
    return tuple(dict.fromkeys(conflict for step in found for conflict in step.conflicts))


def refuse(connection: Connection, scripts: Collection[Script]) -> None:
    """Refuse an upgrade through these revisions where something stands in its way.

    Raises:
        Conflicts: with each of them; nothing was changed.

    """
    found = conflicts(planned(connection, scripts)) if _suspicious(connection, scripts) else ()
    if found:
        hint = "Do what each says, or start from an empty database, and run the command again."
        raise Conflicts(in_the_way(found), found, hint)


def refuse_bound(connection: Connection, scripts: Iterable[Script]) -> None:
    """Refuse a way down through these revisions on which a step cannot be undone yet.

    Raises:
        Conflicts: with what is to be done first; nothing was changed.

    """
    recorded = ledger.read(connection)
    found = tuple(
        conflict
        for script in scripts
        for step in steps(script)
        if step.bound and _finished(recorded.get((script.revision, step.name)))
        for conflict in _conflicts(connection, step.bound)
    )
    if found:
        raise Conflicts(in_the_way(found), found, "Do what each says, and run the command again.")


def in_the_way(found: Collection[Conflict]) -> str:
    """Return, as a message, how much stands in the way."""
    objects = {conflict.object for conflict in found}
    if len(found) == 1:
        return "1 conflict stands in the way; nothing was changed"
    where = "1 object" if len(objects) == 1 else f"{len(objects)} objects"
    return f"{len(found)} conflicts in {where} stand in the way; nothing was changed"


def _suspicious(connection: Connection, scripts: Collection[Script]) -> bool:
    """Tell whether a step could conflict, by asking all in one go; which do, is worth asking one by one.

    Whose rows could break it, is asked one by one at once: the query needs the role that sees them. So is what
    somebody wrote, of which each error is a conflict.
    """
    recorded = recorded_of(connection)
    listed = [step for script in scripts for step in taken(connection, script.revision, steps(script), recorded)]
    if any(step.written or (step.offenders and not step.mends_offenders) for step in listed):
        return True
    queries = [trusted(step.conflicts) for step in listed if step.conflicts]
    try:
        with connection.transaction():
            return bool(queries) and any(each(connection, *queries))
    except pg.InsufficientPrivilege:
        return True


def recorded_of(connection: Connection) -> dict[tuple[str, str], Entry]:
    """Return the ledger, as far as the login may read it."""
    return ledger.read(connection) if may_read_ledger(connection) else {}


def _finished(entry: Entry | None) -> bool:
    return entry is not None and entry.finished


def _planned(connection: Connection, revision: str, step: Step, *, recorded: bool) -> PlannedStep:
    state, found = "recorded", tuple[Conflict, ...]()
    if not recorded:
        state, found = _outlook(connection, step)
    return replace(_item(revision, step, state), conflicts=found)


def _item(revision: str, step: Step, state: str) -> PlannedStep:
    return PlannedStep(revision, step.name, state, step.role, step.transaction, step.relations)


def _outlook(connection: Connection, step: Step) -> tuple[str, tuple[Conflict, ...]]:
    if not step.looks and _holds(connection, step):
        return "holds", ()
    found = _conflicts(connection, step.conflicts) if step.conflicts else ()
    unread = written.conflicts(connection, step)
    if not unread and not step.mends_offenders:  # which rows break a rule that cannot be read, nobody knows
        found = (*found, *offenders.conflict(connection, step))
    found = (*found, *unread)
    return ("conflict" if found else "pending"), found


def _conflicts(connection: Connection, query: str) -> tuple[Conflict, ...]:
    try:
        with connection.transaction():
            rows = connection.execute(trusted(query)).fetchall()
    except pg.InsufficientPrivilege:  # in a schema of somebody else's, which is a conflict of its own
        return ()
    return tuple(Conflict(name, detail, advice) for name, detail, advice in rows)


def _holds(connection: Connection, step: Step) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            if step.backfill is not None:
                act(connection, acting(connection, step))
            return scalar(connection, trusted(step.holds)) is True
    except (
        *UNDEFINED,
        pg.InsufficientPrivilege,
        pg.InvalidParameterValue,
    ):  # before the login may become ttdb_owner
        return False


def may_read_ledger(connection: Connection) -> bool:
    """Tell whether this login may look at the record."""
    readable = scalar(
        connection,
        "select pg_catalog.has_table_privilege(c.oid, 'SELECT')"
        " and pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')"
        " from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'ttdb' and c.relname = 'ledger'",
    )
    return readable is True
