"""The least that the same rows can cost: made beforehand, sent by COPY, nothing but COPY and DDL timed."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from psycopg import sql

from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.url import Url
from ttdb.seed import aside, bulk, in_place
from ttdb.seed import catalog as catalogs
from ttdb.seed import scenario as scenarios
from ttdb.seed.batches import Batch, Group, groups, spans, windows
from ttdb.seed.draw import Source
from ttdb.seed.load import copy, identifier
from ttdb.seed.months import ensure_months
from ttdb.seed.plan import fit
from ttdb.seed.world import Span, World

MEMBER, PASSWORD = "seed_bench_member", "seed_bench_member"
_APPLICATION = "bench seed"


def make_member(admin: Connection) -> None:
    """Make the login that loads as owner."""
    name = sql.Identifier(MEMBER)
    admin.execute(sql.SQL("create role {} login password {}").format(name, sql.Literal(PASSWORD)))
    admin.execute(sql.SQL("grant ttdb_owner, ttdb_operator to {}").format(name))


class Rows:
    """The rows of a scenario, in files, as COPY takes them."""

    def __init__(self, url: Url, scenario: str, orders: int, live_orders: int, standing: int = 0) -> None:
        self.scenario, self.orders, self.live_orders, self.standing = scenario, orders, live_orders, standing
        self._folder = TemporaryDirectory(prefix="ttdb-bench-seed-")
        with connect(url, application=_APPLICATION) as connection:
            found = scenarios.load(scenario)
            self.plans = fit(found, catalogs.read(connection, found.schema), connection.info.dbname)
        self._found = found
        self._bulk = self._files("bulk", self._world(orders), bulk.ROWS)
        self._live = self._files("live", self._world(standing + live_orders), in_place.ROWS, after=standing)

    def _world(self, orders: int) -> World:
        found = self._found
        volumes = {**found.volumes, "orders": orders}
        return World(self.plans, Source(found.name, found.seed), volumes, found.pools, found.anchor)

    def _files(self, name: str, world: World, rows: int, after: int = 0) -> list[Path]:
        made: list[Path] = []
        standing = self._world(after) if after else None
        for group in groups(world):
            for window in _windows(world, standing, group, rows, after):
                path = Path(self._folder.name) / f"{name}-{len(made)}"
                path.write_bytes(pickle.dumps([(batch.table, batch.rows, bytes(batch.data)) for batch in window]))
                made.append(path)
        return made

    def floor_in_place(self, url: Url) -> int:
        """Floor 1: every index, rule and trigger in place; a transaction for each window, as the seed does."""
        written = 0
        with connect(url, application=_APPLICATION) as connection:
            ensure_months(connection, self._world(self.standing + self.live_orders))
            for path in self._live:
                with connection.transaction():
                    written += sum(self._copy(connection, batch) for batch in _read(path))
        return written

    def floor_bulk(self, url: Url) -> int:
        """Floor 2: secondary indexes and foreign keys dropped and made again, no trigger fires; rules go unasked."""
        written = 0
        with connect(url, application=_APPLICATION) as connection, connection.transaction():
            ensure_months(connection, self._world(self.orders))
            tables = [identifier(plan.catalog) for plan in self.plans.values()]
            items = aside.found(connection, [_oid(connection, table) for table in tables])
            for item in sorted(items, key=lambda item: item.kind):
                aside.execute(connection, item.removed)
            for table in tables:
                connection.execute(sql.SQL("alter table {} disable trigger user").format(table))
            for path in self._bulk:
                written += sum(self._copy(connection, batch) for batch in _read(path))
            connection.execute("set local maintenance_work_mem = '256MB'")
            for item in sorted(items, key=lambda item: item.kind, reverse=True):
                aside.execute(connection, item.restore)
        return written

    def _copy(self, connection: Connection, batch: Batch) -> int:
        plan = self.plans[batch.table]
        return copy(connection, identifier(plan.catalog), plan.stored, batch.data) if batch.rows else 0


def _windows(world: World, standing: World | None, group: Group, rows: int, after: int) -> Iterator[tuple[Batch, ...]]:
    """Yield the rows that are not there yet: of the few that more orders bring with them, all at once."""
    if standing is None or world.plans[group.base].rows.volume == "orders":
        some = [replace(each, start=max(each.start, after)) for each in spans(world, group, rows) if each.stop > after]
        yield from windows(world, group, some)
    elif some := _fresh(world, standing, group.base):
        yield tuple(batch for window in windows(world, group, some) for batch in window)


def _fresh(world: World, standing: World, base: str) -> list[Span]:
    """Return where a table has rows that the standing world does not have."""
    if world.plans[base].rows.parent is None:
        return []
    new = ~np.isin(world.table(base).numbers, standing.table(base).numbers)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], new, [False])).astype(np.int8))).tolist()
    return [Span(base, start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _read(path: Path) -> tuple[Batch, ...]:
    window = pickle.loads(path.read_bytes())  # noqa: S301 - written above
    return tuple(Batch(table, rows, memoryview(data)) for table, rows, data in window)


def _oid(connection: Connection, table: sql.Identifier) -> int:
    query = sql.SQL("select {}::pg_catalog.regclass::pg_catalog.oid").format(sql.Literal(table.as_string(connection)))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
