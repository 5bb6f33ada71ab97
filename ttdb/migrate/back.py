"""Go through Alembic's revisions, and back to where a database was when things went bad."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError

from ttdb.config import Settings
from ttdb.errors import TtdbError, UsageError
from ttdb.migrate import contracted, ledger, script
from ttdb.migrate.preflight import may_read_ledger, unfinished
from ttdb.migrate.runner import trusted
from ttdb.migrate.session import Session, migrating
from ttdb.migrate.step import Step
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import Connection, translated, while_interrupted
from ttdb.postgres.url import Url

# What Alembic asks for the way from the heads that a database is at; its own is in its ScriptDirectory.
Plan = Callable[[Any, object], Iterable[Any]]


def undo_since(
    url: Url,
    settings: Settings,
    arrived: Sequence[str],
    on_event: OnEvent,
    *,
    before_commit: Callable[[], None] | None = None,
) -> None:
    """Take a database back to the revisions that it was at; what an earlier run had only begun is undone too."""
    scripts = script.directory()
    name = "ttdb upgrade, back"
    with (
        migrating(url, settings, on_event, application=name, before_commit=before_commit) as session,
        translated("going back"),
    ):
        heads = script.applied(session.connection, scripts)
        partial = partly_applied(session, scripts, heads)
        undone = [*partial, *script.beyond(scripts, heads, arrived)]
        if undone:
            on_event(Event("downgrade", {"loses": losses(session, undone)}))
            session.become_owner()
            contracted.undo_before(session, undone, script.down_path(scripts, heads, "base"))
        for item in partial:
            session.runner().down(item.revision, script.steps(item))
        for target in script.ways_back(scripts, heads, arrived):
            run_downgrade(session, target)


def losses(session: Session, undone: Sequence[Script]) -> list[str]:
    """Return, in sentences, what is lost when these revisions are undone; what they found stays."""
    return losses_of(session, [(str(item.revision), list(script.steps(item))) for item in undone])


def losses_of(session: Session, undone: Iterable[tuple[str, list[Step]]]) -> list[str]:
    """Return the same of steps, each list with the revision that it stands under in the ledger."""
    recorded = ledger.read(session.connection)
    steps = [(recorded.get((revision, step.name)), step) for revision, listed in undone for step in listed]
    lost = []
    for entry, step in steps:
        if entry is None or entry.outcome == "found":
            continue
        if step.loses and any(_stands(session.connection, relation) for relation in step.relations):
            with session.connection.transaction():
                # The operator's policies show every tenant's rows; the owner's would say none.
                session.connection.execute("set local role ttdb_operator; set local row_security = on")
                lost += _readable(session.connection, step)
    return lost


def run_upgrade(session: Session, revision: str) -> None:
    """Run Alembic's upgrade on our session.

    Raises:
        UsageError: there is no such revision from here.

    """
    scripts = script.directory()
    _run_alembic(session, revision, lambda heads, _context: scripts._upgrade_revs(revision, heads))  # noqa: SLF001 - Alembic's own way of finding it


def run_downgrade(session: Session, revision: str) -> None:
    """Run Alembic's downgrade on our session.

    Raises:
        UsageError: there is no such revision from here.

    """
    scripts = script.directory()
    _run_alembic(session, revision, lambda heads, _context: scripts._downgrade_revs(revision, heads))  # noqa: SLF001 - Alembic's own way of finding it


def _run_alembic(session: Session, revision: str, plan: Plan) -> None:
    """Do what Alembic's command of this name does, over the revisions that are read already."""
    config = script.config(attributes={"session": session})
    scripts = script.directory()
    try:
        with EnvironmentContext(config, scripts, fn=plan, destination_rev=revision):
            scripts.run_env()
    except DBAPIError as error:  # a broken connection cannot be rolled back either, which hides what broke it
        if while_interrupted(error):  # asked here: to raise what it hides would cut it off from what came before
            raise KeyboardInterrupt from error
        if told := _hidden(error):
            raise told from told.__cause__
        with translated("migrating"):
            raise (error.orig or error) from error
    except CommandError as error:
        hint = 'Run "ttdb history" for the revisions; "platform@base" undoes the platform and keeps the engine.'
        raise UsageError(str(error), hint) from error


def _hidden(error: BaseException) -> TtdbError | None:
    """Return the error of ours, which names the step, that was passing through when another took its place."""
    earlier = error.__context__
    return earlier if earlier is None or isinstance(earlier, TtdbError) else _hidden(earlier)


def partly_applied(session: Session, scripts: ScriptDirectory, heads: Sequence[str]) -> list[Script]:
    """Return revisions that a killed upgrade began and never finished, newest first."""
    finished = {item.revision for item in script.down_path(scripts, heads, "base")}
    begun = {revision for revision, _step in ledger.read(session.connection)} - finished
    return [item for item in scripts.walk_revisions() if item.revision in begun]


def with_gaps(connection: Connection, standing: Iterable[Script]) -> Iterator[Script]:
    """Yield, of revisions that stand, those that lack steps: a downgrade that was killed has undone them.

    Each is asked at its turn, when those before it are whole. Revisions from before a project used steps have none.
    """
    for item in standing:
        if script.has_steps(item) and unfinished(connection, [item]):
            yield item


def gaps_known(connection: Connection, standing: Iterable[Script]) -> list[Script]:
    """Return the revisions that lack steps now, before any is filled; none where the login may not read the record."""
    return list(with_gaps(connection, standing)) if may_read_ledger(connection) else []


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
