"""A table that was expanded comes to the wanted shape alone: what waited is made, and all of it is given back."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors as pg
from support.catalog import catalog
from support.databases import connect, fresh_login
from support.kills import killed_after_one_step

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.migrate import contracted, in_use, ledger
from ttdb.migrate.arrival import Added, Arrival, Given
from ttdb.migrate.columns import (
    MONEY,
    TEXT,
    created_at,
    generated,
    metadata,
    optional,
    required,
    rule,
    server_id,
    standing,
    tenant_id,
    tenant_keys,
    unique,
)
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Contraction
from ttdb.migrate.steps import expanded, protected
from ttdb.model.migration import OnEvent, silent
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url

REVISION = "test_0001"
ONE = "11111111-1111-4111-8111-111111111111"

PUBLIC = metadata()
standing("tenants", PUBLIC)
bills = sa.Table(
    "bills",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("number", TEXT, "shown to people"),
    required("amount", MONEY, "what is owed", default="0"),
    optional("place", TEXT, "where it was made out"),
    generated("search", TEXT, "lower(number)", "to look it up by"),
    required("state", TEXT, "OPEN or PAID", default="'OPEN'"),
    required("due", TEXT, "when it is to be paid"),
    created_at(),
    *tenant_keys("public.tenants"),
    unique("tenant_id", "number", comment="another bill has this number"),
    rule("bills_state_must_be_known", "state in ('OPEN', 'PAID')", "the state is unknown"),
    rule("bills_amount_must_be_reasonable", "amount between 0 and 1000", "the amount is below 0 or over 1000"),
    comment="what people owe",
)
ARRIVAL = Arrival(
    times=("changed_at",),
    rules=("bills_amount_must_be_reasonable",),
    added={
        "amount": Added("t.cents / 100.0", back={"cents": "t.amount * 100"}),
        "place": Added("t.town || ' ' || t.street", of=("town", "street")),
        "search": Added("pg_catalog.lower(t.number)", follows=True),
    },
    given={"tenant_id": Given(f"'{ONE}'", "t.tenant_id is null"), "pages": Given("1", "t.pages is null")},
    later={"bills_tenant_id_number_key": "services are not known to use a number only once"},
    nullable={"due": "services fill it later"},
    opened=("bills_state_check",),
)
BEFORE: LiteralString = """
create table public.bills (
    id uuid primary key default gen_random_uuid(), tenant_id uuid,
    number varchar(20) not null, cents integer not null, pages integer not null, town text, street text,
    state varchar(10) default 'new' constraint bills_state_check check (state <> 'PAID'), due text,
    created_at timestamptz default now(), changed_at timestamptz default '2025-01-01'
);
create function public.touch() returns trigger language plpgsql as
$$ begin new.changed_at = pg_catalog.clock_timestamp(); return new; end $$;
create trigger touch_bills before update on public.bills for each row execute function public.touch();
create index bills_cents_idx on public.bills (cents);
"""
STEPS = (*expanded(bills, ARRIVAL), protected("public.bills"))


def contraction() -> Contraction:
    """Return how bills leave their expand stage."""
    (found,) = [step.contraction for step in STEPS if step.contraction]
    return found


BILLS = contraction()


@pytest.fixture
def migrator(engine_url: Url) -> Iterator[Url]:
    """Return a plain login in a database whose bills are expanded, with services that moved."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_operator")
            admin.execute("insert into public.tenants (id, name, slug) values (%s, 'T', 't')", (ONE,))
            admin.execute("set role ttdb_owner")
            admin.execute(BEFORE)
            admin.execute(
                "insert into public.bills (tenant_id, number, cents, pages, town, street, due, state)"
                " select %s, 'A-' || n, n, 2, 'Oslo', 'Ring ' || n, 'May', 'OPEN'"
                " from pg_catalog.generate_series(1, 2500) as n",
                (ONE,),
            )
        url = engine_url.with_parts(user=login, password=password)
        up(url)
        yield url


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def up(url: Url) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).up(REVISION, STEPS)


def down(url: Url) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).down(REVISION, STEPS)


def contract(url: Url, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy(), on_event).up(BILLS.revision, BILLS.steps)


def undo(url: Url, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy(), on_event).down(BILLS.revision, BILLS.steps)


def asked(url: Url, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """Return the answer to an admin, who sees all."""
    with connect(url) as admin:
        return admin.execute(query, values or None).fetchall()


def rows(url: Url) -> list[tuple[Any, ...]]:
    return asked(url, "select to_jsonb(b) from public.bills b order by number")


def test_what_waited_is_made_and_the_old_columns_are_aside(migrator: Url, engine_url: Url) -> None:
    contract(migrator)

    names = "select attname from pg_attribute where attrelid = 'public.bills'::regclass and attname ~ %s order by 1"
    assert asked(engine_url, names, "cents|pages|town|street") == [
        (f"retired_{name}",) for name in ("cents", "pages", "street", "town")
    ]
    kept = "select conname from pg_constraint where conrelid = 'public.bills'::regclass and convalidated order by 1"
    found = {name for (name,) in asked(engine_url, kept)}
    assert found >= {"bills_state_must_be_known", "bills_tenant_id_number_key"}
    assert "bills_state_check" not in found
    made = (
        "insert into public.bills (tenant_id, number, amount, due, state) values (%s, 'B-1', 7.5, 'June', 'PAID')"
        " returning search, retired_cents"
    )
    assert asked(engine_url, made, ONE) == [("b-1", None)]
    with connect(engine_url) as admin, pytest.raises(pg.NotNullViolation):
        admin.execute("insert into public.bills (tenant_id, number) values (%s, 'B-2')", (ONE,))


def test_way_back_ends_in_the_expand_stage_and_then_in_what_was_found(migrator: Url, engine_url: Url) -> None:
    expanded_one, before = catalog(engine_url), rows(engine_url)
    contract(migrator)

    undo(migrator)

    assert set(catalog(engine_url)) ^ set(expanded_one) == set()
    assert rows(engine_url) == before
    down(migrator)
    assert asked(engine_url, "select count(*) from public.bills where cents is null") == [(0,)]


def test_rows_that_were_written_since_get_the_services_own_values(migrator: Url, engine_url: Url) -> None:
    contract(migrator)
    with connect(engine_url) as admin:
        admin.execute(
            "insert into public.bills (tenant_id, number, amount, due) values (%s, 'B-1', 7.5, 'June')", (ONE,)
        )
        admin.execute("update public.bills set amount = 3 where number = 'A-2500'")
        admin.execute("update public.bills set place = 'Bergen' where number = 'A-7'")
    changed = asked(engine_url, "select number, changed_at from public.bills order by number")
    (retire,) = [step for step in BILLS.steps if step.name.startswith("retire")]

    lost = asked(engine_url, retire.loses or "")
    undo(migrator)

    assert lost == [("1 rows of public.bills have a place that town, street do not say",)]
    found = "select number, cents, pages, town from public.bills where number in ('A-2500', 'A-7', 'B-1') order by 1"
    assert asked(engine_url, found) == [("A-2500", 300, 2, "Oslo"), ("A-7", 7, 2, "Oslo"), ("B-1", 750, 1, None)]
    assert asked(engine_url, "select number, changed_at from public.bills order by number") == changed


def test_columns_are_filled_before_services_have_them_back_and_kept_so_meanwhile(
    migrator: Url, engine_url: Url
) -> None:
    """Who reads and writes its own columns again must not write what was true before."""
    behind = "select count(*) from public.bills where NAME is distinct from amount * 100"
    contract(migrator)
    changed = "select number, changed_at from public.bills order by number"
    with connect(engine_url) as admin:
        admin.execute("update public.bills set amount = amount + 5")
    times = asked(engine_url, changed)
    back = [step.name.partition("-public")[0] for step in reversed(BILLS.steps)][:3]
    assert back == ["mirror", "fill-ahead", "retire"]

    for _ in ("mirror", "fill-ahead"):
        assert killed_after_one_step(undo, migrator)
    assert asked(engine_url, behind.replace("NAME", "retired_cents")) == [(0,)]
    assert asked(engine_url, changed) == times
    with connect(engine_url) as admin:
        admin.execute("update public.bills set amount = 9 where number = 'A-7'")
        admin.execute("insert into public.bills (tenant_id, number, amount, due) values (%s, 'B-1', 7, 'June')", (ONE,))
    assert killed_after_one_step(undo, migrator)

    assert asked(engine_url, behind.replace("NAME", "cents")) == [(0,)]
    assert asked(engine_url, "select pages from public.bills where number = 'B-1'") == [(1,)]
    undo(migrator)
    assert asked(engine_url, "select proname from pg_proc where proname ~ 'mirror'") == []
    assert asked(engine_url, "select tgname from pg_trigger where tgname ~ 'mirror'") == []


def test_who_waits_for_a_row_on_the_way_back_keeps_nobody_else_waiting(migrator: Url, engine_url: Url) -> None:
    contract(migrator)
    with connect(engine_url) as admin:
        admin.execute("update public.bills set amount = amount + 1")
    with connect(engine_url, autocommit=False) as holder, ThreadPoolExecutor() as pool:
        holder.execute("update public.bills set due = 'July' where number = 'A-2500'")
        going_back = pool.submit(undo, migrator)
        waited: list[float] = []
        with connect(engine_url) as service:
            while not waited or (not going_back.done() and len(waited) < 120):
                begun = time.monotonic()
                service.execute("update public.bills set due = 'June' where number like 'A-1_'")
                waited.append(time.monotonic() - begun)
                time.sleep(0.05)
        assert not going_back.done()
        holder.rollback()
        going_back.result(timeout=60)

    assert max(waited) < 3
    assert asked(engine_url, "select count(*) from public.bills where cents is distinct from amount * 100") == [(0,)]


def test_retired_column_that_was_dropped_is_named_before_anything_is_undone(migrator: Url, engine_url: Url) -> None:
    contract(migrator)
    with connect(engine_url) as admin:
        admin.execute("alter table public.bills drop column retired_town, drop column retired_cents")
    before = catalog(engine_url)

    with session(migrator) as connection:
        recorded = ledger.read(connection)
        with pytest.raises(
            UsageError, match=r"needs public\.bills\.retired_cents, public\.bills\.retired_town, which were"
        ):
            contracted.refuse_without_retired(connection, [BILLS], recorded)

    assert catalog(engine_url) == before
    with connect(engine_url) as admin:
        admin.execute("alter table public.bills add column retired_town text, add column retired_cents integer")
    with session(migrator) as connection:
        contracted.refuse_without_retired(connection, [BILLS], recorded)
    undo(migrator)
    assert asked(engine_url, "select count(*) from public.bills where cents is distinct from amount * 100") == [(0,)]


def test_killed_between_any_two_steps_it_ends_the_same_both_ways(migrator: Url, engine_url: Url) -> None:
    found, before = catalog(engine_url), rows(engine_url)
    contract(migrator)
    undisturbed = catalog(engine_url)
    undo(migrator)

    kills = 0
    while killed_after_one_step(contract, migrator):
        kills += 1

    assert kills == len(BILLS.steps)
    assert catalog(engine_url) == undisturbed
    while killed_after_one_step(undo, migrator):
        kills += 1
    assert kills == 2 * len(BILLS.steps)
    assert (catalog(engine_url), rows(engine_url)) == (found, before)


def test_way_back_that_was_cut_off_and_given_up_can_be_gone_again(migrator: Url, engine_url: Url) -> None:
    found = catalog(engine_url)
    contract(migrator)
    contracted_one = catalog(engine_url)
    for steps in (1, 2):
        for _ in range(steps):
            assert killed_after_one_step(undo, migrator)

        contract(migrator)

        assert catalog(engine_url) == contracted_one
    undo(migrator)
    assert catalog(engine_url) == found


@pytest.mark.usefixtures("migrator")
def test_session_in_short_transactions_is_seen_by_looking_again(engine_url: Url) -> None:
    over = threading.Event()

    def work() -> None:
        with connect(engine_url, autocommit=False) as service:
            while not over.is_set():
                service.execute("update public.bills set cents = cents where number = 'A-1'")
                service.commit()

    with ThreadPoolExecutor() as pool, connect(engine_url) as admin:
        working = pool.submit(work)
        try:
            found = [in_use.evidence(admin, BILLS, seconds=1).uses for _ in range(3)]
        finally:
            over.set()
        working.result(timeout=30)

    assert all(found), found


_TRIGGER: LiteralString = (
    "create function public.f() returns trigger language plpgsql as $$ begin new.pages = 1; return new; end $$;"
    "create trigger z before insert on public.bills for each row execute function public.f()"
)
_TEXT: LiteralString = (
    "create function public.f() returns bigint language plpgsql"
    " as $$ begin return (select sum(b.cents) from public.bills as b); end $$"
)
USES: dict[str, tuple[LiteralString, str]] = {
    "view": ("create view public.v as select cents from public.bills", "view public.v depends on column cents"),
    "body": (
        "create function public.f() returns bigint language sql return (select sum(cents) from public.bills)",
        "function public.f() depends on column cents",
    ),
    "text": (_TEXT, "function public.f() names one of its old columns"),
    "trigger": (_TRIGGER, "function public.f() names one of its old columns"),
}


@pytest.mark.parametrize("kind", USES)
def test_what_uses_an_old_column_is_seen(migrator: Url, engine_url: Url, kind: str) -> None:
    statement, seen = USES[kind]
    with session(migrator) as connection:
        assert in_use.evidence(connection, BILLS).uses == ()
    with connect(engine_url) as admin:
        admin.execute(statement)

    with session(migrator) as connection:
        found = in_use.evidence(connection, BILLS)

    assert any(use.replace("public.", "") == seen.replace("public.", "") for use in found.uses), found.uses
    assert in_use.UNSEEN in found.unseen


@pytest.mark.usefixtures("migrator")
def test_column_of_that_name_of_another_table_is_no_use(engine_url: Url) -> None:
    """A service that has moved may say another table's; what does not say whose it is, counts."""
    joined: LiteralString = "select b.number from public.bills as b join public.coins as c on c.cents = 1"
    with connect(engine_url) as admin:
        admin.execute("create table public.coins (cents int)")
    with connect(engine_url) as service, connect(engine_url) as admin:
        service.execute(joined)
        assert in_use.evidence(admin, BILLS).uses == ()
        service.execute(joined.replace("c.cents", "b.cents"))
        assert in_use.evidence(admin, BILLS).uses


@pytest.fixture(scope="module")
def counting_url(settings: Settings) -> Iterator[Url]:
    """Return a database of a server that counts statements."""
    preloading = {"shared_preload_libraries": "pg_stat_statements"}
    with throwaway(settings, provider="embedded", server_settings=preloading) as started:
        with connect(started.url) as admin:
            admin.execute("create extension pg_stat_statements; create table public.bills (number text, cents int)")
        yield started.url


COUNTED: dict[str, LiteralString] = {
    "plain": "select cents from public.bills",
    "tagged": "/* bills:list * */ -- for the page\n select cents from public.bills",
    "in parentheses": "(select cents from public.bills) union all select 1",
    "copied": "copy (select cents from public.bills) to stdout",
    "prepared": "prepare p as select cents from public.bills; execute p",
    "cursor": "declare c cursor with hold for select cents from public.bills",
    "kept": "create temp table k as select cents from public.bills",
}


@pytest.mark.parametrize("kind", COUNTED)
def test_statement_that_ran_is_seen_where_statements_are_counted(counting_url: Url, kind: str) -> None:
    with connect(counting_url) as admin:
        admin.execute("select public.pg_stat_statements_reset()")
        with connect(counting_url) as service:
            if "copy" in COUNTED[kind]:
                with service.cursor() as cursor, cursor.copy(COUNTED[kind]) as rows:
                    list(rows)
            else:
                service.execute(COUNTED[kind])
        found = in_use.evidence(admin, BILLS)

    assert [use for use in found.uses if "since the statistics were reset" in use], found.uses


def test_statements_of_the_shape_are_no_use(counting_url: Url) -> None:
    with connect(counting_url) as admin:
        admin.execute("select public.pg_stat_statements_reset()")
        admin.execute("/* by hand */ alter table public.bills alter cents set not null")
        admin.execute("create index on public.bills (cents)")
        admin.execute("comment on column public.bills.cents is 'in cents, as it was'")

        assert in_use.evidence(admin, BILLS).uses == ()


def test_statement_that_ran_and_named_another_tables_column_is_no_use(counting_url: Url) -> None:
    with connect(counting_url) as admin:
        admin.execute("create table public.coins (cents int)")
        admin.execute("select public.pg_stat_statements_reset()")
        with connect(counting_url) as service:
            service.execute("select b.number from public.bills as b join public.coins as c on c.cents = 1")

        assert in_use.evidence(admin, BILLS).uses == ()


def test_service_that_is_called_like_us_is_seen(counting_url: Url) -> None:
    with (
        fresh_login(counting_url, attributes="superuser") as (login, password),
        psycopg.connect(
            counting_url.with_parts(user=login, password=password).uri(), application_name="ttdb sync"
        ) as service,
        connect(counting_url) as admin,
    ):
        service.execute("select sum(cents) from public.bills")

        assert [use for use in in_use.evidence(admin, BILLS).uses if "ttdb sync" in use]


def test_session_that_used_one_last_is_seen_by_who_may_see_it_and_else_it_is_said(
    migrator: Url, engine_url: Url
) -> None:
    with connect(engine_url) as service:
        service.execute("select sum(cents) from public.bills")
        with connect(engine_url) as admin:
            seen = in_use.evidence(admin, BILLS)
        with session(migrator) as connection:
            blind = in_use.evidence(connection, BILLS)

        pid = service.info.backend_pid

    assert [use for use in seen.uses if use.startswith(f"session {pid} of ")]
    assert any("pg_read_all_stats" in what for what in blind.unseen)
