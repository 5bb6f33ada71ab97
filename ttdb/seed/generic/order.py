"""In which order tables are filled: parents before children, and what triggers fill after what they are on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.promises import kept
from ttdb.seed.generic.speaks import INSERTED, is_among, tables


def ordered(plans: Sequence[Plan]) -> list[Plan]:
    """Put parents before their children; where they refer to each other in a circle, let a reference wait."""
    found: list[Plan] = []
    done: set[int] = set()
    waiting = {plan.table.oid: plan for plan in plans}
    fillers = _fillers(plans)
    waited_for = Counter(oid for plan in plans for oid in {each.parent for each in plan.references})
    while waiting:
        later = any(plan.is_tenants for plan in waiting.values())  # whose keys the others' tenant columns hold
        plan = min(
            waiting.values(),
            key=lambda plan: (
                later and plan.tenant is not None and not plan.is_tenants,
                *_open(plan, done, fillers[plan.table.oid]),
                -waited_for[plan.table.oid],
                str(plan.table),
            ),
        )
        found.append(_waiting(plan, done))
        done.add(plan.table.oid)
        del waiting[plan.table.oid]
    return kept(found)


def _fillers(plans: Sequence[Plan]) -> dict[int, set[int]]:
    """Return for each table those whose triggers insert rows into it."""
    found: dict[int, set[int]] = {plan.table.oid: set() for plan in plans}
    for plan in plans:
        names = tables(plan.table, INSERTED)
        for other in plans if names else ():
            if other.table.oid != plan.table.oid and is_among(other.table, names):
                found[other.table.oid].add(plan.table.oid)
    return found


def _open(plan: Plan, done: set[int], fillers: set[int]) -> tuple[int, int, int, int]:
    """Count what would have to wait: what cannot, rows of triggers, what can by a promised key, and by a null."""
    late = [each for each in plan.references if each.parent not in done and each.parent != plan.table.oid]
    needed = [each for each in late if each.needed]
    stuck = sum(each.declared and not each.deferrable for each in needed)
    return stuck, len(fillers - done), len(needed) - stuck, len(late) - len(needed)


def _waiting(plan: Plan, done: set[int]) -> Plan:
    late = [each for each in plan.references if each.parent not in done and each.parent != plan.table.oid]
    stuck = next((each.name for each in late if each.needed and each.declared and not each.deferrable), None)
    return replace(
        plan,
        late=frozenset(each.name for each in late if not each.needed),
        promised=frozenset(each.name for each in late if each.needed),
        impossible=stuck,
    )
