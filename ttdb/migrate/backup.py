"""The safety net: who changes a live database vouches for a tested backup, or says why he goes without."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import BackupUnproven
from ttdb.migrate import ledger
from ttdb.migrate.literal import identifier
from ttdb.migrate.live import live_table
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import Connection
from ttdb.secrets import masked

_HINT = (
    'Pass --backup-evidence "which backup, and when it was last restored as a test", or a file that says so; '
    '--no-backup "REASON" goes on without; --disposable says that the rows may be lost.'
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What the command line says of a backup; at most one of the three."""

    evidence: str | None = None
    override: str | None = None  # why there is none
    disposable: bool = False


@dataclass(slots=True)
class Vouched:
    """What is known of the ways back, to be recorded once there is a ledger."""

    command: str
    evidence: str | None
    override: str | None
    archiving: str
    restore_point: str | None
    at: str
    _recorded: bool = False

    def record(self, connection: Connection) -> None:
        """Write it down, once; the first revision makes the ledger."""
        if self._recorded or not ledger.exists(connection):
            return
        facts = {name: value for name, value in asdict(self).items() if value is not None and name != "_recorded"}
        with connection.transaction():
            connection.execute("set local role ttdb_owner")
            ledger.vouch(connection, f"{self.command} {self.at}", json.dumps(facts))
        self._recorded = True


def vouch(connection: Connection, said: Backup, command: str, on_event: OnEvent) -> Vouched | None:
    """Refuse a live database without a word on its backup; else look at the archive and make a restore point.

    Returns None where nobody's rows are at stake.

    Raises:
        BackupUnproven: rows of somebody's stand there, and no option says anything of a backup.

    """
    table = None if said.disposable else live_table(connection)
    if table is None:
        return None
    if said.evidence is None and said.override is None:
        message = f'database "{connection.info.dbname}" holds rows ({table}), and nobody vouched for a backup'
        raise BackupUnproven(f"{message}; nothing was changed", _HINT)
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    point, note = _restore_point(connection, f"{command} {at}")
    vouched = Vouched(
        command,
        masked(said.evidence) if said.evidence else None,
        masked(said.override) if said.override else None,
        archiving(connection),
        point,
        at,
    )
    facts = {"evidence": vouched.evidence, "override": vouched.override, "archiving": vouched.archiving}
    on_event(Event("backup", {**facts, "restore_point": point, "note": note}))
    return vouched


def archiving(connection: Connection) -> str:
    """Say in words whether the server's WAL is kept, without which there is no way back to a point in time."""
    row = connection.execute(_ARCHIVER).fetchone()
    mode, archived, failed, wal = row or ("off", None, None, None)
    if mode == "off":
        return "off: there is no way back to a point in time"
    if failed is not None and (archived is None or failed > archived):
        return f"failing: {wal} since {failed}"
    return f"working: last at {archived}" if archived else "on, and nothing was archived yet"


def _restore_point(connection: Connection, name: str) -> tuple[str | None, str | None]:
    """Make a restore point; return its name, or what keeps it from being made."""
    try:
        with connection.transaction():
            connection.execute("set local role none")  # the login may have been granted it
            connection.execute("select pg_catalog.pg_create_restore_point(%s)", (name,))
    except pg.InsufficientPrivilege:
        login = identifier(connection.info.user)
        grant = f"grant execute on function pg_catalog.pg_create_restore_point(text) to {login};"
        return None, f"no restore point: have an admin run in this database: {grant}"
    except pg.ObjectNotInPrerequisiteState:
        return None, "no restore point: wal_level is minimal"
    return name, None


_ARCHIVER = sql.SQL("""\
select pg_catalog.current_setting('archive_mode'),
    pg_catalog.date_trunc('second', a.last_archived_time)::text,
    pg_catalog.date_trunc('second', a.last_failed_time)::text,
    a.last_failed_wal
from pg_catalog.pg_stat_archiver as a
""")
