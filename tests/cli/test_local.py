"""Servers that stay: ttdb local, on real ones, of which nothing is left."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from conftest import server_settings
from support.databases import connect
from support.program import ttdb

from ttdb.config import Settings
from ttdb.errors import LocalServerFailed, UsageError
from ttdb.postgres.connect import scalar
from ttdb.postgres.persistent import build, control, place, snapshots
from ttdb.postgres.persistent.place import Server
from ttdb.postgres.throwaway import users
from ttdb.postgres.url import Url
from ttdb.workflows import local

pytestmark = pytest.mark.skipif(
    server_settings().throwaway == "docker", reason="a container is not kept: local servers are of binaries"
)


def quiet(_text: str) -> None:
    pass


@pytest.fixture
def home() -> Iterator[Settings]:
    """Return settings whose local servers live in a folder of the test's own, and leave nothing of it."""
    folder = Path(tempfile.mkdtemp(prefix="ttdb-test-local-"))
    folder.chmod(0o711)  # pytest's own folders are closed to the user that root's servers run as
    settings = replace(server_settings(), local_folder=str(folder / "local"))
    yield settings
    for server in place.known(settings):
        build.remove(settings, server)
    shutil.rmtree(folder)


@pytest.fixture
def small(home: Settings) -> Server:
    """Return a server, stopped, that has one table and takes no time to upgrade."""

    def fill(url: Url) -> dict[str, object]:
        with connect(url) as connection:
            connection.execute("create table notes (text text)")
            connection.execute("insert into notes values ('first')")
        return {}

    with place.locked(home, "small", quiet) as server:
        build.build(home, server, provider=home.throwaway, fill=fill, say=quiet)
        server.write_head(local.head(home))
    return server


def environment(settings: Settings) -> dict[str, str]:
    given = {"THROWAWAY": settings.throwaway, "LOCAL_BIN": settings.local_bin, "LOCAL_FOLDER": settings.local_folder}
    return {f"TTDB_{name}": value for name, value in given.items() if value}


def notes(server: Server) -> list[str]:
    with connect(server.url()) as connection:
        return [text for (text,) in connection.execute("select text from notes order by text")]


def running(env: Mapping[str, str]) -> "subprocess.Popen[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    return subprocess.Popen(
        [sys.executable, "-m", "ttdb", "local", "start"],
        env=clean | dict(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_gone(server: Server) -> None:
    deadline = time.monotonic() + 60
    while control.process(server) is not None and time.monotonic() < deadline:
        time.sleep(0.02)


def soon(folder: Path) -> list[str]:
    """Return what is left in a folder once the keeper of the throwaway has removed its own."""
    deadline = time.monotonic() + 60
    while any(folder.glob("ttdb-throwaway-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(each.name for each in folder.iterdir())


def test_engineers_path(home: Settings) -> None:
    """From nothing to a tenant's rows in SQL and in Python, to more of them, and to nothing again."""
    env = environment(home)
    first = ttdb("local", "start", env=env)
    assert first.code == 0, first.err
    tenant = re.search(r"^  tenants  (\S+)$", first.out, re.MULTILINE)
    assert tenant is not None
    assert f"ttdb local shell --as {tenant[1]}" in first.out

    again = ttdb("local", "start", env=env)
    assert (again.code, again.out, again.err) == (0, first.out, "")

    lines = re.search(r"^In Python:\n(?P<lines>(?:  .*\n)+)", first.out, re.MULTILINE)
    assert lines is not None
    script = "\n".join(line[2:] for line in lines["lines"].splitlines())
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.count(f"UUID('{tenant[1]}')") == 5

    counting = "select current_user, count(*), count(distinct tenant_id), min(tenant_id::text) from public.orders"
    shell = ttdb("local", "shell", "--as", tenant[1], env=env, stdin=f"\\pset format csv\n\\t\n{counting};\n")
    assert re.search(rf"^ttdb_app,\d+,1,{tenant[1]}$", shell.out, re.MULTILINE)
    assert shell.err.startswith("The tenant is set")
    failing = ttdb("local", "shell", "--as", tenant[1], env=env, stdin="select 1 / 0;\nselect 'further';\n")
    assert (failing.code, "further" in failing.out) == (3, False)  # as psql says that a statement failed
    for nobody in ("12345", "00000000-0000-0000-0000-000000000000"):
        refused = ttdb("local", "shell", "--as", nobody, env=env, stdin="select 1;\n")
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f'error: "{nobody}" is the id of no tenant of server "default"\n')

    told = ttdb("local", "url", env=env)
    with psycopg.connect(told.out.strip()) as connection:
        assert connection.info.user == "postgres"
        assert connection.execute("select count(*) from public.orders").fetchone() == (40,)

    grown = ttdb("seed", "--append", "--orders", "45", env=env)
    assert "with psycopg.connect(" in grown.out
    assert ttdb("local", "start", "--orders", "45", env=env).out.count("45 orders among them") == 1
    assert json.loads(ttdb("local", "list", "--format", "json", env=env).out)["servers"][0]["scenario"] == "minimal"
    reset = ttdb("seed", "--reset", "--orders", "7", "--url", told.out.strip(), env=env)
    assert reset.code == 0, reset.err
    assert ttdb("local", "start", env=env).out.count("7 orders among them") == 1

    refused = ttdb("local", "start", "--scenario", "demo", env=env)
    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        'error: server "default" stands already, with --scenario minimal, not demo',
    )
    assert ttdb("local", "remove", "default", env=env).code == 0


def test_scenarios_that_stand_beside_each_other_are_told_in_any_folder(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, mine = environment(home), tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\nextends = "minimal"\nseed = 77\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert ttdb("local", "start", "--orders", "5", env=env).code == 0
    added = ttdb("seed", "mine.toml", "--append", "--orders", "4", env=env)
    assert added.code == 0, added.err
    monkeypatch.chdir(tmp_path.parent)

    (server,) = json.loads(ttdb("local", "list", "--format", "json", env=env).out)["servers"]
    assert (server["scenario"], server["beside"]) == (str(mine), ["minimal"])
    assert f"{mine}, minimal" in ttdb("local", "list", env=env).out
    assert "\nRows of minimal stand beside them.\n" in ttdb("local", "start", env=env).out
    for named in ("minimal", os.path.relpath(mine, Path.cwd())):
        assert ttdb("local", "start", "--scenario", named, env=env).code == 0
    grown = ttdb("seed", "--append", "--orders", "6", env=env)
    assert (grown.code, f'scenario "{mine}"' in grown.out) == (0, True)
    assert ttdb("seed", "--reset", env=env).code == 0
    assert json.loads(ttdb("local", "list", "--format", "json", env=env).out)["servers"][0]["beside"] == []


def test_first_start_on_a_port_that_is_taken_makes_nothing(home: Settings) -> None:
    env = environment(home)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        refused = ttdb("local", "start", "--port", port, env=env)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"error: port {port} is taken by another program\n")
    assert json.loads(ttdb("local", "list", "--format", "json", env=env).out)["servers"] == []


def test_server_named_as_a_scenario_and_left_empty_says_how_it_is_seeded(home: Settings) -> None:
    env = environment(home)
    started = ttdb("local", "start", "demo", "--orders", "3", env=env)
    assert 'note: "demo" is the name of the server: --scenario demo would seed it with that\n' in started.err
    assert 'It holds scenario "minimal"' in started.out


def test_scenario_of_no_name_is_refused(home: Settings) -> None:
    refused = ttdb("local", "start", "--scenario", "", env=environment(home))
    assert (refused.code, refused.err.splitlines()[0]) == (2, 'error: unknown scenario ""')
    assert soon(place.home(home)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_first_start_that_is_ended_leaves_nothing(home: Settings, number: signal.Signals) -> None:
    with running(environment(home)) as program:
        assert program.stderr
        for line in program.stderr:
            if line.startswith("engine_0001"):
                break
        os.killpg(program.pid, number)  # what Ctrl-C does: the whole group
        program.wait(90)

    assert [name for name in soon(place.home(home)) if not name.endswith(".lock")] == []
    assert place.known(home) == []


def test_two_starts_at_once_are_one(home: Settings, small: Server) -> None:
    with ThreadPoolExecutor() as pool:
        ended = [pool.submit(ttdb, "local", "start", "small", env=environment(home)) for _ in range(2)]
    first, second = (each.result() for each in ended)

    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out
    assert notes(small) == ["first"]


def test_crash_is_recovered_by_the_next_start(home: Settings, small: Server) -> None:
    control.start(home, small)
    with connect(small.url()) as connection:
        connection.execute("set synchronous_commit = on")
        connection.execute("insert into notes values ('second')")
    pid = control.process(small)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(small)

    started = local.start(home, "small", local.Wanted(), say=quiet, on_event=lambda _event: None)

    assert not started.new
    assert notes(small) == ["first", "second"]


def test_pid_file_that_names_another_program_is_stale(home: Settings, small: Server) -> None:
    user = users.service_user()
    with subprocess.Popen(["sleep", "60"], user=user.uid if user else None) as stranger:
        try:
            port = small.record().port
            (small.data / "postmaster.pid").write_text(f"{stranger.pid}\n{small.data}\n0\n{port}\n", encoding="utf-8")

            assert control.process(small) is None
            control.start(home, small)
            assert notes(small) == ["first"]
        finally:
            stranger.kill()


def test_port_that_is_taken_by_now(home: Settings, small: Server) -> None:
    port = small.record().port
    with socket.create_server((place.HOST, port)):
        with pytest.raises(LocalServerFailed, match=f"port {port} is taken by another program"):
            control.start(home, small, port)
        control.start(home, small)
        assert small.record().port != port
        assert notes(small) == ["first"]


def test_data_of_another_version_is_said(home: Settings, small: Server) -> None:
    version = small.data / "PG_VERSION"
    made = int(version.read_text(encoding="utf-8"))
    version.write_text(f"{made - 1}\n", encoding="utf-8")

    ended = ttdb("local", "start", "small", env=environment(home))

    version.write_text(f"{made}\n", encoding="utf-8")
    assert ended.code == 2
    assert f'server "small" holds data of PostgreSQL {made - 1}, and ' in ended.err
    assert "ttdb local remove small and ttdb local start small" in ended.err


def test_password_is_in_one_file_of_ours_and_in_no_output(home: Settings, small: Server) -> None:
    ended = ttdb("local", "start", "small", env=environment(home))
    password = small.url().part("password")

    assert password
    assert stat.S_IMODE(small.pgpass.stat().st_mode) == 0o600
    assert password not in ended.out + ended.err + small.log.read_text(encoding="utf-8")
    pid = control.process(small)
    assert (
        password not in subprocess.run(["ps", "-ww", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    )
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect(small.url().with_parts(password="wrong"))  # noqa: S106 - it is nobody's


def test_server_listens_on_loopback_only(home: Settings, small: Server) -> None:
    control.start(home, small)

    with connect(small.url()) as connection:
        assert scalar(connection, "show listen_addresses") == "127.0.0.1"
        assert scalar(connection, "show unix_socket_directories") == ""
        assert scalar(connection, "show fsync") == "on"


def test_snapshot_brings_back_rows_and_roles(home: Settings, small: Server) -> None:
    control.start(home, small)
    with connect(small.url()) as connection:
        connection.execute("create role before_it")
    assert snapshots.create(home, small, "clean")
    with connect(small.url()) as connection:
        connection.execute("insert into notes values ('second')")
        connection.execute("drop role before_it")
        connection.execute("create role after_it")

    ended = ttdb("local", "snapshot", "restore", "--server", "small", env=environment(home))

    assert (ended.code, ended.err) == (0, 'server "small" is as it was in snapshot "clean"; it runs again\n')
    assert notes(small) == ["first"]
    with connect(small.url()) as connection:
        found = connection.execute("select rolname from pg_roles where rolname like '%_it'").fetchall()
    assert found == [("before_it",)]
    assert [each.name for each in snapshots.listed(small)] == ["clean"]


def test_snapshot_of_a_stopped_server_leaves_it_stopped(home: Settings, small: Server) -> None:
    assert not snapshots.create(home, small, "clean")
    assert control.process(small) is None


def test_snapshots_are_refused_by_name(home: Settings, small: Server) -> None:
    snapshots.create(home, small, "clean")

    with pytest.raises(UsageError, match='has a snapshot "clean" already'):
        snapshots.create(home, small, "clean")
    with pytest.raises(UsageError, match='has no snapshot "celan"') as refused:
        snapshots.restore(home, small, "celan")
    assert refused.value.hint == "There are: clean."
    with pytest.raises(UsageError, match="cannot be a snapshot's name"):
        snapshots.create(home, small, "../clean")
    snapshots.delete(small, "clean")
    assert snapshots.listed(small) == []


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        ([("current", "replaced")], "restored"),  # killed before the copy took its place
        ([("current", "replaced"), ("restoring", "current")], "restored"),  # killed before the old was removed
        ([], "present"),  # killed before anything was moved
    ],
)
def test_restore_that_was_killed_is_put_right(
    home: Settings, small: Server, moved: list[tuple[str, str]], text: str
) -> None:
    place.copied(small.current, small.folder / "restoring")
    (small.current / "mark").write_text("present", encoding="utf-8")
    (small.folder / "restoring" / "mark").write_text("restored", encoding="utf-8")
    (small.folder / "another.partial").mkdir()
    for source, target in moved:
        (small.folder / source).rename(small.folder / target)

    with place.locked(home, "small", quiet):
        pass

    assert (small.current / "mark").read_text(encoding="utf-8") == text
    assert sorted(each.name for each in small.folder.iterdir()) == ["current", "log", "pgpass", "server.json"]
    control.start(home, small)
    assert notes(small) == ["first"]


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("stop",), 'there is no local server "default"', "Start one: ttdb local start"),
        (("url", "mine"), 'there is no local server "mine"', "Start one: ttdb local start mine"),
        (("remove", "mine"), 'there is no local server "mine"', "Start one: ttdb local start mine"),
        (("start", "No/Name"), '"No/Name" cannot be a name here', "Use lower-case letters"),
        (("start", "--throwaway", "docker"), 'a server of provider "docker" cannot be kept', "Choose from auto, "),
        (("start", "--scenario", "nonesuch"), 'unknown scenario "nonesuch"', None),
    ],
)
def test_mistake_is_named_and_leaves_nothing(
    home: Settings, arguments: tuple[str, ...], error: str, hint: str | None
) -> None:
    ended = ttdb("local", *arguments, env=environment(home))

    assert (ended.code, ended.out) == (2, "")
    assert f"error: {error}" in ended.err
    assert hint is None or f"hint: {hint}" in ended.err
    assert "making server" not in ended.err
    assert place.known(home) == []


def test_stopped_server_is_said(home: Settings, small: Server) -> None:
    ended = ttdb("local", "shell", small.name, env=environment(home))

    assert (ended.code, ended.err) == (
        2,
        'error: local server "small" does not run\nhint: Start it: ttdb local start small\n',
    )


def test_seed_without_a_database_names_both_ways(home: Settings) -> None:
    ended = ttdb("seed", env=environment(home))

    assert ended.code == 2
    assert ended.err == (
        "error: no database was given, and there is no local server\n"
        "hint: Start a server of your own: ttdb local start; or pass --url postgresql://USER@HOST:PORT/DATABASE.\n"
    )
