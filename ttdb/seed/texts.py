"""Text in columns: a row's text is the row's pieces side by side, never put together before it is written.

Words that repeat are kept once, in a pool, and a row holds the word's number; what differs from row to row (numbers,
hexadecimal digits) lies in cells of one width, with the length that counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ttdb.seed.draw import Ints, Words

Flags: TypeAlias = NDArray[np.bool_]
Cells: TypeAlias = NDArray[np.void]
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
_FEW = 1000  # numbers below it are words of a pool
_GROUP = 4  # digits that are spelled at a time
_FAST = (1, 2, 4, 8, 16, 32)  # bytes of a cell
_TENS = 10 ** np.arange(1, 19)


class Pool:
    """Words that a column's rows point at."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def lengths(self) -> Ints:
        """How many bytes each word has."""
        return np.array([len(word.encode()) for word in self.words], np.int64)

    @cached_property
    def cells(self) -> Cells:
        """The words' bytes, in cells of one width."""
        width = cell_width(self.lengths)
        raw = b"".join(word.encode().ljust(width, b"\0") for word in self.words)
        return np.frombuffer(raw, f"V{width}")

    @lru_cache(maxsize=64)  # noqa: B019 - pools live as long as the run
    def mapped(self, shape: Callable[[str], str]) -> "Pool":
        """Return the pool with every word changed."""
        return Pool([shape(word) for word in self.words])

    @cached_property
    def with_empty(self) -> "Pool":
        """The pool with an empty word after the others."""
        return Pool([*self.words, ""])


def cell_width(lengths: Ints) -> int:
    """Return how wide cells are that hold so many bytes: where these differ, one that numpy copies fast."""
    most, least = int(lengths.max(initial=1)), int(lengths.min(initial=1 << 30))
    return next((width for width in _FAST if width >= most), most) if least < most else most


@lru_cache(maxsize=512)
def united(pools: tuple[Pool, ...]) -> tuple[Pool, tuple[Ints, ...]]:
    """Return one pool of all these pools' words, and for each pool the new numbers of its words."""
    numbers: dict[str, int] = {}
    maps = tuple(
        np.array([numbers.setdefault(word, len(numbers)) for word in pool.words] or [0], np.int64) for pool in pools
    )
    return Pool(list(numbers)), maps


@dataclass(frozen=True, slots=True)
class Coded:
    """For each row a word of a pool."""

    pool: Pool
    codes: Ints

    @property
    def lengths(self) -> Ints:
        """How many bytes each row has."""
        return self.pool.lengths.take(self.codes)

    @property
    def cells(self) -> Cells:
        """Each row's bytes, in cells of one width."""
        return self.pool.cells.take(self.codes)

    def take(self, positions: Ints) -> "Coded":
        """Return these rows; for -1 any of them."""
        return Coded(self.pool, self.codes.take(positions, mode="wrap"))

    def only(self, rows: Flags) -> "Coded":
        """Return the column with nothing in all other rows."""
        return Coded(self.pool.with_empty, np.where(rows, self.codes, len(self.pool)))

    def spread(self, count: int, rows: Ints) -> "Coded":
        """Return a column of so many rows that has these rows where they are told, and nothing elsewhere."""
        codes = np.full(count, len(self.pool), np.int64)
        codes[rows] = self.codes
        return Coded(self.pool.with_empty, codes)


@dataclass(frozen=True, slots=True)
class Digits:
    """For each row some bytes of plain ASCII of its own, and how many of them count."""

    cells: Cells
    lengths: Ints

    def take(self, positions: Ints) -> "Digits":
        """Return these rows; for -1 any of them."""
        return Digits(self.cells.take(positions, mode="wrap"), self.lengths.take(positions, mode="wrap"))

    def only(self, rows: Flags) -> "Digits":
        """Return the column with nothing in all other rows."""
        return Digits(self.cells, np.where(rows, self.lengths, 0))

    def spread(self, count: int, rows: Ints) -> "Digits":
        """Return a column of so many rows that has these rows where they are told, and nothing elsewhere."""
        cells, lengths = np.zeros(count, self.cells.dtype), np.zeros(count, np.int64)
        cells[rows], lengths[rows] = self.cells, self.lengths
        return Digits(cells, lengths)


Piece: TypeAlias = Coded | Digits


def constant(text: str, count: int) -> Coded:
    """Return the same text for every row."""
    return Coded(_single(text), np.zeros(count, np.int64))


@lru_cache(maxsize=4096)
def _single(text: str) -> Pool:
    return Pool([text])


def decimal(values: Ints, width: int = 0) -> Piece:
    """Return whole numbers as text, filled up with zeros to a width."""
    most = int(values.max(initial=0))
    if most < _FEW and not (values < 0).any():
        return Coded(_numbers(10 ** len(str(most)), width), values)
    return _spelled(values, width)


@lru_cache(maxsize=64)
def _numbers(limit: int, width: int) -> Pool:
    return Pool([f"{number:0{width}}" for number in range(limit)])


def _spelled(values: Ints, width: int) -> Digits:
    rest, negative = np.abs(values), values < 0
    lengths = np.maximum(np.searchsorted(_TENS, rest, side="right") + 1, width)
    places = int(lengths.max(initial=1))
    groups = -(-places // _GROUP)
    cells = np.empty((len(values), groups), f"V{_GROUP}")
    for group in range(groups - 1, -1, -1):
        above = rest // 10**_GROUP
        cells[:, group] = _numbers(10**_GROUP, _GROUP).cells.take(rest - above * 10**_GROUP)
        rest = above
    columns = cells.view(np.uint8).reshape(len(values), _GROUP * groups)[:, _GROUP * groups - places :]
    if negative.any():
        columns = np.insert(columns, 0, ord("-"), axis=1)
        rows = np.flatnonzero(negative)
        columns[rows, places - lengths[rows]] = ord("-")
        lengths += negative
    wide = columns.shape[1]
    if lengths.min(initial=wide) < wide:  # to the left
        columns = np.take_along_axis(columns, (np.arange(wide) + (wide - lengths)[:, None]) % wide, axis=1)
    return Digits(_as_cells(columns), lengths)


def hexadecimal(words: Sequence[Words], digits: int) -> Digits:
    """Return the first so many hexadecimal digits of each row's words, one after the other."""
    stacked = np.ascontiguousarray(np.stack(words, axis=1), ">u8")  # the first digit is the highest
    text = _HEX.take(stacked.view(np.uint8)).view(np.uint8).reshape(len(words[0]), -1)
    return Digits(_as_cells(text[:, :digits]), np.full(len(words[0]), digits, np.int64))


def encoded(texts: Sequence[str]) -> Digits:
    """Return each row's own text, encoded; for few rows."""
    raw = [text.encode() for text in texts]
    width = max([1, *map(len, raw)])
    cells = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in raw), f"V{width}")
    return Digits(cells, np.array([len(text) for text in raw], np.int64))


def _as_cells(matrix: NDArray[Any]) -> Cells:
    matrix = np.ascontiguousarray(matrix)
    return matrix.view(f"V{matrix.shape[1]}").reshape(len(matrix))
