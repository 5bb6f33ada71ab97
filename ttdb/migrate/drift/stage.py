"""Tables in their expand stage: no reference is like them, so they are compared with what their upgrade recorded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from alembic.script import Script
from psycopg import sql
from psycopg.rows import tuple_row

from ttdb.migrate import ledger
from ttdb.migrate.contracted import DECLARED, RETURNING, begun, contractions
from ttdb.migrate.drift.compare import as_of
from ttdb.migrate.drift.facts import Fact, Facts
from ttdb.migrate.drift.mend import Row, mends, ordered
from ttdb.migrate.needed import expanding, waiting_for
from ttdb.migrate.script import steps
from ttdb.migrate.step import Contraction
from ttdb.model.migration import Drift
from ttdb.postgres.connect import Connection

_WORDED = frozenset({"column", "default", "view", "constraint", "index", "statistics", "trigger"})
_OF_THE_PAST = frozenset({"trigger", "trigger state", "grants"})
_MONTH, _LEAF = re.compile(r"_\d{4}_\d{2}$"), re.compile(r"_(?:\d{4}_\d{2}|default)$")  # ends of partitions' names
_CHANGED = Path(__file__).with_name("changed_since_recorded.sql")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a table's expand stage makes different from a database that was empty."""

    tables: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()  # these tables, what stands beside them, and what waits
    contracted: frozenset[str] = frozenset()  # tables that came out of it, and their masked views
    computed: frozenset[str] = frozenset()  # columns of these that a trigger computes, where a new table generates them
    steps: frozenset[str] = frozenset()  # that were done for the stage alone, or wait for its end
    waiting: str = ""  # what these wait to run

    def without(self, facts: Facts) -> Facts:
        """Return the facts that a reference can be asked about."""
        return {
            key: fact
            for key, fact in facts.items()
            if fact.object not in self.objects and not (fact.kind == "step" and fact.identity in self.steps)
        }

    def worded(self, expected: Facts, present: Facts) -> tuple[Facts, Facts]:
        """Return both without what the services' own types and past make different of tables that are contracted.

        A varchar serves for text, and the server words a CHECK over it in another way: that such things stand is asked
        of a reference, how they are worded of the upgrade's record. Triggers and grants of the database's own stay.
        """
        wanted = {
            key: self._unworded(fact)
            for key, fact in expected.items()
            if not (fact.kind == "default" and fact.identity in self.computed)
            and not (self._is_contracted(fact) and key not in present and (self._waits(fact) or _is_named(fact)))
        }
        found = {
            key: self._unworded(fact)
            for key, fact in present.items()
            if key in expected or not self._is_of_services(fact, expected, present)
        }
        return wanted, found

    def _waits(self, fact: Fact) -> bool:
        """Tell whether a contracted table lacks it because another table, which it is about too, is not yet."""
        return re.search(rf"(?<!\w){re.escape(fact.identity.rpartition('.')[2])}(?!\w)", self.waiting) is not None

    def _is_of_services(self, fact: Fact, expected: Facts, present: Facts) -> bool:
        """Tell whether a table has it of its past, or a partition because its table has, or its DEFAULT has too."""
        if fact.object in self.contracted:
            return fact.kind in _OF_THE_PAST
        table = _LEAF.sub("", fact.object)
        if table == fact.object or table not in self.contracted:
            return False
        models = [f"{table}_default"] if _MONTH.search(fact.object) else []
        if fact.kind in _OF_THE_PAST:
            models.append(table)
        keys = [as_of(fact, fact.object, model).key for model in models]
        return any(key in present and key not in expected for key in keys)

    def _unworded(self, fact: Fact) -> Fact:
        worded = fact.kind in _WORDED and self._is_contracted(fact)
        return replace(fact, definition="") if worded else fact

    def _is_contracted(self, fact: Fact) -> bool:
        return fact.object in self.contracted or _LEAF.sub("", fact.object) in self.contracted


def _is_named(fact: Fact) -> bool:
    """Tell whether its name is the server's, made of columns in an order that is each table's own."""
    return fact.kind == "statistics" and _LEAF.search(fact.object) is not None


def stage_of(connection: Connection, scripts: Iterable[Script]) -> Stage:
    """Return what is in its expand stage, or came out of it, in a database that is at these revisions."""
    listed, tables = list(scripts), expanding(connection)
    contracted = begun(ledger.read(connection), contractions(listed))
    if not tables and not contracted:
        return Stage()
    objects = {*tables, *(f"masked.{table.split('.', 1)[1]}" for table in tables)}
    names = {f"{item.revision} {name}" for item in contracted for name in _names(item)}
    waiting: list[str] = []
    for script in listed:
        for step in steps(script):
            if waiting_for(step, tables):
                waiting += step.up
            if step.prepares or waiting_for(step, tables):
                names.add(f"{script.revision} {step.name}")
                objects |= {*step.relations, *step.functions}
    objects |= {function for item in contracted for step in item.steps for function in step.functions}
    # What a contracted table is itself, and its months, a reference can be asked about.
    moved = [item for item in contracted if item.relation not in tables]
    out = {item.relation for item in moved}
    # A key table has the types of the table whose keys it holds.
    typed = {relation for item in moved for step in item.steps for relation in step.relations}
    return Stage(
        tables,
        frozenset(name for name in objects if name not in out and _LEAF.sub("", name) not in out),
        contracted=frozenset({*out, *typed, *(f"masked.{table.split('.', 1)[1]}" for table in out)}),
        computed=frozenset(f"{item.relation}.{column}" for item in contracted for column in item.computed),
        steps=frozenset(names),
        waiting="\n".join(waiting),
    )


def _names(contraction: Contraction) -> list[str]:
    return [DECLARED, RETURNING, *(step.name for step in contraction.steps)]


def changed_since_recorded(connection: Connection, stage: Stage) -> list[Drift]:
    """Return what of it is not as the upgrade left it, with the SQL that mends it where that is simple and sure."""
    names = sorted(stage.objects | stage.contracted)
    if not names:
        return []
    query = sql.SQL(_CHANGED.read_text(encoding="utf-8"))
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows: list[Row] = ordered(cursor.execute(query, {"objects": names}).fetchall())
    return [
        Drift("missing" if found is None else "changed", kind, identity, expected, found, mend)
        for (kind, identity, expected, found, _), mend in zip(rows, mends(rows), strict=True)
    ]
