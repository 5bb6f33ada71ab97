"""Let the tenant context be signed, and know the functions that find a tenant before there is one."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0004"
down_revision = "engine_0003"
branch_labels = None
depends_on = None

# By the function: the table is nobody's to read but ttdb_definer's.
KEYS_LOST = """\
select pg_catalog.format('%s keys that sign the tenant context', pg_catalog.count(*))
from ttdb.list_context_keys()
having pg_catalog.count(*) > 0"""

STEPS = [
    sql_file("10_schemas/context_keys.sql", creates="table ttdb.context_keys", loses=KEYS_LOST),
    sql_file("20_functions/context_is_signed.sql", creates="function ttdb.context_is_signed()"),
    sql_file("20_functions/verified_tenant_id.sql", creates="function ttdb.verified_tenant_id()", role="ttdb_definer"),
    sql_file(
        "20_functions/tenant_id_signed.sql",
        creates="function ttdb.tenant_id()",
        replaces="20_functions/tenant_id.sql",
    ),
    sql_file("20_functions/context_signed.sql", creates="function ttdb.context()", replaces="20_functions/context.sql"),
    sql_file("20_functions/create_context_key.sql", creates="function ttdb.create_context_key()", role="ttdb_definer"),
    sql_file(
        "20_functions/retire_context_key.sql", creates="function ttdb.retire_context_key(text)", role="ttdb_definer"
    ),
    sql_file("20_functions/list_context_keys.sql", creates="function ttdb.list_context_keys()", role="ttdb_definer"),
    sql_file(
        "20_functions/sign_context.sql", creates="function ttdb.sign_context(uuid, interval)", role="ttdb_definer"
    ),
    sql_file("20_functions/require_signed_context.sql", creates="function ttdb.require_signed_context(boolean)"),
    sql_file("80_resolvers/resolvers.sql", creates="table ttdb.resolvers"),
    sql_file("80_resolvers/resolver.sql", creates="function ttdb.resolver(regprocedure, text)"),
    sql_file("80_resolvers/forget_resolver.sql", creates="function ttdb.forget_resolver(text)"),
    sql_file("80_resolvers/record_resolution.sql", creates="function audit.record_resolution(text, uuid[])"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
