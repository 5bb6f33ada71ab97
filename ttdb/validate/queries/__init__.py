"""The catalog queries that validation asks, one file each."""

from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast


@cache
def query(name: str) -> LiteralString:
    """Return the text of ``NAME.sql``, which ships with ttdb and is as literal as a string in the source."""
    text: Any = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    return cast("LiteralString", text)
