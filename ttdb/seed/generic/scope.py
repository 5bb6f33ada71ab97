"""Which tables are filled, whose rows are whose, and who refers to whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ttdb.seed.generic.order import ordered
from ttdb.seed.generic.plan import Plan, Reference, must
from ttdb.shape import Schema, Table
from ttdb.shape.links import links, single_key
from ttdb.shape.names import OWN_SCHEMAS, SURELY_TENANT, TENANT_COLUMNS, in_words, long_form, plurals

# What migration tools keep for themselves: a row of ours would tell them of a migration that never ran.
_LEDGERS = frozenset(
    {
        "alembic_version", "flyway_schema_history", "schema_migrations", "ar_internal_metadata", "knex_migrations",
        "knex_migrations_lock", "_prisma_migrations", "django_migrations", "pgmigrations", "goose_db_version",
        "databasechangelog", "databasechangeloglock", "sequelizemeta", "__efmigrationshistory", "typeorm_metadata",
        "schema_version", "sqitch_changes", "_sqlx_migrations", "__diesel_schema_migrations",
    }
)  # fmt: skip

NO_COLUMN = "none"  # asked for where what is called like a tenant is none


@dataclass(frozen=True, slots=True)
class Scope:
    """All tables to fill, in the order of filling, and those that are left alone."""

    plans: tuple[Plan, ...]
    left_alone: Mapping[str, str]  # by name, and why
    column: str | None  # the usual tenant column
    tenants_table: int | None


def scope(schema: Schema, asked: str | None) -> Scope:
    """Look at a schema; ``asked`` is the tenant column where it was given, or ``none``."""
    roots = [table for table in schema.tables.values() if table.root is None]
    left = {str(table): "a migration tool's own" for table in roots if table.name.lower() in _LEDGERS}
    tables = [table for table in roots if table.schema not in OWN_SCHEMAS and str(table) not in left]
    column = (asked or _usual(schema, tables)) if asked != NO_COLUMN else None
    tenants = _tenants_table(schema, tables, column)
    found = [_plan(table, tables, column, tenants) for table in tables]
    owned = _owned(found)
    plans = [replace(plan, owned=plan.table.oid in owned) for plan in found]
    return Scope(tuple(ordered(plans)), left, column, None if tenants is None else tenants.oid)


def _usual(schema: Schema, tables: Sequence[Table]) -> str | None:
    """Return the column that is called like a tenant in most tables; a doubtful one where it leads to a table."""
    names = Counter(column.name for table in tables for column in table.columns)
    counts = {name: count for name, count in names.items() if in_words(name) in TENANT_COLUMNS}
    order = {name: -place for place, name in enumerate(TENANT_COLUMNS)}
    by_use = sorted(counts, key=lambda name: (counts[name], order[in_words(name)], name), reverse=True)
    return next(
        (
            name
            for name in by_use
            if in_words(name) in SURELY_TENANT
            or (counts[name] > 1 and _tenants_table(schema, tables, name) is not None)
        ),
        None,
    )


def _tenants_table(schema: Schema, tables: Sequence[Table], column: str | None) -> Table | None:
    """Find the table whose key the tenant columns hold: by foreign keys, else by its name and its key's type."""
    holders = [table for table in tables if column is not None and table.column(column) is not None]
    parents = Counter(
        key.parent
        for table in holders
        for key in table.foreign_keys
        if key.columns == (column,) and key.parent != table.oid
    )
    if parents:
        return schema.tables[max(parents, key=lambda oid: (parents[oid], -oid))]
    if column is None:
        return None
    stem = in_words(column).rsplit("_", 1)[0]
    names = plurals(stem) | plurals(long_form(stem))
    types = {each.type for table in holders if (each := table.column(column))}
    for table in tables:
        key = single_key(table)
        if in_words(table.name) in names and key is not None and key.type in types and table.column(column) is None:
            return table
    return None


def _plan(table: Table, tables: Sequence[Table], column: str | None, tenants: Table | None) -> Plan:
    is_tenants = tenants is not None and table.oid == tenants.oid
    own = single_key(table) if is_tenants else table.column(column) if column else None
    tenant = own.name if own else None
    known = {each.oid for each in tables}
    declared = [
        Reference(
            name=key.name,
            columns=key.columns,
            parent=key.parent,
            parent_columns=key.parent_columns,
            declared=True,
            needed=all(must(table, name) or name == tenant for name in key.columns),  # no row is without a tenant
            deferrable=key.deferrable,
        )
        for key in table.foreign_keys
        if is_tenants or key.columns != (tenant,)
        if key.parent in known
    ]
    told = [
        Reference(
            name=each.name,
            columns=each.columns,
            parent=each.parent,
            parent_columns=each.parent_columns,
            declared=False,
            needed=must(table, each.columns[0]),
            deferrable=False,
        )
        for each in links(table, tables, () if tenant is None else (tenant,))
    ]
    ordered = sorted(declared, key=lambda each: (not each.needed, -len(each.columns), each.name))
    return Plan(table, tenant, is_tenants, tenant is not None, (*ordered, *told))


def _owned(plans: Sequence[Plan]) -> set[int]:
    owned = {plan.table.oid for plan in plans if plan.tenant is not None}
    while more := {
        plan.table.oid
        for plan in plans
        if plan.table.oid not in owned and any(each.parent in owned for each in plan.references)
    }:
        owned |= more
    return owned
