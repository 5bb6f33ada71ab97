"""``ttdb upgrade`` on the live platform stops before its first change, and says what stands in its way."""

import csv
import re
from pathlib import Path

import pytest
from fixtures.validated import run_ttdb
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect

from ttdb.postgres.url import Url

# Rows that belong to nobody, of tables that are brought to the plan's shape.
_IN_THE_WAY = ("events", "users", "venues", "payment_transactions")


@pytest.mark.parametrize("flags", [(), ("--plan",)], ids=["upgrade", "plan"])
def test_upgrade_stops_and_names_each_table_in_its_way(legacy_alone_url: Url, flags: tuple[str, ...]) -> None:
    before = catalog(legacy_alone_url) + roles(legacy_alone_url)

    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri(), *flags)

    assert ended.returncode == 1, ended.stderr
    said = ended.stdout + ended.stderr
    assert [table for table in _IN_THE_WAY if f"public.{table} " not in said] == []
    assert catalog(legacy_alone_url) + roles(legacy_alone_url) == before


def test_each_conflict_says_what_to_do(legacy_alone_url: Url) -> None:
    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri())

    said = ended.stdout + ended.stderr
    assert "public.payment_transactions  1 row breaks public_payment_transactions: id=" in said
    assert ": tenant_id must not be null" in said
    assert "Mend them, or let the revision repair or quarantine them; --violations FILE lists all." in said


def test_table_that_is_to_be_made_is_no_conflict(legacy_alone_url: Url) -> None:
    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri())

    assert "public.event_logs" not in ended.stdout + ended.stderr


def test_every_row_in_the_way_is_listed_by_its_key(legacy_alone_url: Url, tmp_path: Path) -> None:
    listed = tmp_path / "rows.csv"

    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri(), "--violations", str(listed))

    assert ended.returncode == 1, ended.stderr
    with listed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["table"].removeprefix("public.") for row in rows} >= set(_IN_THE_WAY)
    with connect(legacy_alone_url) as admin:
        for row in rows:
            table, named = row["table"], row["key"].split(": ", 1)[0]  # what breaks it comes after
            key = dict(re.findall(r"(\w+)=([^,]+)", named)) or {"ctid": named}  # its place, of one that lacks its key
            query = sql.SQL("select count(*) from {} where {}::text = %s")
            for column, value in key.items():
                found = admin.execute(
                    query.format(sql.Identifier(*table.split(".", 1)), sql.Identifier(column)), (value,)
                ).fetchone()
                assert found != (0,), row
