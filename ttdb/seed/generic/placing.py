"""Spread a table's rows over its partitions: each row has one, and from its bounds the columns that divide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd
from typing import Any, TypeAlias

import numpy as np

from ttdb.seed.draw import Ints, Source
from ttdb.seed.generic.bounds import Box, Values, anywhere, boxes, listed
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.plan import Plan
from ttdb.shape import RowMaker, Schema, Table
from ttdb.shape.ask import Asker
from ttdb.shape.filling import QUESTION, filling
from ttdb.shape.read import BOUND

_EVEN = 2**32
_FEW = 48  # values of a partition of which rules take some only
_CHOICES = 4  # values of each partition, where other columns are tied to them
_GOLDEN = (618, 1000)  # steps of which no two soon come near each other

Place: TypeAlias = tuple[int, int]  # a partition, and how many rows were put there before


@dataclass(frozen=True, slots=True)
class Placing:
    """Which partition each row of a table goes to."""

    boxes: tuple[Mapping[str, Values], ...]
    columns: frozenset[str]  # that get their values here
    told: tuple[str, ...]  # columns that the tenant or a parent says, and that decide on the partition
    keys: frozenset[str]  # those of the columns that tell rows apart: their values go up one by one
    begin: int  # by the seed, where scattered values begin
    _rooms: tuple[tuple[int, tuple[int, ...]], ...] = field(default=())  # see _rooms_of

    def places(self, numbers: Ints, told: Sequence[Line]) -> list[Place]:
        """Return the partition of each row, in turn one of those that take what it was told."""
        if not self.told:
            return [self._place(number) for number in numbers.tolist()]
        able: dict[Line, list[int]] = {}
        for line in set(told):
            known = dict(zip(self.told, line, strict=True))
            able[line] = [place for place, box in enumerate(self.boxes) if _takes(box, known)] or [len(self.boxes) - 1]
        pairs = zip(numbers.tolist(), told, strict=True)
        return [(able[line][number % len(able[line])], number // len(able[line])) for number, line in pairs]

    def values(self, name: str, places: Sequence[Place], offsets: Sequence[int] | None = None) -> list[str | None]:
        """Return a column's value for each row, from the bounds of its partition."""
        rounds = [turn for _, turn in places] if offsets is None else offsets
        return [self._value(name, place, turn) for (place, _), turn in zip(places, rounds, strict=True)]

    def make(self, name: str, numbers: Ints) -> list[str | None]:
        """Return a column's values where nothing but the number decides."""
        return self.values(name, [self._place(number) for number in numbers.tolist()])

    def choices(self, name: str) -> list[Any]:
        """Return some values of each partition."""
        texts = [
            box[name].at(box[name].usual * part // _CHOICES)
            for box in self.boxes if name in box for part in range(min(_CHOICES, box[name].usual))
        ]  # fmt: skip
        return list(dict.fromkeys(texts))

    def room(self, name: str) -> int:
        """Return how many values of a column all partitions take together."""
        return sum(box[name].size for box in self.boxes if name in box)

    def without(self, names: frozenset[str]) -> "Placing":
        """Return the same for fewer columns."""
        return replace(self, columns=self.columns - names)

    def _value(self, name: str, place: int, turn: int) -> str | None:
        values = self.boxes[place].get(name)
        if values is None:
            return None
        if name in self.keys and not values.scattered:
            return values.at(turn)
        size = values.size if name in self.keys else values.usual
        return values.at((turn * _step(size) + self.begin) % size if values.ranged else turn)

    def _place(self, number: int) -> Place:
        """Return where a row goes: to each in turn that has room for one more."""
        turn = 0
        for until, able in self._rooms:
            if number < (until - turn) * len(able):
                return able[number % len(able)], turn + number // len(able)
            number -= (until - turn) * len(able)
            turn = until
        return number % len(self.boxes), turn + number // len(self.boxes)


def placing(asker: Asker, schema: Schema, plan: Plan, source: Source) -> Placing | None:
    """Return how a table's rows are spread over its partitions; None where bounds do not say which values to take."""
    found = boxes(schema, plan.table) if plan.table.partitioned else []
    names = tuple(dict.fromkeys(name for box in found for name in box.columns))
    asking = _Asking(asker, plan.table, _rest(asker, schema, plan.table, found) if names else {})
    allowed = [(box, {name: asking.taken(name, values) for name, values in box.columns.items()}) for box in found]
    sure = [(box, {name: each for name, each in some.items() if each}) for box, some in allowed if all(some.values())]
    others: dict[str, Values] = {}
    for name in names if sure else ():
        values = anywhere(schema, plan.table, name, [some[name] for _, some in sure if name in some])
        if values is not None:
            others[name] = values
    whole = [each for box, some in sure if asking.fits(box, each := {**others, **some})]
    columns = frozenset(names) - plan.given
    if not whole or not columns:
        return None
    told = tuple(name for name in names if name in plan.given)
    if told:
        whole.append(others)  # where no bound takes what the row is told
    begin = int(source.stream(f"{plan.table}/placed").below(np.array([0], np.int64), _EVEN)[0])
    return Placing(tuple(whole), columns, told, frozenset(), begin)


def _rest(asker: Asker, schema: Schema, table: Table, found: Sequence[Box]) -> dict[str, Any]:
    """Return values without which no question about a row can be asked: any, where no bound limits a column."""
    maker = RowMaker(asker, schema, table, QUESTION, {}, {})
    divided = [each for each in schema.tables.values() if table.oid in (each.oid, each.root)]
    names = {name for each in divided for name in each.divided_by if name is not None}
    free = sorted(names - {name for box in found for name in box.columns})
    rest = {name: next((each for each in maker.choices(name) if each is not None), None) for name in free}
    return {**filling(asker, schema, table), **rest}


def for_keys(found: Placing, names: frozenset[str]) -> Placing:
    """Return the same where some columns tell rows apart: no partition gets more rows than it has values."""
    sizes = [min((box[name].size for name in names if name in box), default=_EVEN) for box in found.boxes]
    return replace(found, keys=names, _rooms=tuple(_rooms_of(sizes)))


def can_tell_apart(found: Placing, name: str) -> bool:
    """Say whether a column has a range of values in each partition, and not a few that are listed."""
    return all(box[name].ranged for box in found.boxes if name in box)


def _rooms_of(sizes: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield up to which turn which partitions have room."""
    for size in sorted(set(sizes)):
        yield size, tuple(place for place, other in enumerate(sizes) if other >= size)


def _takes(box: Mapping[str, Values], known: Mapping[str, str | None]) -> bool:
    return all(value is not None and box[name].holds(value) for name, value in known.items() if name in box)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks the database whether it takes what was read from the bounds."""

    asker: Asker
    table: Table
    rest: dict[str, Any]

    def taken(self, name: str, values: Values) -> Values | None:
        """Return the values that the rules about their column alone take, a few where not all are."""
        rules = [rule for rule in self.table.rules if rule.columns == (name,)]
        few = sorted({values.size * part // _FEW for part in range(_FEW)} | {values.size - 1})
        texts = [values.at(offset) for offset in few]
        broken = self.asker.broken(self.table, self.rest, [{name: text} for text in texts], rules)
        if not any(broken):
            return values
        return listed(tuple(dict.fromkeys(text for text, each in zip(texts, broken, strict=True) if not each)))

    def fits(self, box: Box, columns: Mapping[str, Values]) -> bool:
        """Say whether the partition takes what is to go there; of a hash, nobody knows before."""
        rules = [] if box.hashed else [rule for rule in box.leaf.rules if rule.name == BOUND]
        samples = [{name: values.at(values.usual * part // 3) for name, values in columns.items()} for part in range(3)]
        return not any(self.asker.broken(self.table, self.rest, samples, rules))


def _step(size: int) -> int:
    """Return a step that comes to each of so many values once."""
    step = max(1, size * _GOLDEN[0] // _GOLDEN[1])
    while gcd(step, size) > 1:
        step += 1
    return step
