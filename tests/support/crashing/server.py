"""A server that a test stops, starts, fills up and cuts off; nothing of it is left, whatever happens to the test."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ttdb.config import Settings
from ttdb.postgres.persistent import control
from ttdb.postgres.throwaway.binaries import Binaries
from ttdb.postgres.throwaway.cluster import cluster
from ttdb.postgres.throwaway.keeper import command_line
from ttdb.postgres.url import Url

# Programs under test come by an address of their own, which can be cut off; writers by the usual one.
_OWN_ADDRESS = "127.0.0.77"
_MARK = "ttdb-crash"
_ROOM = "400m"
_SETTINGS = {
    "unix_socket_directories": "",
    "fsync": "off",  # the operating system lives on
    "synchronous_commit": "on",
    "max_wal_size": "64MB",
    "timezone": "UTC",
    "jit": "off",
    "password_encryption": "scram-sha-256",
}


@dataclass
class Server:
    """A running server; ``url`` is the superuser's."""

    binaries: Binaries
    place: Path
    url: Url
    own_room: bool  # whether its files have a room of their own, that can be filled

    @property
    def through_cut(self) -> dict[str, str]:
        """Return where programs under test connect to."""
        return {"host": _OWN_ADDRESS, "hostaddr": _OWN_ADDRESS}

    def start(self) -> None:
        """Start it, and wait until it is up."""
        options = {"listen_addresses": f"127.0.0.1,{_OWN_ADDRESS}", "port": self.url.part("port"), **_SETTINGS}
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._pg_ctl("start", f"--log={self.place}/data/log", f"--options={given}")

    def stop(self, mode: str) -> None:
        """Stop it: ``fast``, or ``immediate`` as if the power failed."""
        self._pg_ctl("stop", f"--mode={mode}")

    def ensure_running(self) -> None:
        """Start it again where it went down; where it is recovering by itself, wait for that."""
        deadline = time.monotonic() + 60
        while True:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url.conninfo, connect_timeout=5).close()
                return
            assert time.monotonic() < deadline, self.log()
            pid_file = self.place / "data" / "postmaster.pid"
            if not pid_file.exists() or not command_line_of(pid_file):
                pid_file.unlink(missing_ok=True)
                self.start()
            time.sleep(0.05)

    def log(self) -> str:
        """Return the end of what it said."""
        return (self.place / "data" / "log").read_text(encoding="utf-8", errors="replace")[-3000:]

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Drop every packet from and to the programs under test: neither side hears of the other, not even its end."""
        port = str(self.url.part("port"))
        rules = [["-d", _OWN_ADDRESS, "-p", "tcp", "--dport", port], ["-s", _OWN_ADDRESS, "-p", "tcp", "--sport", port]]
        comment = ["-m", "comment", "--comment", f"{_MARK}-{os.getpid()}"]
        try:
            for rule in rules:
                _run(["iptables", "-w", "-I", "INPUT", *rule, *comment, "-j", "DROP"])
            yield
        finally:
            for rule in rules:
                _try(["iptables", "-w", "-D", "INPUT", *rule, *comment, "-j", "DROP"])

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no byte of room for its files."""
        ballast = self.place / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                _take_all_room(file.fileno())
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def _pg_ctl(self, *arguments: str) -> None:
        done = control.run(self.binaries, "pg_ctl", [*arguments, f"--pgdata={self.place}/data", "--wait", "--silent"])
        assert done.returncode == 0, f"{done.stderr}{done.stdout}\n{self.log()}"


def _take_all_room(descriptor: int) -> None:
    """Make a file as large as there is room for: most at once, and the rest, which others take of too, page by page."""
    for spared in (2**18, 2**20, 2**22, 2**24):
        left = os.fstatvfs(descriptor)
        with suppress(OSError):
            os.posix_fallocate(descriptor, 0, left.f_bavail * left.f_frsize - spared)
            break
    os.lseek(descriptor, 0, os.SEEK_END)
    with suppress(OSError):
        while True:
            os.write(descriptor, bytes(4096))


def command_line_of(pid_file: Path) -> str:
    """Return the command line of the process that a pid file names, if it is there."""
    with suppress(OSError, ValueError, IndexError):
        return command_line(int(pid_file.read_text(encoding="utf-8").split()[0]))
    return ""


@contextmanager
def server(settings: Settings) -> Iterator[Server]:
    """Start one, in a room of its own where this machine allows it."""
    _sweep()
    provider = settings.throwaway if settings.throwaway in control.FINDERS else "embedded"
    binaries = control.found_binaries(settings, provider)
    with _room(settings) as (folder, own_room), cluster(binaries, folder) as running:
        made = Server(binaries, Path(running.place), running.url, own_room)
        made.stop("fast")  # its keeper still removes the files
        try:
            made.start()
            yield made
        finally:
            with suppress(AssertionError):
                made.stop("immediate")


def can_cut() -> bool:
    """Tell whether packets can be dropped here."""
    return os.geteuid() == 0 and shutil.which("iptables") is not None and _try(["iptables", "-w", "-S", "INPUT"])


@contextmanager
def _room(settings: Settings) -> Iterator[tuple[str | None, bool]]:
    folder = Path(tempfile.mkdtemp(prefix=f"{_MARK}-", dir="/tmp"))
    folder.chmod(0o711)
    name = f"{_MARK}-{os.getpid()}"
    mounted = os.geteuid() == 0 and _try(["mount", "-t", "tmpfs", "-o", f"size={_ROOM},mode=0711", name, str(folder)])
    try:
        yield (str(folder), True) if mounted else (settings.throwaway_folder, False)
    finally:
        if mounted and not _try(["umount", str(folder)]):
            _try(["umount", "--lazy", str(folder)])
        folder.rmdir()


def _sweep() -> None:
    """Remove what a test that was killed left behind."""
    if os.geteuid() != 0:
        return
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        name, folder, *_ = line.split(" ")
        if _orphaned(name):
            _try(["umount", "--lazy", folder])
            with suppress(OSError):
                Path(folder).rmdir()
    if can_cut():
        for rule in _said(["iptables", "-w", "-S", "INPUT"]).splitlines():
            words = rule.replace('"', "").split()
            if any(_orphaned(word) for word in words):
                _try(["iptables", "-w", "-D", *words[1:]])


def _orphaned(name: str) -> bool:
    mark, _, pid = name.rpartition("-")
    return mark == _MARK and pid.isdigit() and not Path(f"/proc/{pid}").exists()


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _try(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
