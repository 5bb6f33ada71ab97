"""What the larger scenarios sell, computed at several volumes without writing a row."""

from dataclasses import dataclass

import numpy as np
import pytest
from support.databases import connect

from ttdb.postgres.url import Url
from ttdb.seed import catalog
from ttdb.seed import scenario as scenarios
from ttdb.seed.columns import Link, Numbers
from ttdb.seed.draw import Ints, Source
from ttdb.seed.plan import fit
from ttdb.seed.world import Span, Table, World

_AT_A_TIME = 20_000
_TAKEN = ["RESERVED", "CONFIRMED", "COMPLETED"]  # states of orders that hold their places


@dataclass(frozen=True, slots=True)
class _Sales:
    events: Table
    types: Table
    sold: Ints  # of each ticket type
    offered: Ints

    def shares(self, status: str) -> list[float]:
        """Return of each event of a status how much of what it offers is sold."""
        link = self.types.column("event_id").link
        assert link is not None
        sold = np.bincount(link.positions, self.sold, len(self.events))
        offered = np.bincount(link.positions, self.offered, len(self.events))
        return [float(share) for share in (sold / offered)[self.events.column("status").among([status])]]


def _world(url: Url, name: str, tenants: int, orders: int, seed: int | None = None) -> World:
    found = scenarios.load(name)
    with connect(url) as connection:
        plans = fit(found, catalog.read(connection, found.schema), "db")
    volumes = {"tenants": tenants, "orders": orders}
    return World(plans, Source(name, seed or found.seed), volumes, found.pools, found.anchor)


def _sales(world: World, after: int = 0) -> _Sales:
    """Return what the orders sell, of those after the first so many."""
    types, events = world.table("ticket_types"), world.table("events")
    sold = np.zeros(len(types), np.int64)
    for start in range(after, world.size("orders"), _AT_A_TIME):
        span = Span("orders", start, min(start + _AT_A_TIME, world.size("orders")))
        window = world.window(span)
        lines = window.table("order_items")
        taken = np.flatnonzero(lines.follow("order_id.status", lines.plan.place).among(_TAKEN))
        link, quantity = lines.column("ticket_type_id").link, lines.column("quantity")
        assert isinstance(link, Link)
        assert isinstance(quantity, Numbers)
        np.add.at(sold, link.positions[taken], quantity.values[taken])
        window.close()
    offered = types.column("quantity")
    assert isinstance(offered, Numbers)
    return _Sales(events, types, sold, offered.values)


@pytest.mark.parametrize(
    ("name", "tenants", "orders", "share"),
    [
        ("demo", 12, 1500, 0.8),
        ("demo", 12, 5000, 0.8),
        ("demo", 12, 50_000, 0.9),
        ("demo", 1, 6000, 0.9),
        ("load", 200, 6000, 0.8),
        ("load", 200, 10_000, 0.75),
        ("load", 200, 20_000, 0.8),
        ("load", 200, 60_000, 0.9),
        ("load", 200, 150_000, 0.8),
        ("load", 30, 40_000, 0.8),
    ],
)
def test_past_events_have_sold_three_tenths_or_more_in_the_main_and_no_type_too_many(
    engine_url: Url, name: str, tenants: int, orders: int, share: float
) -> None:
    sales = _sales(_world(engine_url, name, tenants, orders))
    past = sales.shares("COMPLETED")

    assert sum(each >= 0.3 for each in past) >= share * len(past)
    assert (sales.sold <= sales.offered).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("name", "tenants"), [("demo", 3), ("demo", 60), ("load", 2), ("load", 90)])
def test_no_type_sells_more_than_it_offers_whatever_is_asked_for(
    engine_url: Url, name: str, tenants: int, seed: int
) -> None:
    sales = _sales(_world(engine_url, name, tenants, 20_000, seed))

    assert (sales.sold <= sales.offered).all()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("grown", [(3, 20, 300), (12, 13, 1500), (40, 60, 2000)])
@pytest.mark.parametrize("name", ["demo", "load"])
def test_no_type_sells_more_than_it_offers_when_tenants_and_orders_are_appended(
    engine_url: Url, name: str, grown: tuple[int, int, int], seed: int
) -> None:
    tenants, more, orders = grown
    first = _sales(_world(engine_url, name, tenants, orders, seed))
    later = _sales(_world(engine_url, name, more, orders * 5, seed), after=orders)
    offered = dict(zip(later.types.numbers.tolist(), later.offered.tolist(), strict=True))
    standing = dict(zip(first.types.numbers.tolist(), first.offered.tolist(), strict=True))
    left = {**offered, **standing}
    for sales in (first, later):
        for number, sold in zip(sales.types.numbers.tolist(), sales.sold.tolist(), strict=True):
            left[number] -= sold

    assert {number for number, places in left.items() if places < 0} == set()


@pytest.mark.parametrize(("name", "tenants"), [("demo", 1), ("demo", 12), ("load", 1), ("load", 5), ("load", 200)])
def test_events_find_room_and_evenings_for_as_many_orders_as_there_may_be(
    engine_url: Url, name: str, tenants: int
) -> None:
    events = _world(engine_url, name, tenants, scenarios.load(name).most["orders"]).table("events")

    assert len(events.column("starts_at")) == len(events.column("venue_id")) > 40


@pytest.mark.parametrize("name", ["demo", "load"])
def test_events_follow_orders_and_few_orders_need_few(engine_url: Url, name: str) -> None:
    tenants = scenarios.load(name).volumes["tenants"]
    counts = [len(_world(engine_url, name, tenants, orders).table("events")) for orders in (100, 3000, 30_000)]

    assert counts[0] < 6 * tenants
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize(
    ("name", "tenants", "orders", "most"),
    [("demo", 12, 1500, 8), ("demo", 12, 50_000, 8), ("load", 200, 60_000, 8), ("load", 30, 60_000, 12)],
)
def test_who_buys_from_the_largest_tenant_has_a_few_orders_on_the_average(
    engine_url: Url, name: str, tenants: int, orders: int, most: int
) -> None:
    world = _world(engine_url, name, tenants, orders)
    takers, buyers = (_pointed_at(world, column) for column in ("tenant_id", "user_id"))
    largest = np.bincount(takers).argmax()

    bought = buyers[takers == largest]

    assert 2 < len(bought) / len(np.unique(bought)) < most


def _pointed_at(world: World, column: str) -> Ints:
    link = world.table("orders").column(column).link
    assert link is not None
    return link.positions
