"""Values of which no two rows have the same, by the row's number alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from ttdb.seed.generic.fields import ANCHOR, TEXTS, TIMES, WHOLE, Field, Make, moment, uuids
from ttdb.seed.generic.words import singular
from ttdb.shape import Schema
from ttdb.shape.expression import matching
from ttdb.shape.likeness import Frame, alphabets
from ttdb.shape.literals import forms, said
from ttdb.shape.model import Kind
from ttdb.shape.names import in_words
from ttdb.shape.reserved import notations


def fresh(schema: Schema, field: Field, first: int) -> Iterator[Make]:
    """Yield ways to make a value that no other row has, the most telling first; which one fits, the database says.

    Whole numbers begin after ``first``.
    """
    name, kind = field.base.name, field.base.kind
    if kind in (Kind.RANGE, Kind.MULTIRANGE):
        yield from _ranges(schema, field)
    elif kind is Kind.ARRAY and field.base.of is not None:
        inside = Field(field.table, field.column, schema.types[field.base.of], -1, (), field.source)
        for make in fresh(schema, inside, first):
            yield lambda numbers, make=make: [f"{{{each}}}" for each in make(numbers)]  # type: ignore[misc]  # mypy cannot type its default
    elif name in TEXTS or name == "ltree":
        yield from _texts(field)
    elif name in WHOLE or field.base.category == "N":
        yield from _numbers(field, first)
    elif name in TIMES:
        yield from _moments(name)
        yield from _even_moments(name) if field.rules else ()
    elif name == "uuid":
        yield from _uuids(field)
    elif name == "bytea":
        yield from _bytes(field)
    elif name in _OTHERS:
        yield from map(_by_number, _OTHERS[name])


def _by_number(form: Callable[[int], str | None]) -> Make:
    return lambda numbers: [form(number) for number in numbers.tolist()]


def _numbers(field: Field, first: int) -> Iterator[Make]:
    yield _by_number(lambda number: str(number + 1 + first))
    said_so = sorted({int(each) for each in said(*field.rules).numbers if each > 0})
    for start in said_so:
        yield _by_number(lambda number, start=start: str(number + start))  # type: ignore[misc]  # mypy cannot type its default
    for start in said_so:
        yield _by_number(lambda number, start=start: str(start - number))  # type: ignore[misc]  # mypy cannot type its default
    for step, start in product((each for each in said_so if each > 1), (0, *said_so[:_STARTS])):
        yield _by_number(lambda number, step=step, start=start: str((number + 1) * step + start))  # type: ignore[misc]  # mypy cannot type its default


def _uuids(field: Field) -> Iterator[Make]:
    """Yield ids that the seed knows again, then those of other versions, where a rule wants one."""
    make = uuids(field)
    yield make
    for version in _VERSIONS if field.rules else ():
        yield lambda numbers, version=version: [_of_version(each or "", version) for each in make(numbers)]  # type: ignore[misc]  # mypy cannot type its default


def _of_version(text: str, version: str) -> str:
    return f"{text[:14]}{version}{text[15:]}"


def _bytes(field: Field) -> Iterator[Make]:
    for length in (8, *said(*field.rules).lengths):
        yield lambda numbers, length=length: [
            rf"\x{number:0{2 * length}x}"[: 2 + 2 * length] for number in numbers.tolist()
        ]  # type: ignore[misc]  # mypy cannot type its default


def _moments(name: str) -> Iterator[Make]:
    step = timedelta(days=1) if name == "date" else timedelta(minutes=1)
    yield lambda numbers: [moment(ANCHOR + number * step, name) for number in numbers.tolist()]
    yield lambda numbers: [moment(ANCHOR - number * step, name) for number in numbers.tolist()]


def _even_moments(name: str) -> Iterator[Make]:
    """Yield moments that rules ask for: beginnings of days, of weeks, of months and of years, and the days after."""
    first = datetime(ANCHOR.year, ANCHOR.month, 1, tzinfo=UTC)
    monday = first - timedelta(days=first.weekday())
    for step in (timedelta(hours=1), timedelta(days=1)):
        yield _by_number(lambda number, step=step: moment(monday - number * step, name))  # type: ignore[misc]  # mypy cannot type its default
    for day in range(7):
        yield _by_number(lambda number, day=day: moment(monday + timedelta(days=day - 7 * number), name))  # type: ignore[misc]  # mypy cannot type its default
    for day in (0, -1):
        yield _by_number(lambda number, day=day: moment(_month(first, number) + timedelta(days=day), name))  # type: ignore[misc]  # mypy cannot type its default
        yield _by_number(lambda number, day=day: moment(_month(first, 3 * number) + timedelta(days=day), name))  # type: ignore[misc]  # mypy cannot type its default
    yield _by_number(lambda number: moment(datetime(max(ANCHOR.year - number, 1), 1, 1, tzinfo=UTC), name))


def _month(first: datetime, number: int) -> datetime:
    """Return the beginning of the month that is so many before; of quarters begins one at the first of April."""
    months = first.year * 12 + _QUARTER - 1 - number
    return datetime(max(months // 12, 1), months % 12 + 1, 1, tzinfo=UTC)


def _mac(number: int) -> str:
    return ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))


def _ipv4(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _ipv6(number: int) -> str:
    return f"2001:db8::{number >> 16:x}:{number & 65535:x}"


# Networks of the usual widths, the most of one width last, and so many of each as there are.
_NETWORKS = (
    lambda number: f"10.{number >> 8 & 255}.{number & 255}.0/24",
    lambda number: f"10.{number & 255}.0.0/16",
    lambda number: f"10.{number >> 12 & 255}.{number >> 4 & 255}.{(number & 15) << 4}/28",
    lambda number: f"{_ipv4(number << 2)}/30",
    lambda number: f"2001:db8:{number >> 16 & 65535:x}:{number & 65535:x}::/64",
    lambda number: f"2001:db8:{number & 65535:x}::/48",
)
_OTHERS: dict[str, tuple[Callable[[int], str], ...]] = {
    "inet": (_ipv4, _ipv6, *_NETWORKS),
    "cidr": (_ipv4, *_NETWORKS, _ipv6),
    "macaddr": (lambda number: f"02:00:{_mac(number)}",),
    "macaddr8": (lambda number: f"02:00:00:00:{_mac(number)}",),
    "time without time zone": (lambda n: f"{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}",),
    "time with time zone": (lambda n: f"{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}+00",),
    "interval": (lambda number: f"{number + 1} minutes",),
}
_VERSIONS = "471563"  # of ids, those that rules ask for first
_QUARTER = 4  # the month at which counting begins
_STARTS = 3  # numbers that a rule wants beside a step
_FORMS = 300  # ways to write a counter that are asked about


def _texts(field: Field) -> Iterator[Make]:
    longest, name = field.longest, field.called
    stem = singular(in_words(field.table.name)).replace("_", "-")
    hashed = field.stream("/hex")
    if field.base.name == "ltree":
        yield lambda numbers: [f"n{number + 1}" for number in numbers.tolist()]
    shapes = [stem + "-{0}", stem.upper().replace("-", "") + "{0:06}", "{0:08}", "{0}"]
    asked = forms(*field.rules)
    found = notations(name, asked)
    for written in found:
        yield lambda numbers, written=written: [written(number) for number in numbers.tolist()]  # type: ignore[misc]  # mypy cannot type its default
    if found and asked:
        return  # what else a form lets be might be somebody's
    if "url" in name or "uri" in name or "website" in name:
        shapes = ["https://example.com/" + stem + "/{0}", *shapes]
    for shape in shapes:
        yield lambda numbers, shape=shape: [shape.format(number + 1) for number in numbers.tolist()]  # type: ignore[misc]  # mypy cannot type its default
    yield from map(_by_number, islice(_framed(field), _FORMS))
    for form in asked:
        yield lambda numbers, form=form: [matching(form, number) for number in numbers.tolist()]  # type: ignore[misc]  # mypy cannot type its default
    lengths = [each + step for each in said(*field.rules).lengths for step in (0, 1, -1)] + (
        [longest] if longest else []
    )
    for length in lengths:
        if 0 < length <= (longest or length):
            yield lambda numbers, length=length: [_based(n, length) for n in numbers.tolist()]  # type: ignore[misc]  # mypy cannot type its default
    yield lambda numbers: [f"{word:016x}" for word in hashed.words(numbers).tolist()]


def _framed(field: Field) -> Iterator[Callable[[int], str]]:
    """Yield ways to write a counter in what a rule's patterns and constants frame, of the lengths that it asks for."""
    asked = said(*field.rules)
    longest = [field.longest] if field.longest else []
    if any("@" in each.before + each.after for each in asked.frames):
        yield from notations("mail", ())
    for frame in (*asked.frames, *([Frame("")] if asked.lengths or longest else [])):
        for width in dict.fromkeys([*frame.widths(asked.lengths), *frame.widths(()), *frame.widths(longest)]):
            for letters in alphabets(width):
                yield lambda number, frame=frame, width=width, letters=letters: frame.text(number + 1, width, letters)  # type: ignore[misc]  # mypy cannot type its default


def _based(number: int, length: int) -> str:
    """Write a number in so many digits of hexadecimal, or where these are few, of all letters and digits."""
    digits = "0123456789abcdef" if length > 8 else "0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: PLR2004 - fewer digits run out in hexadecimal
    text = ""
    while number:
        number, digit = divmod(number, len(digits))
        text = digits[digit] + text
    return text.rjust(length, "0")[-length:]


def _ranges(schema: Schema, field: Field) -> Iterator[Make]:
    """Ranges side by side, so that none overlaps another."""
    inside = schema.types.get(field.base.of or 0)
    while inside is not None and inside.kind is Kind.RANGE:  # a multirange's may be given as the range
        inside = schema.types.get(inside.of or 0)
    if inside is None:
        return
    form = "{{[{0},{1})}}" if field.base.kind is Kind.MULTIRANGE else "[{0},{1})"
    if inside.name in TIMES:
        step = timedelta(days=1) if inside.name == "date" else timedelta(hours=1)
        yield lambda numbers: [
            form.format(*(f'"{moment(ANCHOR + each * step, inside.name)}"' for each in (number, number + 1)))
            for number in numbers.tolist()
        ]
    elif inside.name in WHOLE or inside.category == "N":
        yield lambda numbers: [form.format(number * 10 + 1, number * 10 + 11) for number in numbers.tolist()]
