"""Tenants that no uuid names cannot be kept apart, and that is said before anything is written."""

from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.shape import read_schema
from ttdb.tenancy import Belongs, check, propose, read, revision

FILE = """tenants = "public.accounts"
column = "account_id"

[tables."public.accounts"]
tenant = "own"
column = "account_id"

[tables."public.carts"]
tenant = "own"
column = "account_id"
"""


def carts(connection: Connection, kind: str) -> None:
    connection.execute(f"create table public.accounts (account_id {kind} primary key)".encode())
    connection.execute(
        f"create table public.carts (id int primary key, account_id {kind} references public.accounts)".encode()
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tenancy.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["bigint", "text"])
def test_a_key_that_is_no_uuid_is_refused_by_name_and_type(empty_url: Url, file: Path, kind: str) -> None:
    with connect(empty_url) as connection:
        carts(connection, kind)
        for refused in (
            lambda: propose(connection),
            lambda: check(connection, read(file)),
            lambda: revision(read_schema(connection), read(file), name="shop_0001"),
        ):
            with pytest.raises(
                UsageError, match=f"public.accounts names its tenants by account_id, a {kind},"
            ) as caught:
                refused()
            assert caught.value.hint is not None
            assert "alter table public.accounts add column tenant_key uuid" in caught.value.hint


@pytest.mark.parametrize("command", ["plan", "check", "revision"])
def test_the_command_could_not_run(empty_url: Url, file: Path, command: str) -> None:
    with connect(empty_url) as connection:
        carts(connection, "bigint")

    words = ("--tenants", "public.accounts") if command == "plan" else (str(file),)
    ended = ttdb("tenancy", command, *words, "--url", empty_url.conninfo)

    assert (ended.code, ended.out) == (2, "")
    assert "error: public.accounts names its tenants by account_id, a bigint, and not by a uuid" in ended.err


def test_a_uuid_beside_the_key_is_taken(empty_url: Url) -> None:
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute(
            "alter table public.accounts add column tenant_key uuid not null default gen_random_uuid() unique,"
            " add unique (tenant_key, account_id)"
        )
        plan, proposals = propose(connection)

    found = {each.table: each for each in proposals}
    assert (plan.key, plan.column) == ("tenant_key", "tenant_id")
    assert found["public.carts"].belongs is Belongs.PARENT
    assert found["public.carts"].through == "account_id -> public.accounts.account_id"


def test_a_misspelt_table_of_tenants_is_refused(empty_url: Url, file: Path) -> None:
    file.write_text(FILE.replace('tenants = "public.accounts"', 'tenants = "public.acounts"'), encoding="utf-8")
    with connect(empty_url) as connection:
        carts(connection, "uuid")
        for refused in (
            lambda: check(connection, read(file)),
            lambda: revision(read_schema(connection), read(file), name="shop_0001"),
        ):
            with pytest.raises(UsageError, match=r'there is no table "public\.acounts"') as caught:
                refused()
            assert caught.value.hint == 'Correct tenants in the file: did you mean "public.accounts"?'
