"""Add the orders, and what they consist of: items, and the discounts that lower them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    INTEGER,
    MONEY,
    TEXT,
    TIME,
    created_at,
    currency_form,
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

revision = "platform_0005"
down_revision = "platform_0004"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants users events ticket_types", PUBLIC)
TENANTS = "public.tenants"

orders = sa.Table(
    "orders",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("user_id", sa.UUID(), "who buys"),
    required("event_id", sa.UUID(), "for which event"),
    required("order_number", TEXT, "shown to people; unique within the tenant"),
    required(
        "status",
        TEXT,
        "PENDING cart, RESERVED seats held, CONFIRMED paid, COMPLETED tickets issued;"
        " CANCELLED, EXPIRED and REFUNDED end it",
        default="'PENDING'",
    ),
    required("subtotal", MONEY, "sum of the items", default="0"),
    required("tax_amount", MONEY, "tax on it", default="0"),
    required("discount_amount", MONEY, "what the discounts take off", default="0"),
    required("total_amount", MONEY, "what the buyer pays", default="0"),
    required("currency", TEXT, "ISO 4217, three letters", default="'USD'"),
    optional("payment_intent_id", TEXT, "the payment provider's name for the payment"),
    optional("idempotency_key", TEXT, "the client's, so that a repeated request makes no second order"),
    required("metadata", JSONB(), "the services' own notes", default="'{}'"),
    optional("expires_at", TIME, "when a reservation lapses"),
    optional("confirmed_at", TIME, "when it was paid"),
    optional("cancelled_at", TIME, "when it was cancelled"),
    optional("refunded_at", TIME, "when the money went back"),
    created_at(),
    updated_at(),
    *tenant_keys(TENANTS),
    same_tenant("user_id", "public.users", "there is no such user, or the account is still in use"),
    same_tenant("event_id", "public.events", "there is no such event, or it is still in use"),
    unique("tenant_id", "order_number", comment="another order has this number already"),
    unique("tenant_id", "event_id", "id", comment="this event has a row with this id already"),
    rule(
        "orders_number_must_be_capitals_digits_and_hyphens",
        "order_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' and length(order_number) <= 40",
        "the order number holds more than capitals, digits and single hyphens, or is longer than 40",
    ),
    rule(
        "orders_payment_intent_must_be_1_to_255_characters",
        text_of("payment_intent_id", 255),
        "the payment's name is blank or longer than 255 characters",
    ),
    rule(
        "orders_idempotency_key_must_be_1_to_255_characters",
        text_of("idempotency_key", 255),
        "the idempotency key is blank or longer than 255 characters",
    ),
    rule("orders_metadata_must_be_an_object", "jsonb_typeof(metadata) = 'object'", "the notes are not an object"),
    rule(
        "orders_discount_must_not_exceed_subtotal",
        "discount_amount <= subtotal",
        "the discount is more than the subtotal",
    ),
    rule(
        "orders_status_must_be_known",
        one_of("status", "PENDING RESERVED CONFIRMED COMPLETED CANCELLED EXPIRED REFUNDED"),
        "the status is unknown",
    ),
    rule(
        "orders_subtotal_must_be_reasonable",
        "subtotal between 0 and 10000000",
        "the subtotal is below 0 or over 10000000",
    ),
    rule("orders_tax_must_be_reasonable", "tax_amount between 0 and 10000000", "the tax is below 0 or over 10000000"),
    rule(
        "orders_discount_must_be_reasonable",
        "discount_amount between 0 and 10000000",
        "the discount is below 0 or over 10000000",
    ),
    rule(
        "orders_total_must_be_reasonable",
        "total_amount between 0 and 10000000",
        "the total is below 0 or over 10000000",
    ),
    rule(
        "orders_total_must_be_subtotal_plus_tax_less_discount",
        "total_amount = subtotal + tax_amount - discount_amount",
        "the total is not subtotal plus tax less discount",
    ),
    rule(
        "orders_currency_must_be_three_capital_letters",
        currency_form("currency"),
        "the currency is not a three-letter code",
    ),
    rule(
        "orders_reserved_must_expire",
        "status <> 'RESERVED' or expires_at is not null",
        "a reservation needs a time at which it lapses",
    ),
    rule(
        "orders_confirmed_must_say_when",
        "status not in ('CONFIRMED', 'COMPLETED', 'REFUNDED') or confirmed_at is not null",
        "a paid order needs the time of payment",
    ),
    rule(
        "orders_cancelled_must_say_when",
        "status <> 'CANCELLED' or cancelled_at is not null",
        "a cancelled order needs the time of cancellation",
    ),
    rule(
        "orders_refunded_must_say_when",
        "status <> 'REFUNDED' or refunded_at is not null",
        "a refunded order needs the time of refund",
    ),
    rule(
        "orders_expired_must_say_when",
        "status <> 'EXPIRED' or expires_at is not null",
        "an expired order needs the time at which it lapsed",
    ),
    rule(
        "orders_only_paid_must_have_a_time_of_payment",
        only_in("confirmed_at", "CONFIRMED COMPLETED CANCELLED REFUNDED"),
        "an order that is not paid has a time of payment",
    ),
    rule(
        "orders_only_ended_must_have_a_time_of_cancellation",
        only_in("cancelled_at", "CANCELLED REFUNDED"),
        "an order that is not cancelled has a time of cancellation",
    ),
    rule(
        "orders_only_ended_must_have_a_time_of_refund",
        only_in("refunded_at", "CANCELLED REFUNDED"),
        "an order that is neither refunded nor cancelled has a time of refund",
    ),
    rule(
        "orders_must_not_lapse_before_made",
        not_before("expires_at", "created_at"),
        "the reservation lapses before the order was made",
    ),
    rule(
        "orders_must_not_be_confirmed_before_made",
        not_before("confirmed_at", "created_at"),
        "the payment is earlier than the order",
    ),
    rule(
        "orders_must_not_be_cancelled_before_made",
        not_before("cancelled_at", "created_at"),
        "the cancellation is earlier than the order",
    ),
    rule(
        "orders_must_not_be_cancelled_before_confirmed",
        not_before("cancelled_at", "confirmed_at"),
        "the cancellation is earlier than the payment",
    ),
    rule(
        "orders_refunded_must_have_been_paid",
        "refunded_at is null or confirmed_at is not null",
        "an order that was never paid has a time of refund",
    ),
    rule(
        "orders_must_not_be_refunded_before_confirmed",
        not_before("refunded_at", "confirmed_at"),
        "the refund is earlier than the payment",
    ),
    rule(
        "orders_times_must_be_finite",
        finite("expires_at", "confirmed_at", "cancelled_at", "refunded_at", "created_at", "updated_at"),
        "a time is infinite",
    ),
    comment="what people buy",
)

order_items = sa.Table(
    "order_items",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("order_id", sa.UUID(), "the order it is in"),
    required("ticket_type_id", sa.UUID(), "what is bought"),
    required("quantity", INTEGER, "how many"),
    required("unit_price", MONEY, "of one, at the time of ordering"),
    required("subtotal", MONEY, "quantity times unit price"),
    required("metadata", JSONB(), "the services' own notes", default="'{}'"),
    created_at(),
    *tenant_keys(TENANTS),
    same_tenant("order_id", "public.orders", "there is no such order, or it is still in use", ondelete="CASCADE"),
    same_tenant("ticket_type_id", "public.ticket_types", "there is no such ticket type, or it is still in use"),
    rule(
        "order_items_quantity_must_be_reasonable", "quantity between 1 and 1000", "the quantity is below 1 or over 1000"
    ),
    rule(
        "order_items_unit_price_must_be_reasonable",
        "unit_price between 0 and 1000000",
        "the price is below 0 or over 1000000",
    ),
    rule("order_items_metadata_must_be_an_object", "jsonb_typeof(metadata) = 'object'", "the notes are not an object"),
    rule(
        "order_items_subtotal_must_be_reasonable",
        "subtotal between 0 and 10000000",
        "the item's subtotal is below 0 or over 10000000",
    ),
    rule(
        "order_items_subtotal_must_be_quantity_times_price",
        "subtotal = quantity * unit_price",
        "the item's subtotal is not its quantity times its price",
    ),
    rule("order_items_times_must_be_finite", finite("created_at"), "a time is infinite"),
    comment="the lines of an order",
)

order_discounts = sa.Table(
    "order_discounts",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("order_id", sa.UUID(), "the order it lowers"),
    required("discount_code", TEXT, "what the buyer typed"),
    required("discount_type", TEXT, "PERCENTAGE of the subtotal, or a FIXED amount"),
    required("discount_value", MONEY, "percent, or an amount in the order's currency"),
    required("applied_at", TIME, "when", default="now()"),
    *tenant_keys(TENANTS),
    same_tenant("order_id", "public.orders", "there is no such order, or it is still in use", ondelete="CASCADE"),
    unique("tenant_id", "order_id", "discount_code", comment="this code lowers this order already"),
    rule(
        "order_discounts_code_must_be_one_word",
        "discount_code ~ '^\\S{1,50}$'",
        "the discount code is empty, has blanks, or is longer than 50 characters",
    ),
    rule(
        "order_discounts_type_must_be_known",
        one_of("discount_type", "PERCENTAGE FIXED"),
        "the kind of discount is unknown",
    ),
    rule(
        "order_discounts_value_must_fit_its_type",
        "discount_value > 0 and discount_value <= case discount_type when 'PERCENTAGE' then 100 else 10000000 end",
        "the discount is 0 or less, over 100 percent, or over 10000000",
    ),
    rule("order_discounts_times_must_be_finite", finite("applied_at"), "a time is infinite"),
    comment="what lowered an order's price",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(orders, arrival("orders")),
    index(
        "orders_user_id_idx",
        "public.orders",
        "(tenant_id, user_id, created_at desc)",
        comment="orders-of-user: a buyer's orders, newest first; the foreign key to users",
    ),
    index(
        "orders_event_id_idx",
        "public.orders",
        "(tenant_id, event_id, created_at desc)",
        comment="orders-of-event, orders-of-event-in-status: newest first; the foreign key to events",
    ),
    index(
        "orders_idempotency_key_idx",
        "public.orders",
        "(tenant_id, idempotency_key)",
        unique=True,
        where="idempotency_key is not null",
        comment=(
            "order-by-idempotency-key: a repeated request finds its first order;"
            " another order has this idempotency key already"
        ),
    ),
    determined_tenant("public.orders", "user_id", "event_id"),
    touched("public.orders"),
    protected("public.orders", worker="select, update", definer="select, update"),
    audited("public.orders"),
    masked_columns(
        "public.orders",
        id="plain",
        tenant_id="plain",
        user_id="plain",
        event_id="plain",
        order_number="plain",
        status="plain",
        subtotal="plain",
        tax_amount="plain",
        discount_amount="plain",
        total_amount="plain",
        currency="plain",
        expires_at="plain",
        confirmed_at="plain",
        cancelled_at="plain",
        refunded_at="plain",
        created_at="plain",
        updated_at="plain",
    ),
    *expanded(order_items, arrival("order_items")),
    index(
        "order_items_order_id_idx",
        "public.order_items",
        "(tenant_id, order_id, created_at)",
        comment="items-of-order, order-with-items: an order's lines; the foreign key to orders",
    ),
    index(
        "order_items_ticket_type_id_idx",
        "public.order_items",
        "(tenant_id, ticket_type_id)",
        comment="order_items_tenant_id_ticket_type_id_fkey: the foreign key to ticket_types",
    ),
    protected("public.order_items", worker="select", definer="select"),
    audited("public.order_items"),
    masked_columns(
        "public.order_items",
        id="plain",
        tenant_id="plain",
        order_id="plain",
        ticket_type_id="plain",
        quantity="plain",
        unit_price="plain",
        subtotal="plain",
        created_at="plain",
    ),
    *expanded(order_discounts, arrival("order_discounts")),
    protected("public.order_discounts", worker="select", definer="select"),
    audited("public.order_discounts"),
    masked_columns(
        "public.order_discounts",
        id="plain",
        tenant_id="plain",
        order_id="plain",
        discount_code="plain",
        discount_type="plain",
        discount_value="plain",
        applied_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
