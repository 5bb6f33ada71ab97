"""How much room there is where a server keeps its data, if that is on this machine."""

import os
from pathlib import Path

import psycopg

from ttdb.errors import DiskFull
from ttdb.postgres.connect import Connection, scalar

_MEGABYTE = 1024 * 1024
_ALWAYS_FREE = 64 * _MEGABYTE
_LOOPBACK = ("localhost", "127.", "::1", "/")


def data_folder(connection: Connection) -> Path | None:
    """Return the server's data folder; None where it is on another machine, or this login may not know it."""
    host = connection.info.host or "/"
    if not host.startswith(_LOOPBACK):
        return None
    try:
        with connection.transaction():
            path = Path(str(scalar(connection, "select pg_catalog.current_setting('data_directory')")))
            started = scalar(
                connection, "select floor(extract(epoch from pg_catalog.pg_postmaster_start_time()))::bigint"
            )
        # A server in a container may name a folder that is another server's here.
        lines = (path / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        same = abs(int(lines[2]) - int(started)) <= 1
    except (psycopg.errors.InsufficientPrivilege, OSError, IndexError, ValueError):
        return None
    return path if same else None


def free_bytes(path: Path) -> int:
    """Return how many bytes somebody without special rights may still write where a folder lies."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def megabytes(count: int) -> str:
    """Return a number of bytes for a person."""
    return f"{max(count // _MEGABYTE, 1):,} MB".replace(",", " ")


def refuse_without_bytes(folder: Path, needed: int, what: str, hint: str) -> None:
    """Compare what is to be written with what is free.

    Args:
        folder: where.
        needed: how many bytes, about; a little more must stay free.
        what: what the folder is, for the message.
        hint: what to do.

    Raises:
        DiskFull: it does not fit.

    """
    free = free_bytes(folder)
    if needed + _ALWAYS_FREE > free:
        message = f"about {megabytes(needed + _ALWAYS_FREE)} are needed, and {what} {folder} has {megabytes(free)} free"
        raise DiskFull(message, hint)
