"""PostgreSQL's own programs, pg_dump and its kin: find those that fit, and run one on a database."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ttdb.config import Settings
from ttdb.errors import TtdbError, UsageError
from ttdb.postgres.original import Original
from ttdb.postgres.throwaway import embedded, local
from ttdb.postgres.throwaway.base import Unavailable
from ttdb.postgres.throwaway.binaries import Binaries, inspect
from ttdb.postgres.url import Url
from ttdb.secrets import masked

_LAST_LINES = 4
_SAY_EVERY_S = 5.0
_PATIENCE_S = 5.0  # for a program that is asked to end: it tells the server to stop what it does there


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
    for name in ("pg_dump", "pg_dumpall", "pg_restore", "psql"):
        if not (binaries.folder / name).is_file():
            raise UsageError(
                f"{binaries.folder} holds no {name}",
                "Name a whole installation by TTDB_LOCAL_BIN, and --throwaway local.",
            )


def run(
    command: Sequence[str | Path],
    url: Url | None,
    *,
    given: str | None = None,
    meanwhile: Callable[[float], None] = lambda _seconds: None,
) -> str:
    """Run one of PostgreSQL's programs on a database; its password goes by the environment, never by an argument."""
    environment = dict(os.environ)
    arguments = [str(each) for each in command]
    if url is not None:
        bare = url.with_parts(password=None, application_name="ttdb clone")
        if (password := url.part("password")) is not None:
            environment["PGPASSWORD"] = password
        arguments.insert(1, f"--dbname={bare.conninfo}")
    with subprocess.Popen(  # noqa: S603 - the throwaway's own programs
        arguments,
        env=environment,
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said, complaint = _ended(process, given, meanwhile)
    if process.returncode != 0:
        last = masked(" / ".join(complaint.strip().splitlines()[-_LAST_LINES:]))
        raise TtdbError(
            f"{Path(arguments[0]).name} failed: {last}",
            "Mend what it names, or take a server that has it: --throwaway local and TTDB_LOCAL_BIN.",
        )
    return said


def _ended(process: "subprocess.Popen[str]", given: str | None, meanwhile: Callable[[float], None]) -> tuple[str, str]:
    """Return what a program said, once it has ended; interrupted, it is asked to end what it does on the server too."""
    start = time.monotonic()
    try:
        while True:
            try:
                return process.communicate(given, timeout=_SAY_EVERY_S)
            except subprocess.TimeoutExpired:
                given = None
                meanwhile(time.monotonic() - start)
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
        process.kill()
        raise
