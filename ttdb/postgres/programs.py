"""PostgreSQL's own programs, pg_dump and its kin: find those that fit, and run one on a database."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ttdb.config import Settings
from ttdb.errors import TtdbError, UsageError
from ttdb.postgres.original import Original
from ttdb.postgres.throwaway import embedded, local
from ttdb.postgres.throwaway.base import Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.url import Url
from ttdb.secrets import masked

_LAST_LINES = 4


def programs(settings: Settings, provider: str, original: Original, server: int | None = None) -> Binaries:
    """Return the folder with pg_dump, pg_restore and psql that can copy a database into a throwaway.

    Args:
        settings: where to look.
        provider: where the throwaway comes from: of a container, programs of a version in between are taken.
        original: the database to copy.
        server: the throwaway's major version, where it is not the programs' own.

    Raises:
        UsageError: there are none, or the original is newer than the throwaway.

    """
    if server is not None:
        _refuse_older(original, server, str(server))
    refused: list[TtdbError] = []
    for binaries in _candidates(settings, provider, refused):
        try:
            _refuse_older(original, binaries.major, binaries.version)
            _refuse_newer(binaries, server)
            _refuse_incomplete(binaries)
        except UsageError as error:
            refused.append(error)
        else:
            return binaries
    first = refused[0]
    if isinstance(first, UsageError):
        raise first
    raise UsageError(f"a clone needs pg_dump: {first.message}", first.hint) from first


def _candidates(settings: Settings, provider: str, refused: list[TtdbError]) -> Iterator[Binaries]:
    """Yield the binaries to try, best first; what cannot be used at all is noted."""
    places: dict[str, Callable[[], Binaries]] = {
        "embedded": lambda: inspect(embedded.bin_folder()),
        "local": lambda: local.find(settings),
    }
    wanted = {"docker": ("local", "embedded") if settings.local_bin else ("embedded", "local")}
    for place in wanted.get(provider, (provider,)):
        try:
            yield places[place]()
        except Unavailable as error:
            refused.append(error)


def _refuse_older(original: Original, major: int, version: str) -> None:
    if major < original.major:
        raise UsageError(
            f"the database is of PostgreSQL {original.version}, and the throwaway of {version}",
            f"Name PostgreSQL {original.major} or later by TTDB_LOCAL_BIN, and pass --throwaway local.",
        )


def _refuse_newer(binaries: Binaries, server: int | None) -> None:
    if server is not None and binaries.major > server:
        raise UsageError(
            f"the throwaway is of PostgreSQL {server}, and pg_dump of {binaries.version}",
            f"Name the programs of PostgreSQL {server} by TTDB_LOCAL_BIN, or a newer image by TTDB_TEST_IMAGE.",
        )


def _refuse_incomplete(binaries: Binaries) -> None:
    wanted = ("pg_dump", "pg_dumpall", "pg_restore", "psql")
    missing = [name for name in wanted if not (binaries.folder / name).is_file()]
    if missing:
        raise UsageError(
            f"{binaries.folder} holds no {' and no '.join(missing)}",
            "Name a whole installation by TTDB_LOCAL_BIN, and --throwaway local.",
        )


def run(command: Sequence[str | Path], url: Url, *, given: str | None = None) -> str:
    """Run one of PostgreSQL's programs on a database."""
    arguments, environment = _called(command, url)
    ended = subprocess.run(  # noqa: S603 - the throwaway's own programs
        arguments, env=environment, input=given, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise failed(Path(arguments[0]).name, ended.stderr)
    return ended.stdout


@contextmanager
def started(
    command: Sequence[str | Path],
    url: Url,
    *,
    stderr: IO[bytes],
    stdin: IO[bytes] | None = None,
    stdout: int | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program beside another, until the block ends at the latest."""
    arguments, environment = _called(command, url)
    process = subprocess.Popen(  # noqa: S603 - as above
        arguments, env=environment, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=stderr
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _called(command: Sequence[str | Path], url: Url) -> tuple[list[str], dict[str, str]]:
    """Return arguments and environment: a password goes by the environment, never by an argument."""
    environment = dict(os.environ)
    program, *arguments = [str(each) for each in command]
    bare = url.with_parts(password=None, application_name="ttdb clone")
    if (password := url.part("password")) is not None:
        environment["PGPASSWORD"] = password
    return [program, f"--dbname={bare.conninfo}", *arguments], environment


def failed(program: str, said: str) -> TtdbError:
    """Return the error of a program that failed, with its last words."""
    last = masked(" / ".join(said.strip().splitlines()[-_LAST_LINES:]))
    return TtdbError(
        f"{program} failed: {last}",
        "Mend what it names, or take a server that has it: --throwaway local and TTDB_LOCAL_BIN.",
    )
