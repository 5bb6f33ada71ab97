"""``ttdb validate`` and ``ttdb explain``: what they print, where, and how they exit."""

import json
from pathlib import Path

import pytest
from support.databases import connect, fresh_database
from support.program import ttdb

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import library

_HOLE = "create table public.notes (id int primary key, tenant_id uuid not null); insert into public.notes values "
_ROWS = "(1, 'a0000000-0000-4000-8000-00000000000a'), (2, 'b0000000-0000-4000-8000-00000000000b')"


def test_throwaway_passes_and_says_so_in_the_last_line(server: Throwaway) -> None:
    ended = ttdb("validate", "--throwaway", server.provider, "--timings")

    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == "verdict: pass"
    assert " s  upgrade" in ended.out
    assert " s  seed" in ended.out
    assert "validating a throwaway" in ended.err


def test_hole_in_a_live_database_exits_1_and_is_explained(empty_url: Url) -> None:
    with connect(empty_url) as connection:
        connection.execute((_HOLE + _ROWS).encode())

    ended = ttdb("validate", "--url", empty_url.uri(), "--app-role", "pg_missing")

    assert ended.code == 2
    assert 'error: role "pg_missing" does not exist' in ended.err

    ended = ttdb("validate", "--url", empty_url.uri(), "--format", "json", "--only", "RLS", "--tenant-setting", "a.b")
    document = json.loads(ended.out)

    assert document["schema"] == "ttdb.validate/1"
    assert document["target"]["kind"] == "live"
    assert document["target"]["tenant_setting"] == "a.b"
    assert document["target"]["tenant_column"] == "tenant_id"
    assert {finding["code"][:3] for finding in document["findings"]} <= {"RLS", "ISO"}
    assert "the tenant is in column tenant_id" in ended.err


def test_role_that_reads_another_tenant_exits_1(server: Throwaway) -> None:
    with fresh_database(server.url) as url:
        with connect(url) as connection:
            connection.execute((_HOLE + _ROWS).encode())
            connection.execute("create role test_web login")
            connection.execute("grant select on public.notes to test_web")
        try:
            ended = ttdb("validate", "--url", url.uri(), "--app-role", "test_web", "--only", "ISO")
        finally:
            with connect(url) as connection:
                connection.execute("drop owned by test_web; drop role test_web")

    assert ended.code == 1
    assert "error   ISO003 public.notes  test_web, working for one tenant, reads rows of another" in ended.out
    assert "      ttdb explain ISO003" in ended.out
    assert '      set local session authorization "test_web";' in ended.out
    assert ended.out.splitlines()[-1] == "verdict: fail"


def test_setting_that_nothing_reads_proves_nothing(seeded_url: Url) -> None:
    ended = ttdb("validate", "--url", seeded_url.uri(), "--only", "RLS", "--tenant-setting", "app.tenant")

    assert ended.code == 2
    assert "an honest session, which sets app.tenant, sees none of its tenant's rows" in ended.out
    assert ended.out.splitlines()[-1] == "verdict: incomplete"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--tenant-column", "nowhere"), "error: no table has a column nowhere"),
        (("--tenant-setting", "undotted"), 'error: setting "undotted" cannot be set by a session'),
        (("--only", "XYZ"), "error: unknown family XYZ"),
    ],
)
def test_wrong_flag_exits_2_with_a_message(flags: tuple[str, str], message: str, empty_url: Url) -> None:
    ended = ttdb("validate", "--url", empty_url.uri(), *flags)

    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


def test_database_from_the_environment_is_not_attacked(empty_url: Url, server: Throwaway) -> None:
    ended = ttdb("validate", "--throwaway", server.provider, env={"TTDB_DATABASE_URL": empty_url.uri()})

    assert "validating a throwaway" in ended.err


def test_report_goes_to_the_file_and_the_verdict_to_stdout(empty_url: Url, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    ended = ttdb("validate", "--url", empty_url.uri(), "--format", "json", "--output", str(file))

    assert ended.out.startswith("verdict: ")
    assert json.loads(file.read_text())["verdict"] == ended.out.split()[1]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (".", "it is a folder"),
        ("nowhere/report.json", "there is no folder nowhere"),
        ("x" * 300, "File name too long"),
    ],
)
def test_report_that_cannot_be_written_is_said_before_the_attack(file: str, why: str, tmp_path: Path) -> None:
    ended = ttdb("validate", "--output", file, cwd=tmp_path)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: cannot write {file}: {why}\nhint: Name a file in a folder you may write.\n"


def test_unknown_family_is_said_before_a_server_is_started() -> None:
    ended = ttdb("validate", "--only", "XYZ")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: unknown family XYZ\n")


def test_explain_prints_why_bad_and_fix() -> None:
    ended = ttdb("explain", "RLS001")

    assert ended.code == 0
    assert ended.out.startswith("RLS001 rls-disabled (error, since 0.1.0)\n")
    assert all(f"\n{part}:\n" in ended.out for part in ("Why", "Bad", "Fix"))


def test_explain_without_a_code_lists_all() -> None:
    ended = ttdb("explain")

    assert [line.split()[0] for line in ended.out.splitlines()] == [unit.code for unit in library().units]


def test_explain_suggests_near_codes() -> None:
    ended = ttdb("explain", "RSL001")

    assert ended.code == 2
    assert "error: unknown check RSL001" in ended.err
    assert "Did you mean RLS001" in ended.err
