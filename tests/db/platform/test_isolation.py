"""The platform's tables: each tenant has its own rows, and nobody gets around it."""

from collections.abc import Iterator

import pytest
from psycopg import errors as pg
from psycopg import sql
from support.databases import acting_as, connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.seed.scenario import load

TABLES = ("tenants", "users", "venues", "events", "ticket_types", "orders", "order_items", "order_discounts")
ALL = tuple(load("minimal").tables)
UNSET = ("", "not-a-uuid", "00000000-0000-0000-0000-000000000000")


@pytest.fixture
def seeded(seeded_url: Url) -> Iterator[Connection]:
    with connect(seeded_url) as connection:
        yield connection


@pytest.fixture
def tenants(seeded: Connection) -> list[str]:
    return [str(row[0]) for row in seeded.execute("select id from public.tenants order by created_at, id")]


def count(connection: Connection, table: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))).fetchone()
    assert row
    return int(row[0])


def owned(connection: Connection, table: str, tenant: str) -> int:
    column = "id" if table == "tenants" else "tenant_id"
    query = sql.SQL("select count(*) from public.{} where {} = %s").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    row = connection.execute(query, (tenant,)).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("table", ALL)
def test_tenant_sees_all_of_its_own_rows_and_no_others(seeded: Connection, tenants: list[str], table: str) -> None:
    truth = {tenant: owned(seeded, table, tenant) for tenant in tenants}
    for tenant in tenants:
        with acting_as(seeded, "ttdb_app", tenant):
            assert count(seeded, table) == truth[tenant]
    assert sum(truth.values()) == count(seeded, table) > 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("setting", UNSET)
def test_session_without_a_tenant_sees_and_changes_nothing(seeded: Connection, table: str, setting: str) -> None:
    with acting_as(seeded, "ttdb_app", setting):
        assert count(seeded, table) == 0
        if table != "order_discounts":
            changed = seeded.execute(sql.SQL("update public.{} set created_at = now()").format(sql.Identifier(table)))
            assert changed.rowcount == 0


def test_session_without_a_tenant_cannot_insert(seeded: Connection) -> None:
    with pytest.raises(pg.InsufficientPrivilege), acting_as(seeded, "ttdb_app"):
        seeded.execute("insert into public.users (email, password_hash) values ('a@example.com', 'x')")


def test_left_out_tenant_comes_from_the_context(seeded: Connection, tenants: list[str]) -> None:
    with acting_as(seeded, "ttdb_app", tenants[0]):
        row = seeded.execute(
            "insert into public.users (email, password_hash) values ('new@example.com', 'x') returning tenant_id"
        ).fetchone()

    assert row
    assert str(row[0]) == tenants[0]


def test_row_cannot_be_given_to_another_tenant(seeded: Connection, tenants: list[str]) -> None:
    with pytest.raises(pg.InsufficientPrivilege), acting_as(seeded, "ttdb_app", tenants[0]):
        seeded.execute("update public.orders set tenant_id = %s", (tenants[1],))


def test_order_cannot_point_at_another_tenants_user(seeded: Connection, tenants: list[str]) -> None:
    row = seeded.execute("select id from public.users where tenant_id = %s limit 1", (tenants[1],)).fetchone()
    assert row
    with pytest.raises(pg.ForeignKeyViolation), acting_as(seeded, "ttdb_app", tenants[0]):
        seeded.execute("update public.orders set user_id = %s", (row[0],))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_auditor", "ttdb_operator"])
def test_nobody_may_truncate(seeded: Connection, table: str, role: str) -> None:
    with pytest.raises(pg.InsufficientPrivilege), acting_as(seeded, role):
        seeded.execute(sql.SQL("truncate public.{} cascade").format(sql.Identifier(table)))


def test_worker_sees_every_tenants_orders_and_may_not_delete_them(seeded: Connection) -> None:
    truth = count(seeded, "orders")
    with acting_as(seeded, "ttdb_worker"):
        assert count(seeded, "orders") == truth
    with pytest.raises(pg.InsufficientPrivilege), acting_as(seeded, "ttdb_worker"):
        seeded.execute("delete from public.orders")


def test_support_reads_masked_users_of_one_tenant_and_no_table(seeded: Connection, tenants: list[str]) -> None:
    raw = {row[0] for row in seeded.execute("select email from public.users where tenant_id = %s", (tenants[0],))}
    with acting_as(seeded, "ttdb_support", tenants[0]):
        shown = {row[0] for row in seeded.execute("select email from masked.users")}
    with pytest.raises(pg.InsufficientPrivilege), acting_as(seeded, "ttdb_support", tenants[0]):
        count(seeded, "users")

    assert len(shown) == len(raw)
    assert not shown & raw


def test_every_change_is_in_the_trail_with_its_tenant_and_without_the_password(
    seeded: Connection, tenants: list[str]
) -> None:
    with acting_as(seeded, "ttdb_app", tenants[0]):
        seeded.execute("update public.users set phone = '+15550199', password_hash = 'topsecret'")
        seeded.execute("reset role")
        rows = seeded.execute(
            "select tenant_id::text, operation, role, old_row, new_row from audit.trail"
            " where relation = 'public.users' and transaction_id = pg_current_xact_id()"
        ).fetchall()

    assert len(rows) == owned(seeded, "users", tenants[0])
    assert {(tenant, operation, role) for tenant, operation, role, _, _ in rows} == {(tenants[0], "UPDATE", "ttdb_app")}
    assert all(new["phone"] == "+15550199" for *_, new in rows)
    assert "topsecret" not in str(rows)


def test_updated_at_is_the_time_of_the_change_whatever_the_client_says(seeded: Connection) -> None:
    with acting_as(seeded, "ttdb_operator"):
        seeded.execute("update public.orders set metadata = '{\"a\": 1}', updated_at = '1999-01-01'")
        row = seeded.execute("select count(*) from public.orders where updated_at <> now()").fetchone()

    assert row == (0,)
