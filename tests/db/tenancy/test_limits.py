"""Decisions that no steps can carry out are refused by table, before there is a revision that would stop half-way."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from support.databases import connect

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.shape import read_schema
from ttdb.tenancy import Belongs, check, propose, read, revision, written

_TABLES = """
create schema "Sales Dept";
create table public.accounts (account_id uuid primary key);
create table public.people (
    "userId" bigint primary key, "AccountId" uuid references public.accounts, email text, code text unique
);
create table public.deals (
    id bigint primary key, buyer uuid references public.accounts, seller uuid references public.accounts
);
create table public.orders (account_id uuid not null, no int not null, primary key (account_id, no));
create table public.lines (account_id uuid, order_no int, line int primary key);
create table public.gifts (giver uuid, order_no int, id int primary key);
create table public.devices (
    id int primary key, "userId" bigint not null references public.people, email text, "position" int unique
);
create table public.badges (id int primary key, code text references public.people (code));
create table public.alarms (id int primary key, place int references public.devices ("position"));
create table public.parts (
    id int primary key, account_id uuid not null, code text, name text, color text, size int, batch uuid,
    unique (color) deferrable
);
create unique index on public.parts (account_id, lower(code));
create unique index on public.parts (name) where name <> '';
create unique index parts_size_key on public.parts (size);
update pg_index set indisvalid = false where indexrelid = 'public.parts_size_key'::regclass;
create table public.pieces (id int primary key, code text, name text, color text, size int, batch text);
create table public.calls (id int primary key, device int, at date);
create table public.readings (device int, at date not null, account_id uuid) partition by range (at);
create table public.later (device int, at date not null, account_id uuid not null, primary key (device, at))
    partition by range (at);
create table public.visits (at date not null, account_id uuid not null) partition by range (at);
create table public.logs (account_id uuid not null, line text);
create table public."Order" (id int primary key, account_id uuid);
create table "Sales Dept".carts (id int primary key, account_id uuid);
create table public.texts (id int primary key, account_id text);
insert into public.accounts select ('aaaaaaaa-0000-4000-8000-00000000000' || n)::uuid from generate_series(1, 2) as n;
insert into public.people select n, ('aaaaaaaa-0000-4000-8000-00000000000' || n)::uuid from generate_series(1, 2) as n;
insert into public.deals select 1, min(account_id::text)::uuid, max(account_id::text)::uuid from public.accounts;
"""
_WORKS: Mapping[str, Mapping[str, Any]] = {
    "public.deals": {"tenant": "own", "column": "buyer"},
    "public.lines": {"tenant": "parent", "through": "account_id, order_no -> public.orders.account_id, no"},
    "public.gifts": {"tenant": "own", "column": "giver"},
    "public.devices": {"tenant": "parent", "through": "userId -> public.people.userId"},
    "public.readings": {"tenant": "nobody"},
    "public.later": {"tenant": "own", "column": "account_id"},
    "public.pieces": {"tenant": "nobody"},
    "public.calls": {"tenant": "nobody"},
    "public.logs": {"tenant": "nobody"},
    "public.Order": {"tenant": "global"},
    "Sales Dept.carts": {"tenant": "global"},
    "public.texts": {"tenant": "nobody"},
}


@pytest.fixture
def works(empty_url: Url) -> Iterator[Connection]:
    with connect(empty_url) as connection:
        connection.execute(_TABLES.encode())
        yield connection


def _decided(works: Connection, file: Path, chosen: Mapping[str, Mapping[str, Any]]) -> None:
    plan, proposals = propose(works, column="account_id")
    document = tomlkit.parse(written(str(plan.tenants), plan.column, proposals))
    tables: Any = document["tables"]
    for table, words in chosen.items():
        tables[table] = dict(words)
    file.write_text(tomlkit.dumps(document), encoding="utf-8")


def test_what_works_is_open_nowhere(works: Connection, tmp_path: Path) -> None:
    file = tmp_path / "tenancy.toml"
    _decided(works, file, _WORKS)

    text = revision(read_schema(works), read(file), name="shop_0001")

    assert check(works, read(file)) == ()
    assert '*tenant_given("public.people", tenants="public.accounts", tenant_column="AccountId"' in text
    assert 'key=["account_id", "no"]' in text
    assert "# public.visits is partitioned" in text
    assert "# public.later is partitioned" in text
    assert 'tenant_given("public.later"' not in text
    assert 'protected("public.later", tenant_column="account_id")' in text


def test_what_foreign_keys_need_beside_the_primary_key_is_made(works: Connection, tmp_path: Path) -> None:
    file = tmp_path / "tenancy.toml"
    _decided(works, file, _WORKS)

    text = revision(read_schema(works), read(file), name="shop_0001")

    of_people = r'index("people_AccountId_code_key", "public.people", "(\"AccountId\", code)"'
    of_devices = r'index("devices_account_id_position_key", "public.devices", "(account_id, \"position\")"'
    assert text.count("    index(") == 2
    for made, key, after in (("people", of_people, "badges"), ("devices", of_devices, "alarms")):
        lines = (f'tenant_given("public.{made}"', key, f'tenant_given("public.{after}"')
        places = [text.find(line) for line in lines]
        assert -1 < places[0] < places[1] < places[2]


@pytest.mark.parametrize(
    ("table", "words", "what", "hint"),
    [
        ("public.Order", {"tenant": "own", "column": "account_id"}, "has a name with capital letters", "Rename it"),
        ("public.Order", {"tenant": "nobody"}, "has a name with capital letters", "Rename it"),
        ("Sales Dept.carts", {"tenant": "undecided"}, "has a name with capital letters, spaces", "Rename it"),
        (
            "public.readings",
            {"tenant": "parent", "through": "device -> public.devices.id"},
            "is partitioned, and cannot be given",
            'write tenant = "own"',
        ),
        (
            "public.readings",
            {"tenant": "own", "column": "account_id"},
            "is partitioned, and its account_id may be null",
            "set it not null first",
        ),
        (
            "public.people",
            {"tenant": "parent", "through": "AccountId -> public.accounts.account_id"},
            "has its tenant in AccountId",
            'Write tenant = "own" and column = "AccountId"',
        ),
        (
            "public.gifts",
            {"tenant": "parent", "through": "giver, order_no -> public.orders.account_id, no"},
            "has its tenant in giver",
            'column = "giver"',
        ),
        (
            "public.devices",
            {"tenant": "parent", "through": "email -> public.people.email"},
            "goes through email of public.people, which is no key",
            "unique (email)",
        ),
        *(
            (
                "public.pieces",
                {"tenant": "parent", "through": f"{name} -> public.parts.{name}"},
                f"goes through {name} of public.parts, which is no key",
                f"unique ({name}), or give public.pieces a column account_id",
            )
            for name in ("code", "name", "color", "size", "batch")
        ),
        (
            "public.calls",
            {"tenant": "parent", "through": "device -> public.later.device"},
            "goes through device of public.later, which is no key of it",
            'fill it, and write tenant = "own": public.later is partitioned by at, without which it can have no key',
        ),
        (
            "public.calls",
            {"tenant": "parent", "through": "device, at -> public.later.device, at"},
            "goes through device, at of public.later, which is no key of it together with its tenant",
            "Give public.later one first, unique (account_id, device, at)",
        ),
        ("public.texts", {"tenant": "own", "column": "account_id"}, "has its tenant in account_id, a text", "Convert"),
        (
            "public.texts",
            {"tenant": "parent", "through": "id -> public.devices.id"},
            "has a column account_id already, a text",
            "Write another name for column",
        ),
        ("public.logs", {"tenant": "own", "column": "account_id"}, "has no primary key", "add primary key"),
        (
            "public.visits",
            {"tenant": "own", "column": "account_id", "audit": True},
            "has no primary key",
            "alter table public.visits add primary key",
        ),
        ("public.gifts", {"tenant": "own", "column": "donor"}, "has no column donor", "Name the column"),
    ],
)
def test_what_cannot_be_is_refused_by_table(  # noqa: PLR0913, PLR0917 - a case is this many facts
    works: Connection, tmp_path: Path, table: str, words: dict[str, Any], what: str, hint: str
) -> None:
    file = tmp_path / "tenancy.toml"
    _decided(works, file, {**_WORKS, table: words})

    found = next(each for each in check(works, read(file)) if each.table == table)
    with pytest.raises(UsageError) as caught:
        revision(read_schema(works), read(file), name="shop_0001")

    assert found.what.startswith(what)
    assert str(caught.value).startswith(f"{table} {what}")
    assert found.hint is not None
    assert hint in found.hint
    assert caught.value.hint == found.hint


def test_a_column_of_another_name_that_points_at_the_tenants_is_the_tables_own(works: Connection) -> None:
    _, proposals = propose(works, column="account_id")

    found = {each.table.removeprefix("public."): each for each in proposals}
    assert (found["people"].belongs, found["people"].column) == (Belongs.OWN, "AccountId")
    assert (found["deals"].belongs, found["deals"].column) == (Belongs.UNDECIDED, "buyer")
    assert found["deals"].through is None


def test_the_usual_column_is_the_one_that_most_tables_have(works: Connection) -> None:
    works.execute("alter table public.orders add foreign key (account_id) references public.accounts")

    plan, _ = propose(works)

    assert plan.column == "account_id"  # and neither AccountId nor buyer, which foreign keys have as often
