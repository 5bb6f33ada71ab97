"""The hold budget: a step behind which the application waits too long is cancelled, and rolls back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from ttdb.postgres.connect import FREED_SOON, PLAIN, Connection, connect, scalar
from ttdb.postgres.url import Url

_POLL_S = 0.05


class Watch:
    """Looks, while a step runs, whether somebody waits for it, and cancels it when that lasts longer than the budget.

    On a connection and a thread of its own: the step's own are busy. Who waits is known from pg_locks, which everybody
    may read; when nobody waits, nothing is cancelled, however long a step takes.
    """

    def __init__(self, url: Url, watched: Connection, budget_s: float) -> None:
        self.budget_s = budget_s
        self._watched = watched
        self._pid = watched.info.backend_pid
        self._connection = connect(url, application="ttdb watch", settings=PLAIN | FREED_SOON)
        self._running = threading.Lock()  # held while cancelling: nothing is cancelled that comes after the step
        self._closing = threading.Event()
        self._active = self._cancelled = False
        self._thread = threading.Thread(target=self._look, name="ttdb watch", daemon=True)
        self._thread.start()

    @property
    def cancelled(self) -> bool:
        """Tell whether the step that ran last was cancelled."""
        return self._cancelled

    @contextmanager
    def over(self) -> Iterator[None]:
        """Watch what runs inside."""
        self._cancelled = False
        self._set(active=True)
        try:
            yield
        finally:
            self._set(active=False)

    def close(self) -> None:
        """Stop watching."""
        self._closing.set()
        self._thread.join()
        self._connection.close()

    def _set(self, *, active: bool) -> None:
        with self._running:
            self._active = active

    def _look(self) -> None:
        # It is not woken for each step: most last less than a look is worth.
        while not self._closing.wait(_POLL_S):
            with suppress(psycopg.Error):  # the step's own connection says what is wrong with the server
                if self._active and self._somebody_waits():
                    self._cancel()

    def _somebody_waits(self) -> bool:
        return scalar(self._connection, _WAITING, {"pid": self._pid, "budget": self.budget_s}) is True

    def _cancel(self) -> None:
        with self._running:
            if self._active:
                self._cancelled = True
                self._watched.cancel_safe()


@contextmanager
def watching(url: Url, watched: Connection, budget_s: float) -> Iterator[Watch]:
    """Watch over a connection's steps."""
    watch = Watch(url, watched, budget_s)
    try:
        yield watch
    finally:
        watch.close()


# pg_blocking_pids() is asked only of those who have waited that long.
_WAITING = """\
select exists (
    select from pg_catalog.pg_locks as l
    left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
    where not l.granted and l.pid <> %(pid)s
        and l.waitstart < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %(budget)s)
        and a.backend_type is distinct from 'autovacuum worker'
        and %(pid)s = any(pg_catalog.pg_blocking_pids(l.pid))
)
"""
