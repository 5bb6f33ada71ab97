"""Seed a database: read the scenario, fit it to the tables, write it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Error
from psycopg.pq import TransactionStatus

from ttdb.errors import UsageError
from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection, translated
from ttdb.seed import bulk as bulks
from ttdb.seed import catalog as catalogs
from ttdb.seed import in_place, mend, own, space
from ttdb.seed import scenario as scenarios
from ttdb.seed.batches import expected, groups
from ttdb.seed.blame import refuse_unread, with_own_lines
from ttdb.seed.catalog import Catalog
from ttdb.seed.draw import Source
from ttdb.seed.examples import act_as, examples
from ttdb.seed.load import Way, ways
from ttdb.seed.months import ensure_months
from ttdb.seed.named import refuse_unfit
from ttdb.seed.place import Misplaced
from ttdb.seed.plan import fit
from ttdb.seed.progress import OnNote, OnProgress, Progress, silent
from ttdb.seed.refused import RuleBroken, explained, of_rule
from ttdb.seed.scenario import GENERIC, USUAL
from ttdb.seed.session import acting_as, analyze, only_seed, settled, writer
from ttdb.seed.volumes import asked, refuse_without_memory
from ttdb.seed.world import World

BULK = "bulk"
_INSTEAD = {
    (GENERIC, "--orders"): "Say by --rows how many rows each table is to have.",
    (GENERIC, "--reset"): "A generic seed does not know its own rows: make the database anew, or pass --append.",
}
_NONE_WRITTEN = "interrupted before the end: no row was written"
_RESET = "the rows that --reset deleted stay deleted"
_SOME_WRITTEN = "the rows written so far stand, each with all that hangs on it: --append goes on from there"


@dataclass(frozen=True, slots=True)
class _Options:
    file: str  # the scenario's
    reset: bool
    append: bool
    database_name: str | None
    open_session: Callable[[], Connection] | None
    jobs: int
    window_rows: int | None
    bulk: bool | None
    on_progress: OnProgress
    on_note: OnNote


@dataclass(slots=True)
class _Outcome:
    rows: Mapping[str, int] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    jobs: int = 1
    mode: str = "in place"


def seed(  # noqa: PLR0913 - each is a flag of the command
    connection: Connection,
    scenario: str = USUAL,
    *,
    tenants: int | None = None,
    orders: int | None = None,
    rows: int | None = None,
    seed: int | None = None,
    tenant_column: str | None = None,
    reset: bool = False,
    append: bool = False,
    database_name: str | None = None,
    open_session: Callable[[], Connection] | None = None,
    jobs: int = 1,
    window_rows: int | None = None,
    bulk: bool | None = None,
    dump: Path | None = None,
    on_progress: OnProgress = silent,
    on_note: OnNote = lambda _note: None,
) -> SeedReport:
    """Write a scenario's rows: up to twenty thousand all or none, more in windows that each hold together.

    Args:
        connection: a session, best in autocommit; its login is a member of ttdb_operator or past row-level security.
        scenario: a file of ``seeds/`` by its name, or ``generic`` for a schema that no scenario describes.
        tenants: how many, instead of the scenario's number.
        orders: how many, instead of the scenario's number.
        rows: how many rows each table is to have, of a generic seed.
        seed: which of the endless worlds of this scenario; the scenario names a default.
        tenant_column: the column that holds the tenant, of a generic seed, or none; found by its name when not given.
        reset: first delete what earlier seeds made.
        append: add what is missing for these volumes, beside whatever is there.
        database_name: the database's name, told so that a reset may touch one that looks like a live one.
        open_session: opens another session of the same login, for more jobs than one.
        jobs: how many sessions write at the same time; the rows do not depend on it.
        window_rows: about how many rows are made at a time; the rows do not depend on it.
        bulk: set indexes, foreign keys and triggers aside meanwhile; None to do so for many rows in empty tables.
        dump: a new folder to write the rows to, instead of to the database.
        on_progress: told how many rows are written.
        on_note: told what may be worth knowing.

    Raises:
        DiskFull: the rows do not fit on the disk.
        ScenarioInvalid: the scenario is unknown, wrong, or does not fit the database.
        UsageError: the database holds rows and neither reset nor append was given, or reset is not safe.
        PrivilegeMissing: the login may not write all tenants.

    """
    started = time.monotonic()
    if reset and append:
        raise UsageError("--reset and --append contradict each other", "Pass one of them.")
    if dump is not None and (reset or bulk or (append and scenario != GENERIC)):
        raise UsageError("a dump writes no row to the database", "Leave out --reset, --append and --bulk.")
    if scenario == GENERIC:
        flags = {"--orders": orders, "--reset": reset or None, "--bulk": bulk or None}  # it never loads in bulk
        _refuse_flags(scenario, {**flags, "--jobs": None if jobs == 1 else jobs})
        from ttdb.seed.any_schema import Asked, seed_any_schema  # noqa: PLC0415 - a scenario need not wait for it

        asked_for = Asked(rows, tenants, seed, tenant_column, append)
        with _telling_when_interrupted(on_note):
            return seed_any_schema(connection, asked_for, dump, on_progress, on_note)
    _refuse_flags(scenario, {"--rows": rows, "--tenant-column": tenant_column})
    found = scenarios.load(scenario)
    number = found.seed if seed is None else seed
    volumes = asked(found, {"tenants": tenants, "orders": orders})
    options = _Options(
        found.place.file, reset, append, database_name, open_session, jobs, window_rows, bulk, on_progress, on_note
    )
    with translated(f'seeding database "{connection.info.dbname}"', again="with --append it continues"):
        with only_seed(connection):
            mend.repaired(connection, on_note)  # the catalog lacks a killed load's foreign keys
            catalog = catalogs.read(connection, found.schema)
            plans = fit(found, catalog, connection.info.dbname)
            refuse_unfit(connection, plans)
            world = World(plans, Source(found.name, number), volumes, found.pools, found.anchor)
            refuse_without_memory(world)
            with _told_by_own_lines(world, options.file):
                if scenario.endswith(".toml"):
                    refuse_unread(world, options.file)
            if append:
                world = _grown(connection, world, {"tenants": tenants, "orders": orders}, on_note)
            if dump is not None:
                return _dumped(connection, world, dump, on_progress, started)
            outcome = _taken(connection, catalog, world, options)
        added = outcome.rows if append else None
        if added is not None and not any(added.values()):
            on_note("nothing is missing: --tenants and --orders say how many there are to be in all")
        skipped = analyze(connection, [plan.catalog for plan in plans.values()], added) if outcome.mode != BULK else ()
        with acting_as(connection, writer(connection, [plan.catalog for plan in plans.values()])):
            shown = examples(connection, found, world)
        lines = act_as(connection, found, shown)
    return SeedReport(
        scenario=scenario,
        seed=number,
        rows=outcome.rows,
        removed=outcome.removed,
        seconds=time.monotonic() - started,
        examples=shown,
        act_as=lines,
        not_analyzed=skipped,
        mode=outcome.mode,
        jobs=outcome.jobs,
    )


def _taken(connection: Connection, catalog: Catalog, world: World, options: _Options) -> _Outcome:
    """Write the rows, and say of those that the server refuses which of the scenario's lines made them."""
    try:
        with _told_by_own_lines(world, options.file):
            return _written(connection, catalog, world, options)
    except RuleBroken as broken:
        raise of_rule(connection, world.plans, options.file, broken) or broken from broken
    except _WhileWriting as writing:
        error = writing.error
    idle = not connection.broken and connection.info.transaction_status == TransactionStatus.IDLE
    if idle and (refused := explained(connection, world.plans, options.file, error)) is not None:
        raise with_own_lines(world, options.file, refused) from error
    raise error  # not within the handler: what it was raised in, perhaps an interrupt, is told by its context


def _written(connection: Connection, catalog: Catalog, world: World, options: _Options) -> _Outcome:
    role = writer(connection, [plan.catalog for plan in world.plans.values()])
    total = sum(expected(world, group) for group in groups(world))
    progress = Progress(options.on_progress, total)
    asked = options.append and total > space.FEW
    left, surely = _left(connection, world, role) if asked else (total, True)
    few = left <= space.FEW and surely and not options.bulk
    if not few:
        needed = round(space.of_world(connection, world)[1] * left / max(total, 1))
        if note := space.refuse_without_room(connection, needed):
            options.on_note(note)
    outcome: _Outcome | None = None
    try:
        with connection.transaction() if few else nullcontext(), settled(connection):
            if options.bulk and options.reset and not _bulk_may_follow(connection, catalog, world, role):
                raise _no_bulk("Leave out --bulk: nothing was deleted.")
            with acting_as(connection, role):
                outcome, found = _prepared(connection, catalog, world, options)
            ground = None if few or options.bulk is False else bulks.ground(connection, catalog, world, role)
            if options.bulk and ground is None:
                raise _no_bulk("Leave out --bulk, or pass --reset as well.")
            with _sessions(connection, 1 if few else options.jobs, options.open_session) as sessions:
                outcome.jobs = len(sessions)
                if ground is not None:
                    details = {"scenario": world.source.scenario, "seed": world.source.seed}
                    window_rows = options.window_rows or bulks.ROWS
                    load = bulks.Load(world, ground, progress, details, options.on_note, window_rows)
                    gone = _RESET if any(outcome.removed.values()) else None
                    with _writing(options.on_note, "what the bulk load wrote is taken back", gone):
                        outcome.rows, outcome.mode = bulks.write_all(sessions, load), BULK
                else:
                    job = in_place.Job(world, found, role, progress, options.window_rows or in_place.ROWS)
                    with _writing(options.on_note, _NONE_WRITTEN if few else _SOME_WRITTEN):
                        outcome.rows = in_place.write_all(sessions, job)
    except Error as error:
        if outcome is not None and outcome.rows:  # all are written: it is a rule that is asked at commit
            raise _WhileWriting(error) from error
        raise
    return outcome


@contextmanager
def _told_by_own_lines(world: World, file: str) -> Iterator[None]:
    """Tell, where another scenario's line is wrong, which of the file's own lines that follows from."""
    try:
        yield
    except Misplaced as wrong:
        raise with_own_lines(world, file, wrong) from wrong


class _WhileWriting(Exception):
    """Raised where the server said something to rows that were written, and not to what is done before."""

    def __init__(self, error: Error) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _writing(on_note: OnNote, what: str, gone: str | None = None) -> Iterator[None]:
    """Say what stands where the writing is interrupted, what is gone in any case, and tell its errors from others."""
    try:
        yield
    except (Error, KeyboardInterrupt) as error:
        if gone is not None:
            on_note(gone)
        if isinstance(error, Error):
            raise _WhileWriting(error) from error
        on_note(what)
        raise


def _bulk_may_follow(connection: Connection, catalog: Catalog, world: World, role: str | None) -> bool:
    """Tell whether a bulk load will be possible once the seed's own rows are deleted."""
    with acting_as(connection, role):
        kept = any(each.others for each in own.standing(connection, world.plans))
    return not kept and bulks.ground(connection, catalog, world, role, emptied=True) is not None


def _no_bulk(hint: str) -> UsageError:
    message = (
        "no bulk load is possible: it needs empty tables, and a login that may act as the one owner of them and of all"
        " that refer to them"
    )
    return UsageError(message, hint)


def _left(connection: Connection, world: World, role: str | None) -> tuple[float, bool]:
    """Return about how many rows are not there yet, and whether that is sure: a table that was emptied misses all."""
    left, surely = 0.0, True
    with acting_as(connection, role):
        for group in groups(world):
            found = own.missing(connection, world, group.base)
            whole = group.base not in group.tables or any(
                own.is_empty(connection, world.plans[name].catalog) for name in group.tables
            )
            left += expected(world, group) * (1.0 if whole else found.share)
            surely = surely and (whole or found.surely)
    return left, surely


def _grown(connection: Connection, world: World, wanted: Mapping[str, int | None], on_note: OnNote) -> World:
    """Return the world with no fewer rows to pick from than stand: what is added belongs to all of them."""
    volumes = dict(world.volumes)
    with acting_as(connection, writer(connection, [plan.catalog for plan in world.plans.values()])):
        for name in sorted(world.picked):
            volume = world.plans[name].rows.volume
            if volume is not None:
                most = max(own.count(connection, world.plans[name].catalog), volumes[volume])
                there = own.standing_of_volume(connection, world.of({**volumes, volume: most}), name)
                if there > volumes[volume]:
                    volumes[volume] = there
                    if wanted.get(volume) is not None:
                        on_note(f"{there} {volume} of this seed stand: what is added belongs to all of them")
    return world.of(volumes)


def _dumped(connection: Connection, world: World, dump: Path, on_progress: OnProgress, started: float) -> SeedReport:
    """Write the rows to files."""
    from ttdb.seed import dump as dumps  # noqa: PLC0415 - as above

    role = writer(connection, [plan.catalog for plan in world.plans.values()])
    total = sum(expected(world, group) for group in groups(world))
    with dumps.folder(dump) as place:
        space.refuse_without_room_in(place, space.of_world(connection, world)[0])
        rows = dumps.dump_world(connection, world, role, place, Progress(on_progress, total))
    return SeedReport(
        scenario=world.source.scenario,
        seed=world.source.seed,
        rows=rows,
        removed={},
        seconds=time.monotonic() - started,
        examples={},
        act_as=(),
        not_analyzed=(),
        mode="dump",
        dumped=str(dump),
    )


@contextmanager
def _telling_when_interrupted(on_note: OnNote) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        on_note(_NONE_WRITTEN)
        raise


def _refuse_flags(scenario: str, flags: Mapping[str, object]) -> None:
    given = [flag for flag, value in flags.items() if value is not None]
    if given:
        message = f'{given[0]} does not go with the scenario "{scenario}"'
        raise UsageError(message, _INSTEAD.get((scenario, given[0]), "Leave it out."))


def repair(connection: Connection) -> int:
    """Undo a bulk load that was killed: take its rows away, put back what it had set aside, and say how much that was.

    Raises:
        SeedRunning: the load is not dead, it runs.

    """
    with translated(f'repairing database "{connection.info.dbname}"'), only_seed(connection):
        return mend.repair(connection, asked=True)


def _prepared(
    connection: Connection, catalog: Catalog, world: World, options: _Options
) -> tuple[_Outcome, Mapping[str, Way]]:
    """Refuse what is not safe, make room, and look at how each table is written."""
    standing = own.standing(connection, world.plans)
    if options.reset:
        own.refuse_unless_development(connection, standing, options.database_name)
    elif not options.append:
        own.refuse_occupied(standing, connection.info.dbname)
    ensure_months(connection, world)  # before the first row: what has rows of this transaction takes no partition
    outcome = _Outcome()
    if options.reset:
        outcome.removed = own.remove(connection, world.plans, catalog, options.on_progress)
    return outcome, ways(connection, world.plans)


@contextmanager
def _sessions(
    connection: Connection, jobs: int, open_session: Callable[[], Connection] | None
) -> Iterator[list[Connection]]:
    with ExitStack() as stack:
        more = range(1, jobs) if open_session is not None else ()
        yield [connection, *(stack.enter_context(open_session()) for _ in more if open_session is not None)]
