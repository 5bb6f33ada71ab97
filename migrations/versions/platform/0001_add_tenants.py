"""Add the tenants: the organisers, to one of whom every other row belongs."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    TEXT,
    created_at,
    finite,
    metadata,
    one_of,
    required,
    rule,
    server_id,
    slug_form,
    text_of,
    unique,
    updated_at,
)
from ttdb.migrate.steps import audited, expanded, masked_columns, protected, touched, upgrade_and_downgrade

revision = "platform_0001"
down_revision = None
branch_labels = ("platform",)
depends_on = ("engine_0001",)

PUBLIC = metadata()

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
        slug_form("slug"),
        "the address holds more than lower-case letters, digits and single hyphens, or is longer than 100",
    ),
    rule("tenants_settings_must_be_an_object", "jsonb_typeof(settings) = 'object'", "the settings are not an object"),
    rule("tenants_status_must_be_known", one_of("status", "ACTIVE SUSPENDED CLOSED"), "the status is unknown"),
    rule("tenants_times_must_be_finite", finite("created_at", "updated_at"), "a time is infinite"),
    comment="who sells tickets; every other row belongs to one of them",
)

STEPS = [
    *expanded(tenants, arrival("tenants")),
    touched("public.tenants"),
    protected("public.tenants", tenant_column="id", app="select, update", worker="select", definer="select"),
    audited("public.tenants"),
    masked_columns(
        "public.tenants",
        id="plain",
        name="plain",
        slug="plain",
        status="plain",
        created_at="plain",
        updated_at="plain",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
