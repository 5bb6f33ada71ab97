"""References of which not all ways to set some are allowed, and the way of each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

Way: TypeAlias = tuple[bool, ...]  # of references: which are set


@dataclass(frozen=True, slots=True)
class Arc:
    """References of which not all ways to set some are allowed."""

    references: tuple[str, ...]
    columns: Mapping[str, int]  # that tell of a reference whether it is set, each with its reference's place
    ways: tuple[Way, ...]

    def allows(self, told: Mapping[str, bool]) -> bool:
        """Say whether there is a way in which columns are set or not as they are told to be."""
        own = [(place, told[name]) for name, place in self.columns.items() if name in told]
        return any(all(way[place] == is_set for place, is_set in own) for way in self.ways)

    def chosen(self, able: Sequence[bool], chance: int) -> Way:
        """Return a way of those that set only references to which there are rows; any where there is none."""
        ways = [way for way in self.ways if all(can or not is_set for is_set, can in zip(way, able, strict=True))]
        return (ways or self.ways)[chance % len(ways or self.ways)]


def allowed(arcs: Iterable[Arc], names: Sequence[str]) -> Iterator[Way]:
    """Yield the ways in which columns may be set."""
    for way in product((False, True), repeat=len(names)):
        told = dict(zip(names, way, strict=True))
        if all(arc.allows(told) for arc in arcs):
            yield way
