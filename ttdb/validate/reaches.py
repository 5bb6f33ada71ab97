"""What pieces of SQL reach through the functions that they call, by the names that stand in them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from ttdb.validate.catalog import TABLES, Catalog
from ttdb.validate.discover.calls import bare, called_in

_WORD, _DEPTH = re.compile(r"\w+"), 4
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
    return column.lower() in words_of(text) and _stand_together(text, column, form)  # few columns are there at all


@cache
def _stand_together(text: str, column: str, form: str) -> bool:
    theirs, near = rf"\b{re.escape(column)}\b", r"[^;,]{0,70}?"
    return re.search(f"{theirs}{near}{form}|{form}{near}{theirs}", text, re.IGNORECASE) is not None


def under_key(key: str) -> str:
    """Return the pattern of what stands under a key of a JSON document: ->> 'key'."""
    return rf"->>?\s*'{re.escape(key)}'"


def _bodies(catalog: Catalog) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for body in catalog.bodies:
        if body.kind == "function":
            found.setdefault(bare(body.name), []).append(body.body)
    return found
