"""The vocabulary of revisions: each function returns one Step, and knows how to tell that it stands."""

from ttdb.migrate.steps.constraint import Quarantine, Repair, Stop, check, foreign_key
from ttdb.migrate.steps.conversion import converted
from ttdb.migrate.steps.deciding import as_decided, taken_off
from ttdb.migrate.steps.deciding_losing import rights_lost
from ttdb.migrate.steps.deciding_rows import obeyed
from ttdb.migrate.steps.expand import expanded, months_once_contracted, obeyed_beforehand, once_contracted
from ttdb.migrate.steps.extension import extension, use_of_extension
from ttdb.migrate.steps.fill import backfill
from ttdb.migrate.steps.index import beside_writers, determined_tenant, index, monthly_index
from ttdb.migrate.steps.over_months import Unique
from ttdb.migrate.steps.plain import schema, sql, sql_file, upgrade_and_downgrade
from ttdb.migrate.steps.rules import rule_by_trigger, transitions, written_once
from ttdb.migrate.steps.table import rows_lost, table
from ttdb.migrate.steps.tenancy import closed, tenant_given
from ttdb.migrate.steps.verbs import (
    audited,
    declared_resolver,
    kept_unique,
    masked_columns,
    partitioned_by_month,
    protected,
    touched,
)

__all__ = [
    "Quarantine",
    "Repair",
    "Stop",
    "Unique",
    "as_decided",
    "audited",
    "backfill",
    "beside_writers",
    "check",
    "closed",
    "converted",
    "declared_resolver",
    "determined_tenant",
    "expanded",
    "extension",
    "foreign_key",
    "index",
    "kept_unique",
    "masked_columns",
    "monthly_index",
    "months_once_contracted",
    "obeyed",
    "obeyed_beforehand",
    "once_contracted",
    "partitioned_by_month",
    "protected",
    "rights_lost",
    "rows_lost",
    "rule_by_trigger",
    "schema",
    "sql",
    "sql_file",
    "table",
    "taken_off",
    "tenant_given",
    "touched",
    "transitions",
    "upgrade_and_downgrade",
    "use_of_extension",
    "written_once",
]
