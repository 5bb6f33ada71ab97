"""The command ttdb seed: its whole output, and what it exits with."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.cli.app import run
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.seed.scenario import load

_TABLES = tuple(load("minimal").tables)


def _told(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return stdout and stderr with what differs from run to run replaced."""
    out, err = capsys.readouterr()
    return re.sub(r"in [0-9.]+ s(, \d+ a second)?\.", "in N s.", out), err


def _header(url: Url) -> str:
    with connect(url) as connection:
        version = connection.info.parameter_status("server_version") or ""
        place = f"{connection.info.host}:{connection.info.port}"
    login, database = url.part("user"), url.part("dbname")
    return f"database: {database} on {place} as {login} (PostgreSQL {version.split()[0]})\n"


def test_append_without_a_name_goes_on_with_what_stands(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    url = engine_url.uri()
    run(["seed", "demo", "--orders", "20", "--url", url])
    _told(capsys)

    code = run(["seed", "--append", "--orders", "30", "--url", url])

    out, err = _told(capsys)
    assert (code, out.count('of scenario "demo", seed 21')) == (0, 1)
    assert err == f'{_header(engine_url)}note: rows of "demo" stand: they are gone on with\n'


def test_answer_is_rows_by_table_and_what_to_type_next(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["seed", "--url", engine_url.uri()])

    out, err = _told(capsys)
    assert (code, err) == (0, _header(engine_url))
    assert (
        out
        == """\
rows  table
   4  tenants
  46  users
  14  venues
  88  event_logs
  74  audit_logs
  30  events
 103  ticket_types
  40  orders
  76  order_items
  21  order_discounts
 132  tickets
  45  payment_transactions
  84  notification_history
Wrote 757 rows of scenario "minimal", seed 11, in N s.

A row each that belong together:
  tenants  043061e2-0983-8b47-86c7-9dc074746462
  users    c0407e8f-064e-8d07-96cf-85e874746462
  orders   07fb2a73-56bb-8032-87a8-09b274746462

To act as that tenant:
  begin;
  set local role ttdb_app;
  select set_config('app.current_tenant_id', '043061e2-0983-8b47-86c7-9dc074746462', true);
  table public.orders limit 5;
  rollback;

In Python:
  import psycopg
  with psycopg.connect("URL") as connection:
      connection.execute("set local role ttdb_app")
      connection.execute("select set_config('app.current_tenant_id', '043061e2-0983-8b47-86c7-9dc074746462', true)")
      print(connection.execute("table public.orders limit 5").fetchall())
""".replace("URL", engine_url.with_parts(password=None).uri())
    )


def test_python_lines_run_as_printed_and_show_no_password(engine_url: Url) -> None:
    ended = ttdb("seed", "--url", engine_url.uri())
    script = "\n".join(line[2:] for line in ended.out.partition("In Python:\n")[2].splitlines())
    password = engine_url.part("password") or ""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.count("UUID('043061e2-0983-8b47-86c7-9dc074746462')") == 5
    assert not password or password not in ended.out


def test_json_holds_the_same(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["seed", "minimal", "--orders", "10", "--tenants", "2", "--format", "json", "--url", engine_url.uri()])

    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert tuple(sorted(report["rows"])) == tuple(sorted(_TABLES))
    assert (report["schema"], report["scenario"], report["seed"]) == ("ttdb.seed/1", "minimal", 11)
    assert (report["rows"]["tenants"], report["rows"]["orders"]) == (2, 10)
    assert report["target"]["database"] == engine_url.part("dbname")
    assert sorted(report["examples"]) == ["orders", "tenants", "users"]


def test_database_may_come_from_the_environment(
    engine_url: Url, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTDB_DATABASE_URL", engine_url.uri())

    assert run(["seed"]) == 0
    assert _told(capsys)[1] == _header(engine_url)


def test_second_seed_is_refused(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    run(["seed", "--url", engine_url.uri()])
    capsys.readouterr()

    assert run(["seed", "--url", engine_url.uri()]) == 2
    assert capsys.readouterr() == (
        "",
        _header(engine_url) + f'error: database "{engine_url.part("dbname")}" is seeded already\n'
        "hint: Pass --append to add what is missing for the volumes given, or --reset to start over.\n",
    )


def test_reset_says_what_it_took_away(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    run(["seed", "--orders", "7", "--url", engine_url.uri()])
    capsys.readouterr()

    assert run(["seed", "--reset", "--orders", "0", "--tenants", "0", "--url", engine_url.uri()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "removed  table"
    assert "      7  orders" in lines
    assert "   0  orders" in lines


def test_reset_takes_its_database_from_the_command_line_only(
    engine_url: Url, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTDB_DATABASE_URL", engine_url.uri())

    assert run(["seed", "--reset"]) == 2
    assert capsys.readouterr() == (
        "",
        """\
error: ttdb seed --reset takes its database from the command line only
hint: Pass --url postgresql://USER@HOST:PORT/DATABASE.
""",
    )


def test_database_name_without_reset_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "--database-name", "x"]) == 2
    assert capsys.readouterr() == ("", "error: --database-name goes with --reset only\nhint: Leave it out.\n")


@pytest.mark.parametrize("flags", [("--reset",), ("--append",), ("--orders", "5"), ("--dump", "x"), ("--no-bulk",)])
def test_repair_refuses_what_it_would_not_do(
    flags: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTDB_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")

    assert run(["seed", "--repair", *flags]) == 2
    assert capsys.readouterr() == (
        "",
        f"error: --repair seeds nothing: {flags[0]} does not go with it\nhint: Repair first, then seed.\n",
    )


def test_unknown_scenario_suggests_the_nearest(engine_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "minmal", "--url", engine_url.uri()]) == 2
    assert capsys.readouterr() == (
        "",
        _header(engine_url) + 'error: unknown scenario "minmal"\nhint: Did you mean "minimal"?\n',
    )


def test_database_that_was_not_upgraded_is_told_so(empty_url: Url, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seed", "--url", empty_url.uri()]) == 2
    assert capsys.readouterr() == (
        "",
        _header(empty_url)
        + f'error: table "public.tenants" does not exist in database "{empty_url.part("dbname")}"\n'
        + 'hint: Run "ttdb upgrade" first: it makes the tables. A schema of your own: "ttdb seed generic".\n',
    )


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (("--tenants", "0"), "without tenants there can be no rows", "Pass --orders 0 as well, or tenants."),
        (("--tenants", "9" * 30), f"--tenants {'9' * 30} is more than a seed can make", "Ask for at most 1000000000."),
        (
            ("--orders", "20001"),
            'scenario "minimal" holds at most 20000 orders: its rules bear no more',
            "Ask for fewer, or of another scenario: one with more in [most].",
        ),
    ],
)
def test_volumes_that_make_no_sense(
    engine_url: Url, capsys: pytest.CaptureFixture[str], flags: tuple[str, str], message: str, hint: str
) -> None:
    assert run(["seed", *flags, "--url", engine_url.uri()]) == 2
    assert capsys.readouterr() == ("", _header(engine_url) + f"error: {message}\nhint: {hint}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_termination_leave_whole_windows_which_append_completes(
    engine_url: Url, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "ttdb", "seed", "--orders", "1900", "--no-bulk", "--url", engine_url.uri()]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        connect(engine_url) as watcher,
    ):
        _wait_for_orders(watcher, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        before = watcher.execute("select count(*) from public.orders").fetchone() or (0,)
        broken = watcher.execute("select * from ttdb.broken_rules()").fetchall()
        code = run(["seed", "--orders", "1900", "--no-bulk", "--append", "--url", engine_url.uri()])
        after = watcher.execute("select count(*) from public.orders").fetchone()

    assert (process.returncode, out, broken, code, after) == (2, "", [], 0, (1900,))
    told = "note: the rows written so far stand, each with all that hangs on it: --append goes on from there"
    assert err == _header(engine_url) + f"{told}\ninterrupted\n"
    assert 0 < before[0] < 1900


def _wait_for_orders(watcher: Connection, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if watcher.execute("select exists (select from public.orders)").fetchone() == (True,):
            return
        time.sleep(0.02)
    pytest.fail("the seed wrote nothing")
