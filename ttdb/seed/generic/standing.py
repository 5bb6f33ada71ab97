"""What stands in the tables before the first row is made."""

from collections.abc import Mapping, Sequence

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.shape import Table
from ttdb.shape.generated import is_constant

_KEPT = 1000  # rows of a table that new ones may refer to


def count(connection: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    own = sql.SQL("" if table.partitioned else "only ")  # tables that inherit are counted themselves
    return int(scalar(connection, sql.SQL("select pg_catalog.count(*) from {}{}").format(own, table.identifier)))


def largest(connection: Connection, table: Table, names: Sequence[str]) -> dict[str, int]:
    """Return the largest number in each of these columns."""
    if not names:
        return {}
    columns = sql.SQL(", ").join(sql.SQL("max({})::numeric").format(sql.Identifier(name)) for name in names)
    row = connection.execute(sql.SQL("select {} from {}").format(columns, table.identifier)).fetchone() or ()
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def referred_to(connection: Connection, table: Table, names: Sequence[str]) -> set[Line]:
    """Return what a table's rows hold in some columns."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    return set(connection.execute(sql.SQL("select {} from {}").format(columns, table.identifier)).fetchall())


def always(connection: Connection, table: Table, reference: Reference) -> dict[str, str]:
    """Return the parent's columns of which all rows name one value: a generated column computes it from nothing."""
    found: dict[str, str] = {}
    for name, other in zip(reference.columns, reference.parent_columns, strict=True):
        column = table.column(name)
        if column is not None and is_constant(column):
            found[other] = scalar(connection, sql.SQL("select ({})::text").format(sql.SQL(column.expression or "null")))
    return found


def keep_standing(
    connection: Connection, plan: Plan, kept: Mapping[int, Kept], tenants: Mapping[str, int], owned: frozenset[int]
) -> None:
    """Keep rows that stand in a table, each with its tenant, so that new rows may refer to them."""
    own = kept.get(plan.table.oid)
    if own is None:
        return
    ways = [each for each in plan.references if each.parent in owned and each.parent in kept]
    way = None if plan.tenant else next(iter(ways), None)
    more = (plan.tenant,) if plan.tenant else way.columns if way else ()
    columns = sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in (*own.columns, *more))
    order = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in own.columns)
    query = sql.SQL("select {} from {} as r order by {} limit {}")
    for line in connection.execute(query.format(columns, plan.table.identifier, order, sql.Literal(_KEPT))).fetchall():
        values, told = line[: len(own.columns)], line[len(own.columns) :]
        if not plan.owned:
            own.add(None, values)
        elif (tenant := tenants.get(told[0]) if plan.tenant else _whose(kept, way, told)) is not None:
            own.add(tenant, values)


def _whose(kept: Mapping[int, Kept], way: Reference | None, told: Line) -> int | None:
    if way is None or None in told:
        return None
    parent = kept[way.parent]
    return next((tenant for tenant in parent.tenants() if parent.matching(tenant, way.parent_columns, told)), None)
