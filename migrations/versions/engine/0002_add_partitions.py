"""Keep tables in months: made ahead, retired when old enough, unique over all of them."""

from ttdb.migrate.steps import partitioned_by_month, sql, sql_file, upgrade_and_downgrade

revision = "engine_0002"
down_revision = "engine_0001"
branch_labels = None
depends_on = None

_UNIQUE = "regclass, name, name[], boolean, name"

STEPS = [
    sql(
        "definer-creates-in-schema-ttdb",
        up="grant create on schema ttdb to ttdb_definer;",
        down="revoke create on schema ttdb from ttdb_definer;",
        holds="select pg_catalog.has_schema_privilege('ttdb_definer', 'ttdb', 'create')",
    ),
    sql_file("60_partitions/partitioned_tables.sql", creates="table ttdb.partitioned_tables"),
    sql_file("60_partitions/month_of.sql", creates="function ttdb.month_of(timestamptz)"),
    sql_file("60_partitions/month_key_of.sql", creates="function ttdb.month_key_of(regclass)"),
    sql_file("60_partitions/months_of.sql", creates="function ttdb.months_of(regclass)"),
    sql_file("60_partitions/rows_waiting.sql", creates="function ttdb.rows_waiting(regclass)"),
    sql_file(
        "60_partitions/is_partitioned_by_month.sql",
        creates="function ttdb.is_partitioned_by_month(regclass, interval, text[])",
    ),
    sql_file(
        "60_partitions/copy_column_settings.sql", creates="function ttdb.copy_column_settings(regclass, regclass)"
    ),
    sql_file("60_partitions/make_leaf.sql", creates="function ttdb.make_leaf(regclass, text, text[])"),
    sql_file("60_partitions/strip.sql", creates="function ttdb.strip(regclass)"),
    sql_file("60_partitions/policy_definitions.sql", creates="function ttdb.policy_definitions(regclass)"),
    sql_file("60_partitions/dress_leaf.sql", creates="function ttdb.dress_leaf(regclass, regclass, regclass)"),
    sql_file(
        "60_partitions/partition_by_month.sql", creates="function ttdb.partition_by_month(regclass, interval, text[])"
    ),
    sql_file("60_partitions/unpartition_by_month.sql", creates="function ttdb.unpartition_by_month(regclass)"),
    sql_file("60_partitions/unique_keys.sql", creates="table ttdb.unique_keys"),
    sql_file("60_partitions/key_columns_of.sql", creates=f"function ttdb.key_columns_of({_UNIQUE})"),
    sql_file("60_partitions/tg__keep_unique.sql", creates="function ttdb.tg__keep_unique()", role="ttdb_definer"),
    sql_file(
        "60_partitions/fill_unique_keys.sql",
        creates="function ttdb.fill_unique_keys(regclass, timestamptz, timestamptz)",
        role="ttdb_definer",
    ),
    sql_file("60_partitions/unique_triggers_for.sql", creates=f"function ttdb.unique_triggers_for({_UNIQUE})"),
    sql_file("60_partitions/is_kept_unique.sql", creates="function ttdb.is_kept_unique(regclass, name[], boolean)"),
    sql_file("60_partitions/forget_unique.sql", creates="function ttdb.forget_unique(regclass, name[])"),
    sql_file(
        "60_partitions/keep_unique.sql", creates="function ttdb.keep_unique(regclass, name[], text, boolean, name)"
    ),
    sql_file(
        "60_partitions/tg__refuse_retired.sql",
        creates="function ttdb.tg__refuse_retired()",
        # Retired months outlive the engine: what kept them from being changed goes with it.
        down=("drop function ttdb.tg__refuse_retired() cascade;",),
    ),
    sql_file(
        "60_partitions/refuse_stranger.sql", creates="function ttdb.refuse_stranger(regclass, regclass, regclass)"
    ),
    sql_file(
        "60_partitions/empty_default.sql",
        creates="function ttdb.empty_default(regclass, regclass, regclass, timestamptz, timestamptz)",
    ),
    sql_file("60_partitions/ensure_partition.sql", creates="function ttdb.ensure_partition(regclass, date)"),
    sql_file("60_partitions/ensure_partitions.sql", creates="function ttdb.ensure_partitions(date, date)"),
    sql_file("60_partitions/retire_partition.sql", creates="function ttdb.retire_partition(regclass)"),
    # What was done with money is asked about as long as the money is.
    partitioned_by_month("audit.trail", retention="7 years"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
