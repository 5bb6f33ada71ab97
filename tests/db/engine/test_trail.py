"""The audit trail: what is recorded, and that nobody writes it otherwise."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors as pg
from psycopg import sql
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def recorded(connection: Connection, columns: LiteralString = "operation") -> list[tuple[Any, ...]]:
    """Read the trail as the superuser, whatever role the session has taken."""
    connection.execute("reset role")
    return connection.execute(sql.SQL("select {} from audit.trail order by id").format(sql.SQL(columns))).fetchall()


def test_every_verb_of_the_application_is_recorded(audited: Connection) -> None:
    with acting_as(audited, "ttdb_app", A):
        audited.execute("insert into public.notes (author) values ('x')")
        audited.execute("update public.notes set author = 'y' where author = 'x'")
        audited.execute("delete from public.notes where author = 'y'")
        rows = recorded(audited, "operation, old_row ->> 'author', new_row ->> 'author', tenant_id::text, role")
    assert rows == [
        ("INSERT", None, "x", A, "ttdb_app"),
        ("UPDATE", "x", "y", A, "ttdb_app"),
        ("DELETE", "y", None, A, "ttdb_app"),
    ]


def test_record_says_who_what_and_in_which_transaction(audited: Connection) -> None:
    with acting_as(audited, "ttdb_app", A):
        audited.execute("set local application_name = 'orders'")
        audited.execute("update public.notes set author = 'x'")
        rows = recorded(
            audited,
            "relation, login = session_user, application, transaction_id = pg_current_xact_id(),"
            " client is not distinct from inet_client_addr(), row_key = jsonb_build_object('id', new_row -> 'id')",
        )
    assert rows == [("public.notes", True, "orders", True, True, True)]


def test_operator_across_tenants_is_recorded_with_each_rows_tenant(audited: Connection) -> None:
    with acting_as(audited, "ttdb_operator"):
        audited.execute("update public.notes set author = 'x'")
        rows = recorded(audited, "tenant_id::text, role")
    assert sorted(rows) == [(A, "ttdb_operator"), (B, "ttdb_operator")]


def test_excluded_value_is_hidden_but_its_change_is_seen(audited: Connection) -> None:
    with acting_as(audited, "ttdb_app", A):
        audited.execute("update public.notes set author = 'x'")
        audited.execute("update public.notes set secret = 'new'")
        rows = recorded(audited, "old_row ->> 'secret', new_row ->> 'secret'")
    assert rows == [("(excluded)", "(excluded)"), ("(excluded)", "(excluded, changed)")]


def test_excluded_column_stays_hidden_after_it_was_renamed(audited: Connection) -> None:
    audited.execute("alter table public.notes rename secret to credential")
    assert scalar(audited, "select audit.is_enabled('public.notes')") is False
    with acting_as(audited, "ttdb_app", A):
        audited.execute("update public.notes set credential = 'new'")
        rows = recorded(audited, "new_row ->> 'credential', old_row ->> 'credential', new_row ->> 'tenant_id'")
    assert rows == [("(excluded, changed)", "(excluded)", A)]


def test_changed_primary_key_is_recorded_under_the_old_one(audited: Connection) -> None:
    with acting_as(audited, "ttdb_app", A):
        audited.execute("update public.notes set id = %s", (B,))
        rows = recorded(audited, "row_key = jsonb_build_object('id', old_row -> 'id'), new_row ->> 'id'")
    assert rows == [(True, B)]


def test_upsert_and_merge_are_recorded(audited: Connection) -> None:
    with acting_as(audited, "ttdb_app", A):
        audited.execute(
            "insert into public.notes (id, author) select id, 'x' from public.notes"
            " on conflict (id) do update set author = excluded.author"
        )
        audited.execute(
            "merge into public.notes as n using (values ('x'), ('new')) as v (author) on v.author = n.author"
            " when matched then delete when not matched then insert (author) values (v.author)"
        )
        rows = recorded(audited)
    assert sorted(rows) == [("DELETE",), ("INSERT",), ("UPDATE",)]


def test_copy_and_truncate_are_recorded(audited: Connection) -> None:
    with audited.transaction(force_rollback=True):
        with audited.cursor().copy("copy public.notes (tenant_id, author) from stdin") as copy:
            copy.write_row((A, "copied"))
        audited.execute("truncate public.notes")
        rows = recorded(audited, "operation, new_row ->> 'author', relation, row_key is null")
    assert rows == [("INSERT", "copied", "public.notes", False), ("TRUNCATE", None, "public.notes", True)]


def test_cascade_is_recorded(audited: Connection) -> None:
    audited.execute(
        "set role ttdb_owner;"
        "create table public.replies (id int primary key, tenant_id uuid not null,"
        " note_id uuid references public.notes on delete cascade);"
        "select ttdb.protect('public.replies');"
        "select audit.enable('public.replies');"
        "reset role;"
        "insert into public.replies select 1, tenant_id, id from public.notes where author = 'Ada'"
    )
    with acting_as(audited, "ttdb_app", A):
        audited.execute("delete from public.notes")
        rows = recorded(audited, "relation, operation, role")
    assert sorted(rows[1:]) == [("public.notes", "DELETE", "ttdb_app"), ("public.replies", "DELETE", "ttdb_app")]


@pytest.mark.parametrize("value", ["on", "off"])
def test_recording_does_not_depend_on_row_security(audited: Connection, value: str) -> None:
    with audited.transaction(force_rollback=True):
        audited.execute("select set_config('row_security', %s, true)", (value,))
        audited.execute("update public.notes set author = 'x'")
        assert len(recorded(audited)) == 2


def test_settings_of_the_session_do_not_bend_the_images(audited: Connection) -> None:
    audited.execute("alter table public.notes add ratio float8, add raw bytea, add at timestamptz")
    with acting_as(audited, "ttdb_app", A):
        audited.execute(
            "set local extra_float_digits = -15; set local bytea_output = escape; set local timezone = '+9'"
        )
        audited.execute("update public.notes set ratio = 0.123456789, raw = 'ab', at = '2026-01-01 00:00+00'")
        rows = recorded(audited, "new_row ->> 'ratio', new_row ->> 'raw', new_row ->> 'at'")
    assert rows == [("0.123456789", "\\x6162", "2026-01-01T00:00:00+00:00")]


def test_replica_mode_does_not_escape_the_trail(audited: Connection) -> None:
    with audited.transaction(force_rollback=True):
        audited.execute("set local session_replication_role = replica")
        audited.execute("delete from public.notes")
        assert len(recorded(audited)) == 2


PARTED = """
set role ttdb_owner;
create table public.parted (
    id int not null, tenant_id uuid not null, day int not null, primary key (id, day)
) partition by range (day);
create table public.parted_1 partition of public.parted for values from (0) to (10);
create table public.parted_rest partition of public.parted default;
select ttdb.protect('public.parted');
select audit.enable('public.parted');
reset role;
"""


def test_partitioned_table_is_recorded_under_its_own_name(database: Connection) -> None:
    database.execute(PARTED)
    with acting_as(database, "ttdb_app", A):
        database.execute("insert into public.parted values (1, %s, 1)", (A,))
        database.execute("update public.parted set day = 99")
        database.execute("reset role")
        database.execute("insert into public.parted_1 values (2, %s, 2)", (A,))
        database.execute("truncate public.parted_1")
        rows = recorded(database, "relation, operation")
    assert [relation for relation, _ in rows] == ["public.parted"] * 5
    assert [operation for _, operation in rows] == ["INSERT", "DELETE", "INSERT", "INSERT", "TRUNCATE"]


def test_partition_made_later_is_recorded_and_completed_by_running_the_verb_again(database: Connection) -> None:
    database.execute(PARTED)
    assert scalar(database, "select audit.is_enabled('public.parted', '{}')") is True
    database.execute("create table public.parted_2 partition of public.parted for values from (10) to (20)")
    assert scalar(database, "select audit.is_enabled('public.parted', '{}')") is False
    database.execute("select audit.enable('public.parted')")
    assert scalar(database, "select audit.is_enabled('public.parted', '{}')") is True


def test_disable_takes_off_what_enable_put_on(database: Connection) -> None:
    database.execute(PARTED + "select audit.disable('public.parted')")
    count = "select count(*) from pg_trigger where tgname like '\\_900%' and tgrelid::regclass::text like 'parted%'"
    assert scalar(database, count) == 0
    database.execute("select audit.disable('public.parted')")


@pytest.mark.parametrize(
    "damage",
    [
        "alter table public.notes disable trigger _900_record_change",
        "alter table public.notes enable replica trigger _900_record_change",
        "drop trigger _900_record_truncate on public.notes",
        "delete from ttdb.audited_tables",
        "alter table public.notes drop constraint notes_pkey",
    ],
)
def test_is_enabled_sees_damage(audited: Connection, damage: LiteralString) -> None:
    assert scalar(audited, "select audit.is_enabled('public.notes', '{secret}')") is True
    audited.execute(damage)
    assert scalar(audited, "select audit.is_enabled('public.notes', '{secret}')") is False


@pytest.mark.parametrize(
    ("prepare", "call", "sqlstate"),
    [
        ("create table public.bare (id int)", "audit.enable('public.bare')", "TTAPK"),
        ("create view public.v as select 1", "audit.enable('public.v')", "TTTAB"),
        ("", "audit.enable('public.notes', '{nothing}')", "TTCOL"),
        ("", "audit.enable('public.notes', '{id}')", "TTAEX"),
        ("", "audit.enable('audit.trail')", "TTAUD"),
        (PARTED, "audit.enable('public.parted_1')", "TTPRT"),
    ],
)
def test_enable_refuses(database: Connection, prepare: LiteralString, call: LiteralString, sqlstate: str) -> None:
    if prepare:
        database.execute(prepare)
    with pytest.raises(psycopg.Error) as caught:
        database.execute("select " + call)
    assert caught.value.sqlstate == sqlstate
    assert caught.value.diag.message_hint


@pytest.mark.parametrize(
    "statement",
    [
        "select * from audit.trail",
        "select * from audit.trail_default",
        "insert into audit.trail (relation, operation, login, role, transaction_id) values ('x','INSERT','x','x','1')",
        "delete from audit.trail",
        "create temp table t (id int); create trigger t after insert on t execute function audit.tg__record_change()",
    ],
)
def test_application_cannot_read_or_forge_the_trail(audited: Connection, statement: LiteralString) -> None:
    for role in ("ttdb_app", "ttdb_worker", "ttdb_support"):
        with acting_as(audited, role, A), pytest.raises(pg.InsufficientPrivilege):
            audited.execute(statement)


@pytest.mark.parametrize("role", ["ttdb_auditor", "ttdb_operator"])
def test_reader_of_the_trail_sees_all_and_changes_nothing(audited: Connection, role: str) -> None:
    audited.execute("update public.notes set author = 'x'")
    with acting_as(audited, role):
        assert scalar(audited, "select count(*) from audit.trail") == 2
        with pytest.raises(pg.InsufficientPrivilege):
            audited.execute("delete from audit.trail")


@pytest.mark.parametrize(
    "statement",
    [
        "update audit.trail set relation = 'x'",
        "delete from audit.trail",
        "truncate audit.trail",
        "truncate audit.trail_default",
        "delete from audit.trail_default",
        "set local session_replication_role = replica; delete from audit.trail",
    ],
)
def test_trail_is_append_only_even_for_a_superuser(audited: Connection, statement: LiteralString) -> None:
    audited.execute("update public.notes set author = 'x'")
    with audited.transaction(force_rollback=True), pytest.raises(psycopg.Error) as caught:
        audited.execute(statement)
    assert caught.value.sqlstate == "TTAPP"
