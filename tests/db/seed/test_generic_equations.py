"""Columns that a rule computes from others, and documents that it wants something in: filled, and not all alike."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

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
        ("n int not null unique, twice int not null, check (twice = n * 2)", "twice", 60),
    ],
)
def test_column_that_a_rule_computes_is_computed(database: Connection, columns: str, varied: str, least: int) -> None:
    report = filled(database, f"create table public.t (id int primary key, {columns})")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, _DIFFERENT.format(varied, least)) == (True,)
