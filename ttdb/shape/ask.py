"""Ask the database: which values a table's rules take, and whether it takes a row. All inside savepoints."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.secrets import masked
from ttdb.shape.generated import record
from ttdb.shape.model import Row, Rule, Table

Draft = dict[str, Any]
_Answer = TypeVar("_Answer")
_FUNCTION = re.compile(r"^PL/pgSQL function (.+) line \d+ at ", re.MULTILINE)
_NO_PARENT = "23503"
INVALID = -1  # in place of a rule's number: the value is none of the column's type


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server did not take a row."""

    sqlstate: str
    message: str
    constraint: str | None = None
    column: str | None = None
    type: str | None = None  # the domain whose rule refused
    function: str | None = None  # the first that was running, as the server writes it: a trigger's, most likely


class Asker:
    """Sends questions in the transaction that is open; counts them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.asked = 0

    def run(self, statement: sql.Composed) -> list[tuple[Any, ...]] | Refusal:
        """Run one statement in a savepoint."""

        def ask() -> list[tuple[Any, ...]]:
            cursor = self._connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

        return self.attempt(ask)

    def attempt(self, deed: Callable[[], _Answer]) -> _Answer | Refusal:
        """Do something in a savepoint, and return what comes of it."""
        self.asked += 1
        try:
            with self._connection.transaction():
                return deed()
        except psycopg.Error as error:
            if self._connection.broken or error.sqlstate is None:
                raise
            found = error.diag
            return Refusal(
                error.sqlstate,
                masked(found.message_primary or ""),
                found.constraint_name,
                found.column_name,
                found.datatype_name,
                next(iter(_FUNCTION.findall(found.context or "")[::-1]), None),  # the innermost stands first
            )

    def why(self, table: Table, refusal: Refusal) -> str:
        """Name what refused a row: a constraint, or a trigger with what it says, or in the server's words."""
        if refusal.sqlstate == _NO_PARENT:  # the server's message says no more than the constraint's name
            return f"{refusal.constraint} finds no row to refer to"
        if refusal.constraint:
            return f"{refusal.constraint}: {refusal.message}"
        query = sql.SQL(
            "select t.tgname from pg_catalog.pg_trigger as t where t.tgrelid = {}"
            " and t.tgfoid::pg_catalog.regprocedure::pg_catalog.text = {} order by t.tgname limit 1"
        ).format(sql.Literal(table.oid), sql.Literal(refusal.function))
        found = self.run(query) if refusal.function else []
        trigger = found[0][0] if isinstance(found, list) and found else None
        return f"trigger {trigger}: {refusal.message}" if trigger else refusal.message

    def broken(self, table: Table, base: Draft, changes: Sequence[Draft], rules: Sequence[Rule]) -> list[set[int]]:
        """Return, for each change of a draft, the numbers of the rules that it would break."""
        if not changes:
            return []
        answer = self.run(_question(table, base, changes, rules))
        if isinstance(answer, list):
            found = {place: set(broken) for place, broken in answer}
            return [found[place] for place in range(1, len(changes) + 1)]
        if len(changes) == 1:
            return [{INVALID}]
        half = len(changes) // 2
        return self.broken(table, base, changes[:half], rules) + self.broken(table, base, changes[half:], rules)

    def texts(self, table: Table, rows: Sequence[Row], names: Sequence[str]) -> list[tuple[str | None, ...]]:
        """Return some columns of drafts as the server writes them; none where it cannot read them."""
        if not rows or not names:
            return [()] * len(rows)
        columns = sql.SQL(", ").join(sql.SQL("ttdb_row.{}::text").format(sql.Identifier(name)) for name in names)
        answer = self.run(
            sql.SQL(
                "select array[{}]"
                " from jsonb_array_elements({}::jsonb) with ordinality as ttdb_change (ttdb_value, ttdb_place),"
                " lateral jsonb_populate_record(null::{}, ttdb_value) as ttdb_row order by ttdb_place"
            ).format(columns, sql.Literal(json.dumps([dict(each) for each in rows])), table.identifier)
        )
        return [tuple(line[0]) for line in answer] if isinstance(answer, list) else []

    def insert(self, table: Table, draft: Draft, beside: Draft | None = None) -> Row | Refusal:
        """Insert a row, with another in the same statement if one is given; return it as the server made it."""
        statement = insert(table, draft)
        if beside is not None:
            statement = sql.SQL("with ttdb_beside as ({}) {}").format(insert(table, beside), statement)
        answer = self.run(statement)
        if isinstance(answer, Refusal):
            return answer
        if not answer:
            return Refusal("02000", "a trigger or a rule sets the row aside")
        row: Row = answer[0][0]
        return row


def insert(table: Table, row: Mapping[str, Any]) -> sql.Composed:
    """Return the insert of one row, which returns it as JSON."""
    given = [each.name for each in table.columns if each.name in row and not each.generated]
    if not given:
        return sql.SQL("insert into {} as r default values returning to_jsonb(r.*)").format(table.identifier)
    columns = sql.SQL(", ").join(map(sql.Identifier, given))
    values = sql.SQL(", ").join(sql.SQL("v.{}").format(sql.Identifier(name)) for name in given)
    own = any(each.identity and each.name in row for each in table.columns)
    return sql.SQL(
        "insert into {} as r ({}) {} select {} from jsonb_populate_record(null::{}, {}::jsonb) as v"
        " returning to_jsonb(r.*)"
    ).format(
        table.identifier,
        columns,
        sql.SQL("overriding system value" if own else ""),
        values,
        table.identifier,
        sql.Literal(json.dumps({name: row[name] for name in given})),
    )


def update(table: Table, row: Row, change: Mapping[str, Any]) -> sql.Composed:
    """Return the update of one row, which is told from others by all that it holds."""
    line = sql.Literal(json.dumps(dict(change)))
    settings = sql.SQL(", ").join(
        sql.SQL("{} = (jsonb_populate_record(null::{}, {}::jsonb)).{}").format(
            sql.Identifier(name), table.identifier, line, sql.Identifier(name)
        )
        for name in change
    )
    whole = sql.Literal(json.dumps(dict(row)))
    return sql.SQL("update {} as r set {} where to_jsonb(r.*) = {}::jsonb").format(table.identifier, settings, whole)


def _question(table: Table, base: Draft, changes: Sequence[Draft], rules: Sequence[Rule]) -> sql.Composed:
    """Return a select of each change's place and the rules that it breaks; its names are none that a rule may mean."""
    return sql.SQL(
        "select ttdb_place, array_remove(array[{}]::int[], null)"
        " from jsonb_array_elements({}::jsonb) with ordinality as ttdb_change (ttdb_value, ttdb_place),"
        " lateral {}"
    ).format(
        _tests(tuple(rule.expression for rule in rules)),
        sql.Literal(json.dumps(list(changes))),
        record(table, sql.SQL("{}::jsonb || ttdb_value").format(sql.Literal(json.dumps(base)))),
    )


@lru_cache(maxsize=1000)  # a table's rules are asked about hundreds of times
def _tests(expressions: tuple[str, ...]) -> sql.SQL:
    form = sql.SQL("case when ({}) is false then {} end")
    tests = [form.format(sql.SQL(each), sql.Literal(number)) for number, each in enumerate(expressions)]
    return sql.SQL(sql.SQL(", ").join(tests).as_string(None))
