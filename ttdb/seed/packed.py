"""Rows put together from the cells of their columns, with no gap where a value is short.

A cell that may be short is written whole: the next one, which begins where the value ends, covers what is too much. So
the cells are written in the order in which they lie in a row, each for all rows at once. What reaches past the end of
its row spoils no more than the next row's lead, which is the same in every row and is written last. Cells that would
reach further are written row by row instead. So the cost per cell is a copy or two, none of them byte by byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ttdb.seed.draw import Ints
from ttdb.seed.texts import Cells, Coded, Flags, Piece

Bytes: TypeAlias = NDArray[np.uint8]
_BLOCK = 1 << 20  # bytes that are put together at a time: what a processor keeps close


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

    def sizes(self, more: int = 0) -> "Ints | int":
        """Return how many bytes there are in each row, and so many more."""
        found: Any = self.width
        if self.lengths is not None:
            found = self.lengths
        found = found + more
        if self.lengths is not None and self.codes is not None:
            found = found.take(self.codes)
        return cast("Ints | int", found if self.rows is None else np.where(self.rows, found, more))

    def taken(self, block: slice) -> Cells:
        """Return the cells of a block."""
        cells: Any = self.cells
        return cast("Cells", cells[block] if self.codes is None else cells.take(self.codes[block]))


def of_piece(piece: Piece) -> Part:
    """Return the part that is a piece of text."""
    if isinstance(piece, Coded):
        return of_table((piece.pool.cells, piece.pool.lengths), piece.codes)
    return Part(piece.cells, None if _same(piece.lengths, piece.cells.dtype.itemsize) else piece.lengths)


def of_table(table: tuple[Cells, Ints], codes: Ints) -> Part:
    """Return the part that is in each row one of these cells."""
    cells, lengths = table
    return Part(cells, None if _same(lengths, cells.dtype.itemsize) else lengths, codes)


def _same(lengths: Ints, width: int) -> bool:
    return bool(lengths.min(initial=width) == width)


def strings(pieces: Sequence[Piece], count: int) -> list[str]:
    """Return each row's text put together."""
    if not count:
        return []
    # No text holds a zero byte: the server takes none.
    return bytes(packed([*map(of_piece, pieces), Part(b"\0")], count)).decode().split("\0")[:-1]


def packed(parts: Sequence[Part], count: int) -> memoryview:
    """Return the rows that these parts make side by side, one or more."""
    groups = _arranged(parts)
    size = min(count, max(1, _BLOCK // sum(part.width for part in parts)))
    lead, *cells = (_Cell(group, size) for group in groups)
    lengths: Ints = np.full(count, lead.width)
    for cell in cells:
        lengths += cell.sizes
    ends = lengths.cumsum()
    starts = np.subtract(ends, lengths, out=lengths)
    most = int(ends[-1])
    made = np.empty(most + max((cell.width for cell in cells), default=0), np.uint8)
    reaching = _reaching(lead, cells)
    for start in range(0, count, size):
        block = slice(start, min(start + size, count))
        at = starts[block] + lead.width
        if reaching:
            _put_by_row(made, at, cells[:reaching], block)
        for cell in cells[reaching:]:
            _put(made, at, cell.taken(block))
            at += cell.sizes_of(block)
        if lead.width:
            _put(made, starts[block], lead.taken(block))
    return made[:most].data


class _Cell:
    """Parts side by side that are written at once; only the last of them may be short."""

    def __init__(self, parts: Sequence[Part], size: int) -> None:
        self.width = sum(part.width for part in parts)
        self.sizes = parts[-1].sizes(self.width - parts[-1].width) if parts else 0
        self._only = parts[0] if len(parts) == 1 and not isinstance(parts[0].cells, bytes) else None
        # Room for a block, in which what is the same in every row stays.
        self._room = np.empty(0 if self._only else size, f"V{self.width}")
        self._own: list[tuple[Part, Cells]] = []
        if self.width and self._only is None:
            self._lay_out(parts)

    def _lay_out(self, parts: Sequence[Part]) -> None:
        room, offset = self._room.view(np.uint8).reshape(-1, self.width), 0
        for part in parts:
            area = room[:, offset : offset + part.width].view(f"V{part.width}")[:, 0]
            if isinstance(part.cells, bytes):
                area[:] = np.frombuffer(part.cells, area.dtype)
            else:
                self._own.append((part, area))
            offset += part.width

    @property
    def least(self) -> int:
        """The fewest bytes of any row."""
        return int(np.min(self.sizes))

    def sizes_of(self, block: slice) -> "Ints | int":
        """Return how many bytes count in each row of a block."""
        return self.sizes if isinstance(self.sizes, int) else self.sizes[block]

    def taken(self, block: slice) -> Cells:
        """Return a block's bytes, which the next call may overwrite."""
        if self._only is not None:
            return self._only.taken(block)
        for part, area in self._own:
            area[: block.stop - block.start] = part.taken(block)
        return self._room[: block.stop - block.start]


def _arranged(parts: Sequence[Part]) -> list[list[Part]]:
    """Return the lead, up to the first part that may be short, and what is written at once after it."""
    first = next((place for place, part in enumerate(parts) if part.varies), len(parts))
    groups = [list(parts[:first]), list[Part]()]
    for part in parts[first:]:
        groups[-1].append(part)
        if part.varies:
            groups.append([])
    return groups if groups[-1] else groups[:-1]


def _reaching(lead: _Cell, cells: Sequence[_Cell]) -> int:
    """Return up to which cell some reach past the next row's lead."""
    after = 0  # bytes that surely follow in the row
    for place in reversed(range(len(cells))):
        least = cells[place].least
        if cells[place].width - least - after > lead.width:
            return place + 1
        after += least
    return 0


def _put_by_row(made: Bytes, at: Ints, cells: Sequence[_Cell], block: slice) -> None:
    """Write cells row by row, all as wide as the widest, and move on behind them."""
    width = max(cell.width for cell in cells)
    room = np.empty((len(at), len(cells), width), np.uint8)
    places = np.empty((len(at), len(cells)), np.int64)
    for place, cell in enumerate(cells):
        room[:, place, : cell.width].view(f"V{cell.width}")[:, 0] = cell.taken(block)
        places[:, place] = at
        at += cell.sizes_of(block)
    _put(made, places.ravel(), room.view(f"V{width}").ravel())


def _put(made: Bytes, starts: Ints, cells: Cells) -> None:
    """Write cells where they begin, in this order."""
    width = cells.dtype.itemsize
    np.ndarray((len(made) - width + 1,), cells.dtype, made, strides=(1,))[starts] = cells
