"""The live platform's services move, one after the other: their tables come to the plan's shape alone, and back."""

import json
import threading
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, LiteralString

import pytest
from alembic.script import Script
from fixtures.legacy_rows import OWNERS, identifier
from fixtures.validated import run_ttdb, validate
from psycopg import errors as pg
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database
from support.platform import working_as

from ttdb.config import Settings
from ttdb.errors import HealthBad, UsageError
from ttdb.migrate import contract as stages
from ttdb.migrate import contract_chosen
from ttdb.migrate.contracted import contractions
from ttdb.migrate.step import Contraction
from ttdb.model.migration import Event, silent
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

CONTRACTED = (
    *("tenants", "users", "venues", "events", "ticket_types", "orders"),
    *("order_items", "order_discounts", "tickets", "audit_logs", "notification_history", "payment_transactions"),
)
# Their own CHECKs keep services from the plan's words until they are off.
OPENED: dict[str, LiteralString] = {
    "notification_history": "update public.notification_history"
    " set channel = 'PUSH', type = 'SYSTEM', status = 'SENT', sent_at = created_at, template_name = 'found'",
    "payment_transactions": "update public.payment_transactions as p set status = 'PENDING', order_id ="
    " (select o.id from public.orders as o where o.tenant_id = p.tenant_id order by o.id limit 1)",
}
# And what gives rows the words of these CHECKs again.
CLOSED: dict[str, LiteralString] = {
    "notification_history": "update public.notification_history as n set channel = k.channel, type = k.type,"
    " status = k.status, sent_at = k.sent_at, template_name = k.template_name, updated_at = k.updated_at"
    " from aside.kept as k where k.id = n.id",
    "payment_transactions": "update public.payment_transactions as p set status = k.status, order_id = k.order_id,"
    " updated_at = k.updated_at from aside.kept as k where k.id = p.id",
}
CARRIED = {
    "notification_history": ["notification_costs"],
    "payment_transactions": ["nft_mint_queue", "payment_refunds", "tax_collections"],
}
# What the services do once they write the plan's words: rows that stand get them too.
MOVED: LiteralString = """
update public.tenants set status = upper(status);
update public.venues set status = 'ACTIVE';
update public.events set starts_at = '2027-01-01', ends_at = '2027-01-02';
update public.users set role = 'CUSTOMER';
update public.ticket_types set sale_ends_at = sale_starts_at + interval '1 day';
insert into public.order_items (tenant_id, order_id, ticket_type_id, quantity, unit_price, subtotal)
select t.tenant_id, t.order_id, t.ticket_type_id, 1, 0.05, 0.05
from public.tickets as t
where not exists (select from public.order_items as i where i.order_id = t.order_id);
update public.orders as o
set order_number = upper(replace(order_number, '_', '-')), subtotal = n.subtotal, discount_amount = n.discount,
    total_amount = n.subtotal + o.tax_amount - n.discount
from (
    select
        r.id,
        (select coalesce(sum(i.subtotal), 0) from public.order_items as i where i.order_id = r.id) as subtotal,
        (select coalesce(sum(d.discount_value), 0) from public.order_discounts as d where d.order_id = r.id) as discount
    from public.orders as r
) as n
where n.id = o.id;
update public.tickets set status = 'RESERVED';
update public.audit_logs set status = 'SUCCESS';
"""


@dataclass
class Story:
    """The platform contracted."""

    url: Url


def contract(url: Url, *arguments: str) -> Any:  # noqa: ANN401 - a finished process
    return run_ttdb("contract", *arguments, "--url", url.uri(), "--disposable")


def move(url: Url, *opened: str) -> None:
    """Let services write the plan's words, and give them to the rows that stand; of months, of these tables."""
    tables = opened or tuple(OPENED)
    with connect(url) as admin:
        admin.execute(MOVED)
    ended = contract(url, *tables, "--open")
    assert ended.returncode == 0, ended.stderr
    with connect(url) as admin:
        for table in tables:
            admin.execute(OPENED[table])


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
            assert ended.returncode == 0, ended.stdout + ended.stderr
        yield Story(url)


def test_table_goes_back_by_itself_once_things_are_bad(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        move(url)
        with connect(url) as admin:
            admin.execute("create table public.health (bad boolean); grant select on public.health to public")
            admin.execute("insert into public.health values (false)")
        assert contract(url, "venues", "--cut-over", "all services, since May").returncode == 0
        before, rows = catalog(url), contents(url)

        def worsens(event: Event) -> None:
            if event.kind == "step" and str(event.facts["step"]).startswith("retire-"):
                with connect(url) as admin:
                    admin.execute("update public.health set bad = true")

        with pytest.raises(HealthBad) as caught:
            stages.contract(
                url,
                Settings(),
                ["notification_history", "order_items"],
                worsens,
                cut_over="all services, since May",
                abort_if="select exists (select from public.health where bad)",
            )

        assert caught.value.message.endswith(
            "; the database is back at the expand stage of public.order_items, public.notification_history"
        )
        assert set(catalog(url)) ^ set(before) == set()
        assert contents(url) == rows


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


def test_table_that_no_revision_converts_stays_in_its_expand_stage(alone: Throwaway, expanded: str) -> None:
    def whole(scripts: Iterable[Script]) -> dict[str, Contraction]:
        known = contractions(scripts)
        return known | {"public.audit_logs": replace(known["public.audit_logs"], impossible="others point at it")}

    with clone(alone, expanded) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract_chosen, "contractions", whole)
        before = catalog(url)
        for refused in (
            lambda: stages.plan(url, ["audit_logs"], silent),
            lambda: stages.contract(url, Settings(), ["audit_logs", "venues"], silent, cut_over="all services"),
        ):
            with pytest.raises(UsageError, match=r"audit_logs cannot leave its expand stage yet: others point"):
                refused()

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

        assert (used.returncode, silent.returncode) == (2, 2)
        assert "view public.late depends on column total_cents" in used.stderr
        assert "prepared statements of other sessions" in silent.stderr
        assert "--cut-over" in silent.stderr


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
    assert left == []
    assert loose == []
    status = json.loads(run_ttdb("status", "--url", story.url.uri(), "--format", "json").stdout)
    assert (status["pending"], status["waiting"]) == ([], [])
    assert {item["table"]: item["stage"] for item in status["stages"]} == {
        f"public.{table}": "contracted" for table in CONTRACTED
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


DAMAGE = """
drop policy select_own_tenant on public.orders;
alter policy update_own_tenant on public.venues using (true);
alter table public.venues no force row level security;
alter table public.venues drop constraint venues_status_must_be_known;
alter table public.order_items drop constraint order_items_tenant_id_order_id_fkey;
alter table public.events drop constraint events_tenant_id_id_key cascade;
drop trigger _900_record_change on public.orders;
alter table public.users disable trigger _900_record_change;
drop trigger tickets_must_be_counted on public.tickets;
drop index public.payment_transactions_created_at_idx;
drop index public.users_email_idx;
delete from ttdb.audited_tables where relation = 'public.orders'::regclass;
grant truncate on public.users to ttdb_app;
revoke select (email) on public.users from ttdb_masker;
grant update (name) on public.venues to ttdb_support;
alter table public.tenants owner to postgres;
drop view masked.ticket_types
"""


def test_what_drift_says_of_them_as_sql_mends_it_and_is_told_once(story: Story) -> None:
    with connect(story.url) as admin:
        for statement in DAMAGE.split(";"):
            admin.execute(statement.encode())
        told = json.loads(run_ttdb("drift", "--url", story.url.uri(), "--format", "json").stdout)["drifted"]
        damaged = run_ttdb("drift", "--url", story.url.uri(), "--format", "sql").stdout
        admin.execute(damaged.encode())
    mended = run_ttdb("drift", "--url", story.url.uri())

    said = [(item["kind"], item["identity"]) for item in told]
    assert len(said) == len(set(said))
    mends = [item["mend"] for item in told if not item["mend"].startswith(("--", "alter table public.tenants owner"))]
    assert len(mends) == len(set(mends)), damaged
    assert damaged.lower().count("create policy select_own_tenant on public.orders ") == 1
    assert damaged.count("insert into ") == 1
    assert "-- by hand" not in damaged, damaged
    assert mended.returncode == 0, mended.stdout


def test_validate_finds_no_error_in_them(story: Story) -> None:
    found = validate(story.url).report["findings"]

    tables = {f"public.{table}" for table in CONTRACTED}
    errors = [
        (finding["code"], finding["object"])
        for finding in found
        if finding["severity"] == "error" and ".".join(finding["object"].split(".")[:2]) in tables
    ]
    assert errors == []


def unmanaged(url: Url) -> list[Any]:
    """Return the registrations that are not managed as they stand, and those that protect less than they did."""
    with connect(url) as admin:
        return admin.execute(
            "select coalesce(d.identity, m.identity), d.definition, m.definition from ttdb.registrations_of("
            "array(select oid::regclass from pg_class), array(select oid::regprocedure from pg_proc)) as d"
            " full join (select * from ttdb.managed_objects where kind = 'registration') as m"
            " on m.identity = d.identity where m.definition is distinct from d.definition"
            " union all select w.identity, w.detail, w.mend from ttdb.weakened_registrations() as w"
        ).fetchall()


def test_what_the_steps_register_is_managed_as_it_stands(story: Story) -> None:
    assert unmanaged(story.url) == []


def test_way_back_ends_in_the_expand_stage(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        with connect(url) as admin:
            admin.execute(MOVED)
        before, rows = catalog(url), contents(url)
        for arguments in (("--cut-over", "all services"), ("--undo",)):
            ended = contract(url, *(table for table in CONTRACTED if table not in OPENED), *arguments)
            assert ended.returncode == 0, ended.stderr

        assert catalog(url) == before
        assert unmanaged(url) == []
        assert contents(url) == rows


@pytest.mark.parametrize("table", list(OPENED))
def test_table_in_months_comes_back_whole_with_what_points_at_it_and_goes_down(
    alone: Throwaway, expanded: str, arrived: str, table: LiteralString
) -> None:
    keys: LiteralString = "select conrelid::regclass::text from pg_constraint where confrelid = %s::regclass order by 1"
    with clone(alone, expanded) as url:
        before, rows = catalog(url), contents(url)[table]
        with connect(url) as admin:
            admin.execute("create schema aside")
            kept = sql.SQL("create table aside.kept as select * from public.{}")
            admin.execute(kept.format(sql.Identifier(table)))
        move(url, table)
        assert contract(url, table, "--cut-over", "all services").returncode == 0
        with connect(url) as admin:
            carried = admin.execute(keys, (f"public.{table}_id_keys",)).fetchall()
        back = contract(url, table, "--undo")

        # The words of their own CHECKs again, which had to be off for the plan's.
        with connect(url) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute(CLOSED[table])
            admin.execute("drop schema aside cascade")
            loose = "select conname, conrelid::regclass::text from pg_constraint where not convalidated"
            for name, relation in admin.execute(loose).fetchall():
                admin.execute(
                    sql.SQL("alter table {} validate constraint {}").format(
                        sql.Identifier(relation), sql.Identifier(name)
                    )
                )
        assert carried == [(name,) for name in CARRIED[table]]
        assert back.returncode == 0, back.stderr
        assert catalog(url) == before
        assert contents(url)[table] == rows

        ended = run_ttdb("downgrade", "base", "--url", url.uri(), "--disposable")

        assert ended.returncode == 0, ended.stderr
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0
        found = catalog(alone.url.with_parts(dbname=arrived))
        assert [line for line in catalog(url) if "alembic_version" not in line] == found


PAID: LiteralString = """
insert into public.payment_transactions
    (order_id, user_id, venue_id, status, amount, fee_amount, payment_intent_id, idempotency_key, created_at)
values (%s, %s, %s, 'PENDING', 10, 1, %s, %s, now() - %s * interval '1 month')
"""


def test_payments_go_into_months_and_back_beside_those_who_pay(alone: Throwaway, expanded: str) -> None:
    """Each intent and each key is refused in another month as soon as it is taken; all that was paid is on record."""
    over, owner = threading.Event(), OWNERS[0]
    whose = [identifier(table, owner) for table in ("orders", "users", "venues")]

    def insert(*values: object) -> None:
        with working_as(url, "ttdb_app", owner.tenant) as service:
            service.execute(PAID, (*whose, *values))

    def pay() -> list[str]:
        paid: list[str] = []
        with suppress(pg.CheckViolation):  # at the end of the way back, when the services' words alone are allowed
            while not over.is_set():
                intent, key = f"pi_{len(paid)}", str(uuid.uuid4())
                insert(intent, key, len(paid) % 3)
                paid.append(intent)
                for again, months in (((intent, None), 3), ((None, key), 4)):
                    with pytest.raises(pg.UniqueViolation):
                        insert(*again, months)
        return paid

    with clone(alone, expanded) as url, ThreadPoolExecutor() as pool:
        move(url, "payment_transactions")
        paying = pool.submit(pay)
        try:
            forth = contract(url, "payment_transactions", "--cut-over", "payment-service 2")
            with connect(url) as admin:
                lying = admin.execute("select count(distinct tableoid) from public.payment_transactions").fetchone()
            back = contract(url, "payment_transactions", "--undo")
        finally:
            over.set()
        paid = paying.result(timeout=60)
        assert (forth.returncode, back.returncode) == (0, 0), forth.stderr + back.stderr
        with connect(url) as admin:
            found = admin.execute(
                "select count(*), count(distinct payment_intent_id), count(distinct stripe_payment_intent_id),"
                " count(*) filter (where platform_fee = 1 and venue_payout = 9 and event_id is not null)"
                " from public.payment_transactions where payment_intent_id like 'pi\\_%'"
            ).fetchall()
            recorded = admin.execute(
                "select count(*) from audit.trail where relation = 'public.payment_transactions'"
                " and operation = 'INSERT' and new_row ->> 'payment_intent_id' like 'pi\\_%'"
            ).fetchone()

    assert len(paid) > 10
    assert lying is not None
    assert lying[0] >= 3
    assert found == [(len(paid),) * 4]
    assert recorded == (len(paid),)


def test_payments_that_cannot_be_kept_apart_stop_it_by_name(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        move(url, "payment_transactions")
        twice = sorted(identifier("payment_transactions", owner) for owner in OWNERS[:2])
        with connect(url) as admin:
            name = "payment_transactions_stripe_payment_intent_id_unique"
            admin.execute(f"alter table public.payment_transactions drop constraint {name}".encode())
            admin.execute(
                "update public.payment_transactions set payment_intent_id = 'pi' where id = any(%s)", (twice,)
            )
            admin.execute("create unique index on public.payment_transactions (device_fingerprint)")
            admin.execute("create publication paid for table public.payment_transactions")
        before = catalog(url)

        ended = contract(url, "payment_transactions", "--cut-over", "payment-service 2")

        assert ended.returncode == 1
        assert "2 rows break payment_transactions_payment_intent_id_key: " + "; ".join(
            f"id={row}" for row in twice
        ) in (ended.stdout)
        assert "payment_transactions_device_fingerprint_idx keeps values unique without created_at" in ended.stdout
        assert "it cannot be in months: publication paid holds it" in ended.stdout
        assert catalog(url) == before


def test_rows_that_break_a_rule_over_several_stop_the_last_table_by_name(alone: Throwaway, expanded: str) -> None:
    with clone(alone, expanded) as url:
        move(url)
        others = [table for table in CONTRACTED if table != "payment_transactions"]
        assert contract(url, *others, "--cut-over", "all services").returncode == 0
        row = identifier("orders", OWNERS[0])
        with connect(url) as admin:
            admin.execute("set session_replication_role = replica")
            admin.execute(
                "update public.orders set subtotal = 9, total_amount = 9 - discount_amount where id = %s", (row,)
            )
        before = catalog(url)

        ended = contract(url, "payment_transactions", "--cut-over", "payment-service 2")

        assert ended.returncode == 1
        assert (
            f"public.orders  1 row breaks rules_over_several_rows: orders_subtotal_must_equal_its_items: {row}: "
            in ended.stdout
        )
        assert catalog(url) == before


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
