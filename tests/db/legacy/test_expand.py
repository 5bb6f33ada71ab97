"""The live platform comes to head: its tables are brought to the plan's shape beside their own, and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import pytest
from fixtures import catalogue as known
from fixtures.catalogue import Catalogue
from fixtures.legacy import build_legacy
from fixtures.legacy_rows import OWNERS, TENANTS, identifier
from fixtures.patterns import statements
from fixtures.validated import run_ttdb, validate
from psycopg import errors as pg
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

MONTHLY = ("payment_transactions", "notification_history", "audit_logs")
EXPANDED = (
    *("tenants", "users", "venues", "events", "ticket_types", "orders"),
    *("order_items", "order_discounts", "tickets"),
    *MONTHLY,
)
_TIMES: LiteralString = (
    "select r ->> 'id', (r ->> 'updated_at')::timestamptz from unnest(%s::jsonb[]) as r order by r ->> 'id'"
)
_EXPANDED = {f"public.{table}" for table in EXPANDED}
# Whose rows they are, only their owners know: so they are named, and stop it.
MENDED = ("users", "venues")


@dataclass
class Prepared:
    """A service's session, with all its statements prepared before anybody migrates."""

    connection: Connection
    names: list[str]


@dataclass
class Story:
    """The platform on its way."""

    url: Url
    found: list[str]
    rows: dict[str, list[str]]
    service: Prepared


@pytest.fixture(scope="module")
def alone(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as server:
        yield server


@pytest.fixture(scope="module")
def arrived(alone: Throwaway, legacy_catalogue: Catalogue) -> Iterator[str]:
    """Name a live platform whose rows all have a tenant."""
    with fresh_database(alone.url) as url:
        with connect(url) as admin:
            build_legacy(admin, legacy_catalogue)
            admin.execute("set session_replication_role = replica")  # its broken audit trigger refuses any change
            for table in MENDED:
                query = sql.SQL("update {} set tenant_id = %s where tenant_id is null")
                admin.execute(query.format(sql.Identifier(table)), (TENANTS[0],))
        yield str(url.part("dbname"))


@pytest.fixture(scope="module")
def story(alone: Throwaway, arrived: str, legacy_catalogue: Catalogue) -> Iterator[Story]:
    """Return the platform expanded, with a session that was there before."""
    with fresh_database(alone.url, template=arrived) as url, connect(url) as session:
        found, rows = catalog(url), contents(url)
        names = prepared(session, legacy_catalogue)
        ended = run_ttdb("upgrade", "--url", url.uri(), "--disposable")
        assert ended.returncode == 0, ended.stderr
        yield Story(url, found, rows, Prepared(session, names))


@pytest.fixture
def service(story: Story) -> Iterator[Connection]:
    """Return a session as the services', a superuser's, in a transaction that is rolled back."""
    with connect(story.url) as connection, connection.transaction(force_rollback=True):
        yield connection


def prepared(session: Connection, legacy_catalogue: Catalogue) -> list[str]:
    """Prepare every statement on the expanded tables, and return what they are."""
    found = list(statements(legacy_catalogue, known.path().parent, set(EXPANDED)))
    for number, (_, text) in enumerate(found):
        session.execute(sql.SQL("prepare {} as ").format(sql.Identifier(f"s{number}")) + text)
    return [what for what, _ in found]


def contents(url: Url) -> dict[str, list[str]]:
    """Return the rows of the expanded tables, whole."""
    with connect(url) as admin:
        query = sql.SQL("select to_jsonb(t)::text from public.{} as t order by 1")
        return {table: [row for (row,) in admin.execute(query.format(sql.Identifier(table)))] for table in EXPANDED}


def one(connection: Connection, query: LiteralString, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_rows_of_nobody_stop_it_by_name_before_the_first_change(alone: Throwaway, legacy_catalogue: Catalogue) -> None:
    with fresh_database(alone.url) as url:
        with connect(url) as admin:
            build_legacy(admin, legacy_catalogue)
            stray = scalar(admin, "select id from public.users where tenant_id is null")
        before = catalog(url)

        ended = run_ttdb("upgrade", "--url", url.uri())

        assert ended.returncode == 1
        assert f"id={stray}: tenant_id must not be null" in ended.stdout + ended.stderr
        assert catalog(url) == before


def test_every_statement_that_prepared_on_arrival_still_runs_as_prepared(story: Story) -> None:
    """Planned anew, in the session that was there before, and in a new one."""
    assert len(story.service.names) > 80
    for number, _ in enumerate(story.service.names):
        with story.service.connection.transaction(force_rollback=True):
            types = one(
                story.service.connection,
                "select parameter_types::text[] from pg_catalog.pg_prepared_statements where name = %s",
                f"s{number}",
            )[0]
            values = sql.SQL("({})").format(sql.SQL(", ").join([sql.SQL("null")] * len(types)))
            call = sql.SQL("explain execute {}").format(sql.Identifier(f"s{number}"))
            story.service.connection.execute(call + values if types else call)


def test_every_statement_prepares_in_a_new_session(story: Story, legacy_catalogue: Catalogue) -> None:
    with connect(story.url) as session:
        assert prepared(session, legacy_catalogue) == story.service.names


def test_order_in_cents_is_one_in_money_too(service: Connection) -> None:
    event = identifier("events", OWNERS[0])
    user = identifier("users", OWNERS[0])

    made = one(
        service,
        "insert into public.orders (user_id, event_id, order_number, status, subtotal_cents, tax_cents, total_cents,"
        " ticket_quantity) values (%s, %s, 'ORD-9', 'PAID', 1050, 95, 1145, 2)"
        " returning id, tenant_id::text, subtotal::text, tax_amount::text, discount_amount::text, total_amount::text",
        user,
        event,
    )

    assert made[1:] == (OWNERS[0].tenant, "10.50", "0.95", "0.00", "11.45")
    changed = one(
        service,
        "update public.orders set status = 'AWAITING_MINT', discount_cents = 5 where id = %s"
        " returning discount_amount::text",
        made[0],
    )
    assert changed == ("0.05",)


def test_order_in_money_is_one_in_cents_too(service: Connection) -> None:
    made = one(
        service,
        "insert into public.orders (tenant_id, user_id, event_id, order_number, subtotal, tax_amount, total_amount)"
        " values (%s, %s, %s, 'ORD-9', 10.50, 0.95, 11.45)"
        " returning id, subtotal_cents, tax_cents, discount_cents, total_cents, ticket_quantity",
        OWNERS[0].tenant,
        identifier("users", OWNERS[0]),
        identifier("events", OWNERS[0]),
    )
    assert made[1:] == (1050, 95, 0, 1145, 0)

    changed = one(service, "update public.orders set subtotal = 9.99 where id = %s returning subtotal_cents", made[0])

    assert changed == (999,)


def test_item_gets_its_orders_tenant(service: Connection) -> None:
    made = one(
        service,
        "insert into public.order_items (order_id, ticket_type_id, quantity, unit_price_cents, total_price_cents)"
        " values (%s, %s, 2, 500, 1000) returning tenant_id::text, unit_price::text, subtotal::text, metadata",
        identifier("orders", OWNERS[-1]),
        identifier("ticket_types", OWNERS[-1]),
    )

    assert made == (OWNERS[-1].tenant, "5.00", "10.00", {})


def test_order_of_two_tenants_is_refused(service: Connection) -> None:
    with pytest.raises(pg.ForeignKeyViolation):
        service.execute(
            "update public.orders set user_id = %s where id = %s",
            (identifier("users", OWNERS[-1]), identifier("orders", OWNERS[0])),
        )


def test_writes_that_the_broken_audit_trigger_refused_are_made_and_on_record(service: Connection) -> None:
    before = scalar(service, "select count(*) from audit.trail")

    service.execute("update public.users set city = 'Oslo'")

    assert scalar(service, "select count(*) from audit.trail") == before + scalar(
        service, "select count(*) from public.users"
    )


def test_no_row_changed_when_it_was_filled(story: Story) -> None:
    with connect(story.url) as admin:
        for table in ("orders", "tickets", "events"):
            query = sql.SQL("select id::text, updated_at from public.{} order by id").format(sql.Identifier(table))
            now = admin.execute(query).fetchall()
            then = admin.execute(_TIMES, (story.rows[table],)).fetchall()
            assert now == then


def test_a_tenant_sees_its_own_alone(service: Connection) -> None:
    service.execute("set local role ttdb_app")
    service.execute("select set_config('app.current_tenant_id', %s, true)", (OWNERS[0].tenant,))

    for table in EXPANDED[1:]:
        query = sql.SQL("select count(*) filter (where tenant_id <> %s), count(*) from public.{}")
        others, all_of_them = one_of(service, query.format(sql.Identifier(table)), OWNERS[0].tenant)
        assert (others, all_of_them > 0) == (0, True), table


def one_of(connection: Connection, query: sql.Composed, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_plan_says_that_nothing_is_pending(story: Story) -> None:
    ended = run_ttdb("upgrade", "--url", story.url.uri())

    assert ended.returncode == 0
    assert "nothing to do" in ended.stdout + ended.stderr


def test_validate_finds_no_error_in_them(story: Story) -> None:
    found = validate(story.url).report["findings"]

    errors = [
        (finding["code"], finding["object"])
        for finding in found
        if finding["severity"] == "error" and ".".join(finding["object"].split(".")[:2]) in _EXPANDED
    ]
    assert errors == []
    assert [finding for finding in found if finding["code"] == "MIG001"] == []


def test_way_back_ends_in_what_was_found(alone: Throwaway, arrived: str) -> None:
    with fresh_database(alone.url, template=arrived) as url:
        found, rows = catalog(url), contents(url)
        for arguments in (("upgrade",), ("downgrade", "base")):
            ended = run_ttdb(*arguments, "--url", url.uri(), "--disposable")
            assert ended.returncode == 0, ended.stderr
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0

        assert contents(url) == rows
        # Alembic's table stays, empty.
        assert [line for line in catalog(url) if "alembic_version" not in line] == found
