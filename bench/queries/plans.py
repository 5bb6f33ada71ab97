"""Look at the plan that the server makes for a query, as the role that runs it, and say what is wrong with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from bench.queries.catalogue import Kind, Query
from bench.queries.draws import Draw
from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection

BIG = 10_000  # rows: a sequential scan of a table that has more is a fault
_LEAF = 1_000  # rows: a partition that has fewer may be read as the server likes
_RUNS_UNTIL_SETTLED = 7  # of a prepared statement, after five of which the server may keep a plan for any values


@dataclass(frozen=True, slots=True)
class Scan:
    """How a plan reads one table or partition."""

    relation: str
    table: str  # the table that the relation is, or is a partition of
    index: str | None  # of a partition's index, the one of the whole table; None for a sequential scan


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows there are in each table and partition, by the server's own statistics."""

    rows: dict[str, float]
    table_of: dict[str, str]
    index_of: dict[str, str]

    def of_table(self, table: str) -> float:
        """Return the rows of a table with all its partitions."""
        return sum(self.rows[relation] for relation, root in self.table_of.items() if root == table)


def sizes(connection: Connection) -> Sizes:
    """Read the statistics of schema public."""
    rows = connection.execute(
        "select c.relname, c.relkind, greatest(c.reltuples, 0)::float8,"
        " coalesce(p.relname, c.relname) from pg_catalog.pg_class as c"
        " left join pg_catalog.pg_class as p on c.relispartition and p.oid = pg_catalog.pg_partition_root(c.oid)"
        " where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relkind in ('r', 'i', 'I')"
    ).fetchall()
    tables = [row for row in rows if row[1] == "r"]
    return Sizes(
        rows={name: count for name, _, count, _ in tables},
        table_of={name: root for name, _, _, root in tables},
        index_of={name: root for name, kind, _, root in rows if kind != "r"},
    )


@contextmanager
def in_context(connection: Connection, query: Query, tenant: str) -> Iterator[None]:
    """Be, in a transaction that is rolled back, who runs the query, in a tenant's context."""
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(query.role)))
        if query.kind is not Kind.WORKER:
            connection.execute("select pg_catalog.set_config('app.current_tenant_id', %s, true)", (tenant,))
        yield


def plan(connection: Connection, query: Query, draw: Draw) -> dict[str, Any]:
    """Return the plan for these values."""
    statement = trusted(f"explain (format json) {query.sql}")
    with in_context(connection, query, draw.tenant):
        return _explained(connection, statement, draw.values)


def settled_plan(connection: Connection, query: Query, draw: Draw) -> dict[str, Any]:
    """Return the plan that the server settles for when the query is prepared and run again and again."""
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${query.parameters.index(found[1]) + 1}", query.sql)
    values = sql.SQL(", ").join(sql.Literal(draw.values[name]) for name in query.parameters)
    execute = sql.SQL("execute prepared_query") + (sql.SQL(" ({})").format(values) if query.parameters else sql.SQL(""))
    with in_context(connection, query, draw.tenant):
        connection.execute(trusted(f"prepare prepared_query as {numbered}"))
        try:
            for _ in range(_RUNS_UNTIL_SETTLED):
                connection.execute(execute)
            return _explained(connection, sql.SQL("explain (format json) ") + execute, None)
        finally:
            connection.execute("deallocate prepared_query")


def scans(found: dict[str, Any], known: Sizes) -> list[Scan]:
    """Return how a plan reads each table, in its order."""
    listed = []
    for node in _nodes(found):
        if "Relation Name" in node:
            relation = node["Relation Name"]
            names = [part["Index Name"] for part in _nodes(node) if "Index Name" in part]
            listed.append(
                Scan(
                    relation,
                    known.table_of[relation],
                    known.index_of[names[0]] if names else None,
                )
            )
    return listed


def faults(query: Query, listed: list[Scan], known: Sizes) -> list[str]:
    """Return, in sentences, what a plan does that it should not."""
    wrong = [
        f"sequential scan of {scan.relation}, {known.rows[scan.relation]:.0f} rows"
        for scan in listed
        if scan.index is None and known.rows[scan.relation] > BIG
    ]
    for table in query.tables:
        if known.of_table(table) <= BIG:
            continue
        mine = [scan for scan in listed if scan.table == table and known.rows[scan.relation] > _LEAF]
        wrong += [
            f"{scan.relation} is read by {scan.index or 'a sequential scan'}, not by {' or '.join(query.indexes)}"
            for scan in mine
            if scan.index not in query.indexes
        ]
    if "until" in query.parameters:
        leaves = [scan.relation for scan in listed]
        if len(leaves) > len(query.tables):
            wrong.append(f"a month's rows are looked for in {', '.join(leaves)}")
    return wrong


def _explained(
    connection: Connection, statement: sql.SQL | sql.Composed, values: dict[str, Any] | None
) -> dict[str, Any]:
    row = connection.execute(statement, values).fetchone()
    return dict(row[0][0]["Plan"]) if row else {}


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)
