"""Texts and other values that tell rows apart and have a form that a rule asks for: as many as rows are wanted."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_UNIQUE = "create table public.t (id int primary key, code {});"
_KEY = "create table public.t (code {});"
_RULES = (
    "text not null unique check (code like 'SKU-%')",
    r"text not null unique check (code like 'tok\_%')",
    "text not null unique check (left(code, 3) = 'ORD')",
    "text not null unique check (split_part(code, ':', 1) = 'urn')",
    "text not null unique check (code ^@ 'https://')",
    "text not null unique check (starts_with(code, 'acct_') and char_length(code) > 8)",
    "text not null unique check (lower(code) like 'sku%')",
    "text not null unique check (code like any (array['A-%', 'B-%']))",
    "text not null unique check (code like '%.pdf')",
    "text not null unique check (code ~ '^[A-Z0-9]+$' and length(code) = 6)",
    "char(3) not null unique check (code = upper(code) and length(code) = 3)",
    "text not null unique check (code like 'PRJ-%' and length(code) = 10)",
    "text not null unique check (code = lower(code) and code !~ '[0-9]' and length(code) between 5 and 9)",
    "text not null unique check (code ~ '^[A-Z]{2}' and right(code, 2) = 'ZZ')",
    "text not null unique check (code like '__-____')",
)
_KEYS = (
    "text primary key check (code like 'cus_%')",
    "text primary key check (position('@' in code) > 1)",
    "text primary key check (length(code) = 6 and code = upper(code))",
    "cidr primary key check (masklen(code) = 24)",
    "date primary key check (code = date_trunc('month', code))",
    "date primary key check (extract(isodow from code) = 1)",
    "cidr primary key check (family(code) = 6 and masklen(code) = 64)",
    "inet primary key check (family(code) = 6)",
    "uuid primary key check (substr(code::text, 15, 1) = '4')",
    "uuid primary key check (code::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]')",
)


@pytest.mark.parametrize("column", [*(_UNIQUE.format(each) for each in _RULES), *(_KEY.format(each) for each in _KEYS)])
def test_key_of_a_form_has_as_many_values_as_rows(database: Connection, column: str) -> None:
    report = filled(database, column)

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(*) from public.t where code::text like '%!%%' escape '!'") == (0,)


def test_key_of_a_domain_with_a_form_has_as_many_values_as_rows(database: Connection) -> None:
    report = filled(
        database,
        """
        create domain public.em as text check (value ~ '@');
        create table public.t (id int primary key, a public.em not null unique, b public.em unique);
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    found = line(database, "select count(*) from public.t where (a || coalesce(b, a)) ~ '@[^.]*[.](com|org|net|test)'")
    assert found == (60,)


def test_value_of_a_pattern_is_what_a_person_writes(database: Connection) -> None:
    filled(database, _UNIQUE.format("text not null unique check (code like 'PRJ-%' and length(code) = 10)"))

    assert line(database, "select min(code) from public.t") == ("PRJ-000001",)
