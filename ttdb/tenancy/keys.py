"""Which keys of a table tell its rows apart, so that a foreign key can point at them."""

import re
from collections.abc import Iterable, Iterator

from ttdb.shape import Table
from ttdb.tenancy.quoting import identifier

# A column as the catalog shows it in an index: what is computed there has parentheses.
_COLUMN = re.compile(r'(?P<plain>[a-z_][a-z0-9_]*)|"(?P<quoted>(?:[^"]|"")+)"')


def pointable(table: Table) -> Iterator[tuple[str, ...]]:
    """Yield the columns of each key that a foreign key can point at: plain ones, of all rows, held at once."""
    for key in table.keys:
        if not key.valid or key.partial or key.deferrable or key.excludes:
            continue
        names = tuple(name for each in key.expressions if (name := _column(each)) is not None)
        if len(names) == len(key.expressions):
            yield names


def is_pointable(table: Table, columns: Iterable[str]) -> bool:
    """Tell whether a foreign key can point at these columns, in any order."""
    wanted = set(columns)
    return any(set(names) == wanted for names in pointable(table))


def names_one(table: Table, columns: Iterable[str]) -> bool:
    """Tell whether no two rows have the same values in these columns."""
    given = set(columns)
    return any(given.issuperset(names) for names in pointable(table))


def primary_key(table: Table) -> tuple[str, ...] | None:
    """Return the columns of the primary key."""
    found = next((key.expressions for key in table.keys if key.primary), None)
    return None if found is None else tuple(name for each in found if (name := _column(each)) is not None)


def in_an_index(table: Table, name: str) -> str:
    """Return a column's name as the catalog shows it in an index, which quotes more words than it has to."""
    shown = {_column(each): each for key in table.keys for each in key.expressions}
    return shown.get(name) or identifier(name)


def _column(shown: str) -> str | None:
    """Return the name of a column that an index shows, or None where it shows what is computed."""
    found = _COLUMN.fullmatch(shown)
    return (found["plain"] or found["quoted"].replace('""', '"')) if found else None
