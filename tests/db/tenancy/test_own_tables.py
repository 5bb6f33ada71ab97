"""What ttdb and Alembic write themselves is not proposed, and a file that decides on it is refused."""

from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.errors import UsageError
from ttdb.postgres.url import Url
from ttdb.shape import read_schema
from ttdb.tenancy import check, propose, read, revision

OURS = ("public.alembic_version", "public.shop_version", "ttdb.ledger", "ttdb_bootstrap.former_owners")


@pytest.fixture
def url(empty_url: Url) -> Url:
    """Return a shop's database that ttdb and the shop's own Alembic have been at."""
    with connect(empty_url) as connection:
        connection.execute(Path(__file__).with_name("shop.sql").read_bytes())
        for table in OURS[:2]:
            connection.execute(f"create table {table} (version_num varchar(32) primary key)".encode())
        for schema in ("ttdb", "ttdb_bootstrap"):
            connection.execute(f"create schema {schema}".encode())
        for table in OURS[2:]:
            connection.execute(f"create table {table} (id bigint primary key)".encode())
    return empty_url


def test_they_are_not_proposed(url: Url) -> None:
    with connect(url) as connection:
        _, proposals = propose(connection)

    named = {each.table for each in proposals}
    assert named.isdisjoint(OURS)
    assert "public.schema_migrations" in named


@pytest.mark.parametrize("table", OURS)
def test_a_file_that_decides_on_them_is_refused(url: Url, tmp_path: Path, table: str) -> None:
    file = tmp_path / "tenancy.toml"
    file.write_text(
        f'tenants = "public.tenants"\ncolumn = "tenant_id"\n\n[tables."{table}"]\ntenant = "nobody"\n', encoding="utf-8"
    )

    with connect(url) as connection:
        for refused in (
            lambda: check(connection, read(file)),
            lambda: revision(read_schema(connection), read(file), name="shop_0001"),
        ):
            with pytest.raises(UsageError, match=f"{table} is a table of ttdb's or Alembic's own") as caught:
                refused()
            assert caught.value.hint == f'Take the block [tables."{table}"] out of the file.'


@pytest.mark.parametrize("command", ["check", "revision"])
def test_the_command_says_so_and_could_not_run(url: Url, tmp_path: Path, command: str) -> None:
    file = tmp_path / "tenancy.toml"
    file.write_text(
        'tenants = "public.tenants"\ncolumn = "tenant_id"\n\n[tables."ttdb.ledger"]\ntenant = "nobody"\n',
        encoding="utf-8",
    )

    ended = ttdb("tenancy", command, str(file), "--url", url.conninfo)

    assert (ended.code, ended.out) == (2, "")
    assert 'Take the block [tables."ttdb.ledger"] out of the file.' in ended.err
