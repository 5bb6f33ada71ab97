"""What is proposed for each table, and the evidence."""

import re

import pytest
from support.databases import connect, fresh_login

from ttdb.errors import TtdbError, UsageError
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.tenancy import Belongs, Proposal, propose, written
from ttdb.tenancy.model import Ground


@pytest.fixture
def proposals(shop: Connection) -> dict[str, Proposal]:
    _, found = propose(shop)
    return {each.table.removeprefix("public."): each for each in found}


@pytest.mark.parametrize(
    ("table", "through", "ground"),
    [
        ("order_items", "order_id -> public.orders.id", Ground.FOREIGN_KEY),
        ("item_notes", "item_id -> public.order_items.id", Ground.FOREIGN_KEY),
        ("shipments", "order_id -> public.orders.id", Ground.NAME_AND_VALUES),
        ("invoices", "belongs_to_id -> public.orders.id", Ground.VALUES),
        ("messages", "thing -> public.orders.id", Ground.VALUES),
        ("refunds", "order_id -> public.orders.id", Ground.NAME),
    ],
)
def test_rows_of_another_table_have_the_tenant(
    proposals: dict[str, Proposal], table: str, through: str, ground: Ground
) -> None:
    found = proposals[table]

    assert (found.belongs, found.through) == (Belongs.PARENT, through)
    assert found.way is not None
    assert found.way.ground is ground


def test_own_column_is_counted(proposals: dict[str, Proposal]) -> None:
    users, orders = proposals["users"], proposals["orders"]

    assert (users.belongs, users.column, users.notes) == (
        Belongs.OWN,
        "tenant_id",
        ("tenant_id is null in 1 of 20 rows",),
    )
    assert orders.notes == ("tenant_id names what is not there in 1 of 300 rows",)


def test_orphans_are_counted(proposals: dict[str, Proposal]) -> None:
    assert proposals["shipments"].notes == (
        "order_id is null in 1 of 42 rows",
        "order_id names what is not there in 1 of 42 rows",
    )


def test_ways_that_disagree_are_not_decided(proposals: dict[str, Proposal]) -> None:
    found = proposals["transfers"]

    assert found.belongs is Belongs.UNDECIDED
    assert any("another tenant for 30 of 30 rows" in other for other in found.others)


@pytest.mark.parametrize("table", ["countries", "reviews"])
def test_table_that_no_column_leads_from_is_undecided(proposals: dict[str, Proposal], table: str) -> None:
    assert proposals[table].belongs is Belongs.UNDECIDED  # who wrote a review does not say whose it is


def test_of_partitioned_tables_is_proposed_what_can_be_carried_out(shop: Connection) -> None:
    shop.execute(
        "create table public.visits (order_id uuid not null references public.orders, at date not null)"
        " partition by range (at);"
        "create table public.payments (id uuid, tenant_id uuid, at date, primary key (id, at)) partition by range (at);"
        "create table public.bills (id int primary key, payment_id uuid, at date, order_id uuid,"
        " foreign key (payment_id, at) references public.payments);"
        "create table public.receipts (id int primary key, payment_id uuid, at date,"
        " foreign key (payment_id, at) references public.payments)"
    )

    plan, made = propose(shop)
    found = {each.table.removeprefix("public."): each for each in made}

    assert [found[name].belongs for name in ("visits", "payments", "bills", "receipts")] == [
        *(Belongs.UNDECIDED, Belongs.OWN, Belongs.PARENT, Belongs.UNDECIDED),
    ]
    assert "it is partitioned, and cannot be given the tenant of another table's row" in found["visits"].notes[0]
    assert found["payments"].notes == (
        "it is partitioned: fill tenant_id and set it not null before there is a revision",
    )
    assert found["bills"].through == "order_id -> public.orders.id"
    assert (
        found["receipts"]
        .notes[0]
        .startswith(
            "public.payments is partitioned, and no foreign key can point at its tenant_id, id, at: give it a column"
        )
    )
    assert '# through = "order_id -> public.orders.id"' in written(str(plan.tenants), plan.column, [found["visits"]])


def test_a_key_of_a_partitioned_table_that_has_the_tenant_is_a_way(shop: Connection) -> None:
    shop.execute(
        "create table public.payments (id uuid, tenant_id uuid, at date, primary key (id, at),"
        " unique (at, tenant_id, id)) partition by range (at);"
        "create table public.receipts (id int primary key, payment_id uuid, at date,"
        " foreign key (payment_id, at) references public.payments (id, at))"
    )

    _, made = propose(shop)

    assert next(each for each in made if each.table == "public.receipts").belongs is Belongs.PARENT


def test_record_of_a_migration_tool_is_nobodys(proposals: dict[str, Proposal]) -> None:
    assert proposals["schema_migrations"].belongs is Belongs.NOBODY


def test_rules_that_the_rows_almost_obey_are_proposed(proposals: dict[str, Proposal]) -> None:
    rules = {rule.name: (rule.expression, rule.broken) for rule in proposals["orders"].rules}

    assert rules == {
        "orders_status_known": ("status in ('PAID', 'PENDING')", 1),
        "orders_total_cents_not_negative": ("total_cents >= 0", 1),
        "orders_starts_at_before_ends_at": ("starts_at <= ends_at", 0),
    }  # and none on currency: half the rows break it
    assert [rule.name for rule in proposals["users"].rules] == ["users_email_is_an_address"]


def test_column_with_a_rule_gets_no_other(shop: Connection) -> None:
    shop.execute("alter table public.orders add check (status <> '')")
    _, found = propose(shop)

    orders = next(each for each in found if each.table == "public.orders")
    assert "orders_status_known" not in [rule.name for rule in orders.rules]


def test_column_is_found_by_what_points_at_the_tenants(shop: Connection) -> None:
    shop.execute("alter table public.orders rename tenant_id to shop")
    shop.execute("update public.orders set shop = (select id from public.tenants limit 1)")
    shop.execute("alter table public.orders add foreign key (shop) references public.tenants")

    plan, found = propose(shop)

    assert plan.column == "shop"
    assert next(each for each in found if each.table == "public.orders").belongs is Belongs.OWN


def test_tenants_that_cannot_be_told_are_asked_for(shop: Connection) -> None:
    shop.execute("alter table public.tenants rename to clubs")

    with pytest.raises(UsageError, match="which table's rows are the tenants") as caught:
        propose(shop)
    assert caught.value.hint == "Pass --tenants SCHEMA.TABLE."
    plan, _ = propose(shop, tenants="public.clubs", column="tenant_id")
    assert str(plan.tenants) == "public.clubs"


def test_login_that_sees_a_part_is_refused(shop_url: Url, server: Throwaway) -> None:
    with fresh_login(server.url) as (login, password):
        with connect(shop_url) as admin:
            admin.execute("alter table public.orders enable row level security")
            admin.execute(f"grant select on all tables in schema public to {login}".encode())
        with (
            connect(shop_url.with_parts(user=login, password=password)) as connection,
            pytest.raises(TtdbError, match="would be affected by row-level security"),
        ):
            propose(connection)
        with connect(shop_url) as admin:
            admin.execute(f"drop owned by {login}".encode())


def test_one_row_is_not_called_rows(shop: Connection) -> None:
    shop.execute("delete from public.shipments where order_id is not null")
    made, proposals = propose(shop)

    text = written(str(made.tenants), made.column, proposals)

    assert "# order_id is null in 1 of 1 row\n" in text
    assert "# by name, 1 row\n" in text
    assert not re.search(r"\b1 rows", text)
