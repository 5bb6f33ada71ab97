"""Which tables the functions of a table's triggers speak of, as far as their sources show it."""

import re

from ttdb.shape import Table

_TABLE = r"\s+([\w.\"]+)"
INSERTED = re.compile(r"\binsert\s+into" + _TABLE, re.IGNORECASE)
CHANGED = re.compile(r"\b(?:insert\s+into|update(?:\s+only)?|delete\s+from|merge\s+into)" + _TABLE, re.IGNORECASE)
READ = re.compile(r"\b(?:from|join|update)(?:\s+only)?" + _TABLE, re.IGNORECASE)


def tables(table: Table, how: re.Pattern[str]) -> frozenset[str]:
    """Return the names of tables that triggers of this one insert into, change or read, without quotes."""
    return frozenset(name.replace('"', "") for source in table.triggers for name in how.findall(source))


def is_among(table: Table, names: frozenset[str]) -> bool:
    """Say whether a table is one of those named, with its schema or without."""
    return not names.isdisjoint((table.name, str(table)))
