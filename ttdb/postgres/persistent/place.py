"""Where persistent servers live: a folder for all, one for each in it, and a lock against two commands at once.

``HOME/NAME/`` holds ``server.json``, ``pgpass``, ``log``, ``current/`` and ``snapshots/``. What is copied and restored
as one is ``current/``: the cluster in ``data/``, ``seeded.json`` and ``head``, which say what is in it. What a killed
command left under another name is put right by the next one, which holds the lock.
"""

import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import platformdirs

from ttdb.config import Settings
from ttdb.errors import LocalServerFailed, UsageError
from ttdb.postgres.throwaway import users
from ttdb.postgres.throwaway.base import SUPERUSER, loopback_url
from ttdb.postgres.url import Url

DATABASE = "ttdb"
HOST = "127.0.0.1"
_LOOPBACK = (HOST, "localhost")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_BUILDING, _RESTORING, _REPLACED, _PARTIAL = ".building-", "restoring", "replaced", ".partial"


@dataclass(frozen=True, slots=True)
class Record:
    """What has to be known to start a server again."""

    port: int
    provider: str  # embedded | local
    bin: str  # the folder of the binaries that made it
    version: str


@dataclass(frozen=True, slots=True)
class Server:
    """One server's folder; whether it exists is for ``exists`` to say."""

    name: str
    folder: Path

    @property
    def current(self) -> Path:
        """What snapshots are copies of."""
        return self.folder / "current"

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.current / "data"

    @property
    def snapshots(self) -> Path:
        """The folder of its snapshots."""
        return self.folder / "snapshots"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    @property
    def pgpass(self) -> Path:
        """The password, in a file that libpq reads and nobody else may."""
        return self.folder / "pgpass"

    @property
    def exists(self) -> bool:
        """Whether there is such a server, running or not."""
        return (self.folder / "server.json").is_file()

    def record(self) -> Record:
        """Return what was recorded of it.

        Raises:
            LocalServerFailed: the record cannot be read.

        """
        path = self.folder / "server.json"
        try:
            return Record(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            message = f'server "{self.name}" cannot be read: {path}'
            raise LocalServerFailed(message, f"ttdb local remove {self.name}, and start it anew.") from error

    def write(self, record: Record) -> None:
        """Record what has to be known to start it again."""
        _replace(self.folder / "server.json", json.dumps(asdict(record)))

    def seeded(self) -> dict[str, object]:
        """Return what rows were seeded last, as the seed reported it; empty when nothing was."""
        try:
            found = json.loads((self.current / "seeded.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_seeded(self, report: dict[str, object]) -> None:
        """Record what rows were seeded."""
        _replace(self.current / "seeded.json", json.dumps(report))

    def head(self) -> str:
        """Return what was recorded when the database was last brought to head."""
        path = self.current / "head"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write_head(self, mark: str) -> None:
        """Record that the database is at head."""
        _replace(self.current / "head", mark)

    def write_password(self, password: str) -> None:
        """Keep the superuser's password where libpq reads it."""
        _replace(self.pgpass, f"{HOST}:*:*:{SUPERUSER}:{password}\n")

    def url(self) -> Url:
        """Return the database's URL, with the password."""
        try:
            password = self.pgpass.read_text(encoding="utf-8").strip().rpartition(":")[2]
        except OSError as error:
            message = f'the password of server "{self.name}" cannot be read: {self.pgpass}: {error.strerror}'
            raise LocalServerFailed(message, "Run as the user who started it.") from error
        return loopback_url(HOST, self.record().port, password).with_parts(dbname=DATABASE)

    def shown_url(self) -> str:
        """Return a URL that works on this machine and shows no password: libpq takes it from the file."""
        passfile = quote(str(self.pgpass))
        return f"postgresql://{SUPERUSER}@{HOST}:{self.record().port}/{DATABASE}?passfile={passfile}"


def home(settings: Settings) -> Path:
    """Return the folder of all servers, which need not exist: the user's, or where root's server's user can enter."""
    if settings.local_folder:
        return Path(settings.local_folder).expanduser().absolute()
    if os.geteuid() == 0:  # nobody else enters root's home, and PostgreSQL refuses to run as root
        return Path(platformdirs.site_data_dir("ttdb", appauthor=False)) / "local"
    return Path(platformdirs.user_data_dir("ttdb", appauthor=False)) / "local"


def made_home(settings: Settings) -> Path:
    """Return the folder of all servers, made where it did not exist.

    Raises:
        LocalServerFailed: it cannot be made, is another user's, or cannot be entered by the server's user.

    """
    folder = home(settings)
    hint = "Name a folder of your own in local_folder or TTDB_LOCAL_FOLDER."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid == os.geteuid():
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise LocalServerFailed(f"the folder {folder} cannot be made: {error.strerror}", hint) from error
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise LocalServerFailed(f"the folder {folder} belongs to another user", hint)
    if os.geteuid() == 0 and not users.enterable(folder):
        raise LocalServerFailed(f"the folder {folder} cannot be entered by the server's user", hint)
    return folder


def server(settings: Settings, name: str) -> Server:
    """Return a server's folder, whether it exists or not.

    Raises:
        UsageError: the name cannot be one.

    """
    if not _NAME.fullmatch(name):
        message = f'"{name}" cannot be a name here'
        raise UsageError(message, "Use lower-case letters, digits, - and _, and begin with a letter; at most 40.")
    return Server(name, home(settings) / name)


def known(settings: Settings) -> list[Server]:
    """Return the servers there are, by name."""
    folder = home(settings)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [item for item in (Server(each.name, each) for each in found if _NAME.fullmatch(each.name)) if item.exists]


def serving(settings: Settings, url: Url) -> str | None:
    """Return the name of the server of ours whose database this is."""
    if url.part("host") not in _LOOPBACK or url.part("dbname") != DATABASE:
        return None
    return next((each.name for each in known(settings) if str(each.record().port) == url.part("port")), None)


def existing(settings: Settings, name: str) -> Server:
    """Return a server that there is.

    Raises:
        UsageError: there is none of this name.

    """
    found = server(settings, name)
    if found.exists:
        return found
    names = ", ".join(each.name for each in known(settings))
    hint = f"There are: {names}." if names else f"Start one: ttdb local start{'' if name == 'default' else ' ' + name}"
    raise UsageError(f'there is no local server "{name}"', hint)


@contextmanager
def locked(settings: Settings, name: str, say: Callable[[str], None]) -> Iterator[Server]:
    """Keep every other command off a server, and put right what a killed one left."""
    found = server(settings, name)
    path = made_home(settings) / f".{name}.lock"
    handle = _lock(path, lambda: say(f'another command works on server "{name}": waiting for it'))
    try:
        _settle(found)
        yield found
    finally:
        if not found.exists:
            path.unlink(missing_ok=True)
        os.close(handle)


def _lock(path: Path, on_wait: Callable[[], None]) -> int:
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(handle, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
                return handle  # else whoever had it removed the server, and its lock
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _settle(found: Server) -> None:
    """Put right what a killed command left: finish a restore that was under way, remove what was half made."""
    shutil.rmtree(building(found).folder, ignore_errors=True)
    if not found.folder.is_dir():
        return
    for name in (_RESTORING, _REPLACED):
        if not found.current.exists() and (found.folder / name).exists():
            (found.folder / name).rename(found.current)
    partial = [*found.folder.glob(f"*{_PARTIAL}"), *found.snapshots.glob(f"*{_PARTIAL}")]
    for left in (*partial, found.folder / _RESTORING, found.folder / _REPLACED):
        shutil.rmtree(left, ignore_errors=True)


def building(found: Server) -> Server:
    """Return where a server is made before it gets its name."""
    return Server(found.name, found.folder.with_name(_BUILDING + found.name))


def copied(source: Path, target: Path) -> None:
    """Copy a folder with its modes and owners; the target is there whole, or not at all."""
    partial = target.with_name(target.name + _PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(source, partial, symlinks=True, copy_function=_copy)
        if os.geteuid() == 0:
            for folder, _, _ in os.walk(source):
                found = Path(folder).lstat()
                os.chown(partial / Path(folder).relative_to(source), found.st_uid, found.st_gid, follow_symlinks=False)
        partial.rename(target)
    except (OSError, shutil.Error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "not every file could be read"
        raise LocalServerFailed(f"{source} cannot be copied to {target}: {said}", "Make room, or mend it.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy(source: str, target: str) -> str:
    shutil.copy2(source, target, follow_symlinks=False)
    if os.geteuid() == 0:
        found = os.lstat(source)
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    return target


def exchange(found: Server, snapshot: Path) -> None:
    """Put a copy of a snapshot in the place of a stopped server's present; killed midway, one of both stands."""
    restoring, replaced = found.folder / _RESTORING, found.folder / _REPLACED
    copied(snapshot, restoring)
    found.current.rename(replaced)
    restoring.rename(found.current)
    shutil.rmtree(replaced, ignore_errors=True)


def _replace(path: Path, text: str) -> None:
    """Write a file of this user's alone, whole or not at all."""
    partial = path.with_name(path.name + _PARTIAL)
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
