"""Values that might open what a setting guards: what it is compared with, and what administrators are called."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from psycopg import sql

from ttdb.validate.discover import claims
from ttdb.validate.discover.pieces import about
from ttdb.validate.discover.settings import compared_with, lengths_of, literals_beside, says_login
from ttdb.validate.queries import query
from ttdb.validate.world import World

_WIDENING = (
    "true", "on", "1", "t", "yes", "admin", "superadmin", "super_admin", "administrator", "superuser", "system",
    "service", "internal", "root", "owner", "staff", "support", "bypass", "all", "any", "*", "%", "0", "-1", "",
    "infinity", "-infinity",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
)  # fmt: skip
_CLAIMED = (
    "true", "admin", "service", "service_role", "superadmin", "super_admin", "system", "internal", "root", "owner",
    "staff", "support", "all", "*", "1",
)  # fmt: skip
_OF_TENANTS = ("*", "%", "all", "any", "admin", "system", "")  # in the place of a tenant, and none
_NOBODIES = ("0", "-1", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001")
_SIGN = re.compile(r"[^\w\s]{1,2}")
_DATABASE = re.compile(r"\bcurrent_(?:database|catalog)\b", re.IGNORECASE)
_IDENTIFIER = re.compile(r"-?[0-9]+|[0-9a-fA-F-]{36}")
_DOCUMENTS, _TENANTS, _APART = 60, 3, 30


def values(world: World, setting: str) -> list[str]:
    """Return what to try; to the tenant's own setting nothing that may be a tenant, whom a session may choose."""
    return world.once(("widening", setting), lambda: _values(world, setting))


def _values(world: World, setting: str) -> list[str]:
    catalog = world.found.catalog
    if world.contexts.tenant_keys(setting):
        return _claims_of_tenants(world, setting)
    numbers = compared_with(catalog, setting)
    if setting in world.found.tenant_settings:  # what texts the policies have may be tenants: see whom_it_may_name()
        return [value for value in dict.fromkeys((*numbers, *_WIDENING)) if _is_nobody(world, value)]
    long = [("a" * length) for number in lengths_of(catalog, setting) for length in (number, number + 1)]
    tried = dict.fromkeys((*literals_beside(catalog, setting), *_usual(world, setting), *numbers, *_WIDENING, *long))
    tenants = world.ground.tenants[:_TENANTS]
    lists = [",".join(tenants), f"{{{','.join(tenants)}}}"] if len(tenants) > 1 else []
    paths = claims.paths_of(catalog, setting)
    said = [*tenants, *claims.compared_with(catalog, setting), *literals_beside(catalog, setting)]
    documents = list(dict.fromkeys(_documents(paths, said)))[:_DOCUMENTS]
    if claims.surely_json(catalog, setting):
        return documents
    return [*tried, *_of_session(world, setting), *tenants, *lists, *documents]


def _of_session(world: World, setting: str) -> list[str]:
    """Return what the setting may be compared with that a session is: its role, its database."""
    text = " ".join(about(world.found.catalog, setting))
    database = sql.SQL("select pg_catalog.current_database()::text")
    here = [row[0] for row in world.oversee(database).rows] if _DATABASE.search(text) else []
    return [*(world.attackers if says_login(text) else ()), *here]


def _usual(world: World, setting: str) -> list[str]:
    """Return what columns hold by default that policies which read the setting read too: most rows may have it."""
    defaults = world.once(("constant defaults",), lambda: world.oversee(sql.SQL(query("constant_defaults"))).rows)
    read = set(about(world.found.catalog, setting))
    policies = [each for each in world.found.catalog.policies if each.text in read]
    named = {(each.relation, name) for each in policies for name in each.columns}
    return [value for relation, name, value in defaults if (relation, name) in named]


def whom_it_may_name(world: World, setting: str) -> list[str]:
    """Return tenants that a session may say it is, and that policies may take for more: no one, and whom they name."""
    catalog, tenants = world.found.catalog, world.ground.tenants
    said = compared_with(catalog, setting) if all(each.isdigit() for each in tenants) else []
    # No tenant is called so, but a policy that looks for a tenant inside the text finds two.
    said = [*said, *literals_beside(catalog, setting), "".join(tenants[:2])]
    named = dict.fromkeys((*_NOBODIES, *(each for each in said if each and each not in tenants)))
    return [each for each in named if not world.contexts.is_somebody(setting, each)]


def named_among_others(world: World, setting: str, tenant: str) -> list[str]:
    """Return texts in which a tenant is named, alone and beside something else: behind an @, say."""
    signs = [each for each in literals_beside(world.found.catalog, setting) if _SIGN.fullmatch(each)]
    return [tenant, *(text for sign in signs for text in (f"a{sign}{tenant}", f"{tenant}{sign}a"))]


def _claims_of_tenants(world: World, setting: str) -> list[str]:
    """Return what else the tenant's own setting may claim, where it is JSON: objects are added to the honest ones."""
    catalog, keys = world.found.catalog, set(world.contexts.tenant_keys(setting))
    said = [value for value in claims.compared_with(catalog, setting) if _is_nobody(world, value)]
    paths = claims.paths_of(catalog, setting)
    others = [path for path in paths if path[-1] not in keys]
    documents = _documents(others or paths, said)
    # Another key may name a tenant, too: a partner, a parent. Only where the usual ones are known apart.
    partners = [_document(others, tenant) for tenant in world.ground.tenants[:_TENANTS]] if others else []
    return list(dict.fromkeys((*documents, *partners, *said, *_OF_TENANTS)))[: _DOCUMENTS + len(_OF_TENANTS)]


def _is_nobody(world: World, value: str) -> bool:
    return value not in world.ground.tenants and not _IDENTIFIER.fullmatch(value)


def _documents(paths: list[tuple[str, ...]], said: Iterable[str]) -> Iterator[str]:
    """Return JSON in which the paths lead to values: all of them to the same first, then each by itself."""
    if not paths:
        return
    keys = {key for path in paths for key in path}
    compared = [value for value in dict.fromkeys(said) if value not in keys]
    yield from (value for value in compared if value.startswith("{"))
    words = dict.fromkeys((*compared, *_CLAIMED))
    for value in words:
        yield _document(paths, value)
    for form in (True, 1, *([value] for value in compared)):
        yield _document(paths, form)
    if len(paths) > 1:
        apart = [_document([path], value) for value in (*compared, True, *_CLAIMED[:3]) for path in paths]
        yield from apart[:_APART]


def _document(paths: list[tuple[str, ...]], value: object) -> str:
    """Return JSON in which every path leads to the value."""
    document: dict[str, Any] = {}
    for path in paths:
        inner = document
        for key in path[:-1]:
            known = inner.get(key)
            inner[key] = inner = known if isinstance(known, dict) else {}
        inner.setdefault(path[-1], value)
    return json.dumps(document)
