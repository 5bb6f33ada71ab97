"""Give tables that stand a tenant."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0008"
down_revision = "engine_0007"
branch_labels = None
depends_on = None

STEPS = [
    sql_file("75_tenancy/tg__fill_tenant.sql", creates="function ttdb.tg__fill_tenant()"),
    sql_file("75_tenancy/tenants_found.sql", creates="table ttdb.tenants_found"),
    sql_file("75_tenancy/tg__fill_alone.sql", creates="function ttdb.tg__fill_alone()"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
