"""Write rows with COPY: into the table itself, or where the server refuses that, into a staging table beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed import wire
from ttdb.seed.batches import Batch
from ttdb.seed.catalog import CatalogTable
from ttdb.seed.world import TablePlan


@dataclass(frozen=True, slots=True)
class Way:
    """How a table is written in this run."""

    plan: TablePlan
    staged: bool  # COPY is refused where row-level security is in force, and skips no row that is there
    only_missing: bool  # rows whose id is there are left as they are
    copied: bool  # the server takes a COPY of it, were it not for rows that are there

    @property
    def fresh(self) -> "Way":
        """Return how rows are written of which none is there."""
        return replace(self, staged=not self.copied, only_missing=False)


def ways(connection: Connection, plans: Mapping[str, TablePlan]) -> dict[str, Way]:
    """Look at each table, as the role that will write it, and say how it is written."""
    return {name: _way(connection, plan) for name, plan in plans.items()}


def _way(connection: Connection, plan: TablePlan) -> Way:
    query = sql.SQL("select exists (select from {table}), pg_catalog.row_security_active({name})")
    name = identifier(plan.catalog)
    row = connection.execute(query.format(table=name, name=sql.Literal(name.as_string(connection)))).fetchone()
    occupied, filtered = row or (True, True)
    foreign = not all(wire.is_native(plan.catalog.columns[column].wire) for column in plan.stored)
    copied = not (filtered or foreign)
    return Way(plan, staged=occupied or not copied, only_missing=occupied, copied=copied)


def write(connection: Connection, way: Way, batch: Batch) -> int:
    """Write a table's rows of one window, and return how many were."""
    if not batch.rows:
        return 0
    if not way.staged:
        return copy(connection, identifier(way.plan.catalog), way.plan.stored, batch.data)
    place = staging(connection, way.plan)
    copy(connection, place, way.plan.stored, batch.data)
    written = connection.execute(_moved(way, place)).rowcount
    connection.execute(sql.SQL("truncate {}").format(place))
    return written


def copy(connection: Connection, table: sql.Identifier, columns: tuple[str, ...], data: memoryview) -> int:
    """Send rows in the binary format, and return how many they were."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("copy {} ({}) from stdin (format binary)").format(table, names)
    with connection.cursor() as cursor:
        with cursor.copy(query) as stream:
            stream.write(wire.HEAD)
            stream.write(data)
            stream.write(wire.TAIL)
        return cursor.rowcount


def drop_staging(connection: Connection, plans: Mapping[str, TablePlan]) -> None:
    """Drop what staging tables this session has."""
    names = sql.SQL(", ").join(_staging_name(plan.catalog) for plan in plans.values())
    if plans:
        connection.execute(sql.SQL("drop table if exists {}").format(names))


def identifier(table: CatalogTable) -> sql.Identifier:
    """Return a table's name."""
    return sql.Identifier(table.schema, table.name)


def _staging_name(table: CatalogTable) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"seed_{table.name}"[:63])


def staging(connection: Connection, plan: TablePlan) -> sql.Identifier:
    """Return this session's table that has a table's columns, and none of its rules."""
    place = _staging_name(plan.catalog)
    if scalar(connection, "select pg_catalog.to_regclass(%s)", (place.as_string(connection),)) is None:
        columns = sql.SQL(", ").join(
            sql.Identifier(column) + sql.SQL("" if wire.is_native(plan.catalog.columns[column].wire) else "::text")
            for column in plan.stored
        )
        query = sql.SQL("create temporary table {} as select {} from {} with no data")
        connection.execute(query.format(place, columns, identifier(plan.catalog)))
    return place


def _moved(way: Way, place: sql.Identifier) -> sql.Composed:
    table, stored = way.plan.catalog, way.plan.stored
    values = []
    for column in stored:
        found = table.columns[column]
        # The catalog's own spelling of the type: no text of a scenario's.
        cast = sql.SQL("" if wire.is_native(found.wire) else f"::{found.type}")
        values.append(sql.SQL("r.") + sql.Identifier(column) + cast)
    query = sql.SQL("insert into {table} ({names}) select {values} from {place} as r").format(
        table=identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, stored)),
        values=sql.SQL(", ").join(values),
        place=place,
    )
    if not way.only_missing:
        return query
    # Not ON CONFLICT: a partitioned table has no unique key of the id alone. Its key holds the row's moment too, which
    # with more tenants may be another than the one that was written.
    return query + sql.SQL(" where not exists (select from {table} as there where there.{id} = r.{id})").format(
        table=identifier(table), id=sql.Identifier(table.id_column or "")
    )
