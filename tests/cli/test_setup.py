"""``ttdb validate --setup``: a team's own command makes the database that is attacked."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.program import Ended, ttdb
from support.project import SHOP

from ttdb.config import Settings

_LOOK = """
import json, os, pathlib
names = "DATABASE_URL TTDB_DATABASE_URL PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGAPPNAME KEPT".split()
given = {name: os.environ.get(name) for name in names}
titles = [path.read_bytes().decode() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
pathlib.Path("given.json").write_text(json.dumps({"given": given, "titles": titles}))
"""


def validate(settings: Settings, setup: str, *flags: str, cwd: Path | None = None, **env: str) -> Ended:
    given = {"TTDB_THROWAWAY": settings.throwaway, "TTDB_LOCAL_BIN": settings.local_bin or ""}
    return ttdb("validate", "--setup", setup, *flags, cwd=cwd, env=given | env)


def test_setup_is_led_to_the_throwaway_and_its_rows_are_attacked(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(_LOOK, encoding="utf-8")
    live = dict.fromkeys(("DATABASE_URL", "TTDB_DATABASE_URL"), "postgresql://live.example.com/shop")
    hostile = {"PGHOST": "live.example.com", "PGPORT": "1", "PGAPPNAME": "live", "KEPT": "kept"}

    ended = validate(
        settings, f"{sys.executable} {SHOP} rows && {sys.executable} look.py", cwd=tmp_path, **live, **hostile
    )

    assert ended.code == 0, ended.err + ended.out
    assert ended.out.splitlines()[-1] == "verdict: pass"
    assert "the application is shop_web (--app-role to correct)" in ended.err
    seen = json.loads((tmp_path / "given.json").read_text(encoding="utf-8"))
    given = seen["given"]
    port, password = given["PGPORT"], given["PGPASSWORD"]
    assert (
        given["DATABASE_URL"] == given["TTDB_DATABASE_URL"] == f"postgresql://postgres:{password}@127.0.0.1:{port}/ttdb"
    )
    assert (given["PGHOST"], given["PGUSER"], given["PGDATABASE"]) == ("127.0.0.1", "postgres", "ttdb")
    assert (given["PGAPPNAME"], given["KEPT"]) == (None, "kept")
    assert password not in ended.out + ended.err
    assert not any(password in title for title in seen["titles"])


def test_leak_in_what_the_setup_made_exits_1(settings: Settings) -> None:
    ended = validate(settings, f"{sys.executable} {SHOP} rows leak", "--only", "ISO", "--format", "json")
    document = json.loads(ended.out)

    assert ended.code == 1
    assert document["target"]["kind"] == "throwaway"
    assert [each["object"] for each in document["findings"] if each["severity"] == "error"] == ["public.totals"]


def test_tables_without_rows_are_attacked_with_rows_made_for_them(settings: Settings) -> None:
    ended = validate(settings, f"{sys.executable} {SHOP}", "--timings")

    assert ended.code == 0
    assert "4 rows were made for the attack, where tables lacked two tenants" in ended.err
    assert ended.out.splitlines()[-1] == "verdict: pass"
    assert " s  setup" in ended.out


def test_failed_setup_exits_2_with_its_last_lines_and_no_password(settings: Settings) -> None:
    ended = validate(settings, "seq 1 30; echo no table $DATABASE_URL >&2; exit 7")
    headline = "error: the setup command exited with 7: seq 1 30; echo no table $DATABASE_URL >&2; exit 7"

    assert (ended.code, ended.out) == (2, "")
    assert f"\n{headline}\n    12\n    13\n" in ended.err
    assert "\n    30\n    no table postgresql://postgres:***@127.0.0.1:" in ended.err
    assert ended.err.splitlines()[-1].startswith("hint: Run it by hand against an empty database to mend it; ")


def test_setup_that_worked_elsewhere_exits_2(settings: Settings) -> None:
    ended = validate(settings, "true")

    assert ended.code == 2
    assert "error: the setup command succeeded but made no table in the throwaway: true\nhint: Have it" in ended.err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--setup", "true", "--url", "postgresql://h/d"),
            "error: --setup makes a throwaway, and --url names a database",
        ),
        (("--setup", " "), "error: --setup is empty"),
    ],
)
def test_contradiction_is_said_before_a_server_is_started(flags: tuple[str, ...], message: str) -> None:
    ended = ttdb("validate", *flags)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert "\nhint: Pass " in ended.err


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
def test_interrupted_setup_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    setup = "sleep 1000 & echo $! > child; trap '' TERM; echo $$ > itself; psql -c 'select pg_sleep(1000)' & wait"
    program = subprocess.Popen(
        [sys.executable, "-m", "ttdb", "validate", "--setup", setup, "--throwaway", settings.throwaway],
        cwd=tmp_path,
        env=os.environ | {"TTDB_LOCAL_BIN": settings.local_bin or ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert soon(lambda: (tmp_path / "itself").exists() and (tmp_path / "itself").read_text().strip() != "")
        pids = [int((tmp_path / name).read_text()) for name in ("child", "itself")]
        program.send_signal(signal.SIGINT)
        _, told = program.communicate(timeout=60)
    finally:
        program.kill()

    assert program.returncode == 2
    assert told.splitlines()[-1] == "interrupted"
    assert soon(lambda: not any(runs(pid) for pid in pids))


def soon(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 120
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
