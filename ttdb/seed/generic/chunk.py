"""Some rows in the making, and who they refer to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ttdb.seed.draw import Ints, Source
from ttdb.seed.generic.fields import Make
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.seed.generic.ways import Arc, Way

_EVEN = 2**32
_SKEW = 2  # the power by which the first rows of a parent are preferred
_NO_PARENT = 15  # of a hundred rows where there need not be one


@dataclass(frozen=True, slots=True)
class How:
    """How rows are made anew that a rule did not take."""

    again: int = 0  # other parents are drawn
    safe: bool = False  # what rules speak of is as in the row that the table took
    alone: bool = False  # no parents where there need not be any
    beyond: frozenset[tuple[str, int]] = frozenset()  # partial keys, and rows that are to be none of theirs
    within: tuple[int, int] | None = None  # the first and the last number of those that one statement inserts


@dataclass(frozen=True, slots=True)
class Family:
    """The rows there are to refer to."""

    source: Source
    tenants: Sequence[str]  # their keys
    kept: Mapping[int, Kept]
    owned: frozenset[int]  # tables whose rows belong to tenants
    to_come: Mapping[tuple[int, str], Make]  # keys of tables that are filled later, and referred to before
    names: Mapping[int, str] = field(default_factory=dict)  # of tables
    free: Mapping[str, Kept] = field(default_factory=dict)  # by reference: those that rows may name, where not all

    def of(self, reference: Reference) -> Kept:
        """Return the rows that a reference may name."""
        return self.free.get(reference.name, self.kept[reference.parent])


@dataclass(slots=True)
class Chunk:
    """Rows of one table, a list of values for each column."""

    plan: Plan
    numbers: Ints
    tenants: Ints | None  # whose each row is, by place
    how: How
    linked: frozenset[str] = frozenset()  # references to this table of which no two rows may have the same
    arcs: Sequence[Arc] = ()  # references of which some are set and others not
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    counts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # of earlier rows with the same parents
    peers: list[int | None] = field(default_factory=list)  # the number of the row that each may refer to
    leaning: set[int] = field(default_factory=set)  # rows that refer to one that may come after them
    lost: list[bool] = field(default_factory=list)  # rows that find no parent which they need

    def __len__(self) -> int:
        return len(self.numbers)

    def sizes(self, family: Family, reference: Reference) -> list[int]:
        """Return for each row how many rows it may refer to."""
        kept = family.of(reference)
        whose = self._whose(family, reference)
        size = {tenant: len(kept.of(tenant)) for tenant in set(whose)}
        return [size[tenant] for tenant in whose]

    def refer(
        self,
        family: Family,
        reference: Reference,
        places: Sequence[int] | None,
        peers: Sequence[Line | None] | None,
    ) -> bool:
        """Fill the columns of a reference, with given parents or with some by chance; say whether all found theirs.

        Args:
            family: the rows to refer to.
            reference: to fill.
            places: of the parents among these, where they are taken in turn.
            peers: the keys of rows of this table that are taken where none is kept, or where places are given to none.

        """
        kept = family.of(reference)
        before = [name for name in reference.columns if name in self.columns]
        for name in reference.columns:
            self.columns.setdefault(name, [None] * len(self))
        if reference.name in self.plan.late and not len(kept):
            return True
        stream = family.source.stream(f"{self.plan.table}/{reference.name}/{self.how.again}")
        chances = (stream.below(self.numbers, _EVEN) / _EVEN).tolist()
        empty, whose, all_found = self._left_out(family, reference), self._whose(family, reference), True
        taken = kept.places(reference.parent_columns)
        partners = [reference.parent_columns[reference.columns.index(name)] for name in before]
        linked = reference.name in self.linked
        of_its_own = reference.parent == self.plan.table.oid and not linked and set(partners) <= self.columns.keys()
        earlier: dict[tuple[int | None, Line], list[Line]] = defaultdict(list)  # rows of the same statement
        for row in range(len(self)):
            if of_its_own and row and not self.lost[row - 1]:
                line = tuple(self.columns[name][row - 1] if name in self.columns else None for name in kept.columns)
                earlier[whose[row - 1], self._told(partners, row - 1)].append(line)
            if empty[row]:
                continue
            lines = [] if linked else self._candidates(kept, whose[row], partners, before, row)
            lines = self._naming(kept, reference, whose[row], row) or lines
            lines = lines or earlier.get((whose[row], self._told(before, row)), [])
            chosen = places[row] % max(len(lines), 1) if places else int(len(lines) * chances[row] ** _SKEW)
            values: Line | None
            if lines:
                values = tuple(lines[chosen][place] for place in taken)
            else:
                values = peers[row] if peers else self._promised_key(family, reference, row)
                self.leaning |= {row} if peers else set()
            if values is not None:
                for name, value in zip(reference.columns, values, strict=True):
                    self.columns[name][row] = value
            elif reference.needed:
                self.lost[row], all_found = True, False
        return all_found

    def _whose(self, family: Family, reference: Reference) -> list[int | None]:
        if self.tenants is not None and reference.parent in family.owned:
            return list(self.tenants.tolist())
        return [None] * len(self)

    def _left_out(self, family: Family, reference: Reference) -> list[bool]:
        if reference.needed:
            return [False] * len(self)
        for arc in self.arcs:
            if reference.name in arc.references:
                place = arc.references.index(reference.name)
                return [not way[place] for way in self._ways(family, arc)]
        if self.how.alone:
            return [True] * len(self)
        chance = family.source.stream(f"{self.plan.table}/{reference.name}/none").below(self.numbers, 100)
        return [each < _NO_PARENT for each in chance.tolist()]

    def _ways(self, family: Family, arc: Arc) -> list[Way]:
        """Choose for each row which references of an arc are set."""
        own = [next(each for each in self.plan.references if each.name == name) for name in arc.references]
        sizes = zip(*(self.sizes(family, each) for each in own), strict=True)
        stream = family.source.stream(f"{self.plan.table}/{'+'.join(arc.references)}/{self.how.again}")
        chances = stream.below(self.numbers, _EVEN).tolist()
        return [arc.chosen([bool(each) for each in able], chance) for able, chance in zip(sizes, chances, strict=True)]

    def _naming(self, kept: Kept, reference: Reference, tenant: int | None, row: int) -> Sequence[Line]:
        """Return the rows to refer to that name this row already."""
        own = [name for name, _ in reference.named_by]
        if not own or not set(own) <= self.columns.keys():
            return []
        return kept.matching(tenant, [other for _, other in reference.named_by], self._told(own, row))

    def _candidates(
        self, kept: Kept, tenant: int | None, partners: Sequence[str], before: Sequence[str], row: int
    ) -> Sequence[Line]:
        """Return the rows to choose from: those that agree with what other references have fixed."""
        told = zip(partners, self._told(before, row), strict=True)
        known = [(name, value) for name, value in told if value is not None]
        if not known:
            return kept.of(tenant)
        return kept.matching(tenant, [name for name, _ in known], tuple(value for _, value in known))

    def _told(self, names: Sequence[str], row: int) -> Line:
        return tuple(self.columns[name][row] for name in names)

    def _promised_key(self, family: Family, reference: Reference, row: int) -> Line | None:
        """Return the key of a row that comes later under a key known now."""
        if reference.name not in self.plan.promised:
            return None
        line: list[str | None] = []
        for name in reference.parent_columns:
            if make := family.to_come.get((reference.parent, name)):
                line.append(make(self.numbers[row : row + 1])[0])
            else:
                line.append(None if self.tenants is None else family.tenants[int(self.tenants[row])])
        return None if None in line else tuple(line)
