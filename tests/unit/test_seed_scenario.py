"""Scenario files: what is refused, and that the message names file, line and key."""

from pathlib import Path

import pytest

from ttdb.errors import ScenarioInvalid
from ttdb.seed.scenario import RowCount, load, names, read
from ttdb.seed.volumes import asked

_START = """title = "t"
anchor = 2025-01-01T00:00:00Z
vocabulary = ["ticketing-v1"]

[volumes]
tenants = 2

[tables.tenants]
rows = "tenants"

[tables.tenants.columns]
"""


def _refusal(text: str) -> tuple[str, str | None]:
    with pytest.raises(ScenarioInvalid) as caught:
        read("mine", "seeds/mine.toml", text)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize("name", names())
def test_every_shipped_scenario_can_be_read(name: str) -> None:
    assert load(name).name == name


def test_unknown_scenario_suggests_the_nearest() -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        load("minimall")

    assert (caught.value.message, caught.value.hint) == ('unknown scenario "minimall"', 'Did you mean "minimal"?')


def test_scenario_name_cannot_lead_out_of_the_folder() -> None:
    with pytest.raises(ScenarioInvalid, match="unknown scenario"):
        load("../pyproject")


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ('{ number = ["NaN", "5"] }', "number"),
        ('{ number = ["-Infinity", "5"] }', "number"),
        ('{ number = ["1", "9999999999999999999999"] }', "number"),
        ('{ number = ["0.00", "99999999.99"] }', "number"),
        ("{ choose = 5 }", "choose"),
        ('{ choose = ["a"], first = "a" }', "first"),
        ('{ text = "{}" }', "text"),
        ('{ text = "x", as = ["a"] }', "as"),
        ('{ compute = "round(1.5, 1.5)" }', "compute"),
        ('{ compute = "round(place, place)" }', "compute"),
        ('{ compute = "True" }', "compute"),
        ('{ compute = "1e400" }', "compute"),
        ('{ after = "anchor", by = "99999999d" }', "by"),
        ('{ after = "anchor", zone = 5 }', "zone"),
        ("{ value = nan }", ""),
        ("{ value = 99999999999999999999 }", ""),
        ('"x\\u0000y"', ""),
    ],
)
def test_value_of_no_sense_is_refused_at_its_line(rule: str, key: str) -> None:
    message, _ = _refusal(f"{_START}x = {rule}\n")

    place = "tables.tenants.columns.x" + (f".{key}" if key else "")
    assert message.startswith(f"seeds/mine.toml, line 12: {place}: ")


def test_vocabulary_is_named_by_a_string() -> None:
    message, _ = _refusal(_START.replace('["ticketing-v1"]', "[5]"))

    assert message == "seeds/mine.toml, line 3: vocabulary: 5 is no name of a vocabulary"


def test_scenario_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('title = "Mine"\nextends = "minimal"\nseed = 5\n', encoding="utf-8")

    found = load(str(own))

    assert (found.name, found.seed, found.volumes) == ("mine", 5, load("minimal").volumes)
    with pytest.raises(ScenarioInvalid, match="cannot be read: No such file"):
        load(str(tmp_path / "other.toml"))


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (
            "status = { chose = [1] }",
            'line 12: tables.tenants.columns.status.chose: unknown rule "chose"',
            'Did you mean "choose"?',
        ),
        (
            'slug = { text = "a", at = "slug" }',
            'line 12: tables.tenants.columns.slug.at: unknown key of the rule "text" "at"',
            'Did you mean "as"?',
        ),
        (
            'x = { text = "a", as = "slag" }',
            'line 12: tables.tenants.columns.x.as: unknown shape "slag"',
            'Did you mean "slug"?',
        ),
        (
            "x = { choose = { A = 0 } }",
            "line 12: tables.tenants.columns.x.choose: must be a list, or values with weights, not all of them 0",
            "Write choose = {A = 3, B = 1}.",
        ),
        (
            "x = { choose = { A = 3, B = 0.5 } }",
            'line 12: tables.tenants.columns.x.choose.B: the weight of "B" must be a whole number, 0 or more',
            None,
        ),
        (
            'x = { after = "anchor", by = "soon" }',
            'line 12: tables.tenants.columns.x.by: "soon" is no span of time',
            'Write it as "90d", "-2h30m" or "15s".',
        ),
        (
            'x = { compute = "__import__(1)" }',
            'line 12: tables.tenants.columns.x.compute: "__import__" cannot be called so',
            "It may hold columns, numbers, + - * / and sum, min, max, round, quotient, root.",
        ),
        (
            'x = { compute = "a ** 2" }',
            'line 12: tables.tenants.columns.x.compute: "a ** 2" is not allowed here',
            "It may hold columns, numbers, + - * / and sum, min, max, round, quotient, root.",
        ),
        (
            "x = { number = [6, 1] }",
            "line 12: tables.tenants.columns.x.number: must rise, and its step be above zero",
            None,
        ),
        (
            "x = { hex = 2, nulls = 101 }",
            "line 12: tables.tenants.columns.x.nulls: must be a percentage, 0 to 100",
            None,
        ),
        (
            '[tables.users]\nper = "tenant"\nrows = 2',
            'line 13: tables.users.per: unknown table "tenant"',
            'Did you mean "tenants"?',
        ),
        (
            '[tables.users]\nper = "tenants"\nrows = [3, 1]',
            "line 14: tables.users.rows: must have the smaller number first",
            "Write rows = [1, 3].",
        ),
        (
            '[tables.users]\nper = "tenants"\nrows = [0, 0]',
            "line 14: tables.users.rows: must be how many rows each parent has",
            "Write rows = 2 or rows = [1, 3].",
        ),
        (
            '[tables.users]\nper = "tenants"\nrows = { from = "x", more = 2 }',
            'line 14: tables.users.rows.more: unknown key "more"',
            'Did you mean "most"?',
        ),
        (
            '[tables.users]\nper = "tenants"\nrows = { from = "x" }',
            'line 14: tables.users.rows: lacks "most", a whole number',
            None,
        ),
        (
            '[tables.users]\nrows = "tenant"',
            'line 13: tables.users.rows: unknown volume "tenant"',
            'Did you mean "tenants"?',
        ),
    ],
)
def test_mistake_in_a_scenario_is_named_with_file_line_and_key(line: str, message: str, hint: str | None) -> None:
    assert _refusal(_START + line + "\n") == (f"seeds/mine.toml, {message}", hint)


def test_line_of_a_mistake_inside_a_list_of_cases_is_that_of_its_key() -> None:
    message, _ = _refusal(_START + 'x.cases = [\n    { when = { a = ["b"] }, hex = 2 },\n    { hexx = 3 },\n]\n')

    assert message == 'seeds/mine.toml, line 14: tables.tenants.columns.x.cases.hexx: unknown rule "hexx"'


def test_unknown_key_at_the_top_suggests_the_right_one() -> None:
    assert _refusal('titel = "t"\n') == ('seeds/mine.toml, line 1: titel: unknown key "titel"', 'Did you mean "title"?')


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    message, hint = _refusal('title = "t\n')

    assert message.startswith("seeds/mine.toml, line 1: is not valid TOML: ")
    assert hint == "Correct that line."


def test_unknown_vocabulary_lists_what_there_is() -> None:
    message, hint = _refusal(_START.replace("ticketing-v1", "tickets-v1"))

    assert message == 'seeds/mine.toml, line 3: vocabulary: unknown vocabulary "tickets-v1"'
    assert hint == 'Did you mean "ticketing-v1"?'


def test_scenario_takes_what_it_does_not_say_from_the_one_it_extends() -> None:
    base, mine = load("minimal"), read("mine", "seeds/mine.toml", _EXTENDING)

    assert (mine.anchor, mine.examples, mine.schema) == (base.anchor, base.examples, base.schema)
    assert mine.volumes == {"tenants": 4, "orders": 7}
    assert mine.tables.keys() == base.tables.keys()
    assert mine.tables["users"].rows == base.tables["users"].rows
    assert mine.tables["users"].columns["email"] is not base.tables["users"].columns["email"]
    assert mine.tables["users"].columns["email"].place.file == "seeds/mine.toml"
    assert mine.tables["users"].columns["phone"].place.file == "seeds/minimal.toml"


def test_scenario_bears_as_much_as_the_one_it_extends_unless_it_says_otherwise() -> None:
    mine = read("mine", "seeds/mine.toml", _EXTENDING)
    larger = read("mine", "seeds/mine.toml", _EXTENDING + "[most]\norders = 9\n")

    assert mine.most == load("minimal").most
    assert larger.most == {"orders": 9}


@pytest.mark.parametrize(("orders", "most"), [(10, 9), (2 * 10**9, 10**9)])
def test_volume_of_its_own_that_is_more_than_its_rules_bear_is_refused(orders: int, most: int) -> None:
    text = _EXTENDING.replace("orders = 7", f"orders = {orders}") + f"[most]\norders = {most}\n"
    mine = read("mine", "seeds/mine.toml", text)

    with pytest.raises(ScenarioInvalid, match=f"volumes.orders: {orders} is more than {most}, which is the most"):
        asked(mine, {"tenants": None, "orders": None})
    assert asked(mine, {"tenants": None, "orders": 8})["orders"] == 8


def test_title_need_not_be_said_again() -> None:
    assert read("mine", "seeds/mine.toml", _EXTENDING.replace('title = "t"\n', "")).title == load("minimal").title


def test_line_that_is_no_toml_is_the_one_named() -> None:
    message, hint = _refusal(_EXTENDING + "\n\nseed = = 3\n")

    line = _EXTENDING.count("\n") + 3
    assert message == f"seeds/mine.toml, line {line}: is not valid TOML: Invalid value"
    assert hint == "Correct that line."


def test_header_without_its_table_is_the_line_named() -> None:
    message, _ = _refusal(
        'title = "t"\nanchor = 2025-01-01\n[volumes]\nt = 1\n[tables.venus]\nrows = "t"\n'
        "[tables.venues.columns]\nx = 1\n"
    )

    assert message.startswith("seeds/mine.toml, line 7: tables.venues.rows: must name a volume")


def test_limit_of_no_volume_is_named() -> None:
    message, _ = _refusal(_EXTENDING + "[most]\norder = 9\n")

    assert 'most: unknown volume "order"' in message


@pytest.mark.parametrize("base", ["minmal", "mine"])
def test_scenario_extends_another_that_there_is(base: str) -> None:
    message, _ = _refusal(_EXTENDING.replace("minimal", base))

    assert message == f'seeds/mine.toml, line 2: extends: unknown scenario "{base}"'


_EXTENDING = """title = "t"
extends = "minimal"

[volumes]
orders = 7

[tables.users.columns]
email = { text = "user{row}@example.com" }
"""


def test_table_that_the_extended_scenario_lacks_is_taken_for_a_mistake_where_nothing_says_its_rows() -> None:
    assert _refusal(_EXTENDING.replace("tables.users", "tables.userz")) == (
        'seeds/mine.toml, line 7: tables.userz: unknown table "userz"',
        'Did you mean "users"?',
    )


def test_number_of_rows_alone_keeps_the_extended_scenario_s_parent() -> None:
    text = _EXTENDING + "[tables.users]\nrows = [5, 6]\n"

    assert read("mine", "seeds/mine.toml", text).tables["users"].rows == RowCount(None, "tenants", 5, 6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("tenants = 2", "tenants = 2\ntenant = 3"), 'line 7: volumes.tenant: unknown volume "tenant"'),
        (("tenants = 2", "tenants = true"), "line 6: volumes.tenants: must be a whole number, 0 or more"),
        (("2025-01-01T00:00:00Z", "0001-01-01T00:00:00Z"), "line 2: anchor: must lie between the years 1900 and 2200"),
        (
            ('rows = "tenants"', 'rows = "tenants"\n[tables.users]\nper = "tenants"\nrows = [1, 100000000000]'),
            "line 12: tables.users.rows: must be at most 100000 for each parent",
        ),
    ],
)
def test_number_of_no_sense_is_refused_at_its_line(changed: tuple[str, str], message: str) -> None:
    assert _refusal(_START.replace(*changed))[0] == f"seeds/mine.toml, {message}"


def test_rules_that_nest_too_deeply_are_refused() -> None:
    rule = "{ json = { a = " * 400 + "1" + " } }" * 400

    assert _refusal(f"{_START}x = {rule}\n") == (
        "seeds/mine.toml: its values are nested too deeply",
        "Write rules of fewer levels.",
    )


def test_mark_before_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(_START, encoding="utf-8-sig")

    assert load(str(mine)).title == "t"
