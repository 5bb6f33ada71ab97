"""Rows are made that satisfy a hard schema, the same in every run; what refuses all of them is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.shape import CannotMake, Made, Maker, Ownership, Schema, read_schema

_HARD = Path(__file__).with_name("hard.sql")
_REFUSED = {
    "hard.nothing": "nothing_never_check",
    "hard.closed": "closed for good",
}


@pytest.fixture
def hard(empty_url: Url) -> Iterator[Connection]:
    with connect(empty_url) as connection:
        connection.execute(_HARD.read_bytes())
        connection.execute("set search_path = ''")
        yield connection


def ownership(schema: Schema) -> Ownership:
    """Say whose rows are whose, by the column's name."""
    columns = {oid: "tenant_id" for oid, table in schema.tables.items() if table.column("tenant_id")}
    named = {str(table): oid for oid, table in schema.tables.items()}
    columns[named["hard.tenants"]] = "id"
    owned = frozenset({*columns, named["hard.cards"], named["hard.lines"]})
    return Ownership(columns, owned, tenants_table=named["hard.tenants"])


def make_all(connection: Connection) -> tuple[list[Made], dict[str, str]]:
    """Make a row of two tenants in each table; return them, and what could not be made."""
    schema = read_schema(connection)
    refused: dict[str, str] = {}
    with connection.transaction(force_rollback=True):
        maker = Maker(connection, schema, ownership(schema), {})
        tenants = [maker.new_tenant(next(iter(schema.tables))) for _ in range(2)]
        for oid, table in schema.tables.items():
            for tenant in tenants:
                try:
                    maker.attempt(oid, tenant)
                except CannotMake as error:
                    refused[str(table)] = str(error)
    return maker.made, refused


def test_rows_of_two_tenants_are_made_in_every_table_that_takes_any(hard: Connection) -> None:
    made, refused = make_all(hard)

    assert refused.keys() == _REFUSED.keys(), refused
    assert all(_REFUSED[name] in why for name, why in refused.items())
    tenants = {each.tenant for each in made if each.tenant is not None}
    assert len(tenants) == 2
    for leaf in ("hard.readings_2031_eu", "hard.readings_rest", "hard.loud_notes", "hard.invoices", "hard.lines"):
        assert {each.tenant for each in made if str(each.table) == leaf} == tenants, leaf


def test_rows_made_again_are_the_same(hard: Connection) -> None:
    first, _ = make_all(hard)
    again, _ = make_all(hard)

    assert [(str(each.table), each.row) for each in first] == [(str(each.table), each.row) for each in again]


def test_statements_make_the_same_rows_without_asking(hard: Connection) -> None:
    made, _ = make_all(hard)

    with hard.transaction():
        hard.execute("set constraints all deferred")
        for each in made:
            hard.execute(each.statement)

    invoices = [each.row for each in made if str(each.table) == "hard.invoices"]
    stored = hard.execute("select to_jsonb(i) from hard.invoices as i").fetchall()
    assert sorted(row["id"] for row in invoices) == sorted(row["id"] for (row,) in stored)
