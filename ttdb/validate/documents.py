"""Documents that functions are called with: what their texts ask them for, of others' rows and of new ones."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from psycopg import sql

from ttdb.validate.catalog import Column, Relation
from ttdb.validate.discover.claims import stem
from ttdb.validate.given_rows import new_rows, own_rows, rows_of_others, shared, singular, telling
from ttdb.validate.ground import Row
from ttdb.validate.reaches import KEY, apart, under_key, words_of
from ttdb.validate.world import World

_DOCUMENTS, _TABLES, _VALUES, _FEW = 12, 6, 8, 3
INJECTED = ("' or true --", "') or true --", "' or ''='", "true or true", "true or true or ''", "true) or (true")
_RUNS = re.compile(r"execute|dblink|query_to_xml|crosstab|ts_stat|connectby", re.IGNORECASE)  # these run a text as SQL
_WITHIN = re.compile(r"->\s*'([^']+)'\s*->>?\s*'([^']+)'")  # doc -> 'outer' ->> 'key'
_LIKE_EXAMPLE = re.compile(r"@>|<@")  # what holds a document: all hold an empty one
_OF_DOCUMENTS = re.compile(r"\bjsonb?_(?:populate|to)_record(set)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Argument:
    """One value: how it is written in a call, and the text of it, which tells nothing when it comes back."""

    expression: sql.Composed
    text: str | None
    within: tuple[str, ...] = ()  # the texts in a document

    @property
    def texts(self) -> tuple[str, ...]:
        """Return all that is given by it."""
        return () if self.text is None else (self.text, *self.within)


def runs_text(body: str) -> bool:
    """Tell whether a function may run text as SQL."""
    return _RUNS.search(body) is not None


def plain(value: str | None, kind: str) -> Argument:
    """Return a value of a type, written as a text."""
    return Argument(sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(kind)), value)  # as the catalog has it


def document(content: Mapping[str, object] | Sequence[Mapping[str, object]], kind: str) -> Argument:
    """Return a document as a value of a type."""
    whole = json.dumps(content, default=str, ensure_ascii=False)
    return replace(plain(whole, kind), within=tuple(leaves(content)))


def documents(world: World, kind: str, name: str, actor: str, *, body: str) -> list[Argument]:
    """Return documents for one argument, the most telling first; the arguments are those of ``arguments``."""
    found = [
        *_whole_rows(world, actor, body),
        _asked_for(world, body, actor, rows_of_others(world, actor, body)),
        *_new_ones(world, actor, body),
        *(shaped(body, value) for value in islice(_told_of_documents(world, body, actor), _TABLES)),
        *(_document(world, each, row) for each, row in rows_of_others(world, actor, body)),
    ]
    listed = re.search(rf"\bjsonb?_array_elements\s*\(\s*{re.escape(name)}(?![\w$])", body, re.IGNORECASE)
    several = [[each] if listed and isinstance(each, Mapping) else each for each in found if each]
    like_all: list[dict[str, object]] = [{}] if _LIKE_EXAMPLE.search(body) else []
    return [document(each, kind) for each in (*like_all, *several)][:_DOCUMENTS]


def leaves(value: object) -> Iterator[str]:
    """Return all values in a document, as texts."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield str(value)


def shaped(body: str, value: object) -> dict[str, object]:
    """Return a document that has a value under each key that a text asks for, also within another."""
    within = _WITHIN.findall(body)
    inner = {key for _, key in within}
    found: dict[str, object] = {key: value for key in KEY.findall(body) if key not in inner}
    for outer, key in within:
        held = found.get(outer)
        found[outer] = {**(held if isinstance(held, dict) else {}), key: value}
    return found


def own_documents(world: World, kind: str, actor: str, *, body: str) -> list[Argument]:
    """Return documents of the actor's own rows: as they are asked for, and one that gives such a row to another."""
    own = _asked_for(world, body, actor, own_rows(world, actor, body))
    others = [each for each in world.ground.tenants if each != actor][:1]
    given = {name: other for name in [world.found.tenant_column] for other in others if name is not None}
    return [document(each, kind) for each in (own, {**own, **given})] if own else []


def _whole_rows(world: World, actor: str, body: str) -> Iterator[dict[str, object] | list[dict[str, object]]]:
    """Return a new row of another's for each table that a text names, where it makes rows of documents."""
    found = _OF_DOCUMENTS.search(body)
    words = words_of(body)
    for relation, row in islice(new_rows(world, actor, body), _TABLES) if found else ():
        if relation.name.lower() in words:
            yield [dict(row)] if found and found[1] else dict(row)


def _new_ones(world: World, actor: str, body: str) -> Iterator[dict[str, object]]:
    """Return what a text asks documents for, of a new row of another's in each table that it names."""
    keys, words = dict.fromkeys(KEY.findall(body)), words_of(body)
    yield _asked_for(world, body, actor, new_rows(world, actor, body))
    for relation, row in islice(new_rows(world, actor, body), _TABLES):
        if relation.name.lower() in words:
            yield {key: row[key] for key in keys if key in row}


def _document(world: World, relation: Relation, row: Row) -> dict[str, object]:
    """Return a row's keys under their columns' names, and under those that others call them by."""
    one, keys = singular(relation), telling(world, relation, row)
    return {**{f"{one}_{name}": value for name, value in keys.items()}, **keys}


def _told_of_documents(world: World, body: str, actor: str) -> Iterator[str]:
    """Return what may stand under any key: pieces of SQL and tables where the text runs it, and else others' texts."""
    if not KEY.search(body):
        return
    if runs_text(body):
        yield from INJECTED[-_FEW:]
        yield from (each.name for each in shared(world)[:_FEW])
    words = words_of(body)
    for relation, row in rows_of_others(world, actor, body):
        if relation.name.lower() in words:
            texts = [each.name for each in relation.columns if each.category == "S" and row.get(each.name) is not None]
            yield from (str(row[name]) for name in sorted(texts, key=lambda name: name not in words)[:_FEW])


def _asked_for(world: World, body: str, actor: str, rows: Iterable[tuple[Relation, Row]]) -> dict[str, object]:
    """Return values of rows under the keys that a function's text asks a document for and compares with columns.

    Of several such columns it is one that is called as the key is, and else the nearest.
    """
    keys, found = dict.fromkeys(KEY.findall(body)), dict[str, tuple[tuple[bool, int], object]]()
    for relation, row in rows if keys else ():
        one = singular(relation)
        for key, column in product(keys, relation.columns):
            far = apart(body, column.name, under_key(key)) if row.get(column.name) is not None else None
            if far is None:
                continue
            called = stem(key) in {stem(column.name), stem(one) if column.name in relation.key else ""}
            if key not in found or (not called, far) < found[key][0]:
                value = _one_or_several(world, relation, column, row, body, key, actor)
                found[key] = (not called, far), value
    return {key: value for key, (_, value) in found.items()}


def _one_or_several(  # noqa: PLR0913, PLR0917 - where, and what for
    world: World, relation: Relation, column: Column, row: Row, body: str, key: str, actor: str
) -> object:
    """Return a value of others for a key of a document, or a list of them where its elements are asked for."""
    if not re.search(rf"array_elements(?:_text)?\s*\(\s*[\w.]+\s*{under_key(key)}", body, re.IGNORECASE):
        return row[column.name]
    return [each[column.name] for _, each in world.ground.victims(relation.oid, actor)[:_VALUES]]
