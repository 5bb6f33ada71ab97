"""Audit trails: tables into which triggers write what happened to others, whoever made them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from psycopg.rows import class_row

from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.queries import query
from ttdb.validate.world import World

_INSERTS = re.compile(r'insert\s+into\s+([a-z_0-9."]+)', re.IGNORECASE)
_NAMED = re.compile(r"audit|trail|_log$|^log_|logs$|histor|journal|change|revision|_aud$|shadow|record", re.IGNORECASE)
_COLUMNS = re.compile(
    r"^(old|new|before|after|old_\w+|new_\w+|diff|action|operation|op|verb|event|changed_\w+|actor\w*|tg_op|command"
    r"|table_name|relation|row_data|\w+_by|db_user|db_role|login|session_user\w*)$",
    re.IGNORECASE,
)
_ACTOR = re.compile(
    r"actor|user|login|role|_by$|who|clerk|principal|operator|author|performer|agent(?!_)", re.IGNORECASE
)
_TELLING = 3  # columns of a trail's kind
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
    """One trail, and the triggers that write to it, by table."""

    relation: Relation
    triggers: Mapping[int, tuple[Trigger, ...]] = field(default_factory=dict)

    @property
    def actors(self) -> tuple[str, ...]:
        """Return the columns that say who."""
        texts = (each for each in self.relation.columns if each.category == "S" or each.type == "name")
        return tuple(each.name for each in texts if _ACTOR.search(each.name))

    @property
    def writers(self) -> tuple[Trigger, ...]:
        """Return one trigger for each function."""
        return tuple({each.function: each for listed in self.triggers.values() for each in listed}.values())


def trails(world: World) -> tuple[Trail, ...]:
    """Return the trails of this database, ttdb's own apart."""
    if world.found.registry.trail:
        return ()
    with world.sessions.overseer.cursor(row_factory=class_row(Trigger)) as cursor:
        triggers = cursor.execute(query("trail_triggers")).fetchall()
    found: dict[int, dict[int, list[Trigger]]] = {}
    for trigger in triggers:
        for target in _targets(world, trigger.body):
            if target.oid != trigger.relation and _is_trail(target):
                found.setdefault(target.oid, {}).setdefault(trigger.relation, []).append(trigger)
    return tuple(
        Trail(world.relation(oid), {source: tuple(listed) for source, listed in sources.items()})
        for oid, sources in found.items()
    )


def _targets(world: World, body: str, depth: int = 2) -> Iterator[Relation]:
    """Return the tables that a function's body inserts into, or those that the functions it names do."""
    for name in dict.fromkeys(_INSERTS.findall(body)):
        schema, _, table = name.replace('"', "").lower().rpartition(".")
        for relation in world.found.catalog.relations.values():
            if relation.kind in TABLES and relation.name == table and schema in ("", relation.schema):
                yield relation
    for other in world.found.catalog.bodies if depth else ():
        if other.kind == "function" and f"{other.name.rsplit('.', maxsplit=1)[-1]}(" in body and other.body != body:
            yield from _targets(world, other.body, depth - 1)


def _is_trail(relation: Relation) -> bool:
    telling = sum(bool(_COLUMNS.search(each.name)) for each in relation.columns)
    return telling >= _TELLING or (telling > 0 and bool(_NAMED.search(f"{relation.schema}_{relation.name}")))
