"""Shares: how much of what is picked falls to each row, and the rule that says it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ttdb.seed.columns import Column, Numbers, Value
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.rules.base import Rows, Rule, verb

SHARES = ("even", "harmonic")
_WHOLE = 1_000_000
_DECIMALS = 9


def harmonic_limits(count: int) -> Ints:
    """Return where the shares of so many rows end: the second has half of the first's, the third a third."""
    limits: Ints = np.cumsum(_WHOLE // np.arange(1, count + 1))
    return limits


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
