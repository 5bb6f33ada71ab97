"""What a CHECK's own text says of the values that it takes: its constants, forms and lengths."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import rstr

_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:::[\w\s\"\[\]().]+)?")
_NUMBER = re.compile(r"(?<![\w'.:-])-?\d+(?:\.\d+)?(?![\w'.-])")
_FORM = re.compile(r"(?:~\*?|similar_to_escape\()\s*\(?'((?:[^']|'')*)'")
_LIKE = re.compile(r"~~\*?\s*\(?'((?:[^']|'')*)'")
_LENGTH = re.compile(r"(?:char_length|length|octet_length)\(", re.IGNORECASE)
_ANCHORED_CLASSES = {r"[[:alnum:]]": "[a-z0-9]", r"[[:alpha:]]": "[a-z]", r"[[:digit:]]": "[0-9]"}
_SAMPLES, _LONGEST, _TRIES = 6, 40, 12
_SEED = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What expressions say of the values they take."""

    texts: tuple[str, ...] = ()  # constants, and texts of the forms asked for
    numbers: tuple[float | int, ...] = ()
    lengths: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.numbers or self.lengths)


def said(*expressions: str) -> Said:
    """Harvest the constants of expressions, and make texts of the forms that they ask for."""
    texts: dict[str, None] = {}
    numbers: dict[float | int, None] = {}
    lengths: dict[int, None] = {}
    for expression in expressions:
        forms = _FORM.findall(expression)
        likes = _LIKE.findall(expression)
        texts |= dict.fromkeys(
            each.replace("''", "'") for each in _QUOTED.findall(expression) if each not in (*forms, *likes)
        )
        texts |= dict.fromkeys(text for form in forms for text in _of_form(form.replace("''", "'")))
        texts |= dict.fromkeys(_of_likeness(like) for like in likes)
        found = [float(each) if "." in each else int(each) for each in _NUMBER.findall(_QUOTED.sub(" ", expression))]
        found += [int(each) for each in texts if re.fullmatch(r"-?\d{1,9}", each)]
        numbers |= dict.fromkeys(near for each in found for near in (each, each + 1, each - 1))
        if _LENGTH.search(expression):
            lengths |= dict.fromkeys(int(each) for each in found if 0 < each <= 1000)  # noqa: PLR2004 - a text's length
    texts |= dict.fromkeys(near for each in [*texts] for near in _near_time(each))
    return Said(tuple(texts), tuple(numbers), tuple(lengths))


def forms(*expressions: str) -> tuple[str, ...]:
    """Return the regular expressions that texts must match, in Python's dialect, which is near to PostgreSQL's."""
    found = (form for expression in expressions for form in _FORM.findall(expression))
    return tuple(_in_python(form.replace("''", "'")) for form in found)


def sample(form: str, number: int) -> str | None:
    """Return a text that a regular expression matches, the same for the same number; None where none can be made.

    One without blanks and control characters, where the form lets there be one.
    """
    sampler = rstr.Rstr(random.Random(_SEED + number))  # noqa: S311 - no secret: the same texts in every run
    try:
        texts = [str(sampler.xeger(form)) for _ in range(_TRIES)]
    except (re.error, ValueError, KeyError, IndexError, RecursionError):
        return None
    return next((text for text in texts if text.isprintable() and " " not in text), texts[0])


def _in_python(form: str) -> str:
    for theirs, ours in _ANCHORED_CLASSES.items():
        form = form.replace(theirs, ours)
    form = form.removeprefix("***=").replace("[:alnum:]", "a-z0-9").replace("[:alpha:]", "a-z")
    form = form.replace("[:digit:]", "0-9").replace("[:space:]", r"\s").replace("[:upper:]", "A-Z")
    return form.replace("[:lower:]", "a-z").replace("[:xdigit:]", "0-9a-f").replace(r"\m", r"\b").replace(r"\M", r"\b")


def _of_form(form: str) -> Iterator[str]:
    """Make texts that a regular expression matches."""
    for number in range(_SAMPLES):
        text = sample(_in_python(form), number)
        if text is None:
            return
        yield text
        if len(text) > _LONGEST:
            yield text[:_LONGEST]


def _of_likeness(like: str) -> str:
    return like.replace("%", "x1").replace("_", "x")


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
