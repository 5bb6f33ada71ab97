"""What a CHECK's own text says of the values that it takes: its constants, forms and lengths."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ttdb.shape.expression import matching
from ttdb.shape.likeness import Frame, likes, of_constants, of_pattern, unlikes
from ttdb.shape.reserved import notations

_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:::[\w\s\"\[\]().]+)?")
_NUMBER = re.compile(r"(?<![\w'.:-])-?\d+(?:\.\d+)?(?![\w'.-])")
_FORM = re.compile(r"(?:(?<![!~])~\*?|similar_to_escape\()\s*\(?'((?:[^']|'')*)'")
_HASHED = re.compile(r"satisfies_hash_partition\([^)]*\)")  # its numbers are the catalog's, and none of a value
_MANY = 40  # constants of which no frames are made: these are the values themselves
_LENGTH = re.compile(r"(?:length|cardinality)\(", re.IGNORECASE)
_WRITTEN = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")  # a number that is quoted, being below zero or large
_SAMPLES, _LONGEST = 6, 40


@dataclass(frozen=True, slots=True)
class Said:
    """What expressions say of the values they take."""

    texts: tuple[str, ...] = ()  # constants, and texts of the forms asked for
    numbers: tuple[float | int, ...] = ()
    lengths: tuple[int, ...] = ()
    frames: tuple[Frame, ...] = ()  # of texts that differ in what stands in them

    def __bool__(self) -> bool:
        return bool(self.texts or self.numbers or self.lengths)

    def with_all_of(self, other: "Said") -> "Said":
        """Return what both say."""
        return Said(
            (*self.texts, *other.texts),
            (*self.numbers, *other.numbers),
            (*self.lengths, *other.lengths),
            (*self.frames, *other.frames),
        )


def said(*expressions: str, name: str = "") -> Said:
    """Harvest the constants of expressions, and make texts of the forms that they ask for of a column of that name."""
    texts: dict[str, None] = {}
    numbers: dict[float | int, None] = {}
    lengths: dict[int, None] = {}
    frames: dict[Frame, None] = {}
    for expression in (_HASHED.sub("", each) for each in expressions):
        asked, patterns = forms(expression), likes(expression)
        constants = [each.replace("''", "'") for each in _QUOTED.findall(expression)]
        constants = [each for each in constants if each not in (*asked, *patterns, *unlikes(expression))]
        texts |= dict.fromkeys(constants)
        texts |= dict.fromkeys(_of_forms(asked, name))
        framed = [of_pattern(like) for like in patterns]
        texts |= dict.fromkeys(each.text(number, each.width or 1) for each in framed for number in range(1, 4))
        frames |= dict.fromkeys([*framed, *(of_constants(constants) if len(constants) < _MANY else ())])
        digits = [*_NUMBER.findall(_QUOTED.sub(" ", expression)), *filter(_WRITTEN.fullmatch, texts)]
        found = [float(each) if "." in each else int(each) for each in digits]
        numbers |= dict.fromkeys(near for each in found for near in (each, each + 1, each - 1))
        if _LENGTH.search(expression):
            lengths |= dict.fromkeys(int(each) for each in found if 0 < each <= 1000)  # noqa: PLR2004 - a text's length
    texts |= dict.fromkeys(near for each in [*texts] for near in _near_time(each))
    return Said(tuple(texts), tuple(numbers), tuple(lengths), tuple(frames))


def forms(*expressions: str) -> tuple[str, ...]:
    """Return the regular expressions that texts must match."""
    return tuple(form.replace("''", "'") for expression in expressions for form in _FORM.findall(expression))


def _of_forms(asked: Sequence[str], name: str) -> Iterator[str]:
    """Make texts that regular expressions match; of a telephone number or an address, those that reach nobody."""
    if asked and (found := notations(name, asked)):
        yield from (written(number) for number in range(_SAMPLES) for written in found)  # soon one of each
        return
    for form in asked:
        for number in range(_SAMPLES):
            text = matching(form, number)
            if text is None:
                break
            yield text
            if len(text) > _LONGEST:
                yield text[:_LONGEST]


def _near_time(text: str) -> Iterator[str]:
    """Return a day and a second later and earlier, where a text is a time: bounds are often exclusive."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return
    for step in (timedelta(days=1), timedelta(seconds=1), timedelta(days=-1)):
        try:
            near = when + step
        except OverflowError:
            continue
        yield near.isoformat(sep=" ") if ":" in text else near.date().isoformat()
