"""Take the parents of rows in turn, where no two rows of a key may have the same of all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ttdb.seed.generic.chunk import Chunk, Family
from ttdb.seed.generic.layout import Digits, Layout
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.seed.generic.turns import abreast, in_groups, in_pairs, in_turn


@dataclass(slots=True)
class Taking:
    """Which parents the rows of a chunk have."""

    plan: Plan
    layout: Layout
    family: Family
    chunk: Chunk
    counts: list[int]  # of each row, how many of its tenant's come before; then how many with the same parents
    apart: bool = False  # rows refer to others of their own parent
    places: dict[str, list[int]] = field(default_factory=dict)  # by reference, of each row's parent
    limits: dict[str, str] = field(default_factory=dict)  # keys that allow no more rows

    def take(self, since_begin: Callable[[Chunk], list[int]]) -> None:
        """Choose the parents; ``since_begin`` counts the rows of this run alone, for parents that are left over."""
        ordinals = self.counts
        for digits in self.layout.digits:
            is_left_over = any(name in self.family.free for name in digits.references)
            rest = since_begin(self.chunk) if is_left_over else list(ordinals)
            rest = self._abreast(digits, rest) if digits.abreast else self._one_by_one(digits, rest)
            if digits.limited:
                self._limit(digits, rest)
            elif self._is_counted(digits):
                self.counts = rest

    def _is_counted(self, digits: Digits) -> bool:
        return any(name in self.layout.counted for name in digits.columns)

    def _one_by_one(self, digits: Digits, rest: list[int]) -> list[int]:
        """Choose the parents of each reference of a key after the other; return what is left to tell rows apart."""
        before = [self._alike(digits) - 1] * len(self.chunk)
        within = digits.within or (digits.references if self._is_counted(digits) else ())
        for name in digits.references:
            sizes = self.chunk.sizes(self.family, self._reference(name))
            counted = in_pairs if self.apart else in_groups
            take = counted if within == (name,) else in_turn
            pairs = [take(left, size, last) for left, size, last in zip(rest, sizes, before, strict=True)]
            before, rest = [place for place, _ in pairs], [left for _, left in pairs]
            self.places[name] = before
            if digits.within[-1:] == (name,):
                self.counts = rest
        return rest

    def _alike(self, digits: Digits) -> int:
        """Return how many references to the same table have its first rows first: another one begins later."""
        parent = self._reference(digits.references[0]).parent
        return sum(self._reference(name).parent == parent for name in self.places) if digits.limited else 0

    def _abreast(self, digits: Digits, numbers: Sequence[int]) -> list[int]:
        """Choose the parents of one reference where a column is counted within those of others as well."""
        every = zip(*(self.chunk.sizes(self.family, self._reference(name)) for name in digits.abreast), strict=True)
        way = digits.abreast.index(digits.references[0])
        pairs = [abreast(number, sizes, way) for number, sizes in zip(numbers, every, strict=True)]
        self.places[digits.references[0]] = [place for place, _ in pairs]
        return [count for _, count in pairs]

    def _limit(self, digits: Digits, rest: Sequence[int]) -> None:
        for row, left in enumerate(rest):
            if left:
                self.chunk.lost[row] = True
                self.limits[digits.key] = f"{digits.key} takes no more: {self._parents(digits)} to refer to"

    def _parents(self, digits: Digits) -> str:
        """Say how many rows the parents have."""
        parents = dict.fromkeys(self._reference(name).parent for name in digits.references)
        counts = [(self.family.names.get(oid, "its parent"), len(self.family.kept[oid])) for oid in parents]
        return ", ".join(f"{name} has {count} row{'s' * (count != 1)}" for name, count in counts)

    def _reference(self, name: str) -> Reference:
        return next(each for each in self.plan.references if each.name == name)
