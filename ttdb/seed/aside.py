"""Set indexes, foreign keys and triggers aside, and put them back exactly as they were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar

ROWS = "rows"  # what a repair takes away


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that a load sets aside."""

    kind: str  # index | foreign key
    relation: int  # the table's oid
    object: str
    removed: str  # SQL that drops it
    restore: str  # SQL that makes it again


@dataclass(frozen=True, slots=True)
class QuietTrigger:
    """A trigger that does not fire during a load."""

    quieted: str  # SQL that switches it off
    restore: str  # SQL that switches it on again, as it was


def found(connection: Connection, tables: Sequence[int]) -> list[Aside]:
    """Return what there is to set aside of these tables."""
    return [Aside(*row) for row in _rows(connection, "aside", tables)]


def triggers(connection: Connection, tables: Sequence[int]) -> list[QuietTrigger]:
    """Return the triggers that need not fire for each row."""
    return [QuietTrigger(*row) for row in _rows(connection, "triggers", tables)]


def execute(connection: Connection, statement: str) -> None:
    """Run SQL that the server itself wrote, out of its catalog."""
    connection.execute(sql.SQL(statement))


def look_at_deferred(connection: Connection, tables: Sequence[int]) -> None:
    """Have the server look now at what it would look at when the transaction commits, of these tables."""
    deferrable, deferred = _rows(connection, "deferrable", tables)[0]
    if deferrable:
        execute(connection, f"set constraints {deferrable} immediate")
    if deferred:
        execute(connection, f"set constraints {deferred} deferred")


def has_registry(connection: Connection) -> bool:
    """Say whether this database can remember what was set aside."""
    return scalar(connection, "select pg_catalog.to_regclass('ttdb.set_aside')") is not None


def remember(connection: Connection, items: Iterable[tuple[str, str, str]]) -> None:
    """Write down what is set aside, in the order of putting back: the table, the object, the SQL that restores it."""
    rows = [(place, *item) for place, item in enumerate(items)]
    with connection.cursor() as cursor:
        cursor.executemany("insert into ttdb.set_aside values (%s, %s, %s, %s)", rows)


def forget(connection: Connection, relation: str, item: Aside) -> None:
    """Write down that something was put back; an index and a foreign key may have one name."""
    connection.execute(
        "delete from ttdb.set_aside where relation = %s and object = %s and restore = %s",
        (relation, item.object, item.restore),
    )


def wrote(connection: Connection, tables: Sequence[str]) -> None:
    """Write down which transaction, this one, wrote the tables' rows."""
    connection.execute(
        "update ttdb.set_aside set restore = pg_catalog.pg_current_xact_id()::pg_catalog.xid::text"
        " where object = %s and restore = '' and relation = any(%s)",
        (ROWS, list(tables)),
    )


def remembered(connection: Connection) -> list[tuple[str, str, str]]:
    """Return what was set aside and not put back: of which table, what, and the SQL that restores it.

    Of rows, in place of SQL, the transaction that wrote them, and nothing where it did not end.
    """
    return connection.execute("select relation, object, restore from ttdb.set_aside order by position").fetchall()


def is_of_rows(name: str, restore: str) -> bool:
    """Tell whether what was remembered are rows, and no index of that name."""
    return name == ROWS and (not restore or restore.isdecimal())


def _rows(connection: Connection, query: str, tables: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.transaction():
        connection.execute("select pg_catalog.set_config('search_path', 'pg_catalog', true)")  # names in full
        setting = ",".join(map(str, tables))
        connection.execute("select pg_catalog.set_config('ttdb.seed_tables', %s, true)", (setting,))
        return connection.execute(_query(query)).fetchall()


@cache
def _query(name: str) -> sql.SQL:
    return sql.SQL((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))
