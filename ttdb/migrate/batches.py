"""Batches: each a short transaction, as large as its locks may last, with a rest after it for the others."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from psycopg import sql

from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.step import Step
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import Connection, scalar

_FIRST_ROWS, _FEWEST_ROWS, _MOST_ROWS = 100, 10, 20_000
_LONGEST_S = 0.1  # a batch holds its rows' locks about this long: it grows and shrinks towards it
_REST = 0.5  # after each batch, so much of the time that it took
_WAL_PER_S = 16 * 2**20
_MOST_WAL = 2**20  # of a batch: whoever commits meanwhile waits until that is on disk too
_MOST_LAG = 32 * 2**20  # bytes that the slowest standby may have yet to replay
_PAUSE_S = 0.2  # while others wait for locks, or a standby lags
_LONGEST_WAIT_S = 60.0  # for others' locks: a deadlock of theirs is no reason to stand still for ever
_SAY_EVERY_S = 2.0


def act(connection: Connection, step: Step) -> None:
    """Become, until the transaction ends, the role that a step runs as."""
    connection.execute(
        sql.SQL("set local role {}; set local row_security = {}").format(
            sql.Identifier(step.role), sql.SQL("on" if step.filters_rows else "off")
        )
    )


@dataclass
class Batches(ABC):
    """Work that is done in batches, on its way."""

    connection: Connection
    revision: str
    step: Step
    courtesy: Courtesy
    on_event: OnEvent
    size: int = _FIRST_ROWS
    rows: int = 0
    seen: int = 0
    total: int = 0
    last: int = 0  # how many rows the last batch saw
    _asked: int = 0
    _blind: str = ""  # what a rest cannot look at
    _started: float = field(default_factory=time.monotonic)
    _said: float = field(default_factory=time.monotonic)
    _rows_before: int = 0

    @abstractmethod
    def batch(self, rows: int) -> None:
        """Do the next batch of at most so many rows, in the open transaction, and count it in ``after``."""

    @abstractmethod
    def after(self) -> None:
        """Count the batch, which is committed."""

    def between(self) -> None:  # noqa: B027 - most have nothing to do there
        """Do what is wanted between two batches, outside any transaction."""

    def goes_on(self, *, full: bool) -> bool:
        """Tell whether there is more to do after a batch; ``full`` where it saw as many rows as it was asked for."""
        return full

    def expect(self, relation: str) -> None:
        """Estimate how many rows there are to see."""
        self.total = scalar(self.connection, _ESTIMATE, (relation,)) or 0

    def run(self) -> None:
        """Go once along the table."""
        while self._batch():
            pass

    def _batch(self) -> bool:
        wal = scalar(self.connection, "select pg_catalog.pg_current_wal_insert_lsn()")
        started = time.monotonic()
        with_retries(
            self._attempt,
            connection=self.connection,
            courtesy=self.courtesy,
            on_event=self.on_event,
            what={"revision": self.revision, "step": self.step.name},
        )
        took = time.monotonic() - started
        written = scalar(self.connection, _WRITTEN, (wal,))
        more = self.goes_on(full=self.last == self._asked)
        self.size = _sized(self.size, max(took / _LONGEST_S, written / _MOST_WAL))
        self._tell(last=not more)
        if more:
            self.between()
            self._rest(took, written)
        return more

    def _attempt(self) -> str:
        asked = self.size
        self.size = max(_FEWEST_ROWS, asked // 2)  # where it is refused, the next is smaller
        with self.connection.transaction():
            self._act()
            self.batch(asked)
        self.size, self._asked = asked, asked
        self.after()
        return "done"

    def _act(self) -> None:
        act(self.connection, self.step)
        timeout = sql.Literal(self.courtesy.lock_timeout)
        self.connection.execute(sql.SQL("set local lock_timeout = {}").format(timeout))

    def _rest(self, took: float, written: int) -> None:
        """Give way: a part of the time that the batch took, what its bytes of WAL allow, and what others need."""
        time.sleep(max(took * _REST, written / _WAL_PER_S - took))
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while True:
            waiting, lag = self._others()
            lags = lag > _MOST_LAG
            if not lags and (not waiting or time.monotonic() > deadline):
                return
            self._tell(why=f"a standby is {lag >> 20} MB behind" if lags else f"{waiting} wait for locks")
            time.sleep(_PAUSE_S)

    def _others(self) -> tuple[int, int]:
        """Return how many sessions wait for a lock, and how many bytes the slowest standby lags.

        As the login, which may have pg_read_all_stats: of a standby the group role sees only that it is there.
        """
        with self.connection.transaction():
            self.connection.execute("set local role none")
            waiting, lag, hidden = self.connection.execute(_OTHERS).fetchone() or (0, 0, False)
        self._blind = "a standby's lag is not seen: grant pg_read_all_stats to the login" if hidden else ""
        return waiting, lag

    def _tell(self, *, last: bool = False, why: str = "") -> None:
        now = time.monotonic()
        if not last and now - self._said < _SAY_EVERY_S:
            return
        self._said = now
        rate = (self.seen - self._rows_before) / max(now - self._started, 0.001)
        left = max(self.total - self.seen, 0)
        facts = {
            "revision": self.revision,
            "step": self.step.name,
            "rows": self.rows,
            "seen": self.seen,
            "of": max(self.total, self.seen),
            "rate": round(rate),
            "eta_s": 0 if last else round(left / rate) if rate > 0 else None,
            "why": why or self._blind,
        }
        self.on_event(Event("progress", dict(facts)))


def _sized(rows: int, share: float) -> int:
    """Return how many rows the next batch has, after one that took so large a share of what a batch may take."""
    if share > 1:
        return max(_FEWEST_ROWS, rows // 2)
    return min(_MOST_ROWS, rows * 2) if share < 1 / 2 else rows


_WRITTEN = "select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), %s)::bigint"
# Of a partitioned table, its partitions' rows.
_ESTIMATE = """\
with root (oid) as (select pg_catalog.to_regclass(%s)::oid)
select coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint
from root as r
inner join pg_catalog.pg_class as c
    on (c.oid = r.oid and c.relkind = 'r')
    or c.oid in (select t.relid from pg_catalog.pg_partition_tree(r.oid) as t where t.isleaf)
"""

_OTHERS = """\
select (
    select pg_catalog.count(*) from pg_catalog.pg_locks as l
    where not l.granted and l.pid <> pg_catalog.pg_backend_pid()
        and (l.database is null or l.database = (
            select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
        ))
), coalesce((
    select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), r.replay_lsn))
    from pg_catalog.pg_stat_replication as r
), 0)::bigint, exists (
    select from pg_catalog.pg_stat_replication as r where r.state is null
)
"""
