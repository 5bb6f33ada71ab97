"""Add the venues."""

import sqlalchemy as sa

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    INTEGER,
    TEXT,
    TIME,
    created_at,
    email_form,
    finite,
    metadata,
    not_before,
    one_of,
    only_in,
    optional,
    phone_form,
    required,
    rule,
    server_id,
    slug_form,
    standing,
    tenant_id,
    tenant_keys,
    text_of,
    unique,
    updated_at,
)
from ttdb.migrate.steps import audited, expanded, masked_columns, protected, touched, upgrade_and_downgrade

revision = "platform_0003"
down_revision = "platform_0002"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants", PUBLIC)
TENANTS = "public.tenants"

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
        slug_form("slug"),
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
        email_form("email"),
        "the e-mail address is malformed or has capital letters",
    ),
    rule("venues_phone_must_be_international", phone_form("phone"), "the phone number is not in international form"),
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
    rule("venues_times_must_be_finite", finite("created_at", "updated_at", "deleted_at"), "a time is infinite"),
    comment="where events take place",
)

STEPS = [
    *expanded(venues, arrival("venues")),
    touched("public.venues"),
    protected("public.venues"),
    audited("public.venues"),
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
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
