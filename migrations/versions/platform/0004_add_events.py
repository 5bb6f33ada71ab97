"""Add the events, and the kinds of ticket each has."""

import sqlalchemy as sa

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
    optional,
    required,
    rule,
    same_tenant,
    server_id,
    slug_form,
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

revision = "platform_0004"
down_revision = "platform_0003"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants venues", PUBLIC)
TENANTS = "public.tenants"

events = sa.Table(
    "events",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("venue_id", sa.UUID(), "where it takes place"),
    required("name", TEXT, "shown to people"),
    required("slug", TEXT, "in addresses"),
    required(
        "status", TEXT, "DRAFT, PUBLISHED, then ON_SALE; SOLD_OUT, CANCELLED and COMPLETED end it", default="'DRAFT'"
    ),
    required("starts_at", TIME, "doors"),
    required("ends_at", TIME, "end"),
    created_at(),
    updated_at(),
    optional("deleted_at", TIME, "when it was removed"),
    *tenant_keys(TENANTS),
    same_tenant("venue_id", "public.venues", "there is no such venue, or it is still in use"),
    unique("tenant_id", "slug", comment="another event has this address already"),
    rule(
        "events_name_must_be_1_to_200_characters",
        text_of("name", 200),
        "the name is empty or longer than 200 characters",
    ),
    rule(
        "events_slug_must_be_lower_case_words",
        slug_form("slug"),
        "the address holds more than lower-case letters, digits and single hyphens, or is longer than 100",
    ),
    rule(
        "events_must_not_be_deleted_before_made",
        not_before("deleted_at", "created_at"),
        "the event was removed before it was made",
    ),
    rule("events_must_not_end_before_start", "ends_at > starts_at", "the event ends before it starts"),
    rule(
        "events_status_must_be_known",
        one_of("status", "DRAFT PUBLISHED ON_SALE SOLD_OUT CANCELLED COMPLETED"),
        "the status is unknown",
    ),
    rule(
        "events_times_must_be_finite",
        finite("starts_at", "ends_at", "created_at", "updated_at", "deleted_at"),
        "a time is infinite",
    ),
    comment="what tickets are sold for",
)

ticket_types = sa.Table(
    "ticket_types",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("event_id", sa.UUID(), "the event it admits to"),
    required("name", TEXT, "shown to people"),
    required("price", MONEY, "of one ticket, without tax"),
    required("currency", TEXT, "ISO 4217, three letters", default="'USD'"),
    required("quantity", INTEGER, "how many there are in all"),
    required("sale_starts_at", TIME, "first moment of sale"),
    required("sale_ends_at", TIME, "last moment of sale"),
    required("max_per_order", INTEGER, "how many one order may hold", default="10"),
    created_at(),
    updated_at(),
    *tenant_keys(TENANTS),
    same_tenant("event_id", "public.events", "there is no such event, or it is still in use"),
    unique("tenant_id", "event_id", "id", comment="this event has a row with this id already"),
    rule(
        "ticket_types_name_must_be_1_to_200_characters",
        text_of("name", 200),
        "the name is empty or longer than 200 characters",
    ),
    rule(
        "ticket_types_price_must_be_reasonable", "price between 0 and 1000000", "the price is below 0 or over 1000000"
    ),
    rule(
        "ticket_types_currency_must_be_three_capital_letters",
        currency_form("currency"),
        "the currency is not a three-letter code",
    ),
    rule(
        "ticket_types_quantity_must_be_reasonable",
        "quantity between 1 and 1000000",
        "the quantity is below 1 or over 1000000",
    ),
    rule(
        "ticket_types_sale_must_not_end_before_start", "sale_ends_at > sale_starts_at", "the sale ends before it starts"
    ),
    rule(
        "ticket_types_order_limit_must_be_reasonable",
        "max_per_order between 1 and 100",
        "an order may hold between 1 and 100",
    ),
    rule(
        "ticket_types_times_must_be_finite",
        finite("sale_starts_at", "sale_ends_at", "created_at", "updated_at"),
        "a time is infinite",
    ),
    comment="the kinds of ticket an event has",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(events, arrival("events")),
    index(
        "events_venue_id_idx",
        "public.events",
        "(tenant_id, venue_id, starts_at)",
        comment="events-of-venue: a venue's events by date; the foreign key to venues",
    ),
    index(
        "events_sale_idx",
        "public.events",
        "(tenant_id, status, starts_at)",
        where="deleted_at is null",
        comment="events-in-status: what is on sale, soonest first",
    ),
    index(
        "events_open_idx",
        "public.events",
        "(ends_at)",
        where="status in ('PUBLISHED', 'ON_SALE', 'SOLD_OUT')",
        comment="events-over: events to be closed, over all tenants, for the worker",
    ),
    determined_tenant("public.events", "venue_id"),
    touched("public.events"),
    protected("public.events", worker="select, update"),
    audited("public.events"),
    masked_columns(
        "public.events",
        id="plain",
        tenant_id="plain",
        venue_id="plain",
        name="plain",
        slug="plain",
        status="plain",
        starts_at="plain",
        ends_at="plain",
        created_at="plain",
        updated_at="plain",
        deleted_at="plain",
    ),
    *expanded(ticket_types, arrival("ticket_types")),
    touched("public.ticket_types"),
    protected("public.ticket_types", definer="select"),
    audited("public.ticket_types"),
    masked_columns(
        "public.ticket_types",
        id="plain",
        tenant_id="plain",
        event_id="plain",
        name="plain",
        price="plain",
        currency="plain",
        quantity="plain",
        sale_starts_at="plain",
        sale_ends_at="plain",
        max_per_order="plain",
        created_at="plain",
        updated_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
