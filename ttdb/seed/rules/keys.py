"""By what rows are matched: the keys that a parent's rows have, as numbers."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from ttdb.seed.columns import Column, Ids, Numbers, Texts
from ttdb.seed.draw import Ints

if TYPE_CHECKING:
    from ttdb.seed.world import Table


class Keys(Protocol):
    """Numbers for the keys that a parent's rows have."""

    def numbers(self, columns: Sequence[Column], count: int) -> Ints:
        """Return the number of each row's key, -1 for a key that the parent does not have."""


def keys_of(theirs: Sequence[Column], wanted: Sequence[Column], count: int) -> Keys:
    """Return the keys of a parent's rows, so many, that rows with the wanted ones can be matched with."""
    whole = _Whole(theirs) if theirs and all(_kind(column) is not None for column in theirs) else None
    return whole if whole is not None and whole.fit(wanted) else _Valued(theirs, count)


class _Whole:
    """Keys of whole numbers: a column's own, or where its values stand in the table they point at."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.kinds = [_kind(column) for column in columns]
        self.limits = [int(_positions(column).max(initial=-1)) + 1 for column in columns]
        found = np.sort(self._combined(columns))
        # Not numpy's unique: it imports masked arrays, a tenth of a small run's start.
        self.known = found[np.append(True, found[1:] != found[:-1])[: len(found)]]

    def fit(self, columns: Sequence[Column]) -> bool:
        """Say whether these columns point at the same tables, or hold numbers where the keys do."""
        return all(_kind(column) is kind for column, kind in zip(columns, self.kinds, strict=True))

    def numbers(self, columns: Sequence[Column], count: int) -> Ints:
        """Return the number of each row's key, -1 for a key that the parent does not have."""
        if not len(self.known):
            return np.full(count, -1)
        wanted = self._combined(columns)
        found = np.minimum(np.searchsorted(self.known, wanted), len(self.known) - 1)
        return np.where(self.known[found] == wanted, found, -1)

    def _combined(self, columns: Sequence[Column]) -> Ints:
        combined = _positions(columns[0])
        for column, limit in zip(columns[1:], self.limits[1:], strict=True):
            positions = _positions(column)
            neither = (combined < 0) | (positions < 0) | (positions >= limit)
            combined = np.where(neither, -1, combined * limit + positions)
        return combined


def _kind(column: Column) -> "Table | type[Numbers] | None":
    if column.link is not None:
        return column.link.table
    return Numbers if isinstance(column, Numbers) and not column.scale else None


def _positions(column: Column) -> Ints:
    if column.link is not None:
        return column.link.positions
    values = cast("Numbers", column).values
    return values if column.null is None else np.where(column.null, -1, values)


class _Valued:
    """Keys that are known by their values, one at a time; few and small."""

    def __init__(self, columns: Sequence[Column], count: int) -> None:
        self.known: dict[tuple[object, ...], int] = {}
        for key in tuples(columns, count):
            self.known.setdefault(key, len(self.known))

    def numbers(self, columns: Sequence[Column], count: int) -> Ints:
        """Return the number of each row's key, -1 for a key that the parent does not have."""
        if not columns:  # one key, which all have
            return np.full(count, self.known.get((), -1))
        return np.array([self.known.get(key, -1) for key in tuples(columns, count)], np.int64)


def tuples(columns: Sequence[Column], count: int) -> Iterator[tuple[object, ...]]:
    """Yield each row's key; by hand, since a key of several columns is rare and small."""
    if not columns:
        yield from [()] * count
        return
    lists: list[Sequence[object]] = []
    for column in columns:
        if isinstance(column, Texts):
            lists.append(column.strings())
        elif isinstance(column, Ids):
            lists.append([f"{high:016x}{low:016x}" for high, low in column.values.tolist()])
        else:
            lists.append(cast("Any", column).values.tolist())
    yield from zip(*lists, strict=True)
