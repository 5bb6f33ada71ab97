"""Add bulk loads: one line of the trail for many rows, and what was set aside meanwhile."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0006"
down_revision = "engine_0005"
branch_labels = None
depends_on = None

STEPS = [
    sql_file("10_schemas/set_aside.sql", creates="table ttdb.set_aside", loses=None),
    sql_file(
        "30_audit/record_load.sql", creates="function audit.record_load(regclass, bigint, jsonb)", role="ttdb_definer"
    ),
    sql_file("30_audit/tg__end_of_load.sql", creates="function audit.tg__end_of_load()"),
    sql_file("10_schemas/open_loads.sql", creates="table ttdb.open_loads", loses=None),
    sql_file("30_audit/begin_load.sql", creates="function audit.begin_load(regclass)"),
    sql_file("30_audit/end_load.sql", creates="function audit.end_load(regclass, bigint, jsonb)"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
