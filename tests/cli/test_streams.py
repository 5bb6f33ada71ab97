"""A reader that leaves, a closed stream, a full disk: none changes the work done or the exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.postgres.url import Url


def shell(line: str) -> "subprocess.CompletedProcess[str]":
    """Run a line in which TTDB stands for the program, and return how that program ended."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    return subprocess.run(
        ["bash", "-c", line.replace("TTDB", f'"{sys.executable}" -m ttdb') + "; exit ${PIPESTATUS[0]}"],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_reader_that_leaves_early_is_no_failure() -> None:
    ended = shell("TTDB explain | true")

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(("family", "code"), [("PRV", 1), ("SRV", 2)])
def test_reader_that_leaves_early_does_not_change_the_verdict(empty_url: Url, family: str, code: int) -> None:
    """The login is a superuser, which is a finding; that there are no tenants leaves the rest unproven."""
    ended = shell(f"TTDB validate --only {family} --app-role postgres --url '{empty_url.uri()}' 2>&1 | true")

    assert ended.returncode == code


def test_closed_streams_are_no_defect() -> None:
    assert shell("TTDB explain >&-").returncode == 0
    assert shell("TTDB explain NOPE 2>&-").returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to on this system")
def test_full_disk_is_said_so() -> None:
    ended = shell("TTDB explain > /dev/full")

    assert ended.returncode == 2
    assert ended.stderr == (
        "error: the answer cannot be written: No space left on device\nhint: Send it where there is space.\n"
    )


def test_name_that_the_terminal_cannot_show_is_escaped(empty_url: Url) -> None:
    with connect(empty_url) as connection:
        connection.execute('create table public."größe" (id int primary key, tenant_id uuid)')
    ended = ttdb("validate", "--url", empty_url.uri(), "--app-role", "postgres", env={"PYTHONIOENCODING": "ascii"})

    assert "unexpected" not in ended.err
    assert "gr\\xf6\\xdfe" in ended.out
