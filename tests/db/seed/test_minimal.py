"""The minimal scenario: what is in it, and that it is the same everywhere."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from support.databases import connect
from support.seeding import MINIMAL

from ttdb.postgres.url import Url
from ttdb.seed import digest, seed
from ttdb.seed.scenario import load

_INVARIANTS = {
    name: entry
    for name, entry in tomllib.loads((Path(__file__).parent / "invariants.toml").read_text(encoding="utf-8")).items()
    if "minimal" in entry.get("within", ["minimal"])
}
_STATUSES = {
    "tenants": "ACTIVE CLOSED SUSPENDED",
    "users": "ACTIVE DELETED PENDING SUSPENDED",
    "venues": "ACTIVE INACTIVE",
    "events": "CANCELLED COMPLETED DRAFT ON_SALE PUBLISHED SOLD_OUT",
    "orders": "CANCELLED COMPLETED CONFIRMED EXPIRED PENDING REFUNDED RESERVED",
    "tickets": "CANCELLED EXPIRED REFUNDED RESERVED SOLD USED",
    "payment_transactions": "CANCELLED FAILED PENDING PROCESSING SUCCEEDED",
    "notification_history": "BOUNCED DELIVERED FAILED QUEUED SENT",
    "audit_logs": "FAILURE SUCCESS",
}


def _column(url: Url, query: Any) -> list[Any]:  # noqa: ANN401 - any query, any values
    with connect(url) as connection:
        return [value for (value,) in connection.execute(query)]


def test_digest_is_the_golden_one(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")

        assert digest(connection, "minimal")["*"] == MINIMAL


def test_digest_does_not_depend_on_the_session(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute("set datestyle = 'German'")
        seed(connection, "minimal")

        assert digest(connection, "minimal")["*"] == MINIMAL


def test_another_seed_differs_in_every_table(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        first = digest(connection, "minimal")
        seed(connection, "minimal", seed=2, reset=True)
        second = digest(connection, "minimal")

    assert {table for table in first if first[table] == second[table]} == set()


@pytest.mark.parametrize(("orders", "tenants", "number"), [(40, 4, 11), (600, 9, 7), (600, 2, 8)])
def test_nothing_breaks_an_invariant(engine_url: Url, orders: int, tenants: int, number: int) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=orders, tenants=tenants, seed=number)
        broken = {name: connection.execute(entry["sql"]).fetchone() for name, entry in _INVARIANTS.items()}

    assert broken == dict.fromkeys(_INVARIANTS, (0,))


def test_growing_by_tenants_and_orders_breaks_no_invariant(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        seed(connection, "minimal", orders=300, tenants=9, append=True)
        broken = {name: connection.execute(entry["sql"]).fetchone() for name, entry in _INVARIANTS.items()}

        assert broken == dict.fromkeys(_INVARIANTS, (0,))
        assert connection.execute("select count(*) from public.orders").fetchone() == (300,)


def test_every_status_is_present(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")

    found = {
        table: " ".join(sorted(set(_column(engine_url, f"select status from public.{table}"))))  # noqa: S608 - our own names
        for table in _STATUSES
    }

    assert found == _STATUSES


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("users.role", "CUSTOMER STAFF MANAGER OWNER"),
        ("order_discounts.discount_type", "PERCENTAGE FIXED"),
        ("payment_transactions.type", "PAYMENT REFUND"),
        ("payment_transactions.provider", "STRIPE PAYPAL CASH"),
        ("notification_history.channel", "EMAIL SMS PUSH WEBHOOK"),
        ("notification_history.type", "TRANSACTIONAL MARKETING SYSTEM"),
    ],
)
def test_every_kind_is_present(seeded_url: Url, column: str, values: str) -> None:
    table, name = column.split(".")
    query = sql.SQL("select distinct {} from public.{}").format(sql.Identifier(name), sql.Identifier(table))

    assert set(_column(seeded_url, query)) == set(values.split())


def test_every_tenant_has_rows_in_every_table(seeded_url: Url) -> None:
    lacking = {
        table: _column(
            seeded_url,
            sql.SQL(
                "select slug from public.tenants as t where not exists (select from {} as r where r.{} = t.id)"
            ).format(sql.Identifier("public", table), sql.Identifier("id" if table == "tenants" else "tenant_id")),
        )
        for table in load("minimal").tables
    }

    assert len(lacking) == 13
    assert {table: slugs for table, slugs in lacking.items() if slugs} == {}


def test_every_tenant_has_orders_and_those_that_trade_have_most(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")

    counts = _column(engine_url, "select count(*) from public.orders group by tenant_id order by 1")

    assert counts == [3, 3, 8, 26]


def test_first_orders_are_the_same_however_many_follow(engine_url: Url) -> None:
    query = "select o::text from public.orders as o where order_number <= 'TT-000040' order by order_number"
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=40)
        few = _column(engine_url, query)
        seed(connection, "minimal", orders=90, reset=True)

    assert _column(engine_url, query) == few


@pytest.mark.parametrize("window_rows", [40, 1000])
def test_digest_does_not_depend_on_how_many_rows_are_made_at_a_time(engine_url: Url, window_rows: int) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal", window_rows=window_rows)

        assert digest(connection, "minimal")["*"] == MINIMAL


def test_minimal_scenario_takes_less_than_a_second(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        started = time.process_time()
        report = seed(connection, "minimal")

        assert time.process_time() - started < 1
    assert sum(report.rows.values()) > 600
