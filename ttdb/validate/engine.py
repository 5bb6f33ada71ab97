"""One validation: discover, survey, check, attack, judge."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from ttdb.config import Ignore, Settings
from ttdb.errors import TtdbError, UsageError
from ttdb.model.validation import (
    Finding,
    MovedSequence,
    Severity,
    TenantScope,
    Unproven,
    ValidationReport,
    ValidationTarget,
)
from ttdb.postgres.connect import Connection, connect, server_version, translated
from ttdb.postgres.pooler import address, refuse_pooler
from ttdb.postgres.url import Url
from ttdb.validate import judge
from ttdb.validate.attacking import Progress, Say, attack_all, meanwhile, prepared
from ttdb.validate.cells import cells
from ttdb.validate.discover import Discovery, Hints, discover
from ttdb.validate.holding import ANEW
from ttdb.validate.library import OWN, Library, library
from ttdb.validate.own_rows import sees_nothing_of_its_own
from ttdb.validate.pool import look_at_pool
from ttdb.validate.runner import applicable, run_checks, snapshot
from ttdb.validate.sessions import limit
from ttdb.validate.world import World


@dataclass(frozen=True, slots=True)
class Request:
    """What to validate, and how strictly."""

    hints: Hints = field(default_factory=Hints)
    families: tuple[str, ...] = ()
    fail_on: Severity = Severity.ERROR
    ignores: tuple[Ignore, ...] = ()
    disposable: bool = False  # the database may be harmed: what writes many rows is run, and rolled back
    pooler: Url | None = None  # what the services connect to, with a login of theirs
    tenant_scope: TenantScope | None = None  # for how long they set the tenant

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
            trails=settings.trails,
        )
        return cls(hints, tuple(families), fail_on, settings.ignore, tenant_scope=_scope(settings.tenant_scope))


def _scope(name: str | None) -> TenantScope | None:
    if name is not None and name not in list(TenantScope):
        raise UsageError(f'unknown tenant scope "{name}"', f"Choose from {', '.join(TenantScope)}.")
    return None if name is None else TenantScope(name)


def validate(
    url: Url, request: Request, *, kind: str = "live", twin: Url | None = None, say: Say = lambda _: None
) -> ValidationReport:
    """Check and attack one database, and leave no trace in it.

    Args:
        url: a login that sees all rows: a superuser, one that bypasses row security, or a cross-tenant role's member.
        request: what to look at.
        kind: live, throwaway or clone, for the report.
        twin: a copy of the database made by CREATE DATABASE ... TEMPLATE, in which half of the attacks run meanwhile.
        say: called with what was assumed, as soon as it is known.

    Raises:
        UsageError: a role, a setting, a trail or a family was named that does not exist.
        PrivilegeMissing, DatabaseUnreachable: the login cannot do its part.

    """
    start, progress = monotonic(), Progress()
    chosen = library().only(request.families)
    with connect(url, application="ttdb validate") as connection, translated("validating", again=ANEW):
        refuse_pooler(url, connection)
        limit(connection)
        with progress.timed("discover"):
            found = discover(connection, request.hints)
        for assumption in found.assumptions:
            say(assumption)
        if request.pooler is not None:
            with progress.timed("pooler"):
                _try_pooler(request.pooler, request, connection, found, progress, say=say)
        before = _sequences(connection)
        waiting = deque(sorted(chosen.attacks, key=lambda attack: not attack.unit.slow))
        disposable = request.disposable or kind != "live"
        with meanwhile(twin, found, waiting) as beside:
            with progress.timed("checks"), snapshot(connection):
                checks = applicable(connection, chosen.checks)
                progress.ran += [check.unit.code for check in checks]
                progress.take(run_checks(connection, checks, found))
            with prepared(url, connection, found, progress, disposable=disposable, say=say) as (world, planned):
                progress.unproven += _out_of_reach(world)
                attack_all(world, waiting, progress, planned)
                if beside is not None:
                    progress.add(beside.result(), world)
                with progress.timed("cells"):
                    progress.cells = cells(world, progress.findings, progress.ran)
                progress.longest_hold_ms = world.sessions.holds.longest_ms
        target = _target(connection, found, kind)
        moved = tuple(
            MovedSequence(name, before.get(name), value)
            for name, value in sorted(_sequences(connection).items())
            if value != before.get(name)
        )
        if moved:
            say(f"sequences that moved on, which no rollback gives back: {', '.join(each.name for each in moved)}")
    seconds, signed = monotonic() - start, found.registry.signed
    channels = judge.channels(signed=signed, disposable=disposable)
    report = _report(progress, request, chosen, target, channels, probes=world.probes, seconds=seconds, signed=signed)
    return replace(report, sequences=moved, pool=progress.pool, longest_hold_ms=progress.longest_hold_ms)


def _try_pooler(  # noqa: PLR0913 - the parts of one run
    pooler: Url, request: Request, connection: Connection, found: Discovery, progress: Progress, *, say: Say
) -> None:
    """Try the pooler, before any attack: what fails there is unproven, and the rest goes on."""
    say(f"trying the pooler at {address(pooler)}")
    try:
        pool = look_at_pool(pooler, connection, found, request.tenant_scope)
    except TtdbError as error:
        progress.unproven.append(Unproven(f"pooler {address(pooler)}", error.message))
        return
    progress.pool = pool
    if request.tenant_scope is None:
        say(f"the services set the tenant for the {pool.scope}: {pool.scope_known_by} (--tenant-scope to correct)")
    if pool.login not in (*found.roles.app, *found.roles.masked, *found.roles.cross_tenant):
        say(f"the pool of {pool.login} was tried, and the services log in as others: name one of them in --pooler")


def _sequences(connection: Connection) -> dict[str, int | None]:
    """Return where every sequence stands that the login may read."""
    rows = connection.execute(
        "select s.schemaname || '.' || s.sequencename, s.last_value from pg_catalog.pg_sequences as s"
    )
    return {name: value for name, value in rows}  # noqa: C416 - typed so


def _out_of_reach(world: World) -> Iterator[Unproven]:
    """Say which roles could not be acted as, and that there is nothing to prove without tenants or roles."""
    if world.found.by_login:
        yield Unproven(
            "database", "the policies know the tenant by who has logged in: each login must be tried by itself"
        )
        return
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
    elif sees_nothing_of_its_own(world):
        settings = ", ".join(world.found.tenant_settings) or "nothing"
        looked_up = any(map(world.contexts.says_who_asks, world.found.tenant_settings))
        advice = (
            "put in rows of people, each of one tenant alone" if looked_up else "name the setting with --tenant-setting"
        )
        yield Unproven(
            "database",
            f"an honest session, which sets {settings}, sees none of its tenant's rows, so what it does not see proves"
            f" little: {advice}",
        )


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
        trails=tuple(str(each.relation) for each in found.trails),
    )


def _report(  # noqa: PLR0913 - each is a part of the report
    progress: Progress,
    request: Request,
    chosen: Library,
    target: ValidationTarget,
    channels: Finding,
    *,
    probes: int,
    seconds: float,
    signed: bool,
) -> ValidationReport:
    findings = judge.without_subsumed(judge.combined(progress.findings), library())
    findings = judge.without_ignored(findings, request.ignores)
    listed = judge.ordered([*findings, channels])
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
