"""Rules: how a scenario says what a column holds. One verb, one class, registered by its name."""

from ttdb.seed.rules import arithmetic, links, shares, tallies, times, words  # noqa: F401 - importing registers verbs
from ttdb.seed.rules.base import Rows, Rule, parse

__all__ = ["Rows", "Rule", "parse"]
