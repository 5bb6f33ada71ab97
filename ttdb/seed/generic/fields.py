"""Columns, and values that a person believes in them, as the server reads them from text.

All come from the row's number, and are the same whatever is made beside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias

import numpy as np

from ttdb.seed.draw import Ints, Source, Stream, made_ids
from ttdb.seed.generic.words import words_for
from ttdb.shape import Schema, Table
from ttdb.shape.model import Column, Kind, Type

Make: TypeAlias = Callable[[Ints], Sequence[str | None]]
ANCHOR = datetime(2025, 6, 30, 12, tzinfo=UTC)
TEXTS = ("text", "character varying", "character", "citext", "name")
WHOLE = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
TIMES = {"date": "", "timestamp without time zone": "", "timestamp with time zone": "+00"}  # and their zone
_HEADER = 4  # what a modifier counts besides a text's length, or a numeric's digits
_DAYS = 400
_SHORT = 3  # letters: such a name is looked for as a word, for it stands in others too
_YES = 7  # of ten flags


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

    @property
    def longest(self) -> int | None:
        """How many characters a text may have."""
        return self.modifier - _HEADER if self.base.name in TEXTS and self.modifier > 0 else None

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
    return Field(table, column, kind, modifier, tuple(rules), source, not schema.refuses_null(column))


def is_ruled(field: Field) -> bool:
    """Say whether not every value of the type will do."""
    return bool(field.rules)


def plain(field: Field) -> Make | None:
    """Return a way to make values that a person believes, for the usual types; None for others."""
    name = field.base.name
    make: Callable[[Field], Make] | None = None
    if field.base.kind is Kind.ENUM:
        make = _plain_labels
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
    return make(field) if make else None


def _plain_labels(field: Field) -> Make:
    labels, chance = field.base.labels or (None,), field.stream()
    return lambda numbers: [labels[each] for each in chance.below(numbers, len(labels)).tolist()]


def _plain_words(field: Field) -> Make:
    return words_for(field.column.name, field.table.name, field.longest, field.stream)


def _plain_flags(field: Field) -> Make:
    chance = field.stream()
    return lambda numbers: ["t" if each < _YES else "f" for each in chance.below(numbers, 10).tolist()]


def uuids(field: Field) -> Make:
    """Return a way to make ids that the seed knows again."""
    high, low = field.stream("/high"), field.stream("/low")
    return lambda numbers: [_uuid(*pair) for pair in made_ids(high.words(numbers), low.words(numbers)).tolist()]


def _plain_numbers(field: Field) -> Make:
    chance, column = field.stream(), field.column.name
    most = 1000
    words = set(column.split("_"))
    for parts, number in _USUAL_NUMBERS.items():
        if any(part in (column if len(part) > _SHORT else words) for part in parts):
            most = number
            break
    if field.base.name in WHOLE or field.base.name in ("oid", "money"):
        return lambda numbers: [str(each + 1) for each in chance.below(numbers, most).tolist()]
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
    ("hour",): 23,
    ("minute",): 59,
    ("month",): 12,
    ("day",): 28,
}
# Which moments of a row come after which, by what they are called; the first that fits, in hours after the row's own.
_ORDER = (
    ("birth", -24 * 365 * 30), ("created", 0), ("expire", 24 * 30), ("until", 24 * 30), ("due", 24 * 14),
    ("end", 24 * 3), ("start", 24 * 2), ("finish", 24 * 3), ("complet", 5), ("deliver", 4), ("sent", 3),
    ("updated", 24), ("deleted", 24 * 20), ("next", 24 * 7), ("last", 2),
)  # fmt: skip


def _plain_times(field: Field) -> Make:
    of_row = field.source.stream(f"{field.table}/moment")
    after = next((hours for part, hours in _ORDER if part in field.column.name), 1)
    kind = field.base.name

    def make(numbers: Ints) -> list[str | None]:
        seconds = of_row.below(numbers, _DAYS * 86_400).tolist()
        first = ANCHOR + timedelta(hours=after)
        return [moment(first - timedelta(seconds=each), kind) for each in seconds]

    return make


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


def without(values: Sequence[str | None], chance: Stream, numbers: Ints, of_hundred: int) -> list[str | None]:
    """Return the values with some left out."""
    gone = np.less(chance.below(numbers, 100), of_hundred).tolist()
    return [None if none else value for value, none in zip(values, gone, strict=True)]
