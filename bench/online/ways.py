"""The ways that are compared: no migration, ttdb, and one plain transaction."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import connect
from ttdb.postgres.url import Url

PLAIN = "bench plain"
_SCRIPT = Path(__file__).with_name("plain.sql")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that a migration did, from when to when, in time.monotonic()."""

    begun: float
    ended: float
    what: str


@dataclass(slots=True)
class Leg:
    """A part of a way that is measured by itself."""

    name: str
    begun: float
    ended: float = 0.0
    marks: list[Mark] = field(default_factory=list)
    failed: str = ""  # what a migration said that did not end well

    def during(self, begun: float, ended: float) -> str:
        """Name what ran in that time; of much, the first and the last."""
        ran = [mark.what for mark in self.marks if mark.begun <= ended and mark.ended >= begun]
        return ", ".join(ran) if len(ran) <= 3 else f"{ran[0]} ... {ran[-1]}"


@dataclass(frozen=True, slots=True)
class Place:
    """A database as its superuser and as the migrating login see it."""

    admin: Url
    migrator: Url


def nothing(name: str, seconds: float) -> Leg:
    """Let the services be alone for a while."""
    leg = Leg(name, time.monotonic())
    time.sleep(seconds)
    leg.ended = time.monotonic()
    return leg


def plain(place: Place, limit: float) -> Leg:
    """Do it all in one transaction, without a lock timeout."""
    leg = Leg("one plain transaction", time.monotonic())
    settings = {"statement_timeout": f"{int(limit)}s"}
    with connect(place.admin, application=PLAIN, autocommit=False, settings=settings) as connection:
        for statement in _SCRIPT.read_text(encoding="utf-8").split(";\n"):
            begun = time.monotonic()
            if statement.strip():
                connection.execute(trusted(statement))
                leg.marks.append(Mark(begun, time.monotonic(), _without_comments(statement)[:80]))
        connection.commit()
    leg.ended = time.monotonic()
    return leg


def _without_comments(statement: str) -> str:
    return " ".join(line.strip() for line in statement.splitlines() if not line.startswith("--")).strip()


def bootstrap(place: Place, limit: float) -> Leg:
    """Make roles and hand objects over, as an admin does before anything else."""
    login = str(place.migrator.part("user"))
    command = ("bootstrap", "--apply", "--migrator", login, "--url", place.admin.uri())
    return _ran("ttdb bootstrap", command, limit)


def upgrade(place: Place, limit: float) -> Leg:
    """Go to head as the migrating login, which is neither superuser nor CREATEROLE."""
    command = ("upgrade", "--format", "json", "--disposable", "--url", place.migrator.uri())
    return _ran("ttdb upgrade", command, limit)


def downgrade(place: Place, limit: float) -> Leg:
    """Go all the way back."""
    command = ("downgrade", "base", "--format", "json", "--disposable", "--url", place.migrator.uri())
    return _ran("ttdb downgrade", command, limit)


def _ran(name: str, arguments: tuple[str, ...], limit: float) -> Leg:
    leg = Leg(name, time.monotonic())
    with _process(arguments) as process, _at_most(process, limit):
        said = "\n".join(_heard(process.stdout, leg))
        ended = process.wait()
    leg.ended = time.monotonic()
    if ended:
        leg.failed = f"{name} exited {ended}:\n{said[-4000:]}"
    return leg


def _heard(lines: IO[str] | None, leg: Leg) -> Iterator[str]:
    """Note what each event tells when it tells it, and yield the lines that are none, and those of the last ones."""
    for line in lines or ():
        now = time.monotonic()
        try:
            facts = json.loads(line)
        except ValueError:
            yield line.rstrip()
            continue
        if isinstance(facts, dict) and "step" in facts:
            what = f"{facts['revision']} {facts['step']}"
            if "seconds" in facts:
                leg.marks.append(Mark(now - float(facts["seconds"]), now, what))
            elif facts.get("event", facts.get("kind")) == "retry":
                leg.marks.append(Mark(now, now, f"{what} (retry: {facts.get('why')})"))


@contextmanager
def _process(arguments: tuple[str, ...]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "ttdb", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 - our own
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def _at_most(process: "subprocess.Popen[str]", seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, process.terminate)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
