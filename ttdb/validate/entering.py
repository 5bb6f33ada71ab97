"""Whose session it is after something was done: a function may look the tenant up by what many know of it."""

import re
from collections import Counter

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.arguments import BEGINNING
from ttdb.validate.catalog import Column, Relation
from ttdb.validate.functions import Call
from ttdb.validate.personal import Kind, kind_of
from ttdb.validate.reaches import with_called
from ttdb.validate.world import World

_SETS = re.compile(r"\bset_config\s*\(|\bset\s+(?:local|session)\b", re.IGNORECASE)
# What only its owner knows, digests too; and what is shown as it is by whom it makes the owner, which a digest is not.
_KEPT = re.compile(r"hash|digest|token|secret|(^|_)pin$|_key$", re.IGNORECASE)
_BEARER = re.compile(r"(^|_)token$|api_?key$", re.IGNORECASE)
_LONG = 8  # characters of a tenant's key that stand in another text by no chance
_RANDOM = 16  # characters of a secret that nobody guesses


def sets(world: World, text: str) -> bool:
    """Tell whether SQL sets something, by what it calls too; where tenants are signed, no setting makes them."""
    if world.found.registry.signed:
        return False
    return world.once(("sets", text), lambda: bool(_SETS.search(with_called(world.found.catalog, [text]))))


def entered(world: World, acting: Acting, actor: str) -> sql.Composed | None:
    """Return the select that shows whose session it is now, where that is another's; None where it is not."""
    for setting in world.found.tenant_settings:
        others = [world.context(tenant)[setting] for tenant in world.ground.tenants if tenant != actor]
        shown = sql.SQL("select 'another tenant' where pg_catalog.current_setting({}, true) = any ({})").format(
            sql.Literal(setting), sql.Literal(others)
        )
        if acting.oversee(shown).rows:
            return shown
    return None


def entitled(world: World, call: Call) -> bool:
    """Tell whether a call names the tenant, whom its caller could as well set, or has a secret of that tenant's."""
    named = any(_names_tenant(world, text) for text in call.given)
    return named or not _secrets(world).isdisjoint(call.given)


def bears(world: World, call: Call, actor: str) -> bool:
    """Tell whether a call has another's whole secret, by which rows are found, such as a token: who has that is him."""
    return not world.once(("bearers", actor), lambda: _bearers(world, actor)).isdisjoint(call.given)


def _bearers(world: World, actor: str) -> frozenset[str]:
    """Return others' values of columns that are secrets by their names: long, and no two the same."""
    found = set[str]()
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        for name in (each.name for each in relation.columns if _is_bearer(relation, each)):
            values = [(tenant, row.get(name)) for tenant, rows in holding.rows.items() for row in rows]
            held = Counter(value for _, value in values)
            theirs = (value for tenant, value in values if tenant != actor and held[value] == 1)
            found.update(value for value in theirs if isinstance(value, str) and len(value) >= _RANDOM)
    return frozenset(found)


def _is_bearer(relation: Relation, column: Column) -> bool:
    return _BEARER.search(column.name) is not None or kind_of(relation, column) is Kind.SECRET


def guesses(world: World, call: Call) -> bool:
    """Tell whether a call has but the beginning of a secret: who is answered that finds the whole, sign by sign."""
    secrets = _secrets(world)
    begun = (text.removesuffix("%") for text in call.given if text not in _whole(world))
    return any(len(text) >= BEGINNING and secret.startswith(text) for text in begun for secret in secrets)


def _whole(world: World) -> frozenset[str]:
    """Return the values of rows: one that is a whole one, as a name, is no beginning that somebody tries."""
    return world.once(
        ("whole",),
        lambda: frozenset(
            str(value)
            for holding in world.ground.holdings.values()
            for rows in holding.rows.values()
            for row in rows
            for value in row.values()
        ),
    )


def _names_tenant(world: World, text: str) -> bool:
    return any(text == tenant or (len(tenant) >= _LONG and tenant in text) for tenant in world.ground.tenants)


def _secrets(world: World) -> frozenset[str]:
    """Return the values of columns that only their owners know."""
    return world.once(("secrets",), lambda: _kept_secret(world))


def _kept_secret(world: World) -> frozenset[str]:
    found = set[str]()
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        kept = [
            each.name for each in relation.columns if _KEPT.search(each.name) or kind_of(relation, each) is Kind.SECRET
        ]
        found.update(str(row.get(name)) for rows in holding.rows.values() for row in rows for name in kept)
    return frozenset(found)
