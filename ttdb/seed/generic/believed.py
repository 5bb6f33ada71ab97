"""How far a person believes the numbers and moments that rules take: which to try first, and which to leave out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from ttdb.seed.generic.fields import TEXTS, TIMES, WHOLE, Field, plain
from ttdb.seed.generic.words import digits, is_code, sentence
from ttdb.shape.expression import matching
from ttdb.shape.literals import forms, said
from ttdb.shape.model import Kind

_SAMPLES = np.arange(12, dtype=np.int64) * 37
_STEPS = 10  # between two constants, and beyond the last
_SMALL = 1000  # beyond lesser constants a column's name says what is usual
_ENOUGH = 12  # values or lines: with so many none that is less believable is wanted
_FACTORS = 4
_SENTENCE, _PARTS = 12, 4  # characters of the shortest, and lengths between two that are named
_HEADER, _MOST_DIGITS = 4, 300  # what a numeric's modifier counts besides, and the digits of a number here
_NO_END = 1e300
_YEARS = ("2019", "2032")  # of moments that look like an application's own
_NUMBERS = (7, 15, 20, 25, 30, 42, 60, 75, 99, 120, 250, 500, 750, 2500)
_FAR, _OTHER = 1, 3  # how odd values are beyond a rule's constants, and all others

Odd: TypeAlias = Callable[[object], int]


def is_number(own: Field) -> bool:
    """Say whether a column holds numbers."""
    return own.base.category == "N" and own.base.kind is Kind.BASE


def numbers(own: Field) -> list[Any]:
    """Return numbers to try, the most believable first."""
    end = _end(own)
    return [each for each in (*_between(own), *_usual(own), *_beyond(own), *_NUMBERS) if abs(float(each or 0)) < end]


def _end(own: Field) -> float:
    """Return what a column's numbers are less than: one that its type has no room for would spoil a question."""
    if own.base.name in WHOLE or own.modifier < 0:
        return WHOLE.get(own.base.name, _NO_END) + 1
    digits, scale = ((own.modifier - _HEADER) >> 16) & 0xFFFF, (own.modifier - _HEADER) & 0x7FF
    return 10.0 ** max(min(digits - scale, _MOST_DIGITS), 0)


def odds(own: Field) -> Odd | None:
    """Return how odd a value of a column is, where that can be told."""
    if is_number(own):
        ranks: dict[str, int] = {_key(each): _FAR for each in _beyond(own)} | {
            _key(each): 0 for each in (*_usual(own), *_between(own))
        }
        return lambda value: 0 if value is None else ranks.get(_key(value), _OTHER)
    if own.base.name in TEXTS and (make := plain(own)):
        known = {*make(_SAMPLES), *formed(own), *as_long(own)}
        return lambda value: 0 if value is None or value in known else _OTHER
    if own.base.name in TIMES:
        return lambda value: 0 if value is None or _YEARS[0] <= str(value)[:4] < _YEARS[1] else _OTHER
    return None


def formed(own: Field) -> list[str]:
    """Return texts of the forms that rules ask for."""
    made = (matching(form, number) for form in forms(*own.rules) for number in range(_ENOUGH))
    return [text for text in made if text]


def as_long(own: Field) -> list[str]:
    """Return words, or digits of a code, as long as rules ask for: of each length that they name, and between two."""
    make = digits if is_code(own.called) else sentence
    named = sorted(each for each in said(*own.rules).lengths if each >= _SENTENCE)
    between = [low + (high - low) * part // _PARTS for low, high in pairwise(named) for part in range(1, _PARTS)]
    return [make(number, length) for number in range(_ENOUGH) for length in dict.fromkeys([*between, *named])]


def unlike(made: Sequence[Any]) -> Odd:
    """Return how odd values are where some are known that a person believes."""
    known = {repr(each) for each in made}
    return lambda value: 0 if value is None or repr(value) in known else _OTHER


def believable(changes: Sequence[Mapping[str, Any]], judges: Mapping[str, Odd]) -> list[Mapping[str, Any]]:
    """Leave out the oddest of many changes of a row."""
    if not judges or len(changes) <= _ENOUGH:
        return list(changes)
    ranked = [sum(odd(each[name]) for name, odd in judges.items() if name in each) for each in changes]
    most = sorted(ranked)[_ENOUGH - 1]
    return [each for each, rank in zip(changes, ranked, strict=True) if rank <= most]


def _usual(own: Field) -> list[str | None]:
    make = plain(own)
    return list(dict.fromkeys(make(_SAMPLES))) if make else []


def _between(own: Field) -> Iterator[float | int]:
    """Yield numbers from one constant of the rules to the next, the widest step first."""
    constants = sorted(set(said(*own.rules).numbers))
    pairs = sorted(pairwise(constants), key=lambda pair: pair[0] - pair[1])
    for low, high in [pair for pair in pairs if pair[1] - pair[0] > 1][:_STEPS]:
        yield from (_rounded(own, low + (high - low) * step / _STEPS) for step in range(1, _STEPS))
    yield from (each for each in constants if abs(each) < _SMALL)


def _beyond(own: Field) -> Iterator[float | int]:
    """Yield numbers of the size of large constants, above the largest and below the least; times small ones."""
    constants = said(*own.rules).numbers
    for bound, sign in ((max(constants, default=0), 1), (min(constants, default=0), -1)):
        if abs(bound) >= _SMALL:
            step = 10.0 ** (len(str(int(abs(bound)))) - 2)
            yield from (_rounded(own, bound + sign * step * (place + 0.5)) for place in range(_STEPS))
    for factor in sorted(each for each in set(constants) if 1 < each < _SMALL)[:_FACTORS]:
        yield from (factor * place for place in range(1, _STEPS + 1))


def _rounded(own: Field, number: float) -> float | int:
    return int(number) if own.base.name in WHOLE or abs(number) >= _SMALL else round(number, 2)


def _key(value: object) -> str:
    """Return a number as it is however it is written."""
    try:
        return f"{float(str(value)):.6f}"
    except ValueError:
        return str(value)
