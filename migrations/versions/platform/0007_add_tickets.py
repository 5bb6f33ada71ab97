"""Add the tickets."""

import sqlalchemy as sa

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    MONEY,
    TEXT,
    TIME,
    created_at,
    currency_form,
    email_form,
    finite,
    metadata,
    not_before,
    one_of,
    only_in,
    optional,
    required,
    rule,
    same_tenant,
    server_id,
    standing,
    tenant_id,
    tenant_keys,
    text_of,
    unique,
    updated_at,
)
from ttdb.migrate.steps import (
    audited,
    determined_tenant,
    expanded,
    index,
    masked_columns,
    protected,
    touched,
    upgrade_and_downgrade,
)

revision = "platform_0007"
down_revision = "platform_0006"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants users events ticket_types orders", PUBLIC)
for having_event in ("ticket_types", "orders"):
    PUBLIC.tables[f"public.{having_event}"].append_column(sa.Column("event_id", sa.UUID()))
TENANTS = "public.tenants"


def same_event(column: str, target: str, comment: str) -> sa.ForeignKeyConstraint:
    """Return a foreign key that carries tenant and event: no ticket for one event can point at another's."""
    return sa.ForeignKeyConstraint(
        ["tenant_id", "event_id", column],
        [f"{target}.tenant_id", f"{target}.event_id", f"{target}.id"],
        ondelete="RESTRICT",
        comment=comment,
    )


tickets = sa.Table(
    "tickets",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("event_id", sa.UUID(), "the event it admits to"),
    required("ticket_type_id", sa.UUID(), "what kind it is"),
    required("order_id", sa.UUID(), "the order that took it"),
    optional("user_id", sa.UUID(), "who holds it; empty while nobody is named"),
    required("ticket_number", TEXT, "shown to people; unique within the tenant"),
    required(
        "code",
        TEXT,
        "what the gate scans; secret, never in the trail",
        default="replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')",
    ),
    required(
        "status",
        TEXT,
        "RESERVED in a cart, SOLD, USED at the gate; CANCELLED, EXPIRED and REFUNDED give the place back",
        default="'RESERVED'",
    ),
    required("price", MONEY, "of this ticket, without tax"),
    required("currency", TEXT, "ISO 4217, three letters", default="'USD'"),
    optional("seat", TEXT, "section, row and place; empty where people stand"),
    optional("holder_name", TEXT, "who will come; personal"),
    optional("holder_email", TEXT, "where the ticket is sent, lower case; personal"),
    optional("sold_at", TIME, "when it was paid"),
    optional("used_at", TIME, "when it was scanned at the gate"),
    optional("cancelled_at", TIME, "when it was cancelled or refunded"),
    created_at(),
    updated_at(),
    *tenant_keys(TENANTS),
    same_tenant("event_id", "public.events", "there is no such event, or it is still in use"),
    same_event("ticket_type_id", "public.ticket_types", "the event has no such ticket type, or it is still in use"),
    same_event("order_id", "public.orders", "the event has no such order, or it is still in use"),
    same_tenant("user_id", "public.users", "there is no such user, or the account is still in use"),
    unique("tenant_id", "ticket_number", comment="another ticket has this number already"),
    unique("tenant_id", "code", comment="another ticket has this code already"),
    rule(
        "tickets_status_must_be_known",
        one_of("status", "RESERVED SOLD USED CANCELLED EXPIRED REFUNDED"),
        "the status is unknown",
    ),
    rule(
        "tickets_number_must_be_capitals_digits_and_hyphens",
        "ticket_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' and length(ticket_number) <= 40",
        "the ticket number holds more than capitals, digits and single hyphens, or is longer than 40",
    ),
    rule(
        "tickets_code_must_be_hard_to_guess",
        "code ~ '^\\S{16,128}$'",
        "the code is shorter than 16 or longer than 128 characters",
    ),
    rule(
        "tickets_seat_must_be_1_to_50_characters", text_of("seat", 50), "the seat is blank or longer than 50 characters"
    ),
    rule(
        "tickets_holder_name_must_be_1_to_200_characters",
        text_of("holder_name", 200),
        "the holder's name is blank or longer than 200 characters",
    ),
    rule(
        "tickets_holder_email_must_not_be_too_long",
        "length(holder_email) <= 254",
        "the e-mail address is longer than 254 characters",
    ),
    rule("tickets_price_must_be_reasonable", "price between 0 and 1000000", "the price is below 0 or over 1000000"),
    rule(
        "tickets_currency_must_be_three_capital_letters",
        currency_form("currency"),
        "the currency is not a three-letter code",
    ),
    rule(
        "tickets_holder_email_must_be_a_lower_case_address",
        email_form("holder_email"),
        "the e-mail address is malformed or has capital letters",
    ),
    rule(
        "tickets_sold_must_say_when",
        "status not in ('SOLD', 'USED', 'REFUNDED') or sold_at is not null",
        "a sold ticket needs the time of sale",
    ),
    rule("tickets_used_must_say_when", "status <> 'USED' or used_at is not null", "a used ticket needs its time"),
    rule(
        "tickets_cancelled_must_say_when",
        "status not in ('CANCELLED', 'REFUNDED') or cancelled_at is not null",
        "a cancelled or refunded ticket needs its time",
    ),
    rule(
        "tickets_only_sold_must_have_a_time_of_sale",
        only_in("sold_at", "SOLD USED CANCELLED REFUNDED"),
        "a ticket that was not sold has a time of sale",
    ),
    rule(
        "tickets_only_used_must_have_a_time_of_use",
        only_in("used_at", "USED REFUNDED"),
        "a ticket that was not used has a time of use",
    ),
    rule(
        "tickets_only_ended_must_have_a_time_of_cancellation",
        only_in("cancelled_at", "CANCELLED REFUNDED"),
        "a ticket that was not cancelled has a time of cancellation",
    ),
    rule(
        "tickets_must_not_be_sold_before_made",
        not_before("sold_at", "created_at"),
        "the sale is earlier than the ticket",
    ),
    rule(
        "tickets_must_not_be_used_before_sold",
        not_before("used_at", "sold_at"),
        "the use is earlier than the sale",
    ),
    rule(
        "tickets_must_not_be_cancelled_before_sold",
        not_before("cancelled_at", "sold_at"),
        "the cancellation is earlier than the sale",
    ),
    rule(
        "tickets_must_not_be_cancelled_before_made",
        not_before("cancelled_at", "created_at"),
        "the cancellation is earlier than the ticket",
    ),
    rule(
        "tickets_times_must_be_finite",
        finite("sold_at", "used_at", "cancelled_at", "created_at", "updated_at"),
        "a time is infinite",
    ),
    comment="what admits one person to one event",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(tickets, arrival("tickets")),
    index(
        "tickets_event_id_idx",
        "public.tickets",
        "(tenant_id, event_id, status, created_at)",
        comment="tickets-of-event-in-status, tickets-of-event-counted: by status; the foreign key to events",
    ),
    index(
        "tickets_used_idx",
        "public.tickets",
        "(tenant_id, event_id, used_at)",
        where="used_at is not null",
        comment="tickets-scanned: who came in at an event, latest first",
    ),
    index(
        "tickets_ticket_type_id_idx",
        "public.tickets",
        "(tenant_id, ticket_type_id, event_id)",
        comment="tickets_tenant_id_event_id_ticket_type_id_fkey: the foreign key to ticket_types",
    ),
    index(
        "tickets_order_id_idx",
        "public.tickets",
        "(tenant_id, order_id, event_id)",
        comment="tickets-of-order: an order's tickets; the foreign key to orders",
    ),
    index(
        "tickets_user_id_idx",
        "public.tickets",
        "(tenant_id, user_id, created_at desc)",
        comment="tickets-of-user: a holder's tickets, newest first; the foreign key to users",
    ),
    determined_tenant("public.tickets", "event_id", "user_id"),
    touched("public.tickets"),
    protected("public.tickets", app="select, insert, update", definer="select"),
    audited("public.tickets", exclude=("code",)),
    masked_columns(
        "public.tickets",
        holder_name="name",
        holder_email="email",
        id="plain",
        tenant_id="plain",
        event_id="plain",
        ticket_type_id="plain",
        order_id="plain",
        user_id="plain",
        ticket_number="plain",
        status="plain",
        price="plain",
        currency="plain",
        seat="plain",
        sold_at="plain",
        used_at="plain",
        cancelled_at="plain",
        created_at="plain",
        updated_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
