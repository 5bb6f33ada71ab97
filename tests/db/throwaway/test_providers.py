"""Each provider starts the server that ttdb promises: real servers, real containers."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ttdb.config import Settings
from ttdb.errors import ThrowawayFailed
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.throwaway.base import SERVER_SETTINGS, Unavailable
from ttdb.postgres.throwaway.docker import need_engine_and_image
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.throwaway.local import find

# Read at import: the tests' environment is cleared of TTDB_* later.
IMAGE = os.environ.get("TTDB_TEST_IMAGE", Settings().test_image)
SETTINGS = Settings(test_image=IMAGE)
WANTED = {"full_page_writes": "on", "work_mem": "5MB"}  # one that throwaway servers set, and one they do not


def why_not(provider: str) -> str | None:
    """Say why a provider cannot be tested on this machine."""
    try:
        if provider == "docker":
            need_engine_and_image(SETTINGS, lambda _text: None)
        elif provider == "local":
            find(SETTINGS)
    except Unavailable as error:
        return f"{provider}: {error.message}"
    return None


@pytest.fixture(scope="module", params=["docker", "embedded", "local"])
def started(request: pytest.FixtureRequest) -> Iterator[tuple[Throwaway, set[str]]]:
    """Return a server, and every command line seen on the machine while it started."""
    if reason := why_not(request.param):
        pytest.skip(reason)
    with (
        _watched_command_lines() as seen,
        throwaway(SETTINGS, provider=request.param, server_settings=WANTED) as server,
    ):
        psycopg.connect(server.url.conninfo).close()
        yield server, seen


@contextmanager
def _watched_command_lines() -> Iterator[set[str]]:
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_text(encoding="utf-8", errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def test_server_is_as_promised(started: tuple[Throwaway, set[str]]) -> None:
    server, _ = started
    promised = {**SERVER_SETTINGS, **WANTED}
    names = [*promised, "server_encoding", "listen_addresses"]
    with psycopg.connect(server.url.conninfo) as session:
        shown = {name: session.execute("select current_setting(%s)", (name,)).fetchone() for name in names}
        row = session.execute(
            "select d.datcollate, r.rolsuper, r.rolpassword like 'SCRAM-SHA-256$%%', pg_catalog.lower('É'),"
            " current_database(), pg_catalog.inet_server_addr() is not null"
            " from pg_catalog.pg_database d, pg_catalog.pg_authid r"
            " where d.datname = current_database() and r.rolname = current_user and %s",
            (True,),
        ).fetchone()
    session.close()
    assert row is not None
    assert row[0] in {"C.UTF-8", "C"}
    assert row[1:] == (True, True, "é" if row[0] == "C.UTF-8" else "É", "postgres", True)
    assert shown["server_encoding"] == ("UTF8",)
    assert {name: shown[name] for name in promised} == {name: (value,) for name, value in promised.items()}


def test_server_is_reached_on_this_machine_only(started: tuple[Throwaway, set[str]]) -> None:
    server, _ = started
    port = f":{int(server.url.part('port') or 0):04X}"
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]
        if line.split()[1].endswith(port) and line.split()[3] == "0A"
    ]
    assert server.url.part("host") == "127.0.0.1"
    assert set(listening) <= {f"0100007F{port}"}


def test_wrong_password_is_refused(started: tuple[Throwaway, set[str]]) -> None:
    server, _ = started
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.with_parts(password="wrong").conninfo)  # noqa: S106 - wrong on purpose


def test_password_is_on_no_command_line(started: tuple[Throwaway, set[str]]) -> None:
    server, seen = started
    password = server.url.part("password")
    assert password
    assert len(password) >= 24
    assert seen
    assert not [line for line in seen if password in line]
    assert password not in repr(server)


def test_reason_says_that_it_was_asked_for(started: tuple[Throwaway, set[str]]) -> None:
    server, _ = started
    assert server.reason.endswith(f": {server.provider} was asked for")


def test_variables_meant_for_another_database_do_not_turn_sessions_elsewhere(
    started: tuple[Throwaway, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = started
    for name, value in {"PGHOSTADDR": "192.0.2.1", "PGSSLMODE": "verify-full", "PGDATABASE": "live"}.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect(server.url.conninfo) as session:
        assert session.info.dbname == "postgres"
    session.close()


def test_auto_takes_docker_when_it_has_the_image() -> None:
    if reason := why_not("docker"):
        pytest.skip(reason)
    with throwaway(SETTINGS) as server:
        assert (server.provider, server.reason) == ("docker", f"image {IMAGE}: an engine answers and has the image")


def test_auto_takes_embedded_and_says_why_when_no_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with throwaway(Settings()) as server:
        assert server.provider == "embedded"
        assert "docker: no engine answers" in server.reason


def test_image_that_cannot_be_had_is_given_up_with_its_name() -> None:
    if reason := why_not("docker"):
        pytest.skip(reason)
    settings = Settings(test_image="127.0.0.1:9/nowhere/postgres:0")
    with pytest.raises(ThrowawayFailed) as caught, throwaway(settings, provider="docker"):
        pass
    assert "the engine has no image 127.0.0.1:9/nowhere/postgres:0" in caught.value.message


@pytest.mark.parametrize(
    ("environment", "command", "words"),
    [({"POSTGRES_PASSWORD": "x"}, ["postgres", "--no"], "--no"), ({}, ["postgres"], "POSTGRES_PASSWORD")],
    ids=["bad option", "ends at once"],
)
def test_container_that_ends_is_given_up_with_its_last_words(
    environment: dict[str, str], command: list[str], words: str
) -> None:
    if reason := why_not("docker"):
        pytest.skip(reason)
    from ttdb.postgres.throwaway import engine  # noqa: PLC0415 - loads the docker library

    name = f"ttdb-test-{os.getpid()}"
    with engine.container(IMAGE, name, environment, command) as made:
        try:
            with pytest.raises(Unavailable, match=f"the container ended: .*{words}"):
                engine.reach(made, "x")
        finally:
            made.stop()


@pytest.fixture
def refusing_bin() -> Iterator[str]:
    """Return a folder with a postgres that is given a setting which does not exist."""
    real = bin_folder()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "initdb").symlink_to(real / "initdb")
        program = Path(folder) / "postgres"
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] || extra="-c nonsense=on"\nexec {real}/postgres "$@" $extra\n'
        )
        program.chmod(0o755)
        yield folder


def test_server_that_does_not_start_says_why(refusing_bin: str) -> None:
    with pytest.raises(ThrowawayFailed) as caught, throwaway(Settings(local_bin=refusing_bin), provider="local"):
        pass
    assert caught.value.message == (
        "no throwaway server could be started: local: postgres did not start: "
        'FATAL:  unrecognized configuration parameter "nonsense"'
    )


def test_embedded_folder_has_the_client_tools() -> None:
    assert {"initdb", "postgres", "pg_dump", "psql"} <= {path.name for path in bin_folder().iterdir()}
