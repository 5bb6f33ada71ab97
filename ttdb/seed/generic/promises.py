"""Promised rows that refer back to those which name them: of these, and of no others, are their keys."""

from collections.abc import Sequence
from dataclasses import replace

from ttdb.seed.generic.plan import Plan, Reference


def kept(plans: Sequence[Plan]) -> list[Plan]:
    """Let a promised reference tell the later row's own key alone, where that row says the rest by referring back."""
    found = {plan.table.oid: plan for plan in plans}
    for plan in plans:
        for promise in plan.references:
            later = found[promise.parent]
            back = next((each for each in later.references if _is_back(each, plan, promise)), None)
            if back is not None:
                found[plan.table.oid] = _with(found[plan.table.oid], promise, _without(promise, back, plan.tenant))
                found[later.table.oid] = _with(later, back, _named(back, promise, plan.tenant))
    return list(found.values())


def _is_back(each: Reference, plan: Plan, promise: Reference) -> bool:
    """Say whether a later row's reference is to the row that names it, and leaves a column to tell it by."""
    own = set(zip(each.parent_columns, each.columns, strict=True))
    pairs = set(zip(promise.columns, promise.parent_columns, strict=True))
    is_promised = promise.name in plan.promised and each.parent == plan.table.oid
    return is_promised and each.needed and own < pairs and len(_rest(promise, each, plan.tenant)) > 0


def _rest(promise: Reference, back: Reference, tenant: str | None) -> list[tuple[str, str]]:
    """Return the columns of a promise, in pairs, that the reference back does not say, nor the tenant."""
    pairs = zip(promise.columns, promise.parent_columns, strict=True)
    return [(name, other) for name, other in pairs if other not in back.columns and name != tenant]


def _without(promise: Reference, back: Reference, tenant: str | None) -> Reference:
    names = [name for name, _ in _rest(promise, back, tenant)]
    pairs = zip(promise.columns, promise.parent_columns, strict=True)
    columns, others = zip(*((name, other) for name, other in pairs if name in (*names, tenant)), strict=True)
    return replace(promise, columns=columns, parent_columns=others)


def _named(back: Reference, promise: Reference, tenant: str | None) -> Reference:
    return replace(back, named_by=tuple((other, name) for name, other in _rest(promise, back, tenant)))


def _with(plan: Plan, reference: Reference, other: Reference) -> Plan:
    return replace(plan, references=tuple(other if each is reference else each for each in plan.references))
