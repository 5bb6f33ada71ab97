"""Values of other tables' rows by which a trigger or a rule may find them: what an own row is made to say."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from psycopg import sql

from ttdb.shape import Mark
from ttdb.validate.arguments import alike
from ttdb.validate.catalog import Column, Relation
from ttdb.validate.ground import Row
from ttdb.validate.queries import query
from ttdb.validate.reaches import KEY, beside, tables_in, under_key, with_called, words_of
from ttdb.validate.rows import fitting
from ttdb.validate.world import World

_ROWS = 4  # for one table
_WRITTEN = ("S", "E")  # categories of types whose values are written as texts: texts and enums
_WORD, _NUMBER = "likened", 7_800_001  # marks the rows that are made
_BUILDS = re.compile(r"\bexecute\b(?!\s+(?:function|procedure))", re.IGNORECASE)
_SOUGHT = re.compile(r"\b(?:from|join|update|using|merge\s+into)\s+(?:only\s+)?(?:\"?\w+\"?\.)?\"?(\w+)", re.IGNORECASE)

_INTO = re.compile(r"\binto\s+((?:[\w.\"]+\s*,\s*)*[\w.\"]+)", re.IGNORECASE)
_OF_NEW = re.compile(r"\bnew\.\"?(\w+)", re.IGNORECASE)
_SET = re.compile(r"\bnew\.\"?(\w+)\"?\s*:=", re.IGNORECASE)


def fired(world: World, oid: int) -> str:
    """Return the text of what runs when a table is written to, with the functions that it calls."""
    return world.once(("fired",), lambda: _fired(world)).get(oid, "")


def _fired(world: World) -> Mapping[int, str]:
    texts: dict[int, list[str]] = {}
    for relation, text in world.oversee(sql.SQL(query("firing"))).rows:
        texts.setdefault(relation, []).append(text)
    return {oid: with_called(world.found.catalog, each) for oid, each in texts.items()}


def likenesses(world: World, relation: Relation, actor: str) -> tuple[dict[str, Any], ...]:
    """Return values for columns of a table, of rows of others in the tables that its triggers and rules name.

    The likeliest to find such a row come first.
    """
    return world.once(("likenesses", relation.oid, actor), lambda: tuple(_likenesses(world, relation, actor)))


def _likenesses(world: World, relation: Relation, actor: str) -> Iterator[dict[str, Any]]:
    text = fired(world, relation.oid)
    if not text:
        return
    found = [
        (world.relation(oid), victims[0][1])
        for oid in _searched(world, text)
        if (victims := world.ground.victims(oid, actor))
    ]
    tenant = next((each for each in world.ground.tenants if each != actor), None)
    values = {
        column.name: _values(world, text, column, found, relation, tenant) for column in _own(world, relation, text)
    }
    for place in range(min(max(map(len, values.values()), default=0), _ROWS)):
        yield {name: each[min(place, len(each) - 1)] for name, each in values.items() if each}


def filled(world: World, relation: Relation) -> dict[str, None]:
    """Return the columns that a table's triggers fill in, left out: what they look up may be another's."""
    text = fired(world, relation.oid)
    names = _assigned(text)
    return {
        column.name: None
        for column in _own(world, relation, text)
        if not column.not_null and column.name.lower() in names
    }


@lru_cache(maxsize=64)
def _assigned(text: str) -> frozenset[str]:
    """Return the columns of the new row that a text assigns, in small letters: new.a := …, or select … into new.a."""
    into = (name for several in _INTO.findall(text) for name in _OF_NEW.findall(several))
    return frozenset(name.lower() for name in (*_SET.findall(text), *into))


def _searched(world: World, text: str) -> list[int]:
    """Return the tables in which a text looks for rows; of one that builds SQL, all that it names."""
    named = tables_in(world.found.catalog, text)
    if _BUILDS.search(text):
        return named
    names = {name.lower() for name in _SOUGHT.findall(text)}
    return [oid for oid in named if world.relation(oid).name.lower() in names]


def _own(world: World, relation: Relation, text: str) -> list[Column]:
    """Return the columns that a trigger may look others' rows up by: those that it names."""
    pointing = {
        name
        for key in world.found.catalog.foreign_keys
        if key.child in (relation.oid, relation.root) and key.parent in world.ground.holdings
        for name in key.child_columns
    }
    kept = {*pointing, world.found.tenant_columns.get(relation.oid)}
    free = [each for each in relation.columns if not each.computed and each.name not in kept]
    words = words_of(text)
    return [each for each in free if each.name.lower() in words]


def _values(  # noqa: PLR0913, PLR0917 - where, and what for
    world: World,
    text: str,
    column: Column,
    others: list[tuple[Relation, Row]],
    written: Relation,
    tenant: str | None,
) -> list[Any]:
    """Return values for a column: of columns of its type that the text names, or documents of any.

    A document may name what its own columns may not: another tenant, or a row of the very table.
    """
    if column.type in ("json", "jsonb"):
        keys = list(dict.fromkeys(KEY.findall(text)))
        found = {key: [*_told_by(text, key, others), *_named(world, text, key, None, others)] for key in keys}
        # What is written with it names no row that stands: it may be whose the new one is.
        found = {key: [*each[: _ROWS - 1], *([] if tenant is None else [tenant])] for key, each in found.items()}
        found = {key: each for key, each in found.items() if each}
        most = min(max(map(len, found.values()), default=0), _ROWS)
        return [{key: each[min(place, len(each) - 1)] for key, each in found.items()} for place in range(most)]
    elsewhere = [each for each in others if each[0].oid != written.oid]
    return [*_asked_for(text, column), *_named(world, text, column.name, column.type, elsewhere)][:_ROWS]


def _asked_for(text: str, column: Column) -> list[Any]:
    """Return the texts that a condition wants in a column: new.kind = 'transfer'."""
    wanted = rf"\bnew\.\"?{re.escape(column.name)}\"?(?:::\w+|\))*\s*=\s*'([^']*)'"
    return list(dict.fromkeys(re.findall(wanted, text, re.IGNORECASE))) if column.category in _WRITTEN else []


def _told_by(text: str, key: str, others: list[tuple[Relation, Row]]) -> list[Any]:
    """Return others' values of columns that the text compares with what stands under a key of a document."""
    return [
        row[column.name]
        for relation, row in others
        for column in relation.columns
        if row.get(column.name) is not None and beside(text, column.name, under_key(key))
    ]


def _named(world: World, text: str, name: str, kind: str | None, others: list[tuple[Relation, Row]]) -> list[Any]:
    """Return others' values of a type in columns that the text names, first in those that it compares, or calls so."""
    words, compared, besides = words_of(text), list[Any](), list[Any]()
    said = name.lower() in words  # else nothing can be compared with it
    own = rf"\b(?:new|old)\.\"?{re.escape(name)}\b"
    for relation, row in others:
        for each in relation.columns:
            value = row.get(each.name)
            if value is None or each.name.lower() not in words or (kind is not None and not alike(each.type, kind)):
                continue
            if each.name == world.found.tenant_columns.get(relation.oid):
                continue
            first = each.name == name or (said and beside(text, each.name, own))
            (compared if first else besides).append(value)
    return [*compared, *besides]


def any_row(world: World, relation: Relation) -> Row | None:
    """Return a row of a table that is nobody's: one that stands, else one that fits, which is not kept."""
    standing = world.oversee(sql.SQL("select to_jsonb(r.*) from {} as r limit 1").format(relation.identifier)).rows
    if standing:
        row: Row = standing[0][0]
        return row
    return fitting(world, relation, {}, Mark(_WORD, _NUMBER))
