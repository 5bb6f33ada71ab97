"""Start a keeper, ask it for a server, and let it go: the asker's side of keeper.py."""

import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ttdb.config import Settings
from ttdb.postgres.throwaway import users
from ttdb.postgres.throwaway.base import Unavailable

_GONE_TIMEOUT_S = 30
_ROOM = 2**30  # bytes: a server takes 60 MB, and each database of a test 10


class Keeper:
    """A running keeper; the pipe to it is what holds the server."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("a keeper is talked to through pipes")
        self._orders = process.stdin
        self._answers = process.stdout.fileno()
        self.place: str | None = None

    def answer(self, timeout_s: float) -> Mapping[str, Any]:
        """Wait for the keeper's one answer.

        Raises:
            Unavailable: it failed, or took too long.

        """
        said = b""
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], timeout_s)
            news = os.read(self._answers, 65536) if ready else b""
            if not news:
                raise Unavailable("its keeper ended without an answer" if ready else "its keeper did not answer")
            said += news
        answer: Mapping[str, Any] = json.loads(said)
        if "error" in answer:
            raise Unavailable(_brief(str(answer["error"])))
        self.place = str(answer["place"])
        return answer

    def write(self, line: bytes) -> None:
        """Tell the keeper something; that it has died shows soon enough."""
        with suppress(BrokenPipeError):
            self._orders.write(line)
            self._orders.flush()


def _brief(error: str) -> str:
    """Return what failed, and of the program's words below it the last line that says why."""
    what, *words = [line.strip() for line in error.splitlines() if line.strip()]
    telling = [line for line in words if any(sign in line for sign in ("FATAL", "PANIC", "error:", "cannot"))]
    return ": ".join([what, *(telling or words)[-1:]])


@contextmanager
def keeper(program: Sequence[str], request: Mapping[str, object], environment: Mapping[str, str]) -> Iterator[Keeper]:
    """Run a keeper with a request, and wait at the end until it has removed everything."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it must not hold a terminal or a pipe of ours open
        start_new_session=True,
        cwd="/",
        env=environment,
    )
    kept = Keeper(process)
    try:
        kept.write(json.dumps({"temporary": str(temporary()), **request}).encode() + b"\n")
        yield kept
    finally:
        _let_go(process)
        if kept.place and Path(kept.place).is_absolute():
            shutil.rmtree(kept.place, ignore_errors=True)  # still there only when somebody killed the keeper


def _let_go(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    try:
        process.wait(_GONE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def temporary(asked: str | None = None) -> Path:
    """Return the folder for servers' folders: one that the server's user can enter.

    Raises:
        Unavailable: the folder asked for cannot be used.

    """
    if asked is not None:
        return _usable(Path(asked).expanduser().absolute())
    places = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes what is used
    return next((place for place in places if os.geteuid() != 0 or users.enterable(place)), places[0])


def in_memory(settings: Settings, room: int = _ROOM) -> Settings:
    """Return settings for servers whose databases are small: their files are kept in memory.

    A server makes a thousand files before it answers, and a database three hundred more; on a disk that takes seconds.

    Args:
        settings: a folder that they name stays.
        room: bytes that have to be free there, else the files go where they would go without asking.

    """
    folder = Path("/dev/shm")  # noqa: S108 - mkdtemp makes what is used
    with suppress(OSError, Unavailable):
        if settings.throwaway_folder is None and shutil.disk_usage(folder).free >= room:
            return replace(settings, throwaway_folder=str(_usable(folder)))
    return settings


def _usable(folder: Path) -> Path:
    """Refuse a folder in which no server's folder can be made."""
    hint = "Name a folder in which this user may write, in throwaway_folder or TTDB_THROWAWAY_FOLDER."
    if not folder.is_dir():
        raise Unavailable(f"there is no folder {folder}", hint)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(f"the folder {folder} may not be written", hint)
    if os.geteuid() == 0 and not users.enterable(folder):
        raise Unavailable(f"the folder {folder} may not be entered by the server's user", hint)
    return folder
