"""Which columns say whose a row is: the tenant's, or in a child those that point to its parent."""

from ttdb.validate.catalog import Relation
from ttdb.validate.ground import Row
from ttdb.validate.rights import Rights
from ttdb.validate.world import World


def owning(world: World, relation: Relation) -> list[tuple[str, ...]]:
    """Return the columns that make a row somebody's, each way by itself.

    None for the tenants' own table, nor for people: it is their memberships that say whose they are.
    """
    if world.found.shared(relation.oid):
        return []
    tenant = world.found.tenant_columns.get(relation.oid)
    if tenant is not None:
        return [] if (tenant,) == relation.key else [(tenant,)]
    hops = [hop.columns for hop in world.found.paths.get(relation.oid, ())[:1]]
    keys = [
        key.child_columns
        for key in world.found.catalog.foreign_keys
        if key.child in (relation.oid, relation.root) and key.parent in world.ground.holdings
    ]
    return list(dict.fromkeys([*hops, *keys]))


def tied(world: World, relation: Relation, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns with those that must agree with them: of keys to other tables that hold one of these."""
    tables = (relation.oid, relation.root)
    keys = [each.child_columns for each in world.found.catalog.foreign_keys if each.child in tables]
    return tuple(dict.fromkeys([*columns, *(name for key in keys if set(key) & set(columns) for name in key)]))


def given_to(row: Row, other: Row, columns: tuple[str, ...]) -> dict[str, object]:
    """Return the row as whose the other is."""
    return {**row, **{name: other.get(name) for name in columns}}


def may_set(rights: Rights, columns: tuple[str, ...]) -> bool:
    """Tell whether a role may update these columns."""
    return rights.updates and (rights.update_columns is None or set(columns) <= set(rights.update_columns))
