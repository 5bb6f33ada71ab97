"""What the partitions of a table take of each column that its rows are divided by, read from their bounds."""

import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from ttdb.seed.generic.fields import ANCHOR, TEXTS, TIMES, WHOLE, moment
from ttdb.shape import Schema, Table
from ttdb.shape.model import Kind

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([^\s(),]+)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDLESS = ("infinity", "-infinity")
_USUAL = 1000  # numbers that are drawn from where there is no end
_DAYS = 400
_FAR = 10_000_000  # numbers below an end, where nothing says where they begin
_MANY = 1_000_000  # texts that begin with the lower bound


@dataclass(frozen=True, slots=True)
class Values:
    """Different values of one column, by their number."""

    size: int
    write: Callable[[int], str]
    holds: Callable[[str], bool]
    usual: int  # so many of them, where there is no end
    scattered: bool = False  # moments: in no order
    ranged: bool = False  # as many as rows may be told apart by

    def at(self, offset: int) -> str:
        """Return one of them."""
        return self.write(offset % self.size)


@dataclass(frozen=True, slots=True)
class Box:
    """One partition that holds rows, and what it takes of each column that divides."""

    leaf: Table
    columns: Mapping[str, Values]
    hashed: bool  # which rows go there is up to a hash besides


@dataclass(frozen=True, slots=True)
class _Scale:
    """How values of a type are counted."""

    read: Callable[[str], int]
    write: Callable[[int], str]
    least: int
    most: int
    width: int  # of what is drawn from where there is no end
    first: int  # where nothing says where to begin
    scattered: bool = False


_Bound: TypeAlias = str | None  # None where it is open


def boxes(schema: Schema, table: Table) -> list[Box]:
    """Return the partitions that take rows of certain values; a default partition is for what is left."""
    found = (_box(schema, table, leaf) for leaf in schema.leaves(table.oid) if leaf.oid != table.oid)
    return [box for box in found if box is not None]


def anywhere(schema: Schema, table: Table, name: str, others: Sequence[Values]) -> Values | None:
    """Return values of a column for a partition that says nothing of it: of any size, or as in the others."""
    scale = _scale(schema, table, name)
    if scale is not None and all(each.ranged for each in others):
        return _between(scale, None, None)
    return listed(tuple(dict.fromkeys(values.at(number) for values in others for number in range(min(values.size, 9)))))


def listed(texts: tuple[str, ...]) -> Values | None:
    """Return values that are given one by one."""
    return Values(len(texts), texts.__getitem__, texts.__contains__, len(texts)) if texts else None


def _box(schema: Schema, table: Table, leaf: Table) -> Box | None:
    columns: dict[str, Values] = {}
    hashed, each = False, leaf
    while each.oid != table.oid and each.above is not None:
        above = schema.tables[each.above]
        tokens = [(quoted.replace("''", "'"), word) for quoted, word in _TOKEN.findall(each.part or "")]
        words = [word for _, word in tokens]
        if "IN" in words:
            found = _listed(above, [_value(*token) for token in tokens[words.index("IN") + 1 :]])
        elif "FROM" in words:
            start, middle = words.index("FROM"), words.index("TO")
            low, high = tokens[start + 1 : middle], tokens[middle + 1 :]
            found = dict(_ranged(schema, above, [_value(*token) for token in low], [_value(*token) for token in high]))
        elif "WITH" in words:
            found, hashed = {}, True
        else:
            return None
        columns = {**found, **columns}
        each = above
    return Box(leaf, columns, hashed)


def _value(quoted: str, word: str) -> _Bound:
    return None if word in ("MINVALUE", "MAXVALUE", "NULL") or quoted in _ENDLESS else word or quoted


def _listed(above: Table, given: Sequence[_Bound]) -> dict[str, Values]:
    name, values = above.divided_by[0], listed(tuple(each for each in given if each is not None))
    return {name: values} if name is not None and values is not None else {}


def _ranged(
    schema: Schema, above: Table, lows: Sequence[_Bound], highs: Sequence[_Bound]
) -> Iterator[tuple[str, Values]]:
    """Yield what a range says of each column: of those after the first that differs, nothing where that lies inside."""
    last = above.divided_by[-1]
    for name, low, high in zip(above.divided_by, lows, highs, strict=True):
        scale = None if name is None else _scale(schema, above, name)
        if name is None:
            return
        if low is not None and low == high:
            yield name, Values(1, (low,).__getitem__, (low,).__contains__, 1)
            continue
        values = _text_between(low, high) if scale is None else _between(scale, low, high, inside=name != last)
        if values is None and low is not None:  # no whole number or second lies between
            values = listed((low,))
        if values is not None:
            yield name, values
        return


def _between(scale: _Scale, low: _Bound, high: _Bound, *, inside: bool = False) -> Values | None:
    """Return the values from one bound to another, without the lower one where ``inside``."""
    try:
        first, last = (None if each is None else scale.read(each) for each in (low, high))
    except (ValueError, InvalidOperation, OverflowError):
        return None  # before Christ
    if first is None:
        first = _begin(scale, last)
    elif inside and (last is None or last > first + 1):
        first += 1
    if last is None:
        last = min(scale.most, first + scale.width) if scale.scattered else scale.most
    start, size = first, last - first
    if size < 1:
        return None
    usual = size if low is not None and high is not None else min(size, scale.width)
    return Values(
        size,
        lambda number: scale.write(start + number),
        lambda text: start <= scale.read(text) < start + size,
        usual,
        scale.scattered,
        ranged=True,
    )


def _begin(scale: _Scale, last: int | None) -> int:
    """Say where values begin of which only the end is known, or not even that."""
    if last is None or last > scale.first:
        return scale.first
    return max(scale.least, last - (scale.width if scale.scattered else _FAR))


def _text_between(low: _Bound, high: _Bound) -> Values | None:
    """Return the lower bound and what begins with it: as a rule it sorts before the upper one."""
    if low is None:
        return None
    return Values(
        _MANY,
        lambda number: f"{low}{number}" if number else low,
        lambda text: text >= low and (high is None or text < high),
        _USUAL,
    )


def _scale(schema: Schema, table: Table, name: str) -> _Scale | None:
    column = table.column(name)
    kind = schema.types[column.type] if column else None
    while kind is not None and kind.kind is Kind.DOMAIN and kind.of is not None:
        kind = schema.types[kind.of]
    if kind is None or kind.name in TEXTS:
        return None
    make = next((make for names, make in _SCALES.items() if kind.name in names), None)
    return make(kind.name) if make else None


def _whole_numbers(kind: str) -> _Scale:
    most = WHOLE.get(kind, _FAR * 1000)
    return _Scale(_whole, str, -most, most, _USUAL, 1)


def _days(_kind: str) -> _Scale:
    last, first = date.max.toordinal(), ANCHOR.toordinal() - _DAYS
    return _Scale(lambda text: date.fromisoformat(text).toordinal(), _date, 1, last, _DAYS, first, scattered=True)


def _moments(kind: str) -> _Scale:
    width = _DAYS * 86_400
    first, last = _seconds("0001-01-01"), _seconds("9999-12-31")
    return _Scale(
        _seconds,
        lambda number: moment(_EPOCH + timedelta(seconds=number), kind),
        first,
        last,
        width,
        _seconds(ANCHOR.isoformat()) - width,
        scattered=True,
    )


def _uuids(_kind: str) -> _Scale:
    most = 2**128
    return _Scale(
        lambda text: uuid.UUID(text).int, lambda number: str(uuid.UUID(int=number)), 0, most, most, 0, scattered=True
    )


_SCALES: Mapping[tuple[str, ...], Callable[[str], _Scale]] = {
    (*WHOLE, "numeric", "real", "double precision"): _whole_numbers,
    ("date",): _days,
    tuple(name for name in TIMES if name != "date"): _moments,
    ("uuid",): _uuids,
}


def _whole(text: str) -> int:
    return math.ceil(Decimal(text))


def _date(number: int) -> str:
    return date.fromordinal(number).isoformat()


def _seconds(text: str) -> int:
    when = datetime.fromisoformat(text)
    return math.ceil((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
