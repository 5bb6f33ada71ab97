"""How migrations speak: events as lines or as JSON, plans and status as tables or as JSON."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from ttdb.errors import Conflicts
from ttdb.model.counted import counted
from ttdb.model.migration import Conflict, Event, PlannedStep, Status, TableStage


class Teller:
    """Receives events: as JSON, one a line, on the answer; as text, what matters, on the talk."""

    def __init__(
        self, answer: Callable[[str], None], talk: Callable[[str], None], *, as_json: bool, verbose: bool
    ) -> None:
        self._answer = answer
        self._talk = talk
        self._as_json = as_json
        self._verbose = verbose
        self._revision = ""

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        if self._as_json:
            self._answer(json.dumps({"event": event.kind, **event.facts}))
            if event.kind != "target":
                return
        line = self._line(event)
        if line:
            self._talk(line)

    def header(self, event: Event) -> None:
        """Tell which database is looked at and what of it is not seen, and nothing else; never on the answer."""
        if event.kind in ("target", "unseen"):
            self._talk(self._line(event))

    def _line(self, event: Event) -> str:
        if event.kind == "step":
            return self._step(event)
        write = _LINES.get(event.kind)
        return write(event) if write else ""

    def _step(self, event: Event) -> str:
        facts = event.facts
        if self._verbose:
            return f"{facts['revision']} {facts['step']}: {facts['outcome']} ({facts['seconds']} s)"
        if facts["revision"] == self._revision:
            return ""
        self._revision = str(facts["revision"])
        return f"{self._revision} ..."


def _target(event: Event) -> str:
    return f"database: {event.facts['target']}"


def _bootstrap(event: Event) -> str:
    facts = event.facts
    if "kept" in facts:
        return f"bootstrap undone: {facts['given_back']} objects given back, roles that nothing uses dropped"
    said = f"bootstrap: roles and grants stand, {facts['handed_over']} objects handed to ttdb_owner"
    schemas, left = facts["schemas"], facts["left"]
    if not isinstance(schemas, list) or not isinstance(left, list) or not left:
        return said
    return f"{said}\n{_schemas_left(schemas, left)}"


def _schemas_left(taken: Sequence[str], left: Sequence[str]) -> str:
    return (
        f"what schema {', '.join(left)} holds stays its owners'; to have it handed over too, set protected_schemas, or"
        f" TTDB_PROTECTED_SCHEMAS, to all that hold tenants' tables: {','.join([*taken, *left])}"
    )


def _downgrade(event: Event) -> str:
    lost = event.facts["loses"]
    return f"the older shape cannot hold: {'; '.join(lost)}" if isinstance(lost, list) and lost else ""


def _backup(event: Event) -> str:
    facts = event.facts
    backup = f"backup: {facts['evidence']}" if facts["evidence"] else f"no backup, because: {facts['override']}"
    point = facts["note"] or f'restore point "{facts["restore_point"]}"'
    return f"{backup}\nWAL archiving is {facts['archiving']}\n{point}"


def _back(event: Event) -> str:
    return f"{event.facts['why']}: going back to {event.facts['place']}"


def _retry(event: Event) -> str:
    step, attempt = event.facts["step"], event.facts["attempt"]
    if event.facts["why"] == "held":
        return f"{step}: others waited for it in attempt {attempt}, rolled back, trying again"
    what = "older transactions are open" if event.facts["why"] == "open" else "no lock"
    return f"{step}: {what} in attempt {attempt}, trying again{_open(event)}"


def _waiting(event: Event) -> str:
    return f"{event.facts['step']}: waits for older transactions to end{_open(event)}"


def _terminated(event: Event) -> str:
    return f"ended, as asked: {event.facts['session']}"


def _progress(event: Event) -> str:
    facts = event.facts
    eta = "" if facts["eta_s"] is None else f", {facts['eta_s']} s left"
    why = f"; gives way: {facts['why']}" if facts["why"] else ""
    return f"{facts['step']}: {facts['seen']} of {facts['of']} rows, {facts['rate']} a second{eta}{why}"


def _violations(event: Event) -> str:
    rows = event.facts["rows"]
    stop = "row that stops it is" if rows == 1 else "rows that stop it are"
    return f"{rows} {stop} listed in {event.facts['file']}"


def _open(event: Event) -> str:
    blockers = event.facts["blockers"]
    return f"; open: {'; '.join(blockers)}" if isinstance(blockers, list) and blockers else ""


def _finished(event: Event) -> str:
    steps, heads, waiting_for = (event.facts.get(name) for name in ("steps", "heads", "waiting_for"))
    where = f"; the database is at {', '.join(heads)}" if isinstance(heads, list) else ""
    done = f"{counted(steps, 'step')}{where}" if steps else "nothing to do"
    if not isinstance(waiting_for, list):
        return done
    tables = f"{len(waiting_for)} tables are contracted" if len(waiting_for) > 1 else f"{waiting_for[0]} is contracted"
    return f"{done}\n{_steps(event.facts['waiting'])} until {tables}: ttdb status names them"


def _steps(count: object) -> str:
    return f"{counted(count, 'step')} {'waits' if count == 1 else 'wait'}"


def _until(tables: Sequence[str]) -> str:
    what = f"{tables[0]} is" if len(tables) == 1 else f"{', '.join(tables)} are"
    return f"until {what} contracted"


def _month(event: Event) -> str:
    facts = event.facts
    return f"{facts['table']} {facts['month']}: {facts['outcome']} ({facts['seconds']} s)"


def _unvalidated(event: Event) -> str:
    names = event.facts["constraints"]
    listed = ", ".join(names) if isinstance(names, list) else ""
    return f"hold for new rows only, because rows that were written meanwhile break them: {listed}"


def _unseen(event: Event) -> str:
    names = event.facts["tables"]
    listed = ", ".join(names) if isinstance(names, list) else ""
    return (
        "row security hides these tables' rows from this login until they are protected, so that rows which break a"
        f" rule stop a step, and not all at once before the first: {listed}"
    )


_MANY = 200  # steps of one revision, that nobody reads one by one
_LINES: dict[str, Callable[[Event], str]] = {
    "target": _target,
    "bootstrap": _bootstrap,
    "back": _back,
    "backup": _backup,
    "downgrade": _downgrade,
    "retry": _retry,
    "waiting": _waiting,
    "terminated": _terminated,
    "progress": _progress,
    "violations": _violations,
    "month": _month,
    "unseen": _unseen,
    "unvalidated": _unvalidated,
    "finished": _finished,
}


def plan_text(plan: Sequence[PlannedStep]) -> str:
    """Return a plan as a table, a step a line, conflicts below theirs."""
    if not plan:
        return "nothing to do: the database is at this revision"
    lines = []
    counts = Counter(item.revision for item in plan)
    many = {revision for revision, count in counts.items() if count > _MANY}
    width = max((len(f"{item.revision} {item.step}") for item in plan if item.revision not in many), default=0)
    for item in plan:
        if item.revision in many:
            lines += [_conflict_line(conflict) for conflict in item.conflicts]
            continue
        name = f"{item.revision} {item.step}"
        way = "transaction" if item.transaction else "concurrently"
        lines.append(f"{item.state:<9} {name:<{width}}  {way:<12}  {item.role}".rstrip())
        lines += _costs(item)
        lines += [_conflict_line(conflict) for conflict in item.conflicts]
        lines += [f"          {_until(item.waits_for)}" for _ in item.waits_for[:1]]
    for revision in sorted(many):
        lines += _summary(revision, [item for item in plan if item.revision == revision])
    pending = sum(item.state == "pending" for item in plan)
    back = sum(item.state == "undo" for item in plan)
    to_do = f"{back} to undo" if back or any(item.state == "keep" for item in plan) else f"{pending} to run"
    wait = sum(item.state == "waits" for item in plan)
    later = f", {wait} that {'waits' if wait == 1 else 'wait'}" if wait else ""
    return "\n".join([*lines, f"{counted(len(plan), 'step')}, {to_do}{later}. Nothing was changed."])


def _summary(revision: str, items: Sequence[PlannedStep]) -> list[str]:
    """Return a line for each kind of step of a revision that does the same to many tables."""
    kinds: dict[tuple[str, str], list[PlannedStep]] = {}
    for item in items:
        kind = item.step.removeprefix("not-").split("-", 1)[0]
        kinds.setdefault((item.state, kind), []).append(item)
    lines = [
        f"{state:<9} {revision} {kind}-...: {counted(len(same), 'step')}, {_size(_bytes(same))};"
        f" lock: {same[0].lock or 'none'}"
        for (state, kind), same in kinds.items()
    ]
    if refused := sum(item.refuses_prepared for item in items):
        lines.append(
            f'          a prepared "select *" of {counted(refused, "table")} is refused once on each connection'
        )
    return [*lines, "          --format json names each step with its table"]


def _bytes(items: Sequence[PlannedStep]) -> int:
    return sum(table.bytes for item in items for table in item.tables)


def _costs(item: PlannedStep) -> list[str]:
    """Return a line on each table that stands and that the step touches: a new one costs nobody anything."""
    if not item.tables:
        return []
    lines = [f"          lock: {item.lock}"]
    about = f", {item.work}" if item.work else ""
    about += f", about {item.seconds} s" if item.seconds else ""
    lines += [
        f"          {table.name}: {_size(table.bytes)}, {counted(table.rows, 'row')}{about}" for table in item.tables
    ]
    if item.refuses_prepared:
        lines.append('          a prepared "select *" of it is refused once on each connection, and then planned anew')
    return lines


def _size(count: int) -> str:
    number, units = float(count), iter(("B", "kB", "MB", "GB"))
    for unit in units:
        if number < 1024:  # noqa: PLR2004 - bytes of a kilobyte
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TB"


def plan_sql(plan: Sequence[PlannedStep]) -> str:
    """Return the SQL of the steps that are to run or to undo, each below its name, lock and role."""
    parts = [
        f"-- {item.revision} {item.step}, as {item.role}; lock: {item.lock}\n" + "\n".join(item.up)
        for item in plan
        if item.state in ("pending", "conflict", "undo")
    ]
    return "\n\n".join(parts) if parts else "-- nothing to do"


def plan_json(plan: Sequence[PlannedStep]) -> str:
    """Return a plan as one JSON document."""
    return json.dumps({"schema": "ttdb.plan/1", "steps": [asdict(item) for item in plan]}, indent=2)


def conflicts(error: Conflicts, *, as_json: bool) -> str:
    """Return what stands in an upgrade's way."""
    found = [item for item in error.conflicts if isinstance(item, Conflict)]
    if as_json:
        return "\n".join(json.dumps({"event": "conflict", **asdict(item)}) for item in found)
    return "\n".join(_conflict_line(item) for item in found)


def status_text(status: Status, *, verbose: bool = False) -> str:
    """Return a status for a person; ``verbose`` names each step that waits."""
    pending = ", ".join(f"{revision}: {counted(count, 'step')}" for revision, count in status.pending)
    lines = [
        f"revision  {', '.join(status.heads) or 'none'}",
        f"newest    {', '.join(status.newest)}",
        f"pending   {pending or 'nothing'}",
    ]
    if status.waiting:
        lines.append(
            f"waiting   {_steps(len(status.waiting))} until tables that services write as before are contracted"
        )
        lines += _each_waiting(status.waiting) if verbose else _waiting_by_tables(status.waiting)
    lines += [
        f"{'stage' if number == 0 else '':<10}{stage.table}: {stage.stage}"
        for number, stage in enumerate(status.stages)
    ]
    if status.set_aside:
        lines.append(
            f"load      a bulk load runs or was killed: {status.set_aside} things are set aside, foreign keys too"
        )
    lines += [f"weakened  {item.detail}\n          {item.mend}" for item in status.weakened]
    lines += [f"missing   {lack.what}\n          {lack.grant}" for lack in status.missing]
    lines += [_conflict_line(conflict) for conflict in status.conflicts]
    lines += [f"open      {text}" for text in status.lock_holders]
    return "\n".join([*lines, f"next      {status.next_command}"])


def _each_waiting(steps: Sequence[PlannedStep]) -> list[str]:
    return [f"          {item.revision} {item.step}: {', '.join(item.waits_for)}" for item in steps]


def _waiting_by_tables(steps: Sequence[PlannedStep]) -> list[str]:
    counts = Counter(item.waits_for for item in steps)
    lines = [f"          {', '.join(tables)}: {counted(count, 'step')}" for tables, count in sorted(counts.items())]
    return [*lines, "          ttdb status --verbose names each"]


def stages_text(stages: Sequence[TableStage]) -> str:
    """Return where expanded tables stand, for a person."""
    if not stages:
        return "no table is in its expand stage, or was"
    return "\n".join(line for stage in stages for line in _stage_lines(stage))


def _stage_lines(stage: TableStage) -> list[str]:
    lines = [f"{stage.table}: {stage.stage}"]
    if stage.columns:
        lines.append(f"  its old columns: {', '.join(stage.columns)}")
    if stage.waiting:
        lines.append(f"  {_steps(stage.waiting)} for it")
    if stage.impossible:
        return [*lines, f"  cannot be contracted yet: {stage.impossible}"]
    lines += [f"  in use: {use}" for use in stage.uses]
    lines += [f"  not seen: {what}" for what in stage.unseen]
    if stage.stage == "going back":
        return [*lines, f"  next: ttdb contract {stage.table} --undo"]
    if stage.stage == "contracted":
        return [*lines, f"  back: ttdb contract {stage.table} --undo"]
    if not stage.uses:
        lines.append(f"  next: ttdb contract {stage.table}")
    return lines


def stages_json(stages: Sequence[TableStage]) -> str:
    """Return the same as one JSON document."""
    return json.dumps({"schema": "ttdb.contract/1", "tables": [asdict(stage) for stage in stages]}, indent=2)


def status_json(status: Status) -> str:
    """Return a status as one JSON document."""
    return json.dumps({"schema": "ttdb.status/1", **asdict(status)}, indent=2)


def _conflict_line(conflict: Conflict) -> str:
    return f"conflict  {conflict.object}  {conflict.detail}\n          {conflict.advice}"
