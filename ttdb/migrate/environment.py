"""What migrations/env.py does: run Alembic's plan on our session, or print it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from alembic.command import downgrade, upgrade
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import Script
from sqlalchemy.pool import StaticPool

from ttdb import config
from ttdb.errors import Conflicts, PrivilegeMissing, TtdbError, UsageError
from ttdb.migrate import ledger, offenders
from ttdb.migrate.back import gaps_known, partly_applied, with_gaps
from ttdb.migrate.left import forgetting_left
from ttdb.migrate.offline import OfflineRunner
from ttdb.migrate.preflight import refuse
from ttdb.migrate.privileges import missing
from ttdb.migrate.script import VERSION_TABLE, VERSION_TABLE_SCHEMA, applied, down_path, steps
from ttdb.migrate.session import Session, migrating
from ttdb.migrate.step import Step
from ttdb.model.migration import Conflict, Event, silent
from ttdb.postgres.url import Url

_STEPS_HAVE_THEIR_OWN = False  # transactions: Alembic opens none
_VIOLATIONS = "violations"  # what -x calls the file for rows that stop an upgrade


def run(context: EnvironmentContext, *, version_table: str = VERSION_TABLE) -> None:
    """Serve one Alembic command: ttdb's, with a session in the configuration, or plain ``alembic``.

    Args:
        context: Alembic's, as its env.py has it.
        version_table: where the revision is recorded, in schema ``public``. A project of its own, whose revisions use
            ttdb's steps, names its own: ttdb's revisions are recorded in ``alembic_version``.

    """
    if context.is_offline_mode():
        _print(context, version_table)
        return
    session = context.config.attributes.get("session")
    if session is not None:
        _migrate(context, session, version_table)
        return
    with _hints():
        _serve_alembic(context, version_table)


@contextmanager
def _hints() -> Iterator[None]:
    """Note with an error what it advises: alembic shows the error alone, with its notes."""
    try:
        yield
    except TtdbError as error:
        if error.hint:
            error.add_note(_as_alembic_has_it(error.hint))
        raise


def _as_alembic_has_it(advice: str) -> str:
    return advice.replace("--violations FILE", f"alembic -x {_VIOLATIONS}=FILE")


def _serve_alembic(context: EnvironmentContext, version_table: str) -> None:
    """Serve plain ``alembic``, in a session of its own.

    Raises:
        UsageError: no database was given.
        PrivilegeMissing: the login may not migrate.

    """
    settings = config.load()
    if not settings.database_url:
        raise UsageError("no database was given", "Set TTDB_DATABASE_URL, or use ttdb upgrade --url.")
    with migrating(Url.parse(settings.database_url), settings, silent, application="alembic") as own:
        lacks = missing(own.connection)
        if lacks:
            raise PrivilegeMissing(lacks[0].what, f"Have an admin run: {lacks[0].grant}")
        own.become_owner()
        _migrate(context, own, version_table, _Refusing(own, context, version_table))


def _called_to(context: EnvironmentContext, command: Callable[..., None]) -> bool:
    """Tell whether it is this command that alembic was called for, from its command line or from Python."""
    planning = context.get_context().opts.get("fn")  # which revisions to run: a function of each command's own
    return getattr(planning, "__qualname__", "").startswith(f"{command.__name__}.")


def _require_engine(session: Session, version_table: str) -> None:
    """Refuse to run a project of its own where nothing would be recorded, and no way back undo anything.

    Raises:
        UsageError: with what brings the engine.

    """
    if version_table != VERSION_TABLE and not ledger.exists(session.connection):
        message = "ttdb.ledger, in which steps are recorded, does not stand in this database"
        raise UsageError(message, 'Run "ttdb upgrade engine@head" first.')


def _undo_begun(context: EnvironmentContext, session: Session, version_table: str) -> None:
    """Undo what an upgrade that stopped in the middle of a revision did: Alembic knows of none that is not finished."""
    heads = applied(session.connection, context.script, version_table)
    for item in partly_applied(session, context.script, heads):
        context.config.print_stdout("undoing what was begun of %s", item.revision)
        session.runner().down(item.revision, steps(item))


def _fill_gaps(context: EnvironmentContext, session: Session, version_table: str) -> None:
    """Bring back what a downgrade that stopped in the middle of a revision undid: for Alembic that still stands."""
    heads = applied(session.connection, context.script, version_table)
    for item in with_gaps(session.connection, down_path(context.script, heads, "base")[::-1]):
        context.config.print_stdout("applying what is missing of %s", item.revision)
        session.runner().up(item.revision, steps(item))


def _print(context: EnvironmentContext, version_table: str) -> None:
    def write(text: str) -> None:
        context.get_context().impl.static_output(text)

    context.configure(
        dialect_name="postgresql",
        as_sql=True,
        version_table=version_table,
        version_table_schema=VERSION_TABLE_SCHEMA,
        ttdb_runner=OfflineRunner(write),
        transactional_ddl=_STEPS_HAVE_THEIR_OWN,
    )
    write("set role ttdb_owner;\nset search_path = '';\nset row_security = off;\n")
    context.run_migrations()


class _Refusing:
    """A runner that looks for conflicts before the first step of an upgrade, as ``ttdb upgrade`` does."""

    def __init__(self, session: Session, context: EnvironmentContext, version_table: str) -> None:
        self._session = session
        self._version_table = version_table
        self._context = context
        self._looked = False
        file = context.get_x_argument(as_dictionary=True).get(_VIOLATIONS)
        self._file = Path(file) if isinstance(file, str) else None

    def up(self, revision: str, steps: Sequence[Step]) -> None:
        """Apply a revision's steps."""
        self.look()
        self._session.runner().up(revision, steps)

    def down(self, revision: str, steps: Sequence[Step]) -> None:
        """Undo a revision's steps."""
        self._session.runner().down(revision, steps)

    def look(self) -> None:
        """Refuse the upgrade where something stands in its way; asked once.

        Raises:
            Conflicts: with each of them; nothing was changed.

        """
        if self._looked:
            return
        try:
            refuse(self._session.connection, self._ahead)
        except Conflicts as stopped:
            for each in stopped.conflicts:
                if isinstance(each, Conflict):
                    stopped.add_note(f"{each.object}: {each.detail}. {_as_alembic_has_it(each.advice)}")
            raise
        self._looked = True

    @contextmanager
    def rising(self) -> Iterator[None]:
        """Refuse an upgrade or fill gaps, then let it run; list the rows that stop it where -x violations names a file.

        Raises:
            UsageError: the engine is missing, or no file can be written there; nothing was looked at yet.
            Conflicts: something stands in its way; nothing was changed.

        """
        _require_engine(self._session, self._version_table)
        listed = [step for script in self._ahead for step in steps(script)] if self._file is not None else []
        with offenders.written(self._session.connection, listed, self._file, self._tell):
            self.look()
            _fill_gaps(self._context, self._session, self._version_table)
            yield

    def _tell(self, event: Event) -> None:
        self._context.config.print_stdout(
            "rows that stop it: %s, listed in %s", event.facts["rows"], event.facts["file"]
        )

    @cached_property
    def _ahead(self) -> list[Script]:
        """Return the revisions that have gaps, and those that Alembic is about to apply."""
        heads = applied(self._session.connection, self._context.script, self._version_table)
        alembic = self._context.get_context()
        plan = alembic.opts["fn"](heads, alembic)  # as Alembic is about to ask: it knows parts of names, +1 and more
        path = [step.revision for step in plan if isinstance(step, RevisionStep) and step.is_upgrade]
        standing = down_path(self._context.script, heads, "base")[::-1]
        return [*gaps_known(self._session.connection, standing), *path]


def _migrate(
    context: EnvironmentContext, session: Session, version_table: str, runner: _Refusing | None = None
) -> None:
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: session.connection, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            version_table=version_table,
            version_table_schema=VERSION_TABLE_SCHEMA,
            ttdb_runner=runner or session.runner(),
            transactional_ddl=_STEPS_HAVE_THEIR_OWN,
        )
        down, up = (runner is not None and _called_to(context, command) for command in (downgrade, upgrade))
        if down:
            _undo_begun(context, session, version_table)
        changing = runner is None or down or up  # others, as current, only look
        with (
            runner.rising() if runner is not None and up else nullcontext(),
            forgetting_left(session.connection, context.script) if changing else nullcontext(),
        ):
            context.run_migrations()
