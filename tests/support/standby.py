"""A streaming standby of a server of the test's own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from support.databases import connect
from ttdb.config import Settings
from ttdb.postgres.connect import scalar
from ttdb.postgres.throwaway import Throwaway, local, users
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url


@contextmanager
def standby_of(primary: Throwaway, settings: Settings) -> Iterator[Url]:
    """Return a streaming replica's database, made of a throwaway by pg_basebackup; it ends with the block."""
    folder, port, user = Path(tempfile.mkdtemp(prefix="ttdb-standby-")), _port(), users.service_user()
    environment = {**os.environ, "PGPASSWORD": primary.url.part("password") or ""}
    data = folder / "data"
    source = primary.url.with_parts(password=None).conninfo
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
            url = primary.url.with_parts(port=port)
            _wait_for(url, primary.url)
            yield url
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder)


def _bin(settings: Settings) -> Path:
    return local.find(settings).folder if settings.throwaway == "local" else bin_folder()


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(url: Url, primary: Url) -> None:
    """Wait until the standby answers and has all that the primary had written by now."""
    with connect(primary) as connection:
        written = scalar(connection, "select pg_current_wal_lsn()::text")
    for _ in range(300):
        with suppress(psycopg.OperationalError), connect(url) as connection:
            if scalar(connection, "select pg_is_in_recovery() and pg_last_wal_replay_lsn() >= %s::pg_lsn", (written,)):
                return
        time.sleep(0.1)
    message = "the standby did not start"
    raise AssertionError(message)
