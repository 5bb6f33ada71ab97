"""Chance without a generator: every value is a hash of what it is for, so that no value shifts another.

A stream is named after scenario, seed, table and column; a row asks it by its own number. The mixing is plain 64-bit
arithmetic, the same in any language and on any machine, done for whole columns at once.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ttdb.postgres.development import ID_TAG

Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]
_U = np.uint64
_GOLDEN, _FIRST, _SECOND = _U(0x9E3779B97F4A7C15), _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = _U(27), _U(30), _U(31), _U(32)


@dataclass(frozen=True, slots=True)
class Stream:
    """An endless row of words, each computed from its number alone."""

    key: int

    def words(self, numbers: Ints) -> Words:
        """Return the 64-bit words of these row numbers (splitmix64)."""
        mixed = numbers.astype(np.int64, copy=False).view(np.uint64) * _GOLDEN
        mixed += _U((int(_GOLDEN) + self.key) % 2**64)  # of the number that follows: rows are counted from 0
        mixed ^= mixed >> _S30
        mixed *= _FIRST
        mixed ^= mixed >> _S27
        mixed *= _SECOND
        mixed ^= mixed >> _S31
        return mixed

    def below(self, numbers: Ints, limit: "int | Ints") -> Ints:
        """Return an even choice from 0 to ``limit - 1`` for each row; ``limit`` is at most 2**32."""
        words = self.words(numbers)
        words >>= _S32
        words *= _U(limit) if isinstance(limit, int) else limit.astype(np.uint64)
        words >>= _S32
        return words.view(np.int64)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run's streams come from: the scenario's name and the seed."""

    scenario: str
    seed: int

    def stream(self, name: str) -> Stream:
        """Return the stream of one purpose, such as ``public.orders.status``."""
        return _stream(f"{self.scenario}\0{self.seed}\0{name}")


@lru_cache(maxsize=4096)
def _stream(text: str) -> Stream:
    return Stream(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))


def made_ids(high: Words, low: Words) -> Words:
    """Return version 8 UUIDs of 90 hashed bits that end in the tag of the seed's own ids, as two words a row."""
    made = np.empty((len(high), 2), np.uint64)
    made[:, 0] = (high & _U(0xFFFF_FFFF_FFFF_0FFF)) | _U(0x8000)
    made[:, 1] = (low & _U(0x3FFF_FFFF_0000_0000)) | _U(0x8000_0000_0000_0000 | int(ID_TAG, 16))
    return made
