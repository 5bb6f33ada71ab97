"""Seed many orders, and see that what must hold of few holds of all: the invariants, the rules, the isolation.

python bench/seed/holds.py --orders 1000000

On a server of its own that is gone afterwards. The invariants are those of the tests. Exit code 1: something is broken.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.seed import process
from ttdb import config
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url

_INVARIANTS = Path(__file__).parents[2] / "tests" / "db" / "seed" / "invariants.toml"
_OF_MINIMAL = "rows_of_monthly_tables_lie_within_five_months"
_MIXES = {
    "orders of the largest, the tenth and the middle tenant": (
        "select string_agg(round(100.0 * orders / total, 2) || ' %', ', ' order by place) from ("
        " select count(*) as orders, sum(count(*)) over () as total,"
        " row_number() over (order by count(*) desc) as place, count(*) over () as tenants"
        " from public.orders group by tenant_id) as t where place in (1, 10, tenants / 2)"
    ),
    "orders by status": (
        "select string_agg(status || ' ' || round(100.0 * orders / total, 2) || ' %', ', ' order by orders desc) from ("
        " select status, count(*) as orders, sum(count(*)) over () as total from public.orders group by status) as t"
    ),
    "orders in the first six hours of a sale": (
        "select round(100 * avg((o.created_at < e.starts_at - interval '60 days' + interval '6 hours')::int), 1)"
        " || ' %' from public.orders as o join public.events as e on o.event_id = e.id"
    ),
}


def main() -> int:
    """Seed, look, and print what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--scenario", default="load")
    given = parser.parse_args()
    with throwaway(config.load()) as server:
        url = server.url.with_parts(dbname="million")
        with connect(server.url, application="bench seed") as admin:
            admin.execute("create database million")
        upgrade(url, config.load())
        ran = process.ran(url, given.scenario, given.orders, "--bulk")
        _say(f"{ran.rows} rows in {ran.wall:.0f} s, peak {ran.peak_mib:.0f} MiB, client {ran.cpu:.0f} s")
        with connect(url, application="bench seed") as connection:
            connection.execute("set work_mem = '512MB'")
            _mixes(connection)
            broken = list(_broken(connection))
        broken += _validated(url)
    _say(f"{len(broken)} broken" + "".join(f"\n- {each}" for each in broken))
    return 1 if broken else 0


def _mixes(connection: Connection) -> None:
    for what, query in _MIXES.items():
        _say(f"{what}: {_one(connection, query)}")


def _broken(connection: Connection) -> Iterator[str]:
    invariants = tomllib.loads(_INVARIANTS.read_text(encoding="utf-8"))
    for name, entry in invariants.items():
        start = monotonic()
        count = 0 if name == _OF_MINIMAL else _one(connection, entry["sql"])
        _say(f"{name}: {count} rows break it ({monotonic() - start:.1f} s)")
        if count:
            yield f"{name}: {count} rows"
    start = monotonic()
    rules = _one(connection, "select count(*) from ttdb.broken_rules()")
    _say(f"rules at commit: {rules} rows break them ({monotonic() - start:.1f} s)")
    if rules:
        yield f"{rules} rows break rules at commit"


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _validated(url: Url) -> list[str]:
    command = [sys.executable, "-m", "ttdb", "validate", "--disposable", "--format", "json", "--url", url.uri()]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if not ended.stdout:
        return [ended.stderr]
    report = json.loads(ended.stdout)
    _say(f"validate: {report['verdict']} in {report['duration_s']:.1f} s, {report['counts']}")
    left = [f"{each['object']}: {each['why']}" for each in report["unproven"]]
    return [] if report["verdict"] == "pass" else [f"validate: {report['verdict']}", *left]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
