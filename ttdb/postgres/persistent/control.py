"""Start and stop a persistent server by pg_ctl, as the user that it runs as."""

import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ttdb.config import Settings
from ttdb.errors import LocalServerFailed
from ttdb.postgres.persistent.place import HOST, Server, known
from ttdb.postgres.throwaway import embedded, local, users
from ttdb.postgres.throwaway.base import SERVER_SETTINGS, Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.throwaway.keeper import command_line

FINDERS = {"embedded": embedded.find, "local": local.find}
_FIRST_PORT, _LAST_PORT = 54320, 54399
_ATTEMPTS, _PAUSE_S = 5, 0.5
_TAKEN = "could not create any TCP/IP sockets"
_STILL_ENDING = "pre-existing shared memory block"  # the children of a killed server see it within moments
_TIMEOUT_S = 120
_LOG_MOST = 10_000_000  # bytes


def found_binaries(settings: Settings, provider: str) -> Binaries:
    """Return a provider's binaries, pg_ctl among them.

    Raises:
        Unavailable: there are none.

    """
    found = FINDERS[provider](settings)
    if not (found.folder / "pg_ctl").is_file():
        raise Unavailable(f"{found.folder} holds no pg_ctl", "Install the server's package whole.")
    return found


def binaries_of(settings: Settings, server: Server) -> Binaries:
    """Return binaries that can run what a server's data is.

    Raises:
        LocalServerFailed: there are none of the data's version; the message names both.

    """
    record = server.record()
    wanted = int((server.data / "PG_VERSION").read_text(encoding="utf-8").strip())
    try:
        found = _recorded(record.provider, record.bin) or found_binaries(settings, record.provider)
    except Unavailable as error:
        message = f'the binaries of server "{server.name}" are gone: {error.message}'
        raise LocalServerFailed(message, f"Bring back PostgreSQL {wanted}; or {_anew(server)}.") from error
    if found.major == wanted:
        return found
    message = (
        f'server "{server.name}" holds data of PostgreSQL {wanted}, and {found.folder} is PostgreSQL {found.major}'
    )
    ways = f"dump it with the PostgreSQL {wanted} that made it, or {_anew(server)}: seeds make the same rows again"
    raise LocalServerFailed(message, f"{ways[0].upper()}{ways[1:]}.")


def _recorded(provider: str, folder: str) -> Binaries | None:
    """Return the binaries that made it where they are this machine's own; the wheel's are found anew."""
    if provider == "local":
        with suppress(Unavailable):
            return inspect(Path(folder))
    return None


def _anew(server: Server) -> str:
    return f"ttdb local remove {server.name} and ttdb local start {server.name}"


def process(server: Server) -> int | None:
    """Return the server's process, or None: what stands in its pid file may be long dead, and the number another's."""
    with suppress(OSError, ValueError, IndexError):
        pid = int((server.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        if str(server.data) in command_line(pid):
            return pid
    return None


def start(settings: Settings, server: Server, port: int | None = None) -> None:
    """Start a server, on its own port or on the one asked for; on another when its own is taken by now.

    Raises:
        LocalServerFailed: it does not start.

    """
    binaries = binaries_of(settings, server)
    record = server.record()
    if process(server) is None:
        (server.data / "postmaster.pid").unlink(missing_ok=True)
    if server.log.exists() and server.log.stat().st_size > _LOG_MOST:
        os.truncate(server.log, 0)
    said = ""
    for attempt in range(_ATTEMPTS):
        wanted = port or (record.port if not attempt and _is_free(record.port) else free_port(settings))
        server.write(replace(record, port=wanted, bin=str(binaries.folder), version=binaries.version))
        before = server.log.stat().st_size if server.log.exists() else 0
        done = _pg_ctl(binaries, server, "start", f"--log={server.log}", f"--options={_options(wanted)}")
        if done.returncode == 0:
            return
        said = _said(server, before) or (done.stderr or done.stdout)
        if port and _TAKEN in said:
            raise _taken(port)
        if _TAKEN not in said and _STILL_ENDING not in said:
            break
        time.sleep(_PAUSE_S)
    raise LocalServerFailed(f'server "{server.name}" does not start: {_telling(said)}', f"See {server.log}.")


def stop(settings: Settings, server: Server) -> bool:
    """Stop a server, ending its sessions, and return whether it ran.

    Raises:
        LocalServerFailed: it does not stop.

    """
    if process(server) is None:
        return False
    done = _pg_ctl(binaries_of(settings, server), server, "stop", "--mode=fast", "--silent")
    if done.returncode and process(server) is not None:
        raise LocalServerFailed(f'server "{server.name}" does not stop: {_telling(done.stderr)}', f"See {server.log}.")
    return True


def run(binaries: Binaries, program: str, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run one of the server's programs as the user that the server runs as."""
    user = users.service_user()
    return subprocess.run(  # noqa: S603 - the binaries are those that were chosen
        [str(binaries.folder / program), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S + 30,
        cwd="/",
        env=binaries.environment,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=user.groups if user else None,
        umask=0o077,
    )


def handed_over(path: Path) -> None:
    """Give a file to the user that the server runs as."""
    user = users.service_user()
    if user:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def free_port(settings: Settings) -> int:
    """Return a port that nobody listens at and no server of ours has, the same on a quiet machine.

    Raises:
        LocalServerFailed: all are taken.

    """
    ours = {each.record().port for each in known(settings)}
    found = next((port for port in range(_FIRST_PORT, _LAST_PORT) if port not in ours and _is_free(port)), None)
    if found is None:
        message = f"every port from {_FIRST_PORT} to {_LAST_PORT} is taken"
        raise LocalServerFailed(message, "Choose one with --port.")
    return found


def refuse_taken(port: int) -> None:
    """Refuse a port that somebody listens at.

    Raises:
        LocalServerFailed: somebody does.

    """
    if not _is_free(port):
        raise _taken(port)


def _taken(port: int) -> LocalServerFailed:
    return LocalServerFailed(f"port {port} is taken by another program", "Choose another --port, or leave it out.")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False


def settings_of_its_own() -> dict[str, str]:
    """Return the settings that a new server gets: the user may change them by ALTER SYSTEM."""
    # A throwaway's, but the data is to outlive a crash of the machine; its last few commits need not.
    return {name: value for name, value in SERVER_SETTINGS.items() if name not in ("fsync", "full_page_writes")}


def _options(port: int) -> str:
    """Return what the server is given at every start, whatever its configuration says: where it listens."""
    own = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": ""}
    return shlex.join(part for name, value in own.items() for part in ("-c", f"{name}={value}"))


def _pg_ctl(binaries: Binaries, server: Server, verb: str, *options: str) -> "subprocess.CompletedProcess[str]":
    arguments = [verb, f"--pgdata={server.data}", "--wait", f"--timeout={_TIMEOUT_S}", *options]
    try:
        return run(binaries, "pg_ctl", arguments)
    except (OSError, subprocess.SubprocessError) as error:
        message = f'pg_ctl {verb} of server "{server.name}" failed: {error}'
        raise LocalServerFailed(message, f"See {server.log}.") from error


def _said(server: Server, before: int) -> str:
    with suppress(OSError), server.log.open(encoding="utf-8", errors="replace") as file:
        file.seek(before)
        return file.read()
    return ""


def _telling(said: str) -> str:
    """Return, of a program's words, the first line that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|error:|could not", line)]
    return ((telling or lines) or ["it said nothing"])[0]
