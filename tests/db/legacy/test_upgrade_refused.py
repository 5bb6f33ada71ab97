"""``ttdb upgrade`` on the live platform stops before its first change, and says what stands in its way."""

import pytest
from fixtures.validated import run_ttdb
from support.catalog import catalog, roles

from ttdb.postgres.url import Url

_IN_THE_WAY = ("events", "order_discounts", "order_items", "orders", "tenants", "ticket_types", "users", "venues")


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
    assert "alter table public.users alter column tenant_id set not null" in said
