"""Calls of functions that are told by arguments which table they are about, and which row, column and value."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ttdb.validate.arguments import TEXTS, alike, telling_texts
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.documents import Argument, plain, runs_text
from ttdb.validate.ground import Row
from ttdb.validate.world import World

_TABLE = re.compile(r"tab(le)?(_|$)|tbl|rel(ation)?(_|$)|entity|object|model|resource", re.IGNORECASE)
_COLUMN = re.compile(r"col(umn)?(_|$)|field|attr|prop(erty)?(_|$)", re.IGNORECASE)
_ROW = re.compile(r"(^|_)(id|pk|key|row)$|_id$", re.IGNORECASE)
_TABLES, _VALUE = 8, "qz1"


@dataclass(frozen=True, slots=True)
class Told:
    """What a function is told: its arguments' types and names, its text, and for each argument what is usual."""

    kinds: Sequence[str]
    names: Sequence[str]
    body: str
    usual: Sequence[Argument]


def by_text(world: World, told: Told, actor: str) -> Iterator[tuple[Argument, ...]]:
    """Return a table with what names a row of it, where an argument is a table."""
    tables = [place for place, kind in enumerate(told.kinds) if kind == "regclass"]
    texts = [place for place, kind in enumerate(told.kinds) if kind in TEXTS]
    for relation, value in telling_texts(world, told.body, actor) if tables and texts else ():
        chosen = list(told.usual)
        for place in (*tables, *texts):
            chosen[place] = plain(str(relation) if place in tables else value, told.kinds[place])
        yield tuple(chosen)


def by_column(world: World, told: Told, actor: str) -> Iterator[tuple[Argument, ...]]:
    """Return a table, a column of it, a row of another's, and a value, where arguments are called so."""
    pairs = list(zip(told.kinds, told.names, strict=False))
    tables = [place for place, (kind, name) in enumerate(pairs) if kind in TEXTS and _TABLE.search(name)]
    if not tables or not runs_text(told.body):
        return
    for relation, row in islice(_rows(world, actor), _TABLES):
        chosen = list(told.usual)
        for place, (kind, name) in enumerate(pairs):
            value = relation.name if place in tables else _said(world, relation, row, kind, name)
            chosen[place] = plain(value, kind) if value is not None else chosen[place]
        yield tuple(chosen)


def _rows(world: World, actor: str) -> Iterator[tuple[Relation, Row]]:
    for oid in world.ground.holdings:
        relation, victims = world.relation(oid), world.ground.victims(oid, actor)
        if relation.kind in TABLES and relation.root is None and victims:
            yield relation, victims[0][1]


def _said(world: World, relation: Relation, row: Row, kind: str, name: str) -> str | None:
    """Return what an argument says of a row: its key, by the type or the name; a column's name; or a new value."""
    tenant = world.found.tenant_columns.get(relation.oid)
    keys = [each for each in relation.columns if each.name in relation.key and each.name != tenant]
    key = next((each for each in keys if alike(each.type, kind) or _ROW.search(name)), None)
    if kind in TEXTS and _COLUMN.search(name):
        return next((each.name for each in relation.columns if each.category == "S" and not each.unique), None)
    if key is not None and (kind not in TEXTS or _ROW.search(name)):
        return str(row.get(key.name))
    return _VALUE if kind in TEXTS else None
