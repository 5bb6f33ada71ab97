"""A user's mistake ends in exit code 2, one clear message, one hint, and no traceback."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.databases import connect, fresh_database, fresh_login
from support.migrating import apply_bootstrap
from support.old_server import old_server
from support.program import Ended, ttdb

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

COMMANDS = [("status",), ("upgrade",), ("validate",)]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def refused(ended: Ended, message: str, hint: str) -> None:
    assert ended.code == 2, ended
    assert f"error: {message}" in ended.err
    assert f"hint: {hint}" in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_host(command: tuple[str, ...]) -> None:
    ended = ttdb(*command, "--url", "postgresql://me@no-such-host.invalid/db")

    refused(ended, "cannot connect to postgresql://me@no-such-host.invalid/db", "Check the host name in the URL.")


@pytest.mark.parametrize("command", COMMANDS)
def test_server_down(command: tuple[str, ...], closed_port: int) -> None:
    ended = ttdb(*command, "--url", f"postgresql://me@127.0.0.1:{closed_port}/db")

    refused(ended, "cannot connect to", "Check the port, and that the server runs and listens there.")


def test_wrong_password(server: Throwaway) -> None:
    ended = ttdb("status", "--url", server.url.with_parts(password="not-the-one").uri())  # noqa: S106 - wrong on purpose

    refused(ended, "cannot connect to", "Check the user and password in the URL, PGPASSWORD or ~/.pgpass.")
    assert "not-the-one" not in ended.err


def test_database_that_does_not_exist(server: Throwaway) -> None:
    ended = ttdb("status", "--url", server.url.with_parts(dbname="nowhere").uri())

    refused(ended, "cannot connect to", "Check the database and user names in the URL.")


def test_url_that_is_none() -> None:
    ended = ttdb("status", "--url", "postgresql://me:half/of@it@127.0.0.1/db")

    refused(ended, "the port in the connection URL is not a number", "Write postgresql://USER@HOST:PORT/DATABASE")
    assert "half" not in ended.err


@pytest.mark.parametrize("command", [*COMMANDS, ("bootstrap",), ("seed", "--reset"), ("downgrade", "base")])
def test_empty_url_is_not_taken_for_none(command: tuple[str, ...], server: Throwaway) -> None:
    ended = ttdb(*command, "--url", "", env={"TTDB_DATABASE_URL": server.url.uri()})

    refused(ended, "--url is empty", "Pass --url postgresql://USER@HOST:PORT/DATABASE")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("upgrade", "--plan", "--sql", "--format", "json"), "--sql and --format json contradict each other"),
        (("seed", "--reset", "--append"), "--reset and --append contradict each other"),
        (("bootstrap", "--apply", "--undo"), "--apply and --undo contradict each other"),
        (
            ("validate", "--throwaway", "local", "--url", "postgresql:///x"),
            "--throwaway and --url contradict each other",
        ),
        (
            ("validate", "--app-role", "x", "--app-role", "y", "--cross-tenant-role", "y"),
            "--app-role y and --cross-tenant-role y contradict each other",
        ),
        (
            ("validate", "--app-role", "x", "--masked-role", "x"),
            "--app-role x and --masked-role x contradict each other",
        ),
        (
            ("validate", "--masked-role", "x", "--cross-tenant-role", "x"),
            "--masked-role x and --cross-tenant-role x contradict each other",
        ),
    ],
)
def test_flags_that_contradict_each_other(flags: tuple[str, ...], message: str) -> None:
    refused(ttdb(*flags), message, "Pass one of them.")


def test_lock_timeout_that_is_none() -> None:
    refused(ttdb("upgrade", "--lock-timeout", "soon"), 'setting "lock_timeout" in the command line', "Write a number")


def test_no_database_given() -> None:
    refused(ttdb("upgrade"), "no database was given", "Pass --url postgresql://USER@HOST:PORT/DATABASE")


def test_what_deletes_takes_its_database_from_the_command_line_only(server: Throwaway) -> None:
    ended = ttdb("downgrade", "base", env={"TTDB_DATABASE_URL": server.url.uri()})

    refused(ended, "ttdb downgrade takes its database from the command line only", "Pass --url")


@pytest.mark.parametrize("command", [("status",), ("validate",)])
def test_login_that_may_not_use_schema_public(command: tuple[str, ...], own_server: Throwaway) -> None:
    with fresh_login(own_server.url) as (login, password), fresh_database(own_server.url) as url:
        with connect(url) as admin:
            admin.execute("revoke all on schema public from public")
        as_login = url.with_parts(user=login, password=password).uri()

        without = ttdb(*command, "--url", as_login)
        with connect(url) as admin:
            admin.execute("create table public.alembic_version (version_num text)")
        unread = ttdb("status", "--url", as_login)

    assert "permission denied" not in without.err
    assert "Traceback" not in without.err
    refused(
        unread,
        f"{login} may not use schema public, where the revision is",
        f"Have an admin run: grant usage on schema public to {login};",
    )


def test_missing_privilege_comes_with_its_grant(own_server: Throwaway) -> None:
    assert ttdb("bootstrap", "--apply", "--url", own_server.url.uri()).code == 0
    with fresh_login(own_server.url) as (login, password), fresh_database(own_server.url) as url:
        ended = ttdb("upgrade", "--url", url.with_parts(user=login, password=password).uri())

    refused(ended, f"{login} is no member of ttdb_owner", f"Have an admin run: grant ttdb_owner to {login};")


def test_unknown_revision(engine_url: Url) -> None:
    ended = ttdb("upgrade", "engine_001", "--url", engine_url.uri())

    refused(ended, 'unknown revision "engine_001"', 'Did you mean "engine_0010"?')


def test_steps_back_need_no_two_dashes(engine_url: Url) -> None:
    plain = ttdb("downgrade", "-99", "--url", engine_url.uri())
    dashes = ttdb("downgrade", "--url", engine_url.uri(), "--", "-99")

    refused(plain, 'there is no revision "-99" from here', "Name the branch, as in engine@+1;")
    assert plain == dashes


def test_status_says_what_to_type_and_ends_with_1_while_something_pends(server: Throwaway, head_template: str) -> None:
    with fresh_database(server.url) as empty:
        behind = ttdb("status", "--url", empty.uri())
    with fresh_database(server.url, template=head_template) as url:
        apply_bootstrap(url)  # a clone has its template's objects, and not its privileges as a database
        there = ttdb("status", "--url", url.uri())

    assert (behind.code, behind.out.splitlines()[-1]) == (1, "next      ttdb upgrade")
    assert (there.code, there.out.splitlines()[-1]) == (0, "next      ttdb validate --url URL")


def test_database_ahead_of_this_version(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute(
            "update public.alembic_version set version_num = 'platform_7777' where version_num like 'platform%'"
        )
    ended = ttdb("upgrade", "--url", engine_url.uri())

    refused(
        ended, "the database is at platform_7777, which this ttdb does not know", "Install the ttdb that upgraded it"
    )


def test_unknown_configuration_key(tmp_path: Path) -> None:
    (tmp_path / "ttdb.toml").write_text('databse_url = "postgresql:///x"\n', encoding="utf-8")
    ended = ttdb("status", cwd=tmp_path)

    refused(ended, f'unknown setting "databse_url" in {tmp_path}/ttdb.toml', 'Did you mean "database_url"?')


def test_unknown_variable() -> None:
    ended = ttdb("status", env={"TTDB_LOCK_TIMEOT": "1s"})

    refused(ended, 'unknown setting "TTDB_LOCK_TIMEOT" in the environment', 'Did you mean "TTDB_LOCK_TIMEOUT"?')


def test_unknown_command_and_option_are_usage_errors() -> None:
    for arguments in (("upgrad",), ("upgrade", "--nope")):
        ended = ttdb(*arguments)
        assert ended.code == 2
        assert "Traceback" not in ended.err


def test_unsupported_version() -> None:
    with old_server() as url:
        refused(ttdb("status", "--url", url.uri()), "PostgreSQL 14", "Use a server of version 15 to 18.")


def _run(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "program", "status"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_interrupt_amid_an_import_keeps_the_exit_code(tmp_path: Path) -> None:
    # Importing a module with dataclasses executes text, and CPython then remembers the interrupt until its end.
    ended = _run(
        tmp_path,
        "from ttdb.cli import app, main\n"
        "def run(_):\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 2\n"
        "app.run = run\n"
        "main()\n",
    )

    assert ended.returncode == 2, ended.stderr


def test_driver_notes_nothing_beside_what_the_program_says(tmp_path: Path) -> None:
    """On an interrupt the driver warns that a cancelled query failed, by what the query was."""
    ended = _run(
        tmp_path,
        "import logging\n"
        "from ttdb.cli import app, main\n"
        "app.run = lambda _: logging.getLogger('psycopg').warning('query cancellation interrupted') or 0\n"
        "main()\n",
    )

    assert (ended.returncode, ended.stderr) == (0, "")
