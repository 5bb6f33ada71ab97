"""The session that a migration runs in: one connection for the steps, one for the lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from ttdb import config
from ttdb.config import Settings
from ttdb.errors import ServerUnsupported
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.health import Health
from ttdb.migrate.lock import migration_lock
from ttdb.migrate.privileges import may_become_owner, refuse_powerless_to_end
from ttdb.migrate.runner import Runner
from ttdb.migrate.watch import Watch, watching
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import FREED_SOON, PLAIN, Connection, connect, target, translated
from ttdb.postgres.url import Url
from ttdb.postgres.writable import refuse_read_only

_SETTINGS = (
    {
        "search_path": "",  # every name of ours is qualified
        "row_security": "off",  # a policy that would filter our rows is an error, not a silent half
        "idle_in_transaction_session_timeout": "0",
        "default_transaction_isolation": "read committed",
        "default_tablespace": "",  # a partitioned table may not name the database's own
        "backend_flush_after": "512kB",  # what batches write goes to disk by and by, not at a checkpoint
        "vacuum_cost_delay": "2ms",  # as autovacuum's, which also gives way
        "max_parallel_maintenance_workers": "0",  # others' queries need the cores
        "max_parallel_workers_per_gather": "0",
        "plan_cache_mode": "force_generic_plan",  # functions of ours run hundreds of times, for less than a plan costs
    }
    | PLAIN
    | FREED_SOON
)


@dataclass(frozen=True, slots=True)
class Session:
    """An open migration session; ``connection`` is in autocommit mode."""

    connection: Connection
    courtesy: Courtesy
    on_event: OnEvent
    still_alone: Callable[[], None]
    before_commit: Callable[[], None] | None

    def runner(self) -> Runner:
        """Return what runs steps here."""
        return Runner(self.connection, self.courtesy, self.on_event, self.still_alone, self.before_commit)

    def become_owner(self) -> None:
        """Act as ttdb_owner from now on, so that whatever a migration makes belongs to it."""
        with translated("becoming ttdb_owner"):
            self.connection.execute("set role ttdb_owner")

    def become_login(self) -> None:
        """Act as the login again: who bootstraps needs rights that ttdb_owner lacks."""
        self.connection.execute("set role none")  # RESET would take a role that the login starts with


@contextmanager
def reading(url: Url, on_event: OnEvent, *, application: str) -> Iterator[Connection]:
    """Open a session that cannot change anything, and say where it is."""
    connection = connect(url, application=application, settings={"search_path": ""} | PLAIN)
    try:
        on_event(Event("target", {"target": str(target(connection))}))
        connection.execute("set default_transaction_read_only = on")
        with translated("reading the catalog"):
            _read_as_owner(connection)
            yield connection
    finally:
        connection.close()


@contextmanager
def migrating(  # noqa: PLR0913 - each is a fact of the session
    url: Url,
    settings: Settings,
    on_event: OnEvent,
    *,
    application: str,
    health: Health | None = None,
    before_commit: Callable[[], None] | None = None,
) -> Iterator[Session]:
    """Open a session that holds the migration lock.

    ``health`` is looked at before each step and all the while; ``before_commit`` is called at the end of each
    transaction of a step.

    Raises:
        ServerReadOnly: a standby, or a database that is read-only.
        ServerUnsupported: the database's encoding cannot hold what tenants write.
        UpgradeRunning: another migration holds the lock.

    """
    connection = connect(url, application=application, settings=_SETTINGS | {"lock_timeout": settings.lock_timeout})
    try:
        on_event(Event("target", {"target": str(target(connection))}))
        refuse_read_only(connection)
        _refuse_encoding(connection)
        if settings.terminate_blockers:
            refuse_powerless_to_end(connection)
        with migration_lock(url) as still_alone:
            _read_as_owner(connection)
            with (
                watching(url, connection, config.seconds(settings.hold_budget)) as watch,
                health.watching(connection) if health else nullcontext(),
            ):
                courtesy = _courtesy(settings, watch, health)
                yield Session(connection, courtesy, on_event, _both(still_alone, health), before_commit)
    finally:
        connection.close()


def _courtesy(settings: Settings, watch: Watch, health: Health | None) -> Courtesy:
    after = settings.terminate_blockers
    courtesy = Courtesy(
        lock_timeout=settings.lock_timeout, watch=watch, terminate_after_s=config.seconds(after) if after else None
    )
    return replace(courtesy, refuse=health.refuse) if health else courtesy


def _both(still_alone: Callable[[], None], health: Health | None) -> Callable[[], None]:
    """Return what is asked before each step."""

    def ask() -> None:
        still_alone()
        if health:
            health.look()

    return ask


def _read_as_owner(connection: Connection) -> None:
    """Become ttdb_owner where that is possible: a membership may let the login become it, and not inherit from it."""
    if may_become_owner(connection):
        connection.execute("set role ttdb_owner")


def _refuse_encoding(connection: Connection) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = f"encoding {encoding} of database {connection.info.dbname} is not supported"
        raise ServerUnsupported(message, "Dump it into a database made with: create database ... encoding 'UTF8'.")
