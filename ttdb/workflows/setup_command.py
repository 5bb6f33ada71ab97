"""Run a team's own setup command against an empty database of ours: its migrations, and what rows it wants."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from psycopg import pq

from ttdb.errors import SetupFailed
from ttdb.postgres.connect import connect, scalar
from ttdb.postgres.url import Url
from ttdb.secrets import masked

ADDRESSES = ("TTDB_DATABASE_URL", "DATABASE_URL")  # variables that hold the whole address; PG* hold its parts
_PARTS = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
_FILES = ("PGSERVICEFILE", "PGSYSCONFDIR")  # could name a service, and so another server
_ADDRESS = f"{' or '.join(ADDRESSES)}, or PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE"
_MEND = f"Run it by hand against an empty database to mend it; ttdb gives it the address in {_ADDRESS}."
_LEAD = f"Have it connect to {_ADDRESS}: what it did, it did elsewhere."
_LAST_LINES, _LAST_BYTES = 20, 65536
_PATIENCE_S = 5
_TABLES = """
select pg_catalog.count(*)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema'
    and n.nspname not like 'pg\\_%'
"""


def run_setup(
    command: str, url: Url, *, cwd: Path | None = None, here: bool = False, say: Callable[[str], None]
) -> None:
    """Run a shell command whose environment leads to a database, and make sure that it made something there.

    Args:
        command: run by ``sh -c``; nothing that it started is left when it ends or is interrupted.
        url: an empty database.
        cwd: where to run it; default the current folder.
        here: the command belongs to the environment of this interpreter, activated or not: its programs come first.
        say: is told what is run.

    Raises:
        SetupFailed: it exited with another code than 0, or the database is still empty.

    """
    shown = masked(command)
    say(f"running the setup command: {shown}")
    with tempfile.TemporaryFile() as output:
        code = _run(command, {**environment_for(url), **(_own_path() if here else {})}, cwd, output)
        words = _last_lines(output, url)
    if code != 0:
        raise SetupFailed(f"the setup command {_ended(code)}: {shown}{words}", _MEND)
    with connect(url, application="ttdb setup") as connection:
        if not scalar(connection, _TABLES):
            raise SetupFailed(f"the setup command succeeded but made no table in the throwaway: {shown}{words}", _LEAD)


def environment_for(url: Url) -> dict[str, str]:
    """Return this process's environment, in which every variable that could lead to a database leads to this one."""
    leading = {option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    leading |= {*ADDRESSES, *_FILES}
    kept = {name: value for name, value in os.environ.items() if name not in leading}
    return kept | _addresses(url)


def _own_path() -> dict[str, str]:
    """Return the search path of programs, with those of this interpreter's environment before all others."""
    own = str(Path(sys.executable).parent)
    return {"PATH": os.pathsep.join(dict.fromkeys([own, *os.environ.get("PATH", os.defpath).split(os.pathsep)]))}


def plain_uri(url: Url) -> str:
    """Return the address, password included, as drivers of any language take it: without libpq's own parameters."""
    return Url("").with_parts(**{part: url.part(part) for part in _PARTS.values()}).uri()


def _addresses(url: Url) -> dict[str, str]:
    parts = {name: url.part(part) for name, part in _PARTS.items()}
    found = {name: value for name, value in parts.items() if value}
    return {**found, "PGSSLMODE": url.part("sslmode") or "prefer", **dict.fromkeys(ADDRESSES, plain_uri(url))}


def _run(command: str, environment: Mapping[str, str], cwd: Path | None, output: IO[bytes]) -> int:
    interrupts: list[int] = []  # that came while it started, when nobody could have ended it yet
    with _noted(interrupts):
        process = subprocess.Popen(  # noqa: S603 - running this command is what was asked for
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=cwd,
            start_new_session=True,  # so that all that it starts can be ended, and nothing asks the terminal
        )
    try:
        if interrupts:
            signal.raise_signal(signal.SIGINT)
        return process.wait()
    except BaseException:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
        raise
    finally:
        _signal(process, signal.SIGKILL)  # what it left in the background would hold the database
        process.wait()


@contextmanager
def _noted(interrupts: list[int]) -> Iterator[None]:
    """Note an interrupt instead of raising it; only the main thread has any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: interrupts.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _ended(code: int) -> str:
    return f"exited with {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"


def _last_lines(output: IO[bytes], url: Url) -> str:
    """Return the command's last lines, indented; what it prints may hold the address it was given."""
    end = output.seek(0, os.SEEK_END)
    output.seek(max(0, end - _LAST_BYTES))
    text = masked(output.read().decode("utf-8", errors="replace"))
    password = url.part("password")
    text = text.replace(password, "***") if password else text
    return "".join(f"\n    {line}" for line in text.rstrip().splitlines()[-_LAST_LINES:])
