"""Look before the first change: which steps are pending, and what stands in their way."""

from collections.abc import Iterable

from alembic.script import Script
from psycopg import errors as pg

from ttdb.errors import Conflicts
from ttdb.migrate import ledger
from ttdb.migrate.ledger import Entry
from ttdb.migrate.runner import UNDEFINED, trusted
from ttdb.migrate.script import steps
from ttdb.migrate.step import Step
from ttdb.model import Conflict, PlannedStep
from ttdb.postgres.connect import Connection, scalar


def planned(connection: Connection, scripts: Iterable[Script]) -> list[PlannedStep]:
    """Return every step of these revisions with what would become of it; changes nothing."""
    recorded = ledger.read(connection) if _may_read_ledger(connection) else {}
    return [
        _planned(connection, script.revision, step, recorded=_finished(recorded.get((script.revision, step.name))))
        for script in scripts
        for step in steps(script)
    ]


def conflicts(found: Iterable[PlannedStep]) -> tuple[Conflict, ...]:
    """Return what stands in the way of an upgrade, in the order of its steps."""
    return tuple(conflict for step in found for conflict in step.conflicts)


def refuse(connection: Connection, scripts: Iterable[Script]) -> None:
    """Refuse an upgrade through these revisions where something stands in its way.

    Raises:
        Conflicts: with each of them; nothing was changed.

    """
    found = conflicts(planned(connection, scripts))
    if found:
        objects = sorted({conflict.object for conflict in found})
        message = f"{len(found)} conflicts in {len(objects)} objects stand in the way; nothing was changed"
        raise Conflicts(
            message, found, "Do what each says, or start from an empty database, and run the command again."
        )


def _finished(entry: Entry | None) -> bool:
    return entry is not None and entry.finished


def _planned(connection: Connection, revision: str, step: Step, *, recorded: bool) -> PlannedStep:
    state, found = "recorded", tuple[Conflict, ...]()
    if not recorded:
        state, found = _outlook(connection, step)
    return PlannedStep(revision, step.name, state, step.role, step.transaction, step.relations, found)


def _outlook(connection: Connection, step: Step) -> tuple[str, tuple[Conflict, ...]]:
    if _holds(connection, step):
        return "holds", ()
    found = _conflicts(connection, step.conflicts) if step.conflicts else ()
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
        with connection.transaction():
            return scalar(connection, trusted(step.holds)) is True
    except (*UNDEFINED, pg.InsufficientPrivilege):  # asked before the login became ttdb_owner: not known to hold
        return False


def _may_read_ledger(connection: Connection) -> bool:
    readable = scalar(
        connection,
        "select pg_catalog.has_table_privilege(c.oid, 'SELECT')"
        " and pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')"
        " from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'ttdb' and c.relname = 'ledger'",
    )
    return readable is True
