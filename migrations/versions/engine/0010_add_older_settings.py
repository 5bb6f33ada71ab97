"""Let logins that are named for it say their tenant in settings of older names."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0010"
down_revision = "engine_0009"
branch_labels = None
depends_on = None

LOST = """\
select pg_catalog.format('%s older settings that are read', pg_catalog.count(*))
from ttdb.older_settings
having pg_catalog.count(*) > 0"""

STEPS = [
    sql_file("85_cutover/older_settings.sql", creates="table ttdb.older_settings", loses=LOST),
    sql_file("85_cutover/older_settings_of_login.sql", creates="function ttdb.older_settings_of_login()"),
    sql_file("85_cutover/write_older_settings.sql", creates="function ttdb.write_older_settings()"),
    sql_file("85_cutover/read_older_setting.sql", creates="function ttdb.read_older_setting(name, text)"),
    sql_file("85_cutover/ignore_older_setting.sql", creates="function ttdb.ignore_older_setting(name, text)"),
    sql_file(
        "20_functions/tenant_id_older.sql",
        creates="function ttdb.tenant_id()",
        replaces="20_functions/tenant_id_signed.sql",
    ),
    sql_file(
        "20_functions/context_older.sql", creates="function ttdb.context()", replaces="20_functions/context_signed.sql"
    ),
    sql_file(
        "20_functions/require_signed_context_alone.sql",
        creates="function ttdb.require_signed_context(boolean)",
        replaces="20_functions/require_signed_context.sql",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
