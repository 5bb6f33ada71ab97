"""Create the engine: tenant context, registry, ledger, and the verbs that protect, audit and mask a table."""

from ttdb import sqlfile
from ttdb.migrate.steps import rows_lost, schema, sql, sql_file, upgrade_and_downgrade

revision = "engine_0001"
down_revision = None
branch_labels = ("engine",)
depends_on = None

_VERBS = "text[], text[], text[]"  # of ttdb_app, ttdb_worker and ttdb_definer
_POLICY_ARGUMENTS = f"name, {_VERBS}, boolean"
_MASK_ARGUMENTS = "text, bytea, bytea"

STEPS = [
    # Schema and ledger in one step: there is no moment at which one stands without the other.
    sql(
        "ledger",
        up=sqlfile.read("10_schemas/ledger.sql"),
        down="drop table ttdb.ledger;\ndrop schema ttdb;",
        holds="select pg_catalog.to_regclass('ttdb.ledger') is not null",
        conflicts=(
            "select 'ttdb', 'a schema of this name stands, and is not ttdb''s', 'Rename it: alter schema ttdb rename to"
            " ...;'\nfrom pg_catalog.pg_namespace as n where n.nspname = 'ttdb'"
        ),
    ),
    sql(
        "alembic-version",
        up=(
            "comment on table public.alembic_version is 'Where the database stands: the revisions that it has.';\n"
            "comment on column public.alembic_version.version_num is 'a revision; one for each branch';\n"
            "comment on constraint alembic_version_pkc on public.alembic_version is 'a revision is recorded once';"
        ),
        down=(
            "comment on constraint alembic_version_pkc on public.alembic_version is null;\n"
            "comment on column public.alembic_version.version_num is null;\n"
            "comment on table public.alembic_version is null;"
        ),
        holds=(
            "select pg_catalog.obj_description('public.alembic_version'::pg_catalog.regclass, 'pg_class') is not null"
        ),
    ),
    sql_file("10_schemas/managed_objects.sql", creates="table ttdb.managed_objects"),
    # What describes definitions comes first, so that every later step leaves its own behind.
    sql_file("20_functions/grants_as_text.sql", creates="function ttdb.grants_as_text(aclitem[])"),
    sql_file("20_functions/registrations_of.sql", creates="function ttdb.registrations_of(regclass[], regprocedure[])"),
    sql_file("20_functions/definitions_of.sql", creates="function ttdb.definitions_of(regclass[])"),
    sql_file(
        "20_functions/definitions_of_functions.sql",
        creates="function ttdb.definitions_of_functions(regprocedure[])",
        functions=(
            "ttdb.grants_as_text(aclitem[])",
            "ttdb.registrations_of(regclass[], regprocedure[])",
            "ttdb.definitions_of(regclass[])",
            "ttdb.definitions_of_functions(regprocedure[])",
        ),
    ),
    sql_file("20_functions/definitions_in.sql", creates="function ttdb.definitions_in(text[])"),
    sql_file("20_functions/weakened_registrations.sql", creates="function ttdb.weakened_registrations()"),
    sql_file("20_functions/tenant_setting.sql", creates="function ttdb.tenant_setting()"),
    sql_file("20_functions/tenant_id.sql", creates="function ttdb.tenant_id()"),
    sql_file("20_functions/context.sql", creates="function ttdb.context()"),
    sql_file("20_functions/tg__touch_updated_at.sql", creates="function ttdb.tg__touch_updated_at()"),
    sql_file("10_schemas/tenant_tables.sql", creates="table ttdb.tenant_tables"),
    sql_file("10_schemas/audited_tables.sql", creates="table ttdb.audited_tables"),
    sql_file("10_schemas/personal_columns.sql", creates="table ttdb.personal_columns"),
    sql_file("50_rls/policies_for.sql", creates=f"function ttdb.policies_for({_POLICY_ARGUMENTS})"),
    sql_file("50_rls/policies_on.sql", creates="function ttdb.policies_on(regclass)"),
    sql_file("50_rls/grants_for.sql", creates=f"function ttdb.grants_for(regclass, {_VERBS}, boolean)"),
    sql_file("50_rls/grants_on.sql", creates="function ttdb.grants_on(regclass)"),
    sql_file("50_rls/tree_of.sql", creates="function ttdb.tree_of(regclass)"),
    sql_file("20_functions/generated_from.sql", creates="function ttdb.generated_from(regclass, name[])"),
    sql_file("50_rls/wears.sql", creates=f"function ttdb.wears(regclass, {_POLICY_ARGUMENTS})"),
    sql_file("50_rls/is_protected.sql", creates=f"function ttdb.is_protected(regclass, name, {_VERBS})"),
    sql_file("50_rls/is_protected_as_registered.sql", creates="function ttdb.is_protected(regclass)"),
    sql_file("50_rls/state_of.sql", creates="function ttdb.state_of(regclass)"),
    sql_file(
        "50_rls/refuse_unprotectable.sql",
        creates=f"function ttdb.refuse_unprotectable(regclass, name, {_VERBS})",
    ),
    sql_file("50_rls/undress.sql", creates="function ttdb.undress(regclass, name)"),
    sql_file("50_rls/dress.sql", creates=f"function ttdb.dress(regclass, {_POLICY_ARGUMENTS})"),
    sql_file("50_rls/protect.sql", creates=f"function ttdb.protect(regclass, name, {_VERBS})"),
    sql_file("50_rls/unprotect.sql", creates="function ttdb.unprotect(regclass)"),
    schema("audit", comment="The trail of every change to an audited table, and the verbs that feed it."),
    sql(
        "use-of-schema-audit",
        up=(
            "grant usage, create on schema audit to ttdb_definer;\n"
            "grant usage on schema audit to ttdb_auditor, ttdb_operator;"
        ),
        down=(
            "revoke usage, create on schema audit from ttdb_definer;\n"
            "revoke usage on schema audit from ttdb_auditor, ttdb_operator;"
        ),
        holds=(
            "select pg_catalog.has_schema_privilege('ttdb_definer', 'audit', 'create')\n"
            "    and pg_catalog.has_schema_privilege('ttdb_auditor', 'audit', 'usage')\n"
            "    and pg_catalog.has_schema_privilege('ttdb_operator', 'audit', 'usage')"
        ),
    ),
    sql_file("30_audit/tg__refuse_change.sql", creates="function audit.tg__refuse_change()"),
    sql_file("30_audit/trail.sql", creates="table audit.trail", loses=rows_lost("audit.trail")),
    sql_file("30_audit/tg__record_change.sql", creates="function audit.tg__record_change()", role="ttdb_definer"),
    sql_file("30_audit/is_enabled.sql", creates="function audit.is_enabled(regclass, name[])"),
    sql_file("30_audit/drop_triggers.sql", creates="function audit.drop_triggers(regclass)"),
    sql_file("30_audit/enable.sql", creates="function audit.enable(regclass, name[])"),
    sql_file("30_audit/disable.sql", creates="function audit.disable(regclass)"),
    schema("masked", comment="Masked views, for people who may look but not know, and the masks."),
    sql(
        "use-of-schema-masked",
        up=(
            "grant usage, create on schema masked to ttdb_masker;\n"
            "grant usage on schema masked to ttdb_support, ttdb_operator;"
        ),
        down=(
            "revoke usage, create on schema masked from ttdb_masker;\n"
            "revoke usage on schema masked from ttdb_support, ttdb_operator;"
        ),
        holds=(
            "select pg_catalog.has_schema_privilege('ttdb_masker', 'masked', 'create')\n"
            "    and pg_catalog.has_schema_privilege('ttdb_support', 'masked', 'usage')\n"
            "    and pg_catalog.has_schema_privilege('ttdb_operator', 'masked', 'usage')"
        ),
    ),
    # A key lost with a downgrade is not missed: no stored value was made with it.
    sql_file("40_mask/keys.sql", creates="table masked.keys", loses=None),
    sql_file("40_mask/token.sql", creates=f"function masked.token(text, {_MASK_ARGUMENTS})"),
    sql_file("40_mask/email.sql", creates=f"function masked.email({_MASK_ARGUMENTS})"),
    sql_file("40_mask/phone.sql", creates=f"function masked.phone({_MASK_ARGUMENTS})"),
    sql_file("40_mask/name.sql", creates=f"function masked.name({_MASK_ARGUMENTS})"),
    sql_file("40_mask/ip.sql", creates=f"function masked.ip({_MASK_ARGUMENTS})"),
    sql_file("40_mask/redacted.sql", creates=f"function masked.redacted({_MASK_ARGUMENTS})"),
    sql_file("40_mask/masks.sql", creates="function masked.masks()"),
    sql_file("40_mask/definition_for.sql", creates="function masked.definition_for(regclass, boolean)"),
    sql_file("40_mask/views_of.sql", creates="function masked.views_of(regclass)"),
    sql_file("40_mask/is_masked.sql", creates="function masked.is_masked(regclass, jsonb)"),
    sql_file("40_mask/is_masked_column.sql", creates="function masked.is_masked(regclass, name, text)"),
    sql_file("40_mask/rebuild.sql", creates="function masked.rebuild(regclass)"),
    sql_file("40_mask/columns.sql", creates="function masked.columns(regclass, jsonb)"),
    sql_file("40_mask/column.sql", creates='function masked."column"(regclass, name, text)'),
    sql_file("40_mask/forget.sql", creates="function masked.forget(regclass, name)"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
