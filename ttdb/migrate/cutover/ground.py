"""The ground of a cut-over: its session, the login, and what the one who moves it may do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg import sql
from psycopg.rows import class_row

from ttdb.config import Settings
from ttdb.errors import LockNotObtained, PrivilegeMissing, UsageError
from ttdb.migrate.literal import identifier
from ttdb.migrate.privileges import may_become_owner
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import PLAIN, Connection, connect, scalar, target, translated
from ttdb.postgres.url import Url
from ttdb.postgres.writable import refuse_read_only

OBSERVED, APP = "ttdb_observed", "ttdb_app"
MEMBERSHIP_OPTIONS = 160000  # the first version in which a membership itself says whether it inherits
_NOTHING = "ttdb_owner", "ttdb_operator"


@dataclass(frozen=True, slots=True)
class Login:
    """What a service logs in as."""

    name: str
    superuser: bool
    bypasses: bool
    inherits: bool
    may_log_in: bool
    in_app: bool  # by a membership of its own, which it inherits from
    in_observed: bool


@cache
def query(name: str) -> sql.SQL:
    """Return one of this folder's queries."""
    return sql.SQL(Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8"))


@contextmanager
def changing(url: Url, settings: Settings, on_event: OnEvent) -> Iterator[Connection]:
    """Open a session that acts as ttdb_owner, and in which alone cut-overs change.

    Not the migration's: who must go back does not wait until an upgrade has ended.
    """
    given = {"search_path": "", "default_transaction_isolation": "read committed"} | PLAIN
    connection = connect(url, application="ttdb cutover", settings=given | {"lock_timeout": settings.lock_timeout})
    try:
        on_event(Event("target", {"target": str(target(connection))}))
        refuse_read_only(connection)
        refuse_older(connection)
        if not may_become_owner(connection):
            login = identifier(connection.info.user)
            message = f"{connection.info.user} may not change policies: they belong to ttdb_owner"
            raise PrivilegeMissing(message, f"Have an admin run: grant {', '.join(_NOTHING)} to {login};")
        # The lock ends with the session, and so with whoever is killed.
        key = "select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('ttdb cutover', 0))"
        if not scalar(connection, key):
            raise LockNotObtained("another session changes a cut-over here", "Run the command again when it has ended.")
        with translated("becoming ttdb_owner"):
            connection.execute("set role ttdb_owner")
        yield connection
    finally:
        connection.close()


def refuse_older(connection: Connection) -> None:
    """Refuse a database whose engine knows no cut-overs.

    Raises:
        UsageError: it is none of ttdb's, or older.

    """
    # By name: to_regclass() is an error for a login that may not use the schema.
    if not scalar(
        connection,
        "select exists (select from pg_catalog.pg_class as c"
        " inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'ttdb' and c.relname = 'older_settings')",
    ):
        message = f"database {connection.info.dbname} has no cut-overs: it is not at engine_0010"
        raise UsageError(message, 'Name the database that holds the tables, or run "ttdb upgrade" on this one first.')


def login_of(connection: Connection, name: str) -> Login:
    """Return what a login is now.

    Raises:
        UsageError: there is none of this name, or it is no service's.

    """
    with connection.cursor(row_factory=class_row(Login)) as cursor:
        found = cursor.execute(
            "select r.rolname::text as name, r.rolsuper as superuser, r.rolbypassrls as bypasses,"
            " r.rolinherit as inherits, r.rolcanlogin as may_log_in,"
            " exists (select from pg_catalog.pg_auth_members as m where m.member = r.oid"
            " and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)"
            " and m.roleid = pg_catalog.to_regrole('ttdb_app')) as in_app,"
            " exists (select from pg_catalog.pg_auth_members as m where m.member = r.oid"
            " and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)"
            " and m.roleid = pg_catalog.to_regrole('ttdb_observed')) as in_observed"
            " from pg_catalog.pg_roles as r where r.rolname = %s",
            (name,),
        ).fetchone()
    if found is None or not found.may_log_in:
        state = "does not exist" if found is None else "is no login"
        hint = f'Run "ttdb roles add {name}" for a login of the service\'s own.'
        raise UsageError(f'role "{name}" {state}', hint if found is None else "Name what the service logs in as.")
    for group in ("ttdb_owner", "ttdb_operator"):
        if not found.superuser and scalar(connection, "select pg_catalog.pg_has_role(%s, %s, 'member')", (name, group)):
            message = f'"{name}" is a member of {group}, and no service'
            raise UsageError(
                message, f"Choose a login of the service's own, or: revoke {group} from {identifier(name)};"
            )
    return found


def refuse_unheld(connection: Connection, login: Login) -> None:
    """Refuse a login that no policy can come to hold.

    Raises:
        UsageError: a superuser, an owner of the tables, or one who does not inherit.

    """
    name = identifier(login.name)
    own = 'Run "ttdb roles add SERVICE" for a login of its own, observe that, and point the service at it.'
    if login.superuser:
        raise UsageError(f'"{login.name}" is a superuser: no policy holds it, and nothing of it can be observed', own)
    if scalar(
        connection,
        "select exists (select from ttdb.tenant_tables as t"
        " inner join pg_catalog.pg_class as c on c.oid = t.relation"
        " where pg_catalog.pg_has_role(%s, c.relowner, 'usage'))",
        (login.name,),
    ):
        raise UsageError(f'"{login.name}" owns tables: an owner may take their policies off', own)
    if not login.inherits and connection.info.server_version < MEMBERSHIP_OPTIONS:
        message = f'"{login.name}" does not inherit what its groups may do'
        raise UsageError(message, f"Have an admin run: alter role {name} inherit;")


def refuse_unprivileged(connection: Connection, login: Login) -> None:
    """Refuse, before anything is changed, a session that may not move the login.

    Raises:
        PrivilegeMissing: the hint says what an admin grants.

    """
    superuser, creates, bypasses = connection.execute(
        "select rolsuper, rolcreaterole, rolbypassrls from pg_catalog.pg_roles where rolname = session_user"
    ).fetchone() or (False, False, False)
    if superuser:
        return
    me, lacks = connection.info.user, []
    stands = scalar(connection, "select pg_catalog.to_regrole('ttdb_observed') is not null")
    options = connection.info.server_version >= MEMBERSHIP_OPTIONS
    if not stands and not creates:
        lacks.append(f"create role {OBSERVED} nologin noinherit;")
    groups = [
        group
        for group in (APP, OBSERVED)
        if (options or not creates)
        and not (group == OBSERVED and not stands and creates)  # who makes a role may grant it
        and not (
            (group == APP or stands)
            and scalar(
                connection, "select pg_catalog.pg_has_role(session_user, %s, 'MEMBER WITH ADMIN OPTION')", (group,)
            )
        )
    ]
    if groups:
        lacks.append(f"grant {', '.join(groups)} to {identifier(me)} with admin option;")
    if login.bypasses and not (options and creates and bypasses):
        message = f'{me} may not take BYPASSRLS from "{login.name}"'
        raise PrivilegeMissing(
            message, "Run this command as a superuser: taken before it is observed, it refuses the running service."
        )
    if lacks:
        raise PrivilegeMissing(f'{me} may not move "{login.name}"', f"Have an admin run: {' '.join(lacks)}")
