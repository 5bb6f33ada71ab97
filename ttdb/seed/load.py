"""Write rows: INSERT in batches, since COPY is refused where row-level security is in force."""

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.seed.values import Value, rows_as_json
from ttdb.seed.world import Table, TablePlan

_BATCH = 2000


def write(connection: Connection, table: Table, *, only_missing: bool) -> int:
    """Insert a table's rows and return how many were; with ``only_missing`` those whose id is there are left."""
    plan = table.plan
    columns = [table.column(name) for name in plan.stored]
    query = _insert(plan)
    if only_missing:
        query += _missing(plan)
    written = 0
    for start in range(0, len(table), _BATCH):
        rows: list[tuple[Value, ...]] = list(zip(*(column[start : start + _BATCH] for column in columns), strict=True))
        written += connection.execute(query, (rows_as_json(plan.stored, rows),)).rowcount
    return written


def _missing(plan: TablePlan) -> sql.Composed:
    # Not ON CONFLICT: a partitioned table has no unique key of the id alone. Its key holds the row's moment too, which
    # with more tenants may be another than the one that was written.
    return sql.SQL(" where not exists (select from {table} as there where there.{id} = r.{id})").format(
        table=sql.Identifier(plan.catalog.schema, plan.catalog.name), id=sql.Identifier(plan.catalog.id_column or "")
    )


def _insert(plan: TablePlan) -> sql.Composed:
    # The table's own row type reads the values, so no type is named here and arrays or domains need no care.
    names = [sql.Identifier(column) for column in plan.stored]
    query = sql.SQL(
        "insert into {target} ({names})"
        " select {values} from pg_catalog.json_populate_recordset(null::{target}, %s) as r"
    )
    return query.format(
        target=sql.Identifier(plan.catalog.schema, plan.catalog.name),
        names=sql.SQL(", ").join(names),
        values=sql.SQL(", ").join(sql.SQL("r.{}").format(column) for column in names),
    )
