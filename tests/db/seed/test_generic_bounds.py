"""Values within bounds that rules set: large numbers, lists of some length, numbers that a person believes."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_RANGE = "select min({0}), max({0}), count(distinct {0}) from public.t"


@pytest.mark.parametrize(
    "column",
    [
        "bigint not null check (v > 1500000000000)",
        "bigint not null check (v > 3000000000)",
        "numeric not null check (v > 3000000000)",
        "numeric(14, 2) not null check (v >= 3000000000.5)",
        "bigint not null check (v between 10000000000 and 99999999999)",
        "bigint not null unique check (v between 10000000000 and 99999999999)",
        "bigint not null check (v < -3000000000)",
    ],
)
def test_number_beyond_32_bits_is_found(database: Connection, column: str) -> None:
    report = filled(database, f"create table public.t (id int primary key, v {column})")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(distinct v) > 4 from public.t") == (True,)


@pytest.mark.parametrize(
    ("column", "lengths"),
    [
        ("text[] not null check (cardinality(v) between 2 and 4)", (2, 4)),
        ("text[] not null check (array_length(v, 1) >= 2)", (2, 3)),
        ("text[] not null check (cardinality(v) = 2)", (2, 2)),
        ("int[] not null check (cardinality(v) = 8)", (8, 8)),
        ("numeric[] not null check (array_length(v, 1) = 10)", (10, 10)),
        ("uuid[] not null check (cardinality(v) >= 3)", (3, 4)),
        ("date[] not null check (cardinality(v) = 5)", (5, 5)),
    ],
)
def test_list_has_a_length_that_its_rule_takes(database: Connection, column: str, lengths: tuple[int, int]) -> None:
    report = filled(database, f"create table public.t (id int primary key, v {column})")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select min(cardinality(v)), max(cardinality(v)) from public.t") == lengths
    assert line(database, "select count(distinct v) > 4 from public.t") == (True,)


@pytest.mark.parametrize(
    ("column", "least", "most"),
    [
        ("exp_year int not null check (exp_year >= 2000)", 2025, 2040),
        ("year smallint not null check (year between 1900 and 2100)", 1900, 2100),
        ("model_year int not null check (model_year > 1885 and model_year <> 1900)", 2010, 2030),
        ("quantity int not null check (quantity % 5 = 0 and quantity > 0)", 5, 5000),
        ("weight numeric(8, 2) not null check (weight > 0 and weight < 250)", 0, 250),
    ],
)
def test_number_is_one_that_a_person_believes(database: Connection, column: str, least: int, most: int) -> None:
    name = column.partition(" ")[0]
    report = filled(database, f"create table public.t (id int primary key, {column})", rows=200)
    lowest, highest, different = line(database, _RANGE.format(name))

    assert (report.rows, report.exceptions) == ({"public.t": 200}, {})
    assert least <= lowest
    assert highest <= most
    assert different >= 6
