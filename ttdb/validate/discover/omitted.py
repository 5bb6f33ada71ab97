"""Columns that a trail's function takes out of the rows that it records: secrets, or what it should have kept."""

import re

from ttdb.validate.discover.trails import Trigger

_TAKEN_OUT = re.compile(
    r"-\s*(?:array\s*\[(?P<array>[^\]]*)\]|'\{(?P<braces>[^}]*)\}'|'(?P<one>[^']*)')", re.IGNORECASE
)
_NAME = re.compile(r"[^\s,'\"]+")
_WEIGHTY = re.compile(
    r"(^|_)(amount|balance|cents|charge|cost|credit|debit|discount|fee|price|quantity|rate|subtotal|sum|tax|total"
    r"|approved|limit|owner|paid|permissions?|plan|role|state|status)(_|$)",
    re.IGNORECASE,
)


def omitted(trigger: Trigger) -> frozenset[str]:
    """Return the names that a function takes out of a row: ``to_jsonb(new) - 'secret'``, ``- array['a', 'b']``."""
    found: set[str] = set()
    for match in _TAKEN_OUT.finditer(trigger.body):
        listed = match["array"] or match["braces"] or match["one"] or ""
        found.update(_NAME.findall(listed))
    return frozenset(found)


def is_weighty(column: str) -> bool:
    """Tell whether a column is called an amount or a state: what trails are kept for, and no secret."""
    return _WEIGHTY.search(column) is not None
