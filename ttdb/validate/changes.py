"""Changes that a trail should record: one row, each column to each value that might be treated otherwise."""

import re
from collections.abc import Iterator
from decimal import Decimal

from psycopg import sql

from ttdb.validate.catalog import Column, Relation
from ttdb.validate.ground import Row
from ttdb.validate.rights import Rights
from ttdb.validate.settling import settled
from ttdb.validate.world import World

_LITERAL = re.compile(r"'([^']*)'")
_LONG, _LONG_TRIED = 3000, 3  # words: a row that is larger than others; columns, of which some take no such text
BOOKKEEPING = re.compile(
    r"(updated|modified|changed|touched|seen|login|synced|accessed|used|activity|active)_?(at|on|by)$|^version$|_count$",
    re.IGNORECASE,
)
_CHECKS = sql.SQL(
    "select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint as k"
    " where k.conrelid = {} and k.contype = 'c'"
)
_FORMS = {
    "N": "r.{0} + 1",
    "B": "not coalesce(r.{0}, false)",
    "D": "coalesce(r.{0}, now()) + interval '1 day'",
    "S": "coalesce(r.{0}, '') || '7'",
}


def changes(
    world: World, relation: Relation, row: Row, rights: Rights, conditions: str
) -> Iterator[tuple[str, str, sql.Composed]]:
    """Return updates of one row that change something: the column, what of it, and how.

    Args:
        world: where.
        relation: the table as it is written.
        row: which row.
        rights: what the role may change.
        conditions: the triggers' definitions and functions, whose literals are tried as values.

    """
    checks = " ".join(found[0] for found in world.oversee(_CHECKS.format(sql.Literal(relation.oid))).rows)
    pointing = {
        name
        for key in world.found.catalog.foreign_keys
        if key.child in (relation.oid, relation.root)
        for name in key.child_columns
    }
    kept = {*relation.key, *pointing, world.found.tenant_columns.get(relation.oid)}
    form = sql.SQL("update {} as r set {} = {} where {}")
    same = world.identity(relation, [row])
    free = [
        column
        for column in relation.columns
        if not (column.name in kept or column.computed or BOOKKEEPING.search(column.name))
        and (rights.update_columns is None or column.name in rights.update_columns)
    ]
    for column in free:
        for what, value in _values(column, row, checks, conditions):
            update = form.format(relation.identifier, sql.Identifier(column.name), value, same)
            yield column.name, what, settled(world, update)
    for column in [each for each in free if each.type == "text"][:_LONG_TRIED]:
        name, value = sql.Identifier(column.name), sql.SQL("repeat('qz ', {})").format(sql.Literal(_LONG))
        update = form.format(relation.identifier, name, value, same)
        yield column.name, f"{column.name} to a long text", settled(world, update)


def _values(column: Column, row: Row, checks: str, conditions: str) -> Iterator[tuple[str, sql.Composable]]:
    name = sql.Identifier(column.name)
    if column.category == "N":
        for number in _compared(column, conditions):
            yield f"{column.name} to {number}", sql.Literal(number)
    if column.category in _FORMS:
        yield column.name, sql.SQL(_FORMS[column.category]).format(name)
    if column.type == "jsonb":
        yield column.name, sql.SQL("""coalesce({}, '{{}}') || '{{"qz": 1}}'""").format(name)
    if column.type in ("inet", "cidr"):
        yield column.name, sql.SQL("'203.0.113.77'").format()
    if column.type == "uuid" and not column.unique:
        yield column.name, sql.SQL("gen_random_uuid()").format()
    if column.category in ("S", "E"):
        texts = [each for text in (checks, conditions) if column.name in text for each in _LITERAL.findall(text)]
        for text in dict.fromkeys(each.replace("%", "") for each in texts):  # what stands between a pattern's signs
            if text and text != row.get(column.name):
                yield f"{column.name} to '{text}'", sql.Literal(text)


def _compared(column: Column, conditions: str) -> Iterator[Decimal]:
    """Return numbers on either side of those that a condition compares the column with, and these."""
    cast = r"(?:\)|::[a-z ]+(?:\([0-9,]+\))?)*"  # as the server writes it: ((new.total)::numeric >= (5)::numeric)
    number = r"[('\"]*(-?[0-9]+(?:\.[0-9]+)?)"
    form = rf"\b(?:new|old)\.\"?{re.escape(column.name)}\"?{cast}\s*[<>=!]+\s*{number}"
    for found in dict.fromkeys(re.findall(form, conditions, re.IGNORECASE)):
        yield from (Decimal(found) + step for step in (-1, 0, 1))


def rekeyed(relation: Relation, rights: Rights, condition: sql.Composable) -> sql.Composed | None:
    """Return an update of a row's key; None where the role may change no part of it."""
    for name in relation.key:
        column = relation.column(name)
        if (
            column is None
            or column.computed
            or (rights.update_columns is not None and name not in rights.update_columns)
        ):
            continue
        form = {"uuid": "gen_random_uuid()"}.get(column.type) or ("r.{0} + 1000003" if column.category == "N" else None)
        if form is not None:
            return sql.SQL("update {} as r set {} = {} where {}").format(
                relation.identifier, sql.Identifier(name), sql.SQL(form).format(sql.Identifier(name)), condition
            )
    return None
