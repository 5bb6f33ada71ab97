"""Loads: many rows in one line of the trail, by the owner alone, and never left open."""

from typing import LiteralString

import psycopg
import pytest

from ttdb.postgres.connect import Connection

_LINES = "select operation, new_row from audit.trail where operation = 'LOAD'"
_ROW = (
    "insert into public.notes (tenant_id, author) values ('11111111-1111-1111-1111-111111111111', 'Ada'),"
    " ('22222222-2222-2222-2222-222222222222', 'Bob')"
)
_BEGIN = "select audit.begin_load('public.notes')"
_END = "select audit.end_load('public.notes', 2, '{\"from\": \"a file\"}')"


def test_load_is_one_line_of_the_trail_and_changes_after_it_are_recorded(audited: Connection) -> None:
    with audited.transaction():
        for statement in (_BEGIN, _ROW, _END):
            audited.execute(statement)

    lines = audited.execute(_LINES).fetchall()
    inserts = audited.execute("select count(*) from audit.trail where operation = 'INSERT'").fetchone()
    audited.execute("delete from public.notes where author = 'Ada'")
    deletes = audited.execute("select count(*) from audit.trail where operation = 'DELETE'").fetchone()

    assert lines == [("LOAD", {"from": "a file", "rows": 2})]
    assert (inserts, deletes) == ((0,), (2,))


@pytest.mark.parametrize("statements", [(_BEGIN,), (_BEGIN, _ROW), (_BEGIN, _ROW, _END, _BEGIN)])
def test_load_that_is_not_ended_cannot_be_committed(audited: Connection, statements: tuple[LiteralString, ...]) -> None:
    with pytest.raises(psycopg.DatabaseError) as caught:
        audited.execute("; ".join(["begin", *statements, "commit"]).encode())
    audited.rollback()

    assert caught.value.sqlstate == "TTLOA"
    assert audited.execute("select audit.is_enabled('public.notes')").fetchone() == (True,)
    assert audited.execute("select count(*) from public.notes").fetchone() == (2,)


@pytest.mark.parametrize(("statement", "sqlstate"), [(_END, "TTLOA"), (_BEGIN.replace("notes", "orders_"), "42P01")])
def test_load_that_was_not_begun_cannot_be_ended(audited: Connection, statement: LiteralString, sqlstate: str) -> None:
    with pytest.raises(psycopg.DatabaseError) as caught:
        audited.execute(statement)

    assert caught.value.sqlstate == sqlstate


def test_table_that_is_not_audited_needs_no_load(protected: Connection) -> None:
    with pytest.raises(psycopg.DatabaseError) as caught:
        protected.execute(_BEGIN)

    assert caught.value.sqlstate == "TTAUD"


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_operator", "ttdb_auditor"])
@pytest.mark.parametrize(
    "statement",
    [_BEGIN, _END, "select audit.record_load('public.notes', 1, '{}')", "select * from ttdb.open_loads"],
)
def test_nobody_but_the_owner_loads(audited: Connection, role: str, statement: LiteralString) -> None:
    audited.execute("select set_config('role', %s, false)", (role,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        audited.execute(statement)
