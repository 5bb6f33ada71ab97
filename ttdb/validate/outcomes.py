"""Run a statement, and say what came of it: rows, or the server's refusal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.secrets import masked

Statement = sql.SQL | sql.Composed
TIMEOUT = ("57014", "55P03")  # of a statement, or of a lock: nobody has refused anything
_OF_VALUES, _QUOTED = "22", re.compile(r'".*"', re.DOTALL)  # the class of SQLSTATEs that repeat a value
_FUNCTION = re.compile(r'function ((?:"[^"]+"|[\w.])+\([^)]*\))')  # in the context of a refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one statement: rows and their count, or the server's refusal."""

    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    sqlstate: str | None = None
    message: str = ""
    told: str = ""  # all that the server said to the session: message, detail, hint, notices
    constraint_of: tuple[str, str] | None = None  # schema and table of the constraint that refused
    within: tuple[str, ...] = ()  # the functions that were running when it was refused, the innermost first
    built: str = ""  # the statement of a function's own that was refused before it ran

    @property
    def done(self) -> bool:
        """Tell whether the server carried the statement out."""
        return self.sqlstate is None


def run(connection: Connection, statement: Statement, *, place: int = 0) -> Outcome:
    """Run one statement, or several in one, and say what came of it, or of the one at that place."""
    notices: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        notices.append(_said(notice))

    connection.add_notice_handler(hear)
    try:
        cursor = connection.execute(statement)
        for _ in range(place):
            cursor.nextset()
    except psycopg.Error as error:
        if connection.broken or error.sqlstate is None:
            raise
        return _refusal(error, notices)
    finally:
        connection.remove_notice_handler(hear)
    rows = tuple(cursor.fetchall()) if cursor.description else ()
    return Outcome(rows=rows, count=max(cursor.rowcount, 0), told="\n".join(notices))


def without_values(refused: Outcome) -> str:
    """Return a refusal as a report may show it: a value that could not be handled is somebody's."""
    return _QUOTED.sub('"…"', refused.message) if (refused.sqlstate or "").startswith(_OF_VALUES) else refused.message


def _refusal(error: psycopg.Error, notices: Sequence[str]) -> Outcome:
    diag = error.diag
    told = "\n".join((*notices, _said(diag)))
    place = (diag.schema_name, diag.table_name) if diag.schema_name and diag.table_name else None
    return Outcome(
        sqlstate=error.sqlstate,
        message=masked(diag.message_primary or ""),
        told=told,
        constraint_of=place,
        within=tuple(dict.fromkeys(_FUNCTION.findall(diag.context or ""))),
        built=diag.internal_query or "",
    )


def _said(diag: psycopg.errors.Diagnostic) -> str:
    return "\n".join(each for each in (diag.message_primary, diag.message_detail, diag.message_hint) if each)
