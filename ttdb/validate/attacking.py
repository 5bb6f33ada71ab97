"""Run the attacks in a database, or half of them in its copy meanwhile, and collect what comes of it."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from ttdb.model.validation import Cell, Finding, Pool, Timing, Unproven
from ttdb.postgres.connect import Connection, connect, scalar, translated
from ttdb.postgres.url import Url
from ttdb.secrets import masked
from ttdb.validate.discover import Discovery
from ttdb.validate.ground import survey
from ttdb.validate.holding import ANEW
from ttdb.validate.library import Attack
from ttdb.validate.own_rows import settle_contexts, settle_people
from ttdb.validate.plant import Plan, plan, planted, with_rows
from ttdb.validate.results import results
from ttdb.validate.sessions import Sessions, limit
from ttdb.validate.world import World

Say = Callable[[str], None]
_READ_ONLY = "it is a standby or read-only, so only reads were tried: validate the primary, or a copy with --clone"


@dataclass(slots=True)
class Progress:
    """What one run collects; seconds and milliseconds are of the wall clock."""

    findings: list[Finding] = field(default_factory=list)
    unproven: list[Unproven] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    cells: tuple[Cell, ...] = ()
    pool: Pool | None = None
    longest_hold_ms: float = 0.0

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Measure how long a part of the run takes."""
        start = monotonic()
        yield
        self.timings.append(Timing(part, monotonic() - start))

    def take(self, results: Iterator[Finding | Unproven]) -> None:
        """Keep what a check or an attack says."""
        for result in results:
            if isinstance(result, Unproven):
                self.unproven.append(result)
            else:
                self.findings.append(result)

    def add(self, other: tuple["Progress", World], world: World) -> None:
        """Take over what was found, tried and counted in a twin."""
        progress, twin = other
        self.findings += progress.findings
        self.unproven += progress.unproven
        self.timings += progress.timings
        self.ran += progress.ran
        for (role, name, action), (reach, why) in twin.tried.items():
            world.note(role, name, action, reach, why)
        world.probes += twin.probes

    def take_from(self, attack: Attack, world: World) -> None:
        """Run one attack; where it fails, what it found so far stands and the rest is unproven."""
        try:
            self.take(results(attack, world))
        except Exception as error:  # noqa: BLE001 - whatever fails in one attack must not lose the report
            why = masked(str(error)).partition("\n")[0]
            self.unproven.append(Unproven(f"attack {attack.unit.code}", f"it failed: {type(error).__name__}: {why}"))
            world.sessions.recover()


@contextmanager
def prepared(  # noqa: PLR0913 - the parts of one run
    url: Url, connection: Connection, found: Discovery, progress: Progress, *, disposable: bool, say: Say
) -> Iterator[tuple[World, Plan]]:
    """Look for rows to attack, make those that lack, and yield the world in which the attacks act."""
    with ExitStack() as stack:
        sessions = stack.enter_context(Sessions(url, connection, found, limited=not disposable))
        with progress.timed("survey"):
            ground = survey(connection, found)
        read_only = scalar(connection, "select pg_catalog.current_setting('transaction_read_only') = 'on'")
        if read_only:
            progress.unproven.append(Unproven("database", _READ_ONLY))
            say(_READ_ONLY)
        with progress.timed("rows"):
            planned = plan(connection, found, ground, sessions.paths) if disposable and not read_only else Plan()
        refusal = stack.enter_context(planted(connection, planned, sessions.paths))
        if planned.rows and not refusal:
            say(f"{len(planned.rows)} rows were made for the attack, where tables lacked two tenants")
            ground = survey(connection, found)
        ground = replace(ground, refused=planned.refused)
        world = World(found, ground, sessions, disposable=disposable, pool=progress.pool)
        settle_contexts(world)
        for setting in settle_people(world):
            say(f"setting {setting} says who asks, and policies look the tenant up by that")
        world.contexts.nobodies  # noqa: B018 - a login that may not sign is told so before any attack
        yield world, planned


def attack_all(world: World, waiting: deque[Attack], progress: Progress, planned: Plan) -> None:
    """Run the attacks that wait, one after another, until none is left."""
    while (attack := _next(waiting)) is not None:
        with progress.timed(f"{attack.unit.code} {attack.unit.name}"):
            progress.take_from(attack, world)
        progress.ran.append(attack.unit.code)
    progress.findings = [with_rows(each, planned, world.found) for each in progress.findings]


def _next(waiting: deque[Attack]) -> Attack | None:
    try:
        return waiting.popleft()
    except IndexError:  # the other side took the last one
        return None


@contextmanager
def meanwhile(
    twin: Url | None, found: Discovery, waiting: deque[Attack]
) -> Iterator[Future[tuple[Progress, World]] | None]:
    """Take attacks from those that wait and run them in the twin, where what was discovered has the same oids."""
    if twin is None:
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(_attack_twin, twin, found, waiting)
        finally:
            waiting.clear()  # nothing is begun any more where the other side was stopped


def _attack_twin(twin: Url, found: Discovery, waiting: deque[Attack]) -> tuple[Progress, World]:
    progress = Progress()
    with connect(twin, application="ttdb validate") as connection, translated("validating the twin", again=ANEW):
        limit(connection)
        with prepared(twin, connection, found, progress, disposable=True, say=lambda _: None) as (world, planned):
            progress.timings.clear()
            attack_all(world, waiting, progress, planned)
    return progress, world
