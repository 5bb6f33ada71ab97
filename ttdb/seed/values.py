"""The values a row can hold, and the text by which PostgreSQL reads each."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID  # noqa: TC003 - the alias below is read at run time

Value: TypeAlias = "str | int | bool | Decimal | datetime | UUID | dict[str, Value] | list[Value] | None"
Column: TypeAlias = "list[Value]"


def rows_as_json(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Return rows as the array of objects that ``json_populate_recordset`` takes."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_text, ensure_ascii=False)


def shown(value: Value) -> str:
    """Return a value as a template shows it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(_text(value))


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
