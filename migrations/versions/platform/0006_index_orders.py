"""Index the orders for the services' reads and the worker's rounds."""

from ttdb.migrate.steps import index, upgrade_and_downgrade

revision = "platform_0006"
down_revision = "platform_0005"
branch_labels = None
depends_on = None

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    index(
        "orders_event_id_status_idx",
        "public.orders",
        "(tenant_id, event_id, status, created_at desc)",
        comment="orders-of-event-in-status: a rare status among a big event's orders, newest first",
    ),
    index(
        "orders_status_idx",
        "public.orders",
        "(tenant_id, status, created_at)",
        comment="orders-in-status: a tenant's orders in a status, oldest first",
    ),
    index(
        "orders_created_at_idx",
        "public.orders",
        "(tenant_id, created_at)",
        comment="orders-newest, orders-by-day: a tenant's orders of a time",
    ),
    index(
        "orders_confirmed_idx",
        "public.orders",
        "(tenant_id, confirmed_at)",
        where="status = 'CONFIRMED'",
        comment="orders-confirmed-between: paid orders that still wait for their tickets, by time of payment",
    ),
    index(
        "orders_reserved_idx",
        "public.orders",
        "(tenant_id, expires_at)",
        where="status = 'RESERVED'",
        comment="reservations-lapsing: a tenant's reservations, the next to lapse first",
    ),
    index(
        "orders_expiry_idx",
        "public.orders",
        "(expires_at)",
        where="status = 'RESERVED'",
        comment="reservations-lapsed: reservations to be ended, over all tenants, for the worker",
    ),
    index(
        "orders_pending_idx",
        "public.orders",
        "(created_at)",
        where="status = 'PENDING'",
        comment="orders-abandoned: carts left behind, over all tenants, for the worker",
    ),
    index(
        "orders_unpaid_idx",
        "public.orders",
        "(confirmed_at)",
        where="status = 'CONFIRMED' and payment_intent_id is null",
        comment="orders-without-payment: paid orders that no payment explains, over all tenants, for the worker",
    ),
    index(
        "orders_payment_intent_id_idx",
        "public.orders",
        "(tenant_id, payment_intent_id)",
        where="payment_intent_id is not null",
        comment="order-by-payment-intent: the order of a payment",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
