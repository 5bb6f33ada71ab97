"""Where a setting is read as JSON: by which pieces of SQL, with which keys, and whether it surely is."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from ttdb.validate.catalog import Catalog
from ttdb.validate.discover.calls import bare
from ttdb.validate.discover.documents import keys_of
from ttdb.validate.discover.pieces import about, pieces
from ttdb.validate.discover.settings import is_key, says_tenant

_KEY = re.compile(r"->>?\s*'([^']+)'")
_ABOVE = re.compile(r"->(?!>)\s*'([^']+)'")
_CHAIN = re.compile(r"(?:->>?\s*'[^']+'(?:::\w+)?[\s)]*)+", re.IGNORECASE)
_SUBSCRIPTS = re.compile(r"(?:\[\s*'[^']+'(?:::\w+)?\s*\]\s*)+")
_SUBSCRIPT = re.compile(r"\[\s*'([^']+)'")
_INTO = re.compile(r"#>>?\s*'\{([^}']+)\}'")
_HAS = re.compile(r"\s\?[|&]?\s*(?:ARRAY\[)?'([^']+)'", re.IGNORECASE)
_EXTRACTED = re.compile(r"jsonb?_extract_path(?:_text)?\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", re.IGNORECASE)
_BY_NAME = re.compile(
    r"->>?\s*\(?\s*(?:\$\d|[a-z_])|jsonb?_extract_path(?:_text)?\s*\([^,]*,\s*(?:\$\d|[a-z_])", re.IGNORECASE
)
_HANDED = re.compile(r"([\w$]+)\"?\s*\(((?:\s*'[^']*'(?:::\w+)?\s*,?)+)\)")
_LITERAL = re.compile(r"'([^']*)'")
_PATHS, _KEYS, _SHORT = 30, 30, 60
_COMPARED = re.compile(
    r"(?:=|<>|!=|~~\*?|\bIN\b|@>|\?[|&]?)\s*(?:ANY\s*)?[\s(]*(?:ARRAY\[)?((?:'[^']*'(?:::[\w\[\]]+)?(?:,\s*)?)+)",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def _cast(setting: str) -> re.Pattern[str]:
    """Return what finds the setting's own value, made JSON where it is read."""
    read = rf"current_setting\s*\(\s*'{re.escape(setting)}'(?:::text)?\s*(?:,\s*\w+\s*)?\)"
    rest = r"(?:[\s)]|::text|,\s*'[^']*'(?:::text)?)*"
    return re.compile(rf"{read}{rest}(?:::jsonb?\b|as\s+jsonb?\b)|\bjsonb?\s*\(\s*{read}", re.IGNORECASE)


def surely_json(catalog: Catalog, setting: str) -> bool:
    """Tell whether some piece of SQL casts the setting's value to JSON where it reads it."""
    return any(_cast(setting).search(piece) for piece in pieces(catalog) if setting in piece)


def paths_of(catalog: Catalog, setting: str) -> list[tuple[str, ...]]:
    """Return the ways into a setting that is read as JSON: a -> 'b' ->> 'c', #>> '{b,c}', ['b'], ? 'b'."""
    return list(_paths(catalog, setting, ()))[:_PATHS]


def _paths(catalog: Catalog, setting: str, columns: Collection[str]) -> dict[tuple[str, ...], None]:
    """Return the ways into the setting's own document, with one to the tenant; else those into any document."""
    pieces = about(catalog, setting)
    if not any("json" in piece.lower() for piece in pieces):
        return {}
    paths: dict[tuple[str, ...], None] = {}
    handed: dict[tuple[str, ...], None] = {}
    by_name = _by_name(catalog, setting)
    for piece in pieces:
        handed |= dict.fromkeys(_handed(piece, by_name))
        paths |= dict.fromkeys((*_paths_in(piece), *((key,) for key in _HAS.findall(piece))))
    own = keys_of(catalog, setting)
    # Pieces that read the setting read other documents too, such as a function's arguments.
    surely = dict.fromkeys(path for path in paths if path and path[0] in own) | handed
    both = dict.fromkeys(path for path in paths if path) | handed
    of_tenant = [any(names_tenant(key, columns) for path in ways for key in path) for ways in (surely, both)]
    return both if not surely or of_tenant == [False, True] else surely


def _by_name(catalog: Catalog, setting: str) -> set[str]:
    """Return the functions that read the setting by a key that they are handed: claim('role')."""
    bodies = [body for body in catalog.bodies if body.kind == "function"]
    return {bare(each.name) for each in bodies if setting in each.body and _BY_NAME.search(each.body)}


def _handed(piece: str, by_name: set[str]) -> list[tuple[str, ...]]:
    calls = ((name, _LITERAL.findall(given)) for name, given in _HANDED.findall(piece))
    return [(key,) for name, keys in calls if name.lower() in by_name for key in keys]


def _paths_in(piece: str) -> list[tuple[str, ...]]:
    found = [tuple(_KEY.findall(chain)) for chain in _CHAIN.findall(piece)]
    found += [tuple(key.strip(' "') for key in inside.split(",")) for inside in _INTO.findall(piece)]
    found += [tuple(_SUBSCRIPT.findall(each)) for each in _SUBSCRIPTS.findall(piece)]
    for inside in _EXTRACTED.findall(piece):
        found.append(tuple(_LITERAL.findall(inside.partition(",")[2])))
    return found


@dataclass(frozen=True, slots=True)
class Claims:
    """The keys of a document in a setting: those that hold the tenant, those that hold objects, and all others."""

    tenant: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def claims_of(catalog: Catalog, setting: str, columns: Collection[str]) -> Claims:
    """Return the keys of a setting that may be read as JSON, directly or by a function; none where it is not.

    Args:
        catalog: the database's shape.
        setting: the one that names the tenant.
        columns: the names of the columns that hold the tenant: a key may be called as they are.

    """
    paths = _paths(catalog, setting, columns)
    keys = sorted({key for path in paths for key in path})
    tenant = [key for key in keys if names_tenant(key, columns)] or keys
    # What is only read as a text holds no claims of its own.
    above = {key for path in paths for key in path[:-1]}
    above.update(key for piece in about(catalog, setting) for key in _ABOVE.findall(piece))
    objects = [key for key in keys if key in above and key not in tenant]
    others = [key for key in keys if key not in above and key not in tenant]
    return Claims(tuple(tenant[:_KEYS]), tuple(objects[:_KEYS]), tuple(others[:_KEYS]))


def names_tenant(key: str, columns: Iterable[str]) -> bool:
    """Tell whether a key is called as tenants are, in general or in the columns that hold them here."""
    return says_tenant(key) or stem(key) in map(stem, columns)


def stem(name: str) -> str:
    """Return what a column or a key is called after, whichever way it is written: personId and person_id are one."""
    plain = name.lower().replace("_", "")
    return plain.removesuffix("id") or plain


def compared_with(catalog: Catalog, setting: str) -> list[str]:
    """Return the texts that pieces of SQL which read a setting compare something with, policies' first."""
    listed = (each for piece in about(catalog, setting) for each in _COMPARED.findall(piece))
    found = dict.fromkeys(text for each in listed for text in _LITERAL.findall(each))
    keys = {key for path in paths_of(catalog, setting) for key in path} | {setting}
    return [text for text in found if text not in keys and (len(text) <= _SHORT or is_key(text))][:_KEYS]
