"""Months by a login with no more rights than it needs, and on the way down and up again."""

import psycopg
import pytest
from support.catalog import catalog
from support.databases import connect
from support.migrating import SETTINGS, Place

from ttdb.errors import TtdbError
from ttdb.migrate import partitions
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import silent
from ttdb.postgres.connect import scalar

_ROWS = """
insert into public.tenants (name, slug) values ('A', 'a');
insert into public.event_logs (tenant_id, timestamp, service, event_type)
select t.id, m, 's', 'e' from public.tenants as t, unnest('{2024-01-05, 2024-02-05, 2010-01-01}'::timestamptz[]) as m;
"""


def test_a_plain_login_makes_retires_attaches_and_undoes_months(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    with connect(place.admin) as admin:
        admin.execute(_ROWS)
    first, last = partitions.month("2024-01"), partitions.month("2024-02")

    assert len(partitions.ensure(place.migrator, SETTINGS, silent, first=first, last=last)) == 10
    assert partitions.ensure(place.migrator, SETTINGS, silent, first=first, last=last) == []
    gone = partitions.retire(place.migrator, SETTINGS, silent, table="event_logs")
    assert [item.leaf for item in gone] == ["public.event_logs_2024_01", "public.event_logs_2024_02"]
    back = partitions.ensure(place.migrator, SETTINGS, silent, first=first, last=last)
    assert [(item.table, item.outcome) for item in back] == [("public.event_logs", "attached again")] * 2

    with connect(place.admin) as admin:
        assert scalar(admin, "select count(*) from public.event_logs") == 3
    with connect(place.migrator) as migrator:
        migrator.execute("set role ttdb_owner")
        migrator.execute("select ttdb.unpartition_by_month('public.event_logs')")
        migrator.execute("select ttdb.forget_unique('public.payment_transactions', '{payment_intent_id}')")
        migrator.execute("select ttdb.keep_unique('public.payment_transactions', '{payment_intent_id}', 'taken', true)")


@pytest.mark.parametrize("target", ["platform_0007", "platform@base", "base"])
def test_down_and_up_again_with_months_present_ends_in_the_same_catalog(place: Place, target: str) -> None:
    upgrade(place.migrator, SETTINGS)
    fresh = catalog(place.admin)
    first, last = partitions.month("2024-01"), partitions.month("2024-02")
    partitions.ensure(place.migrator, SETTINGS, silent, first=first, last=last)
    with connect(place.admin) as admin:
        admin.execute(_ROWS)
    partitions.retire(place.migrator, SETTINGS, silent, table="event_logs", before=partitions.month("2024-02"))

    downgrade(place.migrator, SETTINGS, target)
    upgrade(place.migrator, SETTINGS)

    again = [line for line in catalog(place.admin) if "_2024_0" not in line]
    assert again == fresh
    with connect(place.admin) as admin:
        # The retired month outlived the downgrade: it is a table by itself.
        assert scalar(admin, "select count(*) from public.event_logs_2024_01") == 1
    if target == "platform_0007":  # with its foreign keys it lost the proof that what it names exists
        with pytest.raises(TtdbError, match="lacks a foreign key"):
            partitions.ensure(place.migrator, SETTINGS, silent, first=first, last=last)


def test_a_retired_month_can_be_dumped_by_the_operator_and_dropped_by_the_owner(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    with connect(place.admin) as admin:
        admin.execute(_ROWS)
    only = partitions.month("2024-01")
    partitions.ensure(place.migrator, SETTINGS, silent, first=only, last=only)
    partitions.retire(place.migrator, SETTINGS, silent, table="public.event_logs")

    with connect(place.migrator) as migrator:
        migrator.execute("set role ttdb_operator")
        assert scalar(migrator, "select count(*) from public.event_logs_2024_01") == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            migrator.execute("drop table public.event_logs_2024_01")
        migrator.execute("set role ttdb_owner")
        migrator.execute("drop table public.event_logs_2024_01")
