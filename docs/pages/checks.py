"""Every check and attack: what it finds, why that matters, how to make it and how to mend it."""

from pages.base import NOTE, Head
from ttdb.validate import FAMILIES, Unit, library

PATH = "docs/reference/checks.md"


def write(_head: Head) -> str:
    """Return every check and attack: what it finds, why that matters, how to make it and how to mend it."""
    parts = [_check(unit) for unit in library().units]
    families = "\n".join(f"- `{code}`: {meaning}" for code, meaning in FAMILIES.items())
    return f"# Checks\n\n{NOTE}\n`ttdb explain CODE` prints one. Families:\n\n{families}\n\n" + "\n".join(parts)


def _check(unit: Unit) -> str:
    blocks = [("Given", unit.given), ("Bad", unit.bad), ("Fix", unit.fix)]
    shown = "".join(f"{title}:\n\n```sql\n{sql}\n```\n\n" for title, sql in blocks if sql)
    return f"## {unit.code} {unit.name}\n\n{unit.severity}: {unit.title}\n\n{unit.why}\n\n{shown}"
