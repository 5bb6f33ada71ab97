"""A small platform for tests: one valid row of every table, each found by the columns that a test may change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from support.databases import connect
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

A, B = "aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"
_MADE = "2026-01-01 12:00:00+00"
_LATER = "2026-01-01 13:00:00+00"


def ident(tenant: str, number: int) -> str:
    """Return the id of one of a tenant's rows."""
    return f"{tenant[:-12]}{number:012d}"


def rows(tenant: str, letter: str) -> dict[str, dict[str, Any]]:
    """Return one valid row of each table, in an order in which foreign keys allow them to be inserted."""
    own = {"tenant_id": tenant, "created_at": _MADE}
    user, venue, event, kind, order = (ident(tenant, number) for number in range(1, 6))
    return {
        "tenants": {"id": tenant, "name": f"Tenant {letter}", "slug": f"tenant-{letter.lower()}", "created_at": _MADE},
        "users": own
        | {
            "id": user,
            "email": f"ada.{letter.lower()}@example.com",
            "phone": "+15550100",
            "first_name": "Ada",
            "last_name": "Byron",
            "password_hash": "!",
            "status": "ACTIVE",
        },
        "venues": own
        | {
            "id": venue,
            "name": "Hall",
            "slug": "hall",
            "email": "office@example.com",
            "phone": "+15550101",
            "city": "Lyon",
            "country_code": "FR",
            "timezone": "Europe/Paris",
            "max_capacity": 100,
        },
        "events": own
        | {
            "id": event,
            "venue_id": venue,
            "name": "Concert",
            "slug": "concert",
            "status": "ON_SALE",
            "starts_at": "2026-06-01 18:00+00",
            "ends_at": "2026-06-01 22:00+00",
        },
        "ticket_types": own
        | {
            "id": kind,
            "event_id": event,
            "name": "Stalls",
            "price": 50,
            "quantity": 20,
            "sale_starts_at": _MADE,
            "sale_ends_at": "2026-06-01 17:00+00",
        },
        "orders": own
        | {
            "id": order,
            "user_id": user,
            "event_id": event,
            "order_number": "TT-1",
            "status": "CONFIRMED",
            "subtotal": 200,
            "tax_amount": 20,
            "discount_amount": 10,
            "total_amount": 210,
            "payment_intent_id": f"pi_{letter}_order",
            "idempotency_key": "key-order",
            "confirmed_at": _LATER,
        },
        "order_items": own
        | {
            "id": ident(tenant, 6),
            "order_id": order,
            "ticket_type_id": kind,
            "quantity": 4,
            "unit_price": 50,
            "subtotal": 200,
        },
        "order_discounts": {
            "id": ident(tenant, 7),
            "tenant_id": tenant,
            "order_id": order,
            "discount_code": "TEN",
            "discount_type": "FIXED",
            "discount_value": 10,
        },
        "tickets": own
        | {
            "id": ident(tenant, 8),
            "event_id": event,
            "ticket_type_id": kind,
            "order_id": order,
            "user_id": user,
            "ticket_number": "TK-1",
            "status": "SOLD",
            "price": 50,
            "seat": "A1",
            "holder_name": "Ada Byron",
            "holder_email": "ada@example.com",
            "sold_at": _LATER,
        },
        "payment_transactions": own
        | {
            "id": ident(tenant, 9),
            "order_id": order,
            "user_id": user,
            "venue_id": venue,
            "status": "SUCCEEDED",
            "amount": 210,
            "payment_intent_id": f"pi_{letter}_payment",
            "idempotency_key": "key-payment",
            "card_last4": "4242",
            "billing_name": "Ada Byron",
            "billing_email": "ada@example.com",
            "processed_at": _LATER,
        },
        "audit_logs": own
        | {
            "id": ident(tenant, 10),
            "user_id": user,
            "action": "order.confirm",
            "resource_type": "order",
            "resource_id": order,
            "user_agent": "Mozilla",
        },
        "notification_history": {
            "id": ident(tenant, 11),
            "tenant_id": tenant,
            "user_id": user,
            "order_id": order,
            "channel": "EMAIL",
            "template_name": "order_confirmed",
            "subject": "Your order",
            "recipient_email": "ada@example.com",
            "recipient_phone": "+15550100",
            "recipient_name": "Ada Byron",
            "status": "SENT",
            "sent_at": _LATER,
        },
        "event_logs": {
            "id": ident(tenant, 12),
            "tenant_id": tenant,
            "timestamp": _LATER,
            "service": "orders",
            "event_type": "order.confirmed",
            "aggregate_type": "order",
            "aggregate_id": order,
        },
    }


def insert(connection: Connection, table: str, values: Mapping[str, Any]) -> None:
    """Insert one row of a table of schema public."""
    query = sql.SQL("insert into public.{} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(name) for name in values),
        sql.SQL(", ").join(sql.Placeholder() for _ in values),
    )
    connection.execute(query, [Jsonb(value) if isinstance(value, dict) else value for value in values.values()])


def update(connection: Connection, table: str, row: str, changes: Mapping[str, Any]) -> int:
    """Change one row of a table, found by its id, and return how many rows that were."""
    query = sql.SQL("update public.{} set {} where id = {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in changes),
        sql.Placeholder(),
    )
    values = [Jsonb(value) if isinstance(value, (dict, list)) else value for value in changes.values()]
    return connection.execute(query, [*values, row]).rowcount


def fill(connection: Connection, tenants: Mapping[str, str] | None = None) -> None:
    """Insert one valid row of each table for each tenant: an order that was paid, with one of its four tickets."""
    with connection.transaction():
        for tenant, letter in (tenants or {A: "A", B: "B"}).items():
            for table, values in rows(tenant, letter).items():
                insert(connection, table, values)


@contextmanager
def working_as(
    url: Url, role: str, tenant: str | None = None, isolation: str = "read committed"
) -> Iterator[Connection]:
    """Open a session of its own with a transaction that commits at the end, as a role in a tenant's context."""
    with connect(url) as connection, connection.transaction():
        connection.execute(sql.SQL("set transaction isolation level " + isolation))
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        if tenant is not None:
            connection.execute("select pg_catalog.set_config('app.current_tenant_id', %s, true)", (tenant,))
        yield connection
