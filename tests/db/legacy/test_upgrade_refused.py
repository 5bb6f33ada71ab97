"""``ttdb upgrade`` on the live platform stops before its first change, and says what stands in its way."""

import pytest
from fixtures.validated import run_ttdb
from support.catalog import catalog, roles

from ttdb.postgres.url import Url

_MONTHLY = {"audit_logs": "created_at", "notification_history": "sent_at", "payment_transactions": "created_at"}
# Rows that belong to nobody, of tables that are brought to the plan's shape; and what has incoming foreign keys.
_IN_THE_WAY = ("events", "users", "venues", *_MONTHLY)


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
    assert "column tenant_id may be null" in said
    assert "alter table public.payment_transactions alter column tenant_id set not null" in said


@pytest.mark.parametrize(("table", "moment"), _MONTHLY.items())
def test_table_that_stands_unpartitioned_is_told_so_and_how_to_make_room(
    legacy_alone_url: Url, table: str, moment: str
) -> None:
    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri())

    said = ended.stdout + ended.stderr
    assert f"it stands, but is not partitioned by RANGE ({moment})" in said
    assert f"alter table public.{table} set schema before_ttdb;" in said
    assert f"column {moment} may be null" in said


def test_table_that_is_to_be_made_is_no_conflict(legacy_alone_url: Url) -> None:
    ended = run_ttdb("upgrade", "--url", legacy_alone_url.uri())

    assert "public.event_logs" not in ended.stdout + ended.stderr
