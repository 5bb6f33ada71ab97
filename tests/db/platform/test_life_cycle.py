"""An order's life as the application lives it: one tenant works, another sees nothing of it, the trail shows all."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import sql
from support.databases import connect
from support.platform import A, B, rows, working_as
from support.platform import fill as fill_platform

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

TABLES = (*rows(A, "A"), "ticket_sales")
NOT_RECORDED = {
    "ticket_sales",  # a count of what is recorded
    "event_logs",  # a log that services write, append-only
    "payment_transactions_payment_intent_id_keys",  # what triggers write from payments, which are recorded
    "payment_transactions_idempotency_key_keys",
}


class Life:
    """One order's steps, each in a transaction of its own as ttdb_app, and what another tenant saw after each."""

    def __init__(self, url: Url, order: str) -> None:
        self.url = url
        self.order = order
        self.expected: list[tuple[str, str]] = []  # of the trail: relation and operation
        self.seen: list[str] = []  # what the other tenant saw and should not have

    @contextmanager
    def step(self, *changes: tuple[str, str]) -> Iterator[Connection]:
        """Do something as tenant A, expect these changes in the trail, and look around as tenant B."""
        with working_as(self.url, "ttdb_app", A) as session:
            yield session
        self.expected += [(f"public.{table}", operation) for table, operation in changes]
        with working_as(self.url, "ttdb_app", B) as session:
            for table in TABLES:
                own = "id" if table == "tenants" else "tenant_id"
                query = sql.SQL("select count(*) from public.{} where {} <> %s or to_jsonb({}.*)::text like %s").format(
                    sql.Identifier(table), sql.Identifier(own), sql.Identifier(table)
                )
                row = session.execute(query, (B, f"%{self.order}%")).fetchone()
                if row != (0,):
                    self.seen.append(table)


@pytest.fixture
def life(engine_url: Url) -> Life:
    """Return an order that tenant A has just begun, on a platform where both tenants have sold something before."""
    with connect(engine_url) as root:
        root.execute("set role ttdb_operator")
        fill_platform(root)
        root.execute("reset role")
        row = root.execute("select gen_random_uuid()::text").fetchone()
        assert row
    return Life(engine_url, row[0])


def trail(url: Url, order: str) -> list[tuple[str, str]]:
    """Return relation and operation of every change that speaks of the order, oldest first, as an auditor reads it."""
    with working_as(url, "ttdb_auditor") as session:
        return session.execute(
            "select relation, operation from audit.trail"
            " where coalesce(new_row, old_row)::text like %s and role = 'ttdb_app' and tenant_id = %s order by id",
            (f"%{order}%", A),
        ).fetchall()


def _begin(life: Life) -> None:
    with life.step(
        ("orders", "INSERT"), ("order_items", "INSERT"), ("order_discounts", "INSERT"), ("orders", "UPDATE")
    ) as session:
        session.execute(
            "insert into public.orders (id, user_id, event_id, order_number, expires_at)"
            " select %s, user_id, event_id, 'TT-100', now() + interval '15 min' from public.orders limit 1",
            (life.order,),
        )
        session.execute(
            "insert into public.order_items (order_id, ticket_type_id, quantity, unit_price, subtotal)"
            " select %s, id, 2, price, 2 * price from public.ticket_types",
            (life.order,),
        )
        session.execute(
            "insert into public.order_discounts (order_id, discount_code, discount_type, discount_value)"
            " values (%s, 'TENTH', 'PERCENTAGE', 10)",
            (life.order,),
        )
        session.execute(
            "update public.orders set subtotal = 100, discount_amount = 10, tax_amount = 9, total_amount = 99"
            " where id = %s",
            (life.order,),
        )


def _reserve(life: Life) -> None:
    with life.step(("orders", "UPDATE"), ("tickets", "INSERT"), ("tickets", "INSERT")) as session:
        session.execute("update public.orders set status = 'RESERVED' where id = %s", (life.order,))
        session.execute(
            "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
            " select event_id, id, %s, 'TK-100-' || n, price from public.ticket_types, generate_series(1, 2) as n",
            (life.order,),
        )
        assert session.execute("select sold from public.ticket_sales").fetchone() == (1,)  # counted at commit
    with working_as(life.url, "ttdb_app", A) as session:
        assert session.execute("select sold from public.ticket_sales").fetchone() == (3,)


def _pay(life: Life) -> None:
    with life.step(("payment_transactions", "INSERT"), ("payment_transactions", "UPDATE")) as session:
        session.execute(
            "insert into public.payment_transactions"
            " (order_id, user_id, venue_id, amount, fee_amount, payment_intent_id, idempotency_key, card_last4)"
            " select o.id, o.user_id, e.venue_id, o.total_amount, 3, 'pi_100', 'pay-100', '4242'"
            " from public.orders as o join public.events as e on e.id = o.event_id where o.id = %s",
            (life.order,),
        )
        session.execute(
            "update public.payment_transactions set status = 'PROCESSING' where order_id = %s", (life.order,)
        )
    with life.step(
        ("payment_transactions", "UPDATE"), ("orders", "UPDATE"), ("tickets", "UPDATE"), ("tickets", "UPDATE")
    ) as session:
        session.execute(
            "update public.payment_transactions set status = 'SUCCEEDED', processed_at = now() where order_id = %s",
            (life.order,),
        )
        session.execute(
            "update public.orders set status = 'CONFIRMED', confirmed_at = now(), payment_intent_id = 'pi_100'"
            " where id = %s",
            (life.order,),
        )
        session.execute("update public.tickets set status = 'SOLD', sold_at = now() where order_id = %s", (life.order,))


def _notify(life: Life) -> None:
    with life.step(
        ("orders", "UPDATE"),
        ("notification_history", "INSERT"),
        ("notification_history", "UPDATE"),
        ("audit_logs", "INSERT"),
    ) as session:
        session.execute("update public.orders set status = 'COMPLETED' where id = %s", (life.order,))
        session.execute(
            "insert into public.notification_history (user_id, order_id, channel, template_name, recipient_email)"
            " select user_id, id, 'EMAIL', 'tickets', 'ada@example.com' from public.orders where id = %s",
            (life.order,),
        )
        session.execute(
            "update public.notification_history set status = 'SENT', attempts = 1 where order_id = %s", (life.order,)
        )
        session.execute(
            "insert into public.audit_logs (action, resource_type, resource_id) values ('order.complete', 'order', %s)",
            (life.order,),
        )
        session.execute(
            "insert into public.event_logs (service, event_type, aggregate_type, aggregate_id)"
            " values ('orders', 'order.completed', 'order', %s)",
            (life.order,),
        )


def _use_and_refund(life: Life) -> None:
    with life.step(("tickets", "UPDATE")) as session:
        session.execute("update public.tickets set status = 'USED', used_at = now() where ticket_number = 'TK-100-1'")
    with life.step(
        ("payment_transactions", "INSERT"), ("tickets", "UPDATE"), ("tickets", "UPDATE"), ("orders", "UPDATE")
    ) as session:
        session.execute(
            "insert into public.payment_transactions"
            " (order_id, user_id, venue_id, type, status, amount, processed_at)"
            " select order_id, user_id, venue_id, 'REFUND', 'SUCCEEDED', amount, now()"
            " from public.payment_transactions where order_id = %s",
            (life.order,),
        )
        session.execute(
            "update public.tickets set status = 'REFUNDED', cancelled_at = now() where order_id = %s", (life.order,)
        )
        session.execute(
            "update public.orders set status = 'REFUNDED', refunded_at = now() where id = %s", (life.order,)
        )
    with working_as(life.url, "ttdb_app", A) as session:
        assert session.execute("select sold from public.ticket_sales").fetchone() == (1,)


def test_order_lives_its_life_unseen_by_another_tenant_and_recorded_whole(life: Life) -> None:
    for part in (_begin, _reserve, _pay, _notify, _use_and_refund):
        part(life)

    assert life.seen == []
    assert trail(life.url, life.order) == life.expected
    recorded = {relation.removeprefix("public.") for relation, _ in life.expected}
    assert recorded == {
        "orders",
        "order_items",
        "order_discounts",
        "tickets",
        "payment_transactions",
        "notification_history",
        "audit_logs",
    }


def test_order_that_is_given_up_gives_its_places_back(life: Life) -> None:
    _begin(life)
    _reserve(life)
    with life.step(("tickets", "UPDATE"), ("tickets", "UPDATE"), ("orders", "UPDATE")) as session:
        session.execute("update public.tickets set status = 'EXPIRED' where order_id = %s", (life.order,))
        session.execute("update public.orders set status = 'EXPIRED' where id = %s", (life.order,))

    with working_as(life.url, "ttdb_app", A) as session:
        assert session.execute("select sold from public.ticket_sales").fetchone() == (1,)
    assert life.seen == []
    assert trail(life.url, life.order) == life.expected


def test_what_is_not_recorded_is_known(life: Life) -> None:
    with working_as(life.url, "ttdb_operator") as session:
        found = session.execute(
            "select t.relation::text from ttdb.tenant_tables as t where not exists ("
            "    select from ttdb.audited_tables as a where a.relation = t.relation)"
        ).fetchall()

    assert {name for (name,) in found} == NOT_RECORDED
