"""Write rows to files that psql loads, instead of to the database: a CSV for each table, and a script in order."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from psycopg import sql

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.seed import quiet
from ttdb.seed.batches import Batch, groups, spans, windows
from ttdb.seed.generic import Written
from ttdb.seed.generic.counters import Counter, counters
from ttdb.seed.generic.later import key_of
from ttdb.seed.generic.plan import must
from ttdb.seed.load import copy, drop_staging, staging
from ttdb.seed.months import MAY, months_wanted
from ttdb.seed.plain import plain_text
from ttdb.seed.progress import Progress
from ttdb.seed.session import acting_as
from ttdb.seed.world import World

SCRIPT = "load.sql"
_ROWS = 20_000  # of a window
_OWN = sql.SQL("age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)")  # of this transaction
_HEAD = """\
-- Loads the rows beside this file, all or none, into a database that has the tables. From this folder:
--     psql -X -f {script} postgresql://USER@HOST:PORT/DATABASE
-- The login must see all tenants' rows: COPY does not write where row-level security filters.
\\set ON_ERROR_STOP on
begin;
set constraints all deferred;
"""


@dataclass(frozen=True, slots=True)
class File:
    """A table's rows in a file."""

    schema: str
    table: str
    columns: tuple[str, ...]
    later: tuple[str, ...] = ()  # columns that refer to rows of a file that comes later
    key: tuple[str, ...] = ()  # by which such a row is found again
    always: bool = False  # an identity column is among them that takes no value of anybody's
    counters: Sequence[Counter] = ()  # which go on after the last number

    @property
    def name(self) -> str:
        """Return the file's name."""
        return f"{self.schema}.{self.table}.csv".replace("/", "_")

    @property
    def identifier(self) -> str:
        """Return the table's name, quoted."""
        return sql.Identifier(self.schema, self.table).as_string(None)


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield a folder to write into that becomes ``path`` when all is written, and is gone when something fails.

    Raises:
        UsageError: the folder exists and holds something, or cannot be made.

    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f'"{path}" is there already, and is no empty folder', "Name a new one.")
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.absolute().parent))
    except OSError as error:
        raise UsageError(f'no folder can be made beside "{path}": {error.strerror}', "Name another.") from error
    try:
        yield made
        made.chmod(0o755)
        os.replace(made, path)  # noqa: PTH105 - pathlib's takes no folder's place
    finally:
        shutil.rmtree(made, ignore_errors=True)


def dump_world(
    connection: Connection, world: World, role: str | None, place: Path, progress: Progress
) -> dict[str, int]:
    """Write a scenario's rows to files; nothing of it is left in the database."""
    files = [File(plan.catalog.schema, name, plan.stored) for name, plan in world.plans.items()]
    rows = dict.fromkeys(world.plans, 0)
    with connection.transaction(force_rollback=True), acting_as(connection, role):
        plain_text(connection)
        for file in files:
            (place / file.name).write_bytes(b"")
        for group in groups(world):
            for window in windows(world, group, spans(world, group, _ROWS)):
                for batch in window:
                    rows[batch.table] += _append(connection, world, batch, place, first=not rows[batch.table])
                progress.add(sum(batch.rows for batch in window))
        drop_staging(connection, world.plans)
        own = {file.identifier for file in files}
        months = _months([each for each in months_wanted(connection, world) if each[0] in own])
    _script(place, files, months)
    return rows


def _months(wanted: Sequence[tuple[str, Sequence[date]]]) -> list[str]:
    """Return the lines that make the months, where the database that is loaded keeps tables in months."""
    lines = [
        f"select ttdb.ensure_partition({sql.quote(table)}::pg_catalog.regclass, m.month) from"  # noqa: S608 - names in quotes
        f" (values {', '.join(f'(date {sql.quote(str(month))})' for month in months)}) as m (month) \\g /dev/null"
        for table, months in wanted
        if months
    ]
    may = " ".join(MAY.split())
    return [f"{may} as keeps_months \\gset", "\\if :keeps_months", *lines, "\\endif"] if lines else []


def _append(connection: Connection, world: World, batch: Batch, place: Path, *, first: bool) -> int:
    plan = world.plans[batch.table]
    if not batch.rows:
        return 0
    beside = staging(connection, plan)
    count = copy(connection, beside, plan.stored, batch.data)
    file = File(plan.catalog.schema, batch.table, plan.stored)
    names = sql.SQL(", ").join(map(sql.Identifier, plan.stored))
    query = sql.SQL("select {} from {}").format(names, beside)
    _copy_out(connection, query, place / file.name, header=first)
    connection.execute(sql.SQL("truncate {}").format(beside))
    return count


def dump_written(connection: Connection, written: Written, place: Path) -> None:
    """Write the rows of a transaction that is open to files."""
    files = []
    is_quiet = quiet.is_wanted(written)
    for plan in written.scope.plans:
        table = plan.table
        if table.oid in written.by_triggers and not is_quiet:
            continue  # whoever loads the others gets these rows again
        columns = tuple(column.name for column in table.columns if not column.generated)
        late = {name for each in plan.references if each.name in plan.late for name in each.columns}
        at_once = {name for each in plan.references if each.name not in plan.late for name in each.columns}
        at_once |= {*key_of(table), *(name for name in columns if must(table, name) or name == plan.tenant)}
        file = File(
            table.schema,
            table.name,
            columns,
            later=tuple(name for name in columns if name in late - at_once),
            key=key_of(table),
            always=any(column.identity for column in table.columns),
            counters=counters(connection, table),
        )
        names = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in columns)
        only = sql.SQL("" if table.partitioned else "only ")  # a table that inherits has a file of its own
        query = sql.SQL("select {} from {}{} as r where {}").format(names, only, table.identifier, _OWN)
        _copy_out(connection, query, place / file.name, header=True)
        files.append(file)
    own = [file.identifier for file in files if (place / file.name).stat().st_size]
    _script(place, files, quiet.off(own) if is_quiet else (), quiet.on() if is_quiet else ())


def _copy_out(connection: Connection, query: sql.Composed, file: Path, *, header: bool) -> None:
    form = sql.SQL("copy ({}) to stdout (format csv, header {})").format(query, sql.Literal(header))
    with file.open("ab") as target, connection.cursor() as cursor, cursor.copy(form) as stream:
        for part in stream:
            target.write(part)


def _script(place: Path, files: Sequence[File], first: Sequence[str] = (), last: Sequence[str] = ()) -> None:
    lines = [_HEAD.format(script=SCRIPT), *first]
    filled = [file for file in files if (place / file.name).stat().st_size]
    for number, file in enumerate(filled):
        lines += _beside(file, number) if file.later else [_copy(file.identifier, file)]
    for number, file in enumerate(filled):
        if file.later:
            lines.append(_set_later(file, number))
    for file in filled:
        lines += [_go_on(file, each) for each in file.counters]
    lines += [*last, "commit;", *(f"analyze {file.identifier};" for file in filled)]
    (place / SCRIPT).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _copy(target: str, file: File) -> str:
    quoted = file.name.replace("'", "''")
    columns = f" ({_names(file.columns)})" if file.columns else ""  # of a table without any, each row is an empty line
    return f"\\copy {target}{columns} from '{quoted}' (format csv, header)"


def _beside(file: File, number: int) -> list[str]:
    """Load beside the table first: some columns must stay null until the rows that they name are there."""
    beside = f"pg_temp.seed_{number}"
    at_once = _names([name for name in file.columns if name not in file.later])
    own = " overriding system value" if file.always else ""
    given = _names(file.columns)
    return [
        f"create temporary table seed_{number} as select {given} from {file.identifier} with no data;",  # noqa: S608 - names in quotes
        _copy(beside, file),
        f"insert into {file.identifier} ({at_once}){own} select {at_once} from {beside};",  # noqa: S608 - names in quotes
    ]


def _set_later(file: File, number: int) -> str:
    changes = ", ".join(f"{_names([name])} = s.{_names([name])}" for name in file.later)
    same = " and ".join(f"r.{_names([name])} = s.{_names([name])}" for name in file.key)
    some = " or ".join(f"s.{_names([name])} is not null" for name in file.later)
    return f"update {file.identifier} as r set {changes} from pg_temp.seed_{number} as s where {same} and ({some});"  # noqa: S608 - names in quotes


def _go_on(file: File, counter: Counter) -> str:
    last = f"(select {counter.last.as_string(None)} from {file.identifier})"  # noqa: S608 - names in quotes
    return f"select setval({sql.quote(counter.sequence)}, {last}) where {last} is not null \\g /dev/null"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(sql.Identifier(name).as_string(None) for name in columns)
