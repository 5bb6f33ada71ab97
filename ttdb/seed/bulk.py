"""Fill empty tables: indexes and foreign keys set aside and made again, triggers' work done once for all rows.

One session does all in one transaction: killed at any moment, nothing has happened. Several sessions fill several
tables at once, each in a transaction of its own, so what was set aside is written down first, and whose the rows are: a
repair takes them away and puts everything back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from threading import Thread
from time import sleep

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ttdb.errors import TtdbError
from ttdb.postgres.connect import Connection, scalar
from ttdb.secrets import masked
from ttdb.seed import aside, wire
from ttdb.seed.aside import Aside
from ttdb.seed.batches import Batch, batches, groups
from ttdb.seed.catalog import Catalog
from ttdb.seed.feed import Feed
from ttdb.seed.load import copy, identifier
from ttdb.seed.mend import lock, repair
from ttdb.seed.progress import Progress
from ttdb.seed.refused import RuleBroken
from ttdb.seed.session import acting_as, may_become
from ttdb.seed.world import World

ROWS = 45_000  # of a window
_MEMORY = "256MB"  # to build an index in
_CANCEL_S, _CANCEL_AGAIN_S = 5.0, 0.2
_TRIES = 60  # for tables that are full: somebody who reads them meanwhile is waited for, without keeping others from it
_IN_USE = ("the tables to fill", "the command again; or pass --no-bulk, which takes no such lock")


@dataclass(frozen=True, slots=True)
class Ground:
    """The tables of a bulk load, and who may do it."""

    oids: Mapping[str, int]  # of the scenario's tables
    owner: str | None  # the role to take; None where the session is past row-level security already
    kept: Mapping[str, int]  # the scenario's tables and all that hang on them
    forced: tuple[str, ...]  # those of them whose owner row-level security stops


@dataclass(frozen=True, slots=True)
class Load:
    """A bulk load."""

    world: World
    ground: Ground
    progress: Progress
    details: Mapping[str, object]  # for the trail
    on_note: Callable[[str], None]
    window_rows: int = ROWS


def ground(
    connection: Connection, catalog: Catalog, world: World, role: str | None, *, emptied: bool = False
) -> Ground | None:
    """Return the ground of a bulk load; None where tables hold rows, or the login may not change them.

    With ``emptied``, what rows there are is not asked: they will be gone.
    """
    plans = world.plans
    if not all(wire.is_native(plan.catalog.columns[column].wire) for plan in plans.values() for column in plan.stored):
        return None
    names = _closure(catalog, {(plan.catalog.schema, plan.catalog.name) for plan in plans.values()})
    quoted = {name: sql.Identifier(*name).as_string(connection) for name in names}
    facts = {name: _facts(connection, text) for name, text in quoted.items()}
    owners = {owner for _, owner, _, _ in facts.values()}
    past = not any(active for _, _, active, _ in facts.values())
    alone = scalar(connection, "select rolsuper from pg_catalog.pg_roles where rolname = current_user") is True
    if len(owners) != 1 or not (alone or may_become(connection, next(iter(owners)))):
        return None
    with nullcontext() if emptied else acting_as(connection, role):
        full = " or ".join(f"exists (select from {text})" for text in quoted.values())
        if not emptied and scalar(connection, sql.SQL(f"select {full}")):
            return None
    return Ground(
        oids={name: facts[plan.catalog.schema, plan.catalog.name][0] for name, plan in plans.items()},
        owner=None if alone and past else next(iter(owners)),
        kept={quoted[name]: facts[name][0] for name in names},
        forced=() if alone and past else tuple(quoted[name] for name in names if facts[name][3]),
    )


def _closure(catalog: Catalog, names: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return these tables and all that point at them, directly or not."""
    while True:
        more = {(key.child_schema, key.child) for key in catalog.foreign_keys if (catalog.schema, key.parent) in names}
        if more <= names:
            return sorted(names)
        names = names | more


def _facts(connection: Connection, table: str) -> tuple[int, str, bool, bool]:
    query = """
        select
            c.oid,
            pg_catalog.pg_get_userbyid(c.relowner),
            pg_catalog.row_security_active(c.oid),
            c.relrowsecurity and c.relforcerowsecurity
        from pg_catalog.pg_class as c
        where c.oid = %s::pg_catalog.regclass
    """
    return connection.execute(query, (table,)).fetchone() or (0, "", True, True)


def write_all(sessions: Sequence[Connection], load: Load) -> dict[str, int]:
    """Write every row of a run into empty tables, and return how many of each table were.

    Raises:
        TtdbError: the rows break a rule; then nothing is left of them.

    """
    first = sessions[0]
    alone = len(sessions) == 1 or not aside.has_registry(first)
    with first.transaction() if alone else nullcontext():
        with acting_as(first, load.ground.owner):
            items = aside.found(first, list(load.ground.oids.values()))
            _set_aside(first, load, items, registered=not alone)
        try:
            written = _filled(sessions[:1] if alone else sessions, load, items, registered=not alone)
            with acting_as(first, load.ground.owner):
                _put_back(first, load, items, registered=not alone)
        except BaseException as error:
            if not alone and not first.broken:
                load.on_note("taking back what the bulk load wrote")  # which may take as long as reading it
                _repair_after(first, error)
            elif not alone and isinstance(error, psycopg.Error | KeyboardInterrupt):
                message = f"the load's connection was lost: {masked(str(error)) or 'interrupted'}"
                hint = "Undo what it had done so far, in the same database: ttdb seed --repair"
                raise TtdbError(message, hint) from error
            raise
    return written


def _repair_after(connection: Connection, error: BaseException) -> None:
    """Undo a load that failed; where that fails too, as on a full disk, say what is left to do.

    Raises:
        TtdbError: indexes and foreign keys are still set aside.

    """
    try:
        repair(connection)
    except psycopg.Error:
        message = f"the load failed, and indexes and foreign keys are still set aside: {masked(str(error))}"
        raise TtdbError(message, "Mend the cause, and run in the same database: ttdb seed --repair") from error


def _set_aside(connection: Connection, load: Load, items: Sequence[Aside], *, registered: bool) -> None:
    lock(connection, list(load.ground.kept), *_IN_USE)
    if registered:
        names = {oid: name for name, oid in load.ground.oids.items()}
        later = sorted(items, key=lambda item: item.kind == "foreign key")  # which need the indexes
        aside.remember(
            connection,
            [
                *((table, aside.ROWS, "") for table in load.ground.kept),
                *((names[item.relation], item.object, item.restore) for item in later),
            ],
        )
    for item in sorted(items, key=lambda item: item.kind):  # foreign keys before the indexes that they need
        aside.execute(connection, item.removed)


def _filled(sessions: Sequence[Connection], load: Load, items: Sequence[Aside], *, registered: bool) -> dict[str, int]:
    lanes = _lanes(load.world, len(sessions))
    written = dict.fromkeys(load.world.plans, 0)
    failed: list[BaseException] = []
    ended: set[int] = set()
    with Feed(_batches(load, lanes), len(sessions)) as feed:

        def work(number: int) -> None:
            tables = [name for name, lane in lanes.items() if lane == number]
            lane = _Lane(sessions[number], load, tables, items, registered=registered)
            try:
                written.update(lane.fill(feed, number))
            finally:
                ended.add(number)

        def guarded(number: int, *following: Thread) -> None:
            try:
                work(number)
                for thread in following:
                    thread.join()
            except _Stopped:
                return
            except BaseException as error:  # noqa: BLE001 - the calling thread raises it
                feed.stop()
                failed.append(error)
                # Again and again: what comes between two statements of a session is not heard.
                while others := [session for lane, session in enumerate(sessions) if lane not in ended]:
                    _cancel(others)
                    sleep(_CANCEL_AGAIN_S)

        with ExitStack() as stack:
            threads = [Thread(target=guarded, args=(number,)) for number in range(1, len(sessions))]
            for thread in threads:
                stack.callback(thread.join)
                stack.callback(feed.stop)  # before it is waited for, whatever happens here
                thread.start()
            guarded(0, *threads)
    if failed:
        raise failed[0]
    return written


def _cancel(sessions: Sequence[Connection]) -> None:
    """End what sessions do, which may be an index that takes long."""
    for session in sessions:
        with suppress(psycopg.Error):
            session.cancel_safe(timeout=_CANCEL_S)


def _lanes(world: World, count: int) -> dict[str, int]:
    """Give each session tables of about the same number of bytes; a session has its tables to itself."""
    weights = {
        name: world.size(world.base(name)) * world.fanout(name, world.base(name)) * (4 + len(plan.stored))
        for name, plan in world.plans.items()
    }
    loads, lanes = [0.0] * count, dict.fromkeys(weights, 0)
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        lanes[name] = loads.index(min(loads))
        loads[lanes[name]] += weights[name]
    return lanes


def _batches(load: Load, lanes: Mapping[str, int]) -> Iterator[tuple[int, Batch]]:
    for group in groups(load.world):
        for batch in batches(load.world, group, load.window_rows):
            yield lanes[batch.table], batch


class _Stopped(Exception):
    """Raised where another session failed: what this one did is rolled back."""


@dataclass
class _Lane:
    """One session, and the tables that it fills in one transaction."""

    connection: Connection
    load: Load
    tables: Sequence[str]
    items: Sequence[Aside]
    registered: bool = field(kw_only=True)

    def fill(self, feed: Feed[Batch], number: int) -> dict[str, int]:
        """Write the tables' rows, make their indexes again, and return how many rows there are."""
        written = dict.fromkeys(self.tables, 0)
        with (
            acting_as(self.connection, self.load.ground.owner),
            _opened(self.connection, self.load, self.tables, written),
        ):
            for batch in feed.lane(number):
                if batch.rows:
                    written[batch.table] += self._copy(batch)
                self.load.progress.add(batch.rows)
            if feed.stopped:
                raise _Stopped
            self.load.progress.turn_to("indexes")
            self.connection.execute("select pg_catalog.set_config('maintenance_work_mem', %s, true)", (_MEMORY,))
            oids = {self.load.ground.oids[name]: name for name in self.tables}
            for item in self.items:
                if feed.stopped:  # also one whose cancel came between two statements
                    raise _Stopped
                if item.kind == "index" and item.relation in oids:
                    aside.execute(self.connection, item.restore)
                    if self.registered:
                        aside.forget(self.connection, oids[item.relation], item)
            if self.registered:
                aside.wrote(self.connection, self._names)
        return written

    @property
    def _names(self) -> list[str]:
        """The tables, as the server writes their names."""
        return [identifier(self.load.world.plans[name].catalog).as_string(self.connection) for name in self.tables]

    def _copy(self, batch: Batch) -> int:
        plan = self.load.world.plans[batch.table]
        return copy(self.connection, identifier(plan.catalog), plan.stored, batch.data)


@contextmanager
def _opened(connection: Connection, load: Load, tables: Sequence[str], written: Mapping[str, int]) -> Iterator[None]:
    """Let the owner copy into tables, in this transaction only: unforced row-level security, quiet triggers."""
    quiet = aside.triggers(connection, [load.ground.oids[name] for name in tables])
    audited = [name for name in tables if _is_audited(connection, load.ground.oids[name])]
    own = {identifier(load.world.plans[name].catalog).as_string(connection) for name in tables}
    if own:
        lock(connection, sorted(own), *_IN_USE)
    with _unforced(connection, [table for table in load.ground.forced if table in own]):
        for name in audited:
            connection.execute("select audit.begin_load(%s::oid::regclass)", (load.ground.oids[name],))
        for trigger in quiet:
            aside.execute(connection, trigger.quieted)
        yield
        oids = [load.ground.oids[name] for name in tables]
        aside.look_at_deferred(connection, oids)  # what is queued would keep the tables from being altered
        for trigger in quiet:
            aside.execute(connection, trigger.restore)
        for name in audited:
            facts = (load.ground.oids[name], written[name], Jsonb(load.details))
            connection.execute("select audit.end_load(%s::oid::regclass, %s, %s)", facts)


@contextmanager
def _unforced(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Let the owner see and write all rows, in this transaction only: nobody else gets at the tables meanwhile."""
    for table in tables:
        aside.execute(connection, f"alter table {table} no force row level security")
    yield
    for table in tables:
        aside.execute(connection, f"alter table {table} force row level security")


def _put_back(connection: Connection, load: Load, items: Sequence[Aside], *, registered: bool) -> None:
    """Do once what the triggers would have done for each row, make the foreign keys again, and ask every rule."""
    # Writers first, for good: without foreign keys they could write what points at nothing. Then readers too.
    lock(connection, list(load.ground.kept), *_IN_USE, tries=_TRIES, mode="share row exclusive")
    lock(connection, list(load.ground.kept), *_IN_USE, tries=_TRIES)
    # An owner on whom row-level security is forced validates a foreign key, and asks the rules, without seeing a row.
    with _unforced(connection, load.ground.forced):
        _settle(connection, load)
        load.progress.turn_to("foreign keys")
        for item in items:
            if item.kind == "foreign key":
                aside.execute(connection, item.restore)
        load.progress.turn_to("rules")
        for plan in load.world.plans.values():
            connection.execute(sql.SQL("analyze {}").format(identifier(plan.catalog)))
        _refuse_broken(connection)
        aside.look_at_deferred(connection, list(load.ground.kept.values()))
    if registered:
        connection.execute("delete from ttdb.set_aside")


def _settle(connection: Connection, load: Load) -> None:
    if scalar(connection, "select pg_catalog.to_regclass('ttdb.unique_keys')") is not None:
        connection.execute(
            "select ttdb.fill_unique_keys(u.keys) from ttdb.unique_keys as u where u.relation::oid = any(%s)",
            (list(load.ground.oids.values()),),
        )
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.settle_load()')") is not None:
        connection.execute("select ttdb.settle_load()")


def _refuse_broken(connection: Connection) -> None:
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.broken_rules()')") is None:
        return
    row = connection.execute("select constraint_name, id, detail from ttdb.broken_rules() limit 1").fetchone()
    if row is not None:
        raise RuleBroken(row[0], f"{row[1]}, {row[2]}")


def _is_audited(connection: Connection, oid: int) -> bool:
    if scalar(connection, "select pg_catalog.to_regprocedure('audit.begin_load(regclass)')") is None:
        return False
    query = "select audit.is_enabled(%s::pg_catalog.oid::pg_catalog.regclass)"
    return scalar(connection, query, (oid,)) is True
