"""Keys of columns that rules compute: what they are computed from tells the rows apart."""

from dataclasses import replace

from ttdb.shape import Schema, Table
from ttdb.shape.equations import Equation, equations, moves
from ttdb.shape.model import Key


def through_equations(schema: Schema) -> Schema:
    """Put in the place of a key's columns those that a rule computes them from, where no other row refers to them."""
    referred = {
        (key.parent, name)
        for table in schema.tables.values()
        for key in table.foreign_keys
        for name in key.parent_columns
    }
    return replace(schema, tables={oid: _read(schema, table, referred) for oid, table in schema.tables.items()})


def _read(schema: Schema, table: Table, referred: set[tuple[int, str]]) -> Table:
    """Read one table's rules; keep what goes wrong unforeseen from all others."""
    try:
        return _through(schema, table, referred)
    except Exception:  # noqa: BLE001 - it goes wrong again where the table is filled, and is named there
        return table


def _through(schema: Schema, table: Table, referred: set[tuple[int, str]]) -> Table:
    own = {name for key in table.foreign_keys for name in key.columns}
    primary = {name for key in table.keys if key.primary for name in key.columns}
    free = [
        column.name
        for column in table.columns
        if schema.refuses_null(column)
        and not column.generated
        and column.name not in own | primary
        and (table.oid, column.name) not in referred
    ]
    able = [each for each in equations(table, table.rules, free) if each.always and each.of_others]
    found = {each.column: each for each in able if not _is_followed(table, each)}
    if not any(found.keys() & set(key.columns) for key in table.keys):
        return table
    return replace(table, keys=tuple(_without_computed(key, found) for key in table.keys))


def _is_followed(table: Table, equation: Equation) -> bool:
    """Say whether a column has bounds, and what it is a part of can be moved to where it is within these."""
    bound = any(rule.columns == (equation.column,) for rule in table.rules)
    return bound and any(equation.column in each.columns for each in moves(table, table.rules, equation.columns, ()))


def _without_computed(key: Key, found: dict[str, Equation]) -> Key:
    if key.excludes:
        return key
    names = [other for name in key.columns for other in (found[name].columns if name in found else (name,))]
    return replace(key, columns=tuple(dict.fromkeys(names)))
