"""Take a sample of a live database's rows: some of every table, and every row that these name.

By a foreign key, or by a column that is named after a table: what upgrades look up stands there too.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg import sql
from psycopg.rows import class_row

from ttdb.postgres.connect import PLAIN, Connection, connect, scalar, translated
from ttdb.postgres.copy import LOCK_WAIT, Filling
from ttdb.postgres.url import Url
from ttdb.shape import ForeignKey, Schema, Table, read_schema
from ttdb.shape.links import links
from ttdb.workflows.rehearse.model import Amount

Say = Callable[[str], None]
_SETTINGS = {
    "search_path": "",
    "row_security": "off",  # a policy that would hide rows is an error, not a silent half
    "default_transaction_read_only": "on",
    "lock_timeout": LOCK_WAIT,
    "idle_in_transaction_session_timeout": "0",  # its snapshot serves until all is copied
} | PLAIN
_FEW_PAGES = 100  # a table as small as this is read from its beginning; of a larger one, pages at random
_PAGES = 20  # at least, so that chance does not take none
_SPARE = 2.0  # times as many pages as should do: their rows are not spread evenly
_FEWEST_ROWS = 100  # of each table, however small a part was asked for
_KEYS = 5000  # at a time
# What these hold is about the database, not in it: an upgrade reads all of it.
_WHOLE = ("ttdb", "ttdb_bootstrap", "masked", "public.alembic_version")
_FOLLOWED = 3  # times that undeclared references are: an upgrade looks up no further, and in a circle all would come
_SAY_EVERY_S = 2.0
_UNTYPED = {"character": "bpchar"}  # a cast to "character" cuts to one letter


@contextmanager
def sampling(url: Url, amount: Amount | None, say: Say) -> Iterator["Sampler"]:
    """Open a snapshot of a database, which is only read, to take rows from until the block ends.

    Without an amount nothing is taken but what an upgrade must know: the ledger, the registries.
    """
    with (
        connect(url, application="ttdb rehearse", settings=_SETTINGS) as source,
        translated("sampling rows"),
        source.transaction(),
    ):
        source.execute("set transaction isolation level repeatable read, read only")
        yield Sampler(source, amount, say)


@dataclass(frozen=True, slots=True)
class _Extent:
    """How large a table is, as far as the planner knows."""

    rows: float  # -1 where nobody has counted
    pages: int


@dataclass
class Sampler:
    """Fills a bare copy from the open snapshot of its original; a copy's keys are checked when they are made."""

    source: Connection
    amount: Amount | None
    say: Say
    rows: int = 0
    _said: float = field(default_factory=time.monotonic)

    def filling(self) -> Filling:
        """Return what a copy is filled by."""
        return Filling(str(scalar(self.source, "select pg_catalog.pg_export_snapshot()")), self.fill)

    def fill(self, place: Url) -> None:
        """Take rows of every table, then their parents, until none is missing; then the sequences' values."""
        schema = read_schema(self.source)
        tops = [table for table in schema.tables.values() if table.root is None and (self.amount or _whole(table))]
        with connect(place, application="ttdb rehearse", settings=PLAIN | {"search_path": ""}) as copy:
            for number, table in enumerate(tops, start=1):
                leaves = schema.leaves(table.oid)
                for leaf in leaves:
                    self.rows += self._move(self._some(table, leaf, len(leaves)), table, copy)
                self._tell(f"sampling: {number} of {len(tops)} tables, {self.rows} rows")
            if self.amount:
                self._close(schema, copy)
            for name, value in self.source.execute(_SEQUENCES):
                copy.execute("select pg_catalog.setval(%s::pg_catalog.regclass, %s)", (name, value))

    def _some(self, table: Table, leaf: Table, leaves: int) -> sql.Composed:
        """Return the query of a table's or a partition's share."""
        if self.amount is None or _whole(table):
            return sql.SQL("select {} from only {}").format(_columns(table), leaf.identifier)
        with self.source.cursor(row_factory=class_row(_Extent)) as cursor:
            extent = cursor.execute(_EXTENT, (leaf.oid,)).fetchone() or _Extent(-1, 0)
        rows = extent.rows
        if rows < 0 and self.amount.percent is not None:
            rows = float(scalar(self.source, sql.SQL("select count(*) from only {}").format(leaf.identifier)))
        few = self.amount.rows or max(_FEWEST_ROWS, rows * leaves * (self.amount.percent or 0) / 100)
        wanted = math.ceil(few / leaves)
        part: sql.Composable = sql.SQL("")
        if extent.pages > _FEW_PAGES and rows > wanted * _SPARE:
            percent = min(100.0, 100 * max(_SPARE * wanted / rows, _PAGES / extent.pages))
            part = sql.SQL("tablesample system ({}) repeatable (1)").format(sql.Literal(percent))
        return sql.SQL("select {} from only {} {} limit {}").format(
            _columns(table), leaf.identifier, part, sql.Literal(wanted)
        )

    def _close(self, schema: Schema, copy: Connection) -> None:
        """Fetch the rows that foreign keys name and the copy lacks, and what those name, until none comes any more."""
        declared = list(_foreign_keys(schema))
        told = list(_links(schema))
        lost: dict[tuple[int, str], int] = {}
        passes, moved = 0, -1
        while moved:
            passes, moved = passes + 1, 0
            for table, key in (*declared, *(told if passes <= _FOLLOWED else ())):
                parent = schema.tables[key.parent]
                missing = _missing(copy, table, key, parent)
                if len(missing) <= lost.get((table.oid, key.name), 0):
                    continue
                came = sum(
                    self._move(_named(schema, parent, key, missing[start : start + _KEYS]), parent, copy)
                    for start in range(0, len(missing), _KEYS)
                )
                moved += came
                lost[table.oid, key.name] = len(missing) - came
                self._tell(f"sampling: rows that others name, {self.rows + moved} rows")
            self.rows += moved
        for table, key in declared:
            if number := lost.get((table.oid, key.name)):
                self.say(f"{number} keys of {table} name no row, as {key.name} says they must")

    def _move(self, query: sql.Composed, table: Table, copy: Connection) -> int:
        """Copy what a query of the source returns into the copy's table; return how many rows."""
        if all(column.generated for column in table.columns):
            return 0
        out = sql.SQL("copy ({}) to stdout").format(query)
        into = sql.SQL("copy {} ({}) from stdin").format(table.identifier, _columns(table))
        with self.source.cursor() as giving, copy.cursor() as taking:
            with giving.copy(out) as reading, taking.copy(into) as writing:
                for block in reading:
                    writing.write(block)
            return taking.rowcount

    def _tell(self, text: str) -> None:
        if time.monotonic() - self._said > _SAY_EVERY_S:
            self._said = time.monotonic()
            self.say(text)


def populate(source: Url, place: Url) -> None:
    """Fill the materialized views of a copy that are filled in its original: a dump without rows leaves them empty."""
    with (
        connect(source, application="ttdb rehearse", settings=_SETTINGS) as original,
        connect(place, application="ttdb rehearse", settings=PLAIN) as copy,
        translated("filling materialized views"),
    ):
        for schema, name in original.execute(_MATERIALIZED).fetchall():
            copy.execute(sql.SQL("refresh materialized view {}").format(sql.Identifier(schema, name)))


def _whole(table: Table) -> bool:
    return table.schema in _WHOLE or str(table) in _WHOLE


def _columns(table: Table) -> sql.Composed:
    """Return a table's columns that rows are written with."""
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns if not column.generated)


def _foreign_keys(schema: Schema) -> Iterator[tuple[Table, ForeignKey]]:
    """Yield each foreign key with the table that it is of; a partition's only where its table has not the same."""
    for table in schema.tables.values():
        above = schema.tables[table.root].foreign_keys if table.root is not None else ()
        inherited = {(key.columns, key.parent) for key in above}
        for key in table.foreign_keys:
            if key.parent in schema.tables and (key.columns, key.parent) not in inherited:
                yield table, key


def _links(schema: Schema) -> Iterator[tuple[Table, ForeignKey]]:
    tops = [table for table in schema.tables.values() if table.root is None]
    for table in tops:
        yield from ((table, link) for link in links(table, tops))


def _missing(copy: Connection, table: Table, key: ForeignKey, parent: Table) -> list[tuple[str, ...]]:
    """Return the keys that rows of a copy's table name and its parent lacks."""
    mine = [sql.Identifier("t", name) for name in key.columns]
    theirs = [sql.Identifier("p", name) for name in key.parent_columns]
    query = sql.SQL(
        "select distinct on ({values}) {texts} from {table} as t where {given}"
        " and not exists (select from {parent} as p where {same})"
    ).format(
        values=sql.SQL(", ").join(mine),
        texts=sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in mine),
        table=table.identifier,
        given=sql.SQL(" and ").join(sql.SQL("{} is not null").format(name) for name in mine),
        parent=parent.identifier,
        same=sql.SQL(" and ").join(sql.SQL("{} = {}").format(a, b) for a, b in zip(theirs, mine, strict=True)),
    )
    return copy.execute(query).fetchall()


def _named(schema: Schema, parent: Table, key: ForeignKey, keys: Sequence[tuple[str, ...]]) -> sql.Composed:
    """Return the query of the rows that these keys name."""
    aliases = [sql.Identifier(f"k{number}") for number, _ in enumerate(key.parent_columns)]
    lists = [
        sql.SQL("pg_catalog.unnest({}::text[])").format(sql.Literal(list(values))) for values in zip(*keys, strict=True)
    ]
    pairs = []
    for name, alias in zip(key.parent_columns, aliases, strict=True):
        column = parent.column(name)
        kind = schema.types[column.type].name if column else "text"
        typed = sql.Composed([alias, sql.SQL("::" + _UNTYPED.get(kind, kind))])  # as the server's format_type wrote it
        pairs.append(sql.SQL("p.{} = {}").format(sql.Identifier(name), typed))
    columns = [sql.Identifier("p", column.name) for column in parent.columns if not column.generated]
    return sql.SQL("select {} from rows from ({}) as k ({}) inner join {} as p on {}").format(
        sql.SQL(", ").join(columns),
        sql.SQL(", ").join(lists),
        sql.SQL(", ").join(aliases),
        parent.identifier,
        sql.SQL(" and ").join(pairs),
    )


_EXTENT = "select c.reltuples::float8 as rows, c.relpages as pages from pg_catalog.pg_class as c where c.oid = %s"
_SEQUENCES = """\
select pg_catalog.format('%I.%I', s.schemaname, s.sequencename), s.last_value
from pg_catalog.pg_sequences as s
where s.last_value is not null
"""
_MATERIALIZED = """\
select n.nspname, c.relname
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'm' and c.relispopulated
order by c.oid
"""
