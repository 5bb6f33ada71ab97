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

_ROOT = Path(__file__).parents[2]
_INVARIANTS = _ROOT / "tests" / "db" / "seed" / "invariants.toml"
_SCENARIO = "load"
_OF_MINIMAL = "rows_of_monthly_tables_lie_within_five_months"
_SHARE_OF_TENANT = (
    "select 100.0 * max(orders) filter (where place = {place}) / sum(orders) from (select count(*) as orders,"
    " row_number() over (order by count(*) desc) as place from public.orders group by tenant_id) as t"
)
_SHARE_OF_STATUS = "select 100.0 * avg((status = '{status}')::int) from public.orders"
_EVENINGS = (
    "from public.events as e join public.tenants as t on t.id = e.tenant_id"
    " cross join lateral (select e.starts_at at time zone (t.settings ->> 'timezone') as at) as l"
    " where e.status = 'COMPLETED'"
)
_RUSHED = (
    "select 100 * avg((o.created_at < y.opens + interval '6 hours')::int) from public.orders as o"
    " join (select event_id, max(sale_starts_at) as opens from public.ticket_types group by event_id) as y"
    " on o.event_id = y.event_id"
)
_SATURDAYS = f"select 100 * avg((extract(isodow from l.at) = 6)::int) {_EVENINGS}"  # noqa: S608 - our own words
_DECEMBERS = (
    "select sum((extract(month from l.at) = 12)::int)::float8 / sum((extract(month from l.at) = 1)::int)"  # noqa: S608 - as above
    f" {_EVENINGS}"
)
_HARMONIC = sum(1 / place for place in range(1, 201))  # tenants share orders so: the second has half of the first's
_STATUSES = tomllib.loads((_ROOT / "seeds" / f"{_SCENARIO}.toml").read_text(encoding="utf-8"))["tables"]["orders"][
    "columns"
]["status"]["choose"]
# What the scenario "load" says, and how far chance may lead from it.
_MIXES = {
    "orders of the largest tenant, %": (_SHARE_OF_TENANT.format(place=1), 100 / _HARMONIC, 0.5),
    "orders of the tenth tenant, %": (_SHARE_OF_TENANT.format(place=10), 10 / _HARMONIC, 0.2),
    **{
        f"orders {status}, %": (_SHARE_OF_STATUS.format(status=status), 100 * weight / sum(_STATUSES.values()), 0.6)
        for status, weight in _STATUSES.items()
    },
    "orders in the first six hours of a sale, %": (
        _RUSHED,
        0.97 * (35 + 65 * 6 / (30 * 24)),  # those that wait to be paid are of now; some come early by chance
        1.0,
    ),
    "events on a Saturday, %": (_SATURDAYS, 32, 4),
    "events of a December for one of a January": (_DECEMBERS, 12 / 3, 1.6),
    "a ticket's price": (
        "select avg(price) from public.ticket_types",
        55 * (1 + 0.6 + 1.35 + 1.4 / 2) / 3.5,  # an event's own, dearer or cheaper by type, of three types or four
        2.0,
    ),
}


def main() -> int:
    """Seed, look, and print what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--orders", type=int, default=1_000_000)
    given = parser.parse_args()
    with throwaway(config.load()) as server:
        url = server.url.with_parts(dbname="million")
        with connect(server.url, application="bench seed") as admin:
            admin.execute("create database million")
        upgrade(url, config.load())
        ran = process.ran(url, _SCENARIO, given.orders, "--bulk")
        _say(f"{ran.rows} rows in {ran.wall:.0f} s, peak {ran.peak_mib:.0f} MiB, client {ran.cpu:.0f} s")
        with connect(url, application="bench seed") as connection:
            connection.execute("set work_mem = '512MB'")
            broken = [*_odd(connection), *_broken(connection)]
        broken += _validated(url)
    _say(f"{len(broken)} broken" + "".join(f"\n- {each}" for each in broken))
    return 1 if broken else 0


def _odd(connection: Connection) -> Iterator[str]:
    for what, (query, expected, far) in _MIXES.items():
        found = float(str(_one(connection, query)))
        line = f"{what}: {found:.2f}, by its rule {expected:.2f}"
        _say(line)
        if abs(found - expected) > far:
            yield line


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
