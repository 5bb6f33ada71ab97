"""Checks and attacks as text."""

import textwrap
from collections.abc import Iterable, Mapping

_WIDTH = 100
_PROSE = ("Why",)


def as_list(units: Iterable[tuple[str, str, str, str]]) -> str:
    """Return one line for each unit: code, severity, name, title."""
    return "\n".join(f"{code}  {severity:<7}  {name}: {title}" for code, severity, name, title in units)


def as_page(*, heading: str, title: str, parts: Mapping[str, str]) -> str:
    """Return one unit's page; empty parts are left out."""
    lines = [heading, title]
    for name, body in parts.items():
        if body:
            text = textwrap.fill(body, _WIDTH) if name in _PROSE else body
            lines += ["", f"{name}:", textwrap.indent(text, "  ")]
    return "\n".join(lines)
