"""Shares: how much of what is picked falls to each row, and the rule that says it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ttdb.seed.columns import Column, Numbers, Value
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.rules.base import Rows, Rule, verb

SHARES = ("even", "harmonic")
_WHOLE = 1_000_000
_DECIMALS = 9
_STEADY = 1 << 12  # from so many is drawn


def harmonic_limits(count: int) -> Ints:
    """Return where the shares of so many rows end: the second has half of the first's, the third a third."""
    limits: Ints = np.cumsum(_WHOLE // np.arange(1, count + 1))
    return limits


def steady_draw(stream: Callable[[str], Stream], numbers: Ints, counts: Ints) -> Ints:
    """Return a harmonic choice of so many for each row, which more to choose from leaves alone or takes for themselves.

    Each row draws from far more than there are, until what it draws is there. So a row that draws anew among more has
    either drawn one of those added before, or ends where it ended.
    """
    if not len(counts):
        return counts
    most = int(counts.max())
    limits, whole = harmonic_limits(most), _whole(max(_STEADY, 1 << (most - 1).bit_length()))
    ends = limits.take(counts - 1)
    drawn = stream("0!").below(numbers, whole)
    left, attempt = np.flatnonzero(drawn >= ends), 1
    while len(left):
        drawn[left] = stream(f"{attempt}!").below(numbers.take(left), whole)
        left, attempt = left[drawn.take(left) >= ends.take(left)], attempt + 1
    return np.searchsorted(limits, drawn, side="right")


@lru_cache(maxsize=4)
def _whole(count: int) -> int:
    return int(harmonic_limits(count)[-1])


@verb("portion", "where")
class Portion(Rule):
    """``portion = "harmonic"``: what part of all falls to this row where others pick from its table by that share.

    With ``where`` only the rows that fit have one, as where the pick has the same; all others have 0.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.share = self.text(data, "portion")
        if self.share not in SHARES:
            raise self.place.at("portion").unknown("share", self.share, SHARES)
        self.where: dict[str, list[Value]] = data.get("where", {})
        if not isinstance(self.where, dict) or any(not isinstance(allowed, list) for allowed in self.where.values()):
            raise self.place.at("where").wrong("must be columns, each with a list of values")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        every = rows.every()
        fits = np.ones(len(every), np.bool_)
        for path, allowed in self.where.items():
            fits &= every.follow(path, self.place).among(allowed)
        chosen = np.flatnonzero(fits)
        ends = harmonic_limits(len(chosen)) if self.share == "harmonic" else np.arange(1, len(chosen) + 1)
        portions = np.zeros(len(every), np.int64)
        portions[chosen] = np.diff(ends, prepend=0) * 10**_DECIMALS // max(int(ends.max(initial=0)), 1)
        return Numbers(values=portions[np.searchsorted(every.numbers, rows.numbers)], scale=_DECIMALS)
