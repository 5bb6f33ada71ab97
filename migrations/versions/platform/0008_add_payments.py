"""Add the payments and refunds, by month."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

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
    monthly_keys,
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
    text_of,
    updated_at,
)
from ttdb.migrate.steps import (
    Unique,
    audited,
    beside_writers,
    determined_tenant,
    expanded,
    masked_columns,
    monthly_index,
    months_once_contracted,
    protected,
    touched,
    upgrade_and_downgrade,
)

revision = "platform_0008"
down_revision = "platform_0007"
branch_labels = None
depends_on = ("engine_0002",)

PUBLIC = metadata()
standing("tenants users venues orders", PUBLIC)
TENANTS = "public.tenants"

payment_transactions = sa.Table(
    "payment_transactions",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("order_id", sa.UUID(), "the order it pays, or pays back"),
    required("user_id", sa.UUID(), "who pays, or is paid back"),
    required("venue_id", sa.UUID(), "whose payout it belongs to"),
    required("type", TEXT, "PAYMENT by the buyer, or REFUND to him", default="'PAYMENT'"),
    required(
        "status",
        TEXT,
        "PENDING, PROCESSING at the provider; SUCCEEDED, FAILED and CANCELLED end it",
        default="'PENDING'",
    ),
    required("amount", MONEY, "what changes hands, in the order's currency"),
    required("fee_amount", MONEY, "of it, the platform's share", default="0"),
    required("currency", TEXT, "ISO 4217, three letters", default="'USD'"),
    required("provider", TEXT, "who moves the money: STRIPE, PAYPAL or CASH", default="'STRIPE'"),
    optional("payment_intent_id", TEXT, "the provider's name for the payment; used once, by whomever"),
    optional("idempotency_key", TEXT, "the client's, so that a repeated request moves no money twice"),
    optional("card_last4", TEXT, "last digits of the card; personal"),
    optional("billing_name", TEXT, "on the card; personal"),
    optional("billing_email", TEXT, "where the receipt goes, lower case; personal"),
    optional("failure_reason", TEXT, "why the provider refused"),
    required("metadata", JSONB(), "the services' own notes", default="'{}'"),
    optional("processed_at", TIME, "when it succeeded or failed"),
    created_at(),
    updated_at(),
    *monthly_keys(TENANTS, "created_at"),
    same_tenant("order_id", "public.orders", "there is no such order, or it is still in use"),
    same_tenant("user_id", "public.users", "there is no such user, or the account is still in use"),
    same_tenant("venue_id", "public.venues", "there is no such venue, or it is still in use"),
    rule(
        "payment_transactions_created_at_must_be_finite",
        finite("created_at"),
        "the payment's time is infinite",
    ),
    rule("payment_transactions_type_must_be_known", one_of("type", "PAYMENT REFUND"), "the type is unknown"),
    rule(
        "payment_transactions_status_must_be_known",
        one_of("status", "PENDING PROCESSING SUCCEEDED FAILED CANCELLED"),
        "the status is unknown",
    ),
    rule(
        "payment_transactions_provider_must_be_known",
        one_of("provider", "STRIPE PAYPAL CASH"),
        "the payment provider is unknown",
    ),
    rule(
        "payment_transactions_amount_must_be_reasonable",
        "amount > 0 and amount <= 10000000",
        "the amount is 0 or less, or over 10000000",
    ),
    rule(
        "payment_transactions_fee_must_not_exceed_amount",
        "fee_amount between 0 and amount",
        "the fee is below 0 or over the amount",
    ),
    rule(
        "payment_transactions_currency_must_be_three_capital_letters",
        currency_form("currency"),
        "the currency is not a three-letter code",
    ),
    rule(
        "payment_transactions_card_must_be_four_digits",
        "card_last4 ~ '^[0-9]{4}$'",
        "more or less than the card's last four digits",
    ),
    rule(
        "payment_transactions_billing_email_must_be_an_address",
        email_form("billing_email"),
        "the e-mail address is malformed or has capital letters",
    ),
    rule(
        "payment_transactions_payment_intent_must_be_1_to_255_characters",
        text_of("payment_intent_id", 255),
        "the payment's name is blank or longer than 255 characters",
    ),
    rule(
        "payment_transactions_idempotency_key_must_be_filled_and_short",
        text_of("idempotency_key::text", 255),
        "the idempotency key is blank or longer than 255 characters",
    ),
    rule(
        "payment_transactions_billing_name_must_be_1_to_200_characters",
        text_of("billing_name", 200),
        "the name on the card is blank or longer than 200 characters",
    ),
    rule(
        "payment_transactions_billing_email_must_not_be_too_long",
        "length(billing_email) <= 254",
        "the e-mail address is longer than 254 characters",
    ),
    rule(
        "payment_transactions_failure_must_be_1_to_1000_characters",
        text_of("failure_reason", 1000),
        "the reason is blank or longer than 1000 characters",
    ),
    rule(
        "payment_transactions_metadata_must_be_an_object",
        "jsonb_typeof(metadata) = 'object'",
        "the notes are not an object",
    ),
    rule(
        "payment_transactions_only_ended_must_have_a_time_of_end",
        only_in("processed_at", "SUCCEEDED FAILED CANCELLED"),
        "a payment that goes on has a time of its end",
    ),
    rule(
        "payment_transactions_must_not_end_before_made",
        not_before("processed_at", "created_at"),
        "the payment ended before it was made",
    ),
    rule(
        "payment_transactions_ended_must_say_when",
        "status not in ('SUCCEEDED', 'FAILED') or processed_at is not null",
        "an ended payment needs the time of its end",
    ),
    rule(
        "payment_transactions_failed_must_say_why",
        "status <> 'FAILED' or failure_reason is not null",
        "a failed payment needs the provider's reason",
    ),
    rule("payment_transactions_times_must_be_finite", finite("processed_at", "updated_at"), "a time is infinite"),
    comment="money that came in, or went back, for an order",
    postgresql_partition_by="RANGE (created_at)",
)

# No index can keep it so over all months.
ONCE = (
    Unique(("payment_intent_id",), "another payment has this intent already", across_tenants=True),
    Unique(("idempotency_key",), "this request has moved its money already"),
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(payment_transactions, arrival("payment_transactions"), unique=ONCE),
    *beside_writers(
        monthly_index(
            "payment_transactions_order_id_idx",
            "public.payment_transactions",
            "(tenant_id, order_id)",
            comment="payments-of-order: what was paid for an order, and paid back; the foreign key to orders",
        ),
        monthly_index(
            "payment_transactions_user_id_idx",
            "public.payment_transactions",
            "(tenant_id, user_id, created_at desc)",
            comment="payments-of-user: a buyer's latest payments; the foreign key to users",
        ),
        monthly_index(
            "payment_transactions_venue_id_idx",
            "public.payment_transactions",
            "(tenant_id, venue_id, status, created_at)",
            comment="payments-of-venue, payout-of-venue: what a venue is owed for a time; the foreign key to venues",
        ),
        monthly_index(
            "payment_transactions_status_idx",
            "public.payment_transactions",
            "(tenant_id, status, created_at)",
            comment="payments-in-status: a tenant's payments in a status, newest first",
        ),
        monthly_index(
            "payment_transactions_created_at_idx",
            "public.payment_transactions",
            "(tenant_id, created_at)",
            comment="payments-newest, revenue-by-day: a tenant's payments of a time",
        ),
        monthly_index(
            "payment_transactions_open_idx",
            "public.payment_transactions",
            "(created_at)",
            # Of a varchar, IN is printed in another way once it is read again from what was printed.
            where="status = any (array['PENDING'::text, 'PROCESSING'::text])",
            comment="payments-stuck: payments that should have ended, over all tenants, for the worker",
        ),
        monthly_index(
            "payment_transactions_payment_intent_id_idx",
            "public.payment_transactions",
            "(tenant_id, payment_intent_id)",
            where="payment_intent_id is not null",
            comment="payment-by-intent: the payment that a provider speaks of",
        ),
        monthly_index(
            "payment_transactions_idempotency_key_idx",
            "public.payment_transactions",
            "(tenant_id, idempotency_key)",
            where="idempotency_key is not null",
            comment="payment-by-idempotency-key: a repeated request finds its first payment",
        ),
    ),
    determined_tenant("public.payment_transactions", "user_id", "venue_id"),
    touched("public.payment_transactions"),
    protected("public.payment_transactions", app="select, insert, update", worker="select, update", definer="select"),
    audited("public.payment_transactions"),
    *months_once_contracted(
        "public.payment_transactions", "created_at", retention="7 years", referenced_by="id", unique=ONCE
    ),
    masked_columns(
        "public.payment_transactions",
        card_last4="redacted",
        billing_name="name",
        billing_email="email",
        failure_reason="redacted",
        id="plain",
        tenant_id="plain",
        order_id="plain",
        user_id="plain",
        venue_id="plain",
        type="plain",
        status="plain",
        amount="plain",
        fee_amount="plain",
        currency="plain",
        provider="plain",
        processed_at="plain",
        created_at="plain",
        updated_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
