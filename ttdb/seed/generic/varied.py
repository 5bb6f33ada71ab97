"""Different values found from one that rules take: what else may stand in its places, the database says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ttdb.seed.draw import Ints
from ttdb.seed.generic.fields import TEXTS, Field, Make
from ttdb.shape import RowMaker
from ttdb.shape.ask import Asker
from ttdb.shape.model import Rule

_EXAMPLES, _LONGEST = 3, 40
_DIGITS, _SMALL = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_ALIKE = (_DIGITS, _SMALL, _SMALL.upper())  # what may stand in a letter's place: others of its kind


@dataclass(frozen=True, slots=True)
class Places:
    """A text of which some places may hold others of the letters: a number is written with these as digits."""

    text: str
    letters: tuple[str, ...]  # of each place; one where nothing else may stand there

    def written(self, number: int) -> str:
        """Return the text of a number."""
        found: list[str] = []
        for letters in reversed(self.letters):
            number, digit = divmod(number, len(letters))
            found.append(letters[digit])
        return "".join(reversed(found))

    def make(self, numbers: Ints) -> list[str | None]:
        """Return the texts of some numbers."""
        return [self.written(number) for number in numbers.tolist()]


def varied(asker: Asker, maker: RowMaker, own: Field, rules: Sequence[Rule], rest: Mapping[str, Any]) -> Iterator[Make]:
    """Yield ways to vary the texts that a column's rules take; none of a column of another type."""
    name = own.column.name
    if own.base.name not in TEXTS:
        return
    texts = [each for each in maker.choices(name) if isinstance(each, str) and 0 < len(each) <= _LONGEST]
    broken = asker.broken(own.table, dict(rest), [{name: text} for text in texts], rules)
    for text in [text for text, each in zip(texts, broken, strict=True) if not each][:_EXAMPLES]:
        yield places(asker, own, rules, rest, text).make


def places(asker: Asker, own: Field, rules: Sequence[Rule], rest: Mapping[str, Any], text: str) -> Places:
    """Ask what may stand in each place of a text."""
    others = [(at, letter) for at, now in enumerate(text) for letter in _alike(now) if letter != now]
    changes: list[dict[str, Any]] = [{own.column.name: f"{text[:at]}{letter}{text[at + 1 :]}"} for at, letter in others]
    broken = asker.broken(own.table, dict(rest), changes, rules)
    taken = {place for place, each in zip(others, broken, strict=True) if not each}
    return Places(
        text,
        tuple(
            "".join(each for each in _alike(now) if each == now or (at, each) in taken) or now
            for at, now in enumerate(text)
        ),
    )


def _alike(letter: str) -> str:
    return next((letters for letters in _ALIKE if letter in letters), "")
