"""Who a session may say that it is, beside whose tenant: in settings of its own, and in claims beside the tenant's."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from ttdb.shape import Mark
from ttdb.validate.catalog import Column, Relation
from ttdb.validate.contexts import object_in
from ttdb.validate.discover.claims import names_tenant, paths_of
from ttdb.validate.discover.settings import by_relation
from ttdb.validate.ground import Row
from ttdb.validate.owning import owning
from ttdb.validate.rows import fitting
from ttdb.validate.world import World

_GUISES, _VALUES = 12, 3
_NUMBER = 7_900_001
_FRESH: Mapping[str, object] = {"S": f"ttdb-{_NUMBER}", "N": _NUMBER}


@dataclass(frozen=True, slots=True)
class Guise:
    """What a session sets, and what a row says of it then."""

    settings: Mapping[str, str]
    says: Mapping[str, Any]


def settings_of(world: World, oids: Iterable[int]) -> frozenset[str]:
    """Return the settings on which what the relations show depends."""
    depends = world.once(("settings of relations",), lambda: by_relation(world.found.catalog))
    return frozenset[str]().union(*(depends[oid] for oid in oids))


def guises(  # noqa: PLR0913 - of whom, where, by what
    world: World,
    relation: Relation,
    rows: Iterable[Row],
    actor: str,
    *,
    named: AbstractSet[str],
    settings: AbstractSet[str],
) -> list[Guise]:
    """Return an honest session of the tenant, and those that are also who a row of the relation says.

    Args:
        world: where.
        relation: what the row is of.
        rows: the tenant's own, that say who its people are.
        actor: the tenant.
        named: words of the policies: the columns among them may say who.
        settings: what the policies depend on.

    """
    honest = world.context(actor)
    found = [Guise(honest, {})]
    others = [name for name in world.found.other_settings if name in settings]
    claims = [name for name in world.found.tenant_settings if object_in(honest.get(name, "")) is not None]
    for column in _who(world, relation, named) if others or claims else ():
        for value in _people(world, relation, column, rows):
            said = {column.name: value}
            found += [Guise(honest | each, said) for each in _saying(world, honest, str(value), others, claims)]
    return found[:_GUISES]


def _who(world: World, relation: Relation, named: AbstractSet[str]) -> list[Column]:
    kept = {name for columns in owning(world, relation) for name in columns}
    kept.add(world.found.tenant_columns.get(relation.oid, ""))
    return [each for each in relation.columns if each.name in named and each.name not in kept and not each.computed]


def _people(world: World, relation: Relation, column: Column, rows: Iterable[Row]) -> Iterator[object]:
    """Return values of the tenant's own rows, and one that no row has, as somebody new would have."""
    seen = (row.get(column.name) for row in rows)
    yield from list(dict.fromkeys(each for each in seen if isinstance(each, str | int)))[:_VALUES]
    if not any(
        column.name in key.child_columns for key in world.found.catalog.foreign_keys if key.child == relation.oid
    ):
        if column.type == "uuid":
            yield str(uuid.UUID(int=_NUMBER << 64, version=4))
        elif column.category in _FRESH:
            yield _fresh(world, relation, column, rows)


def _fresh(world: World, relation: Relation, column: Column, rows: Iterable[Row]) -> object:
    """Return a value that the column's CHECKs take, as the database says."""
    own = next(iter(rows), None)
    kept = {name: value for name, value in own.items() if name != column.name} if own else {}
    made = fitting(world, relation, kept, Mark("ttdb", _NUMBER)) if own else None
    value = made.get(column.name) if made else None
    return value if isinstance(value, str | int) else _FRESH[column.category]


def _saying(
    world: World, honest: Mapping[str, str], value: str, others: list[str], claims: list[str]
) -> Iterator[dict[str, str]]:
    if others:
        yield dict.fromkeys(others, value)
    for name in others:
        yield from ({name: _nested(path, value)} for path in paths_of(world.found.catalog, name)[:_VALUES])
    for name in claims:
        told = object_in(honest[name]) or {}
        tenants = world.found.tenant_names
        paths = [each for each in paths_of(world.found.catalog, name) if not names_tenant(each[-1], tenants)][:_VALUES]
        yield from ({name: json.dumps(_with(told, path, value))} for path in paths)
        yield from ({name: json.dumps(each)} for each in _claimed(told, value))


def _nested(path: tuple[str, ...], value: str) -> str:
    document: Any = value
    for key in reversed(path):
        document = {key: document}
    return json.dumps(document)


def _claimed(claims: Mapping[str, Any], value: str) -> Iterator[dict[str, Any]]:
    """Return the claims with one more, at the top and a level below: an honest session's others hold objects."""
    for key in [name for name, inner in claims.items() if isinstance(inner, dict)]:
        below = {name: {**inner, key: value} if isinstance(inner, dict) else inner for name, inner in claims.items()}
        yield {**below, key: value}


def _with(claims: Mapping[str, Any], path: tuple[str, ...], value: str) -> dict[str, Any]:
    """Return the claims with this one, at the end of a path."""
    key, *below = path
    inner = claims.get(key)
    nested = _with(inner if isinstance(inner, dict) else {}, tuple(below), value) if below else value
    return {**claims, key: nested}
