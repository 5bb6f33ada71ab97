"""Tell the rows the seed made from those it did not, and take its own away again."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from ttdb.errors import TtdbError, UsageError
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.development import ID_PATTERN, why_it_may_be_live
from ttdb.seed.catalog import Catalog, CatalogTable, ForeignKey
from ttdb.seed.columns import Ids
from ttdb.seed.progress import OnProgress, Progress
from ttdb.seed.world import Span, TablePlan, World

_ASKED = 8  # rows of a run, evenly apart, of which is asked whether they stand


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the tables that have no parent: rows of the seed's, and rows of others."""

    table: str
    own: int
    others: int


def standing(connection: Connection, plans: Mapping[str, TablePlan]) -> tuple[Standing, ...]:
    """Count the rows in each table that points at no other: whatever else is there hangs on these."""
    roots = [plan.catalog for plan in plans.values() if not plan.catalog.foreign_keys]
    query = sql.SQL(
        "select pg_catalog.count(*) filter (where {id}::text like %(mine)s),"
        " pg_catalog.count(*) filter (where {id}::text not like %(mine)s) from {table}"
    )
    found = []
    for table in roots:
        row = connection.execute(query.format(**_parts(table)), {"mine": ID_PATTERN}).fetchone() or (0, 0)
        found.append(Standing(f"{table.schema}.{table.name}", row[0], row[1]))
    return tuple(found)


def ids_of(world: World, span: Span) -> list[UUID]:
    """Return the ids that rows of a base are made with."""
    window = world.window(span)
    column = window.table(span.base).column(world.plans[span.base].catalog.id_column or "")
    made = [UUID(int=high << 64 | low) for high, low in column.values.tolist()] if isinstance(column, Ids) else []
    window.close()
    return made


def count(connection: Connection, table: CatalogTable) -> int:
    """Count the rows of a table that seeds made."""
    query = sql.SQL("select pg_catalog.count(*) from {table} where {id}::text like %s").format(**_parts(table))
    return int(scalar(connection, query, (ID_PATTERN,)))


@dataclass(frozen=True, slots=True)
class Missing:
    """How much of a run's rows is not there yet, for all that is known without looking at each."""

    share: float  # all, where what stands is another run's
    surely: bool  # what stands is its beginning, without a gap


def missing(connection: Connection, world: World, base: str) -> Missing:
    """Count what stands of a base, and ask of some rows of this run whether they do."""
    table, size = world.plans[base].catalog, world.size(base)
    stand = min(count(connection, table), size)
    places = sorted({round((stand - 1) * part / _ASKED) for part in range(_ASKED + 1)}) if stand else []
    ids = [each for place in places for each in ids_of(world, Span(base, place, place + 1))]
    there = count_of(connection, table, ids) if ids else 0
    return Missing(1 - stand / size if there else 1.0, surely=there in {0, len(places)})


def absent(connection: Connection, table: CatalogTable, ids: list[UUID]) -> set[UUID]:
    """Return which of these ids no row of a table has."""
    query = sql.SQL(
        "select a.id from pg_catalog.unnest(%s::pg_catalog.uuid[]) as a (id)"
        " where not exists (select from {table} as t where t.{id} = a.id)"
    )
    return {each for (each,) in connection.execute(query.format(**_parts(table)), (ids,))}


def count_of(connection: Connection, table: CatalogTable, ids: list[UUID]) -> int:
    """Count the rows of a table that have one of these ids."""
    query = sql.SQL("select pg_catalog.count(distinct t.{id}) from {table} as t where t.{id} = any(%s)")
    return int(scalar(connection, query.format(**_parts(table)), (ids,)))


def is_empty(connection: Connection, table: CatalogTable) -> bool:
    """Tell whether a table has no row at all."""
    query = sql.SQL("select not exists (select from {table})").format(table=_parts(table)["table"])
    return scalar(connection, query) is True


def standing_of_volume(connection: Connection, world: World, base: str) -> int:
    """Return up to which number rows of this very run stand, of a table that others pick from."""
    table = world.plans[base].catalog
    ids = ids_of(world, Span(base, 0, world.size(base)))
    query = sql.SQL("select t.{id} from {table} as t where t.{id} = any(%s)").format(**_parts(table))
    found = {each for (each,) in connection.execute(query, (ids,))}
    return max((place for place, each in enumerate(ids, start=1) if each in found), default=0)


def refuse_occupied(found: tuple[Standing, ...], database: str) -> None:
    """Refuse a database that holds rows already.

    Raises:
        UsageError: it does; the hint names the flags that go on.

    """
    if any(table.own for table in found):
        message = f'database "{database}" is seeded already'
        raise UsageError(
            message, "Pass --append to add what is missing for the volumes given, or --reset to start over."
        )
    for table in found:
        if table.others:
            message = (
                f'table "{table.table}" of database "{database}" holds {_rows(table.others)} the seed did not make'
            )
            raise UsageError(message, "Pass --append to add the seed's rows beside them.")


def refuse_unless_development(connection: Connection, found: tuple[Standing, ...], told: str | None) -> None:
    """Refuse to delete from a database that may be somebody's live one, unless told its name.

    Raises:
        UsageError: it may be one, or the name told is another's.

    """
    database = connection.info.dbname
    if told is not None and told != database:
        message = f'the database is called "{database}", not "{told}"'
        raise UsageError(message, "Check --url: nothing was deleted.")
    why = doubt(connection.info.host or "local socket", database, found)
    if told is None and why:
        message = f'database "{database}" does not look like a development database: {why}'
        raise UsageError(message, f"Pass --database-name {database} to reset it all the same.")


def remove(
    connection: Connection, plans: Mapping[str, TablePlan], catalog: Catalog, on_progress: OnProgress
) -> dict[str, int]:
    """Delete the rows the seed made, children first, and return how many of each table; the trail records each.

    Raises:
        TtdbError: rows that the seed did not make hang on its own.

    """
    tables = {name: plan.catalog for name, plan in plans.items()}
    for link in catalog.foreign_keys:
        if link.parent in tables and not link.is_part:
            _refuse_strangers(connection, link, tables)
    progress = Progress(on_progress, sum(count(connection, table) for table in tables.values()))
    progress.turn_to("deleted")
    removed = {}
    for name, table in reversed(tables.items()):
        removed[name] = _delete(connection, table)
        progress.add(removed[name])
    return removed


def _delete(connection: Connection, table: CatalogTable) -> int:
    query = sql.SQL("delete from {table} where {id}::text like %s").format(**_parts(table))
    return connection.execute(query, (ID_PATTERN,)).rowcount


def _refuse_strangers(connection: Connection, link: ForeignKey, tables: Mapping[str, CatalogTable]) -> None:
    parent = tables[link.parent]
    child = tables.get(link.child) if link.child_schema == parent.schema else None
    same = sql.SQL(" and ").join(
        sql.SQL("c.{} = p.{}").format(sql.Identifier(own), sql.Identifier(theirs))
        for own, theirs in zip(link.columns, link.parent_columns, strict=True)
    )
    not_mine: sql.Composable = sql.SQL("")
    if child is not None:
        not_mine = sql.SQL(" and c.{}::text not like %(mine)s").format(sql.Identifier(child.id_column or ""))
    query = sql.SQL(
        "select pg_catalog.count(*) from {child} as c inner join {parent} as p on {same}"
        " where p.{id}::text like %(mine)s{not_mine}"
    ).format(
        child=sql.Identifier(link.child_schema, link.child),
        parent=sql.Identifier(parent.schema, parent.name),
        same=same,
        id=sql.Identifier(parent.id_column or ""),
        not_mine=not_mine,
    )
    count = scalar(connection, query, {"mine": ID_PATTERN})
    if count:
        raise TtdbError(
            f'table "{link.child_schema}.{link.child}" holds {_rows(count)} the seed did not make'
            f' but which refer to rows of "{parent.schema}.{parent.name}" that it made',
            "Delete those rows first: nothing was deleted.",
        )


def doubt(host: str, database: str, found: tuple[Standing, ...]) -> str | None:
    """Say why a database may be somebody's live one; None where it is a development database."""
    for table in found:
        if table.others:
            return f'table "{table.table}" holds {_rows(table.others)} the seed did not make'
    return why_it_may_be_live(host, database)


def _parts(table: CatalogTable) -> dict[str, sql.Composable]:
    return {"table": sql.Identifier(table.schema, table.name), "id": sql.Identifier(table.id_column or "")}


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'} that"
