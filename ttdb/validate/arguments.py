"""What functions are called with: values from others' rows and one's own, by the argument's name and type."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

from psycopg import sql

from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.documents import INJECTED, Argument, documents, plain, runs_text
from ttdb.validate.given_rows import likeliest, rows_of_others, shared, singular, telling
from ttdb.validate.reaches import beside, words_of
from ttdb.validate.world import World

_VALUES, _TABLES, _QUERIED, _OWN = 8, 6, 2, 3
_ANY = ("anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray")  # what takes a row of any table
TEXTS = ("text", "character varying", "character", "citext", "name")
_ENUM = "E"  # of pg_type.typcategory
_WHOLE = ("smallint", "integer", "bigint")
NUMBERS = ("smallint", "integer", "bigint", "numeric", "double precision", "real")
_TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_ORDERED = (*NUMBERS, *_TIMES)
_WRITTEN = ("uuid", *_WHOLE)  # keys that are given as texts, too
_RANGED = ("int4", "int8", "num", "ts", "tstz", "date")
_MANY = 100_000  # rows
_PREFIXES = ("p_", "v_", "in_", "_", "arg_", "the_")
# A column after or before a text of the function's own: 'INV-' || number.
_FORMED = re.compile(r"(?:'([^']*)'\s*\|\|\s*)?(?:\w+\.)?(\w+)(?:::\w+)?(?:\s*\|\|\s*'([^']*)')?")
_NAMES_TABLE = re.compile(r"regclass|\btable_to_xml|\bschema_to_xml", re.IGNORECASE)  # these take a table's name
# What a text becomes: p::uuid, nullif(p, '')::uuid, cast(p as uuid), v uuid := p.
_BECOMES = (
    r"(?<![\w$]){name}s?(?!\w)(?:\s*,\s*'[^']*'(?:::\w+)?)?[\s)]*::\s*{kinds}\b"
    r"|\bcast\s*\(\s*{name}\s+as\s+{kinds}\b|\b{kinds}\s*(?::?=|default)\s*{name}(?!\w)"
)
_KEY, _DOCUMENT = "(?:uuid|(?:big|small)?int\\w*)", "jsonb?"
_CASTS = re.compile(r"::\s*(?:uuid|bigint|int|text)|\bcast\s*\(", re.IGNORECASE)
_AS_TEXT = re.compile(r"(\w+)[\s)]*::\s*(?:text|varchar)\b|\bcast\s*\(\s*(?:\w+\.)?(\w+)\s+as\s+text\b", re.IGNORECASE)
_PARTS, _TIME = re.compile(r"\bextract\b|date_part", re.IGNORECASE), re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SEARCHES = re.compile(r"\bi?like\b|~|\bstarts_with\b|\^@|\b(?:left|substr|substring)\s*\(", re.IGNORECASE)
_PATTERNS = re.compile(r"\bi?like\b", re.IGNORECASE)
BEGINNING, _BEGINNINGS = 4, 3  # characters of a longer value, which no other begins with by chance, and of how many
_CONSTANTS = {
    "boolean": ("true", "false"),
    **dict.fromkeys(NUMBERS, ("1000", "0", "1", "-1")),
    "interval": ("100 years", "-100 years"),
    # What holds all there is of its type.
    **dict.fromkeys((f"{each}range" for each in _RANGED), ("(,)",)),
    **dict.fromkeys((f"{each}multirange" for each in _RANGED), ("{(,)}",)),
    "jsonpath": ("$",),
    "tsquery": ("!qz1",),
}


def arguments(world: World, kind: str, name: str, actor: str, *, body: str) -> list[Argument]:
    """Return values for one argument, the most telling first.

    Args:
        world: where.
        kind: the argument's type, as the catalog writes it.
        name: its name, or its number as $1.
        actor: the tenant who calls.
        body: the function's text, with those of functions that it calls. It may put values together with texts of its
            own; where it runs text as SQL, pieces of SQL are worth a try.

    """
    relation = next((each for each in world.found.catalog.relations.values() if str(each) == kind), None)
    if relation is not None:
        return _records(world, relation, actor) or [plain(None, kind)]
    if kind in _ANY:
        return [Argument(sql.SQL("null::{}").format(each.identifier), str(each)) for each in shared(world)] or [
            plain(None, "text")
        ]
    if kind in ("json", "jsonb"):
        return documents(world, kind, name, actor, body=body)
    if kind in TEXTS and _becomes(body, name, _DOCUMENT):
        return [*documents(world, kind, name, actor, body=body), plain(None, kind)]
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
        texts = [*_queries(world, actor), *INJECTED, *texts]
    return [plain(value, kind) for value in (*texts, None)]


def telling_texts(world: World, body: str, actor: str) -> Iterator[tuple[Relation, str]]:
    """Return, of one row of others in each of some tables, the texts by which a function may find it.

    Those of columns that its text names, and else of keys.
    """
    words = words_of(body)
    for relation, row in islice(rows_of_others(world, actor, body), _TABLES * 2):
        said = [each.name for each in relation.columns if each.name.lower() in words and alike(each.type, "text")]
        for name in said or relation.key:
            if row.get(name) is not None:
                yield relation, str(row[name])


def _records(world: World, relation: Relation, actor: str) -> list[Argument]:
    """Return rows as arguments: what names rows of others, and rows of the actor's own as they stand."""
    holding = world.ground.holdings.get(relation.oid)
    own = holding.rows.get(actor, ())[:_OWN] if holding is not None else ()
    others = [telling(world, relation, row) for _, row in world.ground.victims(relation.oid, actor)[:2]]
    form = sql.SQL("jsonb_populate_record(null::{}, {})")
    texts = [json.dumps(dict(row), default=str) for row in (*others, *own)]
    return [Argument(form.format(relation.identifier, sql.Literal(text)), text) for text in texts]


def compared(body: str, name: str, kind: str) -> list[str]:
    """Return the texts, or numbers, that a function's text compares one of its arguments with.

    Args:
        body: the function's text.
        name: the argument's name, or its number as $1.
        kind: its type: nothing is returned for one that is neither a text nor a number.

    """
    if kind not in (*TEXTS, *NUMBERS):
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


def _texts(world: World, kind: str, name: str, actor: str, body: str) -> list[str | None]:
    """Return values as texts: of columns that the argument is called by or compared with, then of all others."""
    given = rf"(?<![\w$]){re.escape(name)}s?(?!\w)"  # of a list the name is one of several
    bare = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
    becomes_key, read_as_text = kind in TEXTS and _becomes(body, name, _KEY), _read_as_text(body)
    named: dict[str, None] = {}
    typed: dict[str, None] = {}
    for relation, column, value in _values(world, kind, actor, body):
        one, key = singular(relation), column.name in relation.key
        called = bare in (column.name, f"{one}_{column.name}") or (bare == one and key)
        if kind in TEXTS and column.type in _WRITTEN:
            asked = called or becomes_key or column.name.lower() in read_as_text
            named |= dict.fromkeys([value] if asked else [])
        elif called or beside(body, column.name, given):
            named |= dict.fromkeys([value, *(_own_most(world, relation, column, actor) if kind in _ORDERED else ())])
        elif column.category == _ENUM and kind in TEXTS:
            continue  # a state says nothing where it is not asked for
        elif key or column.unique or column.name == world.found.tenant_columns.get(relation.oid) or kind in TEXTS:
            typed[value] = None
    chosen: list[str | None] = []
    chosen += [*named][:_VALUES]
    chosen += [value for value in typed if value not in named][: max(_VALUES - len(chosen), 2)]
    if kind in TEXTS:
        chosen.append("%")
        # Who knows but the beginning of a key has none.
        long = [value for value in named if len(value) > 2 * BEGINNING] if _SEARCHES.search(body) else []
        ends = ("", "%") if _PATTERNS.search(body) else ("",)
        chosen += [f"{value[:BEGINNING]}{end}" for value in long[:_BEGINNINGS] for end in ends]
    if kind in NUMBERS and _PARTS.search(body):
        chosen = [*_parts_of_times(world, actor), *chosen]
    if kind in _TIMES:
        chosen = ["-infinity", "infinity", *chosen]
    return [*chosen, *_CONSTANTS.get(kind, ())]


def _parts_of_times(world: World, actor: str) -> list[str]:
    """Return years, months and days of others' rows: what a function may compare with a part of a time."""
    times = (_TIME.match(str(value)) for _, row in rows_of_others(world, actor) for value in row.values())
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
        for _, row in rows_of_others(world, actor)
        if row.get(name) is not None
    ][:_VALUES]


def _becomes(body: str, name: str, kinds: str) -> bool:
    """Tell whether a text makes an argument, which is a text, a value of another type."""
    return re.search(_BECOMES.format(name=re.escape(name), kinds=kinds), body, re.IGNORECASE) is not None


@lru_cache(maxsize=64)  # for each argument it is asked for each column
def _read_as_text(body: str) -> frozenset[str]:
    """Return the columns whose values a text makes texts, to compare them with such; in small letters."""
    return frozenset(name.lower() for found in _AS_TEXT.findall(body) for name in found if name)


def _may_name(column: Column, kind: str, body: str) -> bool:
    """Tell whether a key is of a type, or given as a text to what makes it one."""
    return alike(column.type, kind) or (kind in TEXTS and column.type in _WRITTEN and bool(_CASTS.search(body)))


def own_keys(world: World, kind: str, actor: str, *, body: str) -> list[str]:
    """Return keys of the actor's own rows, of one type: one row of each table that a text names, then more."""
    words = words_of(body)
    rows = [
        (relation, place, row)
        for relation in map(world.relation, world.ground.holdings)
        for place, row in enumerate(world.ground.holdings[relation.oid].rows.get(actor, ())[:_OWN])
    ]
    rows.sort(key=lambda each: (each[0].name.lower() not in words, each[1]))
    keys = [
        str(row[column.name])
        for relation, _, row in rows
        for column in relation.columns
        if column.name in relation.key and _may_name(column, kind, body) and row.get(column.name) is not None
    ]
    return [each for each in dict.fromkeys(keys) if each != actor][:_OWN]


def _values(world: World, kind: str, actor: str, body: str) -> Iterator[tuple[Relation, Column, str]]:
    """Return values of one type from other tenants' rows, first of tables that a text names: a first, then a second."""
    words = words_of(body)
    groups = [
        (
            world.relation(oid),
            [row for tenant, each in holding.rows.items() if tenant != actor for row in likeliest(each, body)[:2]],
        )
        for oid, holding in world.ground.holdings.items()
    ]
    groups.sort(key=lambda group: group[0].name.lower() not in words)
    for place, (relation, rows) in product(range(3), groups):
        if relation.kind not in TABLES or relation.root is not None or place >= len(rows):
            continue
        tenant = world.found.tenant_columns.get(relation.oid)
        for column in relation.columns:
            value = rows[place].get(column.name)
            names_row = column.name in relation.key or column.unique or column.name == tenant
            fits = (
                alike(column.type, kind)
                or (column.category == _ENUM and kind in TEXTS)
                or (names_row and column.type in _WRITTEN and kind in TEXTS)
            )
            if value is not None and not isinstance(value, dict | list) and fits:
                yield relation, column, str(value)


def alike(column: str, argument: str) -> bool:
    """Tell whether values of one type, as the catalog writes it, are worth a try as another."""
    column = column.split("(", maxsplit=1)[0]
    return column == argument or any(column in group and argument in group for group in (TEXTS, NUMBERS, _TIMES))


def _names(world: World, *, qualified: bool) -> list[str | None]:
    names: list[str | None] = []
    for each in shared(world):
        names += [str(each)] if qualified else [each.name, str(each)]
    return names


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
