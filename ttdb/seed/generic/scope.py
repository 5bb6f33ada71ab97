"""Which tables are filled, whose rows are whose, who refers to whom, and in which order that can be written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ttdb.shape import Schema, Table
from ttdb.shape.links import links, single_key
from ttdb.shape.names import OWN_SCHEMAS, TENANT_COLUMNS, long_form, plurals

# What migration tools keep for themselves: a row of ours would tell them of a migration that never ran.
_LEDGERS = frozenset(
    {
        "alembic_version", "flyway_schema_history", "schema_migrations", "ar_internal_metadata", "knex_migrations",
        "knex_migrations_lock", "_prisma_migrations", "django_migrations", "pgmigrations", "goose_db_version",
        "databasechangelog", "databasechangeloglock", "sequelizemeta", "__efmigrationshistory", "typeorm_metadata",
        "schema_version", "sqitch_changes", "_sqlx_migrations", "__diesel_schema_migrations",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key, or a column that is named after another table and has its key's type."""

    name: str
    columns: tuple[str, ...]
    parent: int
    parent_columns: tuple[str, ...]
    declared: bool
    needed: bool  # one null column would leave it out, and none may be null
    deferrable: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """How one table is filled."""

    table: Table
    tenant: str | None  # the column that holds the tenant
    is_tenants: bool  # its key is what tenant columns hold
    owned: bool  # its rows belong to tenants, by a column of their own or through what they refer to
    references: tuple[Reference, ...]
    late: frozenset[str] = frozenset()  # references that are null at first, and set when their parent has rows
    promised: frozenset[str] = frozenset()  # references to rows that come later, and whose keys are known before
    impossible: str | None = None  # the foreign key that closes a circle in which none may wait

    @property
    def given(self) -> frozenset[str]:
        """The columns that hold what the tenant and the parents say.

        A column that may not be null has a value of its own where the reference beside it is left out.
        """
        names = {
            name for each in self.references for name in each.columns if each.needed or not _must(self.table, name)
        }
        return frozenset(names | ({self.tenant} if self.tenant else set()))


@dataclass(frozen=True, slots=True)
class Scope:
    """All tables to fill, in the order of filling, and those that are left alone."""

    plans: tuple[Plan, ...]
    left_alone: Mapping[str, str]  # by name, and why
    column: str | None  # the usual tenant column
    tenants_table: int | None


def scope(schema: Schema, asked: str | None) -> Scope:
    """Look at a schema; ``asked`` is the tenant column where it was given."""
    roots = [table for table in schema.tables.values() if table.root is None]
    left = {str(table): "a migration tool's own" for table in roots if table.name.lower() in _LEDGERS}
    tables = [table for table in roots if table.schema not in OWN_SCHEMAS and str(table) not in left]
    column = asked or _usual(tables)
    tenants = _tenants_table(schema, tables, column)
    found = [_plan(table, tables, column, tenants) for table in tables]
    owned = _owned(found)
    plans = [replace(plan, owned=plan.table.oid in owned) for plan in found]
    return Scope(tuple(_ordered(plans)), left, column, None if tenants is None else tenants.oid)


def _usual(tables: Sequence[Table]) -> str | None:
    counts = Counter(column.name for table in tables for column in table.columns if column.name in TENANT_COLUMNS)
    order = {name: -place for place, name in enumerate(TENANT_COLUMNS)}
    return max(counts, key=lambda name: (counts[name], order[name]), default=None)


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
    stem = column.rsplit("_", 1)[0]
    names = plurals(stem) | plurals(long_form(stem))
    types = {each.type for table in holders if (each := table.column(column))}
    for table in tables:
        key = single_key(table)
        if table.name in names and key is not None and key.type in types and table.column(column) is None:
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
            needed=all(_must(table, name) for name in key.columns),
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
            needed=_must(table, each.columns[0]),
            deferrable=False,
        )
        for each in links(table, tables, () if tenant is None else (tenant,))
    ]
    ordered = sorted(declared, key=lambda each: (not each.needed, -len(each.columns), each.name))
    return Plan(table, tenant, is_tenants, tenant is not None, (*ordered, *told))


def _must(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.not_null


def _owned(plans: Sequence[Plan]) -> set[int]:
    owned = {plan.table.oid for plan in plans if plan.tenant is not None}
    while more := {
        plan.table.oid
        for plan in plans
        if plan.table.oid not in owned and any(each.parent in owned for each in plan.references)
    }:
        owned |= more
    return owned


def _ordered(plans: Sequence[Plan]) -> list[Plan]:
    """Put parents before their children; where they refer to each other in a circle, let a reference wait."""
    ordered: list[Plan] = []
    done: set[int] = set()
    waiting = {plan.table.oid: plan for plan in plans}
    while waiting:
        later = any(plan.is_tenants for plan in waiting.values())  # whose keys the others' tenant columns hold
        plan = min(
            waiting.values(),
            key=lambda plan: (
                later and plan.tenant is not None and not plan.is_tenants,
                *_open(plan, done),
                str(plan.table),
            ),
        )
        ordered.append(_waiting(plan, done))
        done.add(plan.table.oid)
        del waiting[plan.table.oid]
    return ordered


def _open(plan: Plan, done: set[int]) -> tuple[int, int, int]:
    """Count what would have to wait: what cannot, what can by a promised key, and what can by a null."""
    late = [each for each in plan.references if each.parent not in done and each.parent != plan.table.oid]
    needed = [each for each in late if each.needed]
    stuck = sum(each.declared and not each.deferrable for each in needed)
    return stuck, len(needed) - stuck, len(late) - len(needed)


def _waiting(plan: Plan, done: set[int]) -> Plan:
    late = [each for each in plan.references if each.parent not in done and each.parent != plan.table.oid]
    stuck = next((each.name for each in late if each.needed and each.declared and not each.deferrable), None)
    return replace(
        plan,
        late=frozenset(each.name for each in late if not each.needed),
        promised=frozenset(each.name for each in late if each.needed),
        impossible=stuck,
    )
