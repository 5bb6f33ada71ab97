"""Give the platform's other tables their tenants where they stand, or close them."""

from ttdb.migrate.arrival import arrival
from ttdb.migrate.decided import File, decided
from ttdb.migrate.step import Step
from ttdb.migrate.steps import as_decided, obeyed, rights_lost, taken_off, upgrade_and_downgrade

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

# Whose rows of theirs name nobody's tenant are given one by then, which says whose those are that lead to them.
GIVEN = {
    f"public.{name}": arrival(name).given["tenant_id"]
    for name in ("events", "ticket_types", "tickets", "orders", "payment_transactions")
}


def steps_of(file: File) -> list[Step]:
    """Return the steps that do what a file decides."""
    described = [f"public.{name}" for name in DESCRIBED]
    return [
        rights_lost(file, *described, *file.tables),
        *obeyed(file, nobody=NOBODY, given=GIVEN),
        *taken_off(*described),
        *as_decided(file, nobody=NOBODY),
    ]


STEPS = steps_of(decided(beside=(f"public.{name}" for name in DESCRIBED)))

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
