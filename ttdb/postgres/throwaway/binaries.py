"""PostgreSQL binaries: what version a folder holds, and whether a server's user can run them."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ttdb.postgres.connect import NEWEST, OLDEST
from ttdb.postgres.throwaway import users
from ttdb.postgres.throwaway.base import Unavailable

# What a server needs of our environment; PG* variables would turn initdb and the server elsewhere.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb and postgres of one version."""

    folder: Path
    version: str
    major: int
    needs: Mapping[str, str] = field(default_factory=dict)  # variables they need besides the usual

    @property
    def environment(self) -> dict[str, str]:
        """The environment that they run in."""
        own = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**own, "LC_ALL": "C", "TZ": "UTC", **self.needs}

    @property
    def order(self) -> tuple[int, ...]:
        """What sorts versions: 9.10 after 9.9."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version))


def inspect(folder: Path) -> Binaries:
    """Return what a folder holds.

    Raises:
        Unavailable: no initdb and postgres that run here, an unsupported version, or a folder closed to the server.

    """
    missing = [name for name in ("initdb", "postgres") if not (folder / name).is_file()]
    if missing:
        raise Unavailable(f"{folder} holds no {' and no '.join(missing)}")
    try:
        command = [str(folder / "postgres"), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603 - asked for
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{folder}/postgres does not run here") from error
    found = _VERSION.search(said.stdout)
    if not found or not OLDEST <= int(found["major"]) <= NEWEST:
        raise Unavailable(f"{folder} holds {said.stdout.strip() or 'nothing known'}, not version {OLDEST} to {NEWEST}")
    user = users.service_user()
    if user and not all(users.enterable(folder / name) for name in ("initdb", "postgres")):
        raise Unavailable(f"{folder} cannot be entered by {user.name}, whom the server runs as because we are root")
    return Binaries(folder, found["version"], int(found["major"]))
