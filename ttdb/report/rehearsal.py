"""How a rehearsal is told: phases, what was planned beside what was measured, what would go wrong, the verdict."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from ttdb.model.counted import counted
from ttdb.report import validation
from ttdb.report.size import as_size
from ttdb.secrets import masked
from ttdb.workflows.rehearse import ComparedStep, Data, MeasuredStep, Rehearsal
from ttdb.workflows.rehearse.compare import NEAR_S, apart

SCHEMA = "ttdb.rehearsal/1"
_APART, _SURPRISES, _SLOWEST = 5, 10, 3


def as_json(found: Rehearsal) -> str:
    """Return a rehearsal as one JSON document."""
    document: dict[str, Any] = {"schema": SCHEMA, **asdict(replace(found, validation=None))}
    del document["source"]["plan"]  # it is what the steps have as planned
    document["totals"] = _totals(found)
    document["validation"] = json.loads(validation.as_json(found.validation)) if found.validation else None
    return json.dumps(document, indent=2)


def as_text(found: Rehearsal, *, each: bool = False) -> str:
    """Return a rehearsal for a person; with ``each`` every step and finding."""
    if found.copy is None:
        return f"nothing to rehearse: the database is at {', '.join(found.source.heads)}\nverdict: {found.verdict}"
    lines = [*_heading(found), "", *_phases(found), "", *_times(found), *_surprises(found.steps, each=each)]
    if each:
        lines += ["", *_table(found.steps)]
    lines += _offenders(found)
    if found.validation and found.validation.verdict != "pass":
        lines += ["", "at head:", *(f"  {line}" for line in validation.as_text(found.validation).splitlines()[:-1])]
    lines += _troubles(found)
    return masked("\n".join([*lines, "", f"verdict: {found.verdict}"]))


def _heading(found: Rehearsal) -> Iterator[str]:
    copy = found.copy
    yield f"live      {found.source.target}, at {', '.join(found.source.heads) or 'base'}"
    if copy is None:
        return
    rows = f"{counted(copy.rows, 'row')}, {as_size(copy.bytes)}"
    how = {
        Data.FULL: f"all rows: {rows}",
        Data.SAMPLE: f"{copy.sample} of each table at most, and what they point at: {rows}",
        Data.NONE: "the schema alone",
    }
    yield f"copy      {how[copy.data]}"
    yield f"server    {copy.server}"
    if copy.version.split(".")[0] != found.source.version.split(".")[0]:
        yield f"          not the live one's version, which is {found.source.version}: --throwaway local has others"


def _phases(found: Rehearsal) -> Iterator[str]:
    width = max(len(phase.name) for phase in found.phases)
    for phase in found.phases:
        said = phase.note if phase.outcome == "done" else "see below"
        note = f"  {said}" if said else ""
        yield f"{phase.outcome:<6}  {phase.name:<{width}}  {phase.seconds:8.1f} s{note}"


def _totals(found: Rehearsal) -> dict[str, float | None]:
    measured = [step for step in found.steps if step.measured]
    live = [step.live_seconds for step in measured if step.live_seconds is not None]
    return {
        "planned_s": round(sum(step.planned_seconds for step in found.steps), 1),
        "measured_s": round(sum(step.measured.seconds for step in measured if step.measured), 1),
        "live_s": round(sum(live), 1) if live else None,
        "back_s": round(sum(step.seconds for step in found.back), 1),
    }


def _times(found: Rehearsal) -> Iterator[str]:
    totals = _totals(found)
    count = sum(step.measured is not None for step in found.steps)
    of_all = f"{count} of {len(found.steps)} run"
    yield f"steps     {of_all}; planned {totals['planned_s']} s, measured {totals['measured_s']} s"
    if totals["live_s"] is not None:
        yield f"          for the live tables about {totals['live_s']} s: {_how(found)}"
    yield "          nobody else was at work on the copy: waiting for locks is not in these times"
    yield from _slowest(found.back)
    differing = apart(found.steps, found.overhead_s, _APART)
    if differing:
        yield "furthest from the plan:"
        for step in differing:
            yield f"  {_beside(step)}"
    elif totals["live_s"] is not None:
        yield f"          no step was further than {NEAR_S} s from its plan"


def _how(found: Rehearsal) -> str:
    if found.copy is not None and found.copy.data is Data.FULL:
        return "as measured"
    fixed = f"{found.overhead_s * 1000:.0f} ms, which every step takes"
    return f"steps that read or write rows, but for {fixed}, in proportion to the tables' sizes"


def _slowest(back: Sequence[MeasuredStep]) -> Iterator[str]:
    if back:
        slow = sorted(back, key=lambda step: -step.seconds)[:_SLOWEST]
        named = ", ".join(f"{step.step} {step.seconds:.1f} s" for step in slow)
        seconds = sum(step.seconds for step in back)
        yield f"way back  {counted(len(back), 'step')} in {seconds:.1f} s; the longest: {named}"


def _beside(step: ComparedStep) -> str:
    """Return one step: planned, measured, and for the live sizes."""
    measured = step.measured
    planned = f"planned {step.planned_seconds:.1f} s, {step.planned_work}"
    if measured is None:
        return f"{step.revision} {step.step}: {planned}; not reached"
    live = "" if step.live_seconds is None else f", for the live tables {step.live_seconds:.1f} s"
    return f"{step.revision} {step.step}: {planned}; measured {measured.seconds:.2f} s{live}"


def _surprises(steps: Iterable[ComparedStep], *, each: bool) -> Iterator[str]:
    found = [step for step in steps if step.surprises]
    if found:
        yield "more than was planned:"
    for step in found if each else found[:_SURPRISES]:
        yield f"  {step.revision} {step.step}: {'; '.join(step.surprises)}"
        yield f"    planned: {step.planned_lock}; {step.planned_work}"
    if not each and len(found) > _SURPRISES:
        yield f"  and {len(found) - _SURPRISES} more steps: --verbose lists them"


def _table(steps: Iterable[ComparedStep]) -> Iterator[str]:
    yield "every step:"
    for step in steps:
        yield f"  {_beside(step)}"
        yield f"    lock planned: {step.planned_lock}"
        yield f"    lock measured: {_locks(step)}"


def _locks(step: ComparedStep) -> str:
    if step.measured is None:
        return "not reached"
    if step.measured.locks:
        return ", ".join(f"{lock.mode} on {lock.relation}" for lock in step.measured.locks)
    return "none on what stood" if step.transaction else "none seen: it runs without a transaction"


def _offenders(found: Rehearsal) -> Iterator[str]:
    for where, conflicts in found.offenders.items():
        yield ""
        yield f"in the way on the {'live database' if where == 'live' else 'copy'}:"
        for item in conflicts:
            yield f"  {item.object}  {item.detail}"
            yield f"    {item.advice}"


def _troubles(found: Rehearsal) -> Iterator[str]:
    for trouble in found.troubles:
        where = f", step {trouble.step} of {trouble.revision}" if trouble.step else ""
        yield ""
        yield f"failed: {trouble.phase}{where}: {trouble.what}"
        if trouble.hint:
            yield f"  {trouble.hint}"
