"""The built wheel works in a bare environment, from another directory, without the checkout."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, with what it depends on and nothing else; return the environment's bin folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("ttdb-*.whl")
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    subprocess.run([str(binaries / "pip"), "install", "-q", str(wheel)], check=True, capture_output=True)
    return binaries


def run(binaries: Path, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG", "PYTHON"))}
    return subprocess.run(
        [str(binaries / "ttdb"), *arguments],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def plugins(binaries: Path) -> str:
    """Return the plugins that pytest would load in the environment, a line each."""
    script = (
        "from importlib.metadata import entry_points\n"
        "for plugin in entry_points(group='pytest11'):\n"
        "    print(plugin.name, '=', plugin.value)"
    )
    told = subprocess.run([str(binaries / "python"), "-c", script], check=True, capture_output=True, text=True)
    return told.stdout


@pytest.mark.timeout(600)
def test_installed_wheel_runs_the_main_commands_from_another_directory(bare: Path, tmp_path: Path) -> None:
    assert run(bare, "--help", cwd=tmp_path).returncode == 0
    assert "engine_0001" in run(bare, "history", cwd=tmp_path).stdout
    assert "create role" in run(bare, "bootstrap", cwd=tmp_path).stdout
    assert run(bare, "explain", "ISO003", cwd=tmp_path).returncode == 0
    assert "ttdb = ttdb.pytest_plugin" in plugins(bare).splitlines()

    validated = run(bare, "validate", "--throwaway", "embedded", cwd=tmp_path)

    assert validated.returncode == 0, validated.stderr
    assert validated.stdout.splitlines()[-1] == "verdict: pass"
