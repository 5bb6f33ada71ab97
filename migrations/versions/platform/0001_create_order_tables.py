"""The order service's first tables: tenants, users, venues, events, ticket types, orders with items and discounts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ttdb.migrate.columns import (
    TIME,
    created_at,
    generated,
    given_columns,
    metadata,
    not_before,
    one_of,
    only_in,
    optional,
    required,
    rule,
    same_tenant,
    server_id,
    tenant_id,
    tenant_keys,
    text_of,
    unique,
    updated_at,
)
from ttdb.migrate.steps import (
    audited,
    determined_tenant,
    index,
    masked_columns,
    protected,
    table,
    touched,
    upgrade_and_downgrade,
)

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
SLUG = "'^[a-z0-9]+(-[a-z0-9]+)*$'"

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
    sa.PrimaryKeyConstraint("id", comment="there is a row with this id already"),
    unique("slug", comment="another organiser has this address already"),
    rule(
        "tenants_name_must_be_1_to_200_characters",
        text_of("name", 200),
        "the name is empty or longer than 200 characters",
    ),
    rule(
        "tenants_slug_must_be_lower_case_words",
        f"slug ~ {SLUG} and length(slug) <= 100",
        "the address holds more than lower-case letters, digits and single hyphens, or is longer than 100",
    ),
    rule("tenants_settings_must_be_an_object", "jsonb_typeof(settings) = 'object'", "the settings are not an object"),
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
    generated(
        "search_name",
        sa.Text(collation="C"),
        # Under row security lower() in a WHERE keeps its index unused, a range on a stored column does not.
        "lower(coalesce(last_name || ' ', '') || coalesce(first_name, ''))",
        "last name, then first name, lower case, to look people up by how it begins; personal",
    ),
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
    rule(
        "users_email_must_not_be_too_long", "length(email) <= 254", "the e-mail address is longer than 254 characters"
    ),
    rule(
        "users_first_name_must_be_1_to_100_characters",
        text_of("first_name", 100),
        "the first name is blank or longer than 100 characters",
    ),
    rule(
        "users_last_name_must_be_1_to_100_characters",
        text_of("last_name", 100),
        "the last name is blank or longer than 100 characters",
    ),
    rule("users_password_hash_must_not_be_blank", "password_hash ~ '\\S'", "the password is missing"),
    rule(
        "users_deleted_must_say_when",
        "(status = 'DELETED') = (deleted_at is not null)",
        "a closed account needs the time of its closing, and no other has one",
    ),
    rule(
        "users_must_not_be_deleted_before_made",
        not_before("deleted_at", "created_at"),
        "the account was closed before it was made",
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
        "venues_name_must_be_1_to_200_characters",
        text_of("name", 200),
        "the name is empty or longer than 200 characters",
    ),
    rule(
        "venues_slug_must_be_lower_case_words",
        f"slug ~ {SLUG} and length(slug) <= 100",
        "the address holds more than lower-case letters, digits and single hyphens, or is longer than 100",
    ),
    rule(
        "venues_city_must_be_1_to_100_characters",
        text_of("city", 100),
        "the city is empty or longer than 100 characters",
    ),
    rule(
        "venues_timezone_must_be_a_name",
        "timezone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' and length(timezone) <= 64",
        "the time zone is not a name like Europe/Paris",
    ),
    rule(
        "venues_email_must_not_be_too_long", "length(email) <= 254", "the e-mail address is longer than 254 characters"
    ),
    rule(
        "venues_deleted_must_be_inactive",
        only_in("deleted_at", "INACTIVE"),
        "a removed venue must be inactive",
    ),
    rule(
        "venues_must_not_be_deleted_before_made",
        not_before("deleted_at", "created_at"),
        "the venue was removed before it was made",
    ),
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
    rule(
        "venues_capacity_must_be_reasonable",
        "max_capacity between 1 and 1000000",
        "the capacity is below 1 or over 1000000",
    ),
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
    same_tenant("venue_id", "public.venues", "there is no such venue, or it is still in use"),
    unique("tenant_id", "slug", comment="another event has this address already"),
    rule(
        "events_name_must_be_1_to_200_characters",
        text_of("name", 200),
        "the name is empty or longer than 200 characters",
    ),
    rule(
        "events_slug_must_be_lower_case_words",
        f"slug ~ {SLUG} and length(slug) <= 100",
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
        "orders_must_not_be_refunded_before_confirmed",
        not_before("refunded_at", "confirmed_at"),
        "the refund is earlier than the payment",
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
    comment="what lowered an order's price",
)

# A comment opens with the queries of sql/queries.toml that the index serves, or the foreign key or resolver it is for.
INDEXES = [
    index(
        "users_email_idx",
        "public.users",
        "(tenant_id, email)",
        where="deleted_at is null",
        unique=True,
        comment="user-by-email: login; an open account has this e-mail address already",
    ),
    index(
        "users_search_name_idx",
        "public.users",
        "(tenant_id, search_name)",
        where="deleted_at is null",
        comment="users-by-name: people whose name begins so, in the order of their names",
    ),
    index(
        "users_staff_idx",
        "public.users",
        "(tenant_id, role, search_name)",
        where="role <> 'CUSTOMER' and deleted_at is null",
        comment="staff-of-tenant: who works for a tenant; customers, nearly all users, are not in it",
    ),
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
    index(
        "orders_payment_intent_id_idx",
        "public.orders",
        "(tenant_id, payment_intent_id)",
        where="payment_intent_id is not null",
        comment="order-by-payment-intent: the order of a payment",
    ),
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
]

TABLES = (tenants, users, venues, events, ticket_types, orders, order_items, order_discounts)

STEPS = [
    *(table(item) for item in TABLES),
    *INDEXES,
    determined_tenant("public.events", "venue_id"),
    determined_tenant("public.orders", "user_id", "event_id"),
    *(
        touched(f"public.{item.name}", columns=given_columns(item) if item is users else ())
        for item in TABLES
        if "updated_at" in item.columns
    ),
    protected("public.tenants", tenant_column="id", app="select, update", worker="select", definer="select"),
    protected("public.users", definer="select"),
    protected("public.venues"),
    protected("public.events", worker="select, update"),
    protected("public.ticket_types", definer="select"),
    protected("public.orders", worker="select, update", definer="select, update"),
    protected("public.order_items", worker="select", definer="select"),
    protected("public.order_discounts", worker="select", definer="select"),
    audited("public.tenants"),
    audited("public.users", exclude=("password_hash",)),
    audited("public.venues"),
    audited("public.events"),
    audited("public.ticket_types"),
    audited("public.orders"),
    audited("public.order_items"),
    audited("public.order_discounts"),
    masked_columns(
        "public.tenants",
        id="plain",
        name="plain",
        slug="plain",
        status="plain",
        created_at="plain",
        updated_at="plain",
    ),
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
        updated_at="plain",
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
        created_at="plain",
        updated_at="plain",
        deleted_at="plain",
    ),
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
