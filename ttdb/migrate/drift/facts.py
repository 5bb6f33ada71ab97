"""A database's fingerprint: every managed thing as a fact, in the server's own words, with the SQL that makes it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg import sql
from psycopg.rows import class_row

from ttdb.migrate.ledger import VOUCHED
from ttdb.postgres.connect import Connection, scalar

_FOLDER = Path(__file__).parent / "facts"
# The registries by which the engine's verbs work, each with its key and what of it is this database's alone.
_REGISTRIES = {
    "tenant_tables": (("relation",), "found"),
    "audited_tables": (("relation",), ""),
    "personal_columns": (("relation", "column_name"), ""),
    "partitioned_tables": (("relation",), "found"),
    "unique_keys": (("keys",), ""),
    "resolvers": (("function",), ""),
}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so; ``object`` is the table, function, role or schema that it is a part of."""

    kind: str
    identity: str
    object: str
    definition: str
    make: str | None  # SQL that makes it so
    unmake: str | None  # SQL that takes it away

    @property
    def key(self) -> Key:
        """Identify the fact among all of a database."""
        return self.kind, self.identity


Facts = dict[Key, Fact]


def read(connection: Connection) -> Facts:
    """Return the facts of a database, all of one instant; the session's search_path must be empty."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return gather(connection)


def gather(connection: Connection) -> Facts:
    """Return the facts as a transaction that is open sees them."""
    found = [fact for path in sorted(_FOLDER.glob("*.sql")) for fact in _ask(connection, path)]
    return {fact.key: fact for fact in (*found, *_registered(connection), *_recorded(connection))}


def definitions_recorded(connection: Connection) -> dict[Key, str]:
    """Return what the upgrades of this database noted of functions and views, in this server's words."""
    rows = connection.execute(
        "select kind, identity, definition from ttdb.managed_objects where kind in ('function', 'view')"
    )
    return {(kind, identity): definition for kind, identity, definition in rows}


def _ask(connection: Connection, path: Path) -> list[Fact]:
    with connection.cursor(row_factory=class_row(Fact)) as cursor:
        return cursor.execute(_query(path)).fetchall()


@cache
def _query(path: Path) -> sql.SQL:
    return sql.SQL(path.read_text(encoding="utf-8"))


def _registered(connection: Connection) -> list[Fact]:
    """Return the rows of the registries: without its row, a table is not what its triggers and policies say."""
    found = []
    for table, (names, private) in _REGISTRIES.items():
        place = sql.Identifier("ttdb", table)
        if not scalar(connection, "select to_regclass(%s) is not null", (f"ttdb.{table}",)):
            continue
        rows = connection.execute(sql.SQL("select to_jsonb(t) from {} as t").format(place))
        for (row,) in rows.fetchall():
            found.append(_row(connection, table, row, names, private))
    return found


def _row(connection: Connection, table: str, row: dict[str, object], names: tuple[str, ...], private: str) -> Fact:
    where = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(row[name])) for name in names
    )
    shown = json.dumps({name: value for name, value in row.items() if name != private}, sort_keys=True)
    make = sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, {1});").format(
        sql.Identifier("ttdb", table), sql.Literal(json.dumps(row))
    )
    unmake = sql.SQL("delete from {} where {};").format(sql.Identifier("ttdb", table), where)
    identity = f"ttdb.{table}: {', '.join(str(row[name]) for name in names)}"
    return Fact(
        "registry", identity, str(row[names[0]]), shown, make.as_string(connection), unmake.as_string(connection)
    )


def _recorded(connection: Connection) -> list[Fact]:
    """Return the ledger's lines: a step that is missing was never run here, or its line was taken away."""
    if not scalar(connection, "select to_regclass('ttdb.ledger') is not null"):
        return []
    rows = connection.execute(
        "select revision, step from ttdb.ledger where outcome <> 'begun' and revision <> %s", (VOUCHED,)
    )
    return [Fact("step", f"{revision} {step}", "ledger", "recorded", None, None) for revision, step in rows]
