"""The user a server runs as: PostgreSQL refuses root, and initdb refuses a user without a passwd entry."""

import os
import pwd
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from ttdb.postgres.throwaway.base import Unavailable

_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class User:
    """Whom a server runs as."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    def as_request(self) -> dict[str, object]:
        """Return what a keeper needs to become this user."""
        return asdict(self)


def service_user() -> User | None:
    """Return the user to drop to when we are root, or None to stay who we are.

    Raises:
        Unavailable: nobody to be.

    """
    if os.geteuid() != 0:
        _refuse_nameless()
        return None
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(name, entry.pw_gid)))
    raise Unavailable("PostgreSQL refuses root, and there is no user postgres or nobody", "Create a user postgres.")


def enterable(path: Path) -> bool:
    """Say whether every user can reach a file or a folder."""
    path = path.resolve()
    try:
        reached = all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.is_dir())
        return reached and bool(path.stat().st_mode & (stat.S_IXOTH | stat.S_IROTH))
    except OSError:
        return False


def _refuse_nameless() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        message = f"initdb refuses uid {os.geteuid()}, which has no passwd entry"
        raise Unavailable(message, "Run as a user with a passwd entry, or as root.") from None
