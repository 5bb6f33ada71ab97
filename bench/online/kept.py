"""Whether the database has what it acknowledged."""

import json
from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql

from bench.online.load import Acknowledged
from bench.online.service import Row
from ttdb.postgres.connect import Connection, scalar

# What a service wrote, or left to a default, and nobody else may change; an order's tenant is one that it may be given.
_ORDER = (
    *("user_id", "event_id", "order_number", "status", "subtotal_cents", "platform_fee_cents", "processing_fee_cents"),
    *("tax_cents", "discount_cents", "total_cents", "original_total_cents", "ticket_quantity", "discount_codes"),
    *("payment_intent_id", "payment_method", "currency", "idempotency_key", "expires_at", "metadata", "created_at"),
)
_PAYMENT = (
    *("venue_id", "user_id", "event_id", "amount", "currency", "status", "platform_fee", "venue_payout"),
    *("gas_fee_paid", "tax_amount", "total_amount", "stripe_payment_intent_id", "paypal_order_id"),
    *("device_fingerprint", "payment_method_fingerprint", "metadata", "idempotency_key", "created_at"),
)
_ORDERS, _PAYMENTS, _ITEMS, _ENTRIES = "orders", "payment_transactions", "order_items", "audit_logs"


def lost(connection: Connection, acknowledged: Sequence[Acknowledged]) -> int:
    """Return how many acknowledged writes are not there, or not as they were acknowledged.

    The login is a superuser, and no service is at work any more.
    """
    return sum(
        _unlike(connection, _ORDERS, _ORDER, each.orders)
        + _unlike(connection, _PAYMENTS, _PAYMENT, each.payments)
        + _missing(connection, _ITEMS, each.items)
        + _missing(connection, _ENTRIES, each.entries)
        for each in acknowledged
    )


def missing(connection: Connection, acknowledged: Sequence[Acknowledged]) -> int:
    """Return how many rows are not there at all: services may be at work, and go on changing them."""
    return sum(
        _missing(connection, _ORDERS, each.orders)
        + _missing(connection, _PAYMENTS, each.payments)
        + _missing(connection, _ITEMS, each.items)
        + _missing(connection, _ENTRIES, each.entries)
        for each in acknowledged
    )


def _missing(connection: Connection, table: str, ids: Iterable[str]) -> int:
    query = sql.SQL(
        "select count(*) from unnest(%s::uuid[]) as w (id) where not exists (select from public.{} where id = w.id)"
    )
    return int(scalar(connection, query.format(sql.Identifier(table)), (list(ids),)))


def _unlike(connection: Connection, table: str, columns: Sequence[str], rows: Mapping[str, Row]) -> int:
    """Count the rows of which one of these columns is not what was returned, as the server writes it."""
    given = [json.dumps(_written(row, columns)) for row in rows.values()]
    query = sql.SQL(
        "select count(*) from unnest(%s::uuid[], %s::jsonb[]) as w (id, given)"
        " cross join lateral jsonb_to_record(w.given) as g ({texts})"
        " left join public.{table} as r on r.id = w.id where r.id is null or ({found}) is distinct from ({texts_of})"
    ).format(
        table=sql.Identifier(table),
        texts=sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns),
        found=sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier("r", name)) for name in columns),
        texts_of=sql.SQL(", ").join(sql.Identifier("g", name) for name in columns),
    )
    return int(scalar(connection, query, (list(rows), given)))


def _written(row: Row, columns: Sequence[str]) -> Row:
    return {name: row[name] for name in columns}
