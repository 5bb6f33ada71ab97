"""Which keys are read from the document that a setting holds, and not from others in the same pieces of SQL."""

import re
from collections.abc import Iterable
from functools import lru_cache

from ttdb.validate.catalog import Catalog
from ttdb.validate.discover.calls import bare
from ttdb.validate.discover.pieces import about

_DEPTH = 4  # of functions that hand the document on
_NOTHING = r"(?!)"
# What stands between the document and the key: ends of brackets and casts, the default of nullif or coalesce.
_BETWEEN = r"(?:[\s)\"]|::[\w.]+|,\s*'[^']*'(?:::\w+)?|\bas\s+jsonb?\b)*"
_KEY = (
    r"(?:->>?\s*\(?\s*'([^']+)'|#>>?\s*(?:array\[)?'\{?([^}',]+)|\?[|&]?\s*(?:array\[)?'([^']+)'"
    r"|\[\s*'([^']+)')"
)
_EXTRACTED = (
    r"jsonb?_extract_path(?:_text)?\s*\([\s(\w]*?{}[\s)\"]*(?:::[\w.]+[\s)]*)*,\s*(?:variadic\s+)?(?:array\[)?'([^']+)'"
)
_CALLED = r"\b(?:{})\"?\s*\(\s*\)"
_NAME = r"\"?([a-z_][\w$]*)\"?"


def keys_of(catalog: Catalog, setting: str) -> frozenset[str]:
    """Return the first keys of every way into a setting's document; none where it is only handed on.

    The document is the setting itself, what a function returns that reads it without a key, or a variable that either
    was put into.
    """
    carriers: set[str] = set()
    functions = [body for body in catalog.bodies if body.kind == "function"]
    for _ in range(_DEPTH):
        more = {
            bare(each.name)
            for each in functions
            if bare(each.name) not in carriers and _hands_on(each.body, setting, frozenset(carriers))
        }
        if not more:
            break
        carriers |= more
    pieces = about(catalog, setting)
    return frozenset(key for piece in pieces for key in _keys(piece, setting, frozenset(carriers)))


def _hands_on(text: str, setting: str, carriers: frozenset[str]) -> bool:
    """Tell whether a text reads the document somewhere without a key."""
    document = _document(setting, carriers)
    return len(re.findall(document, text, re.IGNORECASE)) > len(_read(text, document))


def _keys(text: str, setting: str, carriers: frozenset[str]) -> list[str]:
    document = _document(setting, carriers)
    if not re.search(document, text, re.IGNORECASE):
        return []
    held = _any(_variables(text, document), r"\b(?:{})\b")
    return _read(text, f"(?:{document}|{held})")


def _read(text: str, document: str) -> list[str]:
    """Return the first key of each way into the document."""
    found = re.findall(f"{document}{_BETWEEN}{_KEY}", text, re.IGNORECASE)
    extracted: list[str] = re.findall(_EXTRACTED.replace("{}", document), text, re.IGNORECASE)
    return [*(next(key for key in keys if key) for keys in found), *extracted]


def _variables(text: str, document: str) -> list[str]:
    """Return the variables of a body, and the columns of its subqueries, into which the document is put."""
    assigned = re.findall(rf"{_NAME}\s+(?:jsonb?\s*)?(?::=|=|default)[\s(\w.]*?{document}", text, re.IGNORECASE)
    called = re.findall(rf"{document}{_BETWEEN}\s*\bas\s+(?!jsonb?\b){_NAME}", text, re.IGNORECASE)
    into = re.findall(rf"\bselect\b[^;]*?{document}[^;]*?\binto\s+(?:strict\s+)?{_NAME}", text, re.IGNORECASE)
    return [*assigned, *called, *into]


@lru_cache(maxsize=256)
def _document(setting: str, carriers: frozenset[str]) -> str:
    """Return the pattern of what reads the document."""
    itself = rf"current_setting\s*\(\s*'{re.escape(setting)}'(?:::text)?\s*(?:,\s*\w+\s*)?\)"
    return f"(?:{itself}|{_any(carriers, _CALLED)})"


def _any(names: Iterable[str], form: str) -> str:
    """Return the pattern of any of these names; without one, of nothing at all."""
    several = "|".join(re.escape(name) for name in sorted(names))
    return form.replace("{}", several) if several else _NOTHING
