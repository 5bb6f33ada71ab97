"""Months: made, emptied out of DEFAULT, retired, attached again; also while others write."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import LiteralString, Self

import psycopg
import pytest
from psycopg import errors as pg
from psycopg import sql
from support.databases import acting_as, connect

from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
_TABLE = """
create schema "Odd ""s" authorization ttdb_owner;
set role ttdb_owner;
create table "Odd ""s"."Log %s" (
    no bigint generated always as identity,
    "Tenant ID" uuid not null,
    "At" timestamptz not null,
    note text not null,
    size int generated always as (length(note)) stored,
    constraint "note isn't empty" check (note <> ''),
    primary key (no, "At")
) partition by range ("At");
create index "by note" on "Odd ""s"."Log %s" ("Tenant ID", note);
select ttdb.protect('"Odd ""s"."Log %s"', 'Tenant ID', worker => '{select}', definer => '{select}');
select audit.enable('"Odd ""s"."Log %s"', '{note,size}');
select ttdb.partition_by_month('"Odd ""s"."Log %s"', '2 years', '{fillfactor=70}');
grant usage on schema "Odd ""s" to ttdb_app, ttdb_operator, ttdb_worker;
reset role;
"""
LOG = '"Odd ""s"."Log %s"'
DIRECTLY = """
insert into {} (no, "Tenant ID", "At", note) overriding system value
values (9, '11111111-1111-1111-1111-111111111111', '2021-03-05', 'x')
"""
INSERT = """insert into "Odd ""s"."Log %%s" ("Tenant ID", "At", note) values (%s, %s, %s)"""
ENDS = (
    "0001-01-01 00:00+00",
    "1999-12-31 23:59:59.999999+00",
    "2024-02-29 23:59:59.999999+00",
    "2024-03-01 00:00+00",
    "2024-03-31 23:59:59.999999+00",
    "2024-04-01 02:30+02",  # April in UTC, too
    "2024-03-31 23:30-01",
    "2024-04-01 00:00+00",
    "9999-12-31 23:59+00",
    "infinity",
    "-infinity",
)


@pytest.fixture
def log(engine_url: Url) -> Iterator[Connection]:
    """Return a superuser's session in a database with a table of odd names, kept in months, without any yet."""
    with connect(engine_url) as connection:
        connection.execute(_TABLE)
        yield connection


def on(text: LiteralString, place: str = LOG) -> sql.Composed:
    """Return a statement on a table or partition of odd names, which stands where the braces are."""
    return sql.SQL(text).format(trusted(place))


def spread(connection: Connection) -> dict[str, int]:
    """Return how many rows of the log each partition holds."""
    rows = connection.execute(on("select tableoid::regclass::text, count(*)::int from {} group by 1 order by 1"))
    return dict(rows.fetchall())


def leaf(month: str) -> str:
    return f'"Odd ""s"."Log %s_{month}"'


def fill(connection: Connection) -> None:
    for moment in ENDS:
        connection.execute(INSERT, (A, moment, "x"))


def ensure(connection: Connection, day: str, relation: str = LOG) -> bool:
    with connection.transaction():
        connection.execute("set local role ttdb_operator")
        return bool(scalar(connection, "select ttdb.ensure_partition(%s::regclass, %s)", (relation, day)))


def retire(connection: Connection, name: str) -> None:
    with connection.transaction():
        connection.execute("set local role ttdb_operator")
        connection.execute("select ttdb.retire_partition(%s::regclass)", (name,))


def test_no_row_is_lost_at_month_ends_or_far_away(log: Connection) -> None:
    fill(log)
    assert spread(log) == {leaf("default"): len(ENDS)}

    assert ensure(log, "2024-03-15")
    assert ensure(log, "2024-04-01")
    assert ensure(log, "1999-12-01")
    assert ensure(log, "9999-12-31")

    assert spread(log) == {
        leaf("1999_12"): 1,
        leaf("2024_03"): 2,
        leaf("2024_04"): 3,
        leaf("9999_12"): 1,
        leaf("default"): 4,
    }


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_month_is_of_utc_whatever_the_session_says(log: Connection, zone: str) -> None:
    log.execute(sql.SQL("set timezone = {}; set datestyle = 'German'").format(sql.Literal(zone)))
    fill(log)

    assert ensure(log, "2024-03-01")
    assert not ensure(log, "2024-03-31")

    assert spread(log)[leaf("2024_03")] == 2
    log.execute("set timezone = 'UTC'; set datestyle = iso")
    bounds = log.execute("select month::text, starts::text from ttdb.months_of(%s) where state = 'attached'", (LOG,))
    assert bounds.fetchall() == [("2024-03-01", "2024-03-01 00:00:00+00")]


def test_a_new_month_is_what_default_is(log: Connection) -> None:
    ensure(log, "2024-03-01")

    new, default = (
        {
            (kind, identity.replace(suffix, ""), text.replace(suffix, ""))
            for kind, identity, text in log.execute(
                "select kind, identity, definition from ttdb.definitions_of(array[%s::regclass])"
                " where kind <> 'partition'",
                (leaf(suffix[1:]),),
            )
        }
        for suffix in ("_2024_03", "_default")
    )

    assert new == default
    assert ("rls", '"Odd ""s"."Log %s"', "enabled, forced") in new
    assert {name.split(".")[-1] for kind, name, _text in new if kind == "trigger"} == {
        "_900_record_change",
        "_900_record_truncate",
    }
    assert scalar(log, "select reloptions from pg_class where oid = %s::regclass", (leaf("2024_03"),)) == [
        "fillfactor=70"
    ]
    assert scalar(log, "select ttdb.is_protected(%s) and audit.is_enabled(%s)", (LOG, LOG)) is True


def test_moving_rows_is_no_change_for_the_trail(log: Connection) -> None:
    fill(log)
    before = log.execute("select count(*) from audit.trail").fetchone()

    ensure(log, "2024-04-01")

    assert log.execute("select count(*) from audit.trail").fetchone() == before
    log.execute(INSERT, (A, "2024-04-02", "after"))
    log.execute(INSERT, (A, "2024-06-02", "after"))
    log.execute(on("delete from {} where note = 'after'"))
    states = log.execute(
        "select distinct t.tgenabled::text from pg_trigger as t join pg_inherits as i on i.inhrelid = t.tgrelid"
        " where i.inhparent = %s::regclass and t.tgname like '\\_900%%'",
        (LOG,),
    ).fetchall()
    assert states == [("A",)]
    assert scalar(log, "select count(*) from audit.trail where operation = 'DELETE'") == 2


def test_the_trail_moves_into_months_and_stays_append_only(log: Connection) -> None:
    log.execute(
        "set role ttdb_definer; insert into audit.trail (created_at, relation, operation, login, role, transaction_id)"
        " select day, 'x', 'INSERT', 'x', 'x', '7' from generate_series('2020-01-15'::timestamptz, '2020-04-15',"
        " '1 month') as day; reset role"
    )

    assert ensure(log, "2020-02-01", "audit.trail")

    found = log.execute("select tableoid::regclass::text, count(*)::int from audit.trail group by 1 order by 1")
    assert found.fetchall() == [("audit.trail_2020_02", 1), ("audit.trail_default", 3)]
    for statement in (
        "update audit.trail_2020_02 set relation = 'y'",
        "delete from audit.trail where created_at < '2020-03-01'",
        "truncate audit.trail_2020_02",
        "update audit.trail_default set relation = 'y'",
    ):
        with pytest.raises(psycopg.Error) as refused:
            log.execute(statement.encode())
        assert refused.value.sqlstate == "TTAPP"
    with acting_as(log, "ttdb_operator"):
        assert scalar(log, "select count(*) from audit.trail_2020_02") == 1


def test_nothing_to_do_takes_no_strong_lock(log: Connection, engine_url: Url) -> None:
    ensure(log, "2024-03-01")
    with connect(engine_url, autocommit=False) as other:
        other.execute(on("lock table {} in share update exclusive mode"))
        log.execute("set lock_timeout = '10ms'")
        assert not ensure(log, "2024-03-01")
        with pytest.raises(pg.LockNotAvailable):
            ensure(log, "2024-04-01")


def test_a_writer_is_not_kept_waiting_by_a_month_that_waits(log: Connection, engine_url: Url) -> None:
    """Without a limit of the caller's own the verb steps back before PostgreSQL looks for deadlocks."""
    with connect(engine_url, autocommit=False) as other:
        other.execute(on("lock table {} in share update exclusive mode"))
        started = time.monotonic()
        with pytest.raises(pg.LockNotAvailable):
            ensure(log, "2024-04-01")
        assert time.monotonic() - started < 5
    assert scalar(log, "show lock_timeout") == "0"


def test_all_tables_in_one_call(log: Connection) -> None:
    with acting_as(log, "ttdb_operator"):
        tables = scalar(log, "select count(*) from ttdb.partitioned_tables")
        made = scalar(log, "select ttdb.ensure_partitions('2025-11-30', '2026-02-01')")

        assert made == 4 * tables
        assert scalar(log, "select ttdb.ensure_partitions('2025-11-01', '2026-02-28')") == 0


@pytest.mark.parametrize(
    ("call", "state"),
    [
        ("ttdb.ensure_partition('public.orders', '2024-01-01')", "TTREG"),
        ("ttdb.ensure_partition('public.event_logs', null)", "TTMON"),
        ("ttdb.ensure_partition('public.event_logs', '0900-01-01')", "TTMON"),
        ("ttdb.ensure_partition('public.event_logs', 'infinity')", "TTMON"),
        ("ttdb.ensure_partitions('2024-02-01', '2024-01-01')", "TTMON"),
        ("ttdb.ensure_partitions('infinity', 'infinity')", "TTMON"),
        ("ttdb.ensure_partitions('-infinity', '2024-01-01')", "TTMON"),
        ("ttdb.ensure_partitions('1024-02-01', '2024-01-01')", "TTMON"),
        ("ttdb.retire_partition('public.event_logs_default')", "TTNMO"),
        ("ttdb.retire_partition('public.orders')", "TTNMO"),
    ],
)
def test_what_is_no_month_is_refused(log: Connection, call: str, state: str) -> None:
    with acting_as(log, "ttdb_operator"), pytest.raises(psycopg.Error) as refused:
        log.execute(f"select {call}".encode())
    assert refused.value.sqlstate == state
    assert refused.value.diag.message_hint


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_auditor", "ttdb_definer"])
def test_only_operators_make_and_retire_months(log: Connection, role: str) -> None:
    for call in (
        "ensure_partition('public.event_logs', '2024-01-01')",
        "ensure_partitions('2024-01-01', '2024-01-01')",
    ):
        with acting_as(log, role), pytest.raises(pg.InsufficientPrivilege):
            log.execute(f"select ttdb.{call}".encode())


@pytest.mark.parametrize(
    ("table", "arguments", "state"),
    [
        ("a (id int)", "'1 year'", "TTRNG"),
        ("a (id int, at timestamptz) partition by list (at)", "'1 year'", "TTRNG"),
        ("a (id int, at timestamptz) partition by range (id, at)", "'1 year'", "TTRNG"),
        ("a (id int, at timestamp) partition by range (at)", "'1 year'", "TTRNG"),
        ("a (id int, at timestamptz) partition by range (date_trunc('day', at, 'UTC'))", "'1 year'", "TTRNG"),
        ("a (id int, at timestamptz) partition by range (at)", "'3 days'", "TTKEP"),
        ("a (id int, at timestamptz) partition by range (at)", "null", "TTKEP"),
        ("a (id int, at timestamptz) partition by range (at)", "'1 year', '{fillfactor=1) ; drop table a}'", "TTSTO"),
    ],
)
def test_what_cannot_be_kept_in_months_is_refused(log: Connection, table: str, arguments: str, state: str) -> None:
    log.execute(f"set role ttdb_owner; create table public.{table}".encode())
    with pytest.raises(psycopg.Error) as refused:
        log.execute(f"select ttdb.partition_by_month('public.a', {arguments})".encode())
    assert refused.value.sqlstate == state
    assert refused.value.diag.message_hint


def test_a_name_too_long_for_months_is_refused(log: Connection) -> None:
    name = "ä" * 28
    log.execute(f'set role ttdb_owner; create table public."{name}" (at timestamptz) partition by range (at)'.encode())
    with pytest.raises(psycopg.Error) as refused:
        log.execute("select ttdb.partition_by_month(%s, '1 year')", (f'public."{name}"',))
    assert refused.value.sqlstate == "TTNAM"


def test_a_month_that_another_partition_covers_stands_and_a_part_of_one_is_refused(log: Connection) -> None:
    log.execute(
        "set role ttdb_owner; create table public.old (at timestamptz not null) partition by range (at);"
        "create table public.old_history partition of public.old for values from (minvalue) to ('2024-03-01');"
        "create table public.old_half partition of public.old for values from ('2024-05-01') to ('2024-05-16');"
        "select ttdb.partition_by_month('public.old', '1 year'); reset role"
    )

    assert not ensure(log, "2020-01-01", "public.old")
    assert ensure(log, "2024-03-01", "public.old")
    with pytest.raises(psycopg.Error) as refused:
        ensure(log, "2024-05-01", "public.old")
    assert refused.value.sqlstate == "TTOVL"


def test_a_table_without_protection_gets_months_as_open_as_its_default(log: Connection) -> None:
    log.execute(
        "set role ttdb_owner; create table public.plain (at timestamptz not null) partition by range (at);"
        "select ttdb.partition_by_month('public.plain', '1 year'); grant select on public.plain_default to ttdb_worker;"
        "alter default privileges in schema public grant select on tables to ttdb_app; reset role"
    )
    ensure(log, "2024-03-01", "public.plain")
    grants = [
        scalar(log, "select ttdb.grants_as_text(relacl) from pg_class where relname = %s", (name,))
        for name in ("plain_2024_03", "plain_default")
    ]
    assert grants[0] == grants[1]


def test_default_privileges_do_not_open_a_new_month(log: Connection) -> None:
    log.execute("alter default privileges for role ttdb_owner grant select, insert on tables to ttdb_app, public")
    ensure(log, "2024-03-01")
    for role in ("ttdb_app", "ttdb_worker", "ttdb_support"):
        assert scalar(log, "select has_table_privilege(%s, %s, 'select')", (role, leaf("2024_03"))) is False


def test_undoing_leaves_months_and_a_default_with_rows(log: Connection) -> None:
    fill(log)
    ensure(log, "2024-03-01")
    log.execute("set role ttdb_owner")
    log.execute("select ttdb.unpartition_by_month(%s)", (LOG,))
    log.execute("reset role")

    assert sum(spread(log).values()) == len(ENDS)
    assert scalar(log, "select ttdb.is_partitioned_by_month(%s)", (LOG,)) is False
    assert scalar(log, "select ttdb.is_protected(%s)", (LOG,)) is True

    log.execute(on("delete from {}"))
    log.execute("set role ttdb_owner")
    log.execute("select ttdb.partition_by_month(%s, '2 years')", (LOG,))
    assert (
        scalar(log, "select found is null from ttdb.partitioned_tables where relation = %s::regclass", (LOG,)) is False
    )


def test_undoing_drops_an_empty_default_of_its_own_and_gives_a_found_one_its_settings_back(log: Connection) -> None:
    log.execute(
        "set role ttdb_owner; create table public.old (at timestamptz not null) partition by range (at);"
        "create table public.old_rest partition of public.old default with (fillfactor = 50);"
        "select ttdb.partition_by_month('public.old', '1 year', '{fillfactor=90,autovacuum_enabled=false}');"
    )
    assert scalar(log, "select ttdb.is_partitioned_by_month('public.old', '1 year')") is True
    log.execute("select ttdb.unpartition_by_month('public.old')")
    assert scalar(log, "select reloptions from pg_class where relname = 'old_rest'") == ["fillfactor=50"]

    log.execute("select ttdb.unpartition_by_month(%s)", (LOG,))
    assert scalar(log, "select to_regclass(%s)", (leaf("default"),)) is None


def test_a_younger_month_than_the_retention_is_not_retired(log: Connection) -> None:
    young = scalar(log, "select date_trunc('month', now() - interval '2 years', 'UTC')::date")
    ensure(log, str(young))
    name = leaf(f"{young:%Y_%m}")

    with pytest.raises(psycopg.Error) as refused:
        retire(log, name)

    assert refused.value.sqlstate == "TTRET"
    assert "It may be retired from" in str(refused.value.diag.message_hint)
    old = scalar(log, "select date_trunc('month', now() - interval '2 years 1 month', 'UTC')::date")
    ensure(log, str(old))
    retire(log, leaf(f"{old:%Y_%m}"))


@pytest.fixture
def retired(log: Connection) -> Connection:
    """Return the log with March 2020 retired: three rows of two tenants."""
    ensure(log, "2020-03-01")
    for tenant, moment in ((A, "2020-03-01"), (B, "2020-03-17"), (A, "2020-03-31 23:59:59+00")):
        log.execute(INSERT, (tenant, moment, "old"))
    retire(log, leaf("2020_03"))
    return log


def test_a_retired_month_is_the_operators_to_read_and_nobodys_to_change(retired: Connection) -> None:
    name = leaf("2020_03")
    assert spread(retired) == {}
    with acting_as(retired, "ttdb_operator"):
        assert scalar(retired, on("select count(*) from {}", name)) == 3
    for role in ("ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_definer", "ttdb_auditor", "ttdb_masker"):
        for privilege in ("select", "insert", "update", "delete", "truncate"):
            query = "select has_table_privilege(%s, %s, %s)"
            assert scalar(retired, query, (role, name, privilege)) is False, (role, privilege)
    for statement in (
        on(DIRECTLY, name),
        on("update {} set note = 'y'", name),
        on("delete from {}", name),
        on("truncate {}", name),
    ):
        with pytest.raises(psycopg.Error) as refused:
            retired.execute(statement)
        assert refused.value.sqlstate == "TTRTD"
    retired.execute(f"grant select on all tables in schema {LOG.split('.', maxsplit=1)[0]} to ttdb_app".encode())
    with acting_as(retired, "ttdb_app", A):
        assert scalar(retired, on("select count(*) from {}", name)) == 0


def test_a_retired_month_comes_back_with_what_came_to_default_meanwhile(retired: Connection) -> None:
    retired.execute(INSERT, (B, "2020-03-20", "late"))
    trail = scalar(retired, "select count(*) from audit.trail")

    assert ensure(retired, "2020-03-01")
    ensure(retired, "2020-04-01")

    assert spread(retired) == {leaf("2020_03"): 4}
    assert scalar(retired, "select count(*) from audit.trail") == trail
    assert scalar(retired, "select ttdb.is_protected(%s) and audit.is_enabled(%s)", (LOG, LOG)) is True
    rows = [
        {
            (kind, identity.replace(month, ""), text.replace(month, ""))
            for kind, identity, text in retired.execute(
                "select kind, identity, definition from ttdb.definitions_of(array[%s::regclass])"
                " where kind <> 'partition'",
                (leaf(month),),
            )
        }
        for month in ("2020_03", "2020_04")
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        ("alter table {} owner to postgres", "TTSTR"),
        ("create trigger own before insert on {} for each row execute function ttdb.tg__touch_updated_at()", "TTSTR"),
        ("create rule own as on insert to {} do instead nothing", "TTSTR"),
        ("alter table {} alter note drop not null", "42804"),
        ("alter table {} add other int", "42804"),
        ('alter table {} drop constraint "note isn\'t empty"', "42804"),
    ],
)
def test_a_table_that_is_not_what_its_name_claims_is_not_attached(retired: Connection, damage: str, state: str) -> None:
    owner = scalar(retired, "select current_user")
    retired.execute(damage.replace("postgres", f'"{owner}"').format(leaf("2020_03")).encode())
    with pytest.raises(psycopg.Error) as refused:
        ensure(retired, "2020-03-01")
    assert refused.value.sqlstate == state


def test_a_month_with_rows_of_another_is_not_attached(retired: Connection) -> None:
    retired.execute(on("alter table {} disable trigger user", leaf("2020_03")))
    retired.execute(on(DIRECTLY, leaf("2020_03")))
    with pytest.raises(pg.CheckViolation):
        ensure(retired, "2020-03-01")
    assert spread(retired) == {}
    assert scalar(retired, "select ttdb.is_protected(%s)", (LOG,)) is True


def test_a_stranger_to_the_name_of_a_month_keeps_no_policy_or_grant_when_attached(retired: Connection) -> None:
    name = leaf("2020_03")
    retired.execute(
        f"create policy wide on {name} using (true); grant all on {name} to ttdb_app, public;"
        f"grant select (note) on {name} to ttdb_support; alter table {name} disable row level security".encode()
    )

    ensure(retired, "2020-03-01")

    assert scalar(retired, "select ttdb.is_protected(%s)", (LOG,)) is True
    assert scalar(retired, "select has_any_column_privilege('ttdb_support', %s, 'select')", (name,)) is False
    assert scalar(retired, "select has_table_privilege('ttdb_app', %s, 'truncate')", (name,)) is False


def test_a_partition_gives_the_application_nothing_even_when_granted(log: Connection) -> None:
    ensure(log, "2024-03-01")
    log.execute(INSERT, (A, "2024-03-02", "x"))
    log.execute(f"grant all on all tables in schema {LOG.split('.', maxsplit=1)[0]} to ttdb_app".encode())
    log.execute(f"revoke truncate on {leaf('2024_03')} from ttdb_app".encode())

    with acting_as(log, "ttdb_app", A):
        assert scalar(log, on("select count(*) from {}")) == 1
        assert scalar(log, on("select count(*) from {}", leaf("2024_03"))) == 0
        assert log.execute(on("delete from {}", leaf("2024_03"))).rowcount == 0
    with acting_as(log, "ttdb_app", A), pytest.raises(pg.InsufficientPrivilege):
        log.execute(on(DIRECTLY, leaf("2024_03")))


class Writers:
    """Threads that insert into the log until told to stop, each row acknowledged before it counts."""

    def __init__(self, url: Url, moment: Callable[[int], str], threads: int = 4) -> None:
        self._url, self._moment, self._stop = url, moment, threading.Event()
        self.acknowledged, self.errors = [0] * threads, list[str]()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        with connect(self._url) as connection:
            while not self._stop.is_set():
                try:
                    with connection.transaction():
                        connection.execute("set local role ttdb_app")
                        connection.execute("select set_config('app.current_tenant_id', %s, true)", (A,))
                        connection.execute(INSERT, (A, self._moment(self.acknowledged[number]), "w"))
                except psycopg.Error as error:
                    self.errors.append(f"{error.sqlstate} {error}")
                    return
                self.acknowledged[number] += 1


def test_nothing_is_lost_while_months_are_made_retired_and_attached_under_writers(
    log: Connection, engine_url: Url
) -> None:
    """Writers see neither an error nor a lost row; only the maker may be refused a lock, and tries again."""
    months = [f"2020-{number:02}-01" for number in range(1, 7)]
    log.execute("set lock_timeout = '50ms'")

    def patiently(action: Callable[[], object]) -> None:
        for _attempt in range(200):
            try:
                action()
            except (pg.LockNotAvailable, pg.DeadlockDetected):
                time.sleep(0.02)
            else:
                return
        pytest.fail("no lock in 200 attempts")

    with Writers(engine_url, lambda count: f"2020-{count % 6 + 1:02}-{count % 28 + 1:02} 12:00+00") as writers:
        deadline = time.monotonic() + 20
        while min(writers.acknowledged) < 5 and not writers.errors and time.monotonic() < deadline:
            time.sleep(0.02)
        for month in months:
            patiently(lambda month=month: ensure(log, month))  # type: ignore[misc]  # mypy cannot type its default
        for month in months:
            patiently(lambda month=month: retire(log, leaf(month[:7].replace("-", "_"))))  # type: ignore[misc]  # mypy cannot type its default
        for month in months:
            patiently(lambda month=month: ensure(log, month))  # type: ignore[misc]  # mypy cannot type its default

    assert writers.errors == []
    assert sum(spread(log).values()) == sum(writers.acknowledged) > 20
    assert leaf("default") not in spread(log)
    assert scalar(log, "select count(*) from audit.trail where operation <> 'INSERT'") == 0
    assert scalar(log, "select count(*) from audit.trail where relation like '%%Log%%'") == sum(writers.acknowledged)
    assert scalar(log, "select ttdb.is_protected(%s) and audit.is_enabled(%s)", (LOG, LOG)) is True


def test_two_who_make_the_same_months_make_each_once(log: Connection, engine_url: Url) -> None:
    made: list[int] = []

    def make() -> None:
        with connect(engine_url) as connection:
            connection.execute("set lock_timeout = '20s'")
            made.append(scalar(connection, "select ttdb.ensure_partitions('2024-01-01', '2024-03-01')"))

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [0, 0, 3 * scalar(log, "select count(*) from ttdb.partitioned_tables")]
