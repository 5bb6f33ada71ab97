"""What migrations/env.py does: run Alembic's plan on our session, or print it."""

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy.pool import StaticPool

from ttdb import config
from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.migrate.offline import OfflineRunner
from ttdb.migrate.privileges import missing
from ttdb.migrate.script import VERSION_TABLE_SCHEMA
from ttdb.migrate.session import Session, migrating
from ttdb.model import silent
from ttdb.postgres.url import Url

_STEPS_HAVE_THEIR_OWN = False  # transactions: Alembic opens none


def run(context: EnvironmentContext) -> None:
    """Serve one Alembic command: ttdb's, with a session in the configuration, or plain ``alembic``."""
    if context.is_offline_mode():
        _print(context)
        return
    session = context.config.attributes.get("session")
    if session is not None:
        _migrate(context, session)
        return
    settings = config.load()
    if not settings.database_url:
        raise UsageError("no database was given", "Set TTDB_DATABASE_URL, or use ttdb upgrade --url.")
    with migrating(Url.parse(settings.database_url), settings, silent, application="alembic") as own:
        lacks = missing(own.connection)
        if lacks:
            raise PrivilegeMissing(lacks[0].what, f"Have an admin run: {lacks[0].grant}")
        own.become_owner()
        _migrate(context, own)


def _print(context: EnvironmentContext) -> None:
    def write(text: str) -> None:
        context.get_context().impl.static_output(text)

    context.configure(
        dialect_name="postgresql",
        as_sql=True,
        version_table_schema=VERSION_TABLE_SCHEMA,
        ttdb_runner=OfflineRunner(write),
        transactional_ddl=_STEPS_HAVE_THEIR_OWN,
    )
    write("set role ttdb_owner;\nset search_path = '';\nset row_security = off;\n")
    context.run_migrations()


def _migrate(context: EnvironmentContext, session: Session) -> None:
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: session.connection, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            version_table_schema=VERSION_TABLE_SCHEMA,
            ttdb_runner=session.runner(),
            transactional_ddl=_STEPS_HAVE_THEIR_OWN,
        )
        context.run_migrations()
