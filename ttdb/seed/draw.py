"""Chance without a generator: every value is a hash of what it is for, so that no value shifts another.

A stream is named after scenario, seed, table and column; a row asks it by its own number. The mixing is plain 64-bit
arithmetic, the same in any language and easy to do for whole columns at once.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

_WORD = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
ID_TAG = "74746462"  # "ttdb" in ASCII: the end of every id the seed makes, and no id the server makes
ID_PATTERN = f"______________8%{ID_TAG}"  # version 8 (made by convention) and the tag, for SQL's LIKE


@dataclass(frozen=True, slots=True)
class Stream:
    """An endless row of words, each computed from its number alone."""

    key: int

    def word(self, number: int) -> int:
        """Return the 64-bit word of this row number (splitmix64)."""
        mixed = (self.key + (number + 1) * _GOLDEN) & _WORD
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return mixed ^ (mixed >> 31)

    def below(self, number: int, limit: int) -> int:
        """Return an even choice from 0 to ``limit - 1``; ``limit`` is at most 2**32."""
        return ((self.word(number) >> 32) * limit) >> 32


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run's streams come from: the scenario's name and the seed."""

    scenario: str
    seed: int

    def stream(self, name: str) -> Stream:
        """Return the stream of one purpose, such as ``public.orders.status``."""
        text = f"{self.scenario}\0{self.seed}\0{name}".encode()
        return Stream(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big"))


def made_id(high: int, low: int) -> UUID:
    """Return a version 8 UUID of 90 hashed bits that ends in the tag of the seed's own ids."""
    bits = ((high << 64) | low) & ~0xFFFF_FFFF | int(ID_TAG, 16)
    bits = bits & ~(0xF << 76) | (0x8 << 76)
    bits = bits & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=bits)
