"""Fill a column of a table in use: in batches by primary key, each a short transaction, no faster than others bear."""

import json
import time
from dataclasses import dataclass, field, replace

from psycopg import sql

from ttdb.errors import StepFailed, UsageError
from ttdb.migrate import ledger
from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.step import Backfill, Step
from ttdb.model import Event, OnEvent
from ttdb.postgres.connect import Connection, scalar

_FIRST_ROWS, _FEWEST_ROWS, _MOST_ROWS = 500, 10, 20_000
_LONGEST_S = 0.1  # a batch holds its rows' locks about this long: it grows and shrinks towards it
_REST = 0.5  # after each batch, so much of the time that it took
_WAL_PER_S = 16 * 2**20
_MOST_LAG = 32 * 2**20  # bytes that the slowest standby may have yet to replay
_PAUSE_S = 0.2  # while others wait for locks, or a standby lags
_LONGEST_WAIT_S = 60.0  # for others' locks: a deadlock of theirs is no reason to stand still for ever
_SAY_EVERY_S = 2.0
_PASSES = 5


def acting(connection: Connection, step: Step) -> Step:
    """Return a backfill as the role that sees every row of its table; any other step as it is.

    Where row security is forced, its owner would see no row: the operator's policies show all. Elsewhere the owner,
    with row_security off, so that a policy that would hide a row is an error.
    """
    if step.backfill is None:
        return step
    forced = scalar(
        connection,
        "select c.relrowsecurity and c.relforcerowsecurity from pg_catalog.pg_class as c"
        " where c.oid = pg_catalog.to_regclass(%s)",
        (step.backfill.relation,),
    )
    return replace(step, role="ttdb_operator" if forced else "ttdb_owner", filters_rows=bool(forced))


def act(connection: Connection, step: Step) -> None:
    """Become, until the transaction ends, the role that a step runs as."""
    connection.execute(
        sql.SQL("set local role {}; set local row_security = {}").format(
            sql.Identifier(step.role), sql.SQL("on" if step.filters_rows else "off")
        )
    )


def fill(connection: Connection, revision: str, step: Step, courtesy: Courtesy, on_event: OnEvent) -> None:
    """Run a backfill to its end, from where an earlier run was killed.

    Raises:
        StepFailed: rows without a value keep coming.
        UsageError: the table has no primary key.
        LockNotObtained: a batch was refused its rows in all attempts; a second run continues.

    """
    if step.backfill is None:
        message = f"step {step.name} is no backfill"
        raise ValueError(message)
    work = _Work(connection, revision, step, step.backfill, courtesy, on_event)
    for _ in range(_PASSES):
        work.run()
        if not work.left():
            return
        work.start_again()
    message = f"step {step.name} of {revision} filled {work.rows} rows, and rows without a value keep coming"
    raise StepFailed(
        message, "Let a default or a trigger fill them on INSERT, in a step before it, and run the command again."
    )


@dataclass
class _Work:
    """One backfill on its way."""

    connection: Connection
    revision: str
    step: Step
    what: Backfill
    courtesy: Courtesy
    on_event: OnEvent
    size: int = _FIRST_ROWS
    rows: int = 0
    seen: int = 0
    key: list[str] | None = None  # of the last row of the last batch
    columns: list[tuple[str, str]] = field(default_factory=list)
    total: int = 0
    _started: float = field(default_factory=time.monotonic)
    _said: float = field(default_factory=time.monotonic)
    _rows_before: int = 0
    _asked: int = 0
    _last: int = 0

    def __post_init__(self) -> None:
        self.columns = self.connection.execute(_PRIMARY_KEY, (self.what.relation,)).fetchall()
        if not self.columns:
            message = f"{self.what.relation} has no primary key to go along"
            raise UsageError(message, "Give it one: alter table ... add primary key using index ...;")
        self.total = scalar(self.connection, _ESTIMATE, (self.what.relation,)) or 0
        progress = ledger.progress(self.connection, self.revision, self.step.name)
        if progress:
            self.key, self.rows, self.seen = progress["key"], progress["rows"], progress["seen"]
        self._rows_before = self.seen

    def run(self) -> None:
        """Go once along the table."""
        while self._batch():
            pass

    def left(self) -> bool:
        """Tell whether rows are left that came behind our back."""
        with self.connection.transaction():
            self._act()
            return scalar(self.connection, sql.SQL(self.step.holds)) is not True

    def start_again(self) -> None:
        """Begin at the first row."""
        self.key, self.seen = None, 0

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
        more = self._last == self._asked
        self.size = min(_MOST_ROWS, self.size * 2) if took < _LONGEST_S / 2 else self.size
        self.size = max(_FEWEST_ROWS, self.size // 2) if took > _LONGEST_S else self.size
        self._tell(last=not more)
        if more:
            self._rest(took, wal)
        return more

    def _attempt(self) -> str:
        asked = self.size
        self.size = max(_FEWEST_ROWS, asked // 2)  # where it is refused, the next is smaller
        with self.connection.transaction():
            self._act()
            found, filled, key = self.connection.execute(self._statement(asked)).fetchone() or (0, 0, None)
            ends = {"key": key or self.key, "rows": self.rows + filled, "seen": self.seen + found}
            self.connection.execute("set local role ttdb_owner")
            ledger.set_progress(self.connection, self.revision, self.step.name, json.dumps(ends))
        self.size, self._asked, self._last = asked, asked, found
        self.key, self.rows, self.seen = ends["key"], ends["rows"], ends["seen"]
        return "done"

    def _act(self) -> None:
        act(self.connection, self.step)
        timeout = sql.Literal(self.courtesy.lock_timeout)
        self.connection.execute(sql.SQL("set local lock_timeout = {}").format(timeout))

    def _statement(self, rows: int) -> sql.Composed:
        names = [sql.Identifier("t", name) for name, _ in self.columns]
        aliases = [sql.Identifier(f"k{number}") for number, _ in enumerate(self.columns)]
        after: sql.Composable = sql.SQL("")
        if self.key is not None:
            values = [
                sql.SQL("{}::" + kind).format(sql.Literal(value))
                for value, (_, kind) in zip(self.key, self.columns, strict=True)
            ]
            after = sql.SQL("where ({}) > ({})").format(sql.SQL(", ").join(names), sql.SQL(", ").join(values))
        same = sql.SQL(" and ").join(sql.SQL("{} = b.{}").format(n, a) for n, a in zip(names, aliases, strict=True))
        return sql.SQL(_BATCH).format(
            change=self._change(same),
            keys=sql.SQL(", ").join(sql.SQL("{} as {}").format(n, a) for n, a in zip(names, aliases, strict=True)),
            relation=sql.Identifier(*self.what.relation.split(".", 1)),
            after=after,
            order=sql.SQL(", ").join(names),
            texts=sql.SQL(", ").join(sql.SQL("l.{}::text").format(alias) for alias in aliases),
            last=sql.SQL(", ").join(sql.SQL("{} desc").format(alias) for alias in aliases),
            rows=sql.Literal(rows),
        )

    def _change(self, same: sql.Composed) -> sql.Composed:
        where = sql.SQL(self.what.where)
        relation = sql.Identifier(*self.what.relation.split(".", 1))
        if self.what.into is None:
            return sql.SQL(_UPDATE).format(
                relation=relation, assignments=sql.SQL(self.what.assignments), same=same, where=where
            )
        return sql.SQL(_MOVE).format(
            relation=relation,
            into=sql.Identifier(*self.what.into.split(".", 1)),
            reason=sql.Literal(self.what.reason),
            same=same,
            where=where,
        )

    def _rest(self, took: float, wal: object) -> None:
        """Give way: a part of the time that the batch took, what its WAL allows, and what others need."""
        written = scalar(
            self.connection,
            "select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), %s)::bigint",
            (wal,),
        )
        time.sleep(max(took * _REST, written / _WAL_PER_S - took))
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while True:
            waiting, lag = self.connection.execute(_OTHERS).fetchone() or (0, 0)
            lags = lag > _MOST_LAG
            if not lags and (not waiting or time.monotonic() > deadline):
                return
            self._tell(why=f"a standby is {lag >> 20} MB behind" if lags else f"{waiting} wait for locks")
            time.sleep(_PAUSE_S)

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
            "why": why,
        }
        self.on_event(Event("progress", dict(facts)))


_PRIMARY_KEY = """\
select a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_index as i
cross join lateral pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = pg_catalog.to_regclass(%s) and i.indisprimary
order by k.place
"""

# Of a partitioned table, its partitions' rows.
_ESTIMATE = """\
with root (oid) as (select pg_catalog.to_regclass(%s)::oid)
select coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint
from root as r
inner join pg_catalog.pg_class as c
    on (c.oid = r.oid and c.relkind = 'r')
    or c.oid in (select t.relid from pg_catalog.pg_partition_tree(r.oid) as t where t.isleaf)
"""

# A row that another session changes meanwhile is looked at again by UPDATE itself. Every row is read once, in the order
# of the key, also where it needs nothing: so each batch takes about as long as the others, and the end is known.
_BATCH = """\
with batch as materialized (
    select {keys} from {relation} as t {after} order by {order} limit {rows}
), {change}
select (select pg_catalog.count(*) from batch), (select pg_catalog.count(*) from filled),
    (select array[{texts}] from batch as l order by {last} limit 1)
"""
_UPDATE = """\
filled as (
    update {relation} as t set {assignments} from batch as b where {same} and ({where}) returning 1
)"""
_MOVE = """\
moved as (
    delete from {relation} as t using batch as b where {same} and ({where}) returning t.*
), filled as (
    insert into {into} select m.*, {reason}, pg_catalog.now() from moved as m returning 1
)"""

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
), 0)::bigint
"""
