"""Where in a scenario file something stands, for errors that name file, line and key."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from ttdb.errors import ScenarioInvalid

_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""")


class Misplaced(ScenarioInvalid):
    """Raised for a line of a scenario."""

    def __init__(self, message: str, hint: str | None, place: "Place") -> None:
        super().__init__(message, hint)
        self.place = place


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a scenario's text."""

    file: str
    text: str
    path: tuple[str, ...] = ()

    def at(self, *keys: str) -> "Place":
        """Return the place of a key inside this one."""
        return Place(self.file, self.text, (*self.path, *keys))

    @property
    def line(self) -> int:
        """The line the key stands on, or the nearest one that encloses it; 1 where nothing does."""
        return _line(self.text, self.path)

    def wrong(self, what: str, hint: str | None = None) -> Misplaced:
        """Return the error for this place."""
        key = f"{'.'.join(self.path)}: " if self.path else ""
        message = f"{self.file}, line {self.line}: {key}{what}"
        return Misplaced(message, hint, self)

    def unknown(self, kind: str, name: str, known: Iterable[str]) -> Misplaced:
        """Return the error for a name that does not exist, with the nearest that does."""
        return self.wrong(f'unknown {kind} "{name}"', suggestion(name, known, kind))


def suggestion(name: str, known: Iterable[str], kind: str) -> str:
    """Say which known name was probably meant, or list them all."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known as {kind}: {', '.join(names)}." if names else f"Nothing is known here as {kind}."


def _line(text: str, path: tuple[str, ...]) -> int:
    best, depth, inside = 1, 0, False
    header: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            header = here = _keys(match[1])
        elif match := _KEY.match(line):
            here = header + _keys(match[1])
        elif inside and depth < len(path) and _mentions(line, path[depth:]):
            return number
        else:
            continue
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, path, strict=False)))
        # Of a table that is not there itself, another part of it is where it would be.
        fits = common in {len(here), len(path)} or common >= max(2, len(path) - 1)
        if fits and common > depth:
            best, depth = number, common
        inside = here == path[: len(here)] and len(here) == depth
    return best


def _keys(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in re.split(r'\.(?=(?:[^"]*"[^"]*")*[^"]*$)', text))


def _mentions(line: str, keys: tuple[str, ...]) -> bool:
    wanted = [key for key in keys if not key.isdigit()]
    return bool(wanted) and re.search(rf"\b{re.escape(wanted[-1])}\b", line.split("#", maxsplit=1)[0]) is not None
