"""Columns of a small schema, computed without a database."""

import re
from collections.abc import Mapping
from decimal import Decimal

import pytest
from support.seed_columns import listed

from ttdb.errors import ScenarioInvalid
from ttdb.seed import wire
from ttdb.seed.catalog import Catalog, CatalogColumn, CatalogTable, ForeignKey
from ttdb.seed.columns import constant
from ttdb.seed.draw import Source
from ttdb.seed.plan import fit
from ttdb.seed.scenario import read
from ttdb.seed.world import World

_SCENARIO = """title = "shops"
anchor = 2025-01-01T00:00:00Z
vocabulary = ["ticketing-v1"]

[volumes]
shops = 3
carts = 50

[tables.shops]
rows = "shops"

[tables.shops.columns]
name = { word = "venue_names" }

[tables.goods]
per = "shops"
rows = [1, 4]

[tables.goods.columns]
price = { number = ["1.00", "9.99"] }

[tables.carts]
rows = "carts"

[tables.carts.columns]
shop_id = { pick = "shops", share = "harmonic" }
state = { choose = { OPEN = 1, PAID = 3 }, first = ["PAID", "OPEN"] }
total = { compute = "round(sum(lines.amount) * 1.19, 2)" }
opened_at = { after = "anchor", by = ["-9d", "-1d"], to = "1h" }
paid_at.cases = [{ when = { state = ["PAID"] }, after = "opened_at", by = ["1m", "2h"] }]
seen_at = { latest = ["opened_at", "paid_at"] }

[tables.lines]
per = "carts"
rows = [0, 3]

[tables.lines.columns]
good_id = { pick = "goods" }
amount = { compute = "good_id.price * 2" }
"""


def _table(name: str, columns: str, *links: tuple[str, str]) -> CatalogTable:
    found = {"id": CatalogColumn("id", type="uuid", not_null=True, has_default=True, is_generated=False, in_key=True)}
    for column in columns.split():
        found[column] = CatalogColumn(
            column, type="text", not_null=True, has_default=False, is_generated=False, in_key=False
        )
    keys = []
    for column, parent in links:
        scoped = "shop_id" in found and column != "shop_id"
        own, theirs = (("shop_id", column), ("shop_id", "id")) if scoped else ((column,), ("id",))
        keys.append(ForeignKey("public", name, own, parent, theirs))
    return CatalogTable("public", name, found, tuple(keys))


_TABLES = (
    _table("shops", "name"),
    _table("goods", "shop_id price", ("shop_id", "shops")),
    _table("carts", "shop_id state total opened_at paid_at seen_at", ("shop_id", "shops")),
    _table("lines", "shop_id cart_id good_id amount", ("cart_id", "carts"), ("good_id", "goods")),
)


def _world(text: str = _SCENARIO, seed: int = 1, **volumes: int) -> World:
    scenario = read("shops", "seeds/shops.toml", text)
    catalog = Catalog("public", {table.name: table for table in _TABLES}, ())
    plans = fit(scenario, catalog, "db")
    return World(plans, Source("shops", seed), {**scenario.volumes, **volumes}, scenario.pools, scenario.anchor)


def _columns(world: World) -> Mapping[str, list[object]]:
    return {
        f"{name}.{column}": listed(world.table(name).column(column))
        for name, plan in world.plans.items()
        for column in plan.stored
    }


def test_same_seed_gives_the_same_columns_and_another_seed_others() -> None:
    assert _columns(_world()) == _columns(_world())
    assert _columns(_world())["lines.good_id"] != _columns(_world(seed=2))["lines.good_id"]


def test_more_rows_leave_those_before_as_they_were() -> None:
    few, many = _world(carts=20), _world(carts=60)

    for name in ("carts", "lines"):
        for column in few.plans[name].stored:
            short, long = listed(few.table(name).column(column)), listed(many.table(name).column(column))
            assert long[: len(short)] == short


def test_one_column_s_rule_changed_changes_that_column_only() -> None:
    before = _columns(_world())
    after = _columns(_world(_SCENARIO.replace("state = { choose = { OPEN = 1,", "state = { choose = { OPEN = 9,")))

    changed = {name for name in before if before[name] != after[name]}

    assert changed == {"carts.state", "carts.paid_at", "carts.seen_at"}


def test_picked_rows_are_of_the_same_owner() -> None:
    world = _world()
    owner = dict(
        zip(listed(world.table("goods").column("id")), listed(world.table("goods").column("shop_id")), strict=True)
    )

    lines = world.table("lines")

    assert len(lines) > 20
    assert all(
        owner[good] == shop
        for good, shop in zip(listed(lines.column("good_id")), listed(lines.column("shop_id")), strict=True)
    )


def test_row_of_a_number_is_picked_where_it_fits_and_another_is_drawn_where_it_does_not() -> None:
    nth = _SCENARIO.replace('share = "harmonic" }', 'share = "harmonic", nth = "row" }')
    world, drawn = _world(nth), _world()

    shops, picked = listed(world.table("shops").column("id")), listed(world.table("carts").column("shop_id"))

    assert picked[:3] == shops
    assert picked[3:] == listed(drawn.table("carts").column("shop_id"))[3:]


def test_word_of_a_number_comes_again_when_all_others_have_been() -> None:
    text = _SCENARIO.replace('word = "venue_names" }', 'word = "venue_names", nth = "row" }')
    names = listed(_world(text, shops=100).table("shops").column("name"))
    again = names.index(names[0], 1)

    assert len(set(names)) == again > 10
    assert names[again:] == names[:-again]


def test_rows_of_one_parent_pick_apart_as_long_as_there_are_others() -> None:
    text = _SCENARIO.replace('pick = "goods" }', 'pick = "goods", apart = true }').replace("[1, 4]", "[2, 4]")
    lines = _world(text, carts=200).table("lines")
    bought: dict[object, list[object]] = {}
    for cart, good in zip(listed(lines.column("cart_id")), listed(lines.column("good_id")), strict=True):
        bought.setdefault(cart, []).append(good)

    assert all(len(set(goods)) >= min(len(goods), 2) for goods in bought.values())
    assert any(len(set(goods)) == 3 for goods in bought.values())


def test_tally_is_what_the_first_rows_sum_up_to_whatever_the_volumes_are() -> None:
    what = 'tally = "lines.amount", by = "good_id", where = { "cart_id.state" = ["PAID"] }'
    rule = f'{{ {what}, first = [5, 15], each = "shops" }}'
    text = _SCENARIO.replace("[tables.goods.columns]", f"[tables.goods.columns]\n_sold = {rule}")
    world = _world(text, carts=50)  # as many as the tally is of
    sold = dict.fromkeys(listed(world.table("goods").column("id")), Decimal(0))
    lines = world.table("lines")
    states = listed(lines.follow("cart_id.state", lines.plan.place))
    for good, amount, state in zip(
        listed(lines.column("good_id")), listed(lines.column("amount")), states, strict=True
    ):
        sold[good] += Decimal(str(amount)) * (state == "PAID")

    assert listed(world.table("goods").column("_sold")) == list(sold.values())
    assert any(sold.values())
    for carts in (0, 9, 300):
        assert listed(_world(text, carts=carts).table("goods").column("_sold")) == list(sold.values())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'price = { number = ["1.00", "9.99"] }',
            'price = { tally = "lines.place", by = "cart_id", first = [9, 9], each = "shops" }',
            '"lines.cart_id" points at no row of "goods"',
        ),
        (
            'price = { number = ["1.00", "9.99"] }',
            'price = { tally = "lines.place", by = "good_id", first = 9, each = "shops" }',
            "must be two numbers of rows",
        ),
        (
            'price = { number = ["1.00", "9.99"] }',
            'price = { tally = "lines.good_id", by = "good_id", first = [9, 9], each = "shops" }',
            '"lines.good_id" holds ids, no numbers',
        ),
        ('share = "harmonic" }', 'nth = "state" }', '"state" holds no whole numbers'),
        ('word = "venue_names" }', 'word = "venue_names", nth = "id" }', '"id" holds no whole numbers'),
        ('share = "harmonic" }', 'share = "harmonic", apart = true }', "goes with an even share only"),
        ('share = "harmonic" }', "apart = true }", "goes with rows that are made per other rows only"),
        (
            'price = { number = ["1.00", "9.99"] }',
            'price = { tally = "line.place", by = "good_id", first = [9, 9], each = "shops" }',
            'unknown table "line"',
        ),
    ],
)
def test_mistake_in_what_is_picked_or_tallied_is_named(old: str, new: str, message: str) -> None:
    assert _SCENARIO.count(old) == 1

    with pytest.raises(ScenarioInvalid, match=re.escape(message)):
        _columns(_world(_SCENARIO.replace(old, new)))


def test_zone_may_be_named_itself() -> None:
    text = _SCENARIO.replace('to = "1h" }', 'to = "1d", zone = "Europe/Berlin" }')
    atlantis = text.replace("Berlin", "Atlantis")

    midnights = listed(_world(text).table("carts").column("opened_at"))

    assert {str(moment)[11:19] for moment in midnights} == {"23:00:00"}  # of UTC, in winter
    with pytest.raises(ScenarioInvalid, match='"Europe/Atlantis" is no time zone of this machine'):
        _columns(_world(atlantis))


def test_whatover_children_is_exact_and_zero_without_children() -> None:
    world = _world()
    carts, lines = world.table("carts"), world.table("lines")
    sums: dict[object, Decimal] = dict.fromkeys(listed(carts.column("id")), Decimal(0))
    for cart, amount in zip(listed(lines.column("cart_id")), listed(lines.column("amount")), strict=True):
        assert isinstance(amount, Decimal)
        sums[cart] += amount

    expected = [(total * Decimal("1.19")).quantize(Decimal("0.01"), "ROUND_HALF_UP") for total in sums.values()]

    assert listed(carts.column("total")) == expected
    assert Decimal("0.00") in expected


def _packed(rows: str, rules: str = "") -> World:
    """Return the shops with parcels, so many a line, though no foreign key joins the two."""
    text = f'{_SCENARIO}\n[tables.parcels]\nper = "lines"\nrows = {rows}\n\n[tables.parcels.columns]\n{rules}'
    scenario = read("shops", "seeds/shops.toml", text.replace("amount =", "_count = { number = [0, 2] }\namount ="))
    tables = {table.name: table for table in (*_TABLES, _table("parcels", "label"))}
    plans = fit(scenario, Catalog("public", tables, ()), "db")
    return World(plans, Source("shops", 1), scenario.volumes, scenario.pools, scenario.anchor)


def test_parent_s_column_says_how_many_rows_it_gets_and_a_path_leads_back_to_it() -> None:
    world = _packed("{ from = '_count', most = 2 }", 'label = { text = "{per.good_id}-{place}" }')
    lines = world.table("lines")

    expected = [
        f"{good}-{place}"
        for good, count in zip(listed(lines.column("good_id")), listed(lines.column("_count")), strict=True)
        for place in range(1, int(str(count)) + 1)
    ]

    assert expected
    assert listed(world.table("parcels").column("label")) == expected


def test_more_rows_than_a_scenario_s_bound_are_refused() -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        _packed("{ from = '_count', most = 1 }", 'label = "x"').table("parcels")

    assert caught.value.message.endswith('"_count" is 2 in a row: it must be a whole number from 0 to 1')
    assert caught.value.hint == "Raise most, or mend the column's rule."


def test_table_without_a_foreign_key_to_its_parent_gets_nothing_from_it_by_itself() -> None:
    with pytest.raises(ScenarioInvalid, match="must not be null, and has no default and no rule"):
        _packed("1")


def test_key_of_a_partitioned_table_is_known_by_its_uuid() -> None:
    moment = CatalogColumn(
        "made_at", type="timestamptz", not_null=True, has_default=True, is_generated=False, in_key=True, parts=True
    )
    table = _table("parcels", "label")
    parted = CatalogTable("public", "parcels", {**table.columns, "made_at": moment}, ())

    assert parted.id_column == "id"


def test_no_case_that_fits_is_null() -> None:
    carts = _world().table("carts")

    for state, paid in zip(listed(carts.column("state")), listed(carts.column("paid_at")), strict=True):
        assert (paid is None) == (state == "OPEN")


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "name = {",
            "nme = {",
            'line 13: tables.shops.columns.nme: unknown column of "public.shops" "nme"',
            'Did you mean "name"?',
        ),
        (
            'name = { word = "venue_names" }',
            "",
            'line 12: tables.shops.columns: column "public.shops.name" must not be null, and has no default',
            "Add a rule for name.",
        ),
        (
            '"good_id.price * 2"',
            '"good_id.prize * 2"',
            'line 39: tables.lines.columns.amount: unknown column of "goods" "prize"',
            'Did you mean "price"?',
        ),
        (
            '"good_id.price * 2"',
            '"cart_id.total * 2"',
            "line 28: tables.carts.columns.total: depends on itself: total -> total",
            None,
        ),
        ("venue_names", "venue_nams", 'line 13: tables.shops.columns.name: unknown word pool "venue_nams"', None),
        (
            'good_id = { pick = "goods" }',
            'good_id = { pick = "goods", where = { price = [] } }',
            'line 38: tables.lines.columns.good_id: no row of "goods" fits',
            "Widen where, or make more such rows.",
        ),
        (
            'pick = "goods"',
            'pick = "shops"',
            'line 38: tables.lines.columns.good_id: there is no foreign key from "lines.good_id" to "shops"',
            None,
        ),
    ],
)
def test_scenario_that_does_not_fit_the_schema_is_refused(old: str, new: str, message: str, hint: str | None) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        _columns(_world(_SCENARIO.replace(old, new)))

    assert caught.value.message.startswith(f"seeds/shops.toml, {message}")
    assert hint in (None, caught.value.hint)


def test_table_that_is_misspelt_is_named_by_the_line_of_what_is_in_it() -> None:
    with pytest.raises(ScenarioInvalid, match="line 5: table"):
        read("shops", "f.toml", _SCENARIO.split("[volumes]", maxsplit=1)[0] + "[table.shops]\nrows = 1\n")


def test_table_that_is_not_there_suggests_the_nearest() -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        _world(_SCENARIO.replace('per = "carts"', 'per = "cards"').replace("tables.carts", "tables.cards"))

    assert (
        caught.value.message
        == 'seeds/shops.toml, line 22: tables.cards: table "public.cards" does not exist in database "db"'
    )
    assert caught.value.hint == 'Did you mean "carts"?'


@pytest.mark.parametrize(
    "formula", ["99999999999 * 99999999999 * place", "100000000000000000 * 90 + 100000000000000000 * 90"]
)
def test_number_that_no_column_holds_is_refused_and_does_not_wrap(formula: str) -> None:
    text = _SCENARIO.replace("round(sum(lines.amount) * 1.19, 2)", formula)

    with pytest.raises(ScenarioInvalid, match="makes numbers of over 18 digits"):
        _columns(_world(text))


def test_number_beyond_a_column_s_type_is_refused_by_the_column() -> None:
    made = constant(5_000_000_012, 3)

    with pytest.raises(wire.KindRefused, match="numbers that the column's type integer does not"):
        wire.encoded([made], ["integer"])
    with pytest.raises(wire.KindRefused, match="type smallint does not"):
        wire.encoded([constant(-32_769, 1)], ["smallint"])
    assert wire.encoded([constant(-32_768, 1)], ["smallint"])
