"""The live platform's services move, one after the other: their tables come to the plan's shape alone, and back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import pytest
from fixtures.validated import run_ttdb, validate
from support.catalog import catalog
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.migrate import contract as stages
from ttdb.model.migration import Event
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

CONTRACTED = (
    *("tenants", "users", "venues", "events", "ticket_types", "orders"),
    *("order_items", "order_discounts", "tickets", "audit_logs", "notification_history"),
)
WHOLE = ("payment_transactions",)
# Their own CHECKs keep services from the plan's words until they are off.
OPENED: LiteralString = """
update public.notification_history
set channel = 'PUSH', type = 'SYSTEM', status = 'SENT', sent_at = created_at, template_name = 'found';
"""
# What the services do once they write the plan's words: rows that stand get them too.
MOVED: LiteralString = """
update public.tenants set status = upper(status);
update public.venues set status = 'ACTIVE';
update public.events set starts_at = '2027-01-01', ends_at = '2027-01-02';
update public.users set role = 'CUSTOMER';
update public.ticket_types set sale_ends_at = sale_starts_at + interval '1 day';
update public.orders set order_number = upper(replace(order_number, '_', '-'));
update public.tickets set status = 'RESERVED';
update public.audit_logs set status = 'SUCCESS';
"""


@dataclass
class Story:
    """The platform contracted."""

    url: Url


def contract(url: Url, *arguments: str) -> Any:  # noqa: ANN401 - a finished process
    return run_ttdb("contract", *arguments, "--url", url.uri(), "--disposable")


def move(url: Url) -> None:
    """Let services write the plan's words, and give them to the rows that stand."""
    with connect(url) as admin:
        admin.execute(MOVED)
    ended = contract(url, "notification_history", "--open")
    assert ended.returncode == 0, ended.stderr
    with connect(url) as admin:
        admin.execute(OPENED)


def contents(url: Url) -> dict[str, list[str]]:
    """Return the rows of the tables, whole."""
    query: LiteralString = "select to_jsonb(t)::text from public.TABLE as t order by 1"
    with connect(url) as admin:
        return {table: [row for (row,) in admin.execute(query.replace("TABLE", table))] for table in CONTRACTED}


@pytest.fixture(scope="module")
def expanded(alone: Throwaway, arrived: str) -> Iterator[str]:
    """Name a platform in its expand stage."""
    with fresh_database(alone.url, template=arrived) as url:
        ended = run_ttdb("upgrade", "--url", url.uri(), "--disposable")
        assert ended.returncode == 0, ended.stderr
        yield str(url.part("dbname"))


@contextmanager
def clone(alone: Throwaway, expanded: str) -> Iterator[Url]:
    """Return a copy, which the template's grants on the database itself do not come with."""
    with fresh_database(alone.url, template=expanded) as url:
        assert run_ttdb("bootstrap", "--apply", "--url", url.uri()).returncode == 0
        yield url


@pytest.fixture(scope="module")
def story(alone: Throwaway, expanded: str) -> Iterator[Story]:
    with clone(alone, expanded) as url:
        move(url)
        for table in CONTRACTED:
            ended = contract(url, table, "--cut-over", "all services, since May")
            assert ended.returncode == 0, ended.stderr
        yield Story(url)


def test_rows_in_the_services_words_stop_it_by_name_and_nothing_is_changed(
    alone: Throwaway, expanded: str, tmp_path: Path
) -> None:
    with clone(alone, expanded) as url:
        before, listed = catalog(url), tmp_path / "rows.csv"

        ended = contract(url, "tenants", "--cut-over", "all services", "--violations", str(listed))

        assert ended.returncode == 1
        assert "2 rows break tenants_status_must_be_known" in ended.stdout
        lines = listed.read_text(encoding="utf-8").splitlines()
        assert [line.rpartition(",")[0] for line in lines[1:]] == ["public.tenants,tenants_status_must_be_known"] * 2
        assert catalog(url) == before


def test_what_uses_an_old_column_refuses_it_and_so_does_silence(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        with connect(url) as admin:
            admin.execute(MOVED)
            admin.execute("create view public.late as select total_cents from public.orders")

        used = contract(url, "orders", "--cut-over", "order-service")
        with connect(url) as admin:
            admin.execute("drop view public.late")
        silent = contract(url, "orders")
        whole = contract(url, "payment_transactions", "--cut-over", "payment-service")

        assert (used.returncode, silent.returncode, whole.returncode) == (2, 2, 2)
        assert "view public.late depends on column total_cents" in used.stderr
        assert "prepared statements of other sessions" in silent.stderr
        assert "--cut-over" in silent.stderr
        assert "payment_refunds, tax_collections and nft_mint_queue point at its id alone" in whole.stderr


def test_services_that_move_may_write_the_plans_words_once_it_is_opened(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        opened = contract(url, "orders", "--open")
        with connect(url) as admin:
            admin.execute(MOVED)
            admin.execute("update public.orders set status = 'CONFIRMED', confirmed_at = now()")
        ended = contract(url, "orders", "--cut-over", "order-service 2.0")
        drifted = run_ttdb("drift", "--url", url.uri())  # what waits for its children too is no drift
        back = contract(url, "orders", "--undo")

        assert (opened.returncode, ended.returncode, back.returncode) == (0, 0, 0), ended.stderr + back.stderr
        assert drifted.returncode == 0, drifted.stdout
        assert (
            "because rows that were written meanwhile break them: orders_status_check of public.orders" in back.stderr
        )
        before = catalog(url)
        down = run_ttdb("downgrade", "base", "--url", url.uri(), "--disposable")
        assert down.returncode == 2
        assert "rows of public.orders hold what its own CHECK orders_status_check refuses" in down.stderr
        assert "select * from public.orders where" in down.stderr
        assert catalog(url) == before


def test_old_columns_are_aside_and_what_waited_is_made(story: Story) -> None:
    with connect(story.url) as admin:
        names = admin.execute(
            "select attrelid::regclass::text, attname from pg_attribute"
            " where attrelid = any(%s::regclass[]) and attname ~ '^retired_' and not attisdropped",
            ([f"public.{table}" for table in CONTRACTED],),
        ).fetchall()
        left = admin.execute(
            "select tgrelid::regclass::text from pg_trigger where tgname = '_040_keep_both'"
        ).fetchall()
        loose = admin.execute("select conname from pg_constraint where not convalidated").fetchall()

    assert ("orders", "retired_total_cents") in names
    assert ("tickets", "retired_seat_number") in names
    assert {table for (table,) in left} == set(WHOLE)
    assert loose == []
    status = json.loads(run_ttdb("status", "--url", story.url.uri(), "--format", "json").stdout)
    assert status["pending"] == []
    # The rules over payments wait with them, and those that are looked at over all at once.
    assert {name for item in status["waiting"] for name in item["waits_for"]} == {f"public.{name}" for name in WHOLE}
    assert {item["table"]: item["stage"] for item in status["stages"]} == {
        **{f"public.{table}": "contracted" for table in CONTRACTED},
        **{f"public.{table}": "expanded" for table in WHOLE},
    }


PLANNED_VENUE: LiteralString = """
insert into public.venues (tenant_id, name, slug, email, city, country_code, max_capacity)
select tenant_id, 'Hall', 'hall-nine', 'hall@venue.example', 'Oslo', 'NO', 90 from public.venues limit 1
"""
PLANNED_DISCOUNT: LiteralString = """
insert into public.order_discounts (tenant_id, order_id, discount_code, discount_type, discount_value)
select tenant_id, id, 'SPRING', 'PERCENTAGE', 15 from public.orders order by subtotal desc limit 1
returning id
"""


def test_who_writes_the_plans_columns_alone_is_served_in_both_stages(
    alone: Throwaway, expanded: str, story: Story
) -> None:
    amounts: LiteralString = (
        "select d.amount_cents = round(o.subtotal_cents * 0.15), d.discount_value::float, d.discount_type"
        " from public.order_discounts as d join public.orders as o on o.id = d.order_id where d.id = %s"
    )
    with connect(story.url) as admin, admin.transaction(force_rollback=True):
        admin.execute(PLANNED_VENUE)
        assert admin.execute(PLANNED_DISCOUNT).fetchone() is not None
    with clone(alone, expanded) as url, connect(url) as admin:
        admin.execute(PLANNED_VENUE)
        admin.execute("update public.orders set subtotal_cents = 5000, total_cents = 5000 + tax_cents - discount_cents")
        (made,) = admin.execute(PLANNED_DISCOUNT).fetchone() or (None,)
        assert admin.execute(amounts, (made,)).fetchone() == (True, 15.0, "PERCENTAGE")
        admin.execute("update public.order_discounts set amount_cents = amount_cents * 2 where id = %s", (made,))
        found = admin.execute(amounts, (made,)).fetchone() or ()

    assert found[2] == "PERCENTAGE"
    assert abs(found[1] - 30) < 0.1  # the services' amount, in percent of what they ordered


def test_column_that_the_plan_leaves_out_and_that_is_required_stops_it_by_name(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        with connect(url) as admin:
            admin.execute(MOVED)
            admin.execute("alter table public.venues add column grade int not null default 1")
            admin.execute("alter table public.venues alter column grade drop default")

        ended = contract(url, "venues", "--cut-over", "venue-service")

        assert ended.returncode == 1
        assert "column grade is required and has no default" in ended.stdout


def test_entries_lie_in_months_and_the_months_ahead_are_made(story: Story) -> None:
    with connect(story.url) as admin:
        key = admin.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p'"
            " and conrelid = 'public.audit_logs'::regclass"
        ).fetchall()
        lying = admin.execute("select distinct tableoid::regclass::text ~ '_2[0-9]{3}_[0-9]{2}$' from audit_logs")
        ahead = admin.execute(
            "select to_regclass(to_char(now() at time zone 'UTC' + '1 month', '\"public.audit_logs_\"YYYY_MM'))::text"
        ).fetchall()
        assert (key, lying.fetchall()) == ([("PRIMARY KEY (id, created_at)",)], [(True,)])
        assert ahead != [(None,)]


def test_drift_asks_a_new_database_about_them_again_and_raises_no_alarm(story: Story) -> None:
    clean = run_ttdb("drift", "--url", story.url.uri())
    with connect(story.url) as admin:
        admin.execute("alter table public.orders no force row level security")
        admin.execute("alter table public.venues drop constraint venues_status_must_be_known")
        admin.execute("create policy anybody on public.users using (true)")
        damaged = run_ttdb("drift", "--url", story.url.uri())
        admin.execute("drop policy anybody on public.users")
        admin.execute(
            "alter table public.venues add constraint venues_status_must_be_known"
            " check (status in ('ACTIVE', 'INACTIVE'))"
        )
        admin.execute("alter table public.orders force row level security")

    assert clean.returncode == 0, clean.stdout
    assert damaged.returncode == 1
    for name in ("public.orders", "public.venues.venues_status_must_be_known", "policy public.users.anybody"):
        assert name in damaged.stdout, damaged.stdout


def test_validate_finds_no_error_in_them(story: Story) -> None:
    found = validate(story.url).report["findings"]

    tables = {f"public.{table}" for table in CONTRACTED}
    errors = [
        (finding["code"], finding["object"])
        for finding in found
        if finding["severity"] == "error" and ".".join(finding["object"].split(".")[:2]) in tables
    ]
    assert errors == []


def test_way_back_ends_in_the_expand_stage(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        with connect(url) as admin:
            admin.execute(MOVED)
        before, rows = catalog(url), contents(url)
        for arguments in (("--cut-over", "all services"), ("--undo",)):
            ended = contract(url, *(table for table in CONTRACTED if table != "notification_history"), *arguments)
            assert ended.returncode == 0, ended.stderr

        assert catalog(url) == before
        assert contents(url) == rows


def test_notifications_come_back_whole_with_what_points_at_them_and_go_down(
    alone: Throwaway, expanded: str, arrived: str
) -> None:
    keys = "select conname::text, pg_get_constraintdef(oid) from pg_constraint where conname ~ '^notification_costs_n'"
    with clone(alone, expanded) as url:
        before, rows = catalog(url), contents(url)["notification_history"]
        with connect(url) as admin:
            admin.execute("create schema aside; create table aside.kept as select * from public.notification_history")
        move(url)
        assert contract(url, "notification_history", "--cut-over", "all services").returncode == 0
        with connect(url) as admin:
            (carried,) = admin.execute(keys).fetchall()
        back = contract(url, "notification_history", "--undo")

        # The words of their own CHECKs again, which had to be off for the plan's.
        with connect(url) as admin:
            admin.execute(
                "set session_replication_role = replica; update public.notification_history as n"
                " set channel = k.channel, type = k.type, status = k.status, sent_at = k.sent_at,"
                " template_name = k.template_name, updated_at = k.updated_at from aside.kept as k where k.id = n.id;"
                "drop schema aside cascade"
            )
            for word in ("channel", "status", "type"):
                admin.execute(
                    "alter table public.notification_history"
                    f" validate constraint notification_history_{word}_check".encode()
                )
        assert "REFERENCES notification_history_id_keys(id) ON DELETE CASCADE" in carried[1]
        assert back.returncode == 0, back.stderr
        assert catalog(url) == before
        assert contents(url)["notification_history"] == rows

        ended = run_ttdb("downgrade", "base", "--url", url.uri(), "--disposable")

        assert ended.returncode == 0, ended.stderr
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0
        found = catalog(alone.url.with_parts(dbname=arrived))
        assert [line for line in catalog(url) if "alembic_version" not in line] == found


def test_way_back_that_was_cut_off_is_said_to_be_one(alone: Throwaway, expanded: str) -> None:
    def cut_off(event: Event) -> None:
        if event.kind == "step":
            raise KeyboardInterrupt

    with clone(alone, expanded) as url:
        before = catalog(url)
        with connect(url) as admin:
            admin.execute(MOVED)
        assert contract(url, "venues", "--cut-over", "venue-service 2").returncode == 0
        with pytest.raises(KeyboardInterrupt):
            stages.undo(url, Settings(), ["venues"], cut_off)

        told = run_ttdb("status", "--url", url.uri())
        forth = contract(url, "venues")
        back = contract(url, "venues", "--undo")

        assert told.returncode == 1
        assert "public.venues: going back" in told.stdout
        assert "ttdb contract public.venues --undo" in told.stdout
        assert forth.returncode == 2
        assert "End that first: ttdb contract public.venues --undo" in forth.stderr
        assert back.returncode == 0
        assert catalog(url) == before


def test_downgrade_goes_through_the_contract_stage(alone: Throwaway, expanded: str, arrived: str) -> None:
    with clone(alone, expanded) as url:
        with connect(url) as admin:
            admin.execute(MOVED)
        assert contract(url, "tenants", "orders", "audit_logs", "--cut-over", "all services").returncode == 0

        ended = run_ttdb("downgrade", "base", "--url", url.uri(), "--disposable")

        assert ended.returncode == 0, ended.stderr
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0
        found = catalog(alone.url.with_parts(dbname=arrived))
        assert [line for line in catalog(url) if "alembic_version" not in line] == found
