"""One validation: discover, survey, check, attack, judge."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from ttdb.config import Ignore, Settings
from ttdb.model import (
    Cell,
    Finding,
    Severity,
    Timing,
    Unproven,
    ValidationReport,
    ValidationTarget,
)
from ttdb.postgres.connect import Connection, connect, server_version, translated
from ttdb.postgres.url import Url
from ttdb.secrets import masked
from ttdb.validate import judge
from ttdb.validate.cells import cells
from ttdb.validate.discover import Discovery, Hints, discover
from ttdb.validate.ground import survey
from ttdb.validate.library import OWN, Attack, Library, library
from ttdb.validate.runner import applicable, run_checks, snapshot
from ttdb.validate.sessions import Sessions, limit
from ttdb.validate.world import World

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What to validate, and how strictly."""

    hints: Hints = field(default_factory=Hints)
    families: tuple[str, ...] = ()
    fail_on: Severity = Severity.ERROR
    ignores: tuple[Ignore, ...] = ()
    disposable: bool = False  # the database may be harmed: what writes many rows is run, and rolled back

    @classmethod
    def of(cls, settings: Settings, families: Sequence[str] = (), fail_on: Severity = Severity.ERROR) -> "Request":
        """Take from the settings what concerns validation."""
        hints = Hints(
            app_roles=settings.app_roles,
            masked_roles=settings.masked_roles,
            cross_tenant_roles=settings.cross_tenant_roles,
            tenant_setting=settings.tenant_setting,
            tenant_column=settings.tenant_column,
            protected_schemas=settings.protected_schemas,
        )
        return cls(hints, tuple(families), fail_on, settings.ignore)


@dataclass(slots=True)
class _Progress:
    """What one run collects."""

    findings: list[Finding] = field(default_factory=list)
    unproven: list[Unproven] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    cells: tuple[Cell, ...] = ()

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        start = monotonic()
        yield
        self.timings.append(Timing(part, monotonic() - start))

    def take(self, results: Iterator[Finding | Unproven]) -> None:
        for result in results:
            if isinstance(result, Unproven):
                self.unproven.append(result)
            else:
                self.findings.append(result)

    def take_from(self, attack: Attack, world: World) -> None:
        """Run one attack; where it fails, what it found so far stands and the rest is unproven."""
        try:
            self.take(
                result if isinstance(result, Unproven) else result.finding(attack.unit) for result in attack.run(world)
            )
        except Exception as error:  # noqa: BLE001 - whatever fails in one attack must not lose the report
            why = masked(str(error)).partition("\n")[0]
            self.unproven.append(Unproven(f"attack {attack.unit.code}", f"it failed: {type(error).__name__}: {why}"))


def validate(url: Url, request: Request, *, kind: str = "live", say: Say = lambda _: None) -> ValidationReport:
    """Check and attack one database, and leave no trace in it.

    Args:
        url: a login that sees all rows: a superuser, one that bypasses row security, or a cross-tenant role's member.
        request: what to look at.
        kind: live, throwaway or clone, for the report.
        say: called with what was assumed, as soon as it is known.

    Raises:
        UsageError: a role, a setting or a family was named that does not exist.
        PrivilegeMissing, DatabaseUnreachable: the login cannot do its part.

    """
    start, progress = monotonic(), _Progress()
    chosen = library().only(request.families)
    with connect(url, application="ttdb validate") as connection, translated("validating"):
        limit(connection)
        with progress.timed("discover"):
            found = discover(connection, request.hints)
        for assumption in found.assumptions:
            say(assumption)
        with progress.timed("checks"), snapshot(connection):
            checks = applicable(connection, chosen.checks)
            progress.ran += [check.unit.code for check in checks]
            progress.take(run_checks(connection, checks, found))
        before = _sequences(connection)
        probes = _attack(url, connection, found, chosen, progress, disposable=request.disposable or kind != "live")
        target = _target(connection, found, kind)
        moved = [name for name, value in _sequences(connection).items() if value != before.get(name)]
        if moved:
            say(f"sequences that moved on, which no rollback gives back: {', '.join(moved)}")
    seconds, signed = monotonic() - start, found.registry.signed
    return _report(progress, request, chosen, target, probes=probes, seconds=seconds, signed=signed)


def _sequences(connection: Connection) -> dict[str, int | None]:
    """Return where every sequence stands that the login may read."""
    rows = connection.execute(
        "select s.schemaname || '.' || s.sequencename, s.last_value from pg_catalog.pg_sequences as s"
    )
    return {name: value for name, value in rows}  # noqa: C416 - typed so


def _attack(  # noqa: PLR0913 - the parts of one run
    url: Url, connection: Connection, found: Discovery, chosen: Library, progress: _Progress, *, disposable: bool
) -> int:
    with Sessions(url, connection, found) as sessions:
        with progress.timed("survey"):
            world = World(found, survey(connection, found), sessions, disposable=disposable)
            world.contexts.nobodies  # noqa: B018 - a login that may not sign is told so before any attack
        progress.unproven += _out_of_reach(world)
        for attack in chosen.attacks:
            with progress.timed(f"{attack.unit.code} {attack.unit.name}"):
                progress.take_from(attack, world)
            progress.ran.append(attack.unit.code)
        with progress.timed("cells"):
            progress.cells = cells(world, progress.findings, progress.ran)
    return world.probes


def _out_of_reach(world: World) -> Iterator[Unproven]:
    """Say which roles could not be acted as, and that there is nothing to prove without tenants or roles."""
    for role in world.found.attackers:
        if role not in world.attackers:
            yield Unproven(
                f"role {role}",
                f"the login may not become it: have an admin grant {role} to it, or log in as a superuser",
            )
    if not world.found.attackers:
        yield Unproven("database", "no role was found that the application could log in as: name it with --app-role")
    if not world.found.tenant_columns:
        yield Unproven("database", "no tenant column was found: name it with --tenant-column")


def _target(connection: Connection, found: Discovery, kind: str) -> ValidationTarget:
    return ValidationTarget(
        kind=kind,
        server_version=server_version(connection),
        database=connection.info.dbname,
        app_roles=found.roles.app,
        masked_roles=found.roles.masked,
        cross_tenant_roles=found.roles.cross_tenant,
        tenant_setting=found.tenant_settings[0] if found.tenant_settings else None,
        tenant_column=found.tenant_column,
        revision=found.registry.revision,
    )


def _report(  # noqa: PLR0913 - each is a part of the report
    progress: _Progress,
    request: Request,
    chosen: Library,
    target: ValidationTarget,
    *,
    probes: int,
    seconds: float,
    signed: bool,
) -> ValidationReport:
    findings = judge.without_subsumed(judge.combined(progress.findings), library())
    findings = judge.without_ignored(findings, request.ignores)
    listed = judge.ordered([*findings, judge.channels(signed=signed)])
    unproven = tuple({(each.object, each.why): each for each in progress.unproven}.values())
    return ValidationReport(
        verdict=judge.verdict(listed, unproven, request.fail_on),
        target=target,
        findings=listed,
        unproven=unproven,
        checks=len(chosen.checks) + len(chosen.attacks),
        probes=probes,
        duration_s=seconds,
        threat_model="signed-context" if signed else "honest-context",
        timings=tuple(progress.timings),
        fail_on=request.fail_on,
        ran=(*progress.ran, *(unit.code for unit in OWN)),
        cells=progress.cells,
    )
