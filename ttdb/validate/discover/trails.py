"""Audit trails: tables into which triggers write what happened to others, whoever made them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from psycopg.rows import class_row

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover.calls import bare, called_in
from ttdb.validate.discover.recording import Record, arguments_of, records_in, tells_of_changes
from ttdb.validate.queries import query

_NAMED = re.compile(r"audit|trail|_log$|^log_|logs$|histor|journal|change|revision|_aud$|shadow|record", re.IGNORECASE)
_COLUMNS = re.compile(
    r"^(old|new|before|after|old_\w+|new_\w+|diff|action|operation|op|verb|event|changed_\w+|actor\w*|tg_op|command"
    r"|table_name|relation|row_data|\w+_by|db_user|db_role|login|session_user\w*)$",
    re.IGNORECASE,
)
# What its consumers take away or change is no record, whatever a trigger writes to it.
_PASSING = re.compile(
    r"outbox|inbox|queue|job|task|message|notif|mail|event|cache|search|index|sync|replic|feed|webhook|buffer|staging",
    re.IGNORECASE,
)
_ACTOR = re.compile(
    r"actor|user|login|role|_by$|who|clerk|principal|operator|author|performer|agent(?!_)", re.IGNORECASE
)
_TELLING = 3  # columns of a trail's kind
_DEPTH = 2  # functions that a trigger's function calls
_OFF = ("D", "R")
INSERT, DELETE, UPDATE = 4, 8, 16


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger that writes to a trail."""

    relation: int
    trigger: str
    enabled: str
    kind: int
    function: int
    name: str
    definer: bool
    owner: str
    body: str
    definition: str

    @property
    def fires(self) -> bool:
        """Tell whether an ordinary session fires it."""
        return self.enabled not in _OFF


@dataclass(frozen=True, slots=True)
class Trail:
    """One trail, the triggers that write to it, by table, and what they write to its columns."""

    relation: Relation
    triggers: Mapping[int, tuple[Trigger, ...]] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    idle: tuple[str, ...] = ()  # functions that would write to it, if a trigger ran them

    @property
    def actors(self) -> tuple[str, ...]:
        """Return the columns that say who: by their name, or by what is written to them."""
        texts = (each for each in self.relation.columns if each.category == "S" or each.type == "name")
        named = [each.name for each in texts if _ACTOR.search(each.name)]
        written = [name for record in self.records for name in record.actors if self.relation.column(name)]
        return tuple(dict.fromkeys((*named, *written)))

    def tenant(self, columns: Mapping[int, str]) -> str | None:
        """Return the column that holds the tenant: by its name, or because the changed row's is written to it."""
        if self.relation.oid in columns:
            return columns[self.relation.oid]
        names = {columns[oid] for oid in self.triggers if oid in columns}
        held = (record.holding(name) for record in self.records for name in sorted(names))
        return next((name for name in held if name is not None and self.relation.column(name)), None)

    @property
    def writers(self) -> tuple[Trigger, ...]:
        """Return one trigger for each function."""
        return tuple({each.function: each for listed in self.triggers.values() for each in listed}.values())


def trails(connection: Connection, catalog: Catalog, asked: tuple[str, ...], *, own: bool) -> tuple[Trail, ...]:
    """Return the trails of this database: as told, else those that triggers write to, ttdb's own apart.

    Args:
        connection: what to ask for the triggers.
        catalog: the database's shape.
        asked: names of tables that are trails, and no others are.
        own: ttdb keeps the trail here, and its own checks know it.

    Raises:
        UsageError: a table was named that does not exist.

    """
    named = [_named(catalog, name) for name in asked]
    if own and not named:
        return ()
    with connection.cursor(row_factory=class_row(Trigger)) as cursor:
        triggers = cursor.execute(query("trail_triggers")).fetchall()
    writes = _Writes(catalog)
    sources: dict[int, dict[int, list[Trigger]]] = {table.oid: {} for table in named}
    records: dict[int, list[Record]] = {}
    idle: dict[int, list[str]] = {}
    for trigger in triggers:
        for target, record in writes.of(trigger.name, trigger.body):
            if target.oid != trigger.relation:
                listed = sources.setdefault(target.oid, {}).setdefault(trigger.relation, [])
                listed += [trigger] if trigger not in listed else []
                records.setdefault(target.oid, []).append(record)
    for name, body in connection.execute(query("idle_trigger_functions")).fetchall():
        for target, record in writes.of(name, body):
            sources.setdefault(target.oid, {})
            records.setdefault(target.oid, []).append(record)
            idle.setdefault(target.oid, []).append(name)
    found = (
        Trail(
            catalog.relations[oid],
            {source: tuple(listed) for source, listed in each.items()},
            tuple(dict.fromkeys(records.get(oid, ()))),
            tuple(dict.fromkeys(idle.get(oid, ()))),
        )
        for oid, each in sources.items()
    )
    return tuple(each for each in found if (each.relation in named if named else _is_trail(each)))


def _named(catalog: Catalog, name: str) -> Relation:
    schema, _, table = name.replace('"', "").rpartition(".")
    found = [
        each
        for each in catalog.relations.values()
        if each.kind in TABLES and each.name == table and schema in ("", each.schema)
    ]
    if not found:
        raise UsageError(f'trail "{name}" does not exist', "Name the table with its schema, as audit.changes.")
    if len(found) > 1:
        several = ", ".join(sorted(map(str, found)))
        raise UsageError(f'trail "{name}" may be {several}', "Name the table with its schema.")
    return found[0]


class _Writes:
    """What triggers' functions insert into other tables, by themselves or by functions that they call."""

    def __init__(self, catalog: Catalog) -> None:
        self._tables: dict[str, list[Relation]] = {}
        for relation in catalog.relations.values():
            if relation.kind in TABLES:
                self._tables.setdefault(relation.name.lower(), []).append(relation)
        self._functions: dict[str, list[str]] = {}
        for each in catalog.bodies:
            if each.kind == "function":
                self._functions.setdefault(bare(each.name), []).append(each.body)
        self._known: dict[tuple[str, str], list[tuple[Relation, Record]]] = {}

    def of(self, name: str, body: str) -> list[tuple[Relation, Record]]:
        """Return the tables that a trigger's function writes to, with each insert."""
        if (name, body) not in self._known:
            self._known[name, body] = list(self._found(body, (), _DEPTH))
        return self._known[name, body]

    def _found(self, body: str, given: tuple[str, ...], depth: int) -> Iterator[tuple[Relation, Record]]:
        for record in records_in(body, given):
            schema, _, table = record.target.rpartition(".")
            for relation in self._tables.get(table, ()):
                if schema in ("", relation.schema.lower()):
                    yield relation, record
        for name in called_in(body) if depth else ():
            for other in self._functions.get(name, ()):
                if other != body:
                    yield from self._found(other, (*given, *arguments_of(body, name)), depth - 1)


def _is_trail(trail: Trail) -> bool:
    """Tell a trail by its name and its columns' names, else by what is written into it."""
    relation = trail.relation
    telling = sum(bool(_COLUMNS.search(each.name)) for each in relation.columns)
    place = f"{relation.schema}_{relation.name}"
    if telling >= _TELLING or (telling > 0 and bool(_NAMED.search(place))):
        return True
    updates = any(each.kind & UPDATE for each in _all(trail.triggers.values()))
    if _PASSING.search(place) or not (updates or (trail.idle and not trail.triggers)):
        return False
    names_who = any(_ACTOR.search(each.name) for each in relation.columns)
    return any(tells_of_changes(record, names_who=names_who) for record in trail.records)


def _all(listed: Iterable[tuple[Trigger, ...]]) -> Iterator[Trigger]:
    return (trigger for each in listed for trigger in each)
