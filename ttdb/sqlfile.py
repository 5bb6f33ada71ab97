"""Find and read the files that ship with ttdb: migrations, SQL bodies, seeds."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(folder: str) -> Path:
    """Return the folder ``migrations``, ``sql`` or ``seeds``: inside an installed wheel, or beside a checkout."""
    installed = _PACKAGE / "_shipped" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


@cache
def read(name: str) -> str:
    """Return the text of ``sql/<name>``.

    Raises:
        FileNotFoundError: there is no such file; a mistake in a revision, not a user's.

    """
    return (shipped("sql") / name).read_text(encoding="utf-8")


def digest(name: str) -> str:
    """Return the SHA-256 of ``sql/<name>`` as 64 hex digits."""
    return hashlib.sha256(read(name).encode()).hexdigest()
