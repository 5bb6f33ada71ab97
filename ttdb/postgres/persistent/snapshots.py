"""Snapshots of a persistent server: copies of its files, made and put back while it is stopped.

Files, not template databases: those leave behind what is not in a database (roles, memberships, passwords) and what a
database is given from outside (its grants and settings), and need every session gone just the same.
"""

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.model.local import LocalSnapshot
from ttdb.postgres.persistent import control
from ttdb.postgres.persistent.place import Server, copied, exchange

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def create(settings: Settings, server: Server, name: str) -> bool:
    """Copy a server's present, and return whether it ran; then it runs again.

    Raises:
        UsageError: there is one of this name, or it cannot be a name.

    """
    if not _NAME.fullmatch(name):
        raise UsageError(f'"{name}" cannot be a snapshot\'s name', "Use letters, digits, - and _; at most 40.")
    target = server.snapshots / name
    if target.exists():
        hint = f"Choose another name, or: ttdb local snapshot delete {name} --server {server.name}"
        raise UsageError(f'server "{server.name}" has a snapshot "{name}" already', hint)
    server.snapshots.mkdir(mode=0o700, exist_ok=True)
    ran = control.stop(settings, server)
    try:
        copied(server.current, target)
        (target / "made").touch()
    finally:
        if ran:
            control.start(settings, server)
    return ran


def restore(settings: Settings, server: Server, name: str) -> bool:
    """Put a snapshot in the place of the present, and return whether the server ran; then it runs again.

    Raises:
        UsageError: there is no such snapshot.

    """
    source = _existing(server, name)
    ran = control.stop(settings, server)
    try:
        exchange(server, source)
    finally:
        if ran:
            control.start(settings, server)
    return ran


def delete(server: Server, name: str) -> None:
    """Remove a snapshot.

    Raises:
        UsageError: there is no such snapshot.

    """
    doomed = _existing(server, name)
    shutil.rmtree(doomed.rename(doomed.with_name(f"{name}.partial")))


def listed(server: Server) -> list[LocalSnapshot]:
    """Return a server's snapshots, the oldest first."""
    folders = server.snapshots.iterdir() if server.snapshots.is_dir() else ()
    found = [LocalSnapshot(each.name, _made(each), size(each)) for each in folders if _NAME.fullmatch(each.name)]
    return sorted(found, key=lambda each: (each.made, each.name))


def size(folder: Path) -> int:
    """Return the bytes that a folder's files hold."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # a running server removes files meanwhile
            total += path.lstat().st_size
    return total


def _made(folder: Path) -> datetime:
    marker = folder / "made"
    return datetime.fromtimestamp((marker if marker.exists() else folder).stat().st_mtime, UTC)


def _existing(server: Server, name: str) -> Path:
    if _NAME.fullmatch(name) and (server.snapshots / name).is_dir():
        return server.snapshots / name
    names = ", ".join(each.name for each in listed(server))
    hint = f"There are: {names}." if names else f"Make one: ttdb local snapshot create {name} --server {server.name}"
    raise UsageError(f'server "{server.name}" has no snapshot "{name}"', hint)
