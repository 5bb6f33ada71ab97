"""Who waits for a lock that the migration holds or wants, looked at forty times a second."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg

from bench.online.service import APPLICATION
from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.url import Url

_EVERY_S = 0.025
# pg_blocking_pids() names also who is queued before: a service behind a migration that itself waits is found.
_LOOK = """
with waiting as materialized (
    select pid, waitstart from pg_catalog.pg_locks where not granted
)
select b.query, extract(epoch from clock_timestamp() - w.waitstart) from waiting as w
inner join pg_catalog.pg_stat_activity as a on a.pid = w.pid and a.application_name = %s
cross join lateral pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) as p (pid)
inner join pg_catalog.pg_stat_activity as b on b.pid = p.pid
where b.application_name like any (array['ttdb%%', 'bench plain'])
order by w.waitstart limit 1
"""


@dataclass(frozen=True, slots=True)
class Wait:
    """At that time, a service waited behind this statement of the migration."""

    at: float  # time.monotonic()
    behind: str
    so_far_s: float  # how long already


class Waits:
    """Looks all the while, on a connection and a thread of its own."""

    def __init__(self, url: Url) -> None:
        self.seen: list[Wait] = []
        self._connection = connect(url, application="bench waits")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def seconds(self, begun: float, ended: float) -> float:
        """Return for about how long in all somebody waited, within that time."""
        return sum(begun <= wait.at <= ended for wait in self.seen) * _EVERY_S

    def longest_ms(self, begun: float, ended: float) -> float:
        """Return the longest that one of them had waited when it was seen, within that time."""
        return max((wait.so_far_s for wait in self.seen if begun <= wait.at <= ended), default=0.0) * 1000

    def behind(self, begun: float, ended: float) -> str:
        """Return a statement that somebody waited behind within that time, or nothing."""
        return next((wait.behind for wait in self.seen if begun <= wait.at <= ended), "")

    def _look(self) -> None:
        while not self._ended.wait(_EVERY_S):
            with suppress(psycopg.Error):
                self._see(self._connection)

    def _see(self, connection: Connection) -> None:
        found = connection.execute(_LOOK, (APPLICATION,)).fetchone()
        if found is not None:
            self.seen.append(Wait(time.monotonic(), " ".join(str(found[0]).split())[:160], float(found[1] or 0)))


@contextmanager
def watched(url: Url) -> Iterator[Waits]:
    """Look until the block ends."""
    waits = Waits(url)
    try:
        yield waits
    finally:
        waits.close()
