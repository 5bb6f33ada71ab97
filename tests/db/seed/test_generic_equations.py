"""Columns that a rule computes from others, and documents that it wants something in: filled, and not all alike."""

from collections.abc import Iterable, Sequence

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection
from ttdb.shape.equations import Equation, equations
from ttdb.shape.model import Rule, Table

_DIFFERENT = "select count(distinct {}) >= {} from public.t"
_SUMS = (
    "net numeric(10, 2) not null, rate numeric(4, 2) not null, tax numeric(10, 2) not null, gross numeric not null,"
    " check (tax = round(net * rate, 2) and gross = net + tax and rate in (0.07, 0.19, 0.25) and net > 0)"
)
_PERIOD = (
    r"period char(7) not null check (period ~ '^\d{4}-\d{2}$'), d date not null,"
    " check (to_char(d, 'YYYY-MM') = period)"
)
_YEAR_AND_MONTH = (
    "d date not null, y int not null, m int not null, check (extract(year from d) = y and extract(month from d) = m)"
)
_ROOMS = (
    r"room_no text not null unique check (room_no ~ '^\d{1,2}-\d{2}$'), floor int not null,"
    " check (floor = split_part(room_no, '-', 1)::int)"
)
_PART = r"num text not null {} check (num ~ '^\d{{4}}-\d{{5}}$'), yr int not null, check (yr = left(num, 4)::int)"
_KIND = "kind text not null check (kind in ('PO', 'SO'))"
_DATED = (
    "number text not null unique check (number ~ '^[0-9]{4}/[0-9]{5}$'), issued date not null,"
    " check (split_part(number, '/', 1)::int = extract(year from issued))"
)


@pytest.mark.parametrize(
    ("columns", "varied", "least"),
    [
        ("config jsonb not null check (config @> '{\"version\": 1}')", "config ->> 'version'", 1),
        ("posted_on date not null, year int not null, check (extract(year from posted_on) = year)", "posted_on", 6),
        (_YEAR_AND_MONTH, "d", 6),
        (_PERIOD, "d", 6),
        ("number text not null, n int not null, check (number = 'INV-' || n)", "number", 6),
        (_PART.format(""), "yr", 4),
        (_PART.format("unique"), "num", 60),
        (_SUMS, "gross", 6),
        (_ROOMS, "room_no", 60),
        ("name text not null unique check (name = lower(name) and name = btrim(name))", "name", 60),
        ("number text not null unique, n int not null, check (number = 'INV-' || n)", "number", 60),
        ("number text not null unique, check (number = 'INV-' || id)", "number", 60),
        (f"no text not null, {_KIND}, check (no like kind || '-%')", "no", 6),
        (f"no text not null, {_KIND}, check (no like kind || '-%')", "kind", 2),
        (f"no text not null unique, {_KIND}, check (no like kind || '-%')", "kind", 2),
        (f"no text not null unique, {_KIND}, check (no ~ ('^' || kind || '[0-9]{{8}}$'))", "kind", 2),
        ("folder text not null, path text not null unique, check (path like folder || '/%')", "path", 60),
        (_DATED, "number", 60),
        (_DATED.replace("unique", ""), "issued", 6),
        (_DATED, "issued", 6),
        ("n int not null unique, twice int not null, check (twice = n * 2)", "twice", 60),
    ],
)
def test_column_that_a_rule_computes_is_computed(database: Connection, columns: str, varied: str, least: int) -> None:
    report = filled(database, f"create table public.t (id int primary key, {columns})")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, _DIFFERENT.format(varied, least)) == (True,)


@pytest.mark.parametrize("rows", [60, 500])  # fewer than there are years, and more
@pytest.mark.parametrize(
    "rule",
    [
        "extract(year from opens) = year",
        "date_part('year', opens) = year",
        "extract(year from opens) = year and extract(month from opens) = period",
    ],
)
def test_moment_goes_to_the_year_that_a_key_says(database: Connection, rule: str, rows: int) -> None:
    report = filled(
        database,
        f"""
        create table public.t (
            year int not null check (year between 2000 and 2099), period int not null check (period between 1 and 12),
            opens date not null, closes date not null, primary key (year, period), check (closes > opens),
            check ({rule})
        )
        """,
        rows=rows,
    )

    assert (report.rows, report.exceptions) == ({"public.t": rows}, {})


def test_moment_goes_to_the_year_of_a_second_key(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.t (
            id int primary key, y int not null check (y between 2000 and 2099),
            period int not null check (period between 1 and 16), opens date not null, unique (y, period),
            check (extract(year from opens) = y)
        )
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})


def test_moment_goes_to_the_year_that_a_parent_says(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.periods (
            tenant_id int not null references public.tenants, year int not null check (year between 2000 and 2099),
            period int not null check (period between 1 and 16), primary key (tenant_id, year, period)
        );
        create table public.journals (
            tenant_id int not null, year int not null, period int not null, number bigint not null,
            posted date not null,
            primary key (tenant_id, year, number), foreign key (tenant_id, year, period) references public.periods,
            check (extract(year from posted) = year)
        );
        """,
    )

    assert (report.rows["public.journals"], report.exceptions) == (60, {})


@pytest.mark.parametrize("rule", ["left(code, 2) = country", "substring(code from 1 for 2) = country"])
def test_text_begins_as_a_parent_says(database: Connection, rule: str) -> None:
    report = filled(
        database,
        f"""
        create table public.countries (iso2 char(2) primary key check (iso2 ~ '^[A-Z]{{2}}$'));
        create table public.ports (
            code char(5) primary key check (code ~ '^[A-Z]{{2}}[A-Z2-9]{{3}}$'),
            country char(2) not null references public.countries, check ({rule})
        );
        create table public.ships (id int primary key, home char(5) not null references public.ports);
        """,
    )

    assert (report.rows, report.exceptions) == (dict.fromkeys(report.rows, 60), {})
    assert line(database, "select count(distinct country) > 10 from public.ports") == (True,)


@pytest.mark.parametrize("rule", ["mail like '%@' || host", "split_part(mail, '@', 2) = host"])
def test_address_in_a_domain_that_may_be_somebodys_is_not_made(database: Connection, rule: str) -> None:
    hosts = "host text not null check (host in ('gmail.com', 'web.de'))"
    report = filled(database, f"create table public.t (id int primary key, {hosts}, mail text, check ({rule}))")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(mail) from public.t") == (0,)


_VAT = """
create table public.t (
    id int primary key, country {} not null, vat_id text,
    check (vat_id is null or left(vat_id, 2) = country and vat_id ~ '^[A-Z]{{2}}[0-9A-Z]{{8,12}}$')
)
"""


@pytest.mark.parametrize("kind", ["text", "char(2)"])
def test_column_that_a_rule_computes_of_another_only_where_that_is_set(database: Connection, kind: str) -> None:
    report = filled(database, _VAT.format(kind))

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(distinct country) > 3, count(vat_id) between 10 and 50 from public.t") == (
        True,
        True,
    )


def test_rules_of_which_one_cannot_be_read_cost_that_table_alone(
    database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(table: Table, rules: Iterable[Rule], free: Sequence[str]) -> tuple[Equation, ...]:
        if table.name == "broken":
            raise IndexError
        return equations(table, rules, free)

    for module in ("shape.equations", "seed.generic.computed", "seed.generic.describe"):
        monkeypatch.setattr(f"ttdb.{module}.equations", broken)
    report = filled(
        database, "create table public.broken (id int primary key); create table public.sound (id int primary key);"
    )

    assert report.rows == {"public.broken": 0, "public.sound": 60}
    assert "unexpected IndexError" in report.exceptions["public.broken"]
