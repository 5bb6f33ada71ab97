"""Keeps one throwaway server as long as the process that asked for it lives, then removes every trace.

Run as a program in a session of its own, so that no Ctrl-C or ``kill -9`` of the asker ends it too. Standard library
only: it starts in milliseconds. The asker writes one line of JSON to standard input; its end closes that pipe.
"""

import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

PREFIX = "ttdb-throwaway-"
CONTAINER = "container"  # a file in the folder of a container's keeper, holding the container's name
_PORT_ATTEMPTS = 10
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 10
_UNLOCKED_YET_S = 600  # a folder younger than this may be about to get its lock
_PR_SET_PDEATHSIG = 1
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Request = dict[str, Any]


class Abandoned(Exception):
    """Raised when the asker is gone, or somebody ends the keeper."""


class Failed(Exception):
    """Raised with what the asker is to be told, and below it a program's own words."""


class Lifeline:
    """The pipe from the asker, and on Linux the asker itself: a forked child may hold the pipe open after it."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(0, select.POLLIN | select.POLLHUP)
        self._received = b""
        self._asker = -1
        if sys.platform == "linux":
            with suppress(OSError):
                self._asker = os.pidfd_open(os.getppid())
                self._poll.register(self._asker, select.POLLIN)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for news from the asker; Abandoned is raised once it is gone."""
        for ready, _ in self._poll.poll(None if timeout_s is None else timeout_s * 1000):
            news = b"" if ready == self._asker else os.read(0, 65536)
            if not news:
                raise Abandoned
            self._received += news

    def hold(self) -> NoReturn:
        """Wait until the asker is gone."""
        while True:
            self.wait()

    def lines(self, at_least: int = 0) -> list[bytes]:
        """Return the lines that the asker has written, once there are enough."""
        while self._received.count(b"\n") < at_least:
            self.wait()
        return self._received.splitlines(keepends=True)


def serve(keep: "Callable[[Request, Path, Lifeline], None]") -> None:
    """Serve the asker's one request in a folder that is gone afterwards."""
    for number in _ENDINGS:
        signal.signal(number, _abandon)
    os.umask(0o077)
    try:
        lifeline = Lifeline()
        request: Request = json.loads(lifeline.lines(at_least=1)[0])
        with _folder(request) as folder:
            keep(request, folder, lifeline)
    except Abandoned:
        pass
    except (Failed, OSError, ValueError, KeyError, ImportError, subprocess.SubprocessError) as error:
        tell(error=str(error) or type(error).__name__)


def finish_undisturbed() -> None:
    """Let no further signal interrupt the removal."""
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _abandon(_number: int, _frame: object) -> None:
    raise Abandoned


def tell(**answer: object) -> None:
    """Answer the asker with one line of JSON."""
    with suppress(OSError):  # nobody listens any more
        os.write(1, json.dumps(answer).encode() + b"\n")


@contextmanager
def _folder(request: Request) -> Iterator[Path]:
    """Make the folder whose lock says that its keeper lives; the next keeper removes folders without."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=request["temporary"]))
    lock = os.open(folder / "lock.new", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "lock.new").rename(folder / "lock")  # so that nobody finds it before it is locked
        if request.get("user"):
            folder.chmod(0o711)  # the server's user has to reach its own folder in here, and may list nothing
        yield folder
    finally:
        finish_undisturbed()
        remove(folder)
        os.close(lock)


def remove(folder: Path) -> None:
    """Remove a folder, however busy."""
    for _ in range(100):  # a killed server's last children may still be writing
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.02)


def sweep(temporary: str, end: Callable[[Path], None]) -> None:
    """Remove what keepers that were killed left behind: only folders of this user, only without a living keeper."""
    for folder in Path(temporary).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and _orphaned(folder, found.st_mtime):
                end(folder)


def _orphaned(folder: Path, changed: float) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - changed > _UNLOCKED_YET_S
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _keep_server(request: Request, folder: Path, lifeline: Lifeline) -> None:
    data = folder / "data"
    data.mkdir(mode=0o700)
    _hand_over(data, request)
    _initialise(request, folder, lifeline)
    server, port = _start(request, folder, lifeline)
    try:
        tell(port=port, place=str(folder))
        sweep(request["temporary"], _end_server)
        lifeline.hold()
    finally:
        _stop(server)


def _initialise(request: Request, folder: Path, lifeline: Lifeline) -> None:
    secret = folder / "password"
    secret.write_text(request["password"] + "\n", encoding="utf-8")
    _hand_over(secret, request)
    command = [f"{request['bin']}/initdb", "-D", f"{folder}/data", "-U", request["superuser"], f"--pwfile={secret}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    for locale in ("C.UTF-8", "C"):  # the first is missing on some systems
        code, said = _run([*command, f"--locale={locale}"], request, folder, lifeline)
        if code == 0 or "invalid locale" not in said:
            break
    if code != 0:
        raise Failed(f"initdb failed\n{said}")
    secret.unlink()


def _hand_over(path: Path, request: Request) -> None:
    if request["user"]:
        os.chown(path, request["user"]["uid"], request["user"]["gid"])


def _run(command: list[str], request: Request, folder: Path, lifeline: Lifeline) -> tuple[int, str]:
    process = _spawn(command, request, folder / "log")
    try:
        while process.poll() is None:
            lifeline.wait(0.005)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # initdb's own children too
        process.wait()
        raise
    return process.returncode, _said(folder)


def _start(request: Request, folder: Path, lifeline: Lifeline) -> "tuple[subprocess.Popen[bytes], int]":
    said = ""
    for _ in range(_PORT_ATTEMPTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        server = _spawn(_server_command(request, folder, port), request, folder / "log")
        try:
            if _answers(server, folder / "data" / "postmaster.pid", lifeline):
                return server, port
        except BaseException:
            _stop(server)
            raise
        said = _said(folder)
        if "could not create any TCP/IP sockets" not in said:
            break  # else somebody took the port between our look and the server's
    raise Failed(f"postgres did not start\n{said}")


def _server_command(request: Request, folder: Path, port: int) -> list[str]:
    own = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "log_line_prefix": ""}
    options = [part for name, value in {**own, **request["settings"]}.items() for part in ("-c", f"{name}={value}")]
    return [f"{request['bin']}/postgres", "-D", f"{folder}/data", *options]


def _answers(server: "subprocess.Popen[bytes]", pid_file: Path, lifeline: Lifeline) -> bool:
    """Wait for our own server, not whoever answers at the port: it writes "ready" into its pid file."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while server.poll() is None:
        with suppress(FileNotFoundError):
            if pid_file.read_bytes().rstrip().endswith(b"ready"):
                return True
        lifeline.wait(0.005)
        if time.monotonic() > deadline:
            raise Failed(f"postgres was not ready within {_START_TIMEOUT_S} s")
    return False


def _spawn(command: list[str], request: Request, log: Path) -> "subprocess.Popen[bytes]":
    user = request["user"] or {}
    keeper = os.getpid()

    def die_with_keeper() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
            if os.getppid() != keeper:
                os._exit(1)

    with log.open("wb") as said:
        return subprocess.Popen(  # noqa: S603 - the binaries are those the asker chose
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=request["environment"],
            start_new_session=True,
            user=user.get("uid"),
            group=user.get("gid"),
            extra_groups=user.get("groups"),
            preexec_fn=die_with_keeper,  # noqa: PLW1509 - the keeper has one thread, and nothing else sets this
        )


def _stop(server: "subprocess.Popen[bytes]") -> None:
    finish_undisturbed()
    for number in (signal.SIGQUIT, signal.SIGKILL):  # SIGQUIT: at once, and its children with it
        server.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(_STOP_TIMEOUT_S)
            return


def _end_server(folder: Path) -> None:
    """Remove an orphan; where the kernel ends children with their parent, only its folder is left."""
    if (folder / CONTAINER).exists():
        return  # the next container's keeper removes it: that one can talk to the engine
    with suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        if f"{folder}/data" in command_line(pid):
            os.kill(pid, signal.SIGQUIT)
    remove(folder)


def command_line(pid: int) -> str:
    """Return a process's command line, as far as this user may see it."""
    if Path("/proc/self/cmdline").exists():
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    return subprocess.getoutput(f"ps -o command= -p {pid:d}")  # noqa: S605 - a number only


def _said(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    serve(_keep_server)
