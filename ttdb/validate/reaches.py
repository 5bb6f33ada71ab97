"""What pieces of SQL reach through the functions that they call, by the names that stand in them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from ttdb.validate.catalog import TABLES, Catalog
from ttdb.validate.discover.calls import bare, called_in

_WORD, _DEPTH = re.compile(r"\w+"), 4
_NEAR = 70  # characters between what stands together
_SEEN = _NEAR + 130  # with the form itself
KEY = re.compile(r"(?:->>?|\?)\s*'([^']+)'")  # of a document: doc ->> 'key', doc ? 'key'


def with_called(catalog: Catalog, texts: Iterable[str]) -> str:
    """Return the texts and the bodies of the functions that they call, directly or through others."""
    bodies = _bodies(catalog)
    found, called = [*texts], set[str]()
    fresh = found
    for _ in range(_DEPTH):
        names = {name for text in fresh for name in called_in(text)} & bodies.keys() - called
        called |= names
        fresh = [body for name in names for body in bodies[name]]
        found += fresh
    return "\n".join(found)


def tables_in(catalog: Catalog, text: str) -> list[int]:
    """Return the tables whose names stand in a text."""
    words = words_of(text)
    return [
        each.oid
        for each in catalog.relations.values()
        if each.kind in TABLES and each.root is None and each.name.lower() in words
    ]


@lru_cache(maxsize=512)  # of each table's triggers it is asked for each of its columns
def words_of(text: str) -> frozenset[str]:
    """Return the words in a text, in small letters."""
    return frozenset(word.lower() for word in _WORD.findall(text))


def beside(text: str, column: str, form: str) -> bool:
    """Tell whether a column stands beside what a pattern describes, as where one is compared with the other."""
    return apart(text, column, form) is not None


def apart(text: str, column: str, form: str) -> int | None:
    """Return how far a column stands from what a pattern describes, at the nearest; None where not beside it."""
    name = column.lower()
    return _apart(text, name, form) if name in words_of(text) else None  # few columns are there at all


@cache
def _apart(text: str, column: str, form: str) -> int | None:
    pattern = re.compile(form, re.IGNORECASE)
    between = [
        each
        for start, end in _places(text)[column]
        for each in (_after(pattern, text, end), _before(pattern, text, start))
        if each is not None and _is_near(each)
    ]
    return min(map(len, between), default=None)


def _after(pattern: re.Pattern[str], text: str, end: int) -> str | None:
    found = pattern.search(text, end, end + _SEEN)
    return None if found is None else text[end : found.start()]


def _before(pattern: re.Pattern[str], text: str, start: int) -> str | None:
    ends = [found.end() for found in pattern.finditer(text, max(start - _SEEN, 0), start)]
    return text[ends[-1] : start] if ends else None


def _is_near(between: str) -> bool:
    return len(between) <= _NEAR and not {*";,"} & {*between}


@lru_cache(maxsize=64)
def _places(text: str) -> Mapping[str, list[tuple[int, int]]]:
    """Return where each word stands in a text, in small letters: a search for each column takes seconds."""
    places: dict[str, list[tuple[int, int]]] = {}
    for found in _WORD.finditer(text):
        places.setdefault(found[0].lower(), []).append(found.span())
    return places


def under_key(key: str) -> str:
    """Return the pattern of what stands under a key of a JSON document: ->> 'key'."""
    return rf"->>?\s*'{re.escape(key)}'"


def _bodies(catalog: Catalog) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for body in catalog.bodies:
        if body.kind == "function":
            found.setdefault(bare(body.name), []).append(body.body)
    return found
