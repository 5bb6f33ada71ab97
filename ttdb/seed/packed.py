"""Rows put together from the cells of their columns, a block at a time, with no gap where a value is short.

Every cell that may be short is written whole, one after the other as they lie in the rows: the next one, which begins
where the value ends, covers what is too much. What has the same length in every row is written last, and covers no more
than its own place. So the cost per row is a few copies of memory, none of them byte by byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ttdb.seed.draw import Ints
from ttdb.seed.texts import Cells, Flags

Bytes: TypeAlias = NDArray[np.uint8]
_BLOCK = 1 << 19  # bytes that are put together at a time: what a processor keeps close
_HEAD = 24  # bytes before a cell that are cheaper written with it than apart


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of every row: the same ones, a cell of its own, or by ``codes`` one of a table."""

    cells: Cells | bytes
    lengths: Ints | None = None  # how many of a cell's bytes count; None: all
    codes: Ints | None = None
    rows: Flags | None = None  # in others there is nothing; None: in all rows there is something

    @property
    def width(self) -> int:
        """How many bytes a cell has."""
        return len(self.cells) if isinstance(self.cells, bytes) else self.cells.dtype.itemsize

    @property
    def varies(self) -> bool:
        """Whether it is shorter in some rows than in others."""
        return self.lengths is not None or self.rows is not None

    def only(self, rows: Flags) -> "Part":
        """Return the part with nothing in all other rows."""
        return replace(self, rows=rows if self.rows is None else self.rows & rows)

    def sizes(self, block: slice = slice(None)) -> "Ints | int":
        """Return how many bytes there are in each row of a block."""
        found: Any = self.width
        if self.lengths is not None:
            found = self.lengths[block] if self.codes is None else self.lengths.take(self.codes[block])
        return cast("Ints | int", found if self.rows is None else found * self.rows[block])

    def taken(self, block: slice) -> Cells:
        """Return the cells of a block."""
        cells: Any = self.cells
        return cast("Cells", cells[block] if self.codes is None else cells.take(self.codes[block]))


def packed(parts: Sequence[Part], count: int) -> bytes:
    """Return the rows that these parts make side by side."""
    layout = _Layout(parts, count)
    return b"".join([layout.rows(slice(start, start + layout.size)).data for start in range(0, count, layout.size)])


class _Layout:
    """Which cells a row has, and room for a block of them."""

    def __init__(self, parts: Sequence[Part], count: int) -> None:
        # Before the first short one, and after each, lies what has the same length in every row, perhaps nothing.
        steady, short = _arranged(parts)
        self.cell = max((_width(cell) for cell in short), default=0)
        width = sum(map(_width, steady)) + self.cell * len(short)
        self.count, self.size = count, min(count, max(1, _BLOCK // max(width, 1)))
        self.steady = [_Room(cell, np.empty((self.size, _width(cell)), np.uint8)) for cell in steady]
        self.room = np.empty((self.size, len(short), self.cell), np.uint8)
        self.short = [_Room(cell, self.room[:, place]) for place, cell in enumerate(short)]
        self.last = [cell[-1] for cell in short]
        # From where a short one begins to where the next does, without its own length.
        self.between = [_width(cell[:-1]) + _width(after) for cell, after in zip(short, steady[1:], strict=True)]
        self.lengths = np.empty((self.size, len(short)), np.int64)

    def rows(self, block: slice) -> Bytes:
        """Return a block's rows."""
        size = min(block.stop, self.count) - block.start
        for room in (*self.steady, *self.short):
            room.fill(block, size)
        lead = self.steady[0].bytes[:size]
        if not self.short:
            return lead.copy()
        lengths = self.lengths[:size]
        for place, (part, between) in enumerate(zip(self.last, self.between, strict=True)):
            np.add(part.sizes(block), between, out=lengths[:, place])
        lengths[:, -1] += lead.shape[1]  # of the next row
        ends = lengths.cumsum().reshape(lengths.shape)
        made = np.empty(int(ends[-1, -1]) + self.cell, np.uint8)
        starts = ends - lengths
        rows = starts[:, 0].copy()
        starts += lead.shape[1]
        _put(made, starts.ravel(), self.room[:size].reshape(-1, self.cell))
        _put(made, rows, lead)
        for place, room in enumerate(self.steady[1:-1]):
            _put(made, starts[:, place + 1] - room.bytes.shape[1], room.bytes[:size])
        tail = self.steady[-1].bytes[:size]
        _put(made, ends[:, -1] - tail.shape[1], tail)
        return made[: ends[-1, -1]]


class _Room:
    """Room for what is written at once: parts side by side, of which only the last may be short."""

    def __init__(self, parts: Sequence[Part], room: Bytes) -> None:
        self.bytes, offset = room, 0
        self._own: list[tuple[Part, Cells]] = []
        for part in parts:
            area = room[:, offset : offset + part.width]
            if isinstance(part.cells, bytes):
                area[:] = np.frombuffer(part.cells, np.uint8)
            else:
                self._own.append((part, area.view(part.cells.dtype)[:, 0]))
            offset += part.width

    def fill(self, block: slice, size: int) -> None:
        """Put a block's cells there."""
        for part, area in self._own:
            area[:size] = part.taken(block)


def _arranged(parts: Sequence[Part]) -> tuple[list[list[Part]], list[list[Part]]]:
    steady, short = [list[Part]()], list[list[Part]]()
    for part in parts:
        if not part.varies:
            steady[-1].append(part)
            continue
        head: list[Part] = []
        if _width(steady[-1]) <= _HEAD:
            head, steady[-1] = steady[-1], []
        short.append([*head, part])
        steady.append([])
    return steady, short


def _width(parts: Sequence[Part]) -> int:
    return sum(part.width for part in parts)


def _put(made: Bytes, starts: Ints, cells: Bytes) -> None:
    """Write cells where they begin, in this order."""
    width = cells.shape[1]
    if width:
        places = np.ndarray((len(made) - width + 1,), f"V{width}", made, strides=(1,))
        places[starts] = cells.view(f"V{width}")[:, 0]
