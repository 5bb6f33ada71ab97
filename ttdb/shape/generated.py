"""Generated columns: what they are computed from stands in their place, wherever values are chosen."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from psycopg import sql

from ttdb.shape.model import Column, Rule, Table

_CONSTANT = re.compile(r"'(?:[^']|'')*'(?:::[\w .\"]+)?|-?\d+(?:\.\d+)?|true|false")


def named(expression: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the columns that an expression speaks of, as far as their names show in it."""
    return tuple(each.name for each in columns if re.search(rf"(?<!\w){re.escape(each.name)}(?!\w)", expression))


def sources(columns: Sequence[Column], names: Iterable[str]) -> tuple[str, ...]:
    """Put in the place of generated columns those that they are computed from."""
    by_name, plain = {column.name: column for column in columns}, [each for each in columns if not each.generated]
    found = (
        named(expression, plain) if (expression := by_name[name].expression) is not None else (name,) for name in names
    )
    return tuple(dict.fromkeys(name for each in found for name in each))


def is_constant(column: Column) -> bool:
    """Say whether a generated column is the same in all rows, so that a reference is to rows of one kind."""
    return column.expression is not None and _CONSTANT.fullmatch(column.expression) is not None


def computed_from(columns: Sequence[Column], rule: Rule) -> Rule:
    """Let a rule speak of what the generated columns in it are computed from."""
    through = tuple(each.expression for each in columns if each.name in rule.columns and each.expression is not None)
    return replace(rule, columns=sources(columns, rule.columns), through=through) if through else rule


def never_null(columns: Sequence[Column]) -> Iterator[Rule]:
    """Yield rules for generated columns that may not be null, where what they are computed from may be."""
    nullable = {each.name for each in columns if not each.not_null}
    for column in columns:
        if column.not_null and column.expression is not None:
            rule = Rule(
                f"not-null constraint on {column.name}",
                sql.SQL("{} is not null").format(sql.Identifier(column.name)).as_string(None),
                (column.name,),
            )
            if nullable & set((found := computed_from(columns, rule)).columns):
                yield found


def computable(columns: Sequence[Column]) -> tuple[Rule, ...]:
    """Return rules that nothing breaks, of what generated columns are computed from: to choose values for that."""
    return tuple(
        computed_from(columns, Rule(f"expression of {column.name}", "true", (column.name,)))
        for column in columns
        if column.generated
    )


def record(table: Table, given: sql.Composable) -> sql.Composed:
    """Return what stands in a FROM for one row, named like the table, of which ``given`` is all but what is computed.

    The row is of the table's own type, since a rule may hand it to a function whole.
    """
    name, whole = sql.Identifier(table.name), sql.SQL("null::{}").format(table.identifier)
    made = sql.SQL("pg_catalog.jsonb_populate_record({}, {}) as {}")
    if not any(column.generated for column in table.columns):
        return made.format(whole, given, name)
    values = sql.SQL(", ").join(
        sql.Identifier(table.name, column.name)
        if column.expression is None
        else sql.SQL("({})").format(sql.SQL(column.expression))  # as the catalog has it
        for column in table.columns
    )
    return sql.SQL(
        "(select row({})::{} as ttdb_whole from {}) as ttdb_made,"
        " lateral pg_catalog.jsonb_populate_record(ttdb_made.ttdb_whole, '{{}}'::jsonb) as {}"
    ).format(values, table.identifier, made.format(whole, given, name), name)
