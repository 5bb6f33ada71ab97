"""Put what was planned on the live database beside what was measured on its copy, and scale the latter."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from ttdb.model.migration import PlannedStep, TableSize
from ttdb.workflows.rehearse.measure import STRENGTH
from ttdb.workflows.rehearse.model import ComparedStep, MeasuredStep

_ROWLESS = "catalog only"
NEAR_S = 0.5  # what a plan in round figures may differ by
_SLOW_S = 1.0  # for a step that is said to touch no row
Sizes = Mapping[str, int]  # bytes, by table


def sizes(plan: Sequence[PlannedStep]) -> Sizes:
    """Return the size of every table that a plan names."""
    return {table.name: table.bytes for item in plan for table in item.tables}


def overhead(plan: Sequence[PlannedStep], measured: Sequence[MeasuredStep]) -> float:
    """Return how long a step takes that does nothing with rows: half of them take longer."""
    rowless = {(item.revision, item.step) for item in plan if item.work == _ROWLESS}
    took = [item.seconds for item in measured if item.outcome == "done" and (item.revision, item.step) in rowless]
    return median(took) if took else 0.0


def compared(
    plan: Sequence[PlannedStep], measured: Sequence[MeasuredStep], copied: Sizes | None, overhead_s: float
) -> tuple[ComparedStep, ...]:
    """Return every planned step with what it took.

    Args:
        plan: of the live database.
        measured: on the copy.
        copied: how large the tables were there; None where it has no rows, so that nothing can be said of them.
        overhead_s: how long a step takes that does nothing with rows.

    """
    took = {(item.revision, item.step): item for item in measured}
    return tuple(_compared(item, took.get((item.revision, item.step)), copied, overhead_s) for item in plan)


def apart(steps: Sequence[ComparedStep], overhead_s: float, at_most: int) -> list[ComparedStep]:
    """Return the steps whose time, for the live sizes, is furthest from the plan's, which has only what rows take."""
    found = [
        (abs(step.live_seconds - step.planned_seconds - overhead_s), step)
        for step in steps
        if step.live_seconds is not None and step.measured is not None and step.measured.outcome == "done"
    ]
    found.sort(key=lambda pair: -pair[0])
    return [step for difference, step in found[:at_most] if difference >= NEAR_S]


def _compared(
    item: PlannedStep, measured: MeasuredStep | None, copied: Sizes | None, overhead_s: float
) -> ComparedStep:
    live = None
    if measured is not None and copied is not None:
        live = measured.seconds
        if item.work != _ROWLESS:
            live = _scaled(measured.seconds, _ratio(item.tables, copied), overhead_s)
    return ComparedStep(
        revision=item.revision,
        step=item.step,
        state=item.state,
        transaction=item.transaction,
        planned_lock=item.lock,
        planned_work=item.work,
        planned_seconds=item.seconds,
        tables=item.tables,
        measured=measured,
        live_seconds=None if live is None else round(live, 3),
        surprises=tuple(_surprises(item, measured)) if measured else (),
    )


def _ratio(live: Sequence[TableSize], copied: Sizes) -> float:
    """Return how many times larger a step's tables are than in the copy."""
    there = sum(copied.get(table.name, 0) for table in live)
    return sum(table.bytes for table in live) / there if there else 1.0


def _scaled(seconds: float, ratio: float, overhead_s: float) -> float:
    """Return a time for tables so many times larger: what every step takes stays, the rest is in proportion."""
    fixed = min(seconds, overhead_s)
    return fixed + (seconds - fixed) * ratio


def _surprises(item: PlannedStep, measured: MeasuredStep) -> Iterator[str]:
    planned = _planned_strength(item.lock)
    if planned is not None:
        for lock in measured.locks:
            if STRENGTH.index(lock.mode) > planned:
                yield f"held {lock.mode} on {lock.relation}"
    if item.work != "rewrite":
        for name in measured.rewritten:
            yield f"wrote {name} anew"
    if item.work == _ROWLESS and measured.seconds > _SLOW_S:
        yield f"took {measured.seconds:.1f} s, and was to touch no row"


def _planned_strength(phrase: str) -> int | None:
    """Return how strong a lock a plan's phrase means; None where it says that it does not know."""
    if phrase.startswith("none"):
        return STRENGTH.index("ROW EXCLUSIVE")  # what a writer holds anyway
    found = [number for number, word in enumerate(STRENGTH) if phrase.startswith(word)]
    # SHARE begins SHARE ROW EXCLUSIVE too: the longest that fits is meant.
    return max(found, key=lambda number: len(STRENGTH[number])) if found else None
