"""Add the people who log in."""

import sqlalchemy as sa

from ttdb.migrate.arrival import arrival
from ttdb.migrate.columns import (
    TEXT,
    TIME,
    created_at,
    email_form,
    finite,
    generated,
    given_columns,
    metadata,
    not_before,
    one_of,
    optional,
    phone_form,
    required,
    rule,
    server_id,
    standing,
    tenant_id,
    tenant_keys,
    text_of,
    updated_at,
)
from ttdb.migrate.steps import audited, expanded, index, masked_columns, protected, touched, upgrade_and_downgrade

revision = "platform_0002"
down_revision = "platform_0001"
branch_labels = None
depends_on = None

PUBLIC = metadata()
standing("tenants", PUBLIC)
TENANTS = "public.tenants"

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
        email_form("email"),
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
    rule("users_phone_must_be_international", phone_form("phone"), "the phone number is not in international form"),
    rule("users_role_must_be_known", one_of("role", "CUSTOMER STAFF MANAGER OWNER"), "the role is unknown"),
    rule("users_status_must_be_known", one_of("status", "PENDING ACTIVE SUSPENDED DELETED"), "the status is unknown"),
    rule("users_times_must_be_finite", finite("created_at", "updated_at", "deleted_at"), "a time is infinite"),
    comment="people who log in: a tenant's customers and staff",
)

# An index's comment opens with the queries of sql/queries.toml that it serves, or the foreign key it is for.
STEPS = [
    *expanded(users, arrival("users")),
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
    touched("public.users", columns=given_columns(users)),
    protected("public.users", definer="select"),
    audited("public.users", exclude=("password_hash",)),
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
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
