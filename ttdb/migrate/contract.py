"""Let tables leave their expand stage once services have moved, and take them back into it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from alembic.script import Script

from ttdb.config import Settings
from ttdb.errors import Conflicts, PrivilegeMissing, StillInUse, UsageError
from ttdb.migrate import contracted, ledger, offenders, partitions, preflight, script
from ttdb.migrate.back import losses_of
from ttdb.migrate.backup import Backup, vouch
from ttdb.migrate.contract_chosen import chosen_to_leave, chosen_to_return, has_begun, standing_of
from ttdb.migrate.contracted import DECLARED, contractions, stage_of, way_back
from ttdb.migrate.health import Health, guarding, returning
from ttdb.migrate.in_use import Evidence, evidence
from ttdb.migrate.needed import Recorded, expanding
from ttdb.migrate.outlook import with_cost
from ttdb.migrate.privileges import missing
from ttdb.migrate.session import migrating, reading
from ttdb.migrate.step import Contraction, Step
from ttdb.model.migration import Conflict, Event, OnEvent, PlannedStep, TableStage
from ttdb.postgres.connect import Connection, translated
from ttdb.postgres.url import Url
from ttdb.postgres.writable import refuse_read_only
from ttdb.secrets import masked

_LOOKS_S = 2.0  # that sessions are looked at before old columns are put aside


def stages(url: Url, on_event: OnEvent) -> list[TableStage]:
    """Return where each table stands that is, or was, expanded, and what still uses its old columns."""
    with reading(url, on_event, application="ttdb contract") as connection:
        return stages_of(connection)


def stages_of(connection: Connection, *, looking: bool = True) -> list[TableStage]:
    """Return the same; without ``looking``, nothing of who uses the old columns."""
    standing = standing_of(connection)
    recorded, stage = preflight.recorded_of(connection), expanding(connection)
    waits = preflight.waiting(connection, standing)
    return [
        _stage(connection, contraction, recorded, waits, looking=looking and relation in stage)
        for relation, contraction in sorted(contractions(standing).items())
        if relation in stage or has_begun(recorded, contraction)
    ]


def _stage(
    connection: Connection,
    contraction: Contraction,
    recorded: Recorded,
    waits: Sequence[PlannedStep],
    *,
    looking: bool,
) -> TableStage:
    seen = evidence(connection, contraction) if looking else Evidence()
    return TableStage(
        table=contraction.relation,
        stage=stage_of(recorded, contraction),
        columns=contraction.columns,
        waiting=sum(contraction.relation in item.waits_for for item in waits),
        impossible=contraction.impossible,
        uses=seen.uses,
        unseen=seen.unseen,
    )


def plan(url: Url, tables: Sequence[str], on_event: OnEvent, *, back: bool = False) -> list[PlannedStep]:
    """Return every step that contracting these tables would run, or undoing that; changes nothing."""
    with reading(url, on_event, application="ttdb contract") as connection:
        refuse_read_only(connection)
        standing, recorded = standing_of(connection), preflight.recorded_of(connection)
        if back:
            chosen = chosen_to_return(connection, standing, recorded, tables)
            way = way_back(chosen, standing[::-1])
            return [item for name, steps in way for item in preflight.undone_of(connection, name, steps)]
        chosen = chosen_to_leave(connection, standing, recorded, tables)
        return _each_conflict_once(
            with_cost(connection, item, step)
            for name, steps in _way(connection, standing, chosen)
            for item, step in preflight.planned_of(connection, name, steps)
        )


def _each_conflict_once(planned: Iterable[PlannedStep]) -> list[PlannedStep]:
    """Leave to the first step the conflict that stops it: a CHECK is made and validated by two."""
    seen: set[Conflict] = set()
    found = []
    for item in planned:
        fresh = tuple(conflict for conflict in item.conflicts if conflict not in seen)
        seen.update(fresh)
        found.append(replace(item, conflicts=fresh))
    return found


def contract(  # noqa: PLR0913 - each is a fact of the run
    url: Url,
    settings: Settings,
    tables: Sequence[str],
    on_event: OnEvent,
    *,
    cut_over: str | None = None,
    opening: bool = False,
    backup: Backup | None = None,
    violations: Path | None = None,
    abort_if: str | None = None,
) -> int:
    """Let tables leave their expand stage; killed at any instant, a second run continues.

    Returns how many steps were done or found. ``cut_over`` says who declares that services have moved, and is recorded.
    With ``opening``, only the CHECKs go that refuse the words which moved services write. Where rows stop it,
    ``violations`` is written: all of them, by key. With ``abort_if``, a query that says when things are bad, the tables
    that it took out of their expand stage go back by themselves once they are.

    Raises:
        HealthBad: things were bad, and these tables are in their expand stage.
        StillInUse: the server shows that old columns are used, or nobody declared that they are not.
        Conflicts: rows break what will hold; nothing was changed.
        UsageError: such a table is not in its expand stage, or cannot leave it yet.
        BackupUnproven, PrivilegeMissing, ServerReadOnly, UpgradeRunning, LockNotObtained, StepFailed.

    """
    back = partial(_back, url, settings)
    with guarding(url, abort_if) as health, returning(health, back, on_event):
        return _contract(url, settings, tables, on_event, health, cut_over, backup, violations, opening=opening)


def _contract(  # noqa: PLR0913, PLR0917 - as contract()
    url: Url,
    settings: Settings,
    tables: Sequence[str],
    on_event: OnEvent,
    health: Health | None,
    cut_over: str | None,
    backup: Backup | None,
    violations: Path | None,
    *,
    opening: bool,
) -> int:
    count = _Count(on_event)
    with (
        migrating(url, settings, count, application="ttdb contract", health=health) as session,
        translated("contracting"),
    ):
        connection = session.connection
        standing, recorded = standing_of(connection), preflight.recorded_of(connection)
        chosen = chosen_to_leave(connection, standing, recorded, tables)
        if health:
            _arrive(health, recorded, chosen)
        if opening:
            _refuse_nothing_to_open(chosen)
        else:
            _refuse_in_use(connection, recorded, chosen, cut_over)
            way = _way(connection, standing, chosen)
            with offenders.written(connection, [step for _, steps in way for step in steps], violations, on_event):
                _refuse_conflicts(connection, way)
        _require_privileges(connection)
        if backup:
            vouched = vouch(connection, backup, "contract", on_event)
            if vouched:
                vouched.record(connection)
        session.become_owner()
        for contraction in chosen:
            if not opening and (contraction.revision, DECLARED) not in recorded:
                ledger.declare(
                    connection, contraction.revision, DECLARED, json.dumps({"cut_over": masked(cut_over or "")})
                )
            if opening:
                session.runner().up(contraction.revision, contraction.opening)
                continue
            session.runner().up(contraction.revision, contraction.steps[: contraction.retiring])
            _refuse_in_use(connection, recorded, [contraction], cut_over)  # what came before may have taken long
            session.runner().up(contraction.revision, contraction.steps[contraction.retiring :])
        if not opening:
            for item in standing:
                session.runner().up(str(item.revision), script.steps(item))
            partitions.ensure_within(session, settings.months_ahead)
        left = preflight.waiting(connection, standing)
    _finish(on_event, count.steps, left)
    return count.steps


def _arrive(health: Health, recorded: Recorded, chosen: Sequence[Contraction]) -> None:
    """Say where to go back to where things go bad: what an earlier run was taking out stays as it is."""
    fresh = tuple(each.relation for each in chosen if (each.revision, DECLARED) not in recorded)
    if fresh:
        health.arrived, health.place = fresh, f"the expand stage of {', '.join(fresh)}"


def _back(url: Url, settings: Settings, arrived: Sequence[str], on_event: OnEvent) -> None:
    with reading(url, on_event, application="ttdb contract") as connection:
        recorded, known = preflight.recorded_of(connection), contractions(standing_of(connection))
        taken = [relation for relation in arrived if (known[relation].revision, DECLARED) in recorded]
    if taken:
        undo(url, settings, taken, on_event)


def undo(
    url: Url, settings: Settings, tables: Sequence[str], on_event: OnEvent, *, backup: Backup | None = None
) -> int:
    """Take tables back into their expand stage, saying first what their own columns cannot hold.

    Raises:
        UsageError: such a table is not contracted.
        BackupUnproven, PrivilegeMissing, ServerReadOnly, UpgradeRunning, LockNotObtained, StepFailed.

    """
    count = _Count(on_event)
    with migrating(url, settings, count, application="ttdb contract") as session, translated("going back"):
        standing, recorded = standing_of(session.connection), preflight.recorded_of(session.connection)
        chosen = chosen_to_return(session.connection, standing, recorded, tables)
        _require_privileges(session.connection)
        if backup:
            vouched = vouch(session.connection, backup, "contract --undo", on_event)
            if vouched:
                vouched.record(session.connection)
        lost = losses_of(session, way_back(chosen, standing[::-1]))
        on_event(Event("downgrade", {"loses": lost}))
        session.become_owner()
        contracted.undo(session, chosen, standing[::-1])
        loose = _unvalidated(session.connection, chosen)
        if loose:
            on_event(Event("unvalidated", {"constraints": loose}))
        left = preflight.waiting(session.connection, standing)
    _finish(on_event, count.steps, left)
    return count.steps


def _unvalidated(connection: Connection, chosen: Sequence[Contraction]) -> list[str]:
    """Return the CHECKs of these tables that hold for new rows only: rows of meanwhile break them."""
    rows = connection.execute(
        "select pg_catalog.format('%%s of %%s', k.conname, n.name)"
        " from pg_catalog.unnest(%s::pg_catalog.text[]) as n (name)"
        " inner join pg_catalog.pg_constraint as k on k.conrelid = pg_catalog.to_regclass(n.name)"
        " where k.contype = 'c' and not k.convalidated order by 1",
        ([contraction.relation for contraction in chosen],),
    )
    return [name for (name,) in rows]


def _refuse_nothing_to_open(chosen: Sequence[Contraction]) -> None:
    for contraction in chosen:
        if not contraction.opening:
            message = f"{contraction.relation} has no CHECK that refuses the plan's words"
            raise UsageError(message, "Leave it out: moved services can write it as it stands.")


def _refuse_in_use(
    connection: Connection, recorded: Recorded, chosen: Sequence[Contraction], cut_over: str | None
) -> None:
    """Refuse where old columns are in use, or nobody declares that they are not.

    Raises:
        StillInUse: with everything that was seen.

    """
    stage = expanding(connection)
    for contraction in chosen:
        if contraction.relation not in stage:
            continue
        seen = evidence(connection, contraction, seconds=_LOOKS_S)
        if seen.uses:
            message = f"old columns of {contraction.relation} are in use: {'; '.join(seen.uses)}"
            raise StillInUse(
                message, "Move or drop what uses them, and run the command again: they stand as they were."
            )
        if not (cut_over and cut_over.strip()) and (contraction.revision, DECLARED) not in recorded:
            message = (
                f"nobody declared that services have moved from the old columns of {contraction.relation}: none is seen"
                f" in use, but {'; '.join(seen.unseen)}"
            )
            raise StillInUse(message, 'Pass --cut-over "which services moved, and since when"; it is recorded.')


def _refuse_conflicts(connection: Connection, way: Sequence[tuple[str, list[Step]]]) -> None:
    """Refuse where rows break what will hold.

    Raises:
        Conflicts: with each of them; nothing was changed.

    """
    planned = [item for name, steps in way for item, _step in preflight.planned_of(connection, name, steps)]
    found = preflight.conflicts(planned)
    if found:
        raise Conflicts(preflight.in_the_way(found), found, "Do what each says, and run the command again.")


def _way(
    connection: Connection, standing: Sequence[Script], chosen: Sequence[Contraction]
) -> list[tuple[str, list[Step]]]:
    """Return the steps of these contractions, and those that wait for them and for nothing else."""
    leaving = {contraction.relation for contraction in chosen}
    stage = expanding(connection) - leaving

    def released(step: Step) -> bool:
        if not step.waits_for or stage & set(step.waits_for):
            return False
        # A table that was made whole has nothing to convert: only what leaves its expand stage has.
        return step.prepares is None or bool(leaving & set(step.waits_for))

    waited = [(str(item.revision), [step for step in script.steps(item) if released(step)]) for item in standing]
    own = [(contraction.revision, list(contraction.steps)) for contraction in chosen]
    return [(name, steps) for name, steps in (*own, *waited) if steps]


def _require_privileges(connection: Connection) -> None:
    lacks = missing(connection)
    if lacks:
        grants = " ".join(lack.grant for lack in lacks)
        raise PrivilegeMissing("; ".join(lack.what for lack in lacks), f"Have an admin run: {grants}")


def _finish(on_event: OnEvent, steps: int, left: Sequence[PlannedStep]) -> None:
    facts: dict[str, object] = {"steps": steps}
    if left:
        facts |= {"waiting": len(left), "waiting_for": sorted({name for item in left for name in item.waits_for})}
    on_event(Event("finished", facts))


class _Count:
    """Passes events on and counts the steps among them."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self.steps = 0

    def __call__(self, event: Event) -> None:
        self.steps += event.kind == "step"
        self._on_event(event)
