"""Values that obey CHECKs: columns that rules tie together are drawn together, from what the database said it takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ttdb.seed.generic.fields import TIMES, Field, moment, plain
from ttdb.seed.generic.parents import Line
from ttdb.shape import RowMaker, Schema
from ttdb.shape.ask import INVALID
from ttdb.shape.combine import combinations
from ttdb.shape.model import Kind, Rule, Table

_COMBINATIONS, _AT_ONCE, _KEPT = 600, 300, 48
_SAMPLES = np.arange(24, dtype=np.int64) * 37
_SHIFTS = (timedelta(days=-200), timedelta(minutes=-77), timedelta(days=-31))
_NEAR = timedelta(days=500)  # that a row's moments are apart, where rules let them be
_NUMBERS = (7, 15, 20, 25, 30, 42, 60, 75, 99, 120, 250, 500, 750, 2500, 5000, 12_000)


@dataclass(frozen=True, slots=True)
class Pool:
    """Lines of some columns' values, each of which the table's rules take."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    moments: Mapping[int, str] = field(default_factory=dict)  # columns whose moments may be moved, all alike: its type
    anchor: str | None = None  # the column whose moment the row has already, and which the others' are moved to

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that get a value from here."""
        return tuple(name for name in self.columns if name != self.anchor)

    def draw(self, choices: Sequence[int], minutes: Sequence[int]) -> list[Line]:
        """Return a line for each choice, its moments moved back by so many minutes."""
        if not self.moments:
            return [self.lines[each % len(self.lines)] for each in choices]
        return [
            _moved(self.lines[each % len(self.lines)], self.moments, timedelta(minutes=-by))
            for each, by in zip(choices, minutes, strict=True)
        ]

    def draw_at(self, choices: Sequence[int], moments: Sequence[str | None]) -> list[Line]:
        """Return a line for each choice, moved so that its own moment is the one given."""
        place = self.columns.index(self.anchor or "")
        drawn = [self.lines[each % len(self.lines)] for each in choices]
        return [_moved(line, self.moments, _from(line[place], to)) for line, to in zip(drawn, moments, strict=True)]


@dataclass(slots=True)
class Asking:
    """What is needed to ask about a table."""

    maker: RowMaker  # that made a row
    base: Mapping[str, Any]  # that row
    schema: Schema
    table: Table
    fields: Mapping[str, Field]
    rules: tuple[Rule, ...]
    more: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # values to try besides, by column

    def taken(self, changes: Sequence[Mapping[str, Any]], rules: Sequence[Rule]) -> Iterator[bool]:
        """Say of each change of the row whether these rules take it."""
        for start in range(0, len(changes), _AT_ONCE):
            some = [dict(each) for each in changes[start : start + _AT_ONCE]]
            for broken in self.maker.asker.broken(self.table, dict(self.base), some, rules):
                yield not broken and INVALID not in broken


def components(rules: Sequence[Rule], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the columns that rules tie together, directly or not; each column stands in one component."""
    groups: dict[str, set[str]] = {name: {name} for name in names}
    for rule in rules:
        tied = [name for name in rule.columns if name in groups]
        whole = set().union(*(groups[name] for name in tied)) if tied else set()
        for name in whole:
            groups[name] = whole
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        found.setdefault(min(groups[name]), tuple(each for each in names if each in groups[name]))
    return list(found.values())


def pool(asking: Asking, columns: tuple[str, ...]) -> Pool:
    """Ask which values of tied columns the rules take."""
    rules = [rule for rule in asking.rules if set(rule.columns) & set(columns)]
    lists = [_choices(asking, name) for name in columns]
    now = {name: asking.base.get(name) for name in columns}
    changes = [dict(zip(columns, each, strict=True)) for each in combinations(lists, _COMBINATIONS)]
    changes += [now | {name: value} for name, values in zip(columns, lists, strict=True) for value in values]
    good = [now]
    good += [change for change, taken in zip(changes, asking.taken(changes, rules), strict=True) if taken]
    texts = asking.maker.asker.texts(asking.table, [{**asking.base, **each} for each in _spread(good)], columns)
    lines = tuple(dict.fromkeys(texts)) or (tuple(None for _ in columns),)
    return _movable(asking, Pool(columns, lines), rules)


def anchored(asking: Asking, columns: tuple[str, ...], anchor: str) -> Pool | None:
    """Ask the same of columns of which one moment is decided on elsewhere; None where the others cannot go along."""
    found, place = pool(asking, columns), columns.index(anchor)
    lines = tuple(line for line in found.lines if line[place] is not None)
    lines = tuple(line for line in lines if _is_near(line, found.moments, place)) or lines
    return replace(found, lines=lines, anchor=anchor) if lines and place in found.moments else None


def usable(asking: Asking, name: str) -> bool:
    """Say whether the plain values of a column obey its rules: some are asked about."""
    made = plain(asking.fields[name])
    if made is None:
        return False
    rules = [rule for rule in asking.rules if name in rule.columns]
    changes = [{name: value} for value in made(_SAMPLES)]
    return all(asking.taken(changes, rules))


def _choices(asking: Asking, name: str) -> list[Any]:
    """Return values to try; for columns that stand alone in their rules, plain and other numbers too."""
    own = asking.fields[name]
    found = [*asking.maker.choices(name), *asking.more.get(name, ())]
    if own.base.category == "N" and own.base.kind is Kind.BASE:
        found = [*found, *(each for each in _NUMBERS if each not in found)]
    return found


def _spread(changes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep so many, from the whole of them: neighbours are alike."""
    step = max(1, -(-len(changes) // _KEPT))
    return list(changes[::step])


def _movable(asking: Asking, found: Pool, rules: Sequence[Rule]) -> Pool:
    """Let moments move where the rules take them moved: so many rows would else share a few."""
    bases = {place: asking.fields[name].base for place, name in enumerate(found.columns)}
    moments = {place: base.name for place, base in bases.items() if base.name in TIMES}
    if not moments:
        return found
    moved = [_moved(line, moments, by) for line in found.lines[:8] for by in _SHIFTS]
    changes = [
        {name: value for place, (name, value) in enumerate(zip(found.columns, line, strict=True)) if place in moments}
        for line in moved
    ]
    whole = [_as_given(asking, found.columns, line) | change for line, change in zip(moved, changes, strict=True)]
    return Pool(found.columns, found.lines, moments) if all(asking.taken(whole, rules)) else found


def _as_given(asking: Asking, columns: Sequence[str], line: Line) -> dict[str, Any]:
    """Return a line for a question; what is JSON cannot be given as text, and stays as it is in the row."""
    return {
        name: value
        for name, value in zip(columns, line, strict=True)
        if value is None or asking.fields[name].base.name not in ("json", "jsonb")
    }


def _moved(line: Line, moments: Mapping[int, str], by: timedelta) -> Line:
    return tuple(
        _later(text, moments[place], by) if text is not None and place in moments else text
        for place, text in enumerate(line)
    )


def _is_near(line: Line, moments: Mapping[int, str], place: int) -> bool:
    return all(abs(_from(line[place], line[other])) < _NEAR for other in moments)


def _from(text: str | None, to: str | None) -> timedelta:
    """Return how far it is from one moment to another."""
    try:
        first, last = (datetime.fromisoformat(each or "").replace(tzinfo=None) for each in (text, to))
    except ValueError:
        return timedelta()
    return last - first


def _later(text: str, kind: str, by: timedelta) -> str:
    try:
        return moment(datetime.fromisoformat(text) + by, kind)
    except (ValueError, OverflowError):
        return text  # infinity, or before Christ
