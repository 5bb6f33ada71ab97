"""Start a throwaway server, upgrade and seed it or run a team's own setup in it, attack it."""

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
from ttdb.workflows.setup_command import run_setup

DATABASE = "ttdb"


def validate_throwaway(
    settings: Settings, request: Request, *, setup: str | None = None, say: Callable[[str], None]
) -> ValidationReport:
    """Attack a database of our own at the newest revision, with the minimal scenario's rows in it.

    Args:
        settings: which server, and what is known of the database.
        request: what to look at.
        setup: a shell command that makes the database instead; what rows it makes are the ones attacked.
        say: is told what is being done.

    Raises:
        ThrowawayFailed: no server could be started.
        SetupFailed: the setup command failed.

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
        if setup is not None:
            run_setup(setup, url, say=say)
            request = replace(request, hints=replace(request.hints, strangers=(str(url.part("user")),)))
            timed("setup")
        else:
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
