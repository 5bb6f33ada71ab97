"""Rows as PostgreSQL's binary COPY takes them: each column's values as bytes, for whole arrays at a time."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_interface
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import numpy as np

from ttdb.seed.columns import SECOND, Booleans, Column, Ids, Moments, Numbers, Texts
from ttdb.seed.draw import Ints
from ttdb.seed.packed import Part, of_piece, of_table, packed
from ttdb.seed.rules.words import shown
from ttdb.seed.texts import Cells, Coded, Flags, Piece, Pool, cell_width

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
_PAIRS = 4096  # words of a pool that are made of two pools
_GROUP = 10_000  # a numeric's digits are of this base
_GROUP_DIGITS = 4
_WORD_BYTES = 8
_NEGATIVE = 0x4000
_DAY = 86_400 * SECOND
_TEXTUAL = ("text", "character varying", "character", "enum", "citext", "name")
_JSONB_VERSION = 1
_INET = {AF_INET: 2, AF_INET6: 3}  # an address family, as the server writes it
_ADDRESS_BITS = {AF_INET: 32, AF_INET6: 128}
_NO_ADDRESS = bytes((2, 32, 0, 4, 0, 0, 0, 0))


class KindRefused(Exception):
    """Raised for a column whose values are of a kind that its type does not take."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place, self.why = place, why


def is_native(wire: str) -> bool:
    """Say whether values of a type are made here; any other type's are sent as text, and read by the server."""
    return wire in _ENCODERS or wire in _TEXTUAL


def encoded(columns: Sequence[Column], wires: Sequence[str]) -> memoryview:
    """Return the rows of these columns, each of the type its wire names, in the binary format without head and tail.

    Raises:
        KindRefused: a column's values are of a kind that its type does not take.

    """
    parts = [Part(len(columns).to_bytes(2, "big"))]
    for place, (column, wire) in enumerate(zip(columns, wires, strict=True)):
        try:
            field = _field(column, wire)
        except OverflowError as error:
            raise KindRefused(place, f"holds numbers that the column's type {wire} does not") from error
        if field is None:
            raise KindRefused(place, f"holds {column.kind}, which the column's type {wire} does not take")
        parts += field
    return packed(parts, len(columns[0]))


def _field(column: Column, wire: str) -> list[Part] | None:
    if isinstance(column, Texts) and wire in _TEXTUAL:
        return _text(column)
    encoder = _ENCODERS.get(wire)
    if wire in _TEXTUAL or encoder is None:
        return _text(Texts(pieces=shown(column), null=column.null))
    payload = encoder(column)
    return None if payload is None else _framed(payload, column.null)


def _framed(payload: Sequence[Part], null: Flags | None) -> list[Part]:
    """Put the length before a value's parts; NULL is the length -1 and nothing after it."""
    sizes: Any = sum(part.sizes() for part in payload)
    if null is None:
        prefix = sizes.to_bytes(4, "big") if isinstance(sizes, int) else _big(sizes, 4)
        return [Part(prefix), *payload]
    return [Part(_big(np.where(null, -1, sizes), 4)), *(part.only(~null) for part in payload)]


def _text(column: Texts) -> list[Part]:
    pieces = _united(column.pieces)
    coded = pieces[0]
    if len(pieces) > 1 or not isinstance(coded, Coded):
        return _framed([of_piece(piece) for piece in pieces], column.null)
    framed = _framed_pool(coded.pool)
    if column.null is None:
        return [of_table(framed, coded.codes)]
    return [of_table(framed, np.where(column.null, len(coded.pool), coded.codes))]


def _united(pieces: Sequence[Piece]) -> list[Piece]:
    """Make one piece of neighbours that are words of pools, where there are few pairs of such words."""
    made: list[Piece] = []
    for piece in pieces:
        last = made[-1] if made else None
        if isinstance(last, Coded) and isinstance(piece, Coded) and 0 < len(last.pool) * len(piece.pool) <= _PAIRS:
            made[-1] = _pair(last, piece)
        else:
            made.append(piece)
    return made


def _pair(left: Coded, right: Coded) -> Coded:
    codes = right.codes if len(left.pool) == 1 else left.codes
    if len(left.pool) > 1 and len(right.pool) > 1:
        codes = left.codes * len(right.pool) + right.codes
    return Coded(_pairs(left.pool, right.pool), codes)


@lru_cache(maxsize=1024)
def _pairs(left: Pool, right: Pool) -> Pool:
    return Pool([one + other for one in left.words for other in right.words])


@lru_cache(maxsize=1024)
def _framed_pool(pool: Pool) -> tuple[Cells, Ints]:
    """Return a pool's words, each with its length before it, and NULL after the last."""
    words = [len(raw := word.encode()).to_bytes(4, "big") + raw for word in pool.words]
    return _cells([*words, b"\xff\xff\xff\xff"])


def _cells(values: Sequence[bytes]) -> tuple[Cells, Ints]:
    """Return these bytes in cells of one width, and how many of each count."""
    lengths = np.array([len(value) for value in values], np.int64)
    width = cell_width(lengths)
    return np.frombuffer(b"".join(value.ljust(width, b"\0") for value in values), f"V{width}"), lengths


def _big(values: Any, size: int) -> Cells:  # noqa: ANN401 - any array of whole numbers
    return np.ascontiguousarray(values, f">i{size}").view(f"V{size}").reshape(len(values))


def _uuid(column: Column) -> list[Part] | None:
    if not isinstance(column, Ids):
        return None
    return [Part(np.ascontiguousarray(column.values, ">u8").view("V16").reshape(len(column)))]


def _integer(size: int) -> Callable[[Column], list[Part] | None]:
    def encoder(column: Column) -> list[Part] | None:
        if not isinstance(column, Numbers):
            return None
        whole, part = np.divmod(column.values, 10**column.scale) if column.scale else (column.values, np.zeros(1))
        limit = 2 ** (8 * size - 1)
        if size < _WORD_BYTES and not (-limit <= whole.min(initial=0) and whole.max(initial=0) < limit):
            raise OverflowError
        return None if part.any() else [Part(_big(whole, size))]

    return encoder


def _float(column: Column) -> list[Part] | None:
    if not isinstance(column, Numbers):
        return None
    values = (column.values / 10**column.scale).astype(">f8")
    return [Part(values.view("V8"))]


def _numeric(column: Column) -> list[Part] | None:
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
    return [Part(cells.view(f"V{2 * (4 + groups)}").reshape(len(column)))]


def _moment(column: Column) -> list[Part] | None:
    return [Part(_big(column.values, 8))] if isinstance(column, Moments) else None


def _date(column: Column) -> list[Part] | None:
    return [Part(_big(column.values // _DAY, 4))] if isinstance(column, Moments) else None


def _boolean(column: Column) -> list[Part] | None:
    return [Part(column.values.view("V1"))] if isinstance(column, Booleans) else None


def _json(column: Column) -> list[Part] | None:
    if not isinstance(column, Texts):
        return None
    return [of_piece(piece) for piece in _united(column.pieces)]


def _jsonb(column: Column) -> list[Part] | None:
    plain = _json(column)
    return plain and [Part(bytes([_JSONB_VERSION])), *plain]


def _inet(column: Column) -> list[Part] | None:
    if not isinstance(column, Texts):
        return None
    coded = column.coded()
    if coded is not None:
        return [of_table(_cells([_address(word) for word in coded.pool.words]), coded.codes)]
    numbers: dict[str, int] = {}  # of the addresses that there are: to read one takes long
    codes = [numbers.setdefault(text, len(numbers)) for text in column.strings()]
    return [of_table(_cells([_address(text) for text in numbers]), np.array(codes, np.int64))]


def _address(text: str) -> bytes:
    """Return an address as the server takes it; of no text, as of NULL, any will do."""
    if not text:
        return _NO_ADDRESS
    family = AF_INET6 if ":" in text else AF_INET
    try:
        packed, bits = inet_pton(family, text), _ADDRESS_BITS[family]
    except OSError:  # what the plain and fast way does not take: a network, or no address at all
        address = ip_interface(text)
        packed, bits = address.ip.packed, address.network.prefixlen
    return bytes((_INET[family], bits, 0, len(packed))) + packed


_ENCODERS: dict[str, Callable[[Column], list[Part] | None]] = {
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
