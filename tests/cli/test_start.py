"""A command starts without what only other commands need."""

import subprocess
import sys

import pytest

_STARTS = "import sys; from ttdb.cli.app import build; build(sys.argv[1]); print(*sys.modules)"


@pytest.mark.parametrize("command", ["validate", "seed", "roles", "explain"])
def test_command_that_migrates_nothing_loads_no_alembic(command: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _STARTS, command], capture_output=True, text=True, check=True
    ).stdout.split()

    assert f"ttdb.cli.commands.{command}" in loaded
    assert not {"alembic", "sqlalchemy", "faker", "docker"} & set(loaded)
