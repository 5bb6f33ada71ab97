"""Tenants that no uuid names cannot be kept apart, and that is said before anything is written."""

import re
from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb
from support.psql import psql

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.shape import read_schema
from ttdb.tenancy import Belongs, check, propose, read, revision

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "decide-tenancy.md"
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


def _place(connection: Connection) -> object:
    return connection.execute("select pg_relation_filenode('public.accounts')").fetchone()


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
        before = _place(connection)
        for statement in re.findall(r"alter table [^;]+;", caught.value.hint or ""):
            connection.execute(statement.encode())
        assert _place(connection) == before  # it was not written anew


def test_the_how_to_gives_a_table_in_use_a_uuid_without_a_rewrite(empty_url: Url, tmp_path: Path) -> None:
    (statements,) = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    script = tmp_path / "tenant_key.sql"
    script.write_text(f"\\set ON_ERROR_STOP on\n{statements}", encoding="utf-8")
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute("insert into public.accounts select generate_series(1, 2500)")
        before = _place(connection)

        ended = psql(script, empty_url)

        assert ended.code == 0, ended.err
        assert _place(connection) == before
        connection.execute("insert into public.accounts values (2501)")
        assert connection.execute("select count(distinct tenant_key) from public.accounts").fetchone() == (2501,)
        plan, _ = propose(connection)
    assert plan.key == "tenant_key"


@pytest.mark.parametrize("command", ["plan", "check", "revision"])
def test_the_command_could_not_run(empty_url: Url, file: Path, command: str) -> None:
    with connect(empty_url) as connection:
        carts(connection, "bigint")

    words = ("--tenants", "public.accounts") if command == "plan" else (str(file),)
    ended = ttdb("tenancy", command, *words, "--url", empty_url.conninfo)

    assert (ended.code, ended.out) == (2, "")
    assert "error: public.accounts names its tenants by account_id, a bigint, and not by a uuid" in ended.err


@pytest.mark.parametrize(
    "made",
    [
        "add unique (tenant_key) deferrable",
        "create unique index on public.accounts (tenant_key) where account_id > 0",
        "create unique index on public.accounts ((tenant_key::text))",
        """
        create unique index accounts_half on public.accounts (tenant_key);
        update pg_index set indisvalid = false where indexrelid = 'public.accounts_half'::regclass
        """,
    ],
)
def test_a_uuid_that_no_foreign_key_can_point_at_is_not_taken(empty_url: Url, file: Path, made: str) -> None:
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute("alter table public.accounts add column tenant_key uuid not null")
        connection.execute((f"alter table public.accounts {made}" if made.startswith("add") else made).encode())
        for refused in (lambda: propose(connection), lambda: check(connection, read(file))):
            with pytest.raises(UsageError, match=r"public\.accounts names its tenants by account_id, a bigint"):
                refused()


def test_the_hint_quotes_a_table_that_is_called_by_a_reserved_word(empty_url: Url, file: Path) -> None:
    file.write_text(FILE.replace('tenants = "public.accounts"', 'tenants = "public.user"'), encoding="utf-8")
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute('alter table public.accounts rename to "user"')
        with pytest.raises(UsageError) as caught:
            check(connection, read(file))

    assert 'alter table public."user" add column tenant_key uuid;' in str(caught.value.hint)


def test_a_uuid_beside_the_key_is_taken(empty_url: Url) -> None:
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute(
            "alter table public.accounts add column tenant_key uuid not null default gen_random_uuid() unique"
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


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ('tenant = "own"\ncolumn = "account_id"', "names its tenants by account_id, a bigint, and not by a uuid"),
        ('tenant = "own"\ncolumn = "parent_key"', "names its tenants by parent_key, which may be null or is no key"),
        ('tenant = "own"\ncolumn = "tenant"', "has no column tenant"),
        ('tenant = "parent"\nthrough = "account_id -> public.carts.id"', "has the tenants, which go through nothing"),
    ],
)
def test_a_block_of_the_tenants_that_names_them_otherwise_is_refused(
    empty_url: Url, file: Path, words: str, what: str
) -> None:
    head = FILE.split("[tables", 1)[0]
    blocks = f'[tables."public.accounts"]\n{words}\n\n[tables."public.carts"]\ntenant = "nobody"\n'
    file.write_text(head + blocks, encoding="utf-8")
    with connect(empty_url) as connection:
        carts(connection, "bigint")
        connection.execute(
            "alter table public.accounts add column parent_key uuid unique,"
            " add column tenant_key uuid not null default gen_random_uuid() unique"
        )
        found = {each.table: each for each in check(connection, read(file))}
        with pytest.raises(UsageError, match=r"^public\.accounts "):
            revision(read_schema(connection), read(file), name="shop_0001")

    assert found["public.accounts"].what.startswith(what)
    assert found["public.accounts"].hint == (
        'Write tenant = "own" and column = "tenant_key", the uuid that names a tenant.'
    )


def test_of_several_uuids_the_one_that_the_file_names_is_the_tenants(empty_url: Url, file: Path) -> None:
    own = 'column = "account_id"\n\n[tables."public.carts"]'
    file.write_text(FILE.replace(own, own.replace("account_id", "public_id")), encoding="utf-8")
    with connect(empty_url) as connection:
        connection.execute(
            "create table public.accounts (account_id uuid primary key, public_id uuid not null unique);"
            "create table public.carts (id int primary key, account_id uuid references public.accounts (public_id));"
            "insert into public.accounts values (gen_random_uuid(), gen_random_uuid());"
            "insert into public.carts select 1, public_id from public.accounts"
        )
        assert check(connection, read(file)) == ()
        text = revision(read_schema(connection), read(file), name="shop_0001")

    assert 'protected("public.accounts", tenant_column="public_id", app="select")' in text
    assert 'tenant_column="account_id", tenants_key="public_id"' in text
