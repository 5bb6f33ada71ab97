"""Copy a database into a throwaway server, and attack the copy fully; the original is only read."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from ttdb.config import Settings
from ttdb.model.validation import Timing, ValidationReport
from ttdb.postgres.copy import copy
from ttdb.postgres.original import look_at
from ttdb.postgres.programs import programs
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.throwaway.base import SUPERUSER
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate

_MOST_MEGABYTES = 4096  # of a database that is copied with its rows; of a larger one rows are made


def validate_clone(settings: Settings, url: Url, request: Request, *, say: Callable[[str], None]) -> ValidationReport:
    """Attack a copy of a database.

    Raises:
        PrivilegeMissing: the login does not see all rows of the original.
        UsageError: the original is newer than the throwaway.
        ThrowawayFailed: no server could be started.

    """
    start = monotonic()
    original = look_at(url)
    provider = "local" if settings.throwaway == "local" else "embedded"
    binaries = programs(settings, provider, original)
    with_rows = original.megabytes <= _MOST_MEGABYTES
    if not with_rows:
        say(f"{original.megabytes} MB are too many to copy: the schema is, and rows are made to attack")
    with throwaway(settings, provider=provider, on_talk=say) as server:
        place = copy(url, server.url, binaries, original=original, with_rows=with_rows, say=say)
        copied = monotonic() - start
        say(f"validating the clone of {original.name}, copied in {copied:.1f} s")
        report = validate(place, _without_our_login(request, ours=original.login_is_ours), kind="clone", say=say)
    duration = monotonic() - start
    timings = (Timing("clone", copied), *report.timings)
    return replace(report, timings=timings, duration_s=duration)


def _without_our_login(request: Request, *, ours: bool) -> Request:
    """Say that the throwaway's superuser is no login of the application, unless the original has one of its name."""
    return request if ours else replace(request, hints=replace(request.hints, strangers=(SUPERUSER,)))
