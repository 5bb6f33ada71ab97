"""What a revision registers is managed: less than it left is told, with the SQL that restores it; more is not."""

from collections.abc import Iterator
from typing import LiteralString

import pytest
from support.databases import connect
from support.migrating import apply_bootstrap
from support.program import ttdb

from ttdb.config import Settings
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.steps import audited, masked_columns, protected
from ttdb.migrate.upgrade import downgrade
from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.validate import Hints, library
from ttdb.validate.discover import discover
from ttdb.validate.runner import run_checks, snapshot

WEAKENED = "select identity, detail, mend from ttdb.weakened_registrations()"
REGISTRIES = ("tenant_tables", "audited_tables", "personal_columns", "partitioned_tables", "unique_keys", "resolvers")

# What is done, and which registration is told to be how.
LESS: dict[str, tuple[LiteralString, str, str]] = {
    "no tenants' table": (
        "delete from ttdb.tenant_tables where relation = 'orders'::regclass",
        "ttdb.tenant_tables: public.orders",
        "is gone, which revision platform_0005 left as",
    ),
    "another tenant": (
        "update ttdb.tenant_tables set tenant_column = 'user_id' where relation = 'orders'::regclass",
        "ttdb.tenant_tables: public.orders",
        "names user_id as its tenant",
    ),
    "the application may more": (
        "update ttdb.tenant_tables set app = app || '{delete}' where relation = 'payment_transactions'::regclass",
        "ttdb.tenant_tables: public.payment_transactions",
        "lets roles do more with its rows",
    ),
    "the worker may more": (
        "update ttdb.tenant_tables set worker = '{select,delete}' where relation = 'orders'::regclass",
        "ttdb.tenant_tables: public.orders",
        "lets roles do more with its rows",
    ),
    "no audited table": (
        "delete from ttdb.audited_tables where relation = 'users'::regclass",
        "ttdb.audited_tables: public.users",
        "is gone",
    ),
    "left out of the trail": (
        "update ttdb.audited_tables set excluded = '{total_amount}' where relation = 'orders'::regclass",
        "ttdb.audited_tables: public.orders",
        "keeps more of its columns out of the trail",
    ),
    "a secret let into the trail": (
        "update ttdb.audited_tables set excluded = '{}' where relation = 'users'::regclass",
        "ttdb.audited_tables: public.users",
        "lets columns into the trail that are secret",
    ),
    "no personal column": (
        "delete from ttdb.personal_columns where relation = 'users'::regclass and column_name = 'email'",
        "ttdb.personal_columns: public.users, email",
        "is gone",
    ),
    "shown as it is": (
        "update ttdb.personal_columns set mask = 'plain' where relation = 'users'::regclass and column_name = 'phone'",
        "ttdb.personal_columns: public.users, phone",
        "masks it as plain",
    ),
    "kept in months no longer": (
        "delete from ttdb.partitioned_tables where relation = 'audit.trail'::regclass",
        "ttdb.partitioned_tables: audit.trail",
        "is gone",
    ),
    "kept for less": (
        "update ttdb.partitioned_tables set retention = '1 month' where relation = 'payment_transactions'::regclass",
        "ttdb.partitioned_tables: public.payment_transactions",
        "keeps its months for 1 mon",
    ),
    "kept for a day less": (
        "update ttdb.partitioned_tables set retention = '2555 days' where relation = 'audit.trail'::regclass",
        "ttdb.partitioned_tables: audit.trail",
        "keeps its months for 2555 days",
    ),
    "another time": (
        "update ttdb.partitioned_tables set key_column = 'updated_at' where relation = 'audit_logs'::regclass",
        "ttdb.partitioned_tables: public.audit_logs",
        "names updated_at as the time of its rows",
    ),
    "no unique key": (
        "delete from ttdb.unique_keys where columns = '{payment_intent_id}'",
        "ttdb.unique_keys: public.payment_transactions_payment_intent_id_keys",
        "is gone",
    ),
    "unique in a tenant only": (
        "update ttdb.unique_keys set across_tenants = false where columns = '{payment_intent_id}'",
        "ttdb.unique_keys: public.payment_transactions_payment_intent_id_keys",
        "keeps something else unique",
    ),
    "no resolver": (
        "delete from ttdb.resolvers where function = 'public.tenant_of_slug(text)'",
        "ttdb.resolvers: public.tenant_of_slug(text)",
        "is gone",
    ),
}
MORE: dict[str, LiteralString] = {
    "kept for longer": "update ttdb.partitioned_tables set retention = '10 years'",
    "kept for ever": "update ttdb.partitioned_tables set retention = '100000000 years'",
    "other settings of months": "update ttdb.partitioned_tables set storage = '{fillfactor=90}'",
    "the application may less": "update ttdb.tenant_tables set app = '{}', worker = '{}', definer = '{}'",
    "masked where it was plain": "update ttdb.personal_columns set mask = 'token' where mask = 'plain'",
    "redacted": "update ttdb.personal_columns set mask = 'redacted'",
    "other words for a resolver": "update ttdb.resolvers set finds = 'a tenant'",
    "a table of the owner's own": (
        "set role ttdb_owner; create table public.own (id uuid primary key, tenant_id uuid not null, name text);"
        " select ttdb.protect('public.own'); select audit.enable('public.own');"
        " select masked.column('public.own', 'name', 'name'); reset role"
    ),
}


@pytest.fixture
def head(engine_url: Url) -> Iterator[Connection]:
    with connect(engine_url) as connection:
        connection.execute("set search_path = public, ttdb")
        yield connection


def weakened(connection: Connection) -> dict[str, tuple[str, str]]:
    return {identity: (detail, mend) for identity, detail, mend in connection.execute(WEAKENED)}


def found_by_checks(connection: Connection) -> list[tuple[str, str, str]]:
    checks = [check for check in library().checks if check.unit.family == "MIG"]
    found = discover(connection, Hints())
    with snapshot(connection):
        results = list(run_checks(connection, checks, found))
    findings = [each for each in results if isinstance(each, Finding)]
    assert findings == results
    return [(each.severity, each.code, each.object) for each in findings]


def managed(connection: Connection) -> set[str]:
    rows = connection.execute("select identity from ttdb.managed_objects where kind = 'registration'")
    return {identity for (identity,) in rows}


def test_every_registration_of_the_revisions_is_managed(head: Connection) -> None:
    rows = head.execute(
        "select d.identity from ttdb.registrations_of("
        "array(select oid::regclass from pg_class), array(select oid::regprocedure from pg_proc)) as d"
    ).fetchall()

    assert managed(head) == {identity for (identity,) in rows}
    assert {identity.split(": ")[0] for identity in managed(head)} == {f"ttdb.{name}" for name in REGISTRIES}
    assert weakened(head) == {}


@pytest.mark.parametrize("case", LESS)
def test_less_than_a_revision_registered_is_an_error_and_mended_by_what_is_told(case: str, head: Connection) -> None:
    damage, identity, change = LESS[case]
    head.execute(damage)

    assert found_by_checks(head) == [("error", "MIG003", identity)]
    detail, mend = weakened(head)[identity]
    assert change in detail

    head.execute(mend.encode())
    assert found_by_checks(head) == []


@pytest.mark.parametrize("case", MORE)
def test_more_than_a_revision_registered_is_no_finding(case: str, head: Connection) -> None:
    head.execute(MORE[case])

    assert weakened(head) == {}
    assert [finding for finding in found_by_checks(head) if finding[1] == "MIG003"] == []


def test_what_went_with_its_table_is_told_of_the_table(head: Connection) -> None:
    head.execute("drop table public.order_discounts cascade")

    assert weakened(head) == {}
    assert ("error", "MIG001", "public.order_discounts") in found_by_checks(head)


def test_table_made_anew_under_the_name_of_one_is_not_registered(head: Connection) -> None:
    head.execute("alter table public.order_discounts rename to former")
    head.execute("create table public.order_discounts (id uuid primary key, tenant_id uuid)")

    assert "ttdb.tenant_tables: public.order_discounts" in weakened(head)


def test_way_back_forgets_what_it_takes_off_the_registries(head: Connection) -> None:
    steps = [
        protected("public.notes"),
        audited("public.notes", exclude=["secret"]),
        masked_columns("public.notes", body="name"),
    ]
    head.execute("set search_path = ''")
    head.execute("set role ttdb_owner")
    head.execute("create table public.notes (id uuid primary key, tenant_id uuid not null, body text, secret text)")
    before = managed(head)
    runner = Runner(head, Courtesy())

    runner.up("own_0001", steps)
    assert managed(head) - before == {
        "ttdb.audited_tables: public.notes",
        "ttdb.personal_columns: public.notes, body",
        "ttdb.tenant_tables: public.notes",
    }
    runner.down("own_0001", steps)
    assert managed(head) == before
    assert weakened(head) == {}


def test_downgrade_of_the_resolvers_is_no_finding(engine_url: Url) -> None:
    apply_bootstrap(engine_url)
    downgrade(engine_url, Settings(), "platform_0013")

    with connect(engine_url) as connection:
        assert not any(identity.startswith("ttdb.resolvers") for identity in managed(connection))
        assert weakened(connection) == {}


def test_status_names_it_and_what_restores_it(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("delete from ttdb.audited_tables where relation = 'public.orders'::regclass")

    told = ttdb("status", "--url", engine_url.uri())

    assert told.code == 1
    assert "weakened  registration ttdb.audited_tables: public.orders is gone, which revision platform_0005" in told.out
    assert "insert into ttdb.audited_tables select * from" in told.out
    assert told.out.splitlines()[-1] == "next      restore what is weakened by the SQL above, then ttdb status"
