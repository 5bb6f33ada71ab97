"""Columns, and values that a person believes in them, as the server reads them from text.

All come from the row's number, and are the same whatever is made beside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias
from xml.sax.saxutils import escape

import numpy as np

from ttdb.seed.draw import Ints, Source, Stream, made_ids
from ttdb.seed.generic.words import beside_place, singular, words_for
from ttdb.shape import Schema, Table
from ttdb.shape.model import Column, Kind, Type
from ttdb.shape.names import in_words

Make: TypeAlias = Callable[[Ints], Sequence[str | None]]
ANCHOR = datetime(2025, 6, 30, 12, tzinfo=UTC)
TEXTS = ("text", "character varying", "character", "citext", "name")
WHOLE = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
TIMES = {"date": "", "timestamp without time zone": "", "timestamp with time zone": "+00"}  # and their zone
_HEADER = 4  # what a modifier counts besides a text's length, or a numeric's digits
_DAYS = 400
_SHORT = 3  # letters: such a name is looked for as a word, for it stands in others too
_YES = 7  # of ten flags
_DEFAULTS = 30  # of a hundred rows have a column's default
_NO_END = 2**31  # characters of a text
_HALF = 50  # of a hundred
_LONGEST_ARRAY = 3
_EARLY_YEAR, _NEXT_YEAR = 2015, 2025  # that come before the first of a column's years
_PACE, _SLOWEST = 60, 15  # some rows' moments come faster after each other than others'


@dataclass(frozen=True, slots=True)
class Field:
    """One column, with what decides on its values."""

    table: Table
    column: Column
    base: Type  # what its domain is built on, in the end
    modifier: int
    rules: tuple[str, ...]  # CHECKs that speak of it, its domain's too
    source: Source
    nullable: bool = True
    inside: Type | None = None  # of an array's elements

    @property
    def longest(self) -> int | None:
        """How many characters a text may have."""
        return self.modifier - _HEADER if self.base.name in TEXTS and self.modifier > 0 else None

    @property
    def called(self) -> str:
        """What the column is called, in words."""
        return in_words(self.column.name)

    def stream(self, purpose: str = "") -> Stream:
        """Return the stream of chance for a purpose."""
        return self.source.stream(f"{self.table}.{self.column.name}{purpose}")


def field_of(schema: Schema, table: Table, column: Column, source: Source) -> Field:
    """Look through a column's domains."""
    kind, modifier = schema.types[column.type], column.modifier
    rules = table.about(column.name)
    while kind.kind is Kind.DOMAIN and kind.of is not None:
        rules += kind.rules
        modifier = kind.modifier if kind.modifier >= 0 else modifier
        kind = schema.types[kind.of]
    inside = schema.types[kind.of] if kind.kind is Kind.ARRAY and kind.of is not None else None
    return Field(table, column, kind, modifier, tuple(rules), source, not schema.refuses_null(column), inside)


def is_ruled(field: Field) -> bool:
    """Say whether not every value of the type will do."""
    return bool(field.rules)


def is_varied(field: Field) -> bool:
    """Say whether a column's default is but one of a few values that are all usual."""
    return field.base.name == "boolean" or field.base.kind is Kind.ENUM


def plain(field: Field) -> Make | None:
    """Return a way to make values that a person believes, for the usual types; None for others."""
    name = field.base.name
    make: Callable[[Field], Make] | None = None
    if field.base.kind is Kind.ENUM:
        make = _plain_labels
    elif field.base.kind is Kind.ARRAY:
        make = _plain_arrays if field.inside is not None and plain(_element(field)) else None
    elif name in TEXTS:
        make = _plain_words
    elif name == "uuid":
        make = uuids
    elif name == "boolean":
        make = _plain_flags
    elif name in WHOLE or (field.base.category == "N" and not name.startswith("reg")):  # which are names of objects
        make = _plain_numbers
    elif name in TIMES:
        make = _plain_times
    elif name in _ODD_TYPES:
        make = _ODD_TYPES[name]
    return make(field) if make else None


def _element(field: Field) -> Field:
    """Return the elements of an array as if a column held one of them."""
    column = replace(field.column, name=singular(field.column.name))
    return replace(field, column=column, base=field.inside or field.base, inside=None)


def _plain_arrays(field: Field) -> Make:
    """Make arrays of none to three different elements; of one at least where a rule speaks of them."""
    element, length, least = plain(_element(field)), field.stream("/length"), 1 if field.rules else 0

    def make(numbers: Ints) -> list[str | None]:
        lines = _lists(element, numbers, _LONGEST_ARRAY)
        lengths = length.below(numbers, _LONGEST_ARRAY + 1 - least).tolist()
        return [_array(list(dict.fromkeys(line[: each + least]))) for line, each in zip(lines, lengths, strict=True)]

    return make


def arrays_of(field: Field, length: int) -> Make | None:
    """Return a way to make arrays of so many elements, different ones as far as there are; None of odd elements."""
    element = plain(_element(field)) if field.inside is not None else None
    if element is None:
        return None

    def make(numbers: Ints) -> list[str | None]:
        lists = (list(dict.fromkeys(line)) + list(line) for line in _lists(element, numbers, 2 * length))
        return [_array(line[:length]) for line in lists]

    return make


def _lists(element: Make | None, numbers: Ints, length: int) -> list[tuple[str | None, ...]]:
    parts = [element(numbers * length + place) if element else [] for place in range(length)]
    return list(zip(*parts, strict=True))


def _array(elements: Sequence[str | None]) -> str:
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in elements if each is not None)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"


def _plain_labels(field: Field) -> Make:
    labels, chance = field.base.labels or (None,), field.stream()
    return lambda numbers: [labels[each] for each in chance.below(numbers, len(labels)).tolist()]


def _plain_words(field: Field) -> Make:
    return words_for(field.called, in_words(field.table.name), field.longest, field.stream, _place_of(field))


def _place_of(field: Field) -> Stream | None:
    """Return the chance by which all columns of one place are drawn, where the table has several of it."""
    own = beside_place(field.called)
    alike = [each for each in field.table.columns if own is not None and beside_place(in_words(each.name)) == own]
    return field.source.stream(f"{field.table}/place/{own}") if len(alike) > 1 else None


def _plain_flags(field: Field) -> Make:
    chance = field.stream()
    return lambda numbers: ["t" if each < _YES else "f" for each in chance.below(numbers, 10).tolist()]


def uuids(field: Field) -> Make:
    """Return a way to make ids that the seed knows again."""
    high, low = field.stream("/high"), field.stream("/low")
    return lambda numbers: [_uuid(*pair) for pair in made_ids(high.words(numbers), low.words(numbers)).tolist()]


def _plain_numbers(field: Field) -> Make:
    chance, column = field.stream(), field.called
    most = 1000
    words = set(column.split("_"))
    for parts, number in _USUAL_NUMBERS.items():
        if any(part in (column if len(part) > _SHORT else words) for part in parts):
            most = number
            break
    if field.base.name in WHOLE or field.base.name in ("oid", "money"):
        first = (_NEXT_YEAR if any("exp" in word for word in words) else _EARLY_YEAR) if "year" in words else 0
        return lambda numbers: [str(each + 1 + first) for each in chance.below(numbers, most).tolist()]
    digits = ((field.modifier - _HEADER) >> 16) & 0xFFFF if field.modifier > 0 else 0
    scale = min((field.modifier - _HEADER) & 0x7FF, 20) if field.modifier > 0 else 2
    largest = 10 ** min(digits, 9) if digits else most * 10**scale
    limit = min(most * 10 ** min(scale, 6), largest, 2**31)
    places = min(scale, 6)
    return lambda numbers: [f"{each / 10**places:.{places}f}" for each in chance.below(numbers, limit).tolist()]


_USUAL_NUMBERS = {
    ("quantity", "count", "attempts", "retries", "position", "level", "priority"): 10,
    ("percent", "rate", "score", "ratio"): 100,
    ("latitude", "lat"): 80,
    ("longitude", "lon", "lng"): 170,
    ("age",): 90,
    ("cents",): 30_000,
    ("price", "amount", "total", "cost", "fee", "capacity", "balance"): 900,
    ("year",): 10,
    ("hour",): 23,
    ("minute",): 59,
    ("month",): 12,
    ("day",): 28,
}
# Which moments of a row come after which, by what they are called; the first that fits, in hours after the row's own.
_ORDER = (
    ("birth", -24 * 365 * 30), ("born", -24 * 365 * 30), ("created", 0), ("granted", 0), ("issued", 0),
    ("expire", 24 * 30), ("until", 24 * 30), ("due", 24 * 14), ("end", 24 * 3), ("start", 24 * 2), ("finish", 24 * 3),
    ("complet", 5), ("deliver", 4), ("sent", 3), ("updated", 24), ("paid", 24 * 7), ("cancel", 24),
    ("revoked", 24 * 10), ("deleted", 24 * 20), ("next", 24 * 7), ("last", 2),
)  # fmt: skip


def _plain_times(field: Field) -> Make:
    of_row, pace = field.source.stream(f"{field.table}/moment"), field.source.stream(f"{field.table}/pace")
    after = next((hours for part, hours in _ORDER if part in field.called), 1)
    kind = field.base.name

    def make(numbers: Ints) -> list[str | None]:
        seconds = of_row.below(numbers, _DAYS * 86_400).tolist()
        hours = [
            after * (each + _SLOWEST) / _PACE for each in pace.below(numbers, 2 * _PACE).tolist()
        ]  # none overtakes
        pairs = zip(seconds, hours, strict=True)
        return [
            moment(ANCHOR - timedelta(seconds=ago) + timedelta(minutes=int(60 * each)), kind) for ago, each in pairs
        ]

    return make


def _plain_points(field: Field) -> Make:
    """Make points where people may live: degrees of longitude and latitude."""
    east, north = field.stream("/east"), field.stream("/north")

    def make(numbers: Ints) -> list[str | None]:
        pairs = zip(east.below(numbers, 36_000).tolist(), north.below(numbers, 12_000).tolist(), strict=True)
        return [f"({(one - 18_000) / 100},{(other - 5_000) / 100})" for one, other in pairs]

    return make


def _plain_xml(field: Field) -> Make:
    words = _plain_words(field)
    return lambda numbers: [f"<note>{escape(text or '')}</note>" for text in words(numbers)]


_ODD_TYPES: dict[str, Callable[[Field], Make]] = {"point": _plain_points, "xml": _plain_xml}


def moment(when: datetime, kind: str) -> str:
    """Write a moment as a type of the database reads it."""
    return when.date().isoformat() if kind == "date" else when.replace(tzinfo=None).isoformat(sep=" ") + TIMES[kind]


@cache
def nulls_of(name: str) -> int:
    """Return how many of a hundred rows leave a nullable column empty, by what it is called."""
    rare = ("deleted", "cancelled", "canceled", "error", "fail", "revoked", "archived")
    return 90 if any(part in name for part in rare) else 12


def _uuid(high: int, low: int) -> str:
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def sparse(field: Field, make: Make) -> Make:
    """Leave some values of a column that may be null out."""
    if not field.nullable:
        return make
    return _replaced(make, None, field.stream("/null"), nulls_of(field.called))


def halved(field: Field, make: Make) -> Make:
    """Leave half of the values out."""
    return _replaced(make, None, field.stream("/null"), _HALF)


def numbered(field: Field, make: Make) -> Make:
    """Put the row's number after each value, so that what is made of it differs too."""
    room = field.longest or _NO_END

    def made(numbers: Ints) -> list[str | None]:
        ends = [f" {number + 1}" for number in numbers.tolist()]
        return [f"{(text or '')[: room - len(end)]}{end}" for text, end in zip(make(numbers), ends, strict=True)]

    return made


def mixed(field: Field, make: Make, default: str | None) -> Make:
    """Put the default in the place of some values."""
    return _replaced(make, default, field.stream("/default"), _DEFAULTS)


def _replaced(make: Make, other: str | None, chance: Stream, of_hundred: int) -> Make:
    def made(numbers: Ints) -> list[str | None]:
        gone = np.less(chance.below(numbers, 100), of_hundred).tolist()
        return [other if each else value for value, each in zip(make(numbers), gone, strict=True)]

    return made
