"""On a standby the reads are tried, the rest is unproven, and nothing crashes."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.config import Settings
from ttdb.postgres.throwaway import Throwaway, local, users
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url


def _bin(settings: Settings) -> Path:
    return local.find(settings).folder if settings.throwaway == "local" else bin_folder()


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def standby_url(own_server: Throwaway, settings: Settings) -> Iterator[Url]:
    """Return a streaming replica's database, made of a throwaway by pg_basebackup."""
    here = Path(__file__).parent
    with connect(own_server.url) as connection:
        connection.execute((here / "example_roles.sql").read_bytes())
        connection.execute((here / "example.sql").read_bytes())
        connection.execute("reset role; alter table app.orders disable row level security")
    folder, port, user = Path(tempfile.mkdtemp(prefix="ttdb-standby-")), _port(), users.service_user()
    environment = {**os.environ, "PGPASSWORD": own_server.url.part("password") or ""}
    data = folder / "data"
    source = own_server.url.with_parts(password=None).conninfo
    try:
        subprocess.run(
            [_bin(settings) / "pg_basebackup", "-d", source, "-D", data, "-R", "-X", "stream", "-c", "fast"],
            env=environment,
            check=True,
            capture_output=True,
        )
        if user is not None:
            for path in (folder, data, *data.rglob("*")):
                shutil.chown(path, user.name)
        server = subprocess.Popen(
            [_bin(settings) / "postgres", "-D", data, "-p", str(port), "-c", "unix_socket_directories="],
            user=user.name if user is not None else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = own_server.url.with_parts(port=port)
            _wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(url: Url) -> None:
    for _ in range(300):
        with suppress(psycopg.OperationalError), connect(url) as connection:
            found = connection.execute(
                "select pg_is_in_recovery() and to_regclass('app.orders') is not null"
            ).fetchone()
            if found is not None and found[0]:
                return
        time.sleep(0.1)
    message = "the standby did not start"
    raise AssertionError(message)


def test_standby_is_read_and_the_rest_is_unproven(standby_url: Url) -> None:
    ended = ttdb("validate", "--url", standby_url.uri(), "--app-role", "example_app")

    assert "only reads were tried" in ended.err
    assert "app.orders" in ended.out
    assert ended.code == 1, ended.out + ended.err


def test_sound_standby_is_incomplete(standby_url: Url, own_server: Throwaway) -> None:
    with connect(own_server.url) as connection:
        connection.execute("alter table app.orders enable row level security")
    time.sleep(1)

    ended = ttdb(
        "validate", "--url", standby_url.uri(), "--app-role", "example_app", "--cross-tenant-role", "example_worker"
    )

    assert ended.code == 2, ended.out + ended.err
    assert "Traceback" not in ended.err
