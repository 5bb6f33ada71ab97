"""Values that a scenario names and its columns cannot hold are refused at their lines, before the first row."""

from pathlib import Path

import pytest
from support.databases import connect

from ttdb.errors import PrivilegeMissing, ScenarioInvalid, TtdbError
from ttdb.postgres.url import Url
from ttdb.seed import seed

_HEAD = 'title = "Mine"\nextends = "minimal"\n'


def _scenario(folder: Path, text: str) -> str:
    file = folder / "mine.toml"
    file.write_text(_HEAD + text, encoding="utf-8")
    return str(file)


def _refused(url: Url, scenario: str) -> ScenarioInvalid:
    with connect(url) as connection:
        with pytest.raises(ScenarioInvalid) as caught:
            seed(connection, scenario)
        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)
    return caught.value


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ('status = "ASLEEP"', "ASLEEP"),
        ('status = { choose = { ACTIVE = 5, ASLEEP = 1 }, first = ["ACTIVE"] }', "ASLEEP"),
        ('status.cases = [{ when = { role = ["OWNER"] }, value = "ACTIVE" }, { choose = ["ACTIVE", "GONE"] }]', "GONE"),
        ('_word = { choose = ["ACTIVE", "LATE"] }\nstatus = { from = "_word" }', "LATE"),
    ],
)
def test_value_that_breaks_a_check_is_refused_at_its_line(
    engine_url: Url, tmp_path: Path, rule: str, value: str
) -> None:
    error = _refused(engine_url, _scenario(tmp_path, f"[tables.users.columns]\n{rule}\n"))

    assert ", line 4: tables.users.columns." in error.message
    assert error.message.endswith(f'"{value}" breaks the CHECK users_status_must_be_known of public.users.status')
    assert error.hint is not None
    assert "'SUSPENDED'" in error.hint


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        (
            'mood = { choose = ["GLAD", "GLED"] }',
            '"GLED" is no value of public.venues.mood: invalid input value for enum mood: "GLED"',
            'Did you mean "GLAD"?',
        ),
        ('code = "ABCD"', '"ABCD" is longer than public.venues.code takes, character varying(3)', None),
        (
            'rating = "best"',
            '"best" is no value of public.venues.rating: invalid input syntax for type smallint: "best"',
            "The column is of type smallint.",
        ),
        (
            "rating = 40000",
            '"40000" is no value of public.venues.rating: value "40000" is out of range for type smallint',
            "The column is of type smallint.",
        ),
        (
            "share = 140",
            (
                '"140" is no value of public.venues.share:'
                ' value for domain percent violates check constraint "percent_check"'
            ),
            "The column is of type percent.",
        ),
    ],
)
def test_value_that_is_none_of_its_type_is_refused(
    engine_url: Url, tmp_path: Path, rule: str, message: str, hint: str | None
) -> None:
    with connect(engine_url) as connection:
        connection.execute("create type public.mood as enum ('GLAD', 'SAD')")
        connection.execute("create domain public.percent as int check (value <= 100)")
        connection.execute(
            "alter table public.venues add column mood public.mood, add column code varchar(3),"
            " add column rating smallint, add column share public.percent"
        )

    error = _refused(engine_url, _scenario(tmp_path, f"[tables.venues.columns]\n{rule}\n"))

    assert ", line 4: tables.venues." in error.message
    assert error.message.endswith(message)
    assert error.hint == hint


def test_values_that_fit_are_taken(engine_url: Url, tmp_path: Path) -> None:
    with connect(engine_url) as connection:
        connection.execute(
            "alter table public.venues add column code varchar(3), add column seen date, add column on_ bool"
        )
        connection.execute(
            "alter table public.venues add check (code in ('ABC', 'D')), add check (seen > '2020-01-01')"
        )
        rules = 'code = { choose = ["ABC", "D"] }\nseen = 2024-02-29T00:00:00Z\non_ = true\n'
        seed(connection, _scenario(tmp_path, f"[tables.venues.columns]\n{rules}"))
        found = connection.execute("select distinct code, seen::text, on_ from public.venues order by 1").fetchall()

    assert found == [("ABC", "2024-02-29", True), ("D", "2024-02-29", True)]


@pytest.mark.parametrize(
    ("column", "rule", "held"),
    [
        ("rank smallint", "rank = 5.0", "5"),
        ("rank smallint", "rank = 1e3", "1000"),
        ("word text check (word in ('true', 'false'))", "word = true", "true"),
        ("day date check (day = '2024-02-28')", "day = 2024-02-29T01:00:00+02:00", "2024-02-28"),
        ("code char(5)", 'code = "ab "', "ab   "),
        ("code varchar(3)", 'code = "abc  "', "abc"),
        ("state text check (state = 'ON')", "state = { choose = { ON = 1, OFF = 0 } }", "ON"),
        ("state text check (public.knows(state))", 'state = "ON"', "ON"),
    ],
)
def test_value_that_the_server_takes_is_not_refused(
    engine_url: Url, tmp_path: Path, column: str, rule: str, held: str
) -> None:
    with connect(engine_url) as connection:
        connection.execute(
            "create function public.knows(text) returns bool stable language plpgsql as"
            " 'begin return exists (select from public.tenants); end'"
        )
        connection.execute(f"alter table public.venues add column {column}".encode())
        seed(connection, _scenario(tmp_path, f"[tables.venues.columns]\n{rule}\n"))
        name = column.split(" ", maxsplit=1)[0]
        query = f"select distinct {name}::text from public.venues"  # noqa: S608 - a name of this test's
        found = connection.execute(query.encode()).fetchall()

    assert [value.rstrip() for (value,) in found] == [held.rstrip()]


def test_value_that_a_trigger_of_one_s_own_mends_is_not_refused(engine_url: Url, tmp_path: Path) -> None:
    with connect(engine_url) as connection:
        connection.execute("alter table public.venues add column code text check (code = upper(code))")
        connection.execute(
            "create function public.upper_code() returns trigger language plpgsql as"
            " 'begin new.code := upper(new.code); return new; end'"
        )
        connection.execute(
            "create trigger upper_code before insert on public.venues for each row execute function public.upper_code()"
        )
        seed(connection, _scenario(tmp_path, '[tables.venues.columns]\ncode = "abc"\n'))
        assert connection.execute("select distinct code from public.venues").fetchall() == [("ABC",)]


def test_check_that_cannot_be_asked_beforehand_is_left_to_the_server(engine_url: Url, tmp_path: Path) -> None:
    with connect(engine_url) as connection:
        connection.execute(
            "create function public.fine(text) returns bool immutable language plpgsql as"
            " 'begin raise insufficient_privilege using message = $m$not for you$m$; end'"
        )
        connection.execute("alter table public.venues add column code text")
        connection.execute("alter table public.venues add constraint fine check (public.fine(code))")
        scenario = _scenario(tmp_path, '[tables.venues.columns]\ncode = "any"\n')
        with pytest.raises(PrivilegeMissing, match="not for you"):
            seed(connection, scenario)


def test_null_where_the_column_takes_none_is_refused(engine_url: Url, tmp_path: Path) -> None:
    error = _refused(
        engine_url, _scenario(tmp_path, '[tables.users.columns]\nstatus = { choose = ["ACTIVE"], nulls = 3 }\n')
    )

    assert error.message.endswith('line 4: tables.users.columns.status.nulls: "public.users.status" must not be null')
    assert error.hint == "Leave nulls out."


@pytest.mark.parametrize(
    ("rules", "message", "hint"),
    [
        (
            '[tables.ticket_types.columns]\nprice = { number = ["-20.50", "-2.00"], step = "0.50" }\n',
            (
                "mine.toml, line 4: tables.ticket_types.columns.price: its values were refused by"
                " ticket_types_price_must_be_reasonable: CHECK ("
            ),
            "Correct the rule of price.",
        ),
        (
            '[tables.events.columns]\nends_at = { after = "starts_at", by = ["-6h", "-2h"] }\n',
            (
                "mine.toml, line 4: tables.events.columns.ends_at: its values were refused by"
                " events_must_not_end_before_start: CHECK ((ends_at > starts_at))"
            ),
            "Correct the rule of ends_at, or of starts_at by seeds/minimal.toml, line ",
        ),
        (
            '[tables.orders.columns]\norder_number = "TT-1"\n',
            (
                "mine.toml, line 4: tables.orders.columns.order_number: its values were refused by"
                " orders_tenant_id_order_number_key: UNIQUE (tenant_id, order_number): "
            ),
            "Correct the rule of order_number, or of tenant_id by seeds/minimal.toml, line ",
        ),
        (
            (
                "[tables.payment_transactions.columns]\nfee_amount.cases = "
                '[{ when = { _nth = [1] }, compute = "round(amount * 30, 2)" }, { value = 0 }]\n'
            ),
            (
                "mine.toml, line 4: tables.payment_transactions.columns.fee_amount: its values were refused by"
                " payment_transactions_fee_must_not_exceed_amount: CHECK ("
            ),
            "Correct the rule of fee_amount, or of amount by seeds/minimal.toml, line ",
        ),
        (
            '[tables.ticket_types.columns]\nquantity = { compute = "row * 9000000000" }\n',
            "mine.toml, line 4: tables.ticket_types.columns.quantity: ",
            None,
        ),
    ],
    ids=["check", "times", "unique", "partitioned", "type"],
)
@pytest.mark.parametrize("orders", [40, 2000], ids=["at once", "in windows"])
def test_rows_that_the_server_refuses_are_told_by_the_lines_that_made_them(  # noqa: PLR0913 - cases
    engine_url: Url, tmp_path: Path, *, rules: str, message: str, hint: str | None, orders: int
) -> None:
    with connect(engine_url) as connection:
        with pytest.raises(ScenarioInvalid) as caught:
            seed(connection, _scenario(tmp_path, rules), orders=orders)
        assert connection.execute("select count(*) from ttdb.set_aside").fetchone() == (0,)

    assert message in caught.value.message
    assert hint is None or (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("rules", "message", "hint"),
    [
        (
            '[tables.venues.columns]\ntimezone = "Mars/Olympus"\n',
            '"venue_id.timezone" holds "Mars/Olympus", which is no time zone of this machine',
            "It may follow from {file}, line 4: tables.venues.columns.timezone.",
        ),
        (
            "[tables.order_items.columns]\nquantity = { number = [1, 5000] }\n",
            "it must be a whole number from 0 to 4",
            (
                "Raise most, or mend the column's rule."
                " It may follow from {file}, line 4: tables.order_items.columns.quantity."
            ),
        ),
        (
            '[tables.orders.columns]\ncurrency = { choose = ["USD", "EUR"] }\n',
            "its values were refused by ticket type",
            "Correct the rule of ticket_type_id. It may follow from {file}, line 4: tables.orders.columns.currency.",
        ),
        (
            "[tables.ticket_types.columns]\nquantity = 1\n",
            "mine.toml, line 4: tables.ticket_types.columns.quantity: makes rows that were refused: ",
            "Correct the rule of ticket_types.quantity.",
        ),
        (
            '[tables.users.columns]\nemail = "a@example.com"\n',
            "mine.toml, line 4: tables.users.columns.email: its values were refused by users_email_idx: CREATE UNIQUE",
            "Correct the rule of email, or of tenant_id by {file}, line 3.",
        ),
        (
            '[tables.venues.columns]\n_unread = { from = "nosuch.column" }\n',
            'mine.toml, line 4: tables.venues.columns._unread: unknown column of "venues" "nosuch"',
            None,
        ),
        (
            '[tables.venues.columns]\n_a = { from = "_b" }\n_b = { from = "_a" }\n',
            "mine.toml, line 4: tables.venues.columns._a: depends on itself: _a -> _b -> _a",
            None,
        ),
    ],
    ids=["zone", "number of rows", "another table", "trigger", "index", "unread", "circle"],
)
def test_line_of_one_s_own_is_told_where_another_scenario_s_fails(
    engine_url: Url, tmp_path: Path, rules: str, message: str, hint: str | None
) -> None:
    scenario = _scenario(tmp_path, rules)
    error = _refused(engine_url, scenario)

    assert message in error.message
    assert hint is None or error.hint == hint.format(file=scenario)


_SUBTOTAL = '[tables.orders.columns]\nsubtotal = { compute = "sum(order_items.subtotal) + 1" }\n'


@pytest.mark.parametrize(
    ("rules", "message", "hint"),
    [
        (
            '[tables.order_items.columns]\nticket_type_id = { pick = "tickettypes" }\n',
            'mine.toml, line 4: tables.order_items.columns.ticket_type_id: unknown table "tickettypes"',
            'Did you mean "ticket_types"?',
        ),
        (
            '[tables.orders.columns]\n_x.cases = [{ pick = "venuez" }]\n',
            'mine.toml, line 4: tables.orders.columns._x: unknown table "venuez"',
            'Did you mean "venues"?',
        ),
        (
            '[tables.orders.columns]\nupdated_at = "2020-01-01"\n',
            "tables.event_logs.columns.timestamp.cases: holds moments in one row and text in another",
            "Correct its values, or what it takes them from: per.confirmed_at, per.created_at, per.updated_at.",
        ),
    ],
    ids=["pick", "pick in a case", "text for a moment"],
)
def test_what_a_rule_takes_from_elsewhere_is_named(
    engine_url: Url, tmp_path: Path, rules: str, message: str, hint: str
) -> None:
    error = _refused(engine_url, _scenario(tmp_path, rules))

    assert message in error.message
    assert error.hint is not None
    assert error.hint.startswith(hint)


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_of_a_bulk_load_that_break_a_rule_are_told_by_their_line(
    engine_url: Url, tmp_path: Path, jobs: int
) -> None:
    rule = "its values break the rule orders_subtotal_must_equal_its_items: [0-9a-f-]{36}, subtotal .*, items "
    with connect(engine_url) as connection:
        with pytest.raises(ScenarioInvalid, match="mine.toml, line 4: tables.orders.columns.subtotal: " + rule):
            seed(
                connection,
                _scenario(tmp_path, _SUBTOTAL),
                jobs=jobs,
                bulk=True,
                open_session=lambda: connect(engine_url),
            )
        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)


def test_rows_that_a_rule_refuses_at_commit_are_told_by_their_line(engine_url: Url, tmp_path: Path) -> None:
    refusal = "mine.toml, line 4: tables.orders.columns.subtotal: its values were refused by subtotal "
    with connect(engine_url) as connection, pytest.raises(ScenarioInvalid, match=refusal):
        seed(connection, _scenario(tmp_path, _SUBTOTAL))


def test_rows_of_a_trigger_s_in_another_table_are_no_fault_of_the_scenario(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("create table public.orders_log (id int not null)")
        connection.execute(
            "create function public.log_order() returns trigger language plpgsql as"
            " 'begin insert into public.orders_log default values; return new; end'"
        )
        connection.execute(
            "create trigger log after insert on public.orders for each row execute function public.log_order()"
        )
        with pytest.raises(TtdbError, match='null value in column "id" of relation "orders_log"') as caught:
            seed(connection)

    assert not isinstance(caught.value, ScenarioInvalid)
