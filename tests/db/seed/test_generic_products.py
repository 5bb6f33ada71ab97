"""Keys of columns that each have a few values: all that they make together are used."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_KEYS = {
    "label and number": ("kind public.kind not null, n int not null check (n between 1 and 30), unique (kind, n)", 90),
    "two numbers": (
        "d smallint not null check (d between 1 and 7), m int not null check (m >= 1 and m <= 12), primary key (d, m)",
        84,
    ),
    "words": (
        "w text check (w in ('s', 'm', 'l')) not null, n int not null check (n > 0 and n <= 25), unique (w, n)",
        75,
    ),
    "tied": (
        (
            "a int not null check (a between 1 and 12), b int not null check (b > 0 and b < 13),"
            " check (a < b), unique (a, b)"
        ),
        66,
    ),
}


@pytest.mark.parametrize(("columns", "possible"), _KEYS.values(), ids=_KEYS)
@pytest.mark.parametrize("rows", [60, 100])
def test_all_values_of_a_key_are_used(database: Connection, columns: str, possible: int, rows: int) -> None:
    report = filled(
        database,
        f"create type public.kind as enum ('a', 'b', 'c'); create table public.t ({columns}, note text);",
        rows=rows,
    )

    assert report.rows["public.t"] == min(rows, possible)


def test_null_is_one_of_the_values(database: Connection) -> None:
    report = filled(
        database,
        """
        create type public.kind as enum ('a', 'b', 'c');
        create table public.t (
            id int primary key, kind public.kind, flag boolean not null, n int not null check (n between 1 and 20),
            unique (kind, flag, n)
        );
        """,
        rows=300,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 300}, {})
    assert line(database, "select count(kind) from public.t") == (120,)


def test_all_values_are_used_within_each_tenant(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.t (
            tenant_id int not null references public.tenants, day int not null check (day between 1 and 7),
            hour int not null check (hour between 0 and 9), unique (tenant_id, day, hour)
        );
        """,
        rows=120,
    )

    assert (report.rows["public.t"], report.exceptions) == (120, {})
