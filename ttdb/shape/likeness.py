"""Frames of texts: what a LIKE pattern or a constant of a rule wants before and after what tells values apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# An operator as the server writes it, and all that is compared: one text, or a list of them.
_LIKE = re.compile(r"(?<![!~])~~\*?\s*\(?(?:ANY \(+(?:ARRAY\[)?)?(?P<all>'(?:[^']|'')*'[^\])]*)")
_UNLIKE = re.compile(r"!~~?\*?\s*\(?(?:ALL \(+(?:ARRAY\[)?)?(?P<all>'(?:[^']|'')*'[^\])]*)")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_WORD_END = re.compile(r"[^\W_]\Z")
_LONGEST, _MOST = 40, 24
_DIGITS, _SMALL = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = (_DIGITS, _DIGITS + _SMALL.upper(), _DIGITS + _SMALL[:6], _SMALL, _SMALL.upper(), _DIGITS + _SMALL)
USUAL = 6  # digits of a counter where no length is asked for


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and after a counter; how many places the counter has, where that is told."""

    before: str
    after: str = ""
    width: int | None = None

    def text(self, number: int, width: int, alphabet: str = _DIGITS) -> str:
        """Return the text of a number, which is longer where it has more digits."""
        return self.before + written(number, width, alphabet) + self.after

    def widths(self, lengths: Sequence[int]) -> Iterator[int]:
        """Yield how many places a counter may have in texts of one of these lengths."""
        if self.width is not None:
            yield self.width
            return
        room = (length - len(self.before) - len(self.after) for length in lengths)
        yield from dict.fromkeys([each for each in room if each > 0] if lengths else [USUAL])


def written(number: int, width: int, alphabet: str) -> str:
    """Write a number with an alphabet's letters for digits, in so many places at least."""
    text = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text.rjust(width, alphabet[0])


def alphabets(width: int) -> Sequence[str]:
    """Return what a counter of so many places may be written with: few places want many letters."""
    return _ALPHABETS if width >= USUAL - 2 else (*_ALPHABETS[1:2], *_ALPHABETS[-1:], *_ALPHABETS[3:5], _DIGITS)


def likes(expression: str) -> tuple[str, ...]:
    """Return the LIKE patterns that texts must match, one of a list of them."""
    return _found(_LIKE, expression)


def unlikes(expression: str) -> tuple[str, ...]:
    """Return the patterns and forms that texts must not match: none is a value to try."""
    return _found(_UNLIKE, expression)


def _found(operator: re.Pattern[str], expression: str) -> tuple[str, ...]:
    return tuple(
        text.replace("''", "'") for found in operator.finditer(expression) for text in _QUOTED.findall(found["all"])
    )


def of_pattern(like: str) -> Frame:
    """Return the frame of a LIKE pattern: its last wildcard is where the counter stands.

    One ``_`` after a letter stays, since whoever wrote it means most likely that; several stand for letters.
    """
    parts = _parts(like)
    place = _last(parts, "%")
    if place is None:
        return _of_places(parts)
    return Frame("".join(map(_letter, parts[:place])), "".join(map(_letter, parts[place + 1 :])))


def of_constants(texts: Sequence[str]) -> tuple[Frame, ...]:
    """Return frames of a rule's constants, alone and followed by a mark that it splits texts at."""
    words = [text for text in texts if 0 < len(text) <= _LONGEST]
    marks = [text for text in words if len(text) == 1 and not text.isalnum()]
    found = [Frame(word + mark) for word in words for mark in marks if word not in marks]
    for word in words:
        dashed = [Frame(f"{word}-")] if _WORD_END.search(word) else []
        found += [*dashed, Frame(word), Frame("", word), Frame("x", f"{word}x")]
    return tuple(found[:_MOST])


def _parts(like: str) -> list[tuple[str, int]]:
    """Return a pattern's letters, each with 0, and its wildcards, each with how many come together."""
    parts: list[tuple[str, int]] = []
    for found in re.finditer(r"\\(.)|(%+)|(_+)|([^\\])", like, re.DOTALL):
        escaped, many, ones, letter = found.groups()
        if many:
            parts.append(("%", len(many)))
        elif ones:
            isolated = len(ones) == 1 and parts and not parts[-1][1] and parts[-1][0].isalnum()
            parts += [("_", 0)] if isolated and "%" in like else [("_", len(ones))] * len(ones)
        else:
            parts.append((escaped or letter, 0))
    return parts


def _of_places(parts: list[tuple[str, int]]) -> Frame:
    """Let the counter fill the longest row of single letters that comes last."""
    most = max((wild for _, wild in parts), default=0)
    end = _last(parts, "_", most)
    if end is None:
        return Frame("".join(letter for letter, _ in parts), "", 0)
    before, after = parts[: end + 1 - most], parts[end + 1 :]
    return Frame("".join(map(_letter, before)), "".join(map(_letter, after)), most)


def _letter(part: tuple[str, int]) -> str:
    letter, wild = part
    return letter if not wild else "" if letter == "%" else "A"


def _last(parts: list[tuple[str, int]], letter: str, wild: int = 1) -> int | None:
    return next((at for at in reversed(range(len(parts))) if parts[at][0] == letter and parts[at][1] >= wild), None)
