"""The verb ttdb.keep_unique: one value, one row, over all months, whoever writes at the same time."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors as pg
from support.databases import acting_as, connect

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
_TABLE = """
set role ttdb_owner;
create table public."Pay %s" (
    id uuid not null default gen_random_uuid(),
    tenant_id uuid not null,
    at timestamptz not null,
    "Intent" varchar(20) collate "C",
    request text,
    part int,
    primary key (id, at)
) partition by range (at);
select ttdb.protect('public."Pay %s"', definer => '{select}');
select ttdb.keep_unique('public."Pay %s"', '{Intent}', 'the intent is taken', true);
select ttdb.keep_unique('public."Pay %s"', '{request,part}', 'the request is taken');
select ttdb.partition_by_month('public."Pay %s"', '1 year');
select ttdb.ensure_partitions('2024-01-01', '2024-03-01');
reset role;
"""
PAY = """insert into public."Pay %%s" (tenant_id, at, "Intent", request, part) values (%s, %s, %s, %s, %s)"""
KEYS = """select "Intent", tenant_id::text, at::date::text from public."Pay %s_Intent_keys" order by 1"""


@pytest.fixture
def pay(engine_url: Url) -> Iterator[Connection]:
    """Return a superuser's session in a database with a table of odd names and two key tables."""
    with connect(engine_url) as connection:
        connection.execute(_TABLE)
        connection.execute("set timezone = utc")
        yield connection


def write(connection: Connection, tenant: str, *values: object) -> None:
    with connection.transaction():
        connection.execute("set local role ttdb_app")
        connection.execute("select set_config('app.current_tenant_id', %s, true)", (tenant,))
        connection.execute(PAY, (tenant, *values))


def test_a_value_is_taken_over_all_months_and_tenants(pay: Connection) -> None:
    write(pay, A, "2024-01-05", "one", None, None)

    for tenant, moment in ((A, "2024-01-05"), (A, "2024-02-05"), (B, "2024-03-05"), (B, "1999-03-05")):
        with pytest.raises(pg.UniqueViolation) as refused:
            write(pay, tenant, moment, "one", None, None)

        said = refused.value.diag
        assert said.constraint_name == "Pay %s_Intent_key"
        assert said.message_detail == "the intent is taken"
        assert A not in str(refused.value)
        assert "one" not in str(refused.value)
    assert pay.execute(KEYS).fetchall() == [("one", A, "2024-01-05")]


def test_a_message_can_be_found_by_the_constraint(pay: Connection) -> None:
    found = pay.execute(
        "select k.conrelid::regclass::text, obj_description(k.oid, 'pg_constraint') from ttdb.unique_keys as u"
        " join pg_constraint as k on k.conrelid = u.keys where u.relation = 'public.\"Pay %s\"'::regclass"
        " and k.contype = 'p' order by 1"
    ).fetchall()

    assert found == [
        ('"Pay %s_Intent_keys"', "the intent is taken"),
        ('"Pay %s_request_part_keys"', "the request is taken"),
    ]


def test_a_service_finds_the_message_by_the_fields_of_the_error(pay: Connection) -> None:
    write(pay, A, "2024-01-05", "one", None, None)
    with pytest.raises(pg.UniqueViolation) as refused:
        write(pay, B, "2024-02-05", "one", None, None)

    said = refused.value.diag
    fields = (said.constraint_name, said.schema_name, said.table_name)
    with acting_as(pay, "ttdb_app", B):
        assert scalar(pay, "select ttdb.constraint_message(%s, %s, %s)", fields) == "the intent is taken"


def test_within_a_tenant_only(pay: Connection) -> None:
    write(pay, A, "2024-01-05", None, "r", 1)
    write(pay, B, "2024-02-05", None, "r", 1)
    write(pay, A, "2024-02-05", None, "r", 2)

    with pytest.raises(pg.UniqueViolation) as refused:
        write(pay, B, "2024-01-06", None, "r", 1)
    assert refused.value.diag.constraint_name == "Pay %s_tenant_id_request_part_key"


def test_a_row_without_a_value_takes_none(pay: Connection) -> None:
    for _ in range(2):
        write(pay, A, "2024-01-05", None, "r", None)
        write(pay, A, "2024-02-05", None, None, 1)

    assert scalar(pay, """select count(*) from public."Pay %s_request_part_keys" """) == 0


def test_a_value_follows_its_row(pay: Connection) -> None:
    """Through changes of the value, to null and back, and of the month, which moves the row; and ends with it."""
    write(pay, A, "2024-01-05", "one", "r", 1)
    table = 'public."Pay %s"'
    for change, keys in (
        ("set \"Intent\" = 'two'", [("two", A, "2024-01-05")]),
        ("set at = '2024-02-06'", [("two", A, "2024-02-06")]),
        ("set at = '1999-02-06', \"Intent\" = 'three'", [("three", A, "1999-02-06")]),
        ('set "Intent" = null', []),
        ("set \"Intent\" = 'two', part = null", [("two", A, "1999-02-06")]),
    ):
        pay.execute(f"update {table} {change}".encode())
        assert pay.execute(KEYS).fetchall() == keys
    assert scalar(pay, """select count(*) from public."Pay %s_request_part_keys" """) == 0
    write(pay, B, "2024-03-05", "one", "r", 1)
    pay.execute("""delete from public."Pay %s" """)
    assert pay.execute(KEYS).fetchall() == []


def test_a_value_that_a_trigger_before_sets_is_kept_too(pay: Connection) -> None:
    pay.execute(
        "create function public.own() returns trigger language plpgsql set search_path = '' as"
        " $$ begin new.\"Intent\" := 'made'; return new; end $$;"
        'create trigger _001_own before update on public."Pay %s" for each row execute function public.own()'
    )
    write(pay, A, "2024-01-05", None, None, None)
    pay.execute("""update public."Pay %s" set part = 5""")
    assert pay.execute(KEYS).fetchall() == [("made", A, "2024-01-05")]
    write(pay, A, "2024-01-05", "other", None, None)
    with pytest.raises(pg.UniqueViolation):
        pay.execute("""update public."Pay %s" set part = 6 where "Intent" = 'other'""")


def test_the_application_has_no_part_in_the_key_table(pay: Connection) -> None:
    write(pay, A, "2024-01-05", "one", "r", 1)
    for keys in ('public."Pay %s_Intent_keys"', 'public."Pay %s_request_part_keys"'):
        for role in ("ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_auditor"):
            for privilege in ("select", "insert", "update", "delete", "truncate"):
                query = "select has_table_privilege(%s, %s, %s)"
                assert scalar(pay, query, (role, keys, privilege)) is False, (role, keys, privilege)
    pay.execute("grant all on all tables in schema public to ttdb_app")
    with acting_as(pay, "ttdb_app", A):
        assert scalar(pay, """select count(*) from public."Pay %s_Intent_keys" """) == 0


def test_of_many_at_once_one_has_the_value(pay: Connection, engine_url: Url) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def take(number: int) -> None:
        with connect(engine_url) as connection:
            for attempt in range(10):
                start.wait()
                try:
                    write(connection, (A, B)[number % 2], f"2024-0{number % 4 + 1}-05", f"v{attempt}", "r", attempt)
                    taken.append(f"v{attempt}")
                except pg.UniqueViolation:
                    pass

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(f"v{attempt}" for attempt in range(10))
    assert scalar(pay, """select count(*) from public."Pay %s" """) == 10


def test_a_value_of_a_transaction_that_is_rolled_back_is_free(pay: Connection, engine_url: Url) -> None:
    with connect(engine_url, autocommit=False) as other:
        other.execute(PAY, (A, "2024-01-05", "one", None, None))
        waiting = threading.Thread(target=write, args=(pay, B, "2024-02-05", "one", None, None))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        other.rollback()
        waiting.join()

    assert pay.execute(KEYS).fetchall() == [("one", B, "2024-02-05")]


def test_a_snapshot_that_is_too_old_to_see_the_other_row_must_try_again(pay: Connection, engine_url: Url) -> None:
    with connect(engine_url, autocommit=False) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("select count(*) from public.orders")
        write(pay, A, "2024-01-05", "one", None, None)
        with pytest.raises((pg.SerializationFailure, pg.UniqueViolation)):
            other.execute(PAY, (B, "2024-02-05", "one", None, None))


def test_a_value_stays_taken_while_its_month_is_retired_and_returns_with_a_restored_one(pay: Connection) -> None:
    pay.execute("select ttdb.ensure_partition('public.\"Pay %s\"', '2020-01-01')")
    write(pay, A, "2020-01-05", "old", None, None)
    pay.execute("select ttdb.retire_partition('public.\"Pay %s_2020_01\"')")

    with pytest.raises(pg.UniqueViolation):
        write(pay, B, "2024-01-05", "old", None, None)
    pay.execute("""delete from public."Pay %s_Intent_keys" where at < '2020-02-01'""")
    write(pay, B, "2024-01-05", "old", None, None)
    with pytest.raises(pg.UniqueViolation, match="have equal Intent"):
        pay.execute("select ttdb.ensure_partition('public.\"Pay %s\"', '2020-01-01')")
    pay.execute("""delete from public."Pay %s" where "Intent" = 'old'""")
    pay.execute("select ttdb.ensure_partition('public.\"Pay %s\"', '2020-01-01')")
    assert pay.execute(KEYS).fetchall() == [("old", A, "2020-01-05")]


def test_rows_that_stand_are_entered_and_duplicates_refused(pay: Connection) -> None:
    pay.execute("set role ttdb_owner; select ttdb.forget_unique('public.\"Pay %s\"', '{Intent}'); reset role")
    write(pay, A, "2024-01-05", "one", None, None)
    write(pay, B, "2024-02-05", "two", None, None)
    keep = "set role ttdb_owner; select ttdb.keep_unique('public.\"Pay %s\"', '{Intent}', 'taken', true); reset role"
    pay.execute(keep)
    assert [row[0] for row in pay.execute(KEYS)] == ["one", "two"]

    pay.execute("set role ttdb_owner; select ttdb.forget_unique('public.\"Pay %s\"', '{Intent}'); reset role")
    write(pay, B, "2024-01-05", "one", None, None)
    with pytest.raises(pg.UniqueViolation, match="have equal Intent"):
        pay.execute(keep)
    pay.execute("reset role")
    assert scalar(pay, "select ttdb.is_kept_unique('public.\"Pay %s\"', '{Intent}', true)") is False


def test_again_changes_nothing_and_undoing_leaves_nothing(pay: Connection) -> None:
    pay.execute("set role ttdb_owner")
    before = pay.execute("select oid from pg_trigger order by 1").fetchall()
    pay.execute("select ttdb.keep_unique('public.\"Pay %s\"', '{request,part}', 'the request is taken')")
    assert pay.execute("select oid from pg_trigger order by 1").fetchall() == before

    for columns in ("{Intent}", "{request,part}"):
        pay.execute("select ttdb.forget_unique('public.\"Pay %%s\"', %s)", (columns,))
    found = pay.execute(
        "select relname::text from pg_class where relname like 'Pay \\%s%keys' union all"
        " select tgname::text from pg_trigger where tgname like '\\_200%' and tgrelid = 'public.\"Pay %s\"'::regclass"
    )
    assert found.fetchall() == []
    assert scalar(pay, "select count(*) from ttdb.unique_keys where relation = 'public.\"Pay %s\"'::regclass") == 0


@pytest.mark.parametrize(
    ("call", "state"),
    [
        ("'public.open', '{a}', 'x'", "TTUKD"),
        ("'public.venues', '{slug}', 'x'", "TTUKD"),
        ("'public.users', '{nothing}', 'x'", "TTCOL"),
        ("'public.users', '{}', 'x'", "TTCOL"),
        ("'public.users', '{phone}', 'x', false, 'nothing'", "TTCOL"),
        ("'public.payment_transactions_default', '{id}', 'x'", "TTPRT"),
        ("'public.users', array['first_name', 'last_name', 'email', 'phone', 'password_hash']", "TTNAM"),
    ],
)
def test_what_cannot_be_kept_unique_is_refused(pay: Connection, call: str, state: str) -> None:
    pay.execute("set role ttdb_owner; create table public.open (a int)")
    if call.count("'") == 12:
        call += "::name[], 'x'"
    with pytest.raises(psycopg.Error) as refused:
        pay.execute(f"select ttdb.keep_unique({call})".encode())
    assert refused.value.sqlstate == state
    assert refused.value.diag.message_hint


def test_a_table_that_is_not_partitioned_can_keep_values_unique_too(pay: Connection) -> None:
    pay.execute("set role ttdb_owner; select ttdb.keep_unique('public.users', '{phone}', 'taken'); reset role")
    assert scalar(pay, "select ttdb.is_kept_unique('public.users', '{phone}')") is True


def test_keys_of_a_table_that_is_still_whole_know_the_month_to_come(pay: Connection) -> None:
    pay.execute("set role ttdb_owner; select ttdb.keep_unique('public.users', '{phone}', 'taken', false, 'created_at')")
    pay.execute("reset role")
    pay.execute("insert into public.tenants (id, name, slug) values (%s, 'T', 't')", (A,))
    pay.execute(
        "insert into public.users (tenant_id, email, password_hash, first_name, last_name, phone, created_at)"
        " values (%s, 'ada@example.com', '!', 'Ada', 'Byron', '+15550100', '2024-01-05')",
        (A,),
    )
    held = "select created_at::date::text from public.users_phone_keys"
    assert scalar(pay, held) == "2024-01-05"

    pay.execute("update public.users set created_at = '2024-02-06'")

    assert scalar(pay, held) == "2024-02-06"


def test_payments_are_unique_by_intent_and_by_request(seeded_url: Url) -> None:
    with connect(seeded_url) as connection:
        order = connection.execute("select tenant_id, id, user_id from public.orders order by id limit 1").fetchone()
        assert order is not None
        venue = scalar(connection, "select id from public.venues where tenant_id = %s limit 1", (order[0],))
        insert = (
            "insert into public.payment_transactions (tenant_id, order_id, user_id, venue_id, amount, created_at,"
            " payment_intent_id, idempotency_key) values (%s, %s, %s, %s, 1, %s, %s, %s)"
        )
        connection.execute(insert, (*order, venue, "2024-01-31", "pi_1", "key"))
        for intent, key, constraint in (
            ("pi_1", None, "payment_transactions_payment_intent_id_key"),
            ("pi_2", "key", "payment_transactions_tenant_id_idempotency_key_key"),
        ):
            with pytest.raises(pg.UniqueViolation) as refused:
                connection.execute(insert, (*order, venue, "2025-06-30", intent, key))
            assert refused.value.diag.constraint_name == constraint


def test_keys_go_with_a_truncated_table_and_with_a_truncated_month(pay: Connection) -> None:
    for month, intent in ((1, "one"), (2, "two"), (3, "three")):
        write(pay, A, f"2024-0{month}-05", intent, "r", month)
    write(pay, A, "1999-01-05", "odd", None, None)

    pay.execute('truncate public."Pay %s_2024_02"')
    assert [row[0] for row in pay.execute(KEYS)] == ["odd", "one", "three"]
    pay.execute('truncate public."Pay %s_default"')
    assert [row[0] for row in pay.execute(KEYS)] == ["one", "three"]
    write(pay, B, "2024-03-05", "two", None, None)
    pay.execute("select ttdb.ensure_partition('public.\"Pay %s\"', '2024-05-01')")  # made after the key table
    write(pay, B, "2024-05-05", "five", None, None)
    pay.execute('truncate public."Pay %s_2024_05"')
    assert [row[0] for row in pay.execute(KEYS)] == ["one", "three", "two"]

    pay.execute('truncate public."Pay %s"')
    assert pay.execute(KEYS).fetchall() == []
    assert scalar(pay, """select count(*) from public."Pay %s_request_part_keys" """) == 0
    write(pay, A, "2024-01-05", "one", "r", 1)


def test_a_truncated_table_leaves_a_retired_months_keys(pay: Connection) -> None:
    pay.execute("select ttdb.ensure_partition('public.\"Pay %s\"', '2020-01-01')")
    write(pay, A, "2020-01-05", "old", None, None)
    write(pay, A, "2024-01-05", "new", None, None)
    pay.execute("select ttdb.retire_partition('public.\"Pay %s_2020_01\"')")

    pay.execute('truncate public."Pay %s"')

    assert [row[0] for row in pay.execute(KEYS)] == ["old"]


def test_a_table_that_others_point_at_by_its_keys_is_not_truncated(pay: Connection) -> None:
    write(pay, A, "2024-01-05", "one", None, None)
    pay.execute(
        'create table public.refund (intent varchar(20) collate "C" references public."Pay %s_Intent_keys" ("Intent"))'
    )
    for table in ("Pay %s", "Pay %s_2024_01"):
        with pytest.raises(pg.FeatureNotSupported, match="the foreign key refund_intent_fkey of") as refused:
            pay.execute(f'truncate public."{table}"'.encode())
        assert refused.value.diag.message_hint
    assert [row[0] for row in pay.execute(KEYS)] == ["one"]


def test_a_table_is_not_truncated_by_who_may_not_see_all_its_rows(pay: Connection, engine_url: Url) -> None:
    with connect(engine_url, autocommit=False) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("select count(*) from public.orders")
        write(pay, A, "2024-01-05", "one", None, None)
        with pytest.raises(pg.FeatureNotSupported, match="in a transaction with one snapshot"):
            other.execute('truncate public."Pay %s"')
