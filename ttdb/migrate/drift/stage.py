"""Tables in their expand stage: no reference is like them, so they are compared with what their upgrade recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script
from psycopg import sql

from ttdb.migrate.drift.facts import Facts
from ttdb.migrate.needed import expanding, waiting_for
from ttdb.migrate.script import steps
from ttdb.model.migration import Drift
from ttdb.postgres.connect import Connection

_CHANGED = Path(__file__).with_name("changed_since_recorded.sql")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a table's expand stage makes different from a database that was empty."""

    tables: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()  # these tables, what stands beside them, and what waits
    steps: frozenset[str] = frozenset()  # that were done for the stage alone, or wait for its end

    def without(self, facts: Facts) -> Facts:
        """Return the facts that a reference can be asked about."""
        return {
            key: fact
            for key, fact in facts.items()
            if fact.object not in self.objects and not (fact.kind == "step" and fact.identity in self.steps)
        }


def stage_of(connection: Connection, scripts: Iterable[Script]) -> Stage:
    """Return what is in its expand stage, in a database that is at these revisions."""
    tables = expanding(connection)
    if not tables:
        return Stage()
    objects = {*tables, *(f"masked.{table.split('.', 1)[1]}" for table in tables)}
    names = set()
    for script in scripts:
        for step in steps(script):
            if step.prepares or waiting_for(step, tables):
                names.add(f"{script.revision} {step.name}")
                objects |= {*step.relations, *step.functions}
    return Stage(tables, frozenset(objects), frozenset(names))


def changed_since_recorded(connection: Connection, stage: Stage) -> list[Drift]:
    """Return what of it is not as the upgrade left it; mended by hand, or by the way down and up again."""
    if not stage.tables:
        return []
    query = sql.SQL(_CHANGED.read_text(encoding="utf-8"))
    rows = connection.execute(query, {"objects": sorted(stage.objects)}).fetchall()
    return [
        Drift("missing" if found is None else "changed", kind, identity, expected, found, "")
        for kind, identity, expected, found in rows
    ]
