"""Seed a schema that no scenario describes, from its catalog alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg import sql

from ttdb.errors import UsageError
from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.writable import refuse_read_only, refuse_without_temporary_tables
from ttdb.seed.draw import Source
from ttdb.seed.generic.computed import through_equations
from ttdb.seed.generic.deferred import RefusedAtTheEnd
from ttdb.seed.generic.run import Run, Wish
from ttdb.seed.generic.scope import NO_COLUMN, Scope, scope
from ttdb.seed.plain import plain_text
from ttdb.seed.progress import OnProgress, Progress
from ttdb.seed.scenario import GENERIC
from ttdb.seed.session import acting_as, analyze, writer
from ttdb.shape import Schema, Table, read_schema

NAME = GENERIC
ROWS, TENANTS = 100, 5
_MOST = 10_000_000  # rows of one table: all of a run's are one transaction
_SEED = 1
_UP_TO = "Pass --append to fill each table up to the number of rows asked for."
_WITH_WHAT_STANDS = "Dump from a copy without rows; or pass --append for what such a copy with rows lacks."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; None for what a flag left open."""

    rows: int | None = None
    tenants: int | None = None
    seed: int | None = None
    tenant_column: str | None = None
    append: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What a run wrote, while its transaction is still open."""

    scope: Scope
    rows: Mapping[str, int]
    by_triggers: frozenset[int]  # tables that others' triggers fill, and nobody else
    topped_up: frozenset[int]  # tables that got rows beside those


def seed_generic(
    connection: Connection,
    asked: Asked,
    *,
    on_progress: OnProgress,
    before: Callable[[int], None] = lambda _rows: None,
    written: Callable[[Written], None] | None = None,
) -> SeedReport:
    """Fill every table of a database up to a number of rows, all or nothing.

    Args:
        connection: a session in autocommit.
        asked: how much, and which.
        on_progress: told how many rows are written.
        before: told about how many rows will be, before the first; it may refuse.
        written: called when all rows are there; then they are taken back instead of kept.

    Raises:
        UsageError: the numbers make no sense, or tables hold rows and nothing was said of adding to them.
        PrivilegeMissing: the login may not write all tenants.
        TtdbError: a rule that is asked when the transaction ends refuses the rows, and of which table is not known.

    """
    started = time.monotonic()
    wish = _wish(asked)
    refuse_read_only(connection)
    with connection.transaction():
        plain_text(connection)  # bounds of partitions are read from text
        schema = through_equations(read_schema(connection))
    found = _scope(connection, schema, asked)
    tables = [plan.table for plan in found.plans]
    role = writer(connection, tables)
    total = sum(wish.tenants if plan.is_tenants else wish.rows for plan in found.plans)
    before(total)
    seed = _SEED if asked.seed is None else asked.seed
    left_out: dict[int, str] = {}
    while True:
        run = Run(
            connection=connection,
            schema=schema,
            scope=found,
            wish=wish,
            source=Source(NAME, seed),
            progress=Progress(on_progress, total),
            kept_rows=written is None,
            left_out=left_out,
        )
        try:
            with connection.transaction(force_rollback=written is not None):
                _work(connection, run, role, refusing=not asked.append)
                if written is not None:
                    written(Written(found, run.rows, run.by_triggers, run.topped_up))
            break
        except RefusedAtTheEnd as refused:
            left_out[refused.table] = str(refused)
    return SeedReport(
        scenario=NAME,
        seed=seed,
        rows=run.rows,
        removed={},
        seconds=time.monotonic() - started,
        examples=run.example,
        act_as=(),
        not_analyzed=analyze(connection, tables) if written is None else (),
        exceptions=run.exceptions,
        left_empty=run.left_empty,
        left_alone=found.left_alone,
        tenant_column=found.column,
        tenants_table=next((str(plan.table) for plan in found.plans if plan.is_tenants), None),
    )


def _work(connection: Connection, run: Run, role: str | None, *, refusing: bool) -> None:
    if not run.kept_rows:
        connection.execute("set transaction isolation level repeatable read")
    plain_text(connection)
    with acting_as(connection, role):
        refuse_without_temporary_tables(connection)
        if refusing:
            _refuse_occupied(connection, [plan.table for plan in run.scope.plans], dumping=not run.kept_rows)
        run.work()


def _wish(asked: Asked) -> Wish:
    rows = ROWS if asked.rows is None else asked.rows
    tenants = min(TENANTS, rows) if asked.tenants is None else asked.tenants
    if rows < 1 or tenants < 1:
        raise UsageError(
            "--rows and --tenants must be 1 or more for a generic seed", "Leave them out, or ask for more."
        )
    if rows > _MOST or tenants > rows:
        message = f"--rows {rows} with --tenants {tenants} is not what a generic seed can make"
        raise UsageError(message, f"Ask for at most {_MOST} rows of a table, and for no more tenants than rows.")
    return Wish(rows, tenants)


def _scope(connection: Connection, schema: Schema, asked: Asked) -> Scope:
    column = asked.tenant_column
    if column == "":
        raise UsageError("--tenant-column is empty", f"Name the column that holds the tenant, or {NO_COLUMN}.")
    if column not in (None, NO_COLUMN) and not any(table.column(column) for table in schema.tables.values()):
        raise UsageError(f"no table has a column {column}", f"Name the column that holds the tenant, or {NO_COLUMN}.")
    found = scope(schema, column)
    if not found.plans:
        raise UsageError(f'database "{connection.info.dbname}" has no table to seed', "Make its tables first.")
    return found


def _refuse_occupied(connection: Connection, tables: list[Table], *, dumping: bool) -> None:
    for table in tables:
        if scalar(connection, sql.SQL("select exists (select from {})").format(table.identifier)):
            message = f'table "{table}" of database "{connection.info.dbname}" holds rows'
            raise UsageError(message, _WITH_WHAT_STANDS if dumping else _UP_TO)
