"""Copy a database into a server of our own, by PostgreSQL's own programs; the original is only read.

Roles, memberships, their settings and default privileges come along; passwords, user mappings and subscriptions do not.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg import sql

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing, TtdbError, UsageError
from ttdb.postgres.connect import Connection, connect, scalar, server_version
from ttdb.postgres.throwaway import embedded, local
from ttdb.postgres.throwaway.base import SUPERUSER, Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.url import Url
from ttdb.secrets import masked

Say = Callable[[str], None]
_LAST_LINES = 4
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Original:
    """The database to copy, as its catalog has it."""

    name: str
    megabytes: int
    version: str
    major: int
    login_is_ours: bool  # the throwaway's superuser has the name of one of its logins


def look_at(url: Url) -> Original:
    """Read what decides on how a database is copied.

    Raises:
        PrivilegeMissing: the login does not see all rows, so a copy would lack some.

    """
    with connect(url, application="ttdb clone", settings={"default_transaction_read_only": "on"}) as connection:
        sees_all = scalar(
            connection, "select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = current_user"
        )
        if not sees_all:
            login = sql.Identifier(connection.info.user).as_string(None)
            raise PrivilegeMissing(
                f"a clone must hold all rows, and policies hide some from {login}",
                f"Log in as a superuser, or have an admin run: alter role {login} bypassrls;",
            )
        known = scalar(connection, "select count(*) from pg_catalog.pg_roles where rolname = %s", (SUPERUSER,))
        size = scalar(connection, "select pg_catalog.pg_database_size(pg_catalog.current_database())")
        return Original(
            connection.info.dbname,
            size // _MEGABYTE,
            server_version(connection),
            connection.info.server_version // 10000,
            bool(known),
        )


def programs(settings: Settings, provider: str) -> Binaries:
    """Return the folder with pg_dump, pg_restore and psql of the throwaway's version.

    Raises:
        UsageError: there is none beside that server's binaries.

    """
    try:
        binaries = local.find(settings) if provider == "local" else inspect(embedded.bin_folder())
    except Unavailable as error:
        raise UsageError(f"a clone needs pg_dump: {error.message}", error.hint) from error
    for name in ("pg_dump", "pg_dumpall", "pg_restore", "psql"):
        if not (binaries.folder / name).is_file():
            raise UsageError(
                f"{binaries.folder} holds no {name}",
                "Name a whole installation by TTDB_LOCAL_BIN, and --throwaway local.",
            )
    return binaries


def copy(  # noqa: PLR0913 - from where, to where, by what, and what
    source: Url, server: Url, binaries: Binaries, *, original: Original, with_rows: bool, say: Say
) -> Url:
    """Copy roles and one database; return where the copy is.

    Raises:
        TtdbError: a program failed; the message has its last words.

    """
    place = server.with_parts(dbname=original.name)
    say("copying roles, without their passwords")
    _copy_roles(source, server, binaries)
    _create(source, server, original.name)
    say(f"copying schema {'and rows' if with_rows else 'without rows'}, of {original.megabytes} MB")
    _pour(source, place, binaries, [] if with_rows else ["--schema-only"])
    with connect(place, application="ttdb clone") as connection:
        _drop_user_mappings(connection)
        connection.execute("analyze")
    return place


def _copy_roles(source: Url, server: Url, binaries: Binaries) -> None:
    said = _run([binaries.folder / "pg_dumpall", "--globals-only", "--no-role-passwords", "--no-tablespaces"], source)
    own = f"CREATE ROLE {SUPERUSER};"  # the throwaway has it
    script = "\n".join(line for line in said.splitlines() if line != own)
    _run([binaries.folder / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], server, given=script)


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


def _pour(source: Url, place: Url, binaries: Binaries, what: Sequence[str]) -> None:
    """Let pg_restore read what pg_dump writes: no row is ever in a file but the throwaway's own.

    When this process is killed, the throwaway goes, with it pg_restore, and pg_dump then writes to nobody and ends.
    """
    dumping = ["--format=custom", "--compress=0", "--no-subscriptions", "--lock-wait-timeout=5s", *what]
    with (
        tempfile.TemporaryFile() as said,  # these have no name
        tempfile.TemporaryFile() as answered,
        _started([binaries.folder / "pg_dump", *dumping], source, stdout=subprocess.PIPE, stderr=said) as dump,
        _started(
            [binaries.folder / "pg_restore", "--exit-on-error"], place, stdin=dump.stdout, stderr=answered
        ) as restore,
    ):
        if dump.stdout is not None:
            dump.stdout.close()  # pg_restore has it, and pg_dump is to notice when that one ends
        restore.wait()
        dump.wait()
        # Of a pg_dump that wrote to nobody, pg_restore says why.
        for program, words, name in ((dump, said, "pg_dump"), (restore, answered, "pg_restore")):
            if program.returncode not in (0, -signal.SIGPIPE):
                words.seek(0)
                raise _failed(name, words.read().decode("utf-8", "replace"))


def _drop_user_mappings(connection: Connection) -> None:
    """Drop what the original's users log in to other servers with."""
    mappings = connection.execute(
        "select case when m.umuser = 0 then null else m.usename::text end, m.srvname::text"
        " from pg_catalog.pg_user_mappings as m"
    ).fetchall()
    for user, server in mappings:
        whose = sql.SQL("public") if user is None else sql.Identifier(user)
        connection.execute(sql.SQL("drop user mapping for {} server {}").format(whose, sql.Identifier(server)))


def _run(command: Sequence[str | Path], url: Url, *, given: str | None = None) -> str:
    """Run one of PostgreSQL's programs on a database."""
    arguments, environment = _called(command, url)
    ended = subprocess.run(  # noqa: S603 - the throwaway's own programs
        arguments, env=environment, input=given, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise _failed(Path(arguments[0]).name, ended.stderr)
    return ended.stdout


@contextmanager
def _started(
    command: Sequence[str | Path],
    url: Url,
    *,
    stderr: IO[bytes],
    stdin: IO[bytes] | None = None,
    stdout: int | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program beside another, until the block ends at the latest."""
    arguments, environment = _called(command, url)
    process = subprocess.Popen(  # noqa: S603 - as above
        arguments, env=environment, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=stderr
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _called(command: Sequence[str | Path], url: Url) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment: a password goes by the environment, never by an argument."""
    environment = dict(os.environ)
    program, *arguments = [str(each) for each in command]
    bare = url.with_parts(password=None, application_name="ttdb clone")
    if (password := url.part("password")) is not None:
        environment["PGPASSWORD"] = password
    return [program, f"--dbname={bare.conninfo}", *arguments], environment


def _failed(program: str, said: str) -> TtdbError:
    last = masked(" / ".join(said.strip().splitlines()[-_LAST_LINES:]))
    return TtdbError(
        f"{program} failed: {last}",
        "Mend what it names, or take a server that has it: --throwaway local and TTDB_LOCAL_BIN.",
    )
