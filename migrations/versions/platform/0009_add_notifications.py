"""Add what people were told, by month."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    INTEGER,
    TEXT,
    TIME,
    email_form,
    finite,
    metadata,
    monthly_keys,
    not_before,
    one_of,
    only_in,
    optional,
    phone_form,
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

revision = "platform_0009"
down_revision = "platform_0008"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants users orders", PUBLIC)
TENANTS = "public.tenants"

notification_history = sa.Table(
    "notification_history",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("user_id", sa.UUID(), "whom it is for"),
    optional("order_id", sa.UUID(), "the order it speaks of"),
    required("channel", TEXT, "EMAIL, SMS, PUSH or WEBHOOK"),
    required("type", TEXT, "TRANSACTIONAL, MARKETING or SYSTEM", default="'TRANSACTIONAL'"),
    required("template_name", TEXT, "what was filled in to make it"),
    optional("subject", TEXT, "its title, as sent; may name people"),
    optional("recipient_email", TEXT, "where it went, lower case; personal"),
    optional("recipient_phone", TEXT, "where it went, in E.164 form; personal"),
    optional("recipient_name", TEXT, "personal"),
    required(
        "status",
        TEXT,
        "QUEUED, SENT to the provider, DELIVERED; FAILED may be tried again, BOUNCED may not",
        default="'QUEUED'",
    ),
    required("attempts", INTEGER, "how often it was tried", default="0"),
    optional("retry_after", TIME, "when a failed one is tried again"),
    optional("failed_reason", TEXT, "why it did not arrive"),
    optional("provider_message_id", TEXT, "the provider's name for it"),
    required("metadata", JSONB(), "the services' own notes", default="'{}'"),
    required("sent_at", TIME, "when it was accepted for sending", default="now()"),
    optional("delivered_at", TIME, "when it arrived"),
    updated_at(),
    *monthly_keys(TENANTS, "sent_at"),
    same_tenant("user_id", "public.users", "there is no such user, or the account is still in use"),
    same_tenant("order_id", "public.orders", "there is no such order, or it is still in use"),
    rule(
        "notification_history_sent_at_must_be_finite",
        finite("sent_at"),
        "the notification's time is infinite",
    ),
    rule(
        "notification_history_channel_must_be_known",
        one_of("channel", "EMAIL SMS PUSH WEBHOOK"),
        "the channel is unknown",
    ),
    rule(
        "notification_history_type_must_be_known",
        one_of("type", "TRANSACTIONAL MARKETING SYSTEM"),
        "the type is unknown",
    ),
    rule(
        "notification_history_status_must_be_known",
        one_of("status", "QUEUED SENT DELIVERED FAILED BOUNCED"),
        "the status is unknown",
    ),
    rule(
        "notification_history_email_must_be_a_lower_case_address",
        email_form("recipient_email"),
        "the e-mail address is malformed or has capital letters",
    ),
    rule(
        "notification_history_phone_must_be_international",
        phone_form("recipient_phone"),
        "the phone number is not in international form",
    ),
    rule(
        "notification_history_channel_must_have_its_address",
        "(channel <> 'EMAIL' or recipient_email is not null) and (channel <> 'SMS' or recipient_phone is not null)",
        "an e-mail needs an address, an SMS a phone number",
    ),
    rule(
        "notification_history_template_must_be_1_to_100_characters",
        text_of("template_name", 100),
        "the template's name is empty or longer than 100 characters",
    ),
    rule(
        "notification_history_subject_must_be_1_to_500_characters",
        text_of("subject", 500),
        "the subject is blank or longer than 500 characters",
    ),
    rule(
        "notification_history_email_must_not_be_too_long",
        "length(recipient_email) <= 254",
        "the e-mail address is longer than 254 characters",
    ),
    rule(
        "notification_history_name_must_be_1_to_200_characters",
        text_of("recipient_name", 200),
        "the recipient's name is blank or longer than 200 characters",
    ),
    rule(
        "notification_history_metadata_must_be_an_object",
        "jsonb_typeof(metadata) = 'object'",
        "the notes are not an object",
    ),
    rule(
        "notification_history_only_delivered_must_have_its_time",
        only_in("delivered_at", "DELIVERED"),
        "a notification that did not arrive has a time of delivery",
    ),
    rule(
        "notification_history_must_not_arrive_before_sent",
        not_before("delivered_at", "sent_at"),
        "the notification arrived before it was sent",
    ),
    rule(
        "notification_history_attempts_must_be_reasonable",
        "attempts between 0 and 100",
        "the attempts are below 0 or over 100",
    ),
    rule(
        "notification_history_delivered_must_say_when",
        "status <> 'DELIVERED' or delivered_at is not null",
        "a delivered notification needs the time of delivery",
    ),
    rule(
        "notification_history_failed_must_say_why",
        "status not in ('FAILED', 'BOUNCED') or failed_reason is not null",
        "a failed notification needs the reason",
    ),
    rule(
        "notification_history_times_must_be_finite",
        finite("retry_after", "delivered_at", "updated_at"),
        "a time is infinite",
    ),
    comment="what people were told, and whether it arrived",
    postgresql_partition_by="RANGE (sent_at)",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(notification_history, arrival("notification_history")),
    *beside_writers(
        monthly_index(
            "notification_history_user_id_idx",
            "public.notification_history",
            "(tenant_id, user_id, sent_at desc)",
            comment="notifications-of-user: what somebody was told, latest first; the foreign key to users",
        ),
        monthly_index(
            "notification_history_order_id_idx",
            "public.notification_history",
            "(tenant_id, order_id)",
            comment="notifications-of-order: what was said of an order; the foreign key to orders",
        ),
        monthly_index(
            "notification_history_status_idx",
            "public.notification_history",
            "(tenant_id, status, sent_at)",
            comment="notifications-in-status: what did not arrive, latest first",
        ),
        monthly_index(
            "notification_history_sent_at_idx",
            "public.notification_history",
            "(tenant_id, sent_at)",
            comment="notifications-newest, deliveries-by-channel: what was sent in a time",
        ),
        monthly_index(
            "notification_history_retry_idx",
            "public.notification_history",
            "(retry_after)",
            where="status = 'FAILED' and retry_after is not null",
            comment="notifications-to-retry: what is to be sent again, over all tenants, for the worker",
        ),
    ),
    determined_tenant("public.notification_history", "user_id"),
    touched("public.notification_history"),
    protected("public.notification_history", app="select, insert, update", worker="select, update", definer="select"),
    audited("public.notification_history"),
    # They prove that somebody was told, which is disputed within months of the event; and they hold addresses, which
    # are kept no longer than that needs.
    *months_once_contracted("public.notification_history", "sent_at", retention="2 years", referenced_by="id"),
    masked_columns(
        "public.notification_history",
        recipient_email="email",
        recipient_phone="phone",
        recipient_name="name",
        subject="redacted",
        failed_reason="redacted",
        id="plain",
        tenant_id="plain",
        user_id="plain",
        order_id="plain",
        channel="plain",
        type="plain",
        template_name="plain",
        status="plain",
        attempts="plain",
        retry_after="plain",
        provider_message_id="plain",
        sent_at="plain",
        delivered_at="plain",
        updated_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
