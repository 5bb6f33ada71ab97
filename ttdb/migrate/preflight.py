"""Look before the first change: which steps are pending, and what stands in their way."""

from collections.abc import Iterable

from alembic.script import Script
from psycopg import errors as pg

from ttdb.migrate import ledger
from ttdb.migrate.runner import UNDEFINED, trusted
from ttdb.migrate.script import steps
from ttdb.migrate.step import Step
from ttdb.model import Conflict, PlannedStep
from ttdb.postgres.connect import Connection, scalar


def planned(connection: Connection, scripts: Iterable[Script]) -> list[PlannedStep]:
    """Return every step of these revisions with what would become of it; changes nothing."""
    recorded = ledger.read(connection) if _may_read_ledger(connection) else {}
    return [
        _planned(connection, script.revision, step, recorded=(script.revision, step.name) in recorded)
        for script in scripts
        for step in steps(script)
    ]


def conflicts(found: Iterable[PlannedStep]) -> tuple[Conflict, ...]:
    """Return what stands in the way of an upgrade, in the order of its steps."""
    return tuple(conflict for step in found for conflict in step.conflicts)


def _planned(connection: Connection, revision: str, step: Step, *, recorded: bool) -> PlannedStep:
    state, found = "recorded", tuple[Conflict, ...]()
    if not recorded:
        state, found = _outlook(connection, step)
    return PlannedStep(revision, step.name, state, step.role, step.transaction, step.relations, found)


def _outlook(connection: Connection, step: Step) -> tuple[str, tuple[Conflict, ...]]:
    if _holds(connection, step):
        return "holds", ()
    rows = connection.execute(trusted(step.conflicts)).fetchall() if step.conflicts else []
    found = tuple(Conflict(name, detail, advice) for name, detail, advice in rows)
    return ("conflict" if found else "pending"), found


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
        " from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass('ttdb.ledger')",
    )
    return readable is True
