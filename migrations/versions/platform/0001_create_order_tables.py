"""The order service's first tables: tenants, users, venues, events, ticket types, orders with items and discounts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ttdb.migrate.columns import (
    TIME,
    created_at,
    metadata,
    one_of,
    optional,
    required,
    rule,
    same_tenant,
    server_id,
    tenant_id,
    tenant_keys,
    unique,
    updated_at,
)
from ttdb.migrate.steps import audited, index, masked_columns, protected, table, touched, upgrade_and_downgrade

revision = "platform_0001"
down_revision = None
branch_labels = ("platform",)
depends_on = ("engine_0001",)

PUBLIC = metadata()
TENANTS = "public.tenants"
MONEY = sa.Numeric(12, 2)
TEXT = sa.Text()
INTEGER = sa.Integer()
PHONE = "'^\\+[1-9][0-9]{6,14}$'"  # E.164
EMAIL = "'^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$'"

tenants = sa.Table(
    "tenants",
    PUBLIC,
    server_id(),
    required("name", TEXT, "shown to people"),
    required("slug", TEXT, "in addresses; unique over all tenants"),
    required("status", TEXT, "ACTIVE: may sell; SUSPENDED: may not; CLOSED: kept for its history", default="'ACTIVE'"),
    required("settings", JSONB(), "the tenant's own choices", default="'{}'"),
    created_at(),
    updated_at(),
    sa.PrimaryKeyConstraint("id", comment="one row, one id"),
    unique("slug", comment="another organiser has this address already"),
    rule("tenants_name_must_not_be_blank", "name ~ '\\S'", "the name is empty"),
    rule(
        "tenants_slug_must_be_lower_case_words",
        "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
        "the address holds more than lower-case letters, digits and single hyphens",
    ),
    rule("tenants_status_must_be_known", one_of("status", "ACTIVE SUSPENDED CLOSED"), "the status is unknown"),
    comment="who sells tickets; every other row belongs to one of them",
)

users = sa.Table(
    "users",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("email", TEXT, "login name, lower case; personal"),
    optional("phone", TEXT, "in E.164 form; personal"),
    optional("first_name", TEXT, "personal"),
    optional("last_name", TEXT, "personal"),
    required("role", TEXT, "CUSTOMER buys; STAFF scans; MANAGER sells; OWNER pays the bill", default="'CUSTOMER'"),
    required("status", TEXT, "PENDING until the e-mail is confirmed", default="'PENDING'"),
    required("password_hash", TEXT, "never in the trail, never shown"),
    created_at(),
    updated_at(),
    optional("deleted_at", TIME, "when the account was closed"),
    *tenant_keys(TENANTS),
    rule(
        "users_email_must_be_a_lower_case_address",
        f"email ~ {EMAIL} and email = lower(email)",
        "the e-mail address is malformed or has capital letters",
    ),
    rule("users_phone_must_be_international", f"phone ~ {PHONE}", "the phone number is not in international form"),
    rule("users_role_must_be_known", one_of("role", "CUSTOMER STAFF MANAGER OWNER"), "the role is unknown"),
    rule("users_status_must_be_known", one_of("status", "PENDING ACTIVE SUSPENDED DELETED"), "the status is unknown"),
    comment="people who log in: a tenant's customers and staff",
)

venues = sa.Table(
    "venues",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("name", TEXT, "shown to people"),
    required("slug", TEXT, "in addresses"),
    optional("email", TEXT, "of the venue's office; personal"),
    optional("phone", TEXT, "of the venue's office, in E.164 form; personal"),
    required("city", TEXT, "where it is"),
    required("country_code", TEXT, "ISO 3166-1, two letters"),
    required("timezone", TEXT, "IANA name", default="'UTC'"),
    required("max_capacity", INTEGER, "how many people it may hold"),
    required("status", TEXT, "INACTIVE: takes no new events", default="'ACTIVE'"),
    created_at(),
    updated_at(),
    optional("deleted_at", TIME, "when it was removed"),
    *tenant_keys(TENANTS),
    unique("tenant_id", "slug", comment="another venue has this address already"),
    rule(
        "venues_email_must_be_a_lower_case_address",
        f"email ~ {EMAIL} and email = lower(email)",
        "the e-mail address is malformed or has capital letters",
    ),
    rule("venues_phone_must_be_international", f"phone ~ {PHONE}", "the phone number is not in international form"),
    rule(
        "venues_country_must_be_two_capital_letters",
        "country_code ~ '^[A-Z]{2}$'",
        "the country is not a two-letter code",
    ),
    rule("venues_capacity_must_be_positive", "max_capacity > 0", "a venue holds at least one person"),
    rule("venues_status_must_be_known", one_of("status", "ACTIVE INACTIVE"), "the status is unknown"),
    comment="where events take place",
)

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
    same_tenant("venue_id", "public.venues", "the venue is this tenant's"),
    unique("tenant_id", "slug", comment="another event has this address already"),
    rule("events_must_not_end_before_start", "ends_at > starts_at", "the event ends before it starts"),
    rule(
        "events_status_must_be_known",
        one_of("status", "DRAFT PUBLISHED ON_SALE SOLD_OUT CANCELLED COMPLETED"),
        "the status is unknown",
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
    same_tenant("event_id", "public.events", "the event is this tenant's"),
    rule(
        "ticket_types_price_must_be_reasonable", "price between 0 and 1000000", "the price is below 0 or over 1000000"
    ),
    rule(
        "ticket_types_currency_must_be_three_capital_letters",
        "currency ~ '^[A-Z]{3}$'",
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
    comment="the kinds of ticket an event has",
)

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
    same_tenant("user_id", "public.users", "the buyer is this tenant's user"),
    same_tenant("event_id", "public.events", "the event is this tenant's"),
    unique("tenant_id", "order_number", comment="another order has this number already"),
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
        "currency ~ '^[A-Z]{3}$'",
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
    same_tenant("order_id", "public.orders", "the order is this tenant's", ondelete="CASCADE"),
    same_tenant("ticket_type_id", "public.ticket_types", "the ticket type is this tenant's"),
    rule(
        "order_items_quantity_must_be_reasonable", "quantity between 1 and 1000", "the quantity is below 1 or over 1000"
    ),
    rule(
        "order_items_unit_price_must_be_reasonable",
        "unit_price between 0 and 1000000",
        "the price is below 0 or over 1000000",
    ),
    rule(
        "order_items_subtotal_must_be_quantity_times_price",
        "subtotal = quantity * unit_price",
        "the item's subtotal is not its quantity times its price",
    ),
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
    same_tenant("order_id", "public.orders", "the order is this tenant's", ondelete="CASCADE"),
    unique("tenant_id", "order_id", "discount_code", comment="this code lowers this order already"),
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
    comment="what lowered an order's price",
)

INDEXES = [
    index(
        "users_email_idx",
        "public.users",
        "(tenant_id, email)",
        where="deleted_at is null",
        unique=True,
        comment="login by e-mail; one open account for an address in a tenant",
    ),
    index(
        "events_venue_id_idx",
        "public.events",
        "(tenant_id, venue_id)",
        comment="a venue's events; the foreign key to venues",
    ),
    index(
        "events_sale_idx",
        "public.events",
        "(tenant_id, status, starts_at)",
        where="deleted_at is null",
        comment="what is on sale, soonest first",
    ),
    index(
        "ticket_types_event_id_idx",
        "public.ticket_types",
        "(tenant_id, event_id)",
        comment="an event's ticket types; the foreign key to events",
    ),
    index(
        "orders_user_id_idx",
        "public.orders",
        "(tenant_id, user_id, created_at desc)",
        comment="a buyer's orders, newest first; the foreign key to users",
    ),
    index(
        "orders_event_id_idx",
        "public.orders",
        "(tenant_id, event_id, status, created_at desc)",
        comment="an event's orders, by status, newest first; the foreign key to events",
    ),
    index(
        "orders_status_idx",
        "public.orders",
        "(tenant_id, status, created_at)",
        comment="a tenant's orders in a status, oldest first",
    ),
    index(
        "orders_expiry_idx",
        "public.orders",
        "(expires_at)",
        where="status = 'RESERVED'",
        comment="reservations that lapse next, over all tenants, for the worker",
    ),
    index(
        "orders_idempotency_key_idx",
        "public.orders",
        "(tenant_id, idempotency_key)",
        unique=True,
        where="idempotency_key is not null",
        comment="a repeated request finds its first order; no second one",
    ),
    index(
        "orders_payment_intent_id_idx",
        "public.orders",
        "(tenant_id, payment_intent_id)",
        where="payment_intent_id is not null",
        comment="the order of a payment",
    ),
    index(
        "order_items_order_id_idx",
        "public.order_items",
        "(tenant_id, order_id, created_at)",
        comment="an order's lines; the foreign key to orders",
    ),
    index(
        "order_items_ticket_type_id_idx",
        "public.order_items",
        "(tenant_id, ticket_type_id)",
        comment="what was sold of a ticket type; the foreign key to ticket_types",
    ),
]

TABLES = (tenants, users, venues, events, ticket_types, orders, order_items, order_discounts)

STEPS = [
    *(table(item) for item in TABLES),
    *INDEXES,
    *(touched(f"public.{item.name}") for item in TABLES if "updated_at" in item.columns),
    protected("public.tenants", tenant_column="id", app="select, update", worker="select"),
    protected("public.users"),
    protected("public.venues"),
    protected("public.events"),
    protected("public.ticket_types"),
    protected("public.orders", worker="select, update"),
    protected("public.order_items", worker="select"),
    protected("public.order_discounts", worker="select"),
    audited("public.tenants"),
    audited("public.users", exclude=("password_hash",)),
    audited("public.venues"),
    audited("public.events"),
    audited("public.ticket_types"),
    audited("public.orders"),
    audited("public.order_items"),
    audited("public.order_discounts"),
    masked_columns(
        "public.users",
        email="email",
        phone="phone",
        first_name="name",
        last_name="name",
        id="plain",
        tenant_id="plain",
        role="plain",
        status="plain",
        created_at="plain",
        deleted_at="plain",
    ),
    masked_columns(
        "public.venues",
        email="email",
        phone="phone",
        id="plain",
        tenant_id="plain",
        name="plain",
        slug="plain",
        city="plain",
        country_code="plain",
        timezone="plain",
        max_capacity="plain",
        status="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
