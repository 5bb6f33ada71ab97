"""One rehearsal: plan on the live database, copy it, go up, validate, go back, compare, go up again."""

from collections.abc import Callable
from time import monotonic

from ttdb.config import Settings
from ttdb.migrate import preflight, script
from ttdb.migrate.session import reading
from ttdb.model.migration import OnEvent, silent
from ttdb.model.validation import Verdict
from ttdb.postgres.connect import server_version, target
from ttdb.postgres.copy import LOCK_WAIT
from ttdb.postgres.url import Url
from ttdb.validate import Request
from ttdb.workflows.rehearse.compare import compared, overhead, sizes
from ttdb.workflows.rehearse.course import Course
from ttdb.workflows.rehearse.model import Amount, Data, Rehearsal, Source
from ttdb.workflows.rehearse.stage import Stage, staged

Say = Callable[[str], None]


def rehearse(  # noqa: PLR0913 - from where, how much of it, and who is told
    url: Url,
    settings: Settings,
    request: Request,
    *,
    data: Data = Data.SAMPLE,
    amount: Amount | None = None,
    on_event: OnEvent,
    say: Say,
) -> Rehearsal:
    """Rehearse the way of a live database to head, on a copy; the original is only read.

    Args:
        url: the live database, with a login that sees all rows unless the copy is to have none.
        settings: where throwaways come from, and how long steps queue for locks.
        request: what the validation in the middle looks at.
        data: which rows the copy has.
        amount: how many of each table, of a sample.
        on_event: told of what happens, as an upgrade is.
        say: told what is being done.

    Raises:
        PrivilegeMissing, UsageError, DiskFull, ThrowawayFailed: the copy could not be made.

    """
    start = monotonic()
    source = _look(url, on_event)
    if not any(item.due for item in source.plan):
        return _of_nothing(source, monotonic() - start)
    say(f"it is only read: the copy takes ACCESS SHARE alone, and waits for that no longer than {LOCK_WAIT}")
    with staged(settings, url, data, amount or Amount(), say) as stage:
        return _of_copy(source, stage, settings, request, on_event, say, start)


def _look(url: Url, on_event: OnEvent) -> Source:
    """Plan the way to head where a database stands; changes nothing."""
    scripts = script.directory()
    with reading(url, on_event, application="ttdb rehearse") as connection:
        connection.execute("select pg_catalog.set_config('lock_timeout', %s, false)", (LOCK_WAIT,))
        heads = script.applied(connection, scripts)
        plan = preflight.costed(connection, script.up_path(scripts, heads, "heads"))
        return Source(str(target(connection)), server_version(connection), heads, tuple(plan))


def _of_nothing(source: Source, duration_s: float) -> Rehearsal:
    return Rehearsal(
        verdict=Verdict.PASS,
        source=source,
        copy=None,
        phases=(),
        steps=(),
        back=(),
        offenders={},
        troubles=(),
        validation=None,
        overhead_s=0.0,
        duration_s=duration_s,
    )


def _of_copy(  # noqa: PLR0913, PLR0917 - as rehearse()
    source: Source, stage: Stage, settings: Settings, request: Request, on_event: OnEvent, say: Say, start: float
) -> Rehearsal:
    copied = sizes(_look(stage.admin, silent).plan)
    course = Course(source, stage, settings, request, on_event, say)
    course.run()
    fixed = overhead(source.plan, course.up)
    standing = tuple(conflict for item in source.plan for conflict in item.conflicts)
    offenders = {"live": standing, "copy": course.offenders}
    return Rehearsal(
        verdict=course.verdict,
        source=source,
        copy=stage.copy,
        phases=tuple(course.phases),
        steps=compared(source.plan, course.up, None if stage.copy.data is Data.NONE else copied, fixed),
        back=course.back,
        offenders={where: found for where, found in offenders.items() if found},
        troubles=tuple(course.troubles),
        validation=course.validation,
        overhead_s=round(fixed, 4),
        duration_s=monotonic() - start,
    )
