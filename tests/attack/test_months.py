"""What validate says of months: of a grant on all tables, of months made by hand, and of keys over all tenants."""

from collections.abc import Iterator

import pytest
from psycopg import sql
from support.databases import connect

from ttdb.migrate.runner import trusted
from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.validate import Hints, library
from ttdb.validate.discover import discover
from ttdb.validate.runner import run_checks


def found(connection: Connection, *codes: str) -> dict[str, list[tuple[str, str]]]:
    """Return object and severity of what these checks find, by code."""
    checks = [check for check in library().checks if check.unit.code in codes]
    with connection.transaction(force_rollback=True):
        results = [
            item for item in run_checks(connection, checks, discover(connection, Hints())) if isinstance(item, Finding)
        ]
    return {
        code: sorted((item.object, str(item.severity)) for item in results if item.code == code)
        for code in codes
        if any(item.code == code for item in results)
    }


PARTITIONS = ("PAR001", "PAR002", "PAR003", "PAR004", "PAR005")


@pytest.fixture
def months(seeded_url: Url) -> Iterator[Connection]:
    """Return a superuser's session on the platform with three months, one of them retired."""
    with connect(seeded_url) as connection:
        connection.execute("select ttdb.ensure_partitions('2024-01-01', '2024-02-01')")
        connection.execute("select ttdb.retire_partition('public.event_logs_2024_01')")
        yield connection


def test_months_of_the_verbs_are_sound(months: Connection) -> None:
    assert found(months, *PARTITIONS) == {}


def test_a_grant_on_all_tables_is_said_of_every_partition_that_is_not_held_as_its_parent_is(
    months: Connection,
) -> None:
    months.execute("grant select on all tables in schema public to ttdb_app")

    said = found(months, *PARTITIONS)

    assert {severity for _name, severity in said["PAR002"]} == {"info"}
    assert said["PAR004"] == [("public.event_logs_2024_01", "info")]

    leaves = {
        name
        for (name,) in months.execute(
            "select 'public.' || relname from pg_class where relispartition and relkind = 'r'"
            " and relnamespace = 'public'::regnamespace"
        )
    }
    for leaf in leaves:
        months.execute(f"alter table {leaf} no force row level security".encode())

    assert {name for name, _severity in said["PAR002"]} == leaves
    assert set(found(months, *PARTITIONS)["PAR002"]) == {(leaf, "warning") for leaf in leaves}


def test_an_open_partition_that_is_granted_is_an_error(months: Connection) -> None:
    months.execute(
        "grant select on public.event_logs_2024_02, public.event_logs_2024_01 to ttdb_app;"
        "alter table public.event_logs_2024_01 disable row level security;"
        "alter table public.event_logs_2024_02 disable row level security"
    )

    said = found(months, "PAR001", "PAR004")

    assert said == {
        "PAR001": [("public.event_logs_2024_02", "error")],
        "PAR004": [("public.event_logs_2024_01", "error")],
    }


def test_a_month_made_by_hand_is_said(months: Connection) -> None:
    months.execute(
        "create table audit.trail_by_hand partition of audit.trail for values from ('2030-01-01') to ('2030-02-01')"
    )

    # It lacks what keeps the trail from being truncated, which a revision manages.
    assert found(months, "PAR003") == {"PAR003": [("audit.trail_by_hand", "error")]}


@pytest.mark.parametrize("leaf", ["public.payment_transactions_2024_02", "public.payment_transactions_default"])
def test_disabled_rules_of_one_partition_are_an_error_and_no_other_is_blamed(months: Connection, leaf: str) -> None:
    months.execute(sql.SQL("alter table {} disable trigger user").format(trusted(leaf)))

    assert found(months, "PAR003") == {"PAR003": [(leaf, "error")]}


def test_a_trigger_of_nobodys_that_one_month_lacks_is_a_warning(months: Connection) -> None:
    months.execute(
        "create trigger _800_note before insert on public.event_logs"
        " for each row execute function pg_catalog.suppress_redundant_updates_trigger();"
        " alter table public.event_logs_2024_02 disable trigger _800_note"
    )

    assert found(months, "PAR003") == {"PAR003": [("public.event_logs_2024_02", "warning")]}


def test_foreign_keys_switched_off_are_an_error(months: Connection) -> None:
    assert found(months, "CON007") == {}
    months.execute("alter table public.order_items disable trigger all")

    said = found(months, "CON007")["CON007"]

    assert ("public.order_items.order_items_tenant_id_order_id_fkey", "error") in said
    assert {severity for _object, severity in said} == {"error"}


def test_a_rule_that_swallows_writes_is_an_error(months: Connection) -> None:
    assert found(months, "FNC008") == {}
    months.execute(
        "create rule still as on update to public.venues do instead nothing;"
        " create rule forgotten as on insert to public.ticket_sales do instead nothing;"
        " create rule also as on update to public.users do also notify changed"
    )

    assert found(months, "FNC008") == {"FNC008": [("public.ticket_sales", "error"), ("public.venues", "error")]}


def test_keys_over_all_tenants_are_a_note_when_declared_and_a_warning_when_not(months: Connection) -> None:
    keys = "public.payment_transactions_payment_intent_id_keys.payment_transactions_payment_intent_id_key"
    assert found(months, "CON003") == {"CON003": [(keys, "info")]}

    months.execute("update ttdb.unique_keys set across_tenants = false")
    assert found(months, "CON003") == {"CON003": [(keys, "warning")]}

    months.execute(
        "update ttdb.unique_keys set across_tenants = true where 'payment_intent_id' = any(columns);"
        "create unique index own on public.payment_transactions_payment_intent_id_keys (id);"
        "alter table public.venues add column own integer, add constraint own_key unique (own)"
    )
    assert ("public.venues.own_key", "warning") in found(months, "CON003")["CON003"]
