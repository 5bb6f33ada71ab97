"""Which session settings policies, views and functions read, and which of them name the tenant."""

import re
from collections import Counter
from collections.abc import Mapping

from ttdb.errors import UsageError
from ttdb.validate.catalog import Catalog
from ttdb.validate.discover.found import Registry

_SETTABLE = ("application_name",)  # PostgreSQL's own that any session sets to any text
_SETTING = re.compile(r"current_setting\(\s*'([^']+)'", re.IGNORECASE)
_LITERAL = re.compile(r"'([^']*)'")
_NUMBER, _KEY = re.compile(r"(?<![\w'])[0-9]{1,9}(?![\w'])"), re.compile(r"->>?\s*'([^']+)'")
_LOGIN = re.compile(r"\b(?:current_user|session_user|current_role)\b", re.IGNORECASE)
_CHAIN = re.compile(r"(?:->>?\s*'[^']+'(?:::\w+)?[\s)]*)+", re.IGNORECASE)
_INTO = re.compile(r"#>>?\s*'\{([^}']+)\}'")
_EQUATED = re.compile(
    r"current_setting\('([^']+)'[^)]*\)[\s)]*(?:=|~~|IN|= ANY)[\s(]*(?:ARRAY\[)?'([^']*)'", re.IGNORECASE
)
_SHORT, _LITERALS = 40, 30
_SAYS_TENANT = re.compile(r"tenant|\borg|_org|organi[sz]ation|account|company|workspace", re.IGNORECASE)
_SAYS_OTHER = re.compile(r"user|role|admin|system|bypass|internal|is_", re.IGNORECASE)


def named_in(text: str) -> list[str]:
    """Return the settings a session can set freely that a piece of SQL reads, in order."""
    return [name for name in _SETTING.findall(text) if "." in name or name in _SETTABLE]


def settings(
    catalog: Catalog, columns: Mapping[int, str], registry: Registry, asked: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tenant's settings, the usual first, and all others.

    Raises:
        UsageError: the one that was asked for appears nowhere, and others are read.

    """
    through = _through_functions(catalog)
    everywhere: Counter[str] = Counter()
    beside_tenant: Counter[str] = Counter()
    for policy in catalog.policies:
        names = set(named_in(policy.text)).union(*(through.get(oid, ()) for oid in policy.functions))
        everywhere.update(names)
        if columns.get(policy.relation) in policy.columns:
            beside_tenant.update(names)
    for body in catalog.bodies:
        everywhere.update(set(named_in(body.body)))
    tenant = _tenants(everywhere, beside_tenant)
    if asked is not None and everywhere and not _appears(catalog, asked):
        read = ", ".join(sorted(everywhere, key=lambda name: (name not in tenant, name)))
        raise UsageError(f'no policy, view or function reads setting "{asked}"', f"They read: {read}.")
    first = asked or registry.tenant_setting
    if first is not None:
        tenant = [first, *(name for name in tenant if name != first)]
    return tuple(tenant), tuple(sorted(set(everywhere) - set(tenant)))


def _appears(catalog: Catalog, setting: str) -> bool:
    """Tell whether a setting, or the part of its name after the dot, stands in any text: a name may be put together."""
    last = setting.rpartition(".")[2].lower()
    texts = (*(policy.text for policy in catalog.policies), *(body.body for body in catalog.bodies))
    return any(last in text.lower() for text in texts)


def by_relation(catalog: Catalog) -> dict[int, frozenset[str]]:
    """Return the settings on which what a relation shows depends: its policies', its view's, its bases'."""
    through = _through_functions(catalog)
    names_of = {body.oid: body.name.rsplit(".", maxsplit=1)[-1] for body in catalog.bodies if body.kind == "function"}
    own: dict[int, set[str]] = {}
    for policy in catalog.policies:
        names = set(named_in(policy.text)).union(*(through.get(oid, ()) for oid in policy.functions))
        own.setdefault(policy.relation, set()).update(names)
    for body in catalog.bodies:
        if body.kind == "view":
            called = (through[oid] for oid, name in names_of.items() if through[oid] and f"{name}(" in body.body)
            own.setdefault(body.oid, set()).update(named_in(body.body), *called)
    return {
        oid: frozenset(own.get(oid, set()).union(*(own.get(base, set()) for base in catalog.bases.get(oid, ()))))
        for oid in catalog.relations
    }


def literals_beside(catalog: Catalog, setting: str) -> list[str]:
    """Return the texts that appear in a piece of SQL which reads the setting: what it may be compared with."""
    pieces = [policy.text for policy in catalog.policies] + [body.body for body in catalog.bodies]
    found = {text for piece in pieces if setting in piece for text in _LITERAL.findall(piece)}
    return sorted(text for text in found if text != setting and len(text) <= _SHORT)[:_LITERALS]


def compared_with(catalog: Catalog, setting: str) -> list[str]:
    """Return the numbers that appear in a policy which reads the setting, and their neighbours."""
    numbers = {
        int(each) for policy in catalog.policies if setting in policy.text for each in _NUMBER.findall(policy.text)
    }
    return [str(number + step) for number in sorted(numbers)[:_LITERALS] for step in (0, 1, -1)]


def json_paths_of(catalog: Catalog, setting: str) -> list[tuple[str, ...]]:
    """Return the ways into the setting, where it is read as JSON: a -> 'b' ->> 'c', or #>> '{b,c}'."""
    pieces = [policy.text for policy in catalog.policies] + [body.body for body in catalog.bodies]
    paths: dict[tuple[str, ...], None] = {}
    for piece in (each for each in pieces if setting in each and "json" in each):
        for chain in _CHAIN.findall(piece):
            paths[tuple(_KEY.findall(chain))] = None
        for inside in _INTO.findall(piece):
            paths[tuple(key.strip(' "') for key in inside.split(","))] = None
    return [path for path in paths if path][:_LITERALS]


def equated(catalog: Catalog, relation: int) -> dict[str, str]:
    """Return the settings that a relation's policies compare with a text, and the text."""
    texts = [policy.text for policy in catalog.policies if policy.relation == relation]
    return {name: text for piece in texts for name, text in _EQUATED.findall(piece)}


def claims_of(catalog: Catalog, setting: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of the tenant, and the others, where a setting is read as JSON, directly or by a function."""
    through = _through_functions(catalog)
    readers = [
        f"{body.name.rsplit('.', maxsplit=1)[-1]}(" for body in catalog.bodies if setting in through.get(body.oid, ())
    ]
    pieces = [policy.text for policy in catalog.policies] + [body.body for body in catalog.bodies]
    about = [piece for piece in pieces if setting in piece or any(name in piece for name in readers)]
    if not any("json" in piece for piece in about):
        return (), ()
    keys = sorted({key for piece in about for key in _KEY.findall(piece)})
    tenant = [key for key in keys if _SAYS_TENANT.search(key) and not _SAYS_OTHER.search(key)] or keys
    return tuple(tenant[:_LITERALS]), tuple(key for key in keys if key not in tenant)[:_LITERALS]


def named_by_login(catalog: Catalog, columns: Mapping[int, str]) -> bool:
    """Tell whether policies on tenants' tables know the tenant by who has logged in."""
    bodies = {body.oid: body.body for body in catalog.bodies if body.kind == "function"}
    texts = (
        " ".join([policy.text, *(bodies.get(oid, "") for oid in policy.functions)])
        for policy in catalog.policies
        if policy.relation in columns
    )
    return any(_LOGIN.search(text) for text in texts)


def _tenants(everywhere: Counter[str], beside_tenant: Counter[str]) -> list[str]:
    said = [name for name in everywhere if _SAYS_TENANT.search(name) and not _SAYS_OTHER.search(name)]
    if not said:
        said = [name for name in beside_tenant if not _SAYS_OTHER.search(name)][:1]
    return sorted(said, key=lambda name: (-beside_tenant[name], -everywhere[name], name))


def _through_functions(catalog: Catalog) -> dict[int, set[str]]:
    """Return the settings each function reads, by itself or through functions that its body names."""
    functions = [body for body in catalog.bodies if body.kind == "function"]
    own = {body.oid: set(named_in(body.body)) for body in functions}
    readers = [body for body in functions if own[body.oid]]
    for body in functions:
        for reader in readers:
            if reader.oid != body.oid and f"{reader.name.rsplit('.', maxsplit=1)[-1]}(" in body.body:
                own[body.oid] |= own[reader.oid]
    return own
