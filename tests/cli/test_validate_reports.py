"""``ttdb validate`` writes each format, compares with a baseline, and leaves findings as files that run."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fixtures.diseased import build_diseased
from jsonschema import Draft7Validator
from junitparser import JUnitXml
from support.databases import connect, fresh_database
from support.program import Ended, ttdb
from support.sarif_schema import sarif_schema

from ttdb.config import Settings
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

_HOLE = """
create table public.notes (id int primary key, tenant_id uuid not null);
insert into public.notes values
(1, 'a0000000-0000-4000-8000-00000000000a'), (2, 'b0000000-0000-4000-8000-00000000000b');
do $$ begin create role test_repro_web login; exception when duplicate_object then null; end $$;
grant select on public.notes to test_repro_web;
"""
_OTHER_HOLE = """
create table public.memos as select * from public.notes;
grant select on public.memos to test_repro_web;
"""
_MEND = """
alter table public.notes enable row level security;
create policy select_own_tenant on public.notes for select
using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
"""


@pytest.fixture(scope="module")
def ill(settings: Settings) -> Iterator[Url]:
    """Return the small diseased schema in a cluster of its own: its application's role is the cluster's."""
    with throwaway(settings) as server, fresh_database(server.url) as url:
        with connect(url) as connection:
            build_diseased(connection)
        yield url


@pytest.fixture
def holed(own_server: Throwaway) -> Iterator[Url]:
    with fresh_database(own_server.url) as url:
        with connect(url) as connection:
            connection.execute(_HOLE.encode())
        yield url


def execute(url: Url, statement: str) -> None:
    with connect(url) as connection:
        connection.execute(statement.encode())


def validated(url: Url, *flags: str) -> Ended:
    return ttdb("validate", "--url", url.uri(), *flags)


def test_text_tells_the_fatal_cause_first_on_one_screen(ill: Url) -> None:
    ended = validated(ill)
    lines = ended.out.splitlines()

    assert ended.code == 1
    assert lines[0].startswith("fail: ")
    assert lines[1] == "cause: role postgres has SUPERUSER (1 finding)"
    assert lines[-1] == "verdict: fail"
    assert len(lines) <= 55
    assert "\x1b" not in ended.out


def test_json_has_the_matrix(ill: Url) -> None:
    document = json.loads(validated(ill, "--format", "json").out)
    cells = {(cell["object"], cell["action"]): cell["reach"] for cell in document["cells"]}

    assert document["schema"] == "ttdb.validate/1"
    assert document["fail_on"] == "error"
    assert cells["desk.rooms", "read"] == "leaks"
    assert cells["desk.plans", "read"] == "shared"
    assert sum(document["cell_counts"].values()) == len(document["cells"])
    assert {cell["role"] for cell in document["cells"]} == {"desk_service"}


def test_junit_counts_what_was_found(ill: Url, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    ended = validated(ill, "--format", "junit", "--output", str(file))
    read = JUnitXml.fromfile(str(file))

    assert ended.out == "verdict: fail\n"
    assert read.failures > 10
    assert read.tests > read.failures + read.errors + read.skipped


def test_sarif_is_valid_by_the_official_schema(ill: Url) -> None:
    document = json.loads(validated(ill, "--format", "sarif").out)

    assert [error.message for error in Draft7Validator(sarif_schema()).iter_errors(document)] == []
    assert len(document["runs"][0]["results"]) > 10


def test_markdown_is_a_comment(ill: Url) -> None:
    text = validated(ill, "--format", "markdown").out

    assert text.startswith("## ttdb validate: fail\n")
    assert len(text) < 65_536


def test_html_is_a_page_of_its_own(ill: Url) -> None:
    text = validated(ill, "--format", "html").out
    HTMLParser().feed(text)

    assert text.startswith("<!doctype html>")
    assert "any session can set app.current_user_role, which opens all tenants" in text
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize(("env", "painted"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_a_terminal_only(ill: Url, env: dict[str, str], painted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG", "NO_COLOR"))}
    command = [sys.executable, "-m", "ttdb", "validate", "--url", ill.uri(), "--only", "SRV"]
    ended = subprocess.run(
        command, env=clean | {"TERM": "xterm"} | env, stdout=theirs, stderr=subprocess.PIPE, timeout=120, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)

    assert ended.returncode in (0, 2)
    assert ("\x1b[" in shown) is painted


def test_known_findings_pass_new_ones_fail_and_mended_ones_are_named(holed: Url, tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    flags = ("--app-role", "test_repro_web", "--tenant-column", "tenant_id", "--tenant-setting", "app.tenant")

    first = validated(holed, *flags, "--write-baseline", file)
    assert (first.code, first.out.splitlines()[-1]) == (0, "verdict: pass")
    assert f"wrote {file}" in first.err

    assert validated(holed, *flags).code == 1
    assert validated(holed, *flags, "--baseline", file).code == 0

    execute(holed, _OTHER_HOLE)
    second = validated(holed, *flags, "--baseline", file, "--format", "json")
    assert second.code == 1
    assert {each["object"] for each in json.loads(second.out)["findings"] if each["severity"] == "error"} == {
        "public.memos"
    }

    execute(holed, f"drop table public.memos; {_MEND}")
    third = validated(holed, *flags, "--baseline", file)
    assert third.code == 0, third.out
    assert "      ISO003:public.notes:test_repro_web" in third.out


@pytest.mark.parametrize("content", [None, "not json", "{}"], ids=["missing", "no JSON", "another's"])
def test_baseline_that_cannot_be_read_exits_2_before_the_attack(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    ended = ttdb("validate", "--baseline", str(file))

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: baseline {file} ")
    assert "\nhint: Write it " in ended.err


def test_reading_and_writing_a_baseline_at_once_is_refused(tmp_path: Path) -> None:
    ended = ttdb("validate", "--baseline", "a", "--write-baseline", "b", cwd=tmp_path)

    assert ended.code == 2
    assert ended.err == "error: --baseline and --write-baseline contradict each other\nhint: Pass one of them.\n"


def test_folder_of_somebody_else_s_is_said_before_the_attack(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")

    ended = ttdb("validate", "--repro", str(tmp_path))

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: --repro {tmp_path} has files of somebody else's\n")


def run_repros(folder: Path, url: Url | None) -> "subprocess.CompletedProcess[str]":
    given = {} if url is None else {"REPRO_DATABASE_URL": url.uri()}
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG", "PYTEST", "REPRO"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        command, cwd=folder, env=clean | given, capture_output=True, text=True, timeout=240, check=False
    )


def test_every_written_test_fails_while_its_finding_stands(ill: Url, tmp_path: Path) -> None:
    folder = tmp_path / "findings"
    ended = validated(ill, "--repro", str(folder))
    tests = len(list(folder.glob("test_*.py")))

    ran = run_repros(folder, ill)

    assert f"wrote {tests} findings to {folder}" in ended.err
    assert tests > 30
    assert ran.stdout.splitlines()[-1].startswith(f"{tests} failed in "), ran.stdout[-2000:]


def test_written_test_passes_once_the_finding_is_mended(holed: Url, tmp_path: Path) -> None:
    folder = tmp_path / "findings"
    validated(holed, "--app-role", "test_repro_web", "--only", "ISO", "--repro", str(folder))
    before = run_repros(folder, holed)
    execute(holed, _MEND)
    after = run_repros(folder, holed)

    assert before.stdout.splitlines()[-1].startswith("1 failed in ")
    assert after.stdout.splitlines()[-1].startswith("1 passed in ")


def test_written_test_without_a_database_fails_and_says_what_to_set(holed: Url, tmp_path: Path) -> None:
    folder = tmp_path / "findings"
    validated(holed, "--app-role", "test_repro_web", "--only", "ISO", "--repro", str(folder))

    ran = run_repros(folder, None)

    assert ran.returncode == 1
    assert "set REPRO_DATABASE_URL to the database to test" in ran.stdout
