"""The pieces of SQL that decide what a session sees: policies, and the bodies of functions and views."""

from ttdb.validate.catalog import Catalog
from ttdb.validate.discover.calls import bare, called_in

_DEPTH = 4  # of functions that call one another


def pieces(catalog: Catalog) -> list[str]:
    """Return all of them, policies first."""
    return [policy.text for policy in catalog.policies] + [body.body for body in catalog.bodies]


def about(catalog: Catalog, setting: str) -> list[str]:
    """Return the pieces of SQL that read a setting, by themselves or by functions that they call."""
    readers: set[str] = set()
    bodies = [body for body in catalog.bodies if body.kind == "function"]
    for _ in range(_DEPTH):
        more = {bare(each.name) for each in bodies if setting in each.body or called_in(each.body) & readers} - readers
        if not more:
            break
        readers |= more
    return [piece for piece in pieces(catalog) if setting in piece or called_in(piece) & readers]
