"""The values of a column: whole arrays, one class per kind, each with what is NULL and which rows it points at."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ttdb.seed import texts
from ttdb.seed.draw import Ints, Words
from ttdb.seed.packed import strings
from ttdb.seed.texts import Coded, Flags, Piece, Pool

if TYPE_CHECKING:
    from ttdb.seed.world import Table

Value: TypeAlias = "str | int | bool | Decimal | datetime | None"
_Array = TypeVar("_Array", bound=NDArray[Any])
_HOLDS = 2**63  # what a column's words cannot
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
SECOND = 1_000_000
DAY = 86_400 * SECOND


class Picked:
    """Rows to be taken, by their positions; -1 for none. Many columns are taken by the same ones."""

    def __init__(self, positions: Ints, *, whole: bool = False) -> None:
        self.positions = positions
        if whole:  # none is -1
            self.gap = None

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def gap(self) -> Flags | None:
        """Which are -1, if any."""
        return self.positions < 0 if self.positions.min(initial=0) < 0 else None

    def of(self, values: _Array, missing: Any) -> _Array:  # noqa: ANN401 - a value of the array's kind
        """Return an array's values at the positions, and another value at position -1."""
        if not len(values):
            return cast("_Array", np.full((len(self), *values.shape[1:]), missing, values.dtype))
        # Many times faster than an index, of rows of several words above all; -1 takes the last, for the moment.
        taken = values.take(self.positions, axis=0, mode="wrap")
        if self.gap is not None:
            taken[self.gap] = missing
        return cast("_Array", taken)


@dataclass(frozen=True)
class Link:
    """The rows that a column's values point at: a table, and for each row a position in it, -1 for none."""

    table: "Table"
    positions: Ints

    @cached_property
    def picked(self) -> Picked:
        """The same rows, to take columns by."""
        return Picked(self.positions)

    def take(self, picked: Picked) -> "Link":
        """Return the link of these rows; of row -1 there is none."""
        return Link(self.table, picked.of(self.positions, -1))


@dataclass(frozen=True)
class Column(ABC):
    """One value for each row."""

    kind: ClassVar[str]
    null: Flags | None = None
    link: Link | None = None

    @abstractmethod
    def __len__(self) -> int:
        """Return how many rows there are."""

    @abstractmethod
    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> Self:
        """Return the values of these rows, with what is NULL in them and where they point."""

    @abstractmethod
    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value."""

    def take(self, picked: "Picked | Ints") -> Self:
        """Return these rows; row -1 is NULL."""
        picked = picked if isinstance(picked, Picked) else Picked(picked)
        null = picked.gap
        if self.null is not None:
            null = picked.of(self.null, True)  # noqa: FBT003 - what is nowhere is NULL
        link = None if self.link is None else self.link.take(picked)
        return self._rows(picked, null if null is not None and null.any() else None, link)

    def with_nulls(self, rows: Flags) -> Self:
        """Return the column with NULL in these rows as well."""
        return replace(self, null=rows if self.null is None else self.null | rows)

    def present(self) -> Flags:
        """Say of each row whether it holds a value."""
        return np.ones(len(self), np.bool_) if self.null is None else ~self.null

    def among(self, values: Iterable[Value]) -> Flags:
        """Say of each row whether it holds one of these values; NULL is none."""
        found = np.zeros(len(self), np.bool_)
        for value in values:
            found |= self.equals(value)
        return found if self.null is None else found & ~self.null


@dataclass(frozen=True)
class Numbers(Column):
    """Whole numbers, or decimals as whole numbers of their last place: 1.50 is 150 at scale 2."""

    kind = "numbers"
    values: Ints = None  # type: ignore[assignment] # fields of the base have defaults
    scale: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> "Numbers":
        return Numbers(null=null, link=link, values=picked.of(self.values, 0), scale=self.scale)

    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value."""
        if isinstance(value, int | Decimal):
            scaled = Decimal(value).scaleb(self.scale)
            if scaled == int(scaled):
                return np.equal(self.values, int(scaled))
        return np.zeros(len(self), np.bool_)

    def at_scale(self, scale: int) -> "Numbers":
        """Return the same numbers with more decimals, or as many."""
        if scale == self.scale:
            return self
        return replace(self, values=self.values * 10 ** (scale - self.scale), scale=scale)


@dataclass(frozen=True)
class Moments(Column):
    """Moments, in microseconds since the year 2000."""

    kind = "moments"
    values: Ints = None  # type: ignore[assignment] # fields of the base have defaults

    def __len__(self) -> int:
        return len(self.values)

    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> "Moments":
        return Moments(null=null, link=link, values=picked.of(self.values, 0))

    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value."""
        if isinstance(value, datetime):
            return np.equal(self.values, microseconds(value))
        return np.zeros(len(self), np.bool_)


@dataclass(frozen=True)
class Booleans(Column):
    """True or false."""

    kind = "booleans"
    values: Flags = None  # type: ignore[assignment] # fields of the base have defaults

    def __len__(self) -> int:
        return len(self.values)

    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> "Booleans":
        values = picked.of(self.values, False)  # noqa: FBT003 - what NULL holds
        return Booleans(null=null, link=link, values=values)

    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value."""
        return np.equal(self.values, value) if isinstance(value, bool) else np.zeros(len(self), np.bool_)


@dataclass(frozen=True)
class Ids(Column):
    """UUIDs, as two words a row."""

    kind = "ids"
    values: Words = None  # type: ignore[assignment] # fields of the base have defaults

    def __len__(self) -> int:
        return len(self.values)

    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> "Ids":
        return Ids(null=null, link=link, values=picked.of(self.values, 0))

    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value: none a scenario can name."""
        return np.zeros(len(self), np.bool_) if value is not None else ~self.present()


@dataclass(frozen=True)
class Texts(Column):
    """Text, of pieces side by side; with ``json`` it is a JSON value."""

    kind = "text"
    pieces: tuple[Piece, ...] = ()
    json: bool = False

    def __len__(self) -> int:
        first = self.pieces[0]
        return len(first.codes if isinstance(first, Coded) else first.lengths)

    def _rows(self, picked: Picked, null: Flags | None, link: Link | None) -> "Texts":
        return Texts(
            null=null, link=link, pieces=tuple(_piece(piece, picked.positions) for piece in self.pieces), json=self.json
        )

    def coded(self) -> Coded | None:
        """Return the only piece where that is a word of a pool."""
        only = self.pieces[0]
        return only if len(self.pieces) == 1 and isinstance(only, Coded) else None

    def equals(self, value: Value) -> Flags:
        """Say of each row whether it holds this value."""
        coded = self.coded()
        if coded is None:
            return np.array([text == value for text in self.strings()], np.bool_)
        same = np.array([word == value for word in coded.pool.words], np.bool_)
        return same.take(coded.codes) if len(same) else np.zeros(len(self), np.bool_)

    def among(self, values: Iterable[Value]) -> Flags:
        """Say of each row whether it holds one of these values; NULL is none."""
        coded = self.coded()
        if coded is None or not len(coded.pool):
            return super().among(values)
        found = _wanted(coded.pool, frozenset(values)).take(coded.codes)
        return found if self.null is None else found & ~self.null

    def strings(self) -> list[str]:
        """Return each row's text put together, empty where it is NULL."""
        return strings(self.shown(), len(self))

    def shown(self) -> tuple[Piece, ...]:
        """Return the pieces with nothing in the rows that are NULL."""
        return self.pieces if self.null is None else tuple(piece.only(~self.null) for piece in self.pieces)


@lru_cache(maxsize=1024)
def _wanted(pool: Pool, words: frozenset[Value]) -> Flags:
    return np.array([word in words for word in pool.words], np.bool_)


def _piece(piece: Piece, positions: Ints) -> Piece:
    if len(piece.lengths if not isinstance(piece, Coded) else piece.codes):
        return piece.take(positions)
    return texts.constant("", len(positions))


def constant(value: Value, count: int) -> Column:
    """Return one value for every row.

    Raises:
        TypeError: a value of no kind that a column can hold.

    """
    _refuse_unholdable(value)
    if isinstance(value, bool):
        return Booleans(values=np.full(count, value))
    if isinstance(value, int):
        return Numbers(values=np.full(count, value, np.int64))
    if isinstance(value, Decimal):
        scale = decimals(value)
        return Numbers(values=np.full(count, int(value.scaleb(scale)), np.int64), scale=scale)
    if isinstance(value, datetime):
        return Moments(values=np.full(count, microseconds(value), np.int64))
    if isinstance(value, str):
        return Texts(pieces=(texts.constant(value, count),))
    message = f"{value!r} is no value"
    raise TypeError(message)


def _refuse_unholdable(value: Value) -> None:
    if isinstance(value, Decimal):
        held = value.is_finite() and abs(value.scaleb(decimals(value))) < _HOLDS
    elif isinstance(value, int):
        held = abs(value) < _HOLDS
    else:
        held = not (isinstance(value, str) and "\0" in value)
    if not held:
        message = f"{value!r} is no value that a column can hold"
        raise TypeError(message)


def chosen(values: Sequence[Value], codes: Ints) -> Column:
    """Return for each row the value of this number.

    Raises:
        TypeError: the values are of several kinds.

    """
    if all(isinstance(value, str) for value in values):
        return Texts(pieces=(Coded(pool_of(tuple(str(value) for value in values)), codes),))
    return merged(len(values), [(np.array([at]), constant(value, 1)) for at, value in enumerate(values)]).take(codes)


@lru_cache(maxsize=1024)
def pool_of(words: tuple[str, ...]) -> Pool:
    """Return the pool of these words, one for all who ask."""
    return Pool(words)


def merged(count: int, parts: Sequence[tuple[Ints, Column]]) -> Column:
    """Return a column that has in these rows those values; NULL where no part has any.

    Raises:
        TypeError: the parts are of several kinds.

    """
    kinds = {type(column) for _, column in parts}
    if len(kinds) != 1:
        message = f"holds {' in one row and '.join(sorted(kind.kind for kind in kinds))} in another"
        raise TypeError(message)
    made = _merged_texts(count, parts) if kinds == {Texts} else _merged_arrays(count, parts)
    return replace(made, null=_merged_nulls(count, parts), link=_merged_links(count, parts))


def _merged_nulls(count: int, parts: Sequence[tuple[Ints, Column]]) -> Flags | None:
    if sum(len(rows) for rows, _ in parts) == count and all(column.null is None for _, column in parts):
        return None
    null = np.ones(count, np.bool_)
    for rows, column in parts:
        null[rows] = False if column.null is None else column.null
    return null if null.any() else None


def _merged_arrays(count: int, parts: Sequence[tuple[Ints, Any]]) -> Column:
    first = parts[0][1]
    if isinstance(first, Numbers):
        scale = max(column.scale for _, column in parts)
        parts = [(rows, column.at_scale(scale)) for rows, column in parts]
        first = parts[0][1]
    values = np.zeros((count, *first.values.shape[1:]), first.values.dtype)
    for rows, column in parts:
        values[rows] = column.values
    return replace(first, values=values)  # type: ignore[no-any-return]  # of the class of the first


def _merged_texts(count: int, parts: Sequence[tuple[Ints, Any]]) -> Texts:
    json = parts[0][1].json
    words = [(rows, column.coded()) for rows, column in parts]
    if all(coded is not None for _, coded in words):
        pool, maps = texts.united(tuple(coded.pool for _, coded in words))
        codes = np.zeros(count, np.int64)
        for (rows, coded), numbers in zip(words, maps, strict=True):
            codes[rows] = numbers.take(coded.codes)
        return Texts(pieces=(Coded(pool if len(pool) else pool.with_empty, codes),), json=json)
    pieces = [piece.spread(count, rows) for rows, column in parts if len(rows) for piece in column.pieces]
    return Texts(pieces=tuple(pieces) or (texts.constant("", count),), json=json)


def _merged_links(count: int, parts: Sequence[tuple[Ints, Column]]) -> Link | None:
    links = [(rows, column.link) for rows, column in parts]
    tables = {id(link.table): link.table for _, link in links if link is not None}
    if len(tables) != 1 or any(link is None for rows, link in links if len(rows)):
        return None
    positions = np.full(count, -1, np.int64)
    for rows, link in links:
        if link is not None:
            positions[rows] = link.positions
    return Link(next(iter(tables.values())), positions)


def microseconds(moment: datetime) -> int:
    """Return a moment as PostgreSQL counts it."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def decimals(value: Decimal) -> int:
    """Return how many decimals a number is written with."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
