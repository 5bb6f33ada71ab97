"""Throwaway servers from the PostgreSQL that this machine has."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ttdb.config import Settings
from ttdb.postgres.connect import NEWEST, OLDEST
from ttdb.postgres.throwaway.base import Running, Talk, Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.throwaway.cluster import cluster

FIX = "install postgresql-17, or set TTDB_LOCAL_BIN to a folder with initdb and postgres"
# Where packages put servers that are not on PATH: Debian, Red Hat, Homebrew.
_PACKAGED = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@contextmanager
def local(settings: Settings, on_talk: Talk, server_settings: Mapping[str, str]) -> Iterator[Running]:
    """Start a server from ``settings.local_bin``, else from the newest supported binaries found."""
    binaries = find(settings)
    on_talk(f"starting PostgreSQL {binaries.version} of {binaries.folder}")
    with cluster(binaries, settings.throwaway_folder, server_settings) as running:
        yield running


def find(settings: Settings) -> Binaries:
    """Return the binaries named by the settings, else the newest supported on this machine.

    Raises:
        Unavailable: none.

    """
    if settings.local_bin:
        return inspect(Path(settings.local_bin).expanduser().absolute())
    found, refused = [], []
    for folder in _candidates():
        try:
            found.append(inspect(folder))
        except Unavailable as error:
            refused.append(error.message)
    if found:
        return max(found, key=lambda binaries: binaries.order)
    raise Unavailable("; ".join(refused) or f"no initdb and postgres of version {OLDEST} to {NEWEST} were found")


def _candidates() -> list[Path]:
    """Return each folder that holds an initdb beside a postgres, links followed, once."""
    named = [Path(entry) for entry in os.get_exec_path()]
    packaged = [folder for pattern in _PACKAGED for folder in Path("/").glob(pattern)]
    folders = []
    for folder in (*named, *packaged, *_configured()):
        with suppress(OSError):
            real = (folder / "initdb").resolve().parent
            if (real / "initdb").is_file() and (real / "postgres").is_file() and real not in folders:
                folders.append(real)
    return folders


def _configured() -> list[Path]:
    program = shutil.which("pg_config")
    if not program:
        return []
    with suppress(OSError, subprocess.SubprocessError):
        command = [program, "--bindir"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603 - of PATH
        return [Path(said.stdout.strip())]
    return []
