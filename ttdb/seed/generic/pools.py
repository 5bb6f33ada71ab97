"""Values that obey CHECKs: columns that rules tie together are drawn together, from what the database said it takes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import numpy as np

from ttdb.seed.generic.believed import Odd, as_long, believable, formed, is_number, numbers, odds, unlike
from ttdb.seed.generic.composed import composed
from ttdb.seed.generic.cover import balanced, missing
from ttdb.seed.generic.fields import TEXTS, TIMES, Field, Make, arrays_of, moment, plain
from ttdb.seed.generic.following import Following
from ttdb.seed.generic.fresh import fresh
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.ways import Arc, allowed
from ttdb.shape import RowMaker, Schema
from ttdb.shape.ask import Draft
from ttdb.shape.combine import combinations
from ttdb.shape.equations import Solver
from ttdb.shape.literals import forms, said
from ttdb.shape.model import Kind, Rule, Table
from ttdb.shape.reserved import notations
from ttdb.shape.values import MOST_ELEMENTS

_COMBINATIONS, _AT_ONCE, _KEPT = 600, 300, 48
_FEW = 4  # lines of a value that no other line has
_SAMPLES = np.arange(24, dtype=np.int64) * 37
_SHIFTS = (timedelta(days=-200), timedelta(minutes=-77), timedelta(days=-31))
_NEAR = timedelta(days=500)  # that a row's moments are apart, where rules let them be
_SPARSE = ("inet", "cidr", "macaddr", "macaddr8", "interval")  # types of which few values are proposed
_ENOUGH = 12  # samples
_WORDS = 5  # that a person believes, where rules do not list any
# How the server writes that a column is one of some words.
_LISTED = r"(?:\b(?:{0}|VALUE)\"?\)?(?:::[a-z ]+)?\)? (?:=|<>) (?:ANY |ALL )?\(*(?:ARRAY\[)?'|CASE {0}\b)"
_MOST_TOLD = 4  # columns: there are as many cases as their powers of two
_MANY = 2  # columns of which the cases of two are asked about

Told: TypeAlias = tuple[bool, ...]  # of columns that may be null: which are set


@dataclass(frozen=True, slots=True)
class Pool:
    """Lines of some columns' values, each of which the table's rules take."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    moments: Mapping[int, str] = field(default_factory=dict)  # columns whose moments may be moved, all alike: its type
    told: tuple[str, ...] = ()  # optional references' columns that decide on the values by being set or not
    by_told: Mapping[Told, tuple[Line, ...]] = field(default_factory=dict)
    anchor: str | None = None  # the column whose moment the row has already, and which the others' are moved to

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that get a value from here."""
        return tuple(name for name in self.columns if name != self.anchor)

    def draw(self, chances: Sequence[int], told: Sequence[Line]) -> list[Line]:
        """Return a line for each row, by chance, of those that fit to what the columns of references are."""
        if not self.by_told:
            return [self.lines[each % len(self.lines)] for each in chances]
        fitting = [self.by_told.get(tuple(value is not None for value in each), self.lines) for each in told]
        return [lines[chance % len(lines)] for lines, chance in zip(fitting, chances, strict=True)]

    def moved_back(self, drawn: Sequence[Line], minutes: Sequence[int]) -> Sequence[Line]:
        """Move the moments of each line back by so many minutes, where they may be moved."""
        if not self.moments:
            return drawn
        return [_moved(line, self.moments, timedelta(minutes=-by)) for line, by in zip(drawn, minutes, strict=True)]

    def moved_to(self, drawn: Sequence[Line], moments: Sequence[str | None]) -> Sequence[Line]:
        """Move the moments of each line so that its own is the one given."""
        place = self.columns.index(self.anchor or "")
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
    optional: Mapping[str, Any] = field(default_factory=dict)  # columns of references that may be null, a value of each
    arcs: tuple[Arc, ...] = ()  # which of these may be set together

    def varies(self, name: str) -> bool:
        """Say whether a column holds what the server gave it by the clock or by chance."""
        return self.fields[name].column.default_varies and name not in self.maker.draft

    def told(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of optional references that rules tie to some columns."""
        rules = [rule for rule in self.rules if set(rule.columns) & set(columns)]
        found = tuple(name for name in self.optional if any(name in rule.columns for rule in rules))
        bound = {name for arc in self.arcs for name in arc.columns}
        others = [name for name in found if name not in bound]
        most = _MOST_TOLD if len(columns) <= _MANY else _MANY
        return (*(name for name in found if name in bound), *others[:most])

    def cases(self, told: Sequence[str]) -> "Iterator[tuple[Told, Asking]]":
        """Yield the other ways in which optional references may be set or not, with the row as it is then."""
        now = tuple(self.base.get(name) is not None for name in told)
        for case in allowed(self.arcs, told):
            if case != now:
                change = {name: self.optional[name] if each else None for name, each in zip(told, case, strict=True)}
                yield case, replace(self, base={**self.base, **change})

    def taken(self, changes: Sequence[Mapping[str, Any]], rules: Sequence[Rule]) -> Iterator[bool]:
        """Say of each change of the row whether these rules take it."""
        alone = [rule for rule in rules if len(rule.columns) == 1]
        for start in range(0, len(changes), _AT_ONCE):
            some = [dict(each) for each in changes[start : start + _AT_ONCE]]
            whole = self._broken(some, alone) if 0 < len(alone) < len(rules) else [False] * len(some)
            # What breaks the rule of one column may make one of several fail, and a question about all with it.
            left = iter(self._broken([each for each, gone in zip(some, whole, strict=True) if not gone], rules))
            yield from (not gone and not next(left) for gone in whole)

    def _broken(self, changes: Sequence[Draft], rules: Sequence[Rule]) -> list[bool]:
        return [bool(each) for each in self.maker.asker.broken(self.table, dict(self.base), changes, rules)]

    def valid(self, name: str, values: Sequence[Any]) -> list[Any]:
        """Leave out what is no value of a column's type: one such would spoil the questions about many rows."""
        taken = self.taken([{name: value} for value in values], ())
        return [value for value, each in zip(values, taken, strict=True) if each]

    def good(self, changes: Sequence[Mapping[str, Any]], rules: Sequence[Rule]) -> list[Mapping[str, Any]]:
        """Return the changes of the row that these rules take."""
        return [change for change, taken in zip(changes, self.taken(changes, rules), strict=True) if taken]


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
    """Ask which values of tied columns the rules take, whether or not a reference beside them is set."""
    rules = [rule for rule in asking.rules if set(rule.columns) & set(columns)]
    told = asking.told(columns)
    lines = lines_of(asking, columns, rules, known=True) or (tuple(None for _ in columns),)
    by_told = {case: found for case, other in asking.cases(told) if (found := lines_of(other, columns, rules))}
    return _movable(asking, Pool(columns, lines, told=told, by_told=by_told), rules)


def lines_of(
    asking: Asking, columns: tuple[str, ...], rules: Sequence[Rule], *, known: bool = False
) -> tuple[Line, ...]:
    """Return lines that the rules take; that of the row itself is known to be one, or has to be asked about too."""
    lists = {name: asking.valid(name, _choices(asking, name)) for name in columns}
    following = _following(asking, columns, rules)
    by_others = following.by_others
    judges = {name: odd for name in columns if name not in by_others and (odd := _odds(asking, name, lists[name]))}
    good = _good(asking, following, lists, judges, known=known)
    few = [name for name in columns if _has_few(asking, name)]
    for change in missing(good, lists, few) if good and len(columns) > 1 else ():
        good += asking.good(change, rules)[:_FEW]
    chosen = balanced(good, few, _KEPT, lambda changes: believable(changes, judges))
    texts = asking.maker.asker.texts(asking.table, [{**asking.base, **each} for each in chosen], columns)
    return tuple(texts)


def _good(
    asking: Asking, following: Following, lists: Mapping[str, list[Any]], judges: Mapping[str, Odd], *, known: bool
) -> list[Mapping[str, Any]]:
    """Return changes of the row that the rules take, of values to try, together and each alone, and what follows."""
    now = {name: asking.base.get(name) for name in lists}
    together, alone = following.spread(lists), []
    if len(together) < _ENOUGH:
        tried = combinations(list(lists.values()), _COMBINATIONS)
        together += [dict(zip(lists, each, strict=True)) for each in tried]
        alone = [now | {name: value} for name, values in lists.items() for value in values]
    likely = {name: sorted(lists[name], key=judges[name]) if name in judges else lists[name] for name in lists}
    solved = following.solved(likely)
    if any(map(asking.varies, lists)):  # what stands there now is another value in the next run
        good = asking.good([*together, *solved], following.rules)
        if good:
            return good
    return [*([now] if known else []), *asking.good([*together, *alone, *solved], following.rules)]


def _following(asking: Asking, columns: Sequence[str], rules: Sequence[Rule]) -> Following:
    solver = Solver(asking.maker.asker, asking.schema, asking.table)
    return Following(solver, asking.base, asking.fields, rules, columns)


def _has_few(asking: Asking, name: str) -> bool:
    """Say whether each value of a column means something: labels, flags, words that a rule lists."""
    own = asking.fields[name]
    listed = own.base.name in TEXTS and any(re.search(_LISTED.format(re.escape(name)), rule) for rule in own.rules)
    return own.base.kind is Kind.ENUM or own.base.name == "boolean" or listed


def outside(asking: Asking, columns: tuple[str, ...], rule: Rule) -> Pool | None:
    """Ask which values also put a row beyond a partial key, as a rule says; None where there are none."""
    rules = [each for each in asking.rules if set(each.columns) & set(columns)]
    lines = lines_of(asking, columns, [*rules, rule])
    return Pool(columns, lines) if lines else None


def anchored(asking: Asking, columns: tuple[str, ...], anchor: str) -> Pool | None:
    """Ask the same of columns of which one moment is decided on elsewhere; None where the others cannot go along."""
    found, place = pool(asking, columns), columns.index(anchor)
    lines = tuple(line for line in found.lines if line[place] is not None)
    lines = tuple(line for line in lines if _is_near(line, found.moments, place)) or lines
    return replace(found, lines=lines, told=(), by_told={}, anchor=anchor) if lines and place in found.moments else None


def usable(asking: Asking, makes: Mapping[str, Make]) -> bool:
    """Say whether the plain values of some columns obey their rules: some are asked about."""
    rules = [rule for rule in asking.rules if not makes.keys().isdisjoint(rule.columns)]
    lines = zip(*(make(_SAMPLES) for make in makes.values()), strict=True)
    changes = [dict(zip(makes, line, strict=True)) for line in lines]
    cases = [asking, *(other for _, other in asking.cases(asking.told(tuple(makes))))]
    return all(taken for each in cases for taken in each.taken(changes, rules))


def _choices(asking: Asking, name: str) -> list[Any]:
    """Return values to try; for columns that stand alone in their rules, plain and other numbers too."""
    own = asking.fields[name]
    found = [*asking.maker.choices(name), *asking.more.get(name, ())]
    if own.base.name in TEXTS and not forms(*own.rules) and not _has_few(asking, name) and (make := plain(own)):
        first = 1 + (None in found[:2])
        words = make(_SAMPLES[:_ENOUGH])
        found = [*found[:first], *words[:_WORDS], *as_long(own), *found[first:], *words[_WORDS:]]
    elif own.base.name in TEXTS and not notations(name, forms(*own.rules)):
        found += formed(own)
    if is_number(own):
        first = 1 + (None in found[:2])
        more = [each for each in numbers(own) if each not in found]
        found = [*found[:first], *more[:_WORDS], *found[first:], *more[_WORDS:]]
    elif more := composed(asking.schema, own, found):
        first = 1 + (None in found[:2])
        found = [*found[:first], *more, *found[first:]]
    elif own.base.name in TIMES and (make := plain(own)):
        found = [*found, *make(_SAMPLES)]
    elif own.base.kind is Kind.ARRAY:
        found = [*found, *_lists(own)]
    elif own.base.name in _SPARSE:
        make = next(fresh(asking.schema, own, 0))
        found = [*found, *make(_SAMPLES)]
    return found


def _odds(asking: Asking, name: str, values: Sequence[Any]) -> Odd | None:
    own = asking.fields[name]
    made = [*_lists(own)] if own.base.kind is Kind.ARRAY else composed(asking.schema, own, values)
    return unlike(made) if made else None if _has_few(asking, name) else odds(asking.fields[name])


def _lists(own: Field) -> Iterator[str | None]:
    """Yield arrays of each length that rules name."""
    for length in said(*own.rules).lengths:
        for each in (length, length + 1):
            if 0 < each <= MOST_ELEMENTS and (make := arrays_of(own, each)):
                yield from make(_SAMPLES[:_ENOUGH])


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
    return replace(found, moments=moments) if all(asking.taken(whole, rules)) else found


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
