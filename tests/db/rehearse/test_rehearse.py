"""``ttdb rehearse`` goes up, validates, goes back and up again on a copy; the live database is only read."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from db.rehearse.conftest import ARRIVED
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect, fresh_database
from support.program import Ended, ttdb

from ttdb.config import Settings
from ttdb.migrate import script
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.throwaway.kept import temporary
from ttdb.postgres.url import Url

PHASES = ["copy", "bootstrap", "upgrade", "validate", "downgrade", "compare", "upgrade again"]
NEWEST = list(script.directory().get_heads())

Rehearse = Callable[..., Ended]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder for throwaways, that their server's user may enter."""
    made = Path(tempfile.mkdtemp(dir=temporary()))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def own_environment(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the settings of the throwaway to rehearse in."""
    given = {"TTDB_THROWAWAY": settings.throwaway, "TTDB_LOCAL_BIN": settings.local_bin or ""}
    return {**given, "TTDB_TEST_IMAGE": settings.test_image, "TTDB_THROWAWAY_FOLDER": str(folder)}


@pytest.fixture
def rehearse(own_environment: dict[str, str], folder: Path) -> Rehearse:
    """Return what runs the command on a database, and sees that it leaves nothing and says no password."""

    def run(url: Url, *flags: str) -> Ended:
        ended = ttdb("rehearse", "--url", url.uri(), *flags, env=own_environment)
        assert str(url.part("password")) not in ended.out + ended.err
        assert list(folder.iterdir()) == []
        assert sessions(url) == []
        return ended

    return run


def state(url: Url) -> list[str]:
    """Return all that a rehearsal must leave as it is: catalog, roles, rows."""
    form = sql.SQL("select count(*), md5(string_agg(t::text, ' ' order by t::text)) from {} as t")
    with connect(url) as connection:
        names = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname in ('public', 'ttdb', 'audit') order by 1, 2"
        ).fetchall()
        rows = [f"{name} {connection.execute(form.format(sql.Identifier(*name))).fetchone()}" for name in names]
    return [*catalog(url), *roles(url), *rows]


def sessions(url: Url) -> list[str]:
    with connect(url) as connection:
        rows = connection.execute(
            "select application_name from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        return [name for (name,) in rows]


def test_rehearsal_of_a_sample_passes_and_the_live_database_stays(
    live_url: Url, rehearse: Rehearse, tmp_path: Path
) -> None:
    before, file = state(live_url), tmp_path / "rehearsal.json"

    ended = rehearse(live_url, "--sample", "10", "--format", "json", "--output", str(file))

    assert (ended.code, ended.out) == (0, "verdict: pass\n"), ended.err
    assert state(live_url) == before
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["schema"] == "ttdb.rehearsal/1"
    assert found["source"]["heads"] == [ARRIVED]
    assert [(phase["name"], phase["outcome"]) for phase in found["phases"]] == [(name, "done") for name in PHASES]
    assert (found["troubles"], found["offenders"]) == ([], {})
    assert found["validation"]["verdict"] == "pass"
    assert found["validation"]["target"]["kind"] == "clone"
    assert found["copy"]["sample"] == "10 rows"
    assert found["copy"]["rows"] > 0
    pending = [step for step in found["steps"] if step["state"] == "pending"]
    assert pending
    assert {step["measured"]["outcome"] for step in pending} <= {"done", "found"}  # one before it may have made it so
    assert all(step["live_seconds"] is not None for step in pending)
    assert len(found["back"]) == len(found["steps"])
    assert "it is only read: the copy takes ACCESS SHARE alone" in ended.err
    assert [f"rehearsing: {name}" in ended.err for name in PHASES[1:]] == [True] * 6


def test_locks_are_measured_on_what_stood(live_url: Url, rehearse: Rehearse) -> None:
    ended = rehearse(live_url, "--format", "json", "--data", "none")

    found = json.loads(ended.out)
    held = {lock["mode"] for step in found["steps"] for lock in step["measured"]["locks"]}
    assert "SHARE ROW EXCLUSIVE" in held  # the triggers of platform_0012, on tables that stand
    assert {step["live_seconds"] for step in found["steps"]} == {None}  # no rows, nothing to scale


def test_rehearsal_of_a_database_without_the_engine_gives_everything_back(
    own_server: Throwaway, rehearse: Rehearse
) -> None:
    with fresh_database(own_server.url, named="live") as url:
        with connect(url) as admin:
            admin.execute("create table public.own_notes (id int primary key, note text default 'x')")
            admin.execute("insert into public.own_notes select n, 'note ' || n from generate_series(1, 50) as n")
            admin.execute("create view public.own_view as select note from public.own_notes")
        before = state(url)

        ended = rehearse(url, "--data", "full")

        assert state(url) == before
    assert ended.code in (0, 2), ended.out + ended.err  # without rows of tenants, validate may leave something unproven
    assert "50 rows of 1 tables: as on arrival" in ended.out
    assert "failed" not in ended.out
    assert "all rows: " in ended.out


def test_step_that_fails_is_named_and_the_way_back_is_gone(live_url: Url, rehearse: Rehearse) -> None:
    with connect(live_url) as admin:
        admin.execute(
            "create function public.refuse() returns event_trigger language plpgsql as"
            " $$ begin raise exception 'no courses here'; end $$"
        )
        admin.execute(
            "create event trigger refuse on ddl_command_start when tag in ('CREATE TRIGGER') execute function refuse()"
        )
    before = state(live_url)

    ended = rehearse(live_url, "--sample", "10")

    assert ended.code == 1, ended.out + ended.err
    assert state(live_url) == before
    failed = next(line for line in ended.out.splitlines() if line.startswith("failed: upgrade, step "))
    step, revision = failed.split(": ")[1].removeprefix("upgrade, step ").split(" of ")
    (refused,) = script.directory().get_revisions(revision)
    assert refused is not None
    assert step in {item.name for item in script.steps(refused)}
    assert "no courses here" in failed
    assert "facts of the catalog" in ended.out
    assert "as on arrival" in ended.out
    assert ended.out.splitlines()[-1] == "verdict: fail"


def test_what_is_in_the_way_is_listed_with_code_1(live_server: Throwaway, rehearse: Rehearse) -> None:
    with fresh_database(live_server.url, named="live") as url:
        with connect(url) as admin:
            admin.execute("create table public.venues (id int)")

        ended = rehearse(url, "--sample", "10", "--format", "json")

    assert ended.code == 1, ended.out + ended.err
    found = json.loads(ended.out)
    assert found["verdict"] == "fail"
    assert {item["object"] for where in ("live", "copy") for item in found["offenders"][where]} == {"public.venues"}
    assert "stand in the way; nothing was changed" in found["troubles"][0]["what"]
    assert {step["measured"] for step in found["steps"]} == {None}


def test_database_at_head_has_nothing_to_rehearse(engine_url: Url, rehearse: Rehearse) -> None:
    ended = rehearse(engine_url)

    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"nothing to rehearse: the database is at {', '.join(sorted(NEWEST))}",
        "verdict: pass",
    ]
    assert "copying" not in ended.err


@pytest.mark.parametrize("moment", ["copying schema", "rehearsing: upgrade", "rehearsing: validate"])
def test_interrupted_it_leaves_nothing(
    live_url: Url, own_environment: dict[str, str], folder: Path, moment: str
) -> None:
    before = state(live_url)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    with subprocess.Popen(
        [sys.executable, "-m", "ttdb", "rehearse", "--url", live_url.uri(), "--sample", "10"],
        env=clean | own_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr
        said = []
        for line in program.stderr:
            said.append(line)
            if line.startswith(moment):
                time.sleep(0.2)
                program.send_signal(signal.SIGINT)
                break
        out, err = program.communicate(timeout=60)

    assert (program.returncode, out) == (2, ""), "".join(said) + err
    assert err.splitlines()[-1] == "interrupted"
    assert list(folder.iterdir()) == []
    deadline = time.monotonic() + 5
    while sessions(live_url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sessions(live_url) == []
    assert state(live_url) == before


def test_original_that_is_newer_than_the_throwaway_is_refused(live_url: Url) -> None:
    with connect(live_url) as admin:
        newer = admin.info.server_version // 10000 > 15
    old = Path("/usr/lib/postgresql/15/bin")
    if not newer or not old.is_dir():
        pytest.skip("there is no older server here")

    ended = ttdb("rehearse", "--url", live_url.uri(), "--throwaway", "local", env={"TTDB_LOCAL_BIN": str(old)})

    assert (ended.code, ended.out) == (2, "")
    assert "error: the database is of PostgreSQL" in ended.err
    assert "TTDB_LOCAL_BIN, and pass --throwaway local" in ended.err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--sample", "many"), '"many" is no amount of rows'),
        (("--sample", "0"), '"0" is no amount of rows'),
        (("--sample", "5", "--data", "full"), "--sample and --data full contradict each other"),
        (("--output", "/nowhere/rehearsal.json"), "cannot write /nowhere/rehearsal.json"),
        (("--throwaway", "cloud"), 'unknown throwaway provider "cloud"'),
    ],
)
def test_mistake_is_said_before_anything_is_copied(live_url: Url, flags: tuple[str, ...], message: str) -> None:
    ended = ttdb("rehearse", "--url", live_url.uri(), *flags)

    assert (ended.code, ended.out) == (2, "")
    assert f"error: {message}" in ended.err
    assert "hint: " in ended.err
    assert "copying" not in ended.err


def test_database_that_is_not_given_is_asked_for() -> None:
    ended = ttdb("rehearse")

    assert ended.code == 2
    assert "error: no database was given" in ended.err
