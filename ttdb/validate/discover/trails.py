"""Audit trails: tables into which triggers write what happened to others, whoever made them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg.rows import class_row

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover.recording import Record, tells_of_changes
from ttdb.validate.discover.writes import Writes
from ttdb.validate.queries import query

_NAMED = re.compile(r"audit|trail|_log$|^log_|logs$|histor|journal|change|revision|_aud$|shadow|record", re.IGNORECASE)
_COLUMNS = re.compile(
    r"^(old|new|before|after|old_\w+|new_\w+|diff|action|operation|op|verb|event|changed_\w+|actor\w*|tg_op|command"
    r"|table_name|relation|row_data|\w+_by|db_user|db_role|login|session_user\w*)$",
    re.IGNORECASE,
)
# A copy of each former row so called is a trail, if anything of it tells of a change; versions are a product's own.
_HISTORY = re.compile(r"audit|trail|histor|journal|shadow|_log$|_aud$|(^|_)hist(_|$)", re.IGNORECASE)
# What its consumers take away or change is no record, whatever a trigger writes to it.
PASSING = re.compile(
    r"outbox|inbox|queue|job|task|message|notif|mail|event|cache|search|index|sync|replic|feed|webhook|buffer|staging",
    re.IGNORECASE,
)
_ACTOR = re.compile(
    r"actor|user|login|role|_by$|who|clerk|principal|operator|author|performer|agent(?!_)", re.IGNORECASE
)
_TELLING = 3  # columns of a trail's kind
_MOST = 0.75  # of a table's columns, by which a copy is known
_OFF = ("D", "R")
INSERT, DELETE, UPDATE = 4, 8, 16


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger: where it is, when it fires, and what it runs."""

    relation: int
    trigger: str
    enabled: str
    kind: int
    arguments: bytes  # each ends with a null byte
    function: int
    name: str
    definer: bool
    owner: str
    body: str
    definition: str

    @property
    def told(self) -> list[str]:
        """Return what its function finds in tg_argv."""
        return [each.decode(errors="replace") for each in self.arguments.split(b"\0")[:-1]]

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
    waiting: tuple[int, ...] = ()  # tables that such a trigger would be on, as the trail is named after them
    copied: frozenset[str] = frozenset()  # columns that hold what the changed row's have

    @property
    def actors(self) -> tuple[str, ...]:
        """Return the columns that say who: by their name, or by what is written to them."""
        texts = (each for each in self.relation.columns if each.category == "S" or each.type == "name")
        named = [each.name for each in texts if _ACTOR.search(each.name) and each.name not in self.copied]
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


def read_triggers(connection: Connection) -> list[Trigger]:
    """Return every trigger of the database that is not PostgreSQL's own."""
    with connection.cursor(row_factory=class_row(Trigger)) as cursor:
        return cursor.execute(query("triggers")).fetchall()


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
    triggers = read_triggers(connection)
    idle = connection.execute(query("idle_trigger_functions")).fetchall()
    written = _written(catalog, triggers, idle)
    found = (
        _trail(catalog, catalog.relations[oid], written.get(oid, _Written()))
        for oid in {**{each.oid: None for each in named}, **dict.fromkeys(written)}
    )
    return tuple(each for each in found if (each.relation in named if named else _is_trail(each)))


@dataclass(frozen=True, slots=True)
class _Written:
    """What is known of a table that triggers' functions write to."""

    triggers: dict[int, list[Trigger]] = field(default_factory=dict)
    records: dict[Record, None] = field(default_factory=dict)
    idle: dict[str, None] = field(default_factory=dict)
    waiting: dict[int, None] = field(default_factory=dict)


def _written(catalog: Catalog, triggers: Sequence[Trigger], idle: Sequence[tuple[str, str]]) -> Mapping[int, _Written]:
    """Return what triggers write, and what functions would, by the tables that they write to."""
    writes, found = Writes(catalog), defaultdict[int, _Written](_Written)
    for trigger in triggers:
        for target, record in writes.of(trigger.body, catalog.relations.get(trigger.relation), trigger.told):
            if target.oid != trigger.relation:
                found[target.oid].records[record] = None
                listed = found[target.oid].triggers.setdefault(trigger.relation, [])
                listed += [trigger] if trigger not in listed else []
    for name, body in idle:
        for target, record in writes.of(body):
            found[target.oid].records[record] = None
            found[target.oid].idle[name] = None
    for name, body in {**{each.name: each.body for each in triggers}, **dict(idle)}.items():
        for source, target, record in writes.named_after(body):
            if source != target and not found[target.oid].triggers:
                found[target.oid].records[record] = None
                found[target.oid].idle[name] = None
                found[target.oid].waiting[source.oid] = None
    return found


def _trail(catalog: Catalog, relation: Relation, written: _Written) -> Trail:
    return Trail(
        relation,
        {source: tuple(listed) for source, listed in written.triggers.items()},
        tuple(written.records),
        tuple(written.idle),
        tuple(written.waiting),
        _copied(catalog, relation, (*written.triggers, *written.waiting)),
    )


def _copied(catalog: Catalog, relation: Relation, sources: Iterable[int]) -> frozenset[str]:
    """Return the columns that it has of tables whose rows it holds as they were: those with most of their columns."""
    own, found = {each.name for each in relation.columns}, set[str]()
    for oid in sources:
        names = {each.name for each in catalog.relations[oid].columns} if oid in catalog.relations else set[str]()
        if len(names & own) >= max(_TELLING, len(names) * _MOST):
            found |= names & own
    return frozenset(found)


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


def _is_trail(trail: Trail) -> bool:
    """Tell a trail by its name and its columns' names, else by what is written into it."""
    relation = trail.relation
    added = [each.name for each in relation.columns if each.name not in trail.copied]
    telling = sum(bool(_COLUMNS.search(name)) for name in added)
    place = f"{relation.schema}_{relation.name}"
    if telling >= _TELLING or (telling > 0 and bool(_NAMED.search(place))):
        return True
    updates = any(each.kind & UPDATE for each in _all(trail.triggers.values()))
    if not (updates or (trail.idle and not trail.triggers)):
        return False
    if trail.copied and _HISTORY.search(place) and (telling > 0 or not trail.triggers or _keeps_all(trail)):
        return True
    if PASSING.search(place):
        return False
    names_who = any(map(_ACTOR.search, added))
    return any(tells_of_changes(record, names_who=names_who) for record in trail.records)


def _keeps_all(trail: Trail) -> bool:
    """Tell whether rows are kept whatever changed, and when they go: a product keeps what it shows of its own."""
    triggers = list(_all(trail.triggers.values()))
    return any(each.kind & DELETE for each in triggers) and not any(" WHEN (" in each.definition for each in triggers)


def _all(listed: Iterable[tuple[Trigger, ...]]) -> Iterator[Trigger]:
    return (trigger for each in listed for trigger in each)
