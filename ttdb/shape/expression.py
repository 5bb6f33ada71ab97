"""Texts that a regular expression matches, the same for the same number anywhere: each choice is a hash.

Of PostgreSQL's advanced expressions what CHECKs use: alternatives, groups, classes, escapes, bounds. What looks ahead
or behind adds nothing, since the database judges the text; with a back reference no text is made.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator

_SMALL, _LARGE, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_WORD = _SMALL + _DIGITS + _LARGE + "_"
_PRINTED = _SMALL + _DIGITS + _LARGE + "".join(chr(each) for each in range(33, 127) if not chr(each).isalnum())
_CLASSES = {
    "alnum": _SMALL + _DIGITS + _LARGE,
    "alpha": _SMALL + _LARGE,
    "blank": " ",
    "digit": _DIGITS,
    "graph": _PRINTED,
    "lower": _SMALL,
    "print": _PRINTED,
    "punct": "".join(each for each in _PRINTED if not each.isalnum()),
    "space": " ",
    "upper": _LARGE,
    "xdigit": _DIGITS + "abcdef",
}
_ESCAPES = {"d": _DIGITS, "w": _WORD, "s": " ", "t": "\t", "n": "\n", "r": "\r"}
_NOTHING = "mMyYAZb"  # escapes for a place
_MORE = 7  # than the least, where no end is given
_BOUND = re.compile(r"(\d+)(?:(,)(\d*))?\}")
_OPTIONS = re.compile(r"\*\*\*:|\(\?[a-z]+\)")
_Draw = Callable[[int], int]


def matching(form: str, number: int) -> str | None:
    """Return a text that a regular expression matches, another for another number; None where none can be made."""
    if form.startswith("***="):
        return form.removeprefix("***=")
    options = _OPTIONS.match(form)
    try:
        return "".join(_Reader(form[options.end() :] if options else form, _drawn(form, number)).all())
    except (_Unknown, RecursionError):
        return None


def _drawn(form: str, number: int) -> _Draw:
    places = iter(range(2**32))

    def draw(limit: int) -> int:
        text = f"{number}\0{next(places)}\0{form}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") % limit

    return draw


class _Unknown(Exception):
    """Raised at what is not understood."""


class _Reader:
    """Reads an expression from left to right, and makes its text meanwhile."""

    def __init__(self, form: str, draw: _Draw) -> None:
        self._form, self._draw, self._at = form, draw, 0

    def all(self) -> list[str]:
        made = self._alternatives()()
        if self._at < len(self._form):
            raise _Unknown
        return list(made)

    def _next(self, text: str) -> bool:
        """Go past a text, if it comes next."""
        found = self._form.startswith(text, self._at)
        self._at += len(text) * found
        return found

    def _take(self) -> str:
        if self._at >= len(self._form):
            raise _Unknown
        self._at += 1
        return self._form[self._at - 1]

    def _alternatives(self) -> Callable[[], Iterable[str]]:
        ways = [self._branch()]
        while self._next("|"):
            ways.append(self._branch())
        return lambda: ways[self._draw(len(ways))]() if len(ways) > 1 else ways[0]()

    def _branch(self) -> Callable[[], Iterable[str]]:
        pieces: list[Callable[[], Iterable[str]]] = []
        while self._at < len(self._form) and self._form[self._at] not in "|)":
            pieces.append(self._piece())
        return lambda: (text for piece in pieces for text in piece())

    def _piece(self) -> Callable[[], Iterable[str]]:
        atom, (least, most) = self._atom(), self._bounds()

        def made() -> Iterator[str]:
            for _ in range(least + (self._draw(most - least + 1) if most > least else 0)):
                yield from atom()

        return made

    def _bounds(self) -> tuple[int, int]:
        least, most = 1, 1
        if self._next("*"):
            least, most = 0, _MORE
        elif self._next("+"):
            least, most = 1, 1 + _MORE
        elif self._next("?"):
            least, most = 0, 1
        elif self._at < len(self._form) and (found := _BOUND.match(self._form, self._at + 1)) and self._next("{"):
            self._at = found.end()
            least = int(found[1])
            most = least if found[2] is None else int(found[3]) if found[3] else least + _MORE
        self._next("?")  # as few as may be: the text matches either way
        return least, most

    def _atom(self) -> Callable[[], Iterable[str]]:
        taken = self._take()
        if taken == "(":
            return self._group()
        if taken == "[":
            return self._one_of(self._class())
        if taken == ".":
            return self._one_of(_CLASSES["alnum"])
        if taken in "^$":
            return lambda: ()
        if taken == "\\":
            letters = self._escaped()
            return self._one_of(letters) if letters else lambda: ()
        if taken in "*+?{":
            raise _Unknown
        return lambda: (taken,)

    def _group(self) -> Callable[[], Iterable[str]]:
        silent = any(self._next(each) for each in ("?=", "?!", "?<=", "?<!"))
        if not silent:
            self._next("?:")
        inside = self._alternatives()
        if not self._next(")"):
            raise _Unknown
        return (lambda: ()) if silent else inside

    def _one_of(self, letters: str) -> Callable[[], Iterable[str]]:
        return lambda: (letters[self._draw(len(letters))],)

    def _escaped(self) -> str:
        """Return what an escape stands for; nothing where that is a place."""
        taken = self._take()
        if taken in _NOTHING:
            return ""
        if taken in _ESCAPES:
            return _ESCAPES[taken]
        if taken.lower() in "dws":
            return "".join(each for each in _PRINTED if each not in _ESCAPES[taken.lower()])
        if taken.isalnum():
            raise _Unknown
        return taken

    def _class(self) -> str:
        negated, letters = self._next("^"), ""
        while True:
            if self._next("[:"):
                name, _, _ = self._form[self._at :].partition(":]")
                if name not in _CLASSES:
                    raise _Unknown
                self._at += len(name) + 2
                letters += _CLASSES[name]
                continue
            taken = self._take()
            if taken == "]" and letters:
                break
            letters += self._escaped() if taken == "\\" else self._range(taken)
        found = [each for each in _PRINTED if each not in letters] if negated else [*dict.fromkeys(letters)]
        if not found:
            raise _Unknown
        return "".join(found)

    def _range(self, first: str) -> str:
        after = self._form[self._at : self._at + 2]
        if len(after) < 2 or after[0] != "-" or after[1] in "]\\":  # noqa: PLR2004 - the dash and the end
            return first
        self._at += 2
        return "".join(map(chr, range(ord(first), ord(after[1]) + 1)))
