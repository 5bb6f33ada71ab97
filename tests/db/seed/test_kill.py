"""A seed whose process is killed at any moment: what follows ends in the same rows and the same catalog.

SEED_KILLS in the environment says at how many moments of each kind; few by default.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from support.catalog import catalog
from support.databases import connect, fresh_database

from ttdb.errors import SeedRunning
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.seed import digest, repair, seed

_KILLS = int(os.environ.get("SEED_KILLS", "2"))
_ORDERS = 700
_PATIENCE_S = 60
pytestmark = pytest.mark.timeout(300 + 60 * _KILLS)
_BULK = ("--bulk", "--jobs", "2")
_APPEND = ("--append", "--no-bulk", "--jobs", "2")


@dataclass(frozen=True, slots=True)
class _Expected:
    """What an undisturbed seed leaves, and how long its process takes."""

    digest: str
    catalog: object
    seconds: float


def _command(url: Url, flags: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "ttdb", "seed", "--orders", str(_ORDERS), *flags, "--url", url.uri()]


def _undisturbed(url: Url, flags: tuple[str, ...]) -> _Expected:
    started = time.monotonic()
    subprocess.run(_command(url, flags), check=True, capture_output=True)
    seconds = time.monotonic() - started
    with connect(url) as connection:
        return _Expected(digest(connection, "minimal")["*"], catalog(url), seconds)


def _killed(url: Url, flags: tuple[str, ...], after: float) -> bool:
    """Kill the seed's process; return whether it had not ended before."""
    with subprocess.Popen(_command(url, flags), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def _once_released(connection: Connection, deed: Callable[[Connection], object]) -> None:
    """Do something when the killed process's sessions have ended: the server notices that in its own time."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            deed(connection)
        except SeedRunning:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _moments(seconds: float) -> list[float]:
    chance = random.Random(6)  # noqa: S311 - no secret: moments spread over the whole run, the same in every test
    width = seconds / _KILLS
    return [(number + chance.random()) * width for number in range(_KILLS)]


@contextmanager
def _clone(server: Throwaway, url: Url) -> Iterator[Url]:
    with fresh_database(server.url, template=str(url.part("dbname"))) as clone:
        yield clone


def test_bulk_load_that_was_killed_ends_as_if_nothing_had_been(server: Throwaway, engine_url: Url) -> None:
    with connect(engine_url) as connection:  # which makes the months
        seed(connection, orders=_ORDERS, reset=True)
        seed(connection, tenants=0, orders=0, reset=True)
    with _clone(server, engine_url) as url:
        expected = _undisturbed(url, _BULK)
    bare = catalog(engine_url)
    killed = 0
    for number, moment in enumerate(_moments(expected.seconds)):
        with _clone(server, engine_url) as url:
            undone = _killed(url, _BULK, moment)
            killed += undone
            with connect(url) as connection:
                if number % 2 and undone:  # else the next seed repairs by itself
                    _once_released(connection, repair)
                    assert catalog(url) == bare
                _once_released(connection, _complete)
                left = connection.execute("select count(*) from ttdb.set_aside").fetchone()
            assert left == (0,)
            _judge(url, expected)
    assert killed > (_KILLS - 1) // 2


def test_append_that_was_killed_goes_on_to_the_same_rows(server: Throwaway, seeded_url: Url) -> None:
    with _clone(server, seeded_url) as url:
        expected = _undisturbed(url, _APPEND)
    killed = 0
    for moment in _moments(expected.seconds):
        with _clone(server, seeded_url) as url:
            killed += _killed(url, _APPEND, moment)
            with connect(url) as connection:
                _once_released(connection, _complete)
            _judge(url, expected)
    assert killed > (_KILLS - 1) // 2


def _judge(url: Url, expected: _Expected) -> None:
    with connect(url) as connection:
        assert digest(connection, "minimal")["*"] == expected.digest
        assert connection.execute("select * from ttdb.broken_rules()").fetchall() == []
    assert catalog(url) == expected.catalog


def _complete(connection: Connection) -> None:
    seed(connection, orders=_ORDERS, append=True)  # also where the process had ended before it was killed
