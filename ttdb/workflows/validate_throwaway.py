"""Start a throwaway server, upgrade it, seed it, attack it."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.model import Timing, ValidationReport
from ttdb.postgres.connect import connect
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url
from ttdb.seed import seed
from ttdb.validate import Request, validate

DATABASE = "ttdb"


def validate_throwaway(settings: Settings, request: Request, *, say: Callable[[str], None]) -> ValidationReport:
    """Attack a database of our own at the newest revision, with the minimal scenario's rows in it.

    Raises:
        ThrowawayFailed: no server could be started.

    """
    start = monotonic()
    timings: list[Timing] = []

    def timed(part: str) -> None:
        timings.append(Timing(part, monotonic() - start - sum(each.seconds for each in timings)))

    with throwaway(settings, on_talk=say) as server:
        say(f"validating a throwaway: {server.provider}, {server.reason}")
        url = server.url.with_parts(dbname=DATABASE)
        _create(server.url)
        timed("start")
        upgrade(url, settings)
        timed("upgrade")
        with connect(url, application="ttdb seed") as connection:
            seed(connection)
        timed("seed")
        report = validate(url, request, kind="throwaway", say=say)
    duration = monotonic() - start
    stop = duration - report.duration_s - sum(each.seconds for each in timings)
    return replace(report, timings=(*timings, *report.timings, Timing("stop", stop)), duration_s=duration)


def _create(admin: Url) -> None:
    with connect(admin, application="ttdb validate") as connection:
        connection.execute("create database ttdb")
