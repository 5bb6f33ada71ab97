"""A real PgBouncer before a server, as a test wants it configured."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from ttdb.postgres.throwaway import users
from ttdb.postgres.url import Url

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
MISSING = "there is no PgBouncer here: apt-get install pgbouncer"


@contextmanager
def pgbouncer(server: Url, mode: str, *, behind: str = "", **settings: str) -> Iterator[Url]:
    """Start a PgBouncer before a server; yield the address of the database behind it.

    Args:
        server: the database, with the login that the address yielded has.
        mode: session, transaction or statement.
        behind: what the pooler says to the server beyond its address, as another login.
        settings: what else the configuration says.

    """
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="ttdb-pooler-"))
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    login, password = str(server.part("user")), server.part("password") or ""
    (folder / "users.txt").write_text(f'"{login}" "{password}"\n')
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": folder / "users.txt",
        "pool_mode": mode,
        "default_pool_size": 4,
        "admin_users": login,
        **settings,
    }
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.part('host')} port={server.part('port')} {behind}\n\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    user = users.service_user()
    if user is not None:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user.name)
    log = (folder / "log").open("w")
    running = subprocess.Popen(
        [PROGRAM, folder / "pgbouncer.ini"],
        user=user.name if user is not None else None,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        url = server.with_parts(host="127.0.0.1", port=port)
        _wait_for(url, folder / "log")
        yield url
    finally:
        running.terminate()
        running.wait()
        log.close()
        shutil.rmtree(folder)


def _wait_for(url: Url, log: Path) -> None:
    for _ in range(100):
        with suppress(psycopg.OperationalError), psycopg.connect(url.conninfo):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
