"""Find the tenant before a session has one: by an e-mail address, a payment's intent, an address."""

from ttdb.migrate.steps import declared_resolver, index, once_contracted, sql_file, upgrade_and_downgrade

revision = "platform_0014"
down_revision = "platform_0013"
branch_labels = None
depends_on = ("engine_0004",)

STEPS = [
    index(
        "users_login_idx",
        "public.users",
        "(email)",
        where="deleted_at is null",
        comment="tenants_of_email: the accounts of an e-mail address in all tenants",
    ),
    sql_file(
        "80_resolvers/tenants_of_email.sql", creates="function public.tenants_of_email(text)", role="ttdb_definer"
    ),
    declared_resolver(
        "public.tenants_of_email(text)", finds="the tenants in which an e-mail address has an account, for logging in"
    ),
    # It asks the key table of the payments, which waits for their contract stage.
    once_contracted(
        sql_file(
            "80_resolvers/tenant_of_payment_intent.sql",
            creates="function public.tenant_of_payment_intent(text)",
            role="ttdb_definer",
        ),
        "public.payment_transactions",
    ),
    once_contracted(
        declared_resolver(
            "public.tenant_of_payment_intent(text)",
            finds="the tenant whose payment a provider's intent is, for its webhooks",
        ),
        "public.payment_transactions",
    ),
    sql_file("80_resolvers/tenant_of_slug.sql", creates="function public.tenant_of_slug(text)", role="ttdb_definer"),
    declared_resolver("public.tenant_of_slug(text)", finds="the tenant that has an address, for its visitors"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
