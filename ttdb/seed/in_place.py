"""Write rows beside others, with every index, rule and trigger in place: a window's rows in one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Lock, Thread

from psycopg import Error
from psycopg import errors as pg
from psycopg.pq import TransactionStatus

from ttdb.postgres.connect import Connection
from ttdb.seed.batches import Batch, Group, expected, groups, spans, windows
from ttdb.seed.feed import Feed
from ttdb.seed.load import Way, drop_staging, write
from ttdb.seed.own import absent, ids_of
from ttdb.seed.progress import Progress
from ttdb.seed.session import acting_as
from ttdb.seed.world import Span, World

ROWS = 12_000  # of a window: deferred rules queue in memory until it is committed
_ATTEMPTS = 10
_AGAIN = (pg.DeadlockDetected, pg.SerializationFailure)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written, and how."""

    world: World
    ways: Mapping[str, Way]
    role: str | None  # whom to write as; None for the sessions' own roles
    progress: Progress
    window_rows: int = ROWS  # about how many rows are made at a time


def write_all(sessions: Sequence[Connection], job: Job) -> dict[str, int]:
    """Write every row of a run, and return how many of each table were.

    The first session works in the calling thread, the others in threads of their own.
    """
    written = dict.fromkeys(job.world.plans, 0)
    for group in groups(job.world):
        missing = _missing(sessions[0], job, group)
        made = windows(job.world, group, [span for span, _ in missing])
        with Feed((0, _Work(window, fresh)) for window, (_, fresh) in zip(made, missing, strict=True)) as feed:
            _Team(sessions, feed, job, written).work()
    for session in sessions:
        with acting_as(session, job.role):
            drop_staging(session, job.world.plans)
    return written


@dataclass(frozen=True, slots=True)
class _Work:
    """A window's rows; with ``fresh``, none of them is there."""

    window: tuple[Batch, ...]
    fresh: bool


def _missing(session: Connection, job: Job, group: Group) -> list[tuple[Span, bool]]:
    """Return the windows of a group that are not all there, each with whether nothing of it is.

    What is made for a row is written with it or not at all: so a row of the base answers for the others.
    """
    found, base = spans(job.world, group, job.window_rows), group.base
    if base not in group.tables or not all(job.ways[name].only_missing for name in group.tables):
        return [(span, False) for span in found]
    with acting_as(session, job.role):
        missing = [part for span in found if (part := _part(session, job.world, span)) is not None]
    left = sum(len(span) for span, _ in missing) / max(job.world.size(base), 1)
    job.progress.less(expected(job.world, group) * (1 - left))
    return missing


def _part(session: Connection, world: World, span: Span) -> tuple[Span, bool] | None:
    """Return the rows of a window that are not there; None where all are."""
    ids = ids_of(world, span)
    if not ids:  # by which nothing is told
        return span, False
    lacking = absent(session, world.plans[span.base].catalog, ids)
    if not lacking:
        return None
    if len(lacking) == len(ids):
        return span, True
    places = zip(ids, span.positions().tolist(), strict=True)
    return replace(span, only=tuple(place for each, place in places if each in lacking)), True


class _Team:
    """Sessions that take windows in turn."""

    def __init__(self, sessions: Sequence[Connection], feed: Feed[_Work], job: Job, written: dict[str, int]) -> None:
        self.sessions, self.feed, self.job, self.written = sessions, feed, job, written
        self.lock, self.failed = Lock(), list[BaseException]()

    def work(self) -> None:
        """Write all windows; the first error of any session ends it for all, and is raised."""
        threads = [Thread(target=self._guarded, args=(session,)) for session in self.sessions[1:]]
        with ExitStack() as stack:
            for thread in threads:
                thread.start()
                stack.callback(thread.join)
            stack.callback(self.feed.stop)
            self._write(self.sessions[0])
            for thread in threads:
                thread.join()
        if self.failed:
            raise self.failed[0]

    def _guarded(self, session: Connection) -> None:
        try:
            self._write(session)
        except BaseException as error:  # noqa: BLE001 - the calling thread raises it
            self.failed.append(error)
            self.feed.stop()

    def _write(self, session: Connection) -> None:
        for work in self.feed.lane():
            counts = self._one(session, work)
            with self.lock:
                for batch, count in zip(work.window, counts, strict=True):
                    self.written[batch.table] += count
                self.job.progress.add(sum(batch.rows for batch in work.window))

    def _one(self, session: Connection, work: _Work) -> list[int]:
        """Write a window, again where another session stood in the way: then nothing of it was written."""
        last: Error | None = None
        idle = session.info.transaction_status == TransactionStatus.IDLE
        for _ in range(_ATTEMPTS if idle else 1):
            try:
                with acting_as(session, self.job.role):
                    ways = self.job.ways
                    return [
                        write(session, ways[batch.table].fresh if work.fresh else ways[batch.table], batch)
                        for batch in work.window
                    ]
            except _AGAIN as error:
                last = error
        raise last or pg.DeadlockDetected
