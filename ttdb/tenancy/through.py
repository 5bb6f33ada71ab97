"""How the file writes that another table's row has the tenant: ``order_id -> public.orders.id``."""

import re
from dataclasses import dataclass

_THROUGH = re.compile(r"(?P<columns>[^>]+?)\s*->\s*(?P<table>[^,]+)\.(?P<first>[^.,]+)(?P<rest>(?:,[^.]+)?)")


@dataclass(frozen=True, slots=True)
class Through:
    """The other table, and the columns that name its row: those here, those there."""

    parent: str
    here: tuple[str, ...]
    there: tuple[str, ...]


def parsed(text: str) -> Through | None:
    """Return what a text says, or None where it cannot be read."""
    found = _THROUGH.fullmatch(text)
    if not found:
        return None
    here = tuple(name.strip() for name in found["columns"].split(","))
    there = tuple(name.strip() for name in (found["first"] + found["rest"]).split(","))
    return Through(found["table"].strip(), here, there)
