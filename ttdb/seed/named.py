"""Hold the values that a scenario names against the columns that are to take them, before the first row is made.

The server judges: each value is cast to its column's type, and asked of the CHECKs that are about that column alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
from psycopg import errors as pg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.seed.catalog import CatalogColumn, CatalogTable
from ttdb.seed.columns import Value
from ttdb.seed.place import Place, suggestion
from ttdb.seed.rules import Rule
from ttdb.seed.rules.links import From
from ttdb.seed.world import TablePlan

_BOUNDED = ("character varying", "character")  # a cast cuts what is too long for them
_WHOLE = ("smallint", "integer", "bigint")
_AT_ONCE = 100  # values in one statement
_NOT_AS_WRITTEN = ("json", "jsonb")  # a text is made a value of theirs on its way
_CHECKS = """
select c.relname, a.attname, k.conname, pg_catalog.pg_get_expr(k.conbin, k.conrelid)
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on c.oid = k.conrelid
inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
where
    k.contype = 'c'
    and pg_catalog.cardinality(k.conkey) = 1
    -- From 18 on one may be there and not be enforced.
    and coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true)
    -- Not what looks at more than the value, such as rows that are not there yet.
    and not exists (
        select from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_proc as f on f.oid = d.refobjid and f.provolatile <> 'i'
        where d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = k.oid
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    )
    -- Nor where somebody's trigger may change the value before.
    and not exists (
        select from pg_catalog.pg_trigger as g
        inner join pg_catalog.pg_proc as f on f.oid = g.tgfoid
        where g.tgrelid = k.conrelid and g.tgtype & 7 = 7 and g.tgenabled <> 'D' and not g.tgisinternal
            and f.pronamespace is distinct from pg_catalog.to_regnamespace('ttdb')
    )
    and k.connamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident(%s))
    and c.relname = any(%s)
order by 1, 2, 3
"""
_LABELS = """
select e.enumlabel from pg_catalog.pg_enum as e
where e.enumtypid = pg_catalog.to_regtype(%s)
order by e.enumsortorder
"""
_Checks = Mapping[tuple[str, str], Sequence[tuple[str, str]]]  # of a table's column: names and expressions


@dataclass(frozen=True, slots=True)
class _Named:
    """A value that a scenario names for a column."""

    table: CatalogTable
    column: CatalogColumn
    value: Value
    place: Place

    @property
    def text(self) -> str:
        """The value as the loader writes it."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, datetime):
            return self.value.astimezone(UTC).isoformat()
        if isinstance(self.value, Decimal):
            whole = self.column.wire in _WHOLE and self.value == int(self.value)
            return str(int(self.value)) if whole else f"{self.value:f}"
        return str(self.value)

    @property
    def where(self) -> str:
        """The column's name in full."""
        return f"{self.table.schema}.{self.table.name}.{self.column.name}"


def refuse_unfit(connection: Connection, plans: Mapping[str, TablePlan]) -> None:
    """Refuse a value that its column cannot hold.

    Raises:
        ScenarioInvalid: there is one; the message names its line.

    """
    named = [value for plan in plans.values() for value in _named(plan)]
    if not named:
        return
    checks = _checks(connection, next(iter(plans.values())).catalog.schema, list(plans))
    for start in range(0, len(named), _AT_ONCE):
        some = named[start : start + _AT_ONCE]
        if not _all_fit(connection, some, checks):
            for value in some:
                _refuse_if_unfit(connection, value, checks)


def _all_fit(connection: Connection, named: Sequence[_Named], checks: _Checks) -> bool:
    asked = sql.SQL(" union all ").join(_question(value, checks) for value in named)
    try:
        with connection.transaction(force_rollback=True):
            return not connection.execute(asked).fetchall()
    except psycopg.Error:  # of one of them
        return False


def _named(plan: TablePlan) -> Iterator[_Named]:
    for name in plan.stored:
        column = plan.catalog.columns[name]
        if column.wire not in _NOT_AS_WRITTEN:
            for value, place in _source(plan, name).named():
                yield _Named(plan.catalog, column, value, place)


def _source(plan: TablePlan, name: str) -> Rule:
    """Return the rule of a column, or of the one in the same row that it takes its values from."""
    rule, seen = plan.rules[name], {name}
    while isinstance(rule, From) and rule.path in plan.rules and rule.path not in seen:
        seen.add(rule.path)
        rule = plan.rules[rule.path]
    return rule


def _checks(connection: Connection, schema: str, tables: Sequence[str]) -> _Checks:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for table, column, name, expression in connection.execute(_CHECKS, (schema, list(tables))):
        found.setdefault((table, column), []).append((name, expression))
    return found


def _question(named: _Named, checks: _Checks) -> sql.Composed:
    """Return what has a row for each CHECK that a value breaks, and one without a name where it is cut."""
    # Asked of every value, as one that nothing looks at is not cast to a domain.
    cut = sql.SQL("t.{} is null")
    if named.column.wire in _BOUNDED:
        cut = sql.SQL("pg_catalog.rtrim(t.{}::text, ' ') <> pg_catalog.rtrim({}, ' ')")  # blanks it may cut
    asked = [sql.SQL("({}, null)").format(cut.format(sql.Identifier(named.column.name), sql.Literal(named.text)))]
    for name, expression in checks.get((named.table.name, named.column.name), ()):
        asked.append(sql.SQL("(({}) is false, {})").format(sql.SQL(expression), sql.Literal(name)))
    return sql.SQL(
        "(select b.name from (select {value}::{type} as {column}) as t"
        " cross join lateral (values {asked}) as b (is_broken, name) where b.is_broken)"
    ).format(
        value=sql.Literal(named.text),
        type=sql.SQL(named.column.type),  # the catalog's own spelling
        column=sql.Identifier(named.column.name),
        asked=sql.SQL(", ").join(asked),
    )


def _refuse_if_unfit(connection: Connection, named: _Named, checks: _Checks) -> None:
    shown = f'"{named.text}"'
    try:
        with connection.transaction(force_rollback=True):
            row = connection.execute(_question(named, checks)).fetchone()
    except (pg.DataError, pg.CheckViolation) as error:
        message = f"{shown} is no value of {named.where}: {error.diag.message_primary}"
        raise named.place.wrong(message, _hint(connection, named)) from error
    except psycopg.Error:  # a CHECK by a function, say, that this login may not call: the server asks it of each row
        return
    if row is None:
        return
    if row[0] is None:
        raise named.place.wrong(f"{shown} is longer than {named.where} takes, {named.column.type}")
    asks = dict(checks[named.table.name, named.column.name])[row[0]]
    raise named.place.wrong(f"{shown} breaks the CHECK {row[0]} of {named.where}", f"It asks: {asks}")


def _hint(connection: Connection, named: _Named) -> str:
    labels = [label for (label,) in connection.execute(_LABELS, (named.column.type,))]
    return suggestion(named.text, labels, "value") if labels else f"The column is of type {named.column.type}."
