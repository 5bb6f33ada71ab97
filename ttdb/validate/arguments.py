"""What functions are called with: values from others' rows and one's own, by the argument's name and type."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product

from psycopg import sql

from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.discover.claims import stem
from ttdb.validate.ground import Row
from ttdb.validate.reaches import KEY, apart, beside, under_key, words_of
from ttdb.validate.rows import another
from ttdb.validate.world import World

_VALUES, _TABLES, _QUERIED, _OWN = 8, 6, 2, 3
_DOCUMENTS, _FEW = 12, 3
_ANY = ("anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray")  # what takes a row of any table
TEXTS = ("text", "character varying", "character", "citext", "name")
_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "double precision", "real")
_TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_ORDERED = (*_NUMBERS, *_TIMES)
_MANY = 100_000  # rows
_PREFIXES = ("p_", "v_", "in_", "_", "arg_", "the_")
_INJECTED = ("' or true --", "') or true --", "' or ''='", "true or true", "true or true or ''", "true) or (true")
# A column after or before a text of the function's own: 'INV-' || number.
_WITHIN = re.compile(r"->\s*'([^']+)'\s*->>?\s*'([^']+)'")  # doc -> 'outer' ->> 'key'
_FORMED = re.compile(r"(?:'([^']*)'\s*\|\|\s*)?(?:\w+\.)?(\w+)(?:::\w+)?(?:\s*\|\|\s*'([^']*)')?")
_RUNS = re.compile(r"execute|dblink|query_to_xml|crosstab|ts_stat|connectby", re.IGNORECASE)  # these run a text as SQL
_NAMES_TABLE = re.compile(r"regclass|\btable_to_xml|\bschema_to_xml", re.IGNORECASE)  # these take a table's name
_PARTS, _TIME = re.compile(r"\bextract\b|date_part", re.IGNORECASE), re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_LIKE_EXAMPLE = re.compile(r"@>|<@")  # what holds a document: all hold an empty one
_OF_DOCUMENTS = re.compile(r"\bjsonb?_(?:populate|to)_record(set)?\b", re.IGNORECASE)
_CONSTANTS = {
    "boolean": ("true", "false"),
    **dict.fromkeys(_NUMBERS, ("1000", "0", "1", "-1")),
    "interval": ("100 years", "-100 years"),
}


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


def arguments(world: World, kind: str, name: str, actor: str, *, body: str) -> list[Argument]:
    """Return values for one argument, the most telling first.

    Args:
        world: where.
        kind: the argument's type, as the catalog writes it.
        name: its name, or its number as $1.
        actor: the tenant who calls.
        body: the function's text. It may put values together with texts of its own; where it runs text as SQL, pieces
            of SQL are worth a try.

    """
    relation = next((each for each in world.found.catalog.relations.values() if str(each) == kind), None)
    if relation is not None:
        return _records(world, relation, actor) or [plain(None, kind)]
    if kind in _ANY:
        return [Argument(sql.SQL("null::{}").format(each.identifier), str(each)) for each in _shared(world)] or [
            plain(None, "text")
        ]
    if kind in ("json", "jsonb"):
        documents = [
            *_whole_rows(world, actor, body),
            _asked_for(world, body, actor, _rows(world, actor, body)),
            *_new_ones(world, actor, body),
            *(shaped(body, value) for value in islice(_told_of_documents(world, body, actor), _TABLES)),
            *(_document(world, each, row) for each, row in _rows(world, actor, body)),
        ]
        listed = re.search(rf"\bjsonb?_array_elements\s*\(\s*{re.escape(name)}(?![\w$])", body, re.IGNORECASE)
        several = [[each] if listed and isinstance(each, Mapping) else each for each in documents if each]
        like_all: list[dict[str, object]] = [{}] if _LIKE_EXAMPLE.search(body) else []
        return [document(each, kind) for each in (*like_all, *several)][:_DOCUMENTS]
    if kind.endswith("[]"):
        one = name.removesuffix("s") or name
        values = [each for each in _texts(world, kind[:-2], one, actor, body) if each is not None]
        # One that is none of the type spoils the whole, so each is tried alone too.
        lists = [
            [each for each in values if kind[:-2] not in _WHOLE or each.lstrip("-").isdigit()],
            *([each] for each in values),
        ]
        return [plain("{" + ",".join(json.dumps(each) for each in several) + "}", kind) for several in lists]
    formed, dynamic = _formed(world, body, actor) if kind in TEXTS else [], runs_text(body)
    texts: list[str | None] = list(dict.fromkeys([*formed, *_texts(world, kind, name, actor, body)]))
    if kind == "regclass" or (kind in TEXTS and (dynamic or _NAMES_TABLE.search(body))):
        texts += _names(world, qualified=kind == "regclass")
    if kind in TEXTS and dynamic:
        texts = [*_queries(world, actor), *_INJECTED, *texts]
    return [plain(value, kind) for value in (*texts, None)]


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


def _new_rows(world: World, actor: str, body: str) -> Iterator[tuple[Relation, Row]]:
    """Return rows of another's with other values where they must be unique: what makes a row of them can."""
    for relation, row in _rows(world, actor, body):
        kept = {world.found.tenant_columns.get(relation.oid), *_referring(world, relation)}
        new = {each.name: another(each, row) for each in relation.columns if each.unique and each.name not in kept}
        yield relation, {**row, **{name: value for name, value in new.items() if value is not None}}


def _new_ones(world: World, actor: str, body: str) -> Iterator[dict[str, object]]:
    """Return what a text asks documents for, of a new row of another's in each table that it names."""
    keys, words = dict.fromkeys(KEY.findall(body)), words_of(body)
    yield _asked_for(world, body, actor, _new_rows(world, actor, body))
    for relation, row in islice(_new_rows(world, actor, body), _TABLES):
        if relation.name.lower() in words:
            yield {key: row[key] for key in keys if key in row}


def _whole_rows(world: World, actor: str, body: str) -> Iterator[dict[str, object] | list[dict[str, object]]]:
    """Return a new row of another's for each table that a text names, where it makes rows of documents."""
    found = _OF_DOCUMENTS.search(body)
    words = words_of(body)
    for relation, row in islice(_new_rows(world, actor, body), _TABLES) if found else ():
        if relation.name.lower() in words:
            yield [dict(row)] if found and found[1] else dict(row)


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


def telling_texts(world: World, body: str, actor: str) -> Iterator[tuple[Relation, str]]:
    """Return, of one row of others in each of some tables, the texts by which a function may find it.

    Those of columns that its text names, and else of keys.
    """
    words = words_of(body)
    for relation, row in islice(_rows(world, actor, body), _TABLES * 2):
        said = [each.name for each in relation.columns if each.name.lower() in words and alike(each.type, "text")]
        for name in said or relation.key:
            if row.get(name) is not None:
                yield relation, str(row[name])


def _records(world: World, relation: Relation, actor: str) -> list[Argument]:
    """Return rows as arguments: what names rows of others, and rows of the actor's own as they stand."""
    holding = world.ground.holdings.get(relation.oid)
    own = holding.rows.get(actor, ())[:_OWN] if holding is not None else ()
    others = [_telling(world, relation, row) for _, row in world.ground.victims(relation.oid, actor)[:2]]
    form = sql.SQL("jsonb_populate_record(null::{}, {})")
    texts = [json.dumps(dict(row), default=str) for row in (*others, *own)]
    return [Argument(form.format(relation.identifier, sql.Literal(text)), text) for text in texts]


def _rows(world: World, actor: str, body: str = "") -> Iterator[tuple[Relation, Row]]:
    """Return one row of another tenant from each table, first from those that a text names."""
    words = words_of(body)
    relations = [each for oid in world.ground.holdings if (each := world.relation(oid)).root is None]
    for relation in sorted(relations, key=lambda each: each.name.lower() not in words):
        if relation.kind in TABLES:
            yield from ((relation, row) for _, row in world.ground.victims(relation.oid, actor)[:1])


def _document(world: World, relation: Relation, row: Row) -> dict[str, object]:
    """Return a row's keys under their columns' names, and under those that others call them by."""
    one, keys = _singular(relation), _telling(world, relation, row)
    return {**{f"{one}_{name}": value for name, value in keys.items()}, **keys}


def shaped(body: str, value: object) -> dict[str, object]:
    """Return a document that has a value under each key that a text asks for, also within another."""
    within = _WITHIN.findall(body)
    inner = {key for _, key in within}
    found: dict[str, object] = {key: value for key in KEY.findall(body) if key not in inner}
    for outer, key in within:
        held = found.get(outer)
        found[outer] = {**(held if isinstance(held, dict) else {}), key: value}
    return found


def _told_of_documents(world: World, body: str, actor: str) -> Iterator[str]:
    """Return what may stand under any key: pieces of SQL and tables where the text runs it, and else others' texts."""
    if not KEY.search(body):
        return
    if runs_text(body):
        yield from _INJECTED[-_FEW:]
        yield from (each.name for each in _shared(world)[:_FEW])
    words = words_of(body)
    for relation, row in _rows(world, actor, body):
        if relation.name.lower() in words:
            texts = [each.name for each in relation.columns if each.category == "S" and row.get(each.name) is not None]
            yield from (str(row[name]) for name in sorted(texts, key=lambda name: name not in words)[:_FEW])


def _asked_for(world: World, body: str, actor: str, rows: Iterable[tuple[Relation, Row]]) -> dict[str, object]:
    """Return values of rows under the keys that a function's text asks a document for and compares with columns.

    Of several such columns it is one that is called as the key is, and else the nearest.
    """
    keys, found = dict.fromkeys(KEY.findall(body)), dict[str, tuple[tuple[bool, int], object]]()
    for relation, row in rows if keys else ():
        one = _singular(relation)
        for key, column in product(keys, relation.columns):
            far = apart(body, column.name, under_key(key)) if row.get(column.name) is not None else None
            if far is None:
                continue
            called = stem(key) in {stem(column.name), stem(one) if column.name in relation.key else ""}
            if key not in found or (not called, far) < found[key][0]:
                value = _one_or_several(world, relation, column, row, body, key, actor)
                found[key] = (not called, far), value
    return {key: value for key, (_, value) in found.items()}


def compared(body: str, name: str, kind: str) -> list[str]:
    """Return the texts, or numbers, that a function's text compares one of its arguments with.

    Args:
        body: the function's text.
        name: the argument's name, or its number as $1.
        kind: its type: nothing is returned for one that is neither a text nor a number.

    """
    if kind not in (*TEXTS, *_NUMBERS):
        return []
    literal = r"'(?:[^']|'')*'" if kind in TEXTS else r"-?\b\d+(?:\.\d+)?\b"
    argument = rf"(?<![\w$.])(?:\w+\s*\(\s*)?{re.escape(name)}\b\s*\)?(?:\s*::\s*\w+)?"  # in lower(), say
    behind = rf"{argument}\s*(?:=|<>|!=|<=?|>=?|!?~\*?|\bi?like\b|\bis\s+(?:not\s+)?distinct\s+from\b)\s*({literal})"
    listed = rf"{argument}\s*(?:=\s*any\s*\(\s*array\s*\[|(?:not\s+)?in\s*\()([^)\]]*)"
    cases = rf"\bcase\s+{argument}\s+(when\b.*?)\bend\b"
    before = rf"({literal})(?:\s*::\s*\w+)?\s*(?:=|<>|!=|<=?|>=?)\s*{argument}"
    found = [each for form in (behind, before) for each in re.findall(form, body, re.IGNORECASE)]
    for form, of_each in ((listed, f"({literal})"), (cases, rf"\bwhen\s+({literal})")):
        for inner in re.findall(form, body, re.IGNORECASE | re.DOTALL):
            found += re.findall(of_each, inner, re.IGNORECASE)
    return list(dict.fromkeys(each.strip("'").replace("''", "'") for each in found))


def own_documents(world: World, kind: str, actor: str, *, body: str) -> list[Argument]:
    """Return documents of the actor's own rows: as they are asked for, and one that gives such a row to another."""
    own = _asked_for(world, body, actor, _own_rows(world, actor, body))
    others = [each for each in world.ground.tenants if each != actor][:1]
    given = {name: other for name in [world.found.tenant_column] for other in others if name is not None}
    return [document(each, kind) for each in (own, {**own, **given})] if own else []


def _own_rows(world: World, actor: str, body: str) -> Iterator[tuple[Relation, Row]]:
    """Return one row of the actor's own from each table, first from those that a text names."""
    words = words_of(body)
    for relation in sorted(map(world.relation, world.ground.holdings), key=lambda each: each.name.lower() not in words):
        if relation.kind in TABLES and relation.root is None:
            yield from ((relation, row) for row in world.ground.holdings[relation.oid].rows.get(actor, ())[:1])


def _one_or_several(  # noqa: PLR0913, PLR0917 - where, and what for
    world: World, relation: Relation, column: Column, row: Row, body: str, key: str, actor: str
) -> object:
    """Return a value of others for a key of a document, or a list of them where its elements are asked for."""
    if not re.search(rf"array_elements(?:_text)?\s*\(\s*[\w.]+\s*{under_key(key)}", body, re.IGNORECASE):
        return row[column.name]
    return [each[column.name] for _, each in world.ground.victims(relation.oid, actor)[:_VALUES]]


def _telling(world: World, relation: Relation, row: Row) -> Row:
    """Return what names a row, or one that it refers to: the rest is what may come back, and must not be given."""
    names = {*relation.key, *_referring(world, relation)}
    return {name: value for name, value in row.items() if name in names or name.endswith("id")}


def _referring(world: World, relation: Relation) -> Iterator[str]:
    """Return the columns that point at other rows."""
    tables = (relation.oid, relation.root)
    keys = [key.child_columns for key in world.found.catalog.foreign_keys if key.child in tables]
    return chain.from_iterable(keys)


def _singular(relation: Relation) -> str:
    return relation.name.removesuffix("ies") + "y" if relation.name.endswith("ies") else relation.name.removesuffix("s")


def _texts(world: World, kind: str, name: str, actor: str, body: str) -> list[str | None]:
    """Return values as texts: of columns that the argument is called by or compared with, then of all others."""
    given = rf"(?<![\w$]){re.escape(name)}s?(?!\w)"  # of a list the name is one of several
    bare = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
    named: dict[str, None] = {}
    typed: dict[str, None] = {}
    for relation, column, value in _values(world, kind, actor, body):
        one, key = _singular(relation), column.name in relation.key
        if bare in (column.name, f"{one}_{column.name}") or (bare == one and key) or beside(body, column.name, given):
            named |= dict.fromkeys([value, *(_own_most(world, relation, column, actor) if kind in _ORDERED else ())])
        elif key or column.unique or column.name == world.found.tenant_columns.get(relation.oid) or kind in TEXTS:
            typed[value] = None
    chosen: list[str | None] = []
    chosen += [*named][:_VALUES]
    chosen += [value for value in typed if value not in named][: max(_VALUES - len(chosen), 2)]
    if kind in TEXTS:
        chosen.append("%")
    if kind in _NUMBERS and _PARTS.search(body):
        chosen = [*_parts_of_times(world, actor), *chosen]
    if kind in _TIMES:
        chosen = ["-infinity", "infinity", *chosen]
    return [*chosen, *_CONSTANTS.get(kind, ())]


def _parts_of_times(world: World, actor: str) -> list[str]:
    """Return years, months and days of others' rows: what a function may compare with a part of a time."""
    times = (_TIME.match(str(value)) for _, row in _rows(world, actor) for value in row.values())
    parts = (str(int(part)) for found in times if found for part in found.groups())
    return list(dict.fromkeys(parts))[:_VALUES]


def _own_most(world: World, relation: Relation, column: Column, actor: str) -> tuple[str, ...]:
    """Return the actor's own greatest and least value: whether it is the greatest of all depends on others."""
    tenant = world.found.tenant_columns.get(relation.oid)
    if tenant is None or relation.estimated_rows > _MANY:
        return ()
    ask = sql.SQL("select max(r.{0})::text, min(r.{0})::text from {1} as r where r.{2}::text = {3}").format(
        sql.Identifier(column.name), relation.identifier, sql.Identifier(tenant), sql.Literal(actor)
    )
    rows = world.once(("own most", relation.oid, column.name, actor), lambda: world.oversee(ask).rows)
    return tuple(each for row in rows for each in row if each is not None)


def _formed(world: World, body: str, actor: str) -> list[str]:
    """Return others' values as the function's text puts them together with texts of its own."""
    forms = [each.groups(default="") for each in _FORMED.finditer(body) if each[1] or each[3]]
    return [
        f"{before}{row[name]}{after}"
        for before, name, after in dict.fromkeys(forms)
        for _, row in _rows(world, actor)
        if row.get(name) is not None
    ][:_VALUES]


def own_keys(world: World, kind: str, actor: str, *, body: str) -> list[str]:
    """Return keys of the actor's own rows, of one type, first from tables that a text names."""
    words = words_of(body)
    relations = sorted(map(world.relation, world.ground.holdings), key=lambda each: each.name.lower() not in words)
    keys = [
        str(row[column.name])
        for relation in relations
        for row in world.ground.holdings[relation.oid].rows.get(actor, ())[:_OWN]
        for column in relation.columns
        if column.name in relation.key and alike(column.type, kind) and row.get(column.name) is not None
    ]
    return [each for each in dict.fromkeys(keys) if each != actor][:_OWN]


def _values(world: World, kind: str, actor: str, body: str) -> Iterator[tuple[Relation, Column, str]]:
    """Return values of one type from other tenants' rows, first of tables that a text names: a first, then a second."""
    words = words_of(body)
    groups = [
        (world.relation(oid), [row for tenant, each in holding.rows.items() if tenant != actor for row in each[:2]])
        for oid, holding in world.ground.holdings.items()
    ]
    groups.sort(key=lambda group: group[0].name.lower() not in words)
    for place, (relation, rows) in product(range(3), groups):
        if relation.kind not in TABLES or relation.root is not None or place >= len(rows):
            continue
        for column in relation.columns:
            value = rows[place].get(column.name)
            if value is not None and not isinstance(value, dict | list) and alike(column.type, kind):
                yield relation, column, str(value)


def alike(column: str, argument: str) -> bool:
    """Tell whether values of one type, as the catalog writes it, are worth a try as another."""
    column = column.split("(", maxsplit=1)[0]
    return column == argument or any(column in group and argument in group for group in (TEXTS, _NUMBERS, _TIMES))


def _names(world: World, *, qualified: bool) -> list[str | None]:
    names: list[str | None] = []
    for each in _shared(world):
        names += [str(each)] if qualified else [each.name, str(each)]
    return names


def _shared(world: World) -> list[Relation]:
    """Return some tables in which several tenants have rows."""
    return [
        world.relation(oid)
        for oid, holding in world.ground.holdings.items()
        if len(holding.tenants) > 1 and world.relation(oid).kind in TABLES and world.relation(oid).root is None
    ][:_TABLES]


def _queries(world: World, actor: str) -> list[str | None]:
    """Return queries, and expressions: for functions that run what they are given, or select it."""
    read = {oid for (_, oid), rights in world.rights.items() if rights.selects}
    tables = [
        (world.relation(oid), world.found.tenant_columns[oid])
        for oid, holding in world.ground.holdings.items()
        if len(holding.tenants) > 1 and world.relation(oid).kind in TABLES and oid in world.found.tenant_columns
    ]
    queries: list[str | None] = []
    # A function's owner is likelier to read what the roles read. All in one value: of many rows it may keep the first.
    for relation, tenant in sorted(tables, key=lambda each: each[0].oid not in read)[:_QUERIED]:
        others = sql.SQL("select * from {} as r where r.{}::text <> {} limit 50").format(
            relation.identifier, sql.Identifier(tenant), sql.Literal(actor)
        )
        query = sql.SQL("select string_agg(to_jsonb(x)::text, ',') from ({}) as x").format(others).as_string(None)
        queries += [query, f"({query})"]
    return queries
