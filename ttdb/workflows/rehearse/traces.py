"""What a database holds, so that two of its states can be compared: every managed thing, and every table's rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.drift import facts
from ttdb.migrate.drift.facts import Key
from ttdb.postgres.connect import PLAIN, Connection, connect, translated
from ttdb.postgres.url import Url
from ttdb.shape import Table, read_schema

Catalog = Mapping[Key, str]  # the definition of every managed thing
_OURS = ("ttdb", "ttdb_bootstrap", "audit", "masked")  # describe the rest, and what was done to it
_VERSIONS = "public.alembic_version"  # stays after the way down, without a row
_SETTINGS = {"search_path": "", "extra_float_digits": "1", "timezone": "UTC", "datestyle": "ISO"} | PLAIN
# The order of a table's rows is nobody's business. The text of a row is as all its columns have it.
_DIGEST = (
    "select pg_catalog.count(*), coalesce(pg_catalog.sum("
    "pg_catalog.hashtextextended(row({columns})::text, 0)::numeric), 0)::text from {only} {table}"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table: how many, and a digest that tells them from others."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Traces:
    """One state of a database."""

    facts: Catalog
    tables: tuple[Table, ...]
    rows: Mapping[str, Rows]


def catalog(place: Url, *, without: str) -> Catalog:
    """Return the definition of everything that is managed, without what concerns one login."""
    with connect(place, application="ttdb rehearse", settings=_SETTINGS) as connection, translated("looking"):
        found = facts.read(connection)
    return {
        key: fact.definition
        for key, fact in found.items()
        if fact.object != _VERSIONS and without not in f"{fact.identity} {fact.definition}"
    }


def taken(place: Url, *, without: str, tables: tuple[Table, ...] | None = None) -> Traces:
    """Return the state of a database, with the rows of these tables, or of all that are not ttdb's own."""
    known = catalog(place, without=without)
    with connect(place, application="ttdb rehearse", settings=_SETTINGS) as connection, translated("reading the rows"):
        if tables is None:
            tables = tuple(
                table
                for table in read_schema(connection).tables.values()
                if table.root is None and table.schema not in _OURS and str(table) != _VERSIONS
            )
        rows = {str(table): found for table in tables if (found := _rows(connection, table)) is not None}
    return Traces(known, tables, rows)


def differences(before: Catalog, after: Catalog) -> Iterator[str]:
    """Yield, in words, in what two catalogs differ."""
    for kind, identity in sorted(before.keys() | after.keys()):
        one, other = before.get((kind, identity)), after.get((kind, identity))
        if other is None:
            yield f"{kind} {identity} is missing"
        elif one is None:
            yield f"{kind} {identity} was not there"
        elif one != other:
            yield f"{kind} {identity} was {_short(one)}, and is {_short(other)}"


def rows_changed(before: Traces, after: Traces) -> Iterator[str]:
    """Yield, in words, which tables have other rows."""
    for name, rows in before.rows.items():
        now = after.rows.get(name)
        if now is None:
            yield f"rows of {name}: they cannot be read any more"
        elif now.count != rows.count:
            yield f"rows of {name}: {rows.count} before, {now.count} now"
        elif now != rows:
            yield f"rows of {name}: as many, and other values"


def _rows(connection: Connection, table: Table) -> Rows | None:
    """Return the rows of a table, or nothing where the table or a column is gone: its catalog says so."""
    only = sql.SQL("" if table.partitioned else "only")  # what inherits from it is a table of its own
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    query = sql.SQL(_DIGEST).format(columns=columns, only=only, table=table.identifier)
    try:
        row = connection.execute(query).fetchone()
    except (pg.UndefinedTable, pg.UndefinedColumn, pg.InvalidSchemaName):
        return None
    return Rows(*row) if row else None


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:77]}..."  # noqa: PLR2004 - a line's worth
