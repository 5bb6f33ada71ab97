"""Bring a database up to a revision, and back down."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError

from ttdb.config import Settings
from ttdb.errors import Conflicts, PrivilegeMissing, UsageError
from ttdb.migrate import bootstrap, ledger, offenders, preflight, script
from ttdb.migrate.backup import Backup, vouch
from ttdb.migrate.privileges import may_bootstrap, missing
from ttdb.migrate.runner import trusted
from ttdb.migrate.session import Session, migrating
from ttdb.migrate.step import Step
from ttdb.model import Event, MissingPrivilege, OnEvent, silent
from ttdb.postgres.connect import Connection, translated
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
) -> int:
    """Bring a database up to a revision; killed at any instant, a second run continues.

    Returns how many steps were done or found. Where rows stop it, ``violations`` is written: all of them, by key.
    With ``backup``, live rows are touched only where it vouches for one, or says why there is none.

    Raises:
        BackupUnproven: it does neither; nothing was changed.
        Conflicts: what stands there is in the way; nothing was changed, not even roles.
        PrivilegeMissing, ServerReadOnly, RevisionUnknown, DatabaseAhead, UpgradeRunning, LockNotObtained, StepFailed.

    """
    scripts = script.directory()
    script.check_known(scripts, revision)
    count = _Count(on_event)
    with migrating(url, settings, count, application="ttdb upgrade") as session, translated("upgrading"):
        heads = script.applied(session.connection, scripts)
        path = script.up_path(scripts, heads, revision)
        with _violations_written(session, path, violations):
            preflight.refuse(session.connection, path)
            standing = script.down_path(scripts, heads, "base")[::-1]
            if preflight.unfinished(session.connection, [*standing, *path]):
                count.vouch(session, backup, "upgrade")
            _ensure_bootstrapped(session, schemas(settings))
            session.become_owner()
            for done in standing:
                session.runner().up(done.revision, script.steps(done))  # a downgrade that was killed left gaps
            _alembic(command.upgrade, session, revision)
        reached = script.applied(session.connection, scripts)
    on_event(Event("finished", {"steps": count.steps, "heads": list(reached)}))
    return count.steps


def downgrade(
    url: Url, settings: Settings, revision: str, on_event: OnEvent = silent, *, backup: Backup | None = None
) -> int:
    """Take a database back to a revision, saying first what the older shape cannot hold.

    Returns how many steps were undone.

    Raises:
        BackupUnproven: live rows stand there, and ``backup`` neither vouches for one nor says why there is none.
        PrivilegeMissing, ServerReadOnly, RevisionUnknown, DatabaseAhead, UpgradeRunning, LockNotObtained, StepFailed.

    """
    scripts = script.directory()
    script.check_known(scripts, revision)
    count = _Count(on_event)
    with migrating(url, settings, count, application="ttdb downgrade") as session, translated("downgrading"):
        heads = script.applied(session.connection, scripts)
        partial = _partly_applied(session, scripts, heads)
        path = [*partial, *script.down_path(scripts, heads, revision)]
        if path:
            _require(missing(session.connection))
            count.vouch(session, backup, "downgrade")
            on_event(Event("downgrade", {"loses": losses(session, [s for item in path for s in script.steps(item)])}))
            session.become_owner()
        for item in partial:
            session.runner().down(item.revision, script.steps(item))
        if heads:
            _alembic(command.downgrade, session, revision)
    on_event(Event("finished", {"steps": count.steps}))
    return count.steps


def losses(session: Session, undone: Sequence[Step]) -> list[str]:
    """Return, in sentences, what is lost when these steps are undone."""
    lost = []
    for step in undone:
        if step.loses and any(_stands(session.connection, relation) for relation in step.relations):
            with session.connection.transaction():
                # The operator's policies show every tenant's rows; the owner's would say none.
                session.connection.execute("set local role ttdb_operator; set local row_security = on")
                lost += _readable(session.connection, step)
    return lost


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


@contextmanager
def _violations_written(session: Session, path: Sequence[Script], file: Path | None) -> Iterator[None]:
    """List the rows that stop an upgrade, where a file was named for them."""
    try:
        yield
    except Conflicts:
        if file is not None:
            rows = offenders.write(session.connection, [step for item in path for step in script.steps(item)], file)
            session.on_event(Event("violations", {"file": str(file), "rows": rows}))
        raise


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


def _alembic(run: Callable[[Config, str], None], session: Session, revision: str) -> None:
    config: Config = script.config(attributes={"session": session})
    try:
        run(config, revision)
    except DBAPIError as error:  # a broken connection cannot be rolled back either, which hides what broke it
        with translated("migrating"):
            raise (error.orig or error) from error
    except CommandError as error:
        hint = 'Run "ttdb history" for the revisions; "platform@base" undoes the platform and keeps the engine.'
        raise UsageError(str(error), hint) from error


def _partly_applied(session: Session, scripts: ScriptDirectory, heads: Sequence[str]) -> list[Script]:
    """Return revisions that a killed upgrade began and never finished, newest first."""
    finished = {item.revision for item in script.down_path(scripts, heads, "base")}
    begun = {revision for revision, _step in ledger.read(session.connection)} - finished
    return [item for item in scripts.walk_revisions() if item.revision in begun]


def _stands(connection: Connection, relation: str) -> bool:
    row = connection.execute("select pg_catalog.to_regclass(%s) is not null", (relation,)).fetchone()
    return bool(row and row[0])


def _readable(connection: Connection, step: Step) -> list[str]:
    try:
        with connection.transaction():
            return [text for (text,) in connection.execute(trusted(step.loses or ""))]
    # A function that counts what the operator may not read is missing where an upgrade was killed before it.
    except (pg.InsufficientPrivilege, pg.UndefinedFunction):
        return [f"the rows of {', '.join(step.relations)}, which the operator may not count"]
