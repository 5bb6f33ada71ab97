"""Generated columns in rules and keys: a generic seed chooses what they are computed from."""

import pytest
from support.seeding import filled, line, values

from ttdb.postgres.connect import Connection

_SERVERS_WITH_VIRTUAL = 180_000


def test_rule_on_generated_column_decides_on_what_it_is_computed_from(database: Connection) -> None:
    report = filled(
        database,
        "create table public.t (a int not null, b int generated always as (a * 2) stored, check (b < 1000))",
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(distinct a) > 5 from public.t") == (True,)


def test_rule_may_tie_generated_columns_to_others(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.parcels (
            id int primary key, width int not null, height int not null, label text not null, fee int not null,
            area int generated always as (width * height) stored,
            size_class text generated always as (case when width > 100 then 'large' else 'small' end) stored,
            check (area between 200 and 5000 and fee > area), check (size_class in ('large') or label ~ '^S-[0-9]{3}$')
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.parcels": 60}, {})


def test_unique_key_on_generated_column_has_different_values(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.pages (
            id int generated always as identity primary key, title text not null,
            slug text generated always as (lower(title)) stored unique check (length(slug) < 14),
            words tsvector generated always as (to_tsvector('simple', title)) stored
        );
        create unique index on public.pages (lower(slug));
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.pages": 60}, {})
    assert line(database, "select count(words) from public.pages") == (60,)


def test_generated_column_that_may_not_be_null_has_all_that_it_is_computed_from(database: Connection) -> None:
    report = filled(
        database,
        "create table public.people (id int primary key, first text, last text,"
        " whole text generated always as (first || ' ' || last) stored not null)",
    )

    assert (report.rows, report.exceptions) == ({"public.people": 60}, {})


def test_expression_that_fails_for_some_values_gets_others(database: Connection) -> None:
    report = filled(
        database,
        "create table public.shares (id int primary key, part int not null check (part < 10), whole int not null,"
        " share int generated always as (100 / (whole - 7000003) * (10 / part)) stored)",
    )

    assert (report.rows, report.exceptions) == ({"public.shares": 60}, {})


def test_rule_that_no_value_obeys_is_named_itself(database: Connection) -> None:
    report = filled(
        database,
        "create table public.t (a int not null, b int generated always as (a * 2) stored,"
        " constraint narrow check (b < 10 and b > 12))",
    )

    assert report.exceptions == {"public.t": "narrow"}


def test_virtual_generated_column_is_treated_as_a_stored_one(database: Connection) -> None:
    if database.info.server_version < _SERVERS_WITH_VIRTUAL:
        pytest.skip("no virtual generated columns before PostgreSQL 18")
    report = filled(
        database,
        "create table public.t (a int not null, b int generated always as (a * 2) virtual, c int not null,"
        " check (b < 1000 and c > b))",
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert len(values(database, "select distinct a from public.t")) > 5
