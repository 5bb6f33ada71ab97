"""Every setting: key, variable, type, default and meaning."""

import inspect
from dataclasses import fields
from typing import Any, get_type_hints

from pages.base import NOTE, Head
from ttdb import config

PATH = "docs/reference/settings.md"


def write(_head: Head) -> str:
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
    return {tuple[str, ...]: "list of strings", int: "number"}.get(kind, "string")


def _default(value: object) -> str:
    return "" if value in (None, ()) else f"`{value}`"
