"""Count in the data what a proposal rests on; only reads."""

import re
from collections.abc import Mapping, Sequence

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.shape import Schema, Table
from ttdb.tenancy.model import Belongs, Count, Ground, Proposal, Way
from ttdb.tenancy.ways import key_of

_UUID = re.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_SHOWN = 5
_SAMPLE = 1_000  # values of a column, looked for in the tables that it could name


class Evidence:
    """Asks one database, in one snapshot.

    Args:
        connection: a session in a read-only transaction that row-level security hides nothing from.
        schema: its tables.
        tenants: the table whose rows are the tenants, and its key.

    """

    def __init__(self, connection: Connection, schema: Schema, tenants: tuple[Table, str]) -> None:
        self._connection = connection
        self._schema = schema
        self._tenants = tenants
        self._samples: dict[tuple[int, str], tuple[str, ...]] = {}
        self._found: dict[tuple[int, str, int], int] = {}  # of a column's sample, by the table that it may name

    def of_own_column(self, table: Table, column: str) -> Count:
        """Count the rows whose tenant is null or no tenant's row."""
        tenants, key = self._tenants
        return self.of_way(table, Way((column,), tenants.oid, (key,), Ground.NAME))

    def of_way(self, table: Table, way: Way) -> Count:
        """Count the rows that name no other row, and those whose other row is not there."""
        parent = self._schema.tables[way.parent]
        pairs = sql.SQL(" and ").join(
            sql.SQL("p.{} = {}").format(sql.Identifier(there), _value(way, here, "t"))
            for here, there in zip(way.columns, way.parent_columns, strict=True)
        )
        empty = sql.SQL(" or ").join(sql.SQL("t.{} is null").format(sql.Identifier(name)) for name in way.columns)
        query = sql.SQL(
            "select count(*), count(*) filter (where {empty}),"
            " count(*) filter (where not ({empty}) and not exists (select from {parent} as p where {pairs}))"
            " from {table} as t"
        ).format(empty=empty, parent=parent.identifier, pairs=pairs, table=table.identifier)
        return Count(*self._row(query))

    def matches(self, table: Table, column: str, parents: Sequence[int]) -> tuple[int, dict[int, int]]:
        """Return how many values a sample of a column has, and how many of them name rows of each of these tables."""
        values = self._sample(table, column)
        missing = [oid for oid in parents if (table.oid, column, oid) not in self._found]
        if values and missing:
            query = sql.SQL(" union all ").join(self._named_rows(self._schema.tables[oid], values) for oid in missing)
            for oid, number in self._connection.execute(query).fetchall():
                self._found[table.oid, column, oid] = number
        return len(values), {oid: self._found.get((table.oid, column, oid), 0) for oid in parents}

    def _sample(self, table: Table, column: str) -> tuple[str, ...]:
        if (table.oid, column) not in self._samples:
            query = sql.SQL(
                "select distinct {column}::text from (select {column} from {table} where {column} is not null"
                " limit {most}) as s"
            ).format(column=sql.Identifier(column), table=table.identifier, most=sql.Literal(_SAMPLE))
            self._samples[table.oid, column] = tuple(value for (value,) in self._connection.execute(query))
        return self._samples[table.oid, column]

    def _named_rows(self, parent: Table, values: Sequence[str]) -> sql.Composable:
        key = key_of(parent)
        kind = self._schema.types[key.type].name if key else "text"
        fitting = [value for value in values if kind != "uuid" or _UUID.fullmatch(value)]
        return sql.SQL("select {oid}, count(*) from {parent} where {key} = any({values}::{kind}[])").format(
            oid=sql.Literal(parent.oid),
            parent=parent.identifier,
            key=sql.Identifier(key.name if key else ""),
            values=sql.Literal(fitting),
            kind=sql.SQL(kind),  # as the server's format_type wrote it
        )

    def disagreements(self, table: Table, first: Way, second: Way, decided: Mapping[int, Proposal]) -> int:
        """Count the rows to which two ways give different tenants."""
        one, other = (self._through(way, "t", decided, 0) for way in (first, second))
        query = sql.SQL(
            "select count(*) from (select {one} as one, {other} as other from {table} as t) as both_ways"
            " where one <> other"
        ).format(one=one, other=other, table=table.identifier)
        return int(self._row(query)[0])

    def without_tenant(self, table: Table, decided: Mapping[int, Proposal]) -> tuple[int, tuple[str, ...]]:
        """Count the rows that find no tenant, and return the keys of the first."""
        own, (tenants, key) = decided[table.oid], self._tenants
        if own.way is not None:
            tenant = self._through(own.way, "t", decided, 0)
        else:
            tenant = sql.SQL("t.{}").format(sql.Identifier(own.column or ""))
        query = sql.SQL(
            "select count(*), (array_agg(k order by k))[1:{some}] from (select {shown} as k, {tenant} as tenant"
            " from {table} as t) as r where not exists (select from {tenants} as o where o.{key} = r.tenant)"
        ).format(
            some=sql.Literal(_SHOWN),
            shown=_key_in_words(table),
            tenant=tenant,
            table=table.identifier,
            tenants=tenants.identifier,
            key=sql.Identifier(key),
        )
        row = self._connection.execute(query).fetchone()
        return (row[0], tuple(row[1] or ())) if row else (0, ())

    def broken(self, table: Table, expressions: Sequence[sql.Composable]) -> tuple[int, tuple[int, ...]]:
        """Count a table's rows, and those that break each expression."""
        counts = [sql.SQL("count(*) filter (where not ({}))").format(each) for each in expressions]
        query = sql.SQL("select {} from {}").format(
            sql.SQL(", ").join([sql.SQL("count(*)"), *counts]), table.identifier
        )
        rows, *broken = self._row(query)
        return rows, tuple(broken)

    def values(self, table: Table, column: str, most: int) -> tuple[tuple[str, int], ...]:
        """Return the values of a column and how often each occurs; none where there are more than so many."""
        query = sql.SQL(
            "select {column}::text, count(*) from {table} where {column} is not null group by 1"
            " order by 2 desc, 1 limit {most}"
        ).format(column=sql.Identifier(column), table=table.identifier, most=sql.Literal(most + 1))
        found = tuple(self._connection.execute(query).fetchall())
        return found if len(found) <= most else ()

    def _through(self, way: Way, alias: str, decided: Mapping[int, Proposal], depth: int) -> sql.Composable:
        """Return the tenant of a row as a query in a query, down to a table with a column of its own."""
        parent, below = decided[way.parent], f"p{depth}"
        if parent.belongs is Belongs.OWN and parent.column is not None:
            tenant: sql.Composable = sql.SQL("{}.{}").format(sql.Identifier(below), sql.Identifier(parent.column))
        elif parent.way is not None:
            tenant = self._through(parent.way, below, decided, depth + 1)
        else:
            tenant = sql.SQL("null")
        pairs = sql.SQL(" and ").join(
            sql.SQL("{}.{} = {}").format(sql.Identifier(below), sql.Identifier(there), _value(way, here, alias))
            for here, there in zip(way.columns, way.parent_columns, strict=True)
        )
        return sql.SQL("(select {} from {} as {} where {})").format(
            tenant, self._schema.tables[way.parent].identifier, sql.Identifier(below), pairs
        )

    def _row(self, query: sql.Composed) -> tuple[int, ...]:
        row = self._connection.execute(query).fetchone()
        return tuple(row) if row else ()


def _value(way: Way, column: str, alias: str) -> sql.Composable:
    """Return a column's value as the other table's key has it; text that is no uuid names nothing."""
    value = sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(column))
    if not way.as_text:
        return value
    return sql.SQL("case when {value} ~ {uuid} then {value}::pg_catalog.uuid end").format(
        value=value, uuid=sql.Literal(f"^{_UUID.pattern}$")
    )


def _key_in_words(table: Table) -> sql.Composable:
    """Return what names a row: its key's value, or where that is of several columns, each with its name."""
    single = key_of(table)
    if single is not None:
        return sql.SQL("t.{}::text").format(sql.Identifier(single.name))
    primary = next((key.columns for key in table.keys if key.primary), ())
    if not primary:
        return sql.SQL("t.ctid::text")
    parts = (sql.SQL("{} || t.{}::text").format(sql.Literal(f"{name}="), sql.Identifier(name)) for name in primary)
    return sql.SQL("concat_ws(', ', {})").format(sql.SQL(", ").join(parts))
