"""Whether another's value is within reach of who does not know it: an address, or a number that may be tried."""

from collections.abc import Iterable
from math import log2

from ttdb.validate.taint import UUID

_REACH = 24  # bits: some million tries
_LETTERS, _DIGITS, _SIGNS = 26, 10, 32


def within_reach(value: str, own: Iterable[str]) -> bool:
    """Tell whether a value may be known or found by trying.

    Addresses are known to many. Of other values a sign costs nothing where one's own values have the very same at its
    place, and else as many tries as there are signs of its kind. What is made at random by a server is out of reach.

    Args:
        value: another's.
        own: the values of the same column that the attacker has.

    """
    if UUID.fullmatch(value.lower()):
        return False
    if "@" in value:
        return True
    return min((_cost(value, known) for known in ("", *own)), default=_cost(value, "")) <= _REACH


def _cost(value: str, known: str) -> float:
    """Return the bits that are unknown of a value, to who knows another one."""
    if len(known) != len(value):
        known = ""
    padded = known.ljust(len(value), "\0")
    return sum(0 if sign == there else log2(_kinds(sign)) for sign, there in zip(value, padded, strict=True))


def _kinds(sign: str) -> int:
    if sign.isdigit():
        return _DIGITS
    return _LETTERS if sign.isalpha() else _SIGNS
