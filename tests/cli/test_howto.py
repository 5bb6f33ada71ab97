"""The documentation's shell lines, run literally."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.databases import fresh_database

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.throwaway.embedded import bin_folder

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [
        found["text"] for found in _BLOCK.finditer(page.read_text(encoding="utf-8")) if found["language"] == language
    ]


def run(script: str, *, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a shell script as a reader would, with our programs first on the path."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), str(bin_folder()), clean["PATH"]])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=cwd,
        env=clean | {"PATH": path} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of this checkout to change."""
    for name in tracked_files():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "cache" not in str(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_adding_a_check_touches_one_file_and_the_generated_page(checkout: Path) -> None:
    page = DOCS / "howto" / "add-a-check.md"
    written = re.search(r"`(ttdb/checks/\w+\.sql)`:\n", page.read_text(encoding="utf-8"))
    assert written
    (unit,) = blocks(page, "sql")
    before = contents(checkout)
    (checkout / written[1]).write_text(unit, encoding="utf-8")

    outputs = []
    for script in blocks(page, "bash"):
        ended = run(script, cwd=checkout, PYTHONPATH=str(checkout), PYTHONDONTWRITEBYTECODE="1")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        outputs.append(ended.stdout)

    after = contents(checkout)
    assert "1 passed" in outputs[0]
    assert "A table of tenants' rows does not say what it holds" in outputs[0]
    assert {name for name in after if after[name] != before.get(name)} == {written[1], "docs/reference/checks.md"}
    assert b"NAM002" in after["docs/reference/checks.md"]


def test_quickstart_runs_to_its_end(server: Throwaway, tmp_path: Path) -> None:
    with fresh_database(server.url) as url:
        script = "\n".join(blocks(DOCS / "quickstart.md", "bash"))
        given = "export TTDB_DATABASE_URL=postgresql://postgres@localhost/tickets\n"
        assert given in script
        ended = run(script.replace(given, ""), cwd=tmp_path, TTDB_DATABASE_URL=url.uri())

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [line for line in ended.stdout.splitlines() if line.startswith("verdict")] == [
        "verdict: pass",
        "verdict: pass",
        "verdict: fail",
        "verdict: pass",
    ]
    assert "exit code 1" in ended.stdout


def test_every_command_named_in_the_documentation_exists() -> None:
    known = run("ttdb --help", cwd=ROOT).stdout
    named = {
        found
        for page in [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("howto/*.md")]
        for script in blocks(page, "bash")
        for found in re.findall(r"^ttdb ([a-z]+)", script, re.MULTILINE)
    }

    assert named
    assert {name for name in named if f"\n  {name} " not in known} == set()
