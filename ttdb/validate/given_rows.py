"""Rows that calls are made of: another tenant's, new ones like them, one's own; and what names a row."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.ground import Row
from ttdb.validate.reaches import words_of
from ttdb.validate.rows import another
from ttdb.validate.world import World

_TABLES, _CHILDREN = 6, 2
_QUOTED = re.compile(r"'([^']+)'")


def rows_of_others(world: World, actor: str, body: str = "") -> Iterator[tuple[Relation, Row]]:
    """Return one row of another tenant from each table, first from those that a text names."""
    words = words_of(body)
    relations = [each for oid in world.ground.holdings if (each := world.relation(oid)).root is None]
    for relation in sorted(relations, key=lambda each: each.name.lower() not in words):
        if relation.kind in TABLES:
            rows = [row for _, row in world.ground.victims(relation.oid, actor)]
            yield from ((relation, row) for row in likeliest(rows, body)[:1])


def likeliest(rows: Sequence[Row], body: str) -> Sequence[Row]:
    """Return rows in the order in which a text may take them: first those that say what it has in quotes.

    What asks for orders that are open finds none that is paid.
    """
    said = _quoted(body)
    if len(rows) < 2 or not said:  # noqa: PLR2004 - one is in order
        return rows
    return sorted(rows, key=lambda row: -sum(value in said for value in row.values() if isinstance(value, str)))


@lru_cache(maxsize=64)
def _quoted(body: str) -> frozenset[str]:
    return frozenset(_QUOTED.findall(body))


def own_rows(world: World, actor: str, body: str) -> Iterator[tuple[Relation, Row]]:
    """Return one row of the actor's own from each table, first from those that a text names."""
    words = words_of(body)
    for relation in sorted(map(world.relation, world.ground.holdings), key=lambda each: each.name.lower() not in words):
        if relation.kind in TABLES and relation.root is None:
            yield from ((relation, row) for row in world.ground.holdings[relation.oid].rows.get(actor, ())[:1])


def new_rows(world: World, actor: str, body: str) -> Iterator[tuple[Relation, Row]]:
    """Return rows of another's with other values where they must be unique: what makes a row of them can."""
    for relation, row in rows_of_others(world, actor, body):
        kept = {world.found.tenant_columns.get(relation.oid), *referring(world, relation)}
        new = {each.name: another(each, row) for each in relation.columns if each.unique and each.name not in kept}
        yield relation, {**row, **{name: value for name, value in new.items() if value is not None}}


def telling(world: World, relation: Relation, row: Row) -> Row:
    """Return what names a row, or one that it refers to: the rest is what may come back, and must not be given."""
    names = {*relation.key, *referring(world, relation)}
    return {name: value for name, value in row.items() if name in names or name.endswith("id")}


def referring(world: World, relation: Relation) -> Iterator[str]:
    """Return the columns that point at other rows."""
    tables = (relation.oid, relation.root)
    keys = [key.child_columns for key in world.found.catalog.foreign_keys if key.child in tables]
    return chain.from_iterable(keys)


def singular(relation: Relation) -> str:
    """Return what one row of a table is called, as far as an s tells."""
    return relation.name.removesuffix("ies") + "y" if relation.name.endswith("ies") else relation.name.removesuffix("s")


def shared(world: World) -> list[Relation]:
    """Return some tables in which several tenants have rows, children without a tenant of their own among them.

    What asks a table for its tenant shows these whole.
    """
    found = [
        world.relation(oid)
        for oid, holding in world.ground.holdings.items()
        if len(holding.tenants) > 1 and world.relation(oid).kind in TABLES and world.relation(oid).root is None
    ]
    children = [each for each in found if each.oid in world.found.paths][:_CHILDREN]
    return [*[each for each in found if each not in children][: _TABLES - len(children)], *children]
