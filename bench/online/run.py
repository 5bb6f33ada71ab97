"""Bring the live platform to head and back under load, beside no migration and one plain transaction.

python bench/online/run.py --orders 2000000 --payments 2000000 --audit 3000000 --rounds 3

On a server of its own that is gone afterwards. Each round runs every way once, each on a copy of the same database, so
that a busy machine troubles all of them alike. Half of the services' connections go through PgBouncer, where there is
one. Exit code 1: an aim is missed; 2: it could not run.
"""

import argparse
import gc
import os
import platform as machine
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from fixtures import catalogue
from psycopg import sql
from support import pooler

from bench.online import kept, ways
from bench.online.disk import watched_disk
from bench.online.floor import written_beside
from bench.online.hiccups import noted
from bench.online.live import Scale, build, world
from bench.online.load import Load, running
from bench.online.results import BASELINE, Ended, Results, measured
from bench.online.waits import watched
from ttdb import config
from ttdb.errors import TtdbError
from ttdb.postgres.connect import Connection, connect, scalar, server_version
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url

_APPLICATION = "bench online"
_TEMPLATE, _COPY = "platform_at_scale", "platform_live"
_MIGRATOR = "bench_migrator"
_WARM_UP_S, _AFTER_S = 5.0, 2.0
_PLAIN, _TTDB = "one plain transaction", "ttdb"
# As a server that keeps its data, and has worked for a while; a throwaway one is and does neither by default.
_AS_LIVE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "min_wal_size": "4GB",
    "shared_buffers": "2GB",
}
_WAL_SEGMENTS = 255
_OF_KERNEL = ("dirty_background_bytes", "dirty_expire_centisecs", "dirty_writeback_centisecs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the figures, and return the exit code."""
    given = _parser().parse_args(arguments)
    if not catalogue.path().is_file():
        sys.stderr.write(f"error: no catalogue of the live platform at {catalogue.path()}\n")
        sys.stderr.write(f"hint: Set {catalogue.VARIABLE} to its file.\n")
        return 2
    sys.setswitchinterval(0.0005)  # threads hand over sooner: it is their latency that is taken
    # A full collection stops them all, the longer the more answers are kept; what is soon gone is collected as ever.
    gc.set_threshold(*gc.get_threshold()[:2], 1_000_000)
    try:
        as_live = {**_AS_LIVE, **dict(given.server_setting)}
        with throwaway(config.load(), provider=given.throwaway, server_settings=as_live, on_talk=_say) as server:
            results = _measure(server.url, given)
    except TtdbError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 2
    except KeyboardInterrupt:
        _say("stopped; nothing is left of it but the figures of the rounds that have ended, above")
        return 130
    sys.stdout.write(results.as_markdown())
    return 1 if results.missed() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--orders", type=_positive, default=20_000)
    parser.add_argument("--payments", type=_positive, default=20_000)
    parser.add_argument("--audit", type=_positive, default=30_000)
    parser.add_argument("--rate", type=_positive, default=200, help="transactions a second")
    parser.add_argument("--connections", type=_positive, default=16, help="of the services, in all")
    parser.add_argument("--rounds", type=_positive, default=1)
    parser.add_argument("--seconds", type=_positive, default=60, help="how long the services are left alone")
    parser.add_argument(
        "--floor", type=_positive, metavar="MB", help="then as long with so much written beside, a second"
    )
    parser.add_argument("--limit", type=_positive, default=3600, help="seconds after which a migration is ended")
    parser.add_argument("--ways", nargs="+", choices=(_TTDB, "plain"), default=[_TTDB, "plain"], help="beside none")
    parser.add_argument(
        "--server-setting",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="of postgresql.conf, as: shared_buffers 1GB; may be given several times",
    )
    parser.add_argument("--throwaway", help="docker, embedded or local; default as ttdb validate")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _measure(server: Url, given: argparse.Namespace) -> Results:
    place = _prepare(server, given)
    results = Results(_described(server, given))
    for number in range(given.rounds):
        ended: dict[str, Ended] = {}
        for name in (BASELINE, *(_PLAIN if way == "plain" else way for way in given.ways)):
            _say(f"round {number + 1} of {given.rounds}: {name}")
            with _copy(server):
                ended[name] = _under_load(name, place, given)
        results.rounds.append(ended)
        _say(results.as_markdown())  # so far: what follows may be stopped
    return results


def _prepare(server: Url, given: argparse.Namespace) -> ways.Place:
    """Make the database that every way starts from, and the login that migrates."""
    password = secrets.token_urlsafe(16)
    with connect(server, application=_APPLICATION) as admin:
        login = sql.Identifier(_MIGRATOR)
        admin.execute(sql.SQL("create role {} login password {}").format(login, sql.Literal(password)))
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    _say(f"building {given.orders} orders, {given.payments} payments, {given.audit} audit rows")
    begun = time.monotonic()
    with connect(server.with_parts(dbname=_TEMPLATE), application=_APPLICATION) as admin:
        build(admin, Scale(given.orders, given.payments, given.audit))
        _use_wal_segments(admin)
    _say(f"built in {time.monotonic() - begun:.0f} s")
    live = server.with_parts(dbname=_COPY)
    return ways.Place(live, live.with_parts(user=_MIGRATOR, password=password))


def _use_wal_segments(admin: Connection) -> None:
    """Write as many as are kept, to be used again: a new one is filled with zeros while all who commit wait."""
    for _ in range(_WAL_SEGMENTS):
        admin.execute("select pg_catalog.pg_logical_emit_message(false, 'bench', ''), pg_catalog.pg_switch_wal()")
    admin.execute("checkpoint")


@contextmanager
def _copy(server: Url) -> Iterator[None]:
    """Copy the database's files: sooner than its WAL."""
    names = {"name": sql.Identifier(_COPY), "template": sql.Identifier(_TEMPLATE)}
    with connect(server, application=_APPLICATION) as admin:
        admin.execute(sql.SQL("create database {name} template {template} strategy file_copy").format(**names))
        try:
            yield
        finally:
            admin.execute(sql.SQL("drop database {name} with (force)").format(**names))
            admin.execute("checkpoint")


def _under_load(name: str, place: ways.Place, given: argparse.Namespace) -> Ended:
    with ExitStack() as stack:
        admin = stack.enter_context(connect(place.admin, application=_APPLICATION))
        waits = stack.enter_context(watched(place.admin))
        hiccups = stack.enter_context(noted())
        data = _parameter(admin, "data_directory")
        disk = stack.enter_context(watched_disk(data))
        urls = list(_pool(stack, place.admin, given.connections))
        legs: list[ways.Leg] = []
        plans: Counter[tuple[str, str, str]] = Counter()
        gone = 0
        with running(urls, world(admin), given.rate) as load:
            time.sleep(_WARM_UP_S)
            for leg in _legs(name, place, given, data):
                legs.append(leg)
                time.sleep(_AFTER_S)
                plans.update(_newly_refused(leg.name, load, plans))
                gone += kept.missing(admin, load.acknowledged())
                if leg.failed:
                    break
        acknowledged = load.acknowledged()
        return Ended(
            name=name,
            legs=[measured(leg, load.done, waits, hiccups, disk) for leg in legs],
            errors=load.errors,
            refused_plans=plans,
            acknowledged=sum(map(len, acknowledged)),
            lost=gone + kept.lost(admin, acknowledged),
            unserved=load.unserved,
            failed="".join(leg.failed for leg in legs),
        )


def _legs(name: str, place: ways.Place, given: argparse.Namespace, data: str) -> Iterator[ways.Leg]:
    if name == BASELINE:
        yield ways.nothing(BASELINE, given.seconds)
        if given.floor:
            with written_beside(data, given.floor):
                yield ways.nothing(f"{given.floor} MB/s written beside", given.seconds)
    elif name == _PLAIN:
        yield ways.plain(place, given.limit)
    else:
        for go in (ways.bootstrap, ways.upgrade, ways.downgrade):
            yield go(place, given.limit)


def _newly_refused(leg: str, load: Load, before: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """Count the prepared statements refused since the leg before ended."""
    known: Counter[tuple[str, str]] = Counter()
    for (_, statement, connection), count in before.items():
        known[statement, connection] += count
    now = load.refused_plans - known
    return Counter({(leg, statement, connection): count for (statement, connection), count in now.items()})


def _pool(stack: ExitStack, url: Url, connections: int) -> Iterator[Url]:
    """Yield where each connection goes: every other one through PgBouncer."""
    pooled = url
    if pooler.PROGRAM is None:
        _say(f"{pooler.MISSING}; all connections are direct ones")
    else:
        # In session mode: named prepared statements are a server connection's own.
        pooled = stack.enter_context(pooler.pgbouncer(url, "session", default_pool_size=str(connections)))
    for number in range(connections):
        yield pooled if number % 2 else url


def _described(server: Url, given: argparse.Namespace) -> str:
    with connect(server, application=_APPLICATION) as admin:
        version = server_version(admin)
        shown = ", ".join(f"{name} {_parameter(admin, name)}" for name in _AS_LIVE)
    through = (
        f"half of them through {pooler.PROGRAM}" if pooler.PROGRAM else "none through PgBouncer: it is not installed"
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {machine.system()} {machine.machine()}, {os.cpu_count()} cores, load"
        f" {os.getloadavg()[0]:.1f} at start{_kernel()}; PostgreSQL {version}, {shown}. {given.orders} orders,"
        f" {given.payments} payments, {given.audit} audit rows; {given.rate} transactions a second on"
        f" {given.connections} connections, {through}; {given.rounds} rounds."
    )


def _kernel() -> str:
    """Return when Linux writes to disk what was not synced: late and much at once, unless it is told otherwise."""
    places = (Path("/proc/sys/vm") / name for name in _OF_KERNEL)
    return "".join(f", vm.{each.name} {each.read_text().strip()}" for each in places if each.is_file())


def _parameter(admin: Connection, name: str) -> str:
    return str(scalar(admin, "select pg_catalog.current_setting(%s)", (name,)))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
