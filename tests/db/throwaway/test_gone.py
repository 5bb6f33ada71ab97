"""A throwaway server is gone, whatever ended the program that asked for it."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ttdb.config import Settings
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.throwaway.base import Unavailable
from ttdb.postgres.throwaway.docker import need_engine_and_image

IMAGE = os.environ.get("TTDB_TEST_IMAGE", Settings().test_image)
HOLDER = Path(__file__).with_name("holder.py")
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")


@dataclass(frozen=True)
class Held:
    """A program that holds a server."""

    program: "subprocess.Popen[str]"
    place: str
    uid: int

    def server(self) -> int:
        """Return the server's process."""
        return int((Path(self.place) / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


@contextmanager
def held(provider: str, prefix: Sequence[str] = ()) -> Iterator[Held]:
    """Run the holder in a session of its own, as a terminal would."""
    command = [*prefix, sys.executable, str(HOLDER), provider, IMAGE]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, "HOME": "/nonexistent"} if prefix else None,
    ) as program:
        try:
            assert program.stdout
            said = json.loads(program.stdout.readline())
            yield Held(program, said["place"], said["uid"])
        finally:
            program.kill()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def soon(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def fail(held: Held) -> None:
    assert held.program.stdin
    held.program.stdin.write("fail\n")
    held.program.stdin.flush()


def interrupt(held: Held) -> None:
    os.killpg(held.program.pid, signal.SIGINT)  # what Ctrl-C does: the whole group


def terminate(held: Held) -> None:
    held.program.terminate()


def kill(held: Held) -> None:
    held.program.kill()


ENDINGS = (fail, interrupt, terminate, kill)


@pytest.fixture
def docker_ready() -> None:
    try:
        need_engine_and_image(Settings(test_image=IMAGE), lambda _text: None)
    except Unavailable as error:
        pytest.skip(f"docker: {error.message}")


def containers(name: str) -> list[str]:
    from docker import from_env  # noqa: PLC0415 - not everywhere needed

    engine = from_env()
    try:
        return [found["Id"] for found in engine.api.containers(all=True, filters={"name": name})]
    finally:
        engine.close()


@pytest.mark.parametrize("end", ENDINGS)
def test_server_and_folder_are_gone_after(end: Callable[[Held], None]) -> None:
    with held("embedded") as holder:
        server = holder.server()
        keeper = parent(server)
        assert runs(server)
        end(holder)
        holder.program.wait(10)
    assert soon(lambda: not runs(server) and not runs(keeper))
    assert soon(lambda: not Path(holder.place).exists())


@pytest.mark.usefixtures("docker_ready")
def test_container_is_gone_after_each_ending() -> None:
    """All at once: most of a container's start is waiting."""

    def gone_after(end: Callable[[Held], None]) -> tuple[str, bool, bool]:
        with held("docker") as holder:
            stood = bool(containers(holder.place))
            end(holder)
            holder.program.wait(10)
        return end.__name__, stood, soon(lambda: not containers(holder.place))

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(gone_after, ENDINGS))
    assert found == [(end.__name__, True, True) for end in ENDINGS]


def test_block_that_ends_leaves_nothing() -> None:
    with throwaway(Settings(), provider="embedded") as server:
        pid = int((Path(server.place) / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    assert not runs(pid)
    assert not Path(server.place).exists()


def test_killed_keeper_takes_its_server_along_and_the_asker_removes_the_folder() -> None:
    with throwaway(Settings(), provider="embedded") as server:
        pid = int((Path(server.place) / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(parent(pid), signal.SIGKILL)
        assert soon(lambda: not runs(pid))
    assert not Path(server.place).exists()


def test_folder_of_a_killed_asker_and_keeper_is_swept_by_the_next_start() -> None:
    with held("embedded") as holder:
        server = holder.server()
        os.kill(parent(server), signal.SIGKILL)
        kill(holder)
    assert soon(lambda: not runs(server))
    assert Path(holder.place).exists()
    with throwaway(Settings(), provider="embedded"):
        assert soon(lambda: not Path(holder.place).exists())


@pytest.mark.usefixtures("docker_ready")
def test_container_of_a_killed_asker_and_keeper_is_swept_by_the_next_start() -> None:
    with held("docker") as holder:
        for found in Path("/proc").glob("[0-9]*"):
            if runs(int(found.name)) and parent(int(found.name)) == holder.program.pid:
                os.kill(int(found.name), signal.SIGKILL)
        kill(holder)
    assert containers(holder.place)
    with throwaway(Settings(test_image=IMAGE), provider="docker"):
        assert soon(lambda: not containers(holder.place))


def test_next_start_leaves_a_living_server_alone() -> None:
    with throwaway(Settings(), provider="embedded") as first, throwaway(Settings(), provider="embedded"):
        time.sleep(0.3)  # the second keeper looks for orphans once its server is up
        assert (Path(first.place) / "data" / "postmaster.pid").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_ordinary_user_runs_the_server_as_himself() -> None:
    user = pwd.getpwnam("nobody")
    # The capability lets him read this interpreter, which may be installed under root's home; he is no root for that.
    # The bit lets it count in access(2) too, by which initdb looks for postgres.
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    prefix += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup"]
    with held("embedded", prefix) as holder:
        server = holder.server()
        assert holder.uid == user.pw_uid
        assert {Path(f"/proc/{server}").stat().st_uid, Path(holder.place).stat().st_uid} == {user.pw_uid}
        kill(holder)
    assert soon(lambda: not runs(server) and not Path(holder.place).exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")
def test_root_runs_the_server_as_an_unprivileged_user() -> None:
    with throwaway(Settings(), provider="embedded") as server:
        data = (Path(server.place) / "data").stat()
        assert data.st_uid != 0
        assert data.st_mode & 0o777 == 0o700
        assert Path(server.place).stat().st_mode & 0o777 == 0o711
        assert not (Path(server.place) / "password").exists()
