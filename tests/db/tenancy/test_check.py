"""A tenancy file held against its database, and kept when the plan is made again."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.tenancy import check, propose, read, written

_CHOSEN = {
    "public.transfers": {"tenant": "parent", "through": "order_id -> public.orders.id"},
    "public.countries": {"tenant": "global"},
    "public.reviews": {"tenant": "parent", "through": "written_by -> public.users.id"},
}


def _open(shop: Connection, file: Path) -> dict[str, str]:
    return {each.table.removeprefix("public."): each.what for each in check(shop, read(file))}


def _decide(file: Path, text: str, chosen: Mapping[str, Mapping[str, str]]) -> None:
    """Write into the file what a DBA would."""
    document = tomlkit.parse(text)
    tables: Any = document["tables"]
    for table, words in chosen.items():
        for key in ("tenant", "through", "column"):
            tables[table].pop(key, None)
        tables[table].update(words)
    file.write_text(tomlkit.dumps(document))


@pytest.fixture
def file(plan: str, tmp_path: Path) -> Path:
    """Return the plan's file as it is first written."""
    path = tmp_path / "tenancy.toml"
    path.write_text(plan)
    return path


@pytest.fixture
def plan(shop: Connection) -> str:
    made, proposals = propose(shop)
    return written(str(made.tenants), made.column, proposals)


def test_what_is_undecided_and_rows_without_a_tenant_are_open(shop: Connection, file: Path) -> None:

    found = {each.table: each for each in check(shop, read(file))}

    assert {name for name, each in found.items() if each.what == "undecided"} == set(_CHOSEN)
    assert found["public.users"].rows == 1
    assert found["public.users"].keys == ("bbbbbbbb-0000-4000-8000-000000000020",)
    assert found["public.shipments"].rows == 2
    assert found["public.orders"].rows == 1
    assert found.keys() == {*_CHOSEN, "public.users", "public.shipments", "public.orders"}


def test_row_of_a_key_of_several_columns_is_named_by_all_of_them(shop: Connection, file: Path) -> None:
    shop.execute("alter table public.shipments add column leg int default 7")
    shop.execute("alter table public.shipments drop constraint shipments_pkey, add primary key (id, leg)")

    keys = next(each.keys for each in check(shop, read(file)) if each.table == "public.shipments")

    assert len(keys) == 2
    assert all(re.fullmatch("id=[0-9a-f-]{36}, leg=7", key) for key in keys)


def test_nothing_is_open_when_all_is_decided_and_mended(shop: Connection, file: Path) -> None:
    _decide(file, file.read_text(), _CHOSEN)
    shop.execute("delete from public.reviews where written_by = 'bbbbbbbb-0000-4000-8000-000000000020'")
    shop.execute("delete from public.users where tenant_id is null")
    shop.execute("delete from public.orders where tenant_id = '00000000-0000-0000-0000-000000000000'")
    shop.execute(
        "delete from public.shipments as s where not exists (select from public.orders as o where o.id = s.order_id)"
    )

    assert check(shop, read(file)) == ()


@pytest.mark.parametrize(
    ("table", "words", "what"),
    [
        ("public.countries", {"tenant": "own", "column": "tenant"}, "has no column tenant"),
        ("public.countries", {"tenant": "parent", "through": "code"}, "cannot be read"),
        ("public.countries", {"tenant": "parent", "through": "code -> public.lands.id"}, "public.lands, which is not"),
        ("public.countries", {"tenant": "parent", "through": "land -> public.users.id"}, "public.countries.land"),
        ("public.transfers", {"tenant": "parent", "through": "id -> public.countries.code"}, "leads to no table"),
        ("public.transfers", {"tenant": "parent", "through": "id -> public.transfers.id"}, "leads to no table"),
    ],
)
def test_decision_that_cannot_be_is_open(
    shop: Connection, file: Path, table: str, words: dict[str, str], what: str
) -> None:
    _decide(file, file.read_text(), {**_CHOSEN, table: words})

    assert what in _open(shop, file)[table.removeprefix("public.")]


def test_table_that_came_or_went_is_open(shop: Connection, file: Path) -> None:
    shop.execute("create table public.baskets (id int primary key); drop table public.messages")

    found = _open(shop, file)

    assert found["baskets"].startswith("not in the file")
    assert found["messages"] == "in the file, and not in the database"


def test_misspelt_block_names_the_table_that_is_meant(shop: Connection, file: Path) -> None:
    file.write_text(file.read_text().replace('[tables."public.messages"]', '[tables."public.mesages"]'))

    found = {each.table: each for each in check(shop, read(file))}

    assert [name for name, each in found.items() if each.absent] == ["public.mesages"]
    assert (found["public.mesages"].hint or "").startswith('Did you mean "public.messages"? If not, take the block')


def test_what_was_decided_stays_with_its_comments(shop: Connection, file: Path) -> None:
    _decide(
        file,
        file.read_text().replace('[tables."public.messages"]', '[tables."public.messages"] # as Ada said'),
        _CHOSEN,
    )
    shop.execute("create table public.baskets (id int primary key)")

    made, proposals = propose(shop)
    again = written(str(made.tenants), made.column, proposals, file.read_text())

    tables = tomllib.loads(again)["tables"]
    assert {name: tables[name]["tenant"] for name in _CHOSEN} == {
        name: words["tenant"] for name, words in _CHOSEN.items()
    }
    assert tables["public.baskets"]["tenant"] == "undecided"
    assert "# as Ada said" in again


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tenants = ", "not valid TOML"),
        ("a = 1", "is no tenancy file"),
        ('tenants = "public.tenants"\ncolumn = "t"\n[tables.a]\ntenant = "mine"', 'table "a" has no valid tenant'),
        ('tenants = "public.tenants"\ncolumn = "t"\n[tables.a]\ntenant = "own"', 'table "a" lacks column'),
    ],
)
def test_file_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tenancy.toml"
    file.write_text(text)

    with pytest.raises(UsageError, match=message):
        read(file)
