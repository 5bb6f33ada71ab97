"""Which session settings policies, views and functions read, and which of them name the tenant."""

import re
from collections import Counter
from collections.abc import Mapping

from ttdb.errors import UsageError
from ttdb.validate.catalog import Catalog, Policy
from ttdb.validate.discover.calls import bare, called_in
from ttdb.validate.discover.found import Registry
from ttdb.validate.discover.people import columns_of
from ttdb.validate.discover.pieces import about

_SETTABLE = ("application_name", "timezone")  # PostgreSQL's own that any session sets
# Those that functions read for their own sake: only in a policy they are a key.
_ALSO_IN_POLICIES = (
    "datestyle", "intervalstyle", "client_encoding", "client_min_messages", "lock_timeout", "statement_timeout",
    "idle_in_transaction_session_timeout", "work_mem", "extra_float_digits", "bytea_output", "xmloption",
)  # fmt: skip
_SETTING = re.compile(r"current_setting\(\s*'([^']+)'", re.IGNORECASE)
_LITERAL = re.compile(r"'([^']*)'")
_SIGNS = re.compile(r"[\^$%*+?.\\()\[\]{}|]+")
_NUMBER = re.compile(r"(?<![\w'])[0-9]{1,9}(?![\w'])")
_LOGIN = re.compile(
    r"\b(?:current_user|session_user|current_role|getpgusername|pg_has_role|has_\w+_privilege)\b"
    r"|current_setting\s*\(\s*'(?:role|session_authorization|is_superuser)'",
    re.IGNORECASE,
)
_EQUATED = re.compile(
    r"current_setting\('([^']+)'[^)]*\)[\s)]*(?:=|~~|IN|= ANY)[\s(]*(?:ARRAY\[)?'([^']*)'", re.IGNORECASE
)
_LENGTH = re.compile(r"\b(?:char_|octet_)?length\s*\(", re.IGNORECASE)
_SHORT, _LITERALS, _LONG = 40, 30, 512
_JWT = "jwt"
_DEPTH = 4  # of functions that call one another
_SAYS_TENANT = re.compile(r"tenant|\borg|_org|organi[sz]ation|account|company|workspace", re.IGNORECASE)
_SAYS_OTHER = re.compile(
    r"user|role|admin|system|bypass|internal|is_|impersonat|act_as|acting|assume|override|support", re.IGNORECASE
)


def named_in(text: str) -> list[str]:
    """Return the settings a session can set freely that a piece of SQL reads, in order."""
    return [name for name in _SETTING.findall(text) if "." in name or name.lower() in _SETTABLE]


def _named_in(policy: Policy) -> list[str]:
    names = (name for name in _SETTING.findall(policy.text) if name.lower() in _ALSO_IN_POLICIES)
    return [*named_in(policy.text), *names]


def says_tenant(name: str) -> bool:
    """Tell whether a setting, or a key in one, is called as a tenant is."""
    return bool(_SAYS_TENANT.search(name)) and not _SAYS_OTHER.search(name)


def settings(
    catalog: Catalog, columns: Mapping[int, str], registry: Registry, asked: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tenant's settings, the usual first, and all others; one that is asked for, or registered, is alone.

    Raises:
        UsageError: the one that was asked for appears nowhere, and others are read.

    """
    through = through_functions(catalog)
    everywhere: Counter[str] = Counter()
    beside_tenant: Counter[str] = Counter()
    for policy in catalog.policies:
        names = set(_named_in(policy)).union(*(through.get(oid, ()) for oid in policy.functions))
        everywhere.update(names)
        if columns.get(policy.relation) in policy.columns:
            beside_tenant.update(names)
    for body in catalog.bodies:
        everywhere.update(set(named_in(body.body)))
    tenant = _tenants(everywhere, beside_tenant) or _of_people(catalog, columns, everywhere)
    if asked is not None and everywhere and not _appears(catalog, asked):
        read = ", ".join(sorted(everywhere, key=lambda name: (name not in tenant, name)))
        raise UsageError(f'no policy, view or function reads setting "{asked}"', f"They read: {read}.")
    first = asked or registry.tenant_setting
    if first is not None:
        # Another that names a tenant is none that the application sets. A verified token is given whole and in pieces.
        tenant = [first, *(name for name in tenant if name != first and _JWT in name and _JWT in first)]
    return tuple(tenant), tuple(sorted(set(everywhere) - set(tenant)))


def _appears(catalog: Catalog, setting: str) -> bool:
    """Tell whether a setting, or the part of its name after the dot, stands in any text: a name may be put together."""
    last = setting.rpartition(".")[2].lower()
    texts = (*(policy.text for policy in catalog.policies), *(body.body for body in catalog.bodies))
    return any(last in text.lower() for text in texts)


def by_relation(catalog: Catalog) -> dict[int, frozenset[str]]:
    """Return the settings on which what a relation shows depends: its policies', its view's, its bases'."""
    through = through_functions(catalog)
    names_of = {body.oid: bare(body.name) for body in catalog.bodies if body.kind == "function"}
    own: dict[int, set[str]] = {}
    for policy in catalog.policies:
        names = set(_named_in(policy)).union(*(through.get(oid, ()) for oid in policy.functions))
        own.setdefault(policy.relation, set()).update(names)
    for body in catalog.bodies:
        if body.kind == "view":
            there = called_in(body.body)
            called = (through[oid] for oid, name in names_of.items() if through[oid] and name in there)
            own.setdefault(body.oid, set()).update(named_in(body.body), *called)
    return {
        oid: frozenset(own.get(oid, set()).union(*(own.get(base, set()) for base in catalog.bases.get(oid, ()))))
        for oid in catalog.relations
    }


def literals_beside(catalog: Catalog, setting: str) -> list[str]:
    """Return the texts in pieces of SQL that read the setting, or call what reads it: it may be compared with them.

    Of a pattern, the words in it too: '^night' wants what begins so. What is long is a key, or said to people.
    """
    found = {text for piece in about(catalog, setting) for text in _LITERAL.findall(piece)}
    known = sorted(text for text in found if text != setting and (len(text) <= _SHORT or is_key(text)))
    texts = sorted(known, key=lambda text: len(text) > _SHORT)[:_LITERALS]
    words = [word for text in texts for word in _SIGNS.split(text) if len(word) > 1]
    return list(dict.fromkeys([*texts, *words]))[: 2 * _LITERALS]


def is_key(text: str) -> bool:
    """Tell whether a text may be a key that sessions are asked for, as a digest: one word, however long."""
    return len(text) <= _LONG and not re.search(r"\s", text)


def lengths_of(catalog: Catalog, setting: str) -> list[int]:
    """Return how long a setting may have to be, as pieces of SQL say that read it, or call what reads it."""
    pieces = [piece for piece in about(catalog, setting) if _LENGTH.search(piece)]
    numbers = {int(each) for piece in pieces for each in _NUMBER.findall(piece)}
    return sorted(each for each in numbers if 0 < each <= _LONG)[:_LITERALS]


def compared_with(catalog: Catalog, setting: str) -> list[str]:
    """Return the numbers in policies that read a setting, or call what reads it, and their neighbours."""
    read = set(about(catalog, setting))
    numbers = {int(each) for policy in catalog.policies if policy.text in read for each in _NUMBER.findall(policy.text)}
    return [str(number + step) for number in sorted(numbers)[:_LITERALS] for step in (0, 1, -1)]


def equated(catalog: Catalog, relation: int) -> dict[str, str]:
    """Return the settings that a relation's policies compare with a text, and the text."""
    texts = [policy.text for policy in catalog.policies if policy.relation == relation]
    return {name: text for piece in texts for name, text in _EQUATED.findall(piece)}


def named_by_login(catalog: Catalog, columns: Mapping[int, str]) -> bool:
    """Tell whether policies on tenants' tables know the tenant by who has logged in."""
    bodies = {body.oid: body.body for body in catalog.bodies if body.kind == "function"}
    texts = (
        " ".join([policy.text, *(bodies.get(oid, "") for oid in policy.functions)])
        for policy in catalog.policies
        if policy.relation in columns
    )
    return any(says_login(text) for text in texts)


def says_login(text: str) -> bool:
    """Tell whether a piece of SQL reads who has logged in, or whose rights are in force."""
    return bool(_LOGIN.search(text))


def _tenants(everywhere: Counter[str], beside_tenant: Counter[str]) -> list[str]:
    """Return the settings that are called as tenants are; without any, the one that most policies of tenants read."""
    said = [name for name in everywhere if says_tenant(name)]
    may_be = said or [name for name in beside_tenant if not _SAYS_OTHER.search(name)]
    usual = sorted(may_be, key=lambda name: (-beside_tenant[name], -everywhere[name], name))
    return usual if said else usual[:1]


def _of_people(catalog: Catalog, columns: Mapping[int, str], everywhere: Counter[str]) -> list[str]:
    """Return the setting that says who asks, where policies look the tenant up by that."""
    usual = sorted(everywhere, key=lambda name: (-everywhere[name], name))
    return [name for name in usual if columns_of(catalog, columns, name, None)][:1]


def through_functions(catalog: Catalog) -> dict[int, set[str]]:
    """Return the settings each function reads, by itself or through functions that its body names."""
    functions = [body for body in catalog.bodies if body.kind == "function"]
    own = {body.oid: set(named_in(body.body)) for body in functions}
    for _ in range(_DEPTH):
        by_name: dict[str, set[str]] = {}
        for body in functions:
            if own[body.oid]:
                by_name.setdefault(bare(body.name), set()).update(own[body.oid])
        more = {
            body.oid: own[body.oid].union(*(by_name[name] for name in called_in(body.body) & by_name.keys()))
            for body in functions
        }
        if more == own:
            break
        own = more
    return own
