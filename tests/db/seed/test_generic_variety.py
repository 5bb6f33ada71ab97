"""Rows of a generic seed differ as real ones do: labels, amounts, lists, flags, moments, nulls."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect, fresh_database
from support.seeding import filled, line, values

from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.seed import seed

_SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schemas"
# Tables that rules keep from having as many rows as asked for: one each of some kind of parent.
_SHORT = {"clinic": {"public.beds"}, "freight": {"public.companies", "public.tenants"}}
_ALIKE = {
    "clinic": {"public.beds.kind"},  # the only value that it may have
    "freight": {"public.companies.kind", "public.shipment_stats.scans"},  # and what a trigger leaves to a default
}
_DISTINCT = "select distinct {} from public.t order by 1"
_GROUPS = "select count(*), max(n) from (select count(*) as n from public.t where {0} is not null group by {0}) as k"
_LIKE_ALL = 'select count(distinct "{}"::text) < 2 from {}'
_DULL = """
create type public.state as enum ('draft', 'open', 'paid');
create table public.t (
    id int primary key, amount numeric(10, 2) not null default 0 check (amount >= 0),
    kind text not null default 'x' check (kind in ('x', 'y', 'z')), state public.state not null default 'draft',
    tags text[] not null default '{}', codes text[] not null check (codes <@ array['a', 'b', 'c']), numbers int[],
    is_on boolean not null default false, at timestamptz not null default now(), n int not null default 0,
    rating int not null check (rating between 1 and 5), states public.state[] not null default '{}',
    opened date not null default '2020-01-01', note text not null default '', paid_at timestamptz,
    sent_at timestamptz, check ((state = 'paid') = (paid_at is not null)), check (paid_at > sent_at),
    check (state = 'draft' or sent_at is not null), code text not null default 'as it was',
    term char(3) not null check (term = any ('{EXW,FOB,CIF}')),
    grade varchar(3) not null check (grade = any ('{a,"b c"}')),
    licences text[] not null check (licences <@ '{B,C,CE}'::text[] and licences <> '{}')
);
"""


@pytest.fixture
def dull(database: Connection) -> Connection:
    """Return a session in a database with a table whose defaults would do for all rows."""
    report = filled(database, _DULL, rows=200)
    assert (report.rows, report.exceptions) == ({"public.t": 200}, {})
    return database


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("kind", ["x", "y", "z"]),
        ("state::text", ["draft", "open", "paid"]),
        ("is_on", [False, True]),
        ("rating", [1, 2, 3, 4, 5]),
        ("cardinality(tags)", [0, 1, 2, 3]),
        ("cardinality(states)", [0, 1, 2, 3]),
        ("grade", ["a", "b c"]),
        ("term", ["CIF", "EXW", "FOB"]),
        ("unnest(licences)", ["B", "C", "CE"]),
        ("code", ["as it was"]),  # of which nobody knows what else it may be
    ],
)
def test_every_value_appears(dull: Connection, column: str, expected: list[object]) -> None:
    assert values(dull, _DISTINCT.format(column)) == expected


@pytest.mark.parametrize("column", ["amount", "n", "at", "tags", "codes", "numbers", "opened", "note", "paid_at"])
def test_values_are_spread(dull: Connection, column: str) -> None:
    different, most = line(dull, _GROUPS.format(column))

    assert different >= 5
    assert most < 130


def test_nullable_columns_are_null_in_some_rows(dull: Connection) -> None:
    counts = line(dull, "select count(numbers), count(paid_at), count(sent_at) from public.t")

    assert all(10 < each < 195 for each in counts)


def test_values_that_a_trigger_judges_vary_as_far_as_it_lets_them(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (id int primary key, place text not null, size int not null);
        create function public.judge() returns trigger language plpgsql as $$
        begin
            if new.place not in ('hall', 'yard', 'roof') or new.size > 40 then raise exception 'not there'; end if;
            return new;
        end $$;
        create trigger judge before insert on public.t for each row execute function public.judge();
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert values(database, "select distinct place from public.t order by 1") == ["hall", "roof", "yard"]
    assert line(database, "select count(distinct size) > 2 from public.t") == (True,)


@pytest.fixture(params=sorted(_SHORT))
def trade(request: pytest.FixtureRequest, server: Throwaway) -> Iterator[tuple[str, Connection]]:
    """Return the name of a schema of a trade, and a session in a database with its tables."""
    with fresh_database(server.url) as url, connect(url) as connection:
        connection.execute((_SCHEMAS / f"{request.param}.sql").read_bytes())
        yield request.param, connection


def test_tables_of_a_trade_are_filled_and_no_column_is_the_same_in_all_rows(trade: tuple[str, Connection]) -> None:
    name, connection = trade
    report = seed(connection, "generic", rows=200)

    alike = {
        f"{table}.{column}"
        for table, rows in report.rows.items()
        if rows > 20  # in which each value has a chance
        for column in _columns(connection, table)
        if line(connection, _LIKE_ALL.format(column, table)) == (True,)
    }
    assert {table for table, rows in report.rows.items() if rows != 200} == _SHORT[name]
    assert all("takes no more" in why for why in report.exceptions.values())
    assert alike == _ALIKE[name]


def _columns(connection: Connection, table: str) -> list[str]:
    query = "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
    return [name for (name,) in connection.execute(query, (table,))]


def test_all_labels_appear_where_a_unique_column_belongs_to_one_of_them(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (
            id int primary key, kind text not null check (kind in ('student', 'teacher', 'guest')), matric text unique,
            check ((kind = 'student') = (matric is not null))
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert values(database, "select distinct kind from public.t order by 1") == ["guest", "student", "teacher"]


def test_all_labels_appear_where_a_key_ends_in_them(database: Connection) -> None:
    report = filled(
        database,
        """
        create type public.pace as enum ('month', 'year');
        create table public.t (
            code text primary key check (code ~ '^[a-z]+_(month|year)$'), pace public.pace not null,
            check (code like '%' || '_' || pace::text)
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select min(n) > 20 from (select count(*) as n from public.t group by pace) as k") == (True,)


def test_numbers_between_two_that_another_one_tells_are_spread(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (
            id int primary key, level int not null check (level between 1 and 100), xp bigint not null check (xp >= 0),
            check (xp >= (level - 1) * 1000 and xp < level * 1000)
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(distinct level) > 9, max(level) > 50 from public.t") == (True, True)


@pytest.mark.parametrize(
    ("columns", "least"),
    [("a int, b text, c date, d int", 4), ("a int references o, b int references o, c int references o, d int", 4)],
)
def test_each_column_of_which_one_at_most_may_be_set_is_set_in_some_rows(
    database: Connection, columns: str, least: int
) -> None:
    report = filled(
        database,
        "create table public.o (id int primary key);"
        f"create table public.t (id int primary key, {columns}, check (num_nonnulls(a, b, c, d) <= 1))",
    )
    found = line(database, "select least(count(a), count(b), count(c), count(d)), count(*) from public.t")

    assert report.exceptions == {}
    assert found[0] >= least
    assert found[1] == 60


def test_reference_that_a_label_asks_for_is_set_and_no_other(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.o (id int primary key);
        create table public.t (
            id int primary key, kind text not null check (kind in ('a', 'b', 'c')), a int references public.o,
            b int references public.o, c int references public.o, check ((kind = 'a') = (a is not null)),
            check ((kind = 'b') = (b is not null)), check ((kind = 'c') = (c is not null))
        );
        """,
    )

    assert (report.rows["public.t"], report.exceptions) == (60, {})
    assert values(database, "select distinct kind from public.t order by 1") == ["a", "b", "c"]


def test_title_that_a_trigger_makes_a_unique_slug_of_differs_from_row_to_row(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (id int primary key, title text not null, slug text not null unique);
        create function public.slugify() returns trigger language plpgsql as $$
        begin
            new.slug := regexp_replace(lower(new.title), '[^a-z0-9]+', '-', 'g');
            return new;
        end $$;
        create trigger slugify before insert on public.t for each row execute function public.slugify();
        """,
        rows=400,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 400}, {})


def test_texts_are_what_their_columns_are_called(database: Connection) -> None:
    filled(
        database,
        """
        create type public.address as (street text, city text, zip text);
        create table public.companies (
            id int primary key, name text not null, code text not null unique, given text not null,
            family text not null, first text not null, last text not null, nationality char(2) not null,
            country char(2) not null check (country = upper(country)), home public.address not null,
            config jsonb not null, settings jsonb, asked jsonb not null check (asked ? 'kind')
        );
        create table public.settlement_batches (id int primary key, code text not null unique);
        """,
    )

    assert line(database, "select min(code) from public.companies") == ("company-1",)
    assert line(database, "select min(code) from public.settlement_batches") == ("settlement-batch-1",)
    for column in ("given", "family", "first", "last"):
        found = line(database, f"select bool_and({column} ~ '^[A-Z]'), count(distinct {column}) from public.companies")  # noqa: S608 - of this list
        assert found[0]
        assert found[1] > 20
    for column, least in (("nationality", 3), ("country", 3), ("home", 10), ("config", 4), ("settings", 4)):
        assert line(database, f"select count(distinct {column}) >= {least} from public.companies") == (True,), column  # noqa: S608 - of this list
    assert line(database, "select count(*) from public.companies where jsonb_typeof(config) <> 'object'") == (0,)
    assert line(database, "select count(*) from public.companies where (home).city like '%amber%'") == (0,)
    assert line(database, "select count(*) from public.companies where config::text like '%7000001%'") == (0,)
    assert line(database, "select count(*) from public.companies where asked::text like '%7000001%'") == (0,)


@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [
        ("firstName", "text", "^[A-Z][a-z]+$"),
        ("lastName", "text", "^[A-Z][A-Za-z]+$"),
        ("postalCode", "text", "^[0-9]{5}$"),
        ("zip", "varchar(5)", "^[0-9]{5}$"),
        ("street", "text", "^[0-9]+ [A-Z][a-z]+ [A-Z][a-z]+$"),
        ("sku", "text", "^SKU-[0-9]{5}$"),
        ("gender", "text", "^(female|male|other)$"),
        ("gender", "char(1)", "^[FMX]$"),
        ("timeZone", "text", "^[A-Z][a-z]+/[A-Z]"),
        ("user_agent", "text", "^(Mozilla|curl)/"),
        ("login", "text", "^[a-z]+[.][a-z]+$"),
        ("iban", "text", "^DE[0-9]{2}0{8}[0-9]{10}$"),
    ],
)
def test_texts_of_a_name_are_what_they_are_anywhere(database: Connection, name: str, kind: str, form: str) -> None:
    filled(database, f'create table public.t (id int primary key, "{name}" {kind} not null)')

    found = line(database, f'select bool_and("{name}" ~ \'{form}\'), count(distinct "{name}") > 2 from public.t')  # noqa: S608 - of this list
    assert found == (True, True)


def test_number_of_an_account_has_the_right_check_digits(database: Connection) -> None:
    filled(database, "create table public.t (id int primary key, iban text not null)")

    remainders = "select distinct (substr(iban, 5) || '1314' || substr(iban, 3, 2))::numeric % 97 from public.t"
    assert values(database, remainders) == [1]


def test_city_lies_in_the_country_beside_it(database: Connection) -> None:
    filled(
        database,
        """
        create table public.t (
            id int primary key, "homeCity" text not null, "homeCountry" text not null, city text not null,
            country_code char(2) not null
        );
        """,
    )

    countries = "select max(n), count(*) > 5 from (select count(distinct {}) as n from public.t group by {}) as k"
    assert line(database, countries.format('"homeCountry"', '"homeCity"')) == (1, True)
    assert line(database, countries.format("country_code", "city")) == (1, True)
    assert line(database, countries.format("country_code", '"homeCity"'))[0] > 1


def test_no_value_is_one_that_only_fills_a_question(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (
            id int primary key, subtotal bigint not null, discount bigint not null, tax bigint not null,
            total bigint not null, lines jsonb not null, about text not null check (length(about) between 20 and 60),
            slots int[] not null check (array_length(slots, 1) = 3), stats xml not null, home point not null,
            check (subtotal >= 0 and discount >= 0 and tax >= 0), check (total = subtotal - discount + tax),
            check (discount <= subtotal), check (jsonb_typeof(lines) = 'array'),
            check (jsonb_array_length(lines) between 1 and 20)
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(*) from public.t where t::text ~ '700000|amber1|xxx'") == (0,)
    assert line(database, "select bool_and(about ~ '^[A-Z][a-z]+( [a-z]+)+[.]$') from public.t") == (True,)
    for column in ("subtotal", "total", "lines", "about", "slots", "stats::text", "home::text"):
        assert line(database, f"select count(distinct {column}) > 5 from public.t") == (True,), column  # noqa: S608 - of this list
    assert line(database, "select min(home[0]) < -90, max(home[0]) > 90, max(abs(home[1])) <= 90 from public.t") == (
        True,
        True,
        True,
    )
