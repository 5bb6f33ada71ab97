"""Tables whose keys, rules and references hang together: filled by a generic seed, or named, never all lost for one."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.databases import connect, fresh_database

from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.seed import seed
from ttdb.seed.generic.fill import Filling
from ttdb.seed.generic.layout import Distinct, carriers
from ttdb.seed.generic.scope import Plan


@pytest.fixture
def database(server: Throwaway) -> Iterator[Connection]:
    """Return a session in an empty database."""
    with fresh_database(server.url) as url, connect(url) as connection:
        yield connection


def _filled(database: Connection, tables: str, *, rows: int = 50) -> SeedReport:
    database.execute(tables.encode())
    return seed(database, "generic", rows=rows)


def _one(database: Connection, query: str) -> tuple[Any, ...]:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return row


_VERSIONS = """
create table public.notes (id int primary key);
create table public.versions (
    doc {kind} not null, v int not null, prev int, primary key (doc, v),
    foreign key (doc, prev) references public.versions, check ({rule})
);
"""


@pytest.mark.parametrize("kind", ["uuid", "int"])
@pytest.mark.parametrize("rule", ["(v = 1) = (prev is null)", "prev = v - 1"])
def test_column_of_a_reference_that_is_left_out_has_a_value_of_its_own(
    database: Connection, kind: str, rule: str
) -> None:
    report = _filled(database, _VERSIONS.format(kind=kind, rule=rule))

    assert (report.rows, report.exceptions) == ({"public.notes": 50, "public.versions": 50}, {})


def test_column_of_a_reference_agrees_with_the_parent_where_there_is_one(database: Connection) -> None:
    report = _filled(
        database,
        """
        create table public.things (kind text, id int, primary key (kind, id));
        create table public.uses (
            id int primary key, kind text not null, thing int, foreign key (kind, thing) references public.things
        );
        """,
    )

    assert report.exceptions == {}
    assert 0 < _one(database, "select count(thing) from public.uses")[0] < 50


def test_unforeseen_error_costs_one_table_and_is_named_with_its_place(
    database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Filling.fill

    def fill(filling: Filling, first: int, wanted: int) -> None:
        whole(filling, first, wanted)
        if filling.rows.plan.table.name == "broken":
            raise StopIteration

    monkeypatch.setattr(Filling, "fill", fill)
    report = _filled(
        database,
        "create table public.broken (id int primary key); create table public.sound (id int primary key);"
        "create table public.child (id int primary key, broken_id int references public.broken);",
    )

    assert report.rows == {"public.broken": 0, "public.sound": 50, "public.child": 50}
    assert set(report.exceptions) == {"public.broken"}
    assert report.exceptions["public.broken"].startswith("a defect in ttdb, at ttdb/seed/generic/run.py:")
    assert report.exceptions["public.broken"].endswith("unexpected StopIteration")


def test_error_while_keys_are_chosen_costs_one_table(database: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(ask: Distinct, plan: Plan) -> dict[str, Any]:
        if plan.table.name == "broken":
            raise IndexError
        return dict(carriers(ask, plan))

    monkeypatch.setattr("ttdb.seed.generic.run.carriers", broken)
    report = _filled(
        database, "create table public.broken (id int primary key); create table public.sound (id int primary key);"
    )

    assert report.rows == {"public.broken": 0, "public.sound": 50}
    assert "unexpected IndexError" in report.exceptions["public.broken"]
