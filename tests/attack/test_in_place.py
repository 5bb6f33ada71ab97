"""In place, under load: nobody waits for validation for long, and whenever it is killed, nothing of it stays."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.catalog import catalog
from support.databases import connect

from ttdb.config import Settings
from ttdb.postgres.throwaway import local
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url

RATE, _LEAST_RATE = 200, 160  # transactions a second, as asked of the load, and as a busy machine may get to
_SAMPLE_S, _LONGEST_S = 0.005, 0.1
_ORGS = ("a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b")
_WORK = """
begin;
set local role example_app;
select pg_catalog.set_config('app.org', '{}', true);
update app.orders set total = total + 1 where id = (select o.id from app.orders as o order by o.id limit 1);
insert into app.customers (email) values ('load' || pg_catalog.gen_random_uuid() || '@example.com');
commit;
"""
_BLOCKED = (
    "select extract(epoch from clock_timestamp() - l.waitstart)::float8 from pg_locks as l"
    " where not l.granted and l.waitstart is not null and exists (select from pg_stat_activity as b"
    " where b.pid = any(pg_blocking_pids(l.pid)) and b.application_name like 'ttdb%')"
)
_STILL = "select md5(string_agg(t::text, '|' order by t::text)) from (table app.{}) as t"
_STABLE = ("orgs", "order_items", "countries")
_OWN = "select count(*) from pg_stat_activity where application_name like 'ttdb%' and datname = current_database()"
_CUSTOMERS = "select count(*) from app.customers where org_id::text = %s"
_TOTALS = "select id::text, total from app.orders where org_id::text = %s"


@dataclass
class Load:
    """Services at work: what they did, and how long any of them waited for validation."""

    url: Url
    programs: Path
    folder: Path
    seconds: int = 15
    said: str = ""
    samples: int = 0
    waits: list[float] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work for some seconds, and watch; return when both are done."""
        scripts = []
        for number, org in enumerate(_ORGS):
            scripts.append(self.folder / f"{number}.sql")
            scripts[-1].write_text(_WORK.format(org))
        watching = threading.Thread(target=self._watch)
        command: list[str | Path] = [
            self.programs / "pgbench",
            "-n",
            "-c",
            "8",
            "-j",
            "1",
            "-R",
            str(RATE),
            "-T",
            str(self.seconds),
            "--max-tries=5",
        ]
        for script in scripts:
            command += ["-f", script]
        watching.start()
        with subprocess.Popen(
            [*command, self.url.conninfo], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as work:
            yield
            self.said, _ = work.communicate(timeout=60)
        self._stop.set()
        watching.join()

    def _watch(self) -> None:
        with connect(self.url) as connection:
            while not self._stop.is_set():
                self.waits += [row[0] for row in connection.execute(_BLOCKED)]
                self.samples += 1
                time.sleep(_SAMPLE_S)

    @property
    def done(self) -> int:
        """Return how many transactions were done."""
        return int(re.findall(r"transactions actually processed: (\d+)", self.said)[0])

    @property
    def rate(self) -> float:
        """Return how many were done in a second."""
        return float(re.findall(r"tps = ([\d.]+)", self.said)[0])


@pytest.fixture
def load(example_url: Url, settings: Settings, tmp_path: Path) -> Load:
    programs = local.find(settings).folder if settings.throwaway == "local" else bin_folder()
    return Load(example_url, programs, tmp_path)


@dataclass(frozen=True)
class State:
    """What validation must leave as it is, and what the load changes."""

    shape: object
    still: list[object]
    customers: list[int]
    totals: list[dict[str, int]]


def state(url: Url) -> State:
    with connect(url) as connection:
        return State(
            catalog(url),
            [connection.execute(_STILL.format(name).encode()).fetchone() for name in _STABLE],
            [connection.execute(_CUSTOMERS, (org,)).fetchall()[0][0] for org in _ORGS],
            [dict(connection.execute(_TOTALS, (org,)).fetchall()) for org in _ORGS],
        )


def assert_changed_by_load_alone(before: State, after: State, done: int) -> None:
    """Each transaction of the load added a customer to one tenant, and one to the total of its first order."""
    added = [now - then for then, now in zip(before.customers, after.customers, strict=True)]
    assert after.shape == before.shape
    assert after.still == before.still
    assert sum(added) == done
    for then, now, number in zip(before.totals, after.totals, added, strict=True):
        assert now == then | {min(then): then[min(then)] + number}


def assert_nobody_waited(load: Load) -> None:
    assert load.rate >= _LEAST_RATE, load.said
    assert load.samples > 10 * load.seconds
    assert max(load.waits, default=0) <= _LONGEST_S, sorted(load.waits)[-5:]


def started(url: Url) -> subprocess.Popen[str]:
    """Start validation in place, as a user does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    command = [sys.executable, "-m", "ttdb", "validate", "--url", url.uri(), "--app-role", "example_app"]
    return subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_watch_sees_who_waits_for_us(load: Load) -> None:
    load.seconds = 4

    with load.running(), connect(load.url.with_parts(application_name="ttdb validate")) as slow:
        time.sleep(1)
        with slow.transaction(force_rollback=True):
            slow.execute("update app.orders set total = total")
            time.sleep(0.4)

    assert 0.2 < max(load.waits) < 1


def test_services_do_not_wait_for_validation(load: Load) -> None:
    before, ends, runs = state(load.url), time.monotonic() + load.seconds - 3, 0

    with load.running():
        while time.monotonic() < ends:
            with started(load.url) as validation:
                said, _ = validation.communicate(timeout=240)
            assert validation.returncode in (0, 1), said
            runs += 1

    assert runs
    assert_nobody_waited(load)
    assert_changed_by_load_alone(before, state(load.url), load.done)


def test_killed_validation_leaves_no_trace_and_nobody_waiting(load: Load) -> None:
    before = state(load.url)

    with load.running():
        for seconds in (1.2, 1.6, 2.0, 2.4, 2.8):
            with started(load.url) as validation:
                time.sleep(seconds)
                validation.send_signal(signal.SIGKILL)
            assert own_sessions_end(load.url)

    assert_nobody_waited(load)
    assert_changed_by_load_alone(before, state(load.url), load.done)


def own_sessions_end(url: Url) -> bool:
    with connect(url) as connection:
        for _ in range(100):
            if connection.execute(_OWN).fetchall()[0][0] == 0:
                return True
            time.sleep(0.02)
    return False
