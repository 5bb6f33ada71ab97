"""A command starts without what only other commands need."""

import subprocess
import sys

import pytest

import ttdb

_STARTS = "import sys; from ttdb.cli.app import build; build(sys.argv[1]); print(*sys.modules)"


@pytest.mark.parametrize("command", ["validate", "seed", "roles", "explain"])
def test_command_that_migrates_nothing_loads_no_alembic(command: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _STARTS, command], capture_output=True, text=True, check=True
    ).stdout.split()

    assert f"ttdb.cli.commands.{command}" in loaded
    assert not {"alembic", "sqlalchemy", "faker", "docker"} & set(loaded)


def test_version_loads_no_command() -> None:
    script = "import sys; from ttdb.cli.app import run; code = run(['--version']); print(code, *sys.modules)"
    version, told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert version == f"ttdb {ttdb.__version__}"
    assert told.startswith("0 ")
    assert not {"psycopg", "numpy", "ttdb.cli.commands.seed"} & set(told.split())


def test_reading_arguments_loads_neither_pydantic_nor_rich() -> None:
    script = "import sys; from ttdb.cli.app import run; run(['seed', '--jobs', '0']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert "ttdb.cli.commands.seed" in loaded
    assert not {"pydantic", "rich"} & set(loaded)
