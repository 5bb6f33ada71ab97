"""A table in use, and the real program that migrates it: started, held inside a statement, struck, looked at after."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from support.catalog import catalog
from support.crashing.server import Server
from support.crashing.writer import TENANT, Writer
from support.databases import connect
from support.migrating import SETTINGS, apply_bootstrap
from ttdb.migrate import partitions, script
from ttdb.migrate.upgrade import upgrade
from ttdb.model.migration import silent
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

ROWS = 3000
_TEMPLATE, _MIGRATOR, _SERVICE = "template_receipts", "migrator", "shop"
_PASSWORD = uuid.uuid4().hex
_HERE = Path(__file__).parent
_PACKAGE = _HERE.parents[2]
_HERE_LOCK, _CLOSED_LOCK = 7001, 7002
_ARRIVAL_S = 60.0
_DIRECTIONS = {"upgrade": ("upgrade",), "downgrade": ("downgrade", "platform@base")}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a database looks like: its catalog and its ledger, a line each."""

    catalog: list[str]
    ledger: list[str]

    def differences(self, other: "Shape") -> list[str]:
        """Return the lines that only one of the two has."""
        mine, theirs = {*self.catalog, *self.ledger}, {*other.catalog, *other.ledger}
        return sorted([f"- {line}" for line in mine - theirs] + [f"+ {line}" for line in theirs - mine])[:20]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a finished program left."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Return its last error, without the hint."""
        errors = [line for line in self.err.splitlines() if line.startswith(("error:", "interrupted"))]
        return errors[-1].removeprefix("error: ") if errors else ""


@dataclass
class Run:
    """The program, running."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    def wait(self, timeout_s: float) -> Ended:
        """Wait until it ends; one that does not is ended."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # which has it say where it is
            self.process.wait()
            said = self.told()
            message = f"it did not end within {timeout_s} s:\n{said.out}\n{said.err}"
            raise AssertionError(message) from None
        return Ended(code, *self._files())

    def told(self) -> Ended:
        """Return what it has said so far."""
        return Ended(self.process.poll() or 0, *self._files())

    def begun(self) -> None:
        """Wait until it is connected."""
        deadline = time.monotonic() + _ARRIVAL_S
        while not self._files()[0] and self.process.poll() is None:
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.002)

    def end(self) -> None:
        """See to it that it is gone."""
        self.process.kill()
        self.process.wait()

    def _files(self) -> tuple[str, str]:
        return (self.folder / "out").read_text(encoding="utf-8"), (self.folder / "err").read_text(encoding="utf-8")


@dataclass
class Gate:
    """Holds a migration where it comes to a place, until it is opened or its session is gone."""

    place: str
    connection: Connection
    base: "Base"

    def arrived(self, run: Run) -> int:
        """Wait until the program is inside, and return its session there."""
        deadline = time.monotonic() + _ARRIVAL_S
        while True:
            # Asked for first: what ended by now may have been there.
            ended = run.process.poll() is not None
            pid = scalar(self.connection, _WHO_IS_HERE, (_HERE_LOCK, self.place))
            if pid is not None:
                return int(pid)
            assert not ended, f"it ended before it came to {self.place}: {run.told()}"
            assert time.monotonic() < deadline, f"it does not come to {self.place}: {run.told()}"
            time.sleep(0.005)

    def open(self) -> None:
        """Let it go on."""
        self.connection.close()


@dataclass
class Base:
    """A database of a test's own, as an admin sees it."""

    server: Server
    checkout: Path
    admin: Url
    folder: Path
    runs: list[Run] = field(default_factory=list)

    @property
    def service(self) -> Url:
        """Return where the application connects."""
        return self.admin.with_parts(user=_SERVICE, password=_PASSWORD)

    def start(self, direction: str) -> Run:
        """Start the program, up or down."""
        url = self.admin.with_parts(user=_MIGRATOR, password=_PASSWORD, **self.server.through_cut)
        folder = self.folder / f"run_{uuid.uuid4().hex}"
        folder.mkdir()
        command = [sys.executable, "-m", "ttdb", *_DIRECTIONS[direction], "--disposable", "--format", "json"]
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [*command, "--url", url.uri()],
                cwd=self.checkout,
                env=_environment(self.checkout),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        run = Run(process, folder)
        self.runs.append(run)
        return run

    def finish(self, direction: str) -> Ended:
        """Run the program to its end, which must be a good one."""
        ended = self.start(direction).wait(120)
        assert ended.code == 0, ended.err
        return ended

    @contextmanager
    def closed(self, place: str) -> Iterator[Gate]:
        """Hold whoever comes to a place."""
        with connect(self.admin) as connection:
            connection.execute(
                "select pg_catalog.pg_advisory_lock(%s, pg_catalog.hashtext(%s) & 2147483647)", (_CLOSED_LOCK, place)
            )
            yield Gate(place, connection, self)

    def gone(self, within_s: float) -> float:
        """Wait until no session of the program is left, and return how long that took."""
        started = time.monotonic()
        with connect(self.admin) as admin:
            while admin.execute(_SESSIONS).fetchall():
                took = time.monotonic() - started
                assert took < within_s, f"still there after {took:.1f} s: {admin.execute(_SESSIONS).fetchall()}"
                time.sleep(0.02)
        return time.monotonic() - started

    def shape(self) -> Shape:
        """Return what there is by now."""
        with connect(self.admin) as admin:
            ledger = [line for (line,) in admin.execute(_LEDGER)]
        return Shape(catalog(self.admin), ledger)

    def check_shape(self, wanted: Shape) -> None:
        """Check that it looks as it would undisturbed, and that nothing is half done."""
        differences = wanted.differences(self.shape())
        assert differences == [], differences
        with connect(self.admin) as admin:
            assert admin.execute(_HALF_DONE).fetchall() == []

    def check_rows(self, writer: Writer) -> None:
        """Check, once nobody writes any more, that every row is there."""
        with connect(self.admin) as admin:
            rows = {
                row: (number, amount)
                for row, number, amount in admin.execute("select id, number, amount from public.receipts")
            }
            assert scalar(admin, "select pg_catalog.count(*) from public.receipts") == len(rows)
        assert {row: rows.get(row) for row in range(1, ROWS + 1)} == {
            row: (f"A-{row}", row % 1000) for row in range(1, ROWS + 1)
        }
        lost = {
            row: (values, rows.get(row))
            for row, values in writer.kept.items()
            if rows.get(row) != values and rows.get(row) not in writer.in_doubt.get(row, [])
        }
        assert lost == {}, lost


@dataclass
class Ground:
    """Where databases with a table in use come from."""

    server: Server
    checkout: Path
    folder: Path
    before: Shape = field(init=False)
    after: Shape = field(init=False)
    seconds: float = field(init=False)  # that an undisturbed upgrade takes

    def __post_init__(self) -> None:
        with self.base() as base:
            self.before = base.shape()
            started = time.monotonic()
            base.finish("upgrade")
            self.seconds = time.monotonic() - started
            self.after = base.shape()
            base.finish("downgrade")
            left = self.before.differences(base.shape())
            assert left == [], left

    @contextmanager
    def base(self) -> Iterator[Base]:
        """Return a database of the test's own."""
        name = f"receipts_{uuid.uuid4().hex[:12]}"
        with connect(self.server.url) as admin:
            admin.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(_TEMPLATE))
            )
            # What the bootstrap grants on a database, a copy of it has not.
            admin.execute(sql.SQL("grant create on database {} to ttdb_owner").format(sql.Identifier(name)))
        base = Base(self.server, self.checkout, self.server.url.with_parts(dbname=name), self.folder)
        try:
            yield base
        finally:
            for run in base.runs:
                run.end()
            self.server.ensure_running()
            with connect(self.server.url) as admin:
                admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def make_ground(server: Server, folder: Path) -> Ground:
    """Make the template of all: the engine at head, and a table with rows, in use."""
    with connect(server.url) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
        for login in (_MIGRATOR, _SERVICE):
            admin.execute(
                sql.SQL("create role {} login password {}").format(sql.Identifier(login), sql.Literal(_PASSWORD))
            )
    template = server.url.with_parts(dbname=_TEMPLATE)
    apply_bootstrap(template, _MIGRATOR)
    migrator = template.with_parts(user=_MIGRATOR, password=_PASSWORD)
    upgrade(migrator, SETTINGS, "engine@head")
    partitions.ensure_ahead(migrator, SETTINGS, silent)
    with connect(template) as admin:
        admin.execute(sql.SQL("grant ttdb_app to {}").format(sql.Identifier(_SERVICE)))
        admin.execute((_HERE / "ground.sql").read_bytes())
        admin.execute(
            "insert into public.receipts (tenant_id, number, amount, paid_at) select %s, 'A-' || n, n %% 1000,"
            " timestamptz '2026-01-05' + n * interval '1 hour' from pg_catalog.generate_series(1, %s) as n",
            (TENANT, ROWS),
        )
        admin.execute("vacuum analyze public.receipts")
    return Ground(server, _checkout(folder / "checkout"), folder)


def _checkout(folder: Path) -> Path:
    """Make a checkout of ttdb whose platform is the shop: the program, the engine and its revisions are ttdb's own."""
    versions = folder / "migrations" / "versions"
    (versions / "platform").mkdir(parents=True)
    for name in ("ttdb", "sql", "seeds", "migrations/env.py", "migrations/versions/engine"):
        (folder / name).symlink_to(_PACKAGE / name)
    for revision, steps, before in (("shop_0001", "FIRST", None), ("shop_0002", "SECOND", "shop_0001")):
        labels, depends = (
            (None, None) if before else (("platform",), script.directory().get_revision("engine@head").revision)
        )
        (versions / "platform" / f"{revision}.py").write_text(
            f'"""A revision of the shop."""\n'
            f"from support.crashing.steps import {steps} as STEPS\n"
            "from ttdb.migrate.steps import upgrade_and_downgrade\n"
            f"revision = {revision!r}\ndown_revision = {before!r}\n"
            f"branch_labels = {labels!r}\ndepends_on = {depends!r}\n"
            "upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)\n",
            encoding="utf-8",
        )
    return folder


def _environment(checkout: Path) -> Mapping[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    return clean | {
        "COLUMNS": "200",
        "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join((str(checkout), str(_PACKAGE / "tests"))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "TTDB_HOLD_BUDGET": "3s",  # what is tried here is no question of a busy machine
    }


_WHO_IS_HERE = """
select l.pid from pg_catalog.pg_locks as l
where l.locktype = 'advisory' and l.classid = %s and l.objid = (pg_catalog.hashtext(%s) & 2147483647)::oid
    and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
"""
_SESSIONS = """
select a.application_name, a.state, a.wait_event, a.query from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database() and a.application_name like 'ttdb%'
"""
_LEDGER = """
select pg_catalog.format('%s %s: %s %s', l.revision, l.step, l.outcome, l.digest) from ttdb.ledger as l
where l.revision <> 'backup' order by 1
"""
_HALF_DONE = """
select i.indexrelid::regclass::text from pg_catalog.pg_index as i where not (i.indisvalid and i.indisready)
union all
select k.conname::text from pg_catalog.pg_constraint as k where not k.convalidated
"""
