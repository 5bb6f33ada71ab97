"""References that are not declared: a column named after another table, of the type of its key."""

from collections.abc import Iterable, Iterator, Sequence

from ttdb.shape.model import Column, ForeignKey, Table
from ttdb.shape.names import plurals


def single_key(table: Table) -> Column | None:
    """Return the column that is a table's primary key by itself."""
    key = next((key for key in table.keys if key.primary and len(key.columns) == 1), None)
    return table.column(key.columns[0]) if key else None


def links(table: Table, tables: Sequence[Table], taken: Iterable[str] = ()) -> Iterator[ForeignKey]:
    """Yield what would be foreign keys of a table: of columns that are in none, and not in ``taken``."""
    declared = {name for key in table.foreign_keys for name in key.columns} | set(taken)
    for column in table.columns:
        parent = _parent(column, table, tables) if column.name not in declared else None
        key = single_key(parent) if parent is not None else None
        if parent is not None and key is not None:
            yield ForeignKey(f"column {column.name}", parent.oid, (column.name,), (key.name,), deferrable=False)


def _parent(column: Column, table: Table, tables: Sequence[Table]) -> Table | None:
    if not column.name.endswith("_id") or any(key.columns == (column.name,) and key.primary for key in table.keys):
        return None
    names = plurals(column.name.removesuffix("_id"))
    for parent in tables:
        key = single_key(parent)
        if parent.name in names and parent.schema == table.schema and key is not None and key.type == column.type:
            return parent
    return None
