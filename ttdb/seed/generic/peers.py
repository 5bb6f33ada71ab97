"""Rows of a table that refer to others of the same statement, which nobody has kept yet: a number tells the key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ttdb.seed.draw import Ints
from ttdb.seed.generic.fields import Make
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.plan import Reference


@dataclass(frozen=True, slots=True)
class Turns:
    """Which turn each row has among those of its tenant, and back."""

    tenants: Ints  # of every row number that there may be
    order: Ints  # row numbers, a tenant's side by side
    starts: Ints  # where each tenant's begin
    places: Ints  # of every row number: its turn

    @classmethod
    def of(cls, tenants: Ints, count: int) -> "Turns":
        """Count the rows of each tenant."""
        order = np.argsort(tenants, kind="stable").astype(np.int64)
        starts = np.searchsorted(tenants[order], np.arange(count + 1))
        places = np.empty(len(tenants), np.int64)
        places[order] = np.arange(len(tenants)) - starts[tenants[order]]
        return cls(tenants, order, starts, places)

    def number(self, tenant: int, turn: int) -> int | None:
        """Return the number of a tenant's row."""
        place = int(self.starts[tenant]) + turn
        return int(self.order[place]) if turn >= 0 and place < int(self.starts[tenant + 1]) else None

    def first(self, tenant: int, number: int) -> int:
        """Return the turn of a tenant's first row from a number on."""
        start, end = int(self.starts[tenant]), int(self.starts[tenant + 1])
        return int(np.searchsorted(self.order[start:end], number))


@dataclass(frozen=True, slots=True)
class Peers:
    """Chooses for rows whom of their own table they refer to, where that follows from their numbers."""

    turns: Turns
    linked: bool  # no two may refer to the same row
    apart: bool  # none may refer to itself
    within: tuple[int, int]  # the numbers of the statement

    def chosen(self, reference: Reference, numbers: Ints) -> list[int | None]:
        """Return the number of the row that each one refers to; None where there is none."""
        return [self._one(number, needed=reference.needed) for number in numbers.tolist()]

    def _one(self, number: int, *, needed: bool) -> int | None:
        tenant, turn = int(self.turns.tenants[number]), int(self.turns.places[number])
        if self.linked and not needed:
            return self.turns.number(tenant, turn - 1)
        first = self.turns.first(tenant, self.within[0])
        target = first + (turn - first ^ 1) if self.apart else turn
        found = self.turns.number(tenant, target)
        return found if found is not None and self.within[0] <= found <= self.within[1] else None


def keys(
    names: Sequence[str], makes: Mapping[str, Make], tenant: str | None, tenants: Sequence[str | None], numbers: Ints
) -> list[Line]:
    """Return what rows hold in the columns of a key, which their numbers and their tenants tell."""
    columns = [
        list(tenants) if name == tenant else makes[name](numbers) if name in makes else [None] * len(numbers)
        for name in names
    ]
    return list(zip(*columns, strict=True))


def together(numbers: Sequence[int], most: int, leaning: Mapping[int, int | None]) -> list[int]:
    """Choose so many rows at most, the first first, but none without that which it leans on."""
    there, chosen = set(numbers), set[int]()
    for number in numbers:
        other = leaning.get(number)
        more = {number, number if other is None else other} - chosen
        if more <= there and len(chosen) + len(more) <= most:
            chosen |= more
    return sorted(chosen)
