"""Every constraint of the platform: a row that breaks it is refused by its name, and its message is found."""

import json
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.databases import connect, fresh_database
from support.platform import A, fill, ident, insert, rows, update

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway

_VIOLATIONS = tomllib.loads((Path(__file__).parent / "violations.toml").read_text(encoding="utf-8"))
_ENTRIES = [(table, name) for table, entries in _VIOLATIONS.items() for name in entries]
_NUMBERS = {table: number for number, table in enumerate(rows(A, "A"))}
_NOT_THE_PLATFORMS = ("alembic_version",)


@pytest.fixture(scope="module")
def filled(server: Throwaway, head_template: str) -> Iterator[Connection]:
    """Return a session of ttdb_operator on a database with one valid row of each table for each of two tenants."""
    with fresh_database(server.url, template=head_template) as url, connect(url) as connection:
        connection.execute("set role ttdb_operator")
        fill(connection)
        connection.execute("reset role")
        yield connection


@pytest.fixture
def platform(filled: Connection) -> Iterator[Connection]:
    """Return the same in a transaction that is rolled back."""
    with filled.transaction(force_rollback=True):
        filled.execute("set local role ttdb_operator")
        yield filled


def test_every_constraint_of_the_platform_has_a_way_to_be_broken(filled: Connection) -> None:
    standing = filled.execute(
        "select relation::text, constraint_name from ttdb.rules() where kind <> 'transition' and relation in ("
        "    select oid from pg_class where relnamespace = 'public'::regnamespace) and relation::text <> all(%s)",
        (list(_NOT_THE_PLATFORMS),),
    ).fetchall()

    assert sorted(_ENTRIES) == sorted(standing)


@pytest.mark.parametrize(("table", "name"), _ENTRIES, ids=[f"{table}-{name}" for table, name in _ENTRIES])
def test_row_that_breaks_a_rule_is_refused_by_its_name_and_its_message_is_found(
    platform: Connection, table: str, name: str
) -> None:
    violation = _VIOLATIONS[table][name]
    kind, message, sqlstate = _rule(platform, table, name)
    with pytest.raises(psycopg.IntegrityError) as caught:
        _break(platform, table, violation)
    diag = caught.value.diag
    fields = (diag.constraint_name, diag.schema_name, diag.table_name)
    told = scalar(platform, "select ttdb.constraint_message(%s, %s, %s)", fields)

    assert caught.value.sqlstate == sqlstate, kind
    assert message
    assert scalar(platform, "select ttdb.constraint_message(%s, 'public', %s)", (name, table)) == message
    if kind == "primary key" and diag.table_name != table:  # a partition's key bears a name of its own
        assert told == message
    else:
        assert diag.constraint_name in violation.get("reported", name).split()
        assert told


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_operator"])
def test_services_look_a_message_up_by_the_fields_of_the_error(filled: Connection, role: str) -> None:
    with filled.transaction(force_rollback=True):
        filled.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))

        assert (
            scalar(filled, "select ttdb.constraint_message('orders_status_must_be_known')") == "the status is unknown"
        )


def test_missing_column_is_refused_and_its_message_is_found(platform: Connection) -> None:
    columns = platform.execute(
        "select c.relname::text, a.attname::text from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
        " where c.relnamespace = 'public'::regnamespace and c.relname = any(%s) and a.attnotnull and a.attnum > 0",
        (list(_NUMBERS),),
    ).fetchall()
    columns = [
        (table, column) for table, column in columns if column != "updated_at"
    ]  # the server's own: never missing

    assert len(columns) > 100
    for table, column in columns:
        with pytest.raises(psycopg.IntegrityError) as caught, platform.transaction():
            update(platform, table, ident(A, _NUMBERS[table]), {column: None})
        diag = caught.value.diag
        assert diag.column_name == column
        # A partitioned table's triggers look before the column does.
        assert caught.value.sqlstate == "23502" or diag.constraint_name == f"{table}_status_must_follow_its_course"
        asked = (diag.schema_name, table, diag.column_name)
        assert scalar(platform, "select ttdb.constraint_message(null, %s, %s, %s)", asked) == f"{column} is missing"


def _rule(connection: Connection, table: str, name: str) -> tuple[str, str, str]:
    row = connection.execute(
        "select kind, message, sqlstate from ttdb.rules()"
        " where relation = pg_catalog.to_regclass('public.' || %s) and constraint_name = %s",
        (table, name),
    ).fetchone()
    assert row, f"{table} has no constraint {name}"
    return row[0], row[1], row[2]


def _break(connection: Connection, table: str, violation: Mapping[str, Any]) -> None:
    """Break a constraint, and look at those that wait for COMMIT."""
    with connection.transaction():
        _change(connection, table, violation)
        connection.execute("set constraints all immediate")


def _change(connection: Connection, table: str, violation: Mapping[str, Any]) -> None:
    row = ident(A, _NUMBERS[table]) if table in _NUMBERS else ""
    if "set" in violation:
        changes = {column: _value(value) for column, value in violation["set"].items()}
        assert update(connection, table, row, changes) == 1
    elif "insert" in violation:
        changes = {column: _value(value) for column, value in violation["insert"].items()}
        insert(connection, table, {**rows(A, "A")[table], "id": ident(A, 900), **changes})
    elif "delete" in violation:
        connection.execute(
            sql.SQL("delete from public.{} where id = {}").format(sql.Identifier(table), sql.Literal(row))
        )
    for statement in violation.get("run", ()):
        connection.execute(_named(statement))


def _value(written: object) -> object:
    """Return what a value of violations.toml stands for."""
    if not isinstance(written, str):
        return written
    word, _, rest = written.partition(" ")
    meanings = {"NULL": None, "NOBODY": str(uuid.UUID(int=0))}
    if word in meanings and not rest:
        return meanings[word]
    if word == "LONG":
        return "x" * int(rest)
    return ident(A, int(rest)) if word == "ROW" else written


def _named(statement: str) -> str:
    for number in (0, *range(99, 0, -1)):
        statement = statement.replace(f"'ROW {number}'", f"'{ident(A, number)}'")
    return statement


# Transitions: every pair of words that the status may hold is tried.

_MOMENT = "2026-01-01 13:00:00+00"
_NEEDS: dict[str, dict[str, dict[str, Any]]] = {
    "tenants": {},
    "events": {},
    "users": {"DELETED": {"deleted_at": _MOMENT}},
    "orders": {
        "RESERVED": {"expires_at": _MOMENT},
        "EXPIRED": {"expires_at": _MOMENT},
        "CONFIRMED": {"confirmed_at": _MOMENT},
        "COMPLETED": {"confirmed_at": _MOMENT},
        "CANCELLED": {"cancelled_at": _MOMENT},
        "REFUNDED": {"confirmed_at": _MOMENT, "refunded_at": _MOMENT},
    },
    "tickets": {
        "SOLD": {"sold_at": _MOMENT},
        "USED": {"sold_at": _MOMENT, "used_at": _MOMENT},
        "CANCELLED": {"cancelled_at": _MOMENT},
        "REFUNDED": {"sold_at": _MOMENT, "cancelled_at": _MOMENT},
    },
    "payment_transactions": {
        "SUCCEEDED": {"processed_at": _MOMENT},
        "FAILED": {"processed_at": _MOMENT, "failure_reason": "declined"},
    },
    "notification_history": {
        "DELIVERED": {"delivered_at": _MOMENT},
        "FAILED": {"failed_reason": "no such mailbox"},
        "BOUNCED": {"failed_reason": "no such mailbox"},
    },
}
_MOMENTS = {
    "users": ("deleted_at",),
    "orders": ("expires_at", "confirmed_at", "cancelled_at", "refunded_at"),
    "tickets": ("sold_at", "used_at", "cancelled_at"),
    "payment_transactions": ("processed_at", "failure_reason"),
    "notification_history": ("delivered_at", "failed_reason"),
}


def _fresh(table: str, status: str) -> dict[str, Any]:
    """Return a row of a table that is in a state, with the moments of that state and no others."""
    row = {**rows(A, "A")[table], **dict.fromkeys(_MOMENTS.get(table, ()))}
    return {**row, "status": status, **_NEEDS[table].get(status, {})}


def _course(connection: Connection, table: str) -> tuple[str, dict[str, list[str]], list[str]]:
    """Return a transition rule's name, what it allows, and every word that the status may hold."""
    row = connection.execute(
        "select t.tgname::text, (ttdb.trigger_arguments(t.tgargs))[3] from pg_trigger as t"
        " where t.tgrelid = ('public.' || %s)::regclass and t.tgconstraint <> 0"
        " and t.tgfoid = 'ttdb.tg__allow_transitions()'::regprocedure",
        (table,),
    ).fetchone()
    assert row
    words = connection.execute(
        "select m[1] from pg_constraint as k,"
        " regexp_matches(pg_get_constraintdef(k.oid), '''([A-Z_]+)''::text', 'g') as m"
        " where k.conrelid = ('public.' || %s)::regclass and k.conname = %s || '_status_must_be_known'",
        (table, table),
    ).fetchall()
    return row[0], json.loads(row[1]), [word for (word,) in words]


def test_every_life_cycle_is_tried(filled: Connection) -> None:
    tables = filled.execute("select relation::text from ttdb.rules() where kind = 'transition' order by 1").fetchall()

    assert [table for (table,) in tables] == sorted(_NEEDS)


@pytest.mark.parametrize("table", sorted(_NEEDS))
def test_course_speaks_of_every_status_and_of_no_other(platform: Connection, table: str) -> None:
    _, allowed, words = _course(platform, table)

    assert sorted(allowed) == sorted(words)
    assert {word for following in allowed.values() for word in following} <= set(words)


@pytest.mark.parametrize("table", sorted(_NEEDS))
def test_status_changes_only_along_its_course(platform: Connection, table: str) -> None:
    name, allowed, words = _course(platform, table)
    for before in words:
        for after in words:
            outcome = _move(platform, table, before, after)
            if after in allowed[before] or after == before:
                assert outcome is None, f"{before} to {after}: {outcome}"
                continue
            assert outcome is not None, f"{before} to {after} passed"
            diag = outcome.diag
            assert (outcome.sqlstate, diag.constraint_name, diag.schema_name, diag.table_name, diag.column_name) == (
                "23514",
                name,
                "public",
                table,
                "status",
            )
            assert diag.message_primary == f"status of {table} cannot go from {before} to {after}"
            following = f"From {before} it can go to {', '.join(allowed[before])}."
            assert diag.message_hint == (following if allowed[before] else f"{before} is final.")
    found = scalar(platform, "select ttdb.constraint_message(%s, 'public', %s)", (name, table))
    assert found


def _move(connection: Connection, table: str, before: str, after: str) -> psycopg.Error | None:
    """Insert a row that is in a state, change the state, and return the error, if any; leaves nothing."""
    values = {**_fresh(table, before), **_apart(table)}
    moments = dict.fromkeys(_MOMENTS.get(table, ()))
    changes: dict[str, Any] = {"status": after, **moments, **_NEEDS[table].get(after, {})}
    try:
        with connection.transaction(force_rollback=True):
            insert(connection, table, values)
            with connection.transaction():
                update(connection, table, str(values["id"]), changes)
    except psycopg.Error as error:
        return error
    return None


def _apart(table: str) -> dict[str, Any]:
    """Return what makes a second row of a table differ from the first in its keys."""
    keys: dict[str, dict[str, Any]] = {
        "tenants": {"slug": "other"},
        "users": {"email": "other@example.com"},
        "events": {"slug": "other"},
        "orders": {"order_number": "TT-9", "idempotency_key": None},
        "tickets": {"ticket_number": "TK-9"},
        "payment_transactions": {"payment_intent_id": None, "idempotency_key": None},
    }
    return {"id": ident(A, 901), **keys.get(table, {})}
