"""Say what may follow what, and what is written once: statuses, and what is on record."""

from ttdb.migrate.steps import once_contracted, transitions, upgrade_and_downgrade, written_once

revision = "platform_0013"
down_revision = "platform_0012"
branch_labels = None
depends_on = None

# A row's month says until when it is kept: moved into a month that is retired, it would be out of the rules' sight.
# The tenant of a payment follows from its order, which it keeps; to say so here would only speak before the policies.
MONTHS = [
    written_once(
        f"public.{name}",
        f"id {column}",
        f"{name}_must_keep_their_id_and_time",
        "what is on record keeps its id and its time",
    )
    for name, column in (
        ("payment_transactions", "created_at"),
        ("audit_logs", "created_at"),
        ("notification_history", "sent_at"),
        ("event_logs", "timestamp"),
    )
]

COURSES = [
    transitions(
        "public.tenants",
        "status",
        "tenants_status_must_follow_its_course",
        "a closed organiser stays closed",
        ACTIVE="SUSPENDED CLOSED",
        SUSPENDED="ACTIVE CLOSED",
        CLOSED="",
    ),
    transitions(
        "public.users",
        "status",
        "users_status_must_follow_its_course",
        "an account cannot go from its status to that one; a closed one stays closed",
        PENDING="ACTIVE SUSPENDED DELETED",
        ACTIVE="SUSPENDED DELETED",
        SUSPENDED="ACTIVE DELETED",
        DELETED="",
    ),
    transitions(
        "public.events",
        "status",
        "events_status_must_follow_its_course",
        "an event cannot go from its status to that one; a cancelled or completed one stays so",
        DRAFT="PUBLISHED CANCELLED",
        PUBLISHED="DRAFT ON_SALE CANCELLED",
        ON_SALE="PUBLISHED SOLD_OUT CANCELLED COMPLETED",
        SOLD_OUT="ON_SALE CANCELLED COMPLETED",
        CANCELLED="",
        COMPLETED="",
    ),
    transitions(
        "public.orders",
        "status",
        "orders_status_must_follow_its_course",
        "an order cannot go from its status to that one",
        PENDING="RESERVED CONFIRMED CANCELLED EXPIRED",
        RESERVED="CONFIRMED CANCELLED EXPIRED",
        CONFIRMED="COMPLETED CANCELLED REFUNDED",
        COMPLETED="REFUNDED",
        CANCELLED="",
        EXPIRED="",
        REFUNDED="",
    ),
    transitions(
        "public.tickets",
        "status",
        "tickets_status_must_follow_its_course",
        "a ticket cannot go from its status to that one",
        RESERVED="SOLD CANCELLED EXPIRED",
        SOLD="USED CANCELLED REFUNDED",
        USED="REFUNDED",
        CANCELLED="",
        EXPIRED="",
        REFUNDED="",
    ),
    transitions(
        "public.payment_transactions",
        "status",
        "payment_transactions_status_must_follow_its_course",
        "a payment cannot go from its status to that one",
        PENDING="PROCESSING SUCCEEDED FAILED CANCELLED",
        PROCESSING="SUCCEEDED FAILED CANCELLED",
        FAILED="PROCESSING",
        SUCCEEDED="",
        CANCELLED="",
    ),
    transitions(
        "public.notification_history",
        "status",
        "notification_history_status_must_follow_its_course",
        "a notification cannot go from its status to that one",
        QUEUED="SENT FAILED",
        SENT="DELIVERED FAILED BOUNCED",
        FAILED="QUEUED SENT",
        DELIVERED="",
        BOUNCED="",
    ),
]

ON_RECORD = [
    # What a rule compares without a lock must not change behind it.
    written_once(
        "public.ticket_types",
        "event_id currency",
        "ticket_types_must_stay_with_event_and_currency",
        "a ticket type stays with its event and its currency: make another one",
    ),
    written_once(
        "public.orders",
        "event_id currency",
        "orders_must_stay_with_event_and_currency",
        "an order stays with its event and its currency: cancel it and make another one",
    ),
    # Two who confirm, cancel or refund the same thing: the second has to see that it happened.
    written_once(
        "public.orders",
        "confirmed_at cancelled_at refunded_at",
        "orders_must_not_happen_twice",
        "this order was paid, cancelled or refunded before",
    ),
    written_once(
        "public.tickets",
        "sold_at used_at cancelled_at",
        "tickets_must_not_happen_twice",
        "this ticket was sold, used or cancelled before",
    ),
    written_once(
        "public.tickets",
        "ticket_number price",
        "tickets_must_keep_their_number_and_price",
        "a ticket keeps its number and its price: cancel it and make another one",
    ),
    written_once(
        "public.payment_transactions",
        "order_id type amount currency",
        "payment_transactions_must_stay_as_made",
        "a payment's order, kind and amount cannot change: make another one",
    ),
    written_once(
        "public.payment_transactions",
        "processed_at",
        "payment_transactions_must_not_end_twice",
        "this payment ended before",
    ),
]

STEPS = [once_contracted(step) for step in (*MONTHS, *COURSES, *ON_RECORD)]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
