"""Copy a database into a server of our own, by PostgreSQL's own programs; the original is only read.

Roles, memberships, their settings and default privileges come along; passwords, user mappings and subscriptions do not.
"""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psycopg import sql

from ttdb.postgres.connect import Connection, connect, scalar
from ttdb.postgres.original import Original
from ttdb.postgres.programs import failed, run, started
from ttdb.postgres.throwaway.base import SUPERUSER
from ttdb.postgres.throwaway.binaries import Binaries
from ttdb.postgres.url import Url

Say = Callable[[str], None]
_SAY_EVERY_S = 5.0
LOCK_WAIT = "5s"  # how long a copy queues for ACCESS SHARE, the only lock that it takes on the original's tables


@dataclass(frozen=True, slots=True)
class Filling:
    """Rows that come from elsewhere than the dump: put into bare tables, before indexes, keys and triggers are made."""

    snapshot: str  # of the original, exported: the dump describes what the rows were taken from
    fill: Callable[[Url], None]


def copy(  # noqa: PLR0913 - from where, to where, by what, and what
    source: Url,
    server: Url,
    binaries: Binaries,
    *,
    original: Original,
    with_rows: bool,
    say: Say,
    filling: Filling | None = None,
) -> Url:
    """Copy roles and one database; return where the copy is.

    Args:
        source: the original.
        server: the throwaway.
        binaries: the programs to do it with.
        original: what is known of the original.
        with_rows: True to copy all rows.
        say: is told what is being done.
        filling: the rows to have instead.

    Raises:
        TtdbError: a program failed; the message has its last words.

    """
    place = server.with_parts(dbname=original.name)
    say("copying roles, without their passwords")
    _copy_roles(source, server, binaries)
    _create(source, server, original.name)
    say(f"copying schema {'and rows' if with_rows else 'without rows'}, of {original.megabytes} MB")
    what = [] if with_rows else ["--schema-only"]
    if filling:
        what.append(f"--snapshot={filling.snapshot}")
        _pour(source, place, binaries, [*what, "--section=pre-data"], say)
        filling.fill(place)
        _pour(source, place, binaries, [*what, "--section=post-data"], say)
    else:
        _pour(source, place, binaries, what, say)
    with connect(place, application="ttdb clone") as connection:
        _drop_user_mappings(connection)
        connection.execute("analyze")
    return place


def _copy_roles(source: Url, server: Url, binaries: Binaries) -> None:
    said = run([binaries.folder / "pg_dumpall", "--globals-only", "--no-role-passwords", "--no-tablespaces"], source)
    own = f"CREATE ROLE {SUPERUSER};"  # the throwaway has it
    script = "\n".join(line for line in said.splitlines() if line != own)
    run([binaries.folder / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], server, given=script)


def _create(source: Url, server: Url, name: str) -> None:
    """Make the database with the original's owner, privileges and settings; its locale may not exist here."""
    with connect(source, application="ttdb clone") as original, connect(server, application="ttdb clone") as admin:
        identifier = sql.Identifier(name)
        if not scalar(admin, "select count(*) from pg_catalog.pg_database where datname = %s", (name,)):
            admin.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(identifier))
        _copy_database(original, admin, identifier)


def _copy_database(original: Connection, admin: Connection, name: sql.Identifier) -> None:
    admin.execute(sql.SQL("revoke all on database {} from public").format(name))
    owner = scalar(
        original,
        "select pg_catalog.pg_get_userbyid(datdba)::text from pg_catalog.pg_database"
        " where datname = pg_catalog.current_database()",
    )
    admin.execute(sql.SQL("alter database {} owner to {}").format(name, sql.Identifier(owner)))
    privileges = original.execute(
        "select case when a.grantee = 0 then null else pg_catalog.pg_get_userbyid(a.grantee)::text end,"
        " a.privilege_type, a.is_grantable from pg_catalog.pg_database as d,"
        " pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) as a"
        " where d.datname = pg_catalog.current_database()"
    )
    for grantee, privilege, grantable in privileges.fetchall():
        to = sql.SQL("public") if grantee is None else sql.Identifier(grantee)
        form = "grant {} on database {} to {}" + (" with grant option" if grantable else "")
        admin.execute(sql.SQL(form).format(sql.SQL(privilege), name, to))
    settings = original.execute(
        "select case when s.setrole = 0 then null else pg_catalog.pg_get_userbyid(s.setrole)::text end,"
        " split_part(c.line, '=', 1), substr(c.line, strpos(c.line, '=') + 1)"
        " from pg_catalog.pg_db_role_setting as s, unnest(s.setconfig) as c (line)"
        " where s.setdatabase = (select d.oid from pg_catalog.pg_database as d"
        " where d.datname = pg_catalog.current_database())"
    )
    for role, setting, value in settings.fetchall():
        whose = sql.SQL("database {}").format(name)
        if role is not None:
            whose = sql.SQL("role {} in database {}").format(sql.Identifier(role), name)
        parts = sql.SQL(", ").join(sql.Literal(each) for each in _parts(setting, value))
        name_of = sql.SQL(".").join(sql.Identifier(part) for part in setting.split("."))
        admin.execute(sql.SQL("alter {} set {} = {}").format(whose, name_of, parts))


def _parts(setting: str, value: str) -> list[str]:
    """Return a setting's value in the parts that ALTER takes: a list must not become one quoted text."""
    if setting not in ("search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"):
        return [value]
    return [each.strip().strip('"') for each in value.split(",")]


def _pour(source: Url, place: Url, binaries: Binaries, what: Sequence[str], say: Say) -> None:
    """Let pg_restore read what pg_dump writes: no row is ever in a file but the throwaway's own.

    When this process is killed, the throwaway goes, with it pg_restore, and pg_dump then writes to nobody and ends.
    """
    dumping = ["--format=custom", "--compress=0", "--no-subscriptions", f"--lock-wait-timeout={LOCK_WAIT}", *what]
    with (
        tempfile.TemporaryFile() as said,  # these have no name
        tempfile.TemporaryFile() as answered,
        started([binaries.folder / "pg_dump", *dumping], source, stdout=subprocess.PIPE, stderr=said) as dump,
        started(
            [binaries.folder / "pg_restore", "--exit-on-error"], place, stdin=dump.stdout, stderr=answered
        ) as restore,
    ):
        if dump.stdout is not None:
            dump.stdout.close()  # pg_restore has it, and pg_dump is to notice when that one ends
        _wait(restore, say)
        dump.wait()
        # Of a pg_dump that wrote to nobody, pg_restore says why.
        for program, words, name in ((dump, said, "pg_dump"), (restore, answered, "pg_restore")):
            if program.returncode not in (0, -signal.SIGPIPE):
                words.seek(0)
                raise failed(name, words.read().decode("utf-8", "replace"))


def _drop_user_mappings(connection: Connection) -> None:
    """Drop what the original's users log in to other servers with."""
    mappings = connection.execute(
        "select case when m.umuser = 0 then null else m.usename::text end, m.srvname::text"
        " from pg_catalog.pg_user_mappings as m"
    ).fetchall()
    for user, server in mappings:
        whose = sql.SQL("public") if user is None else sql.Identifier(user)
        connection.execute(sql.SQL("drop user mapping for {} server {}").format(whose, sql.Identifier(server)))


def _wait(process: "subprocess.Popen[bytes]", say: Say) -> None:
    """Wait for a program to end, and say now and then that it still runs."""
    start = time.monotonic()
    while True:
        try:
            process.wait(_SAY_EVERY_S)
        except subprocess.TimeoutExpired:
            say(f"copying: {time.monotonic() - start:.0f} s")
        else:
            return
