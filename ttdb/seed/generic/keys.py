"""Which keys of a table need their rows told apart, and which say no more than another that they hold."""

from ttdb.shape.model import Key, Table


def telling(table: Table) -> list[Key]:
    """Return a table's keys but those that hold all of another: where that differs, they differ too."""
    found: list[Key] = []
    for key in sorted(table.keys, key=lambda key: (key.partial, len(key.expressions), not key.primary, key.name)):
        if key.excludes or not any(_is_enough(table, other, key) for other in found):
            found.append(key)
    return found


def _is_enough(table: Table, smaller: Key, key: Key) -> bool:
    """Say whether rows that differ in one key differ in another as well, nulls too where these are values."""
    if smaller.partial or smaller.excludes or not smaller.expressions:
        return False
    if not set(smaller.expressions) <= set(key.expressions):
        return False
    columns = (table.column(name) for name in smaller.columns)
    no_null = all(column is not None and column.not_null for column in columns)
    return no_null or smaller.nulls_are_equal or not key.nulls_are_equal
