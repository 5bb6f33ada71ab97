"""Measure seeding against the floors of the same rows.

python bench/seed/run.py --orders 250000 --live-orders 10000 --rounds 3 --peaks 100000 5000000

On a server of its own that is gone afterwards. Each round runs every way once, so that a busy machine troubles all of
them alike; the ratios are of the rounds' medians. Then ttdb seed as a process: a hundred orders, and its peak memory.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, process_time

sys.path.insert(0, str(Path(__file__).parents[2]))

from psycopg import sql

from bench.seed import floors, orm, process
from bench.seed.report import ORM, Figures, as_markdown
from ttdb import config
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection, connect, server_version
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url
from ttdb.seed import seed

_TEMPLATE, _STANDING = "seed_head", "seed_standing"
_APPENDING = ("floor 1", "ttdb appending, superuser", "ttdb appending, operator")
_APPLICATION = "bench seed"
_ORM_ORDERS = 300
_FEW, _STARTS = 100, 7


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print the figures."""
    given = _parser().parse_args(arguments)
    figures = Figures(given.orders, given.live_orders, given.scenario, os.getloadavg()[0])
    with throwaway(config.load()) as server:
        _make_template(server.url)
        figures.server = _version(server.url)
        if given.rounds:
            _run_rounds(server.url, given, figures)
            sys.stdout.write(as_markdown(figures))
            sys.stdout.flush()  # what follows may take long
        sys.stdout.write(process.as_markdown(_processes(server.url, given.scenario, given.peaks)))
    return 0


def _run_rounds(server: Url, given: argparse.Namespace, figures: Figures) -> None:
    head = server.with_parts(dbname=_TEMPLATE)
    rows = floors.Rows(head, given.scenario, given.orders, given.live_orders, given.standing)
    with _database(server, name=_STANDING) as standing:
        _seed(standing, rows, given.standing, bulk=True)
        _run_ways(server, rows, given, figures)


def _run_ways(server: Url, rows: floors.Rows, given: argparse.Namespace, figures: Figures) -> None:
    ways = [(name, way) for name, way in _ways(rows).items() if _wanted(name, given.ways)]
    for turn in range(given.rounds):
        # Each round begins with another: what ran before leaves its mark on the disk.
        for name, way in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
            with _database(server, _STANDING if name in _APPENDING else _TEMPLATE) as url:
                _say(f"round {turn + 1} of {given.rounds}: {name}")
                figures.add(name, *_timed(way, url))
        _say(as_markdown(figures))  # so far: what follows may be stopped


def _wanted(name: str, kinds: Sequence[str]) -> bool:
    return ("append" if name in _APPENDING else "orm" if name == ORM else "bulk") in kinds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--orders", type=int, default=20_000, help="of the bulk loads; thirteen rows an order")
    parser.add_argument(
        "--live-orders", type=int, default=1_000, help="of the loads in place: a thousandth second each"
    )
    parser.add_argument("--standing", type=int, default=5_000, help="orders that stand where rows are appended")
    parser.add_argument("--rounds", type=int, default=3, help="0: only ttdb seed as a process")
    parser.add_argument(
        "--peaks", type=int, nargs="*", default=[], metavar="ORDERS", help="of which to measure the peak memory"
    )
    parser.add_argument("--scenario", default="load")
    parser.add_argument("--ways", nargs="+", choices=("append", "bulk", "orm"), default=["append", "bulk", "orm"])
    return parser


def _ways(rows: floors.Rows) -> dict[str, Callable[[Url], int]]:
    return {
        _APPENDING[0]: rows.floor_in_place,
        _APPENDING[1]: lambda url: _seed(url, rows, rows.standing + rows.live_orders, bulk=False),
        _APPENDING[2]: lambda url: _as_member(url, rows, rows.standing + rows.live_orders, bulk=False),
        ORM: lambda url: orm.write(url, _ORM_ORDERS),
        "floor 2": rows.floor_bulk,
        "ttdb bulk, owner, 1 session": lambda url: _as_member(url, rows, rows.orders, bulk=True),
        "ttdb bulk, owner, 2 sessions": lambda url: _as_member(url, rows, rows.orders, bulk=True, jobs=2),
    }


def _processes(server: Url, scenario: str, peaks: Sequence[int]) -> dict[str, list[process.Ran]]:
    """Run ttdb seed as a process: a few orders into a standing database beside their floor, many into an empty one."""
    runs: dict[str, list[process.Ran]] = {}
    rows = floors.Rows(server.with_parts(dbname=_TEMPLATE), "minimal", _FEW, _FEW)
    for _ in range(_STARTS):
        with _database(server) as url:
            _say(f"{_FEW} orders by a process, and their floor")
            runs.setdefault(f"minimal, {_FEW} orders", []).append(process.ran(url, "minimal", _FEW))
            more = process.ran(url, "minimal", 2 * _FEW, "--append")
            runs.setdefault(f"minimal, {_FEW} more into the same months", []).append(more)
        with _database(server) as url:
            runs.setdefault("floor: the same rows, made beforehand", []).append(
                process.Ran(*_timed(rows.floor_in_place, url), 0)
            )
        runs.setdefault("floor: Python, psycopg and numpy start", []).append(process.started())
    for orders in peaks:
        with _database(server) as url:
            _say(f"{orders} orders by a process")
            member = url.with_parts(user=floors.MEMBER, password=floors.PASSWORD)
            runs[f"{scenario}, bulk, owner, {orders} orders"] = [process.ran(member, scenario, orders, "--bulk")]
    return runs


def _seed(url: Url, rows: floors.Rows, orders: int, *, bulk: bool, jobs: int = 1) -> int:
    def opened() -> Connection:
        return connect(url, application=_APPLICATION)

    with opened() as connection:
        report = seed(
            connection, rows.scenario, orders=orders, append=not bulk, bulk=bulk, jobs=jobs, open_session=opened
        )
    return sum(report.rows.values())


def _as_member(url: Url, rows: floors.Rows, orders: int, *, bulk: bool, jobs: int = 1) -> int:
    """Seed as a login that is neither superuser nor past row-level security: a member of owner and operator."""
    return _seed(url.with_parts(user=floors.MEMBER, password=floors.PASSWORD), rows, orders, bulk=bulk, jobs=jobs)


def _timed(way: Callable[[Url], int], url: Url) -> tuple[int, float, float]:
    started, worked = monotonic(), process_time()
    rows = way(url)
    return rows, monotonic() - started, process_time() - worked


@contextmanager
def _database(server: Url, template: str = _TEMPLATE, *, name: str = "seed_bench") -> Iterator[Url]:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    with connect(server, application=_APPLICATION) as admin:
        admin.execute(sql.SQL("create database {name} template {template}").format(**names))
        try:
            yield server.with_parts(dbname=name)
        finally:
            admin.execute(sql.SQL("drop database {name} with (force)").format(**names))
            admin.execute("checkpoint")


def _make_template(server: Url) -> None:
    with connect(server, application=_APPLICATION) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    upgrade(server.with_parts(dbname=_TEMPLATE), config.load())
    with connect(server, application=_APPLICATION) as admin:
        floors.make_member(admin)


def _version(server: Url) -> str:
    with connect(server, application=_APPLICATION) as admin:
        return server_version(admin)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
