"""Unique keys that are about some rows only: a generic seed goes on with rows that they are not about."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection


@pytest.mark.parametrize("key", ["(tenant_id, (1))", "((1))", "(tenant_id, coalesce(name, ''))"])
def test_rows_beyond_a_key_on_an_expression_are_none_of_its(database: Connection, key: str) -> None:
    report = filled(
        database,
        f"""
        create table public.tenants (id int primary key);
        create table public.t (
            id int primary key, tenant_id int not null references public.tenants, is_default boolean not null,
            name text check (name in ('a', 'b'))
        );
        create unique index on public.t {key} where is_default;
        """,
        rows=300,
    )

    assert (report.rows["public.t"], report.exceptions) == (300, {})
    assert line(database, "select count(*) > 0 from public.t where is_default") == (True,)


def test_null_can_be_repeated_in_a_key_of_few_values(database: Connection) -> None:
    report = filled(
        database,
        """
        create type public.place as enum ('first', 'second', 'third');
        create table public.t (
            id int primary key, is_main boolean unique, place public.place, of int not null default 1,
            unique (place, of)
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(is_main), count(distinct place) from public.t") == (2, 3)


def test_key_whose_nulls_are_equal_is_named_when_all_values_are_taken(database: Connection) -> None:
    report = filled(
        database,
        "create table public.t (id int primary key, is_main boolean,"
        " constraint main_only_once unique nulls not distinct (is_main))",
    )

    assert report.rows == {"public.t": 3}
    assert report.exceptions == {"public.t": "main_only_once: every value is taken"}
