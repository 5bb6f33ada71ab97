"""The documentation's shell lines, run literally."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from db.engine.test_comments import uncommented
from support.databases import fresh_database

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url

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


def test_options_that_the_pages_show_are_there() -> None:
    sections = re.split(r"^## ", (DOCS / "reference" / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = {text.split("\n", 1)[0]: set(re.findall(r"--[a-z-]+", text)) for text in sections}
    unknown = [
        f"{page.name}: {line}"
        for page in sorted((DOCS / "howto").glob("*.md"))
        for language in ("bash", "text", "console")
        for text in blocks(page, language)
        for line in re.findall(r"^(?:\$ )?(ttdb [^#|>\n]+)", text.replace("\\\n", " "), re.MULTILINE)
        if (name := max((each for each in known if line.startswith(each)), key=len, default=None))
        and not set(re.findall(r"(?<= )--[a-z-]+", line)) <= known[name]
    ]

    assert unknown == []


def test_adding_a_check_touches_one_file_and_the_generated_ones(checkout: Path) -> None:
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
    assert {name for name in after if after[name] != before.get(name)} == {
        written[1],
        "docs/reference/checks.md",
        "sql/validate_security.sql",
    }
    assert b"NAM002" in after["docs/reference/checks.md"]


def named_file(page: Path) -> str:
    """Return the one file that a page says to write."""
    (written,) = re.findall(r"`((?:ttdb|migrations)/[\w/]+\.\w+)`:$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return str(written)


def steps(page: Path) -> list[tuple[str, str | None]]:
    """Return a page's shell blocks, each with the output that the page shows below it."""
    found = [(match["language"], match["text"]) for match in _BLOCK.finditer(page.read_text(encoding="utf-8"))]
    after = [*found[1:], ("", "")]
    return [
        (text, shown if language == "text" else None)
        for (kind, text), (language, shown) in zip(found, after, strict=True)
        if kind == "bash"
    ]


def test_adding_an_attack_touches_one_file_and_the_generated_ones(checkout: Path) -> None:
    page = DOCS / "howto" / "add-an-attack.md"
    written = named_file(page)
    before = contents(checkout)
    (checkout / written).write_text(blocks(page, "python")[0], encoding="utf-8")

    outputs = [
        run(script, cwd=checkout, PYTHONPATH=str(checkout), PYTHONDONTWRITEBYTECODE="1") for script, _ in steps(page)
    ]

    assert [ended.returncode for ended in outputs] == [0, 0], [ended.stdout + ended.stderr for ended in outputs]
    assert "1 passed" in outputs[0].stdout
    assert "An application role may make schemas in the database" in outputs[0].stdout
    after = contents(checkout)
    assert {name for name in after if after[name] != before.get(name)} == {
        written,
        "docs/reference/checks.md",
        "sql/validate_security.sql",  # names the attacks that are beyond it
    }
    assert b"ISO009" in after["docs/reference/checks.md"]


@pytest.mark.parametrize("name", ["protect-a-table", "audit-a-table", "mask-a-column"])
def test_migration_of_a_howto_is_one_file_and_does_what_the_page_shows(
    name: str, checkout: Path, server: Throwaway
) -> None:
    page = DOCS / "howto" / f"{name}.md"
    (migration,) = blocks(page, "python")
    before = contents(checkout)
    (checkout / named_file(page)).write_text(migration, encoding="utf-8")

    with fresh_database(server.url) as url:
        ended = [
            (
                run(
                    script,
                    cwd=checkout,
                    PYTHONPATH=str(checkout),
                    PYTHONDONTWRITEBYTECODE="1",
                    TTDB_DATABASE_URL=url.uri(),
                ),
                shown,
            )
            for script, shown in steps(page)
        ]
        lacking = uncommented(url)

    assert [each.returncode for each, _ in ended] == [0] * len(ended), [each.stdout + each.stderr for each, _ in ended]
    assert [each.stdout for each, shown in ended if shown is not None] == [shown for _, shown in ended if shown]
    assert lacking == []
    said = "\n".join(each.stdout + each.stderr for each, _ in ended).splitlines()
    assert ("verdict: pass" in said) is (name == "protect-a-table")
    after = contents(checkout)
    assert {item for item in after if after[item] != before.get(item)} == {named_file(page)}


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


def test_adding_a_service_runs_as_written(own_server: Throwaway, tmp_path: Path) -> None:
    upgrade(own_server.url, Settings())

    script = "\n".join(blocks(DOCS / "howto" / "add-a-service.md", "bash"))
    ended = run(script, cwd=tmp_path, TTDB_DATABASE_URL=own_server.url.uri())

    assert ended.returncode == 0, ended.stdout + ended.stderr
    (made,) = re.findall(r"^role orders_service made.*$", ended.stderr, re.MULTILINE)
    assert made in (DOCS / "howto" / "add-a-service.md").read_text(encoding="utf-8")
    assert "role orders_service has a new password" in ended.stderr
    assert "horse" not in ended.stdout + ended.stderr


def test_signing_the_context_runs_as_written(engine_url: Url) -> None:
    """The page's key is nobody's: its statements run with one made here, its Python and its hand work as printed."""
    page = DOCS / "howto" / "sign-the-tenant-context.md"
    names: dict[str, str] = {}
    exec(blocks(page, "python")[0], names)  # noqa: S102 - our own page
    make, _bind, require, by_hand, change = blocks(page, "sql")

    assert re.fullmatch(rf"v1\.k9ef593b9ef2\.{names['TENANT']}\.[0-9]+\.[0-9a-f]{{64}}", names["token"])
    with psycopg.connect(engine_url.conninfo, autocommit=True) as connection:
        key = connection.execute(make.encode()).fetchone()
        assert key
        connection.execute(require.encode())
        connection.execute(by_hand.encode())
        connection.execute(change.replace("k9ef593b9ef2", key[0]).encode())


def test_how_to_test_a_service_runs_on_the_example(server: Throwaway, tmp_path: Path) -> None:
    page = DOCS / "howto" / "test-a-service.md"
    example = shutil.copytree(DOCS / "examples" / "orders_service", tmp_path / "orders_service")
    (script,) = blocks(page, "bash")

    ended = run(script, cwd=example, TTDB_THROWAWAY=server.provider)

    assert ended.returncode == 0, ended.stderr
    assert "rows were made for the attack" in ended.stderr
    assert ended.stdout.splitlines()[-1] == blocks(page, "text")[-1].splitlines()[-1] == "verdict: pass"


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
