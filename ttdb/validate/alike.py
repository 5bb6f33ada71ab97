"""Tables without rows: proven where a table with rows has the very same policies and held."""

import re

from ttdb.validate.catalog import Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.world import Sight, World

_Signature = tuple[object, ...]


def proven_alike(world: World, relation: Relation, role: str, sights: dict[int, Sight]) -> bool:
    """Tell whether a populated table with the same policies, column and flags let the role see nothing foreign."""
    wanted = signature(world.found, relation, role)
    if wanted is None:
        return False
    return any(
        not sight.seen and not sight.error and wanted == signature(world.found, world.relation(oid), role)
        for oid, sight in sights.items()
    )


def signature(found: Discovery, relation: Relation, role: str) -> _Signature | None:
    """Return what decides on who sees which rows of a table; None where it is not its own policies."""
    name = found.tenant_columns.get(relation.oid)
    column = relation.column(name) if name is not None else None
    if column is None or not relation.enabled:
        return None
    owned = relation.owner in {role, *found.catalog.roles[role].inherits}
    if owned and not relation.forced:
        return None
    policies = frozenset(
        (policy.permissive, policy.command, policy.qual, policy.with_check)
        for policy in found.catalog.policies_of(relation, role)
    )
    return (column.name, column.type, policies)


def kin(found: Discovery, relation: Relation, role: str) -> _Signature | None:
    """Return a signature also of tables that reach their tenant through a parent, whose policies name that parent."""
    own = signature(found, relation, role)
    hops = found.paths.get(relation.oid)
    if own is not None or not hops or not relation.enabled:
        return own
    names = [relation.name, *(found.catalog.relations[hop.parent].name for hop in hops)]
    policies = frozenset(
        (policy.permissive, policy.command, _without(names, policy.qual), _without(names, policy.with_check))
        for policy in found.catalog.policies_of(relation, role)
    )
    return (tuple(hop.columns for hop in hops), relation.owner, relation.forced, policies)


def _without(names: list[str], expression: str | None) -> str | None:
    for place, name in enumerate(names):
        expression = expression and re.sub(rf"(?:\w+\.)?\b{re.escape(name)}\b", f"<{place}>", expression)
    return expression
