"""Which functions a piece of SQL calls, by their bare names: schemas may come from the search path."""

import re
from functools import lru_cache

_CALLED = re.compile(r'([\w$]+)"?\s*\(')
_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=8192)
def called_in(text: str) -> frozenset[str]:
    """Return the names, in lower case, that stand before an opening parenthesis."""
    return frozenset(name.lower() for name in _CALLED.findall(text))


def bare(name: str) -> str:
    """Return a function's name without its schema."""
    return name.rsplit(".", maxsplit=1)[-1].lower()


def without_comments(text: str) -> str:
    """Return SQL without what no server reads; a dash inside a text is taken for one, which costs that text only."""
    return _NOISE.sub(" ", text)
