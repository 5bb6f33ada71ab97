"""The service works for each shop, and for no other."""

from decimal import Decimal

import psycopg
import pytest

from orders_service import orders
from ttdb.pytest_plugin import AssertIsolated, AsTenant

ROLE = "orders_service"
NORTH, SOUTH = "a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"


def test_paid_order_is_no_longer_unpaid(as_tenant: AsTenant) -> None:
    with as_tenant(NORTH, role=ROLE) as connection:
        first, second = (orders.place(connection, "ann@example.com", Decimal(price)) for price in (10, 20))
        assert orders.pay(connection, first)
        assert orders.unpaid(connection) == [second]


def test_shop_neither_sees_nor_pays_orders_of_another(as_tenant: AsTenant) -> None:
    with as_tenant(NORTH, role=ROLE) as connection:
        order = orders.place(connection, "ann@example.com", Decimal(10))  # kept when the block ends

    with as_tenant(SOUTH, role=ROLE) as connection:
        assert orders.unpaid(connection) == []
        assert not orders.pay(connection, order)


def test_session_without_a_shop_takes_no_order(as_tenant: AsTenant) -> None:
    with as_tenant(None, role=ROLE) as connection, pytest.raises(psycopg.Error):
        orders.place(connection, "ann@example.com", Decimal(10))


def test_no_shop_reaches_orders_of_another_in_any_way(as_tenant: AsTenant, assert_isolated: AssertIsolated) -> None:
    for shop in (NORTH, SOUTH):
        with as_tenant(shop, role=ROLE) as connection:
            orders.place(connection, f"customer-7@{shop}.example.com", Decimal(10))

    assert_isolated(app_roles=[ROLE])
