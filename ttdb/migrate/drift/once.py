"""What both the record and a reference tell of a table that is contracted is told, and mended, once."""

from collections.abc import Iterable, Sequence

from ttdb.migrate.drift.compare import in_order
from ttdb.migrate.drift.mend import grantees_of
from ttdb.migrate.ledger import table_of
from ttdb.model.migration import Drift

# What of a fingerprint it is that the record has under one kind.
_KINDS = {
    "rls": ("row security",),
    "registration": ("registry",),
    "view": ("view", "relation"),
    "trigger": ("trigger", "trigger state"),
    "constraint": ("constraint", "constraint state"),
    "index": ("index", "index state"),
}
Named = tuple[str, str]  # kind and identity


def told_once(recorded: Sequence[Drift], compared: Sequence[Drift]) -> list[Drift]:
    """Return both in the order in which they are mended; the record's words go before, where it has what mends it.

    A reference says of grants whose they are, and of columns which: where it has all of what the record has as one, it
    goes before.
    """
    finer = {_named(item) for item in compared if item.kind == "grants" and item.mend}
    own = [item for item in recorded if item.kind != "grants" or not finer.issuperset(_finer(item))]
    mended = {(kind, item.identity) for item in own if item.mend for kind in _KINDS.get(item.kind, (item.kind,))}
    others = [item for item in compared if _named(item) not in mended]
    better = {_named(item) for item in others if item.mend}
    return sorted((*(item for item in own if item.mend or _named(item) not in better), *others), key=in_order)


def _finer(grants: Drift) -> Iterable[Named]:
    """Return what a reference calls the differences that the record has as one."""
    table = table_of(grants.identity)
    return [("grants", f"{table} to {name}") for name in grantees_of(grants.expected or "", grants.found or "")]


def _named(item: Drift) -> Named:
    return item.kind, item.identity
