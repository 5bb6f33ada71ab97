"""The digest of what a seed wrote: equal digests mean equal rows, in whatever order they lie."""

import hashlib
from collections.abc import Iterable, Mapping

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.postgres.development import ID_PATTERN
from ttdb.seed import catalog as catalogs
from ttdb.seed.plain import plain_text
from ttdb.seed.plan import fit
from ttdb.seed.scenario import load
from ttdb.seed.world import TablePlan


def digest(connection: Connection, scenario: str) -> Mapping[str, str]:
    """Return for each table of a scenario the SHA-256 of the rows the seed made, and under ``*`` that of all."""
    found = load(scenario)
    catalog = catalogs.read(connection, found.schema)
    plans = fit(found, catalog, connection.info.dbname)
    with connection.transaction(force_rollback=True):
        plain_text(connection)
        digests = {name: _table(connection, plan) for name, plan in sorted(plans.items())}
    return {**digests, "*": _hash(f"{name}={value}" for name, value in digests.items())}


def _table(connection: Connection, plan: TablePlan) -> str:
    columns = sorted(plan.stored)
    row = sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(column)) for column in columns)
    query = sql.SQL(
        "with hashed as (select pg_catalog.md5((array[{row}])::text) as h from {table} as r"
        " where r.{id}::text like %s)"
        " select pg_catalog.count(*), pg_catalog.sum(('x' || pg_catalog.left(h, 15))::bit(60)::bigint),"
        " pg_catalog.sum(('x' || pg_catalog.right(h, 15))::bit(60)::bigint) from hashed"
    )
    parts = {
        "row": row,
        "table": sql.Identifier(plan.catalog.schema, plan.catalog.name),
        "id": sql.Identifier(plan.catalog.id_column or ""),
    }
    sums = connection.execute(query.format(**parts), (ID_PATTERN,)).fetchone() or ()
    return _hash([*columns, *map(str, sums)])


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
