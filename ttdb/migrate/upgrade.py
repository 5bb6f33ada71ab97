"""Bring a database up to a revision, and back down."""

from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.script import Script, ScriptDirectory

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.migrate import bootstrap, contracted, offenders, partitions, preflight, script
from ttdb.migrate.back import (
    gaps_known,
    losses,
    losses_of,
    partly_applied,
    run_downgrade,
    run_upgrade,
    undo_since,
    with_gaps,
)
from ttdb.migrate.backup import Backup, vouch
from ttdb.migrate.health import Health, guarding, returning
from ttdb.migrate.privileges import may_bootstrap, missing
from ttdb.migrate.session import Session, migrating
from ttdb.model.migration import Event, MissingPrivilege, OnEvent, silent
from ttdb.postgres.connect import translated
from ttdb.postgres.url import Url

PUBLIC = ("public",)


def upgrade(  # noqa: PLR0913 - each is a fact of the run
    url: Url,
    settings: Settings,
    revision: str = "heads",
    on_event: OnEvent = silent,
    *,
    violations: Path | None = None,
    backup: Backup | None = None,
    abort_if: str | None = None,
    before_commit: Callable[[], None] | None = None,
) -> int:
    """Bring a database up to a revision; killed at any instant, a second run continues.

    Returns how many steps were done or found. Where rows stop it, ``violations`` is written: all of them, by key.
    With ``backup``, live rows are touched only where it vouches for one, or says why there is none.
    With ``abort_if``, a query that says when things are bad, it goes back by itself to where it began once they are.
    ``before_commit`` is called at the end of each transaction of a step, for who measures the locks that it took.

    Raises:
        BackupUnproven: it does neither; nothing was changed.
        HealthBad: things were bad, and the database is where it was.
        Conflicts: what stands there is in the way; nothing was changed, not even roles.
        PrivilegeMissing, ServerReadOnly, RevisionUnknown, DatabaseAhead, UpgradeRunning, LockNotObtained, StepFailed.

    """
    scripts = script.directory()
    script.check_known(scripts, revision)
    with guarding(url, abort_if) as health, returning(health, partial(undo_since, url, settings), on_event):
        return _up(url, settings, revision, on_event, violations, backup, health, before_commit)


def _up(  # noqa: PLR0913, PLR0917 - as upgrade()
    url: Url,
    settings: Settings,
    revision: str,
    on_event: OnEvent,
    violations: Path | None,
    backup: Backup | None,
    health: Health | None,
    before_commit: Callable[[], None] | None = None,
) -> int:
    scripts = script.directory()
    count = _Count(on_event)
    with (
        migrating(
            url, settings, count, application="ttdb upgrade", health=health, before_commit=before_commit
        ) as session,
        translated("upgrading"),
    ):
        heads = _arrived(session, scripts, health)
        path = script.up_path(scripts, heads, revision)
        standing = script.down_path(scripts, heads, "base")[::-1]
        ahead = [*gaps_known(session.connection, standing), *path]
        steps = [step for item in ahead for step in script.steps(item)]
        with offenders.written(session.connection, steps, violations, session.on_event):
            preflight.refuse(session.connection, ahead)
            if hidden := offenders.unseen(session.connection, steps):
                on_event(Event("unseen", {"tables": hidden}))
            if preflight.unfinished(session.connection, [*standing, *path]):
                count.vouch(session, backup, "upgrade")
            _ensure_bootstrapped(session, schemas(settings))
            session.become_owner()
            for item in with_gaps(session.connection, standing):
                session.runner().up(item.revision, script.steps(item))
            _make_months_before_services_write(session, path, settings.months_ahead)
            run_upgrade(session, revision)
        reached = script.applied(session.connection, scripts)
        waiting = preflight.waiting(session.connection, script.down_path(scripts, reached, "base")[::-1])
    facts: dict[str, object] = {"steps": count.steps, "heads": list(reached)}
    if waiting:
        facts |= {"waiting": len(waiting), "waiting_for": sorted({name for item in waiting for name in item.waits_for})}
    on_event(Event("finished", facts))
    return count.steps


def _make_months_before_services_write(session: Session, path: Sequence[Script], months_ahead: int) -> None:
    """Go up to where the first table that services use is touched, and make the months there.

    From then on they write into tables that are kept in months: into DEFAULT, as long as there is no month, and to take
    their rows out of there again would make them wait.
    """
    first = preflight.first_to_expand(session.connection, path)
    if first is None:
        return
    if first > 0:
        run_upgrade(session, str(path[first - 1].revision))
    partitions.ensure_within(session, months_ahead)


def downgrade(  # noqa: PLR0913 - each is a fact of the run
    url: Url,
    settings: Settings,
    revision: str,
    on_event: OnEvent = silent,
    *,
    backup: Backup | None = None,
    abort_if: str | None = None,
) -> int:
    """Take a database back to a revision, saying first what the older shape cannot hold.

    Returns how many steps were undone.

    Raises:
        BackupUnproven: live rows stand there, and ``backup`` neither vouches for one nor says why there is none.
        HealthBad: ``abort_if`` was true, and the database is at the revisions again where it was.
        Conflicts: something forbids to undo a step, such as a service that is observed; nothing was changed.
        PrivilegeMissing, ServerReadOnly, RevisionUnknown, DatabaseAhead, UpgradeRunning, LockNotObtained, StepFailed.

    """
    scripts = script.directory()
    script.check_known(scripts, revision)
    with guarding(url, abort_if) as health, returning(health, partial(_up_again, url, settings), on_event):
        return _down(url, settings, revision, on_event, backup, health)


def _down(  # noqa: PLR0913, PLR0917 - as downgrade()
    url: Url, settings: Settings, revision: str, on_event: OnEvent, backup: Backup | None, health: Health | None
) -> int:
    scripts = script.directory()
    count = _Count(on_event)
    with (
        migrating(url, settings, count, application="ttdb downgrade", health=health) as session,
        translated("downgrading"),
    ):
        heads = _arrived(session, scripts, health)
        begun = partly_applied(session, scripts, heads)
        path = [*begun, *script.down_path(scripts, heads, revision)]
        if path:
            _require(missing(session.connection))
            count.vouch(session, backup, "downgrade")
            standing = script.down_path(scripts, heads, "base")
            ways = contracted.way_back_before(session.connection, path, standing)
            on_event(Event("downgrade", {"loses": [*losses_of(session, ways), *losses(session, path)]}))
            session.become_owner()
            preflight.refuse_bound(session.connection, path)
            contracted.undo_before(session, path, standing)
        for item in begun:
            session.runner().down(item.revision, script.steps(item))
        if heads:
            run_downgrade(session, revision)
    on_event(Event("finished", {"steps": count.steps}))
    return count.steps


def as_sql(revision: str, *, down: bool = False) -> str:
    """Return the script from an empty database up to a revision, or with ``down`` from the newest back to it."""
    scripts = script.directory()
    if script.relative(revision):
        message = f'"{revision}" is counted from where a database is, and no database was asked'
        raise UsageError(message, "Name a revision: ttdb history lists them.")
    script.check_known(scripts, revision)
    buffer = StringIO()
    config = script.config()
    config.output_buffer = buffer
    if down:
        for part in script.down_parts(scripts, revision):
            command.downgrade(config, part, sql=True)
    else:
        command.upgrade(config, revision, sql=True)
    return buffer.getvalue()


def schemas(settings: Settings) -> tuple[str, ...]:
    """Return the schemas whose objects belong to ttdb_owner."""
    return settings.protected_schemas or PUBLIC


def _arrived(session: Session, scripts: ScriptDirectory, health: Health | None) -> tuple[str, ...]:
    """Return where the database is; where things go bad from now on, that is where to go back to."""
    heads = script.applied(session.connection, scripts)
    if health:
        health.arrived, health.place = heads, ", ".join(heads) or "base"
    return heads


def _up_again(url: Url, settings: Settings, arrived: Sequence[str], on_event: OnEvent) -> None:
    for head in arrived:
        _up(url, settings, head, on_event, None, None, None)


class _Count:
    """Passes events on and counts the steps among them; records what was vouched for as soon as there is a ledger."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._record: Callable[[], None] | None = None
        self.steps = 0

    def __call__(self, event: Event) -> None:
        self.steps += event.kind == "step"
        if event.kind == "step" and self._record:
            self._record()
        self._on_event(event)

    def vouch(self, session: Session, backup: Backup | None, command: str) -> None:
        """Ask for a backup's evidence, where anybody asked for that."""
        vouched = vouch(session.connection, backup, command, self._on_event) if backup else None
        if vouched:
            vouched.record(session.connection)
            self._record = partial(vouched.record, session.connection)


def _ensure_bootstrapped(session: Session, wanted: tuple[str, ...]) -> None:
    lacks = missing(session.connection)
    if lacks and may_bootstrap(session.connection):
        session.become_login()
        bootstrap.apply(session.connection, wanted, session.courtesy, session.on_event)
        lacks = missing(session.connection)
    _require(lacks)


def _require(lacks: Sequence[MissingPrivilege]) -> None:
    if lacks:
        grants = " ".join(lack.grant for lack in lacks)
        raise PrivilegeMissing("; ".join(lack.what for lack in lacks), f"Have an admin run: {grants}")
