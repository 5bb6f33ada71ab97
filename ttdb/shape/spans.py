"""Numbers that rules want between two that are computed of other columns: some of each such span."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import sql

from ttdb.shape.combine import combinations
from ttdb.shape.equations import Solver, column_of, sides, speaks_of
from ttdb.shape.model import Rule, Table

_AT_LEAST, _AT_MOST = (" >= ", " > "), (" <= ", " < ")
_TRIED, _KEPT = 300, 48  # combinations of what a span is computed from
_STEPS, _PARTS = 7, 10  # from one place in a span to the next, in parts of it


@dataclass(frozen=True, slots=True)
class Span:
    """What rules say that a number lies between."""

    column: str
    low: tuple[str, ...]  # expressions
    high: tuple[str, ...]


def spans(table: Table, rules: Iterable[Rule], free: Sequence[str]) -> tuple[Span, ...]:
    """Return the spans in which free columns must be, where both ends are computed of other columns."""
    low: dict[str, list[str]] = {}
    high: dict[str, list[str]] = {}
    for rule in rules:
        for operator, one, other in _compared(rule.expression):
            turned = operator in _AT_MOST
            for side, end, ends in ((one, other, high if turned else low), (other, one, low if turned else high)):
                name = column_of(side)
                if name in free and (columns := speaks_of(end, table)) and name not in columns:
                    ends.setdefault(name, []).append(end)
    return tuple(Span(name, tuple(low[name]), tuple(high[name])) for name in low if name in high)


def within(
    solver: Solver, base: Mapping[str, Any], lists: Mapping[str, list[Any]], rules: Sequence[Rule], found: Span
) -> list[dict[str, Any]]:
    """Return changes of a row in which a number lies in its span.

    Args:
        solver: of the table.
        base: the row.
        lists: the columns that may change, and values to try for them.
        rules: about these columns.
        found: the span.

    """
    others = [name for name in lists if name != found.column]
    tried = combinations([lists[name] for name in others], _TRIED)
    changes = [dict(zip(others, each, strict=True)) for each in tried]
    plain = [rule for rule in rules if found.column not in rule.columns]
    broken = solver.asker.broken(solver.table, dict(base), changes, plain)
    able = [change for change, each in zip(changes, broken, strict=True) if not each][:_KEPT]
    able *= _KEPT // max(len(able), 1)
    ends = zip(
        _end(solver, base, able, "greatest", found.low), _end(solver, base, able, "least", found.high), strict=True
    )
    return [
        {**change, found.column: _between(low, high, place)}
        for place, (change, (low, high)) in enumerate(zip(able, ends, strict=True))
        if low is not None and high is not None and low < high
    ]


def _end(
    solver: Solver, base: Mapping[str, Any], changes: Sequence[dict[str, Any]], which: str, ends: Sequence[str]
) -> list[Any]:
    given = sql.SQL(", ").join(sql.SQL("({})::numeric").format(sql.SQL(each)) for each in ends)  # as the catalog has it
    return solver.computed(base, changes, sql.SQL("{}({})").format(sql.SQL(which), given))


def _between(low: float, high: float, place: int) -> float | int:
    part = (high - low) * (place * _STEPS % _PARTS) / _PARTS
    return int(low + part) if high - low > 1 else low + part


@lru_cache(maxsize=1000)  # a table's rules are asked about again and again
def _compared(expression: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(_comparisons(expression))


def _comparisons(expression: str) -> Iterator[tuple[str, str, str]]:
    """Yield each operator by which a rule wants something to be less or more in all cases, and its sides."""
    for operator in (*_AT_LEAST, *_AT_MOST):
        for (one, other), always in sides(expression, operator, always=True) if operator in expression else ():
            if always:
                yield operator, one, other
