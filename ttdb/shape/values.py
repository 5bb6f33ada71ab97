"""Candidate values for a column, the likeliest first: of its type, and of what its CHECKs say. The database chooses."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ttdb.shape.literals import Said, said
from ttdb.shape.model import Kind, Schema, Type
from ttdb.shape.moments import times

_HEADER = 4  # bytes that a varchar's and a numeric's modifier counts besides
_MOST = 60
MOST_ELEMENTS = 32  # of an array whose length a rule tells
_MOST_FRAMES = 12
_YES = ("active", "enabled", "visible", "verified", "valid")
_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**53 - 1, "oid": 2**31 - 1}
_TEXTS = ("text", "character varying", "character", "citext", "name", "ltree", '"char"')
_TIMES = {
    "date": "%Y-%m-%d",
    "time without time zone": "%H:%M:%S",
    "time with time zone": "%H:%M:%S+00",
    "timestamp without time zone": "%Y-%m-%d %H:%M:%S",
    "timestamp with time zone": "%Y-%m-%d %H:%M:%S+00",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose value it is, and which: what makes it differ from all others."""

    word: str  # of letters alone
    number: int

    @property
    def token(self) -> str:
        """Return what tells the value's owner, wherever it turns up."""
        return f"{self.word}{self.number}"

    def uuid(self, name: str) -> str:
        """Return a UUID of this mark and a name, in the form of a random one."""
        digest = hashlib.sha256(f"{self.token}/{name}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a value is for."""

    name: str
    mark: Mark
    said: Said = field(default_factory=Said)


def candidates(schema: Schema, oid: int, modifier: int, wish: Wish) -> list[Any]:
    """Return values to try for a column of a type; as JSON has them, for jsonb_populate_record."""
    made = _MAKERS[schema.types[oid].kind](schema, schema.types[oid], modifier, wish)
    unique = {repr(each): each for each in made}
    return list(unique.values())[:_MOST]


def is_known(kind: Type) -> bool:
    """Say whether it is known how values of a base type are written."""
    return kind.name in _TEXTS or kind.name in _TIMES or kind.name in _OTHERS or kind.category == "N"


def _of_domain(schema: Schema, kind: Type, _modifier: int, wish: Wish) -> Iterable[Any]:
    own = said(*kind.rules, name=wish.name)
    both = own.with_all_of(wish.said)
    return candidates(schema, kind.of or 0, kind.modifier, Wish(wish.name, wish.mark, both))


def _of_enum(_schema: Schema, kind: Type, _modifier: int, _wish: Wish) -> Iterable[Any]:
    return kind.labels


def _of_array(schema: Schema, kind: Type, modifier: int, wish: Wish) -> Iterable[Any]:
    inside = candidates(schema, kind.of or 0, modifier, wish)
    listed = [each for each in wish.said.texts if each in inside][:3]
    few = [listed[:2], listed, *([each] for each in listed), listed[1:]] if listed else []
    few += [_so_many(inside, length) for length in wish.said.lengths if 1 < length <= MOST_ELEMENTS and inside]
    return few + [[each] for each in inside[:20]] + [inside[:2], [], inside[:3]]


def _so_many(values: list[Any], length: int) -> list[Any]:
    """Return so many values, each once as far as there are enough."""
    return [values[place % len(values)] for place in range(length)]


def _of_range(schema: Schema, kind: Type, _modifier: int, wish: Wish) -> Iterable[Any]:
    bounds = candidates(schema, kind.of or 0, -1, wish)[:12]
    pairs = [(low, high) for number, low in enumerate(bounds) for high in bounds[number + 1 :]]
    ranges = [f'["{low}","{high}"{end}' for low, high in pairs for end in (")", "]")] + [f'["{bounds[0]}",)', "empty"]
    return [f"{{{each}}}" for each in ranges] if kind.kind is Kind.MULTIRANGE else ranges


def _of_composite(schema: Schema, kind: Type, _modifier: int, wish: Wish) -> Iterable[Any]:
    inside = {name: candidates(schema, oid, modifier, wish)[:8] for name, oid, modifier in kind.attributes}
    longest = max((len(each) for each in inside.values()), default=0)
    return [
        {name: each[min(number, len(each) - 1)] if each else None for name, each in inside.items()}
        for number in range(longest)
    ]


def _of_base(_schema: Schema, kind: Type, modifier: int, wish: Wish) -> Iterable[Any]:
    if kind.name in _TEXTS:
        return _texts(kind, modifier, wish)
    if kind.name in _INTEGERS:
        return _whole(_INTEGERS[kind.name], wish)
    if kind.category == "N":
        return _numbers(modifier, wish)
    if kind.name in _TIMES:
        return times(_TIMES[kind.name], wish.mark.number, wish.said)
    return _OTHERS.get(kind.name, _unknown)(modifier, wish)


def _texts(kind: Type, modifier: int, wish: Wish) -> Iterable[str]:
    token, number = wish.mark.token, wish.mark.number
    longest = 1 if kind.name == '"char"' else modifier - _HEADER if modifier > 0 else 0
    by_name = {
        "mail": f"{token}@example.com",
        "phone": f"+1555{number:07d}",  # 555 is no area code
        "url": f"https://{token}.example.com/",
        "currency": "USD",
        "country": "US",
        "time_zone": "UTC",
        "timezone": "UTC",
        "locale": "en",
    }
    telling = [value for part, value in by_name.items() if part in wish.name]
    telling += [f"{token}@a.test", f"{number % 10_000}@a.test"] if "mail" in wish.name else []
    name = wish.name.replace("_", "-")
    telling += [f"{token}-{name}"] if kind.name != "ltree" else [token]
    plain = [
        *(token.ljust(each + step, "x")[: each + step] for each in wish.said.lengths for step in (0, -1, 1)),
        token, token.upper(), token.capitalize(), *by_name.values(), str(number), f"{number % 100:02d}", "en",
        wish.mark.uuid(wish.name), "2026-01-01", "a", "A", "x1", "0", "1.0.0", "", "{}", "#a1b2c3", "192.0.2.1",
    ]  # fmt: skip
    both = [*telling, *wish.said.texts, *_framed(wish), *plain]
    # The mark stands at the front, and differs at its end: what is cut keeps the mark, or its last digits.
    # An address is not cut: what is left of it may be somebody's.
    return [_cut(each, token, longest) for each in both if "@" not in each or len(each) <= longest] if longest else both


def _framed(wish: Wish) -> Iterator[str]:
    """Yield texts that a rule's constants frame, and texts of the lengths it asks for in each case of letters."""
    token, said_so = wish.mark.token, wish.said
    for frame in said_so.frames[:_MOST_FRAMES]:
        width = next(frame.widths(said_so.lengths), None)
        if width is not None:
            yield frame.text(wish.mark.number % 10**width, width)
    for length in said_so.lengths:
        yield token.upper().ljust(length, "X")[:length]
        yield from (text.ljust(length, text[-1])[:length] for text in said_so.texts[:2] if text)


def _cut(text: str, token: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[:longest] if longest >= len(token) or token not in text else token[-longest:]


def _whole(largest: int, wish: Wish) -> Iterable[int]:
    own = wish.mark.number if wish.mark.number <= largest else wish.mark.number % 30_000 + 1
    said_so = [int(each) for each in wish.said.numbers if abs(each) <= largest]
    return [own, 1, 0, 2, *said_so, 3, 4, 5, 10, 12, 24, 50, 100, -1, 1000]


def _numbers(modifier: int, wish: Wish) -> Iterable[float | int]:
    digits = ((modifier - _HEADER) >> 16) & 0xFFFF if modifier > 0 else 0
    scale = (modifier - _HEADER) & 0x7FF if modifier > 0 else 2
    largest = 10 ** max(digits - scale, 0) if digits else 10**15
    wanted = [wish.mark.number % (largest or 1), 1, 0, 2, *wish.said.numbers, 0.5, 3, 5, 10, 100, -1, 0.1, 4]
    return [each for each in wanted if abs(each) < largest]


def _json(_modifier: int, wish: Wish) -> Iterable[Any]:
    telling = f"{wish.mark.token}-{wish.name}"
    whole = [document for text in wish.said.texts if isinstance(document := _document(text), dict | list)]
    keyed = dict.fromkeys(wish.said.texts, telling)
    each_key = [{key: value} for key in wish.said.texts for value in (telling, 1, True, [], {}, *wish.said.texts)]
    return [
        {"note": telling},
        *({**each, "note": telling} for each in whole if isinstance(each, dict)),
        *whole,
        keyed,
        {**keyed, **dict.fromkeys(keyed, 1)},
        [telling],
        telling,
        {},
        [],
        1,
        True,
        *each_key,
    ]


def _document(text: str) -> object:
    """Read a constant as JSON; None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _flags(_modifier: int, wish: Wish) -> Iterable[bool]:
    first = any(part in wish.name for part in _YES)
    return [first, not first]


def _uuids(_modifier: int, wish: Wish) -> Iterable[str]:
    own = wish.mark.uuid(wish.name)
    return [own, *(each for each in wish.said.texts if len(each) == len(own))]


def _bits(modifier: int, wish: Wish) -> Iterable[str]:
    length = max(modifier, 1)
    return [f"{wish.mark.number:b}"[-length:].rjust(length, "0"), "1" * length, "0" * length]


def _vectors(modifier: int, wish: Wish) -> Iterable[str]:
    length = modifier if modifier > 0 else 3
    return ["[" + ",".join(str((wish.mark.number + place) % 7) for place in range(length)) + "]"]


def _unknown(_modifier: int, wish: Wish) -> Iterable[str]:
    return [wish.mark.token, *wish.said.texts, "1", "a", "0", "", "{}", "(1,2)"]


def _bytes(_modifier: int, wish: Wish) -> Iterable[str]:
    token = wish.mark.token.encode()
    asked = [token.rjust(length, b"0")[-length:] for length in wish.said.lengths if length > 0]
    return [rf"\x{each.hex()}" for each in (token, *asked, bytes(16), bytes(32), b"")]


def _fixed(*forms: str) -> Callable[[int, Wish], Iterable[Any]]:
    def make(_modifier: int, wish: Wish) -> Iterable[Any]:
        parts = {"n": wish.mark.number, "low": wish.mark.number % 250 + 1, "high": wish.mark.number // 250 % 250}
        return [*(form.format(**parts, token=wish.mark.token) for form in forms), *wish.said.texts]

    return make


_OTHERS: dict[str, Callable[[int, Wish], Iterable[Any]]] = {
    "boolean": _flags,
    "json": _json,
    "jsonb": _json,
    "bit": _bits,
    "bit varying": _bits,
    "vector": _vectors,
    "uuid": _uuids,
    "bytea": _bytes,
    "inet": _fixed("10.{high}.{low}.7", "2001:db8::{low}"),
    "cidr": _fixed("10.{high}.{low}.0/24", "2001:db8:{low}::/48"),
    "macaddr": _fixed("02:00:00:00:{high:02x}:{low:02x}"),
    "macaddr8": _fixed("02:00:00:00:00:00:{high:02x}:{low:02x}"),
    "interval": _fixed("{low} hours", "1 day", "1 month", "0"),
    "money": _fixed("{low}.00", "0", "1.00"),
    "point": _fixed("({low},{high})"),
    "line": _fixed("{{1,{low},{high}}}"),
    "lseg": _fixed("[(0,0),({low},{high})]"),
    "box": _fixed("(({low},{high}),(0,0))"),
    "path": _fixed("[(0,0),({low},{high})]", "((0,0),({low},{high}))"),
    "polygon": _fixed("((0,0),({low},{high}),(1,0))"),
    "circle": _fixed("<({low},{high}),1>"),
    "tsvector": _fixed("'{token}':1"),
    "tsquery": _fixed("'{token}'"),
    "xml": _fixed("<a>{token}</a>"),
    "hstore": _fixed('"note"=>"{token}"', ""),
    "geometry": _fixed("SRID=4326;POINT({low} 1)", "POINT({low} 1)"),
    "geography": _fixed("POINT(1 1)"),
    "regclass": _fixed("pg_catalog.pg_class"),
    "regtype": _fixed("integer"),
    "regproc": _fixed("pg_catalog.now"),
    "regrole": _fixed("pg_monitor"),
    "pg_lsn": _fixed("{high:X}/{low:X}"),
    "jsonpath": _fixed("$.note"),
}  # fmt: skip
_MAKERS: dict[Kind, Callable[[Schema, Type, int, Wish], Iterable[Any]]] = {
    Kind.BASE: _of_base,
    Kind.DOMAIN: _of_domain,
    Kind.ENUM: _of_enum,
    Kind.ARRAY: _of_array,
    Kind.RANGE: _of_range,
    Kind.MULTIRANGE: _of_range,
    Kind.COMPOSITE: _of_composite,
}
