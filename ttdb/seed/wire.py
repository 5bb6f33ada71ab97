"""Rows as PostgreSQL's binary COPY takes them, made a window at a time without touching single values.

A row is a matrix line of fixed cells; where a value is shorter than its cell, a mask says which bytes count, and one
selection takes them all. So the cost per row is a few copies of memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_interface
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ttdb.seed import texts
from ttdb.seed.columns import SECOND, Booleans, Column, Ids, Moments, Numbers, Texts
from ttdb.seed.draw import Ints
from ttdb.seed.rules.words import shown
from ttdb.seed.texts import Cells, Coded, Flags, Pool

Bytes: TypeAlias = NDArray[np.uint8]
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
_BLOCK = 1 << 18  # bytes that are put together at a time: what a processor keeps close
_GROUP = 10_000  # a numeric's digits are of this base
_GROUP_DIGITS = 4
_NEGATIVE = 0x4000
_DAY = 86_400 * SECOND
_TEXTUAL = ("text", "character varying", "character", "enum", "citext", "name")
_JSONB_VERSION = 1
_INET = {4: 2, 6: 3}  # an address family, as the server writes it


class KindRefused(Exception):
    """Raised for a column whose values are of a kind that its type does not take."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


@dataclass(frozen=True, slots=True)
class _Part:
    """Some bytes of every row: cells, and how many of each count, at its start or with ``right`` at its end."""

    cells: "Cells | bytes"
    lengths: "Ints | None" = None  # None: all
    right: bool = False

    @property
    def width(self) -> int:
        return len(self.cells) if isinstance(self.cells, bytes) else self.cells.dtype.itemsize

    def only(self, rows: Flags) -> "_Part":
        lengths = np.where(rows, self.width if self.lengths is None else self.lengths, 0)
        return _Part(self.cells, lengths, self.right)


def is_native(wire: str) -> bool:
    """Say whether values of a type are made here; any other type's are sent as text, and read by the server."""
    return wire in _ENCODERS or wire in _TEXTUAL


def encoded(columns: Sequence[Column], wires: Sequence[str]) -> bytes:
    """Return the rows of these columns, each of the type its wire names, in the binary format without head and tail.

    Raises:
        KindRefused: a column's values are of a kind that its type does not take.

    """
    parts = [_Part(len(columns).to_bytes(2, "big"))]
    for place, (column, wire) in enumerate(zip(columns, wires, strict=True)):
        field = _field(column, wire)
        if field is None:
            raise KindRefused(place, f"holds {column.kind}, which the column's type {wire} does not take")
        parts += field
    count, width = len(columns[0]), sum(part.width for part in parts)
    block = max(1, _BLOCK // width)
    rows = np.empty((min(block, count), width), np.uint8)
    varies = any(part.lengths is not None for part in parts)
    counted = np.ones(rows.shape, np.bool_) if varies else None
    _fill_constants(rows, parts)
    made = []
    for start in range(0, count, block):
        size = min(block, count - start)
        _fill(rows[:size], None if counted is None else counted[:size], parts, slice(start, start + size))
        made.append(rows[:size].tobytes() if counted is None else rows[:size][counted[:size]].tobytes())
    return b"".join(made)


def _fill_constants(rows: Bytes, parts: Sequence[_Part]) -> None:
    offset = 0
    for part in parts:
        if isinstance(part.cells, bytes):
            rows[:, offset : offset + part.width] = np.frombuffer(part.cells, np.uint8)
        offset += part.width


def _fill(rows: Bytes, counted: Flags | None, parts: Sequence[_Part], block: slice) -> None:
    offset = 0
    for part in parts:
        area = slice(offset, offset + part.width)
        if not isinstance(part.cells, bytes):
            rows[:, area].view(part.cells.dtype)[:, 0] = part.cells[block]
        if counted is not None and part.lengths is not None:
            table = _masks(part.width, part.right)
            counted[:, area].view(table.dtype)[:, 0] = table[part.lengths[block]]
        offset = area.stop


@lru_cache(maxsize=1024)
def _masks(width: int, right: bool) -> Cells:  # noqa: FBT001 - a cache's key
    places, lengths = np.arange(width), np.arange(width + 1)[:, None]
    table = places >= width - lengths if right else places < lengths
    return np.ascontiguousarray(table).view(f"V{width}").reshape(width + 1)


def _field(column: Column, wire: str) -> list[_Part] | None:
    if isinstance(column, Texts) and wire in _TEXTUAL:
        return _text(column)
    encoder = _ENCODERS.get(wire)
    if wire in _TEXTUAL or encoder is None:
        return _text(Texts(pieces=shown(column), null=column.null))
    payload = encoder(column)
    return None if payload is None else _framed(payload, column.null)


def _framed(payload: Sequence[_Part], null: Flags | None) -> list[_Part]:
    """Put the length before a value's parts; NULL is the length -1 and nothing after it."""
    sizes: Any = sum(part.width if part.lengths is None else part.lengths for part in payload)
    if null is None:
        prefix = sizes.to_bytes(4, "big") if isinstance(sizes, int) else _big(sizes, 4)
        return [_Part(prefix), *payload]
    return [_Part(_big(np.where(null, -1, sizes), 4)), *(part.only(~null) for part in payload)]


def _text(column: Texts) -> list[_Part]:
    coded = column.coded()
    if coded is None:
        return _framed([_Part(piece.cells, piece.lengths, piece.right) for piece in column.pieces], column.null)
    framed = _framed_pool(coded.pool)
    codes = coded.codes if column.null is None else np.where(column.null, len(coded.pool), coded.codes)
    return [_Part(framed[0][codes], framed[1][codes])]


@lru_cache(maxsize=1024)
def _framed_pool(pool: Pool) -> tuple[Cells, Ints]:
    """Return a pool's words, each with its length before it, and NULL after the last."""
    words = [len(raw := word.encode()).to_bytes(4, "big") + raw for word in pool.words] + [b"\xff\xff\xff\xff"]
    width = max(map(len, words))
    cells = np.frombuffer(b"".join(word.ljust(width, b"\0") for word in words), f"V{width}")
    return cells, np.array([len(word) for word in words], np.int64)


def _big(values: Any, size: int) -> Cells:  # noqa: ANN401 - any array of whole numbers
    return np.ascontiguousarray(values, f">i{size}").view(f"V{size}").reshape(len(values))


def _uuid(column: Column) -> list[_Part] | None:
    if not isinstance(column, Ids):
        return None
    return [_Part(np.ascontiguousarray(column.values, ">u8").view("V16").reshape(len(column)))]


def _integer(size: int) -> Callable[[Column], list[_Part] | None]:
    def encoder(column: Column) -> list[_Part] | None:
        if not isinstance(column, Numbers):
            return None
        whole, part = np.divmod(column.values, 10**column.scale) if column.scale else (column.values, np.zeros(1))
        return None if part.any() else [_Part(_big(whole, size))]

    return encoder


def _float(column: Column) -> list[_Part] | None:
    if not isinstance(column, Numbers):
        return None
    values = (column.values / 10**column.scale).astype(">f8")
    return [_Part(values.view("V8"))]


def _numeric(column: Column) -> list[_Part] | None:
    if not isinstance(column, Numbers):
        return None
    after = -(-column.scale // _GROUP_DIGITS)
    rest = np.abs(column.values) * 10 ** (after * _GROUP_DIGITS - column.scale)
    groups = max(after + 1, -(-len(str(int(rest.max(initial=0)))) // _GROUP_DIGITS))
    cells = np.empty((len(column), 4 + groups), ">i2")
    cells[:, :4] = (groups, groups - after - 1, 0, column.scale)
    cells[:, 2] = np.where(column.values < 0, _NEGATIVE, 0)
    for place in range(3 + groups, 3, -1):
        above = rest // _GROUP
        cells[:, place] = rest - above * _GROUP
        rest = above
    return [_Part(cells.view(f"V{2 * (4 + groups)}").reshape(len(column)))]


def _moment(column: Column) -> list[_Part] | None:
    return [_Part(_big(column.values, 8))] if isinstance(column, Moments) else None


def _date(column: Column) -> list[_Part] | None:
    return [_Part(_big(column.values // _DAY, 4))] if isinstance(column, Moments) else None


def _boolean(column: Column) -> list[_Part] | None:
    return [_Part(column.values.view("V1"))] if isinstance(column, Booleans) else None


def _json(column: Column) -> list[_Part] | None:
    if not isinstance(column, Texts):
        return None
    return [_Part(piece.cells, piece.lengths, piece.right) for piece in column.pieces]


def _jsonb(column: Column) -> list[_Part] | None:
    plain = _json(column)
    return plain and [_Part(bytes([_JSONB_VERSION])), *plain]


def _inet(column: Column) -> list[_Part] | None:
    if not isinstance(column, Texts):
        return None
    found = texts.Pool(sorted(set(column.strings()) - {""})) if column.coded() is None else None
    coded = column.coded() or _coded_by_row(column, cast("Pool", found))
    cells, lengths = _addresses(coded.pool)
    return [_Part(cells[coded.codes], lengths[coded.codes])]


def _coded_by_row(column: Texts, pool: Pool) -> Coded:
    at = {word: place for place, word in enumerate(pool.words)}
    return Coded(pool, np.array([at.get(text, 0) for text in column.strings()], np.int64))


def _addresses(pool: Pool) -> tuple[Cells, Ints]:
    made = []
    for word in pool.words or ("0.0.0.0",):  # noqa: S104 - where all are NULL, any will do
        address = ip_interface(word)
        family = _INET[address.version]
        packed = address.ip.packed
        made.append(bytes([family, address.network.prefixlen, 0, len(packed)]) + packed)
    width = max(map(len, made))
    cells = np.frombuffer(b"".join(raw.ljust(width, b"\0") for raw in made), f"V{width}")
    return cells, np.array([len(raw) for raw in made], np.int64)


_ENCODERS: dict[str, Callable[[Column], list[_Part] | None]] = {
    "uuid": _uuid,
    "smallint": _integer(2),
    "integer": _integer(4),
    "bigint": _integer(8),
    "double precision": _float,
    "numeric": _numeric,
    "timestamp with time zone": _moment,
    "timestamp without time zone": _moment,
    "date": _date,
    "boolean": _boolean,
    "json": _json,
    "jsonb": _jsonb,
    "inet": _inet,
}
