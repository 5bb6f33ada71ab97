"""Make a table's rows: each from its number alone, and from the rows that it may refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from ttdb.seed.draw import Ints, Source
from ttdb.seed.generic.chunk import Chunk, Family, How
from ttdb.seed.generic.fields import TIMES
from ttdb.seed.generic.layout import Layout
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.peers import Peers, Turns, keys
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.seed.generic.taking import Taking
from ttdb.shape import CannotMake
from ttdb.shape.model import Kind

Columns: TypeAlias = Mapping[str, list[str | None]]
_EVEN = 2**32
_APART, _LAST = 97, 500_000  # steps between moments that are counted, and how far they go
_MINUTES = 525_600  # that moments are moved by at most


@dataclass(slots=True)
class Shares:
    """Which tenant a row belongs to: the first twice as often as the second, thrice the third."""

    count: int
    source: Source

    def of(self, numbers: Ints) -> Ints:
        """Return the tenant's place for each row number; the first rows go to each in turn."""
        weights = np.cumsum(1 / np.arange(1, self.count + 1))
        drawn = self.source.stream("tenants").below(numbers, _EVEN) / _EVEN * weights[-1]
        places = np.minimum(np.searchsorted(weights, drawn, side="right"), self.count - 1)
        return np.where(numbers < self.count, numbers, places)


@dataclass(slots=True)
class Rows:
    """Makes rows of one table."""

    plan: Plan
    layout: Layout
    shares: Shares
    family: Family
    begin: int  # the first row's number
    count: int  # row numbers that there may be, or more where rows are refused
    limits: dict[str, str] = field(default_factory=dict)  # keys and references that allow no more rows
    _most: int = 1
    apart: bool = False  # no row may refer to itself
    leaning: dict[int, int | None] = field(default_factory=dict)  # rows made last, and which they need beside them
    _turns: Turns | None = None
    _able: Ints | None = None

    @property
    def stored(self) -> list[str]:
        """The columns that get a value."""
        given = {plan_name for each in self.plan.references for plan_name in each.columns}
        given |= {*self.layout.fresh, *self.layout.counted, *self.layout.plain, *self.layout.steady}
        given |= {name for pool in self.layout.pools for name in pool.filled} | self.layout.placed
        given |= {name for each in self.layout.products for name in each.columns}
        if self.plan.tenant:
            given.add(self.plan.tenant)
        return [name for name in self.layout.fields if name in given]

    def __post_init__(self) -> None:
        self._most = max(self.count, 1)  # which further tries do not change

    @property
    def needs_itself(self) -> bool:
        """Say whether each row must refer to one of its own table."""
        return any(each.needed and each.parent == self.plan.table.oid for each in self.plan.references)

    def take_only(self, parents: Mapping[str, Kept]) -> None:
        """Refer from now on to these parents alone, by reference."""
        self.family = replace(self.family, free={**self.family.free, **parents})
        self._able = self._turns = None

    def whose(self, numbers: Ints) -> Ints:
        """Return the tenant's place for each row number: one of those that have all rows which the row needs."""
        if self._able is None:
            able = [tenant for tenant in range(self.shares.count) if self._has_parents(tenant)]
            moved = [
                tenant if tenant in able else able[tenant % len(able)] if able else tenant
                for tenant in range(self.shares.count)
            ]
            self._able = np.array(moved, np.int64)
        return self._able[self.shares.of(numbers)]

    def _has_parents(self, tenant: int) -> bool:
        return all(
            self.family.of(each).of(tenant if each.parent in self.family.owned else None)
            for each in self.plan.references
            if each.needed and each.parent != self.plan.table.oid and each.name not in self.plan.promised
        )

    def _ordinals(self, numbers: Ints) -> Ints:
        """Return for each row number how many rows of the same tenant come before it."""
        return self._turns_until(int(numbers.max(initial=0))).places[numbers] if self.plan.owned else numbers

    def _turns_until(self, last: int) -> Turns:
        if self._turns is None or last >= len(self._turns.places):
            self.count = max(self.count, last + 1)
            every = np.arange(self.count, dtype=np.int64)
            tenants = self.whose(every) if self.plan.owned else np.zeros(self.count, np.int64)
            self._turns = Turns.of(tenants, self.shares.count)
        return self._turns

    def _peers(self, chunk: Chunk, reference: Reference) -> list[Line | None] | None:
        """Return the keys of rows of this table that rows refer to, as far as their numbers tell; None for others."""
        linked = reference.name in self.layout.linked
        if reference.parent != self.plan.table.oid or not (linked or reference.needed):
            return None
        last = int(chunk.numbers[-1])
        turns = self._turns_until(last)
        peers = Peers(turns, linked, self.apart, chunk.how.within or (int(chunk.numbers[0]), len(turns.places)))
        if self.layout.counted.keys() & set(reference.parent_columns) and not linked:
            return self._siblings(chunk, reference, peers)
        chunk.peers = found = peers.chosen(reference, chunk.numbers)
        numbers = np.array([last if each is None else each for each in found], np.int64)
        tenants = chunk.columns.get(self.plan.tenant or "", [None] * len(chunk))
        lines = keys(reference.parent_columns, self.layout.fresh, self.plan.tenant, tenants, numbers)
        return [None if each is None or None in line else line for each, line in zip(found, lines, strict=True)]

    def _siblings(self, chunk: Chunk, reference: Reference, peers: Peers) -> list[Line | None]:
        """Return the keys of rows with the same parents: a row itself, or the other of its pair."""
        columns = self._counted(chunk, chunk.counts ^ 1) if self.apart else chunk.columns
        lines = zip(*(columns.get(name, [None] * len(chunk)) for name in reference.parent_columns), strict=True)
        chunk.peers = found = peers.chosen(reference, chunk.numbers) if self.apart else chunk.numbers.tolist()
        return [None if each is None or None in line else line for each, line in zip(found, lines, strict=True)]

    def first(self, number: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Return of one row what tells it apart, what it must have, and what it may have.

        It must have its tenant and the parents that it needs; it may have other parents.

        Raises:
            CannotMake: there is no parent that it needs.

        """
        self.limits.clear()
        chunk = self._keyed(np.array([number], np.int64), How())
        if chunk.lost[0]:
            raise CannotMake("; ".join(self.limits.values()))
        fixed: dict[str, Any] = {self.plan.tenant: chunk.columns[self.plan.tenant][0]} if self.plan.tenant else {}
        may: dict[str, Any] = {}
        for reference in self.plan.references:
            for name in reference.columns:
                if name not in fixed:
                    (fixed if reference.needed else may)[name] = chunk.columns[name][0]
            if reference.needed and reference.parent == self.plan.table.oid:
                key = [name for name in reference.parent_columns if name in chunk.columns]
                fixed |= {name: chunk.columns[name][0] for name in key}
        may = {name: value for name, value in may.items() if name not in fixed}
        filled = {column.name for column in self.plan.table.columns if column.not_null}  # where no parent gives a value
        own = {name: chunk.columns[name][0] for name in (*self.layout.fresh, *self.layout.placed)}
        return own, fixed, {name: value for name, value in may.items() if value is not None or name not in filled}

    def make(self, numbers: Ints, how: How = How()) -> list[Line | None]:  # noqa: B008 - frozen
        """Return a row for each number, or None where there can be none; columns are those stored."""
        chunk = self._keyed(numbers, how)
        self._describe(chunk)
        stored = self.stored
        lines = zip(*(chunk.columns[name] for name in stored), strict=True) if stored else [()] * len(numbers)
        return [None if gone else line for line, gone in zip(lines, chunk.lost, strict=True)]

    def _keyed(self, numbers: Ints, how: How) -> Chunk:
        """Make the rows' tenants, keys and references."""
        tenants = self.whose(numbers) if self.plan.owned else None
        chunk = Chunk(
            self.plan, numbers, tenants, how, self.layout.linked, self.layout.arcs, lost=[False] * len(numbers)
        )
        if self.plan.tenant and tenants is not None:
            places = numbers if self.plan.is_tenants else tenants
            chunk.columns[self.plan.tenant] = [self.family.tenants[place] for place in places.tolist()]
        for name, make in self.layout.fresh.items():
            chunk.columns[name] = list(make(numbers))
        places_of, counts = self._in_turn(chunk)
        itself = [each for each in self.plan.references if each.parent == self.plan.table.oid]
        self._refer(chunk, [each for each in self.plan.references if each not in itself], places_of)
        chunk.counts = np.array(counts, np.int64)
        chunk.columns = self._counted(chunk, chunk.counts)
        self._place(chunk, counts)
        self._refer(chunk, itself, places_of)  # to rows of which the keys are known by now
        self.leaning = {int(numbers[row]): chunk.peers[row] for row in chunk.leaning if row < len(chunk.peers)}
        return chunk

    def _counted(self, chunk: Chunk, counts: Ints) -> dict[str, list[str | None]]:
        """Return the columns that are counted within the parents of rows, beside those that there are."""
        found = {name: values for name, values in chunk.columns.items() if name not in self.layout.counted}
        for name, make in self.layout.counted.items():
            found[name] = list(make(self._spread_out(found, name, counts)))
        return found

    def _spread_out(self, columns: Columns, name: str, ordinals: Ints) -> Ints:
        """Let the moments and ranges of different parents' rows begin at different ones, as far as years allow."""
        own, room = self.layout.fields[name].base, min(_APART, _LAST // self._most)
        key = next((digits.columns for digits in self.layout.digits if name in digits.columns), ())
        others = [columns[each] for each in key if each not in self.layout.counted and each in columns]
        if (own.name not in TIMES and own.kind not in (Kind.RANGE, Kind.MULTIRANGE)) or not others or room <= 1:
            return ordinals
        begins = [crc32(repr(line).encode()) % room for line in zip(*others, strict=True)]
        return ordinals * room + np.array(begins, np.int64)

    def _refer(self, chunk: Chunk, references: Sequence[Reference], places_of: Mapping[str, list[int]]) -> None:
        for reference in references:
            peers = self._peers(chunk, reference)
            if not chunk.refer(self.family, reference, places_of.get(reference.name), peers):
                self.limits[reference.name] = f"{reference.name} finds no row to refer to"

    def _place(self, chunk: Chunk, ordinals: Sequence[int]) -> None:
        """Choose each row's partition, and give it the values that go there."""
        placing = self.layout.placing
        if placing is None:
            return
        told = list(zip(*(chunk.columns[name] for name in placing.told), strict=True))
        places = placing.places(chunk.numbers, told)
        for name in placing.columns:
            offsets = ordinals if name in self.layout.counted else None
            chunk.columns[name] = placing.values(name, places, offsets)

    def _in_turn(self, chunk: Chunk) -> tuple[dict[str, list[int]], list[int]]:
        """Return for references that make up a key which parent each row has, and how many rows had the same before."""
        taking = Taking(self.plan, self.layout, self.family, chunk, self._ordinals(chunk.numbers).tolist(), self.apart)
        taking.take(self._since_begin)
        self.limits |= taking.limits
        return taking.places, taking.counts

    def _since_begin(self, chunk: Chunk) -> list[int]:
        """Return for each row how many of its tenant's were made before it in this run."""
        before = np.arange(self.begin, dtype=np.int64)
        earlier = np.bincount(self.whose(before), minlength=self.shares.count) if self.plan.owned else None
        start = self.begin if earlier is None or chunk.tenants is None else earlier[chunk.tenants]
        found: list[int] = (self._ordinals(chunk.numbers) - start).tolist()
        return found

    def _describe(self, chunk: Chunk) -> None:
        """Fill what is neither key nor reference, and what a reference that is left out would have said."""
        numbers, columns, by_parents = chunk.numbers, chunk.columns, dict(chunk.columns)
        for name, value in self.layout.steady.items():
            columns[name] = [value] * len(chunk)
        for name, make in self.layout.plain.items():
            columns[name] = list(make(numbers))
        for product in self.layout.products:
            turns = self._ordinals(numbers) if product.of_tenant else numbers
            columns |= zip(product.columns, map(list, zip(*product.taken(turns), strict=True)), strict=True)
        minutes = self.family.source.stream(f"{self.plan.table}/moved").below(numbers, _MINUTES).tolist()
        for pool in self.layout.pools:
            stream = self.family.source.stream(f"{self.plan.table}.{'+'.join(pool.columns)}")
            choices = stream.below(numbers, _EVEN if pool.told else len(pool.lines)).tolist()
            lines = pool.draw(choices, list(zip(*(columns[name] for name in pool.told), strict=True)))
            moved = pool.moved_to(lines, columns[pool.anchor]) if pool.anchor else pool.moved_back(lines, minutes)
            for name, values in zip(pool.columns, zip(*moved, strict=True), strict=True):
                if name != pool.anchor:
                    columns[name] = list(values)
        tied = {name for pool in self.layout.pools if pool.anchor for name in pool.filled}
        for name in (name for name in self.layout.described if name not in tied):
            if name in self.layout.frozen or (chunk.how.safe and name in self.layout.ruled):
                columns[name] = self._as_taken(name, numbers)
            if name in by_parents:
                pairs = zip(by_parents[name], columns[name], strict=True)
                columns[name] = [own if said is None else said for said, own in pairs]
        self._go_beyond(chunk)

    def _as_taken(self, name: str, numbers: Ints) -> list[str | None]:
        """Return for each row what the row had that was taken, or what else a trigger takes."""
        values = self.layout.allowed.get(name) or (self.layout.base.get(name),)
        stream = self.family.source.stream(f"{self.plan.table}.{name}/allowed")
        return [values[each] for each in stream.below(numbers, len(values)).tolist()]

    def _go_beyond(self, chunk: Chunk) -> None:
        """Give rows for which a partial key has no room values with which they are none of its."""
        for key, pool in self.layout.spare:
            stream = self.family.source.stream(f"{self.plan.table}/{key.name}")
            chances = stream.below(chunk.numbers, len(pool.lines)).tolist()
            for row, number in enumerate(chunk.numbers.tolist()):
                if (key.name, number) in chunk.how.beyond:
                    for name, value in zip(pool.columns, pool.lines[chances[row]], strict=True):
                        chunk.columns[name][row] = value
