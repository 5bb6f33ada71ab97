"""Rules that make what is sold follow what is asked for: whole quotients and roots, portions, rounds, days apart."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.seed_columns import listed

from ttdb.errors import ScenarioInvalid
from ttdb.seed.catalog import Catalog, CatalogColumn, CatalogTable, ForeignKey
from ttdb.seed.draw import Source
from ttdb.seed.free_days import free_days
from ttdb.seed.plan import fit
from ttdb.seed.scenario import read
from ttdb.seed.world import World

_ANCHOR = datetime(2025, 1, 1, tzinfo=UTC)
_SCENARIO = """title = "clubs"
anchor = 2025-01-01T00:00:00Z

[volumes]
clubs = 4
visits = 90

[tables.clubs]
rows = "clubs"

[tables.clubs.columns]
state = { choose = ["OPEN", "SHUT"], first = ["OPEN"] }
part = { portion = "harmonic" }
open_part = { portion = "harmonic", where = { state = ["OPEN"] } }
rounds = { compute = "quotient(root(8 * quotient(max(volumes.visits, 1) - 1, 10) + 1) + 1, 2)" }

[tables.nights]
per = "clubs"
rows = { from = "rounds", most = 40 }

[tables.nights.columns]
_from = { after = "anchor", by = "-20d" }
day = { during = ["_from", "anchor"], apart = "club_id" }

[tables.visits]
rows = "visits"

[tables.visits.columns]
club_id = { pick = "clubs", share = "harmonic" }
round = { compute = "quotient(root(8 * quotient(row - 1, 10) + 1) + 1, 2)" }
night_id = { pick = "nights", match = { place = "round" } }
came_at = { after = "anchor", by = ["-3d", "-1h"] }
left_at = { after = "came_at", by = ["0s", "9d"], till = "anchor" }
first_at = { earliest = ["left_at", "came_at"] }
"""


def _table(name: str, columns: str, *links: tuple[str, str]) -> CatalogTable:
    names = ("id", *columns.split())
    found = {
        each: CatalogColumn(
            each, type="text", not_null=True, has_default=each == "id", is_generated=False, in_key=each == "id"
        )
        for each in names
    }
    found["id"] = CatalogColumn("id", type="uuid", not_null=True, has_default=True, is_generated=False, in_key=True)
    keys = tuple(
        ForeignKey("public", name, ("club_id", column), parent, ("club_id", "id"))
        if column != "club_id"
        else ForeignKey("public", name, (column,), parent, ("id",))
        for column, parent in links
    )
    return CatalogTable("public", name, found, keys)


_TABLES = (
    _table("clubs", "state part open_part rounds"),
    _table("nights", "club_id day", ("club_id", "clubs")),
    _table("visits", "club_id night_id round came_at left_at first_at", ("club_id", "clubs"), ("night_id", "nights")),
)


def _world(text: str = _SCENARIO, **volumes: int) -> World:
    scenario = read("clubs", "seeds/clubs.toml", text)
    plans = fit(scenario, Catalog("public", {table.name: table for table in _TABLES}, ()), "db")
    return World(plans, Source("clubs", 1), {**scenario.volumes, **volumes}, scenario.pools, scenario.anchor)


def _by_id(world: World, table: str, name: str) -> Mapping[object, object]:
    rows = world.table(table)
    return dict(zip(listed(rows.column("id")), listed(rows.column(name)), strict=True))


def _every_column(world: World) -> None:
    for name, plan in world.plans.items():
        _columns(world, name, *plan.stored)


def _columns(world: World, table: str, *names: str) -> Mapping[str, list[object]]:
    return {name: listed(world.table(table).column(name)) for name in names}


@pytest.mark.parametrize(("visits", "rounds"), [(0, 1), (10, 1), (11, 2), (30, 2), (31, 3), (60, 3), (61, 4)])
def test_quotients_and_roots_count_rounds_that_grow(visits: int, rounds: int) -> None:
    assert listed(_world(visits=visits).table("clubs").column("rounds")) == [rounds] * 4


def test_rows_are_as_many_as_the_volume_needs_and_those_before_stay() -> None:
    few, many = _world(visits=30), _world(visits=300)

    assert len(few.table("nights")) == 4 * 2
    assert len(many.table("nights")) == 4 * 8
    for name in ("id", "day"):
        before, after = (_by_id(world, "nights", name) for world in (few, many))
        assert after.items() >= before.items()
    assert listed(many.table("visits").column("night_id"))[:30] == listed(few.table("visits").column("night_id"))


def test_rows_match_by_a_whole_number_and_the_owner() -> None:
    world = _world()
    nights, visits = world.table("nights"), world.table("visits")
    place = visits.plan.place

    assert listed(visits.follow("night_id.place", place)) == listed(visits.column("round"))
    assert listed(visits.follow("night_id.club_id", place)) == listed(visits.column("club_id"))
    assert len(nights) == 4 * 4


def test_portion_is_what_falls_to_a_row_of_what_is_picked_by_that_share() -> None:
    found = _columns(_world(clubs=40, visits=20_000), "clubs", "part", "id")
    picked = listed(_world(clubs=40, visits=20_000).table("visits").column("club_id"))

    assert abs(sum(float(str(part)) for part in found["part"]) - 1) < 1e-6
    for part, club in list(zip(found["part"], found["id"], strict=True))[:5]:
        assert abs(float(str(part)) - picked.count(club) / len(picked)) < 0.02


def test_rows_added_take_steady_picks_for_themselves_and_move_no_other() -> None:
    text = _SCENARIO.replace('share = "harmonic" }', 'share = "harmonic", steady = true }')
    few, many = _world(text, clubs=5, visits=4000), _world(text, clubs=9, visits=4000)
    old = set(listed(few.table("clubs").column("id")))
    before, after = (listed(world.table("visits").column("club_id")) for world in (few, many))

    assert all(now == then or now not in old for then, now in zip(before, after, strict=True))
    assert abs(sum(now in old for now in after) / len(after) - 2.283 / 2.829) < 0.03
    assert abs(sum(then == listed(few.table("clubs").column("id"))[0] for then in before) / 4000 - 1 / 2.283) < 0.03


def test_portion_of_some_leaves_none_to_others() -> None:
    found = _columns(_world(clubs=12), "clubs", "state", "open_part")

    assert {state for state, part in zip(*found.values(), strict=True) if part} == {"OPEN"}
    assert abs(sum(float(str(part)) for part in found["open_part"]) - 1) < 1e-6


def test_span_ends_no_later_than_it_may() -> None:
    found = _columns(_world(visits=2000), "visits", "came_at", "left_at", "first_at")
    left = [moment for moment in found["left_at"] if isinstance(moment, datetime)]

    assert len(left) == 2000
    assert max(left) <= _ANCHOR
    assert sum(moment > _ANCHOR - timedelta(hours=1) for moment in left) < 200  # not all at once
    assert found["first_at"] == found["came_at"]


def test_no_two_rows_of_one_owner_fall_on_the_same_day() -> None:
    world = _world(visits=1200)  # sixteen nights of each club on nineteen days
    nights = world.table("nights")

    days = [
        (club, str(day)[:10])
        for club, day in zip(listed(nights.column("club_id")), listed(nights.column("day")), strict=True)
    ]

    assert len(days) == len(set(days)) > 50


def test_more_rows_than_days_are_refused() -> None:
    with pytest.raises(ScenarioInvalid, match=re.escape('more rows have one "club_id" than there are days')):
        _world(visits=3000).table("nights").column("day")


def test_row_that_gives_way_takes_the_same_day_of_another_week_first() -> None:
    owners, days = np.array([0, 0, 1, 0, -1]), np.array([3, 3, 3, 3, 3])
    low, high = np.full(5, 1), np.full(5, 12)

    found = free_days(owners, days, low, high)

    assert found is not None
    assert found.tolist() == [3, 10, 3, 4, 3]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "quotient(row - 1, 10)",
            "quotient(row, row - 1)",
            "quotient() divides by a number that is not above 0",
        ),
        ("quotient(row - 1, 10)", "quotient(row, club_id.part)", "quotient() takes whole numbers"),
        ("8 * quotient(row - 1, 10) + 1", "0 - row", "root() takes numbers from 0 to"),
        ("volumes.visits", "volumes.visit", 'unknown volume "visit"'),
        ('portion = "harmonic" }', 'portion = "harmonics" }', 'unknown share "harmonics"'),
        ('where = { state = ["OPEN"] }', "where = { state = 5 }", "must be columns, each with a list of values"),
        ('share = "harmonic" }', "steady = true }", "goes with a harmonic share only"),
        ('apart = "club_id"', 'apart = "_from"', '"_from" points at no rows'),
        ('till = "anchor"', 'till = "round"', '"round" is no moment'),
    ],
)
def test_mistake_is_named(old: str, new: str, message: str) -> None:
    assert _SCENARIO.count(old)

    with pytest.raises(ScenarioInvalid, match=re.escape(message)):
        _every_column(_world(_SCENARIO.replace(old, new, 1)))
