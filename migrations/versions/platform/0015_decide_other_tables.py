"""Give the platform's other tables their tenants where they stand, or close them."""

from ttdb.migrate.decided import decided
from ttdb.migrate.steps import as_decided, taken_off, upgrade_and_downgrade

revision = "platform_0015"
down_revision = "platform_0014"
branch_labels = None
depends_on = ("engine_0008",)

# What services write where they know of no tenant; neither is one.
NOBODY = ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001")

# Those that the revisions before describe: services' blanket grants go there too.
DESCRIBED = (
    *("tenants", "users", "venues", "events", "ticket_types", "tickets", "orders", "order_items", "order_discounts"),
    *("payment_transactions", "audit_logs", "notification_history"),
)

STEPS = [*taken_off(*(f"public.{name}" for name in DESCRIBED)), *as_decided(decided(), nobody=NOBODY)]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
