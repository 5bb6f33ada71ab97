"""ttdb seed generic as a user meets it: what it prints, what it refuses, what it exits with."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect, fresh_database

from ttdb.cli.app import run
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

_SCHEMAS = Path(__file__).parents[1] / "fixtures" / "schemas"


@pytest.fixture
def library(server: Throwaway) -> Iterator[Url]:
    """Return a database with a schema of its own."""
    with fresh_database(server.url) as url:
        with connect(url) as connection:
            connection.execute((_SCHEMAS / "library.sql").read_bytes())
        yield url


def test_answer_is_rows_by_table_and_what_stayed_empty(library: Url, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["seed", "generic", "--rows", "25", "--url", library.uri()])

    out = re.sub(r"in [0-9.]+ s.*\.", "in N s.", capsys.readouterr().out)
    assert code == 1  # two tables are left empty
    assert (
        out
        == """\
rows  table
   0  library.never
  25  library.rooms
   0  library.after_never
  25  library.notes
  25  library.visitors
  25  library.authors
  25  library.books
  25  library.loans
  25  library.stamps
Wrote 175 rows of scenario "generic", seed 1, in N s.

No column is taken for the tenant. --tenant-column names one.

Left empty, because of:
  library.never        never_n_check1
  library.after_never  after_never_never_id_fkey finds no row to refer to
"""
    )


def test_json_holds_the_exceptions(library: Url, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["seed", "generic", "--rows", "10", "--format", "json", "--url", library.uri()])

    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert report["rows"]["library.books"] == 10
    assert sorted(report["exceptions"]) == ["library.after_never", "library.never"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            ("generic", "--orders", "5"),
            '--orders does not go with the scenario "generic"',
            "Say by --rows how many rows each table is to have.",
        ),
        (
            ("generic", "--reset"),
            '--reset does not go with the scenario "generic"',
            "A generic seed does not know its own rows: make the database anew, or pass --append.",
        ),
        (("generic", "--jobs", "2"), '--jobs does not go with the scenario "generic"', "Leave it out."),
        (("minimal", "--rows", "5"), '--rows does not go with the scenario "minimal"', "Leave it out."),
        (
            ("generic", "--tenant-column", "owner"),
            "no table has a column owner",
            "Name the column that holds the tenant, or none.",
        ),
    ],
)
def test_flags_that_do_not_go_together(
    library: Url, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str, hint: str
) -> None:
    assert run(["seed", *arguments, "--url", library.uri()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(f"error: {message}\nhint: {hint}\n")


def test_database_without_tables_is_refused(empty_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "generic", "--url", empty_url.uri()]) == 2
    assert capsys.readouterr().err.endswith("has no table to seed\nhint: Make its tables first.\n")


@pytest.fixture
def accounts(server: Throwaway) -> Iterator[Url]:
    """Return a database in which an account is a user's, and no tenant."""
    with fresh_database(server.url) as url:
        with connect(url) as connection:
            connection.execute(
                "create table accounts (id int primary key);"
                "create table posts (id int primary key, account_id int not null references accounts);"
                "create table likes (id int primary key, account_id int not null references accounts)"
            )
        yield url


def test_answer_says_what_is_taken_for_the_tenant(accounts: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "generic", "--rows", "20", "--url", accounts.uri()]) == 0

    assert capsys.readouterr().out.endswith(
        "\n\nTaken for the tenant: column account_id, and public.accounts for the tenants, as many as --tenants says."
        " --tenant-column names another, or none.\n"
    )


def test_json_says_what_is_taken_for_the_tenant(accounts: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "generic", "--rows", "20", "--format", "json", "--url", accounts.uri()]) == 0

    report = json.loads(capsys.readouterr().out)
    assert (report["tenant_column"], report["tenants_table"]) == ("account_id", "public.accounts")
    assert report["rows"] == {"public.accounts": 5, "public.likes": 20, "public.posts": 20}


def test_column_called_like_a_tenants_is_none_where_that_is_said(
    accounts: Url, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["seed", "generic", "--rows", "20", "--tenant-column", "none", "--no-bulk"]
    assert run([*arguments, "--format", "json", "--url", accounts.uri()]) == 0

    report = json.loads(capsys.readouterr().out)
    assert (report["tenant_column"], report["tenants_table"]) == (None, None)
    assert report["rows"] == {"public.accounts": 20, "public.likes": 20, "public.posts": 20}


def test_empty_tenant_column_is_refused(accounts: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "generic", "--tenant-column", "", "--url", accounts.uri()]) == 2

    assert capsys.readouterr().err.endswith(
        "error: --tenant-column is empty\nhint: Name the column that holds the tenant, or none.\n"
    )


def test_reason_of_several_lines_is_told_in_one(empty_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    with connect(empty_url) as connection:
        connection.execute(
            "create table notes (id int primary key);"
            "create function deny() returns trigger language plpgsql as $$ begin raise 'line one\nline two'; end $$;"
            "create trigger deny before insert on notes for each row execute function deny()"
        )

    assert run(["seed", "generic", "--rows", "5", "--url", empty_url.uri()]) == 1
    assert capsys.readouterr().out.endswith("\n  public.notes  trigger deny: line one line two\n")
