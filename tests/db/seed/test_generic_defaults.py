"""Defaults that the server computes: what a sequence or the clock says is no value to be repeated."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection


@pytest.mark.parametrize(
    "column",
    [
        "no text not null unique default 'INV-' || nextval('public.numbers')",
        "no text primary key default 'INV-' || nextval('public.numbers')",
        "no text default nextval('public.numbers')::text",
        "no text unique default nextval('public.numbers')::text",
    ],
)
def test_text_that_a_sequence_numbers(database: Connection, column: str) -> None:
    report = filled(
        database, f"create sequence public.numbers; create table public.invoices ({column}, total int not null);"
    )

    assert (report.rows, report.exceptions) == ({"public.invoices": 60}, {})
    database.execute("insert into public.invoices (total) values (1)")  # the sequence goes on


@pytest.mark.parametrize(
    "column",
    [
        "jsonb not null default jsonb_build_object('at', now())",
        "tstzrange default tstzrange(now(), now() + interval '1 day')",
        "tstzrange not null default tstzrange(now(), now() + interval '1 day')",
        "time default localtime",
        "time not null default localtime",
        "timestamptz default clock_timestamp()",
        "interval not null default make_interval(secs => extract(epoch from clock_timestamp()))",
        "text not null default clock_timestamp()::text check (length(made) > 3)",
        "uuid default gen_random_uuid()",
        "double precision not null default random()",
        "inet default inet_client_addr()",
        "timestamptz[] not null default array[now()]",
    ],
)
def test_rows_are_the_same_at_another_time(database: Connection, column: str) -> None:
    found = []
    for _ in range(2):
        filled(database, f"create table public.t (id int primary key, note text, made {column});", rows=40)
        found.append(line(database, "select array_agg(t::text order by id) from public.t"))
        database.execute("drop table public.t")

    assert found[0] == found[1]
