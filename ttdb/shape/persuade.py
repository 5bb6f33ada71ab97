"""Other values for a row that a trigger refused: of one column, then of several that its function speaks of."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ttdb.shape.combine import combinations
from ttdb.shape.model import Column, Table

_EACH = 6  # values of each column, one at a time
_TOGETHER = 120  # combinations of what the functions speak of
_MOST_TIED = 4  # columns of them
_LONGEST = 20_000  # of a function whose source is read
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_MESSAGE = re.compile(r"\braise\s+(?:exception|notice|warning|info|debug|log)\b[^;]*;", re.IGNORECASE)


def sources_about(table: Table, column: Column) -> list[str]:
    """Return the statements of a table's trigger functions that speak of a new row's column: for their constants."""
    speaks = _new(column.name)
    return [
        statement
        for source in table.triggers
        if len(source) < _LONGEST and speaks.search(source)
        for statement in _MESSAGE.sub(";", _COMMENT.sub("", source)).split(";")
        if speaks.search(statement)
    ]


def others(
    table: Table, names: Sequence[str], draft: Mapping[str, Any], choices: Callable[[str], list[Any]], message: str
) -> Iterator[dict[str, Any]]:
    """Yield changes of a row that a trigger refused, a bounded number.

    Args:
        table: with the sources of its triggers' functions.
        names: of the columns that may be changed.
        draft: the row; a column that it has nothing of is changed where triggers speak of it.
        choices: the values of a column, first the one that it has.
        message: what the trigger said; the columns that it names are changed first.

    """
    told = [name for name in names if name in message or any(_new(name).search(each) for each in table.triggers)]
    first = sorted(
        (name for name in names if name in draft or name in told),
        key=lambda name: (name not in message, name not in told),
    )
    for place in range(1, _EACH + 1):
        for name in first:
            values = choices(name)
            if place < len(values):
                yield {name: values[place]}
    tied = told[:_MOST_TIED]
    for line in combinations([choices(name) for name in tied], _TOGETHER) if len(tied) > 1 else ():
        yield dict(zip(tied, line, strict=True))


def _new(name: str) -> re.Pattern[str]:
    return re.compile(rf"\bnew\.\"?{re.escape(name)}(?!\w)", re.IGNORECASE)
