"""Whether the database has what it acknowledged."""

from collections.abc import Sequence

from bench.online.load import Acknowledged
from ttdb.postgres.connect import Connection, scalar


def lost(connection: Connection, acknowledged: Sequence[Acknowledged]) -> int:
    """Return how many acknowledged writes are not there, or are not as they were acknowledged; as a superuser."""
    return sum(_lost(connection, each) for each in acknowledged)


def missing(connection: Connection, acknowledged: Sequence[Acknowledged]) -> int:
    """Return how many rows are not there at all: the services may be at work, and go on changing them."""
    found = 0
    for each in acknowledged:
        found += _missing_orders(connection, list(each.orders)) + _missing_payments(connection, list(each.payments))
        found += _missing_items(connection, list(each.items)) + _missing_entries(connection, list(each.entries))
    return found


def _lost(connection: Connection, given: Acknowledged) -> int:
    orders = scalar(
        connection,
        "select count(*) from unnest(%s::uuid[], %s::text[], %s::int[]) as w (id, status, cents)"
        " left join public.orders as o on o.id = w.id"
        " where o.id is null or o.status <> w.status or o.total_cents <> w.cents",
        (list(given.orders), [status for status, _ in given.orders.values()], [c for _, c in given.orders.values()]),
    )
    payments = scalar(
        connection,
        "select count(*) from unnest(%s::uuid[], %s::text[]) as w (id, status)"
        " left join public.payment_transactions as p on p.id = w.id where p.id is null or p.status <> w.status",
        (list(given.payments), list(given.payments.values())),
    )
    return (
        int(orders)
        + int(payments)
        + _missing_items(connection, given.items)
        + _missing_entries(connection, given.entries)
    )


def _missing_orders(connection: Connection, ids: Sequence[str]) -> int:
    query = (
        "select count(*) from unnest(%s::uuid[]) as w (id) where not exists (select from public.orders where id = w.id)"
    )
    return int(scalar(connection, query, (ids,)))


def _missing_payments(connection: Connection, ids: Sequence[str]) -> int:
    query = (
        "select count(*) from unnest(%s::uuid[]) as w (id)"
        " where not exists (select from public.payment_transactions where id = w.id)"
    )
    return int(scalar(connection, query, (ids,)))


def _missing_items(connection: Connection, ids: Sequence[str]) -> int:
    query = (
        "select count(*) from unnest(%s::uuid[]) as w (id)"
        " where not exists (select from public.order_items where id = w.id)"
    )
    return int(scalar(connection, query, (ids,)))


def _missing_entries(connection: Connection, ids: Sequence[str]) -> int:
    query = (
        "select count(*) from unnest(%s::uuid[]) as w (id)"
        " where not exists (select from public.audit_logs where id = w.id)"
    )
    return int(scalar(connection, query, (ids,)))
