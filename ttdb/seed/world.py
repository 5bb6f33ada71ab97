"""A scenario's rows, a window at a time: whole columns, each computed when first asked for, from those it needs.

A window is a range of rows of one table, with everything that is made per row of it. So memory is bounded by the
window. Tables that others pick from are kept whole, but only the columns that somebody follows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock

import numpy as np

from ttdb.seed import vocabulary
from ttdb.seed.catalog import CatalogTable, ForeignKey
from ttdb.seed.columns import Column, Link, Numbers
from ttdb.seed.draw import Ints, Source, Stream
from ttdb.seed.place import Place
from ttdb.seed.rules import Rule
from ttdb.seed.scenario import RowCount
from ttdb.seed.texts import Pool

_PARENT = "per"  # how a path begins that goes to the row this one was made for
_AT_A_TIME = 20_000  # rows of a base that are made before any others
_OWN_NUMBERS = ("row", "place")  # counted from 1; a path may be one of them
_VOLUMES = "volumes"  # how a path begins that goes to how many rows are asked for


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A table, how many rows it gets, the rule of each column, and the columns that are stored."""

    catalog: CatalogTable
    rows: RowCount
    rules: Mapping[str, Rule]
    stored: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows a window is made of: those of a table from one position to another, or some of them."""

    base: str
    start: int
    stop: int
    only: tuple[int, ...] | None = None  # positions

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.stop - self.start if self.only is None else len(self.only)

    def positions(self) -> Ints:
        """Return where the rows stand in the table."""
        return np.arange(self.start, self.stop) if self.only is None else np.array(self.only, np.int64)


class World:
    """All tables of one run."""

    def __init__(
        self,
        plans: Mapping[str, TablePlan],
        source: Source,
        volumes: Mapping[str, int],
        pools: vocabulary.Pools,
        anchor: datetime,
    ) -> None:
        self.plans, self.source, self.volumes, self.pools, self.anchor = plans, source, volumes, pools, anchor
        self.picked = {name for plan in plans.values() for rule in plan.rules.values() for name in rule.picks()}
        self.asked: set[tuple[str, str]] | None = None  # tables and columns that were looked at, where that is wanted
        self.lock = RLock()  # the whole tables are shared by all who make windows
        self.whole = Window(self, None)
        self._kept: dict[Span, Window] = {}
        self._words: dict[str, Pool] = {}
        self._keys: dict[tuple[str, str, str | None], ForeignKey | None] = {}

    def of(self, volumes: Mapping[str, int]) -> "World":
        """Return the world of other volumes."""
        return World(self.plans, self.source, volumes, self.pools, self.anchor)

    def pool(self, name: str, place: Place) -> Pool:
        """Return a pool of words."""
        if name not in self._words:
            self._words[name] = vocabulary.words(self.pools, name, place)
        return self._words[name]

    def key(self, table: str, column: str, parent: str | None = None) -> ForeignKey | None:
        """Return the foreign key a column belongs to: the narrowest, or the one to ``parent``."""
        asked = table, column, parent
        if asked not in self._keys:
            self._keys[asked] = self.plans[table].catalog.link(column, parent)
        return self._keys[asked]

    def table(self, name: str, place: Place | None = None) -> "Table":
        """Return a table's rows, all of them."""
        return self.whole.table(name, place)

    def ancestors(self, name: str) -> list[str]:
        """Return a table and those that it is made per, up to the root."""
        found = [name]
        while (parent := self.plans[found[-1]].rows.parent) is not None:
            found.append(parent)
        return found

    def base(self, name: str) -> str:
        """Return the table whose windows a table is made in: itself or an ancestor, kept whole or a root."""
        line = self.ancestors(name)
        return next((above for above in line if above in self.picked), line[-1])

    def fanout(self, name: str, base: str) -> float:
        """Return about how many rows of a table there are for one row of its base."""
        rows = 1.0
        while name != base:
            count = self.plans[name].rows
            rows *= (count.low + count.high) / 2
            name = count.parent or base
        return rows

    def size(self, base: str) -> int:
        """Return how many rows a base has."""
        volume = self.plans[base].rows.volume
        return self.volumes[volume] if volume is not None else len(self.table(base))

    def spans(self, base: str, rows: int) -> list[Span]:
        """Return the windows over a base, of so many rows each."""
        size = self.size(base)
        return [Span(base, start, min(size, start + rows)) for start in range(0, size, rows)]

    def window(self, span: Span) -> "Window":
        """Return one window, as it was left where it was kept."""
        return self._kept.pop(span, None) or Window(self, span)

    def keep(self, span: Span, window: "Window") -> None:
        """Keep a window for the next who asks for it: what it has computed need not be computed again."""
        self._kept[span] = window


class Window:
    """The tables as seen from some rows: those made per these rows are their part of it, all others are whole."""

    def __init__(self, world: World, span: Span | None) -> None:
        self.world, self.span = world, span
        self._tables: dict[str, Table] = {}

    def table(self, name: str, place: Place | None = None) -> "Table":
        """Return a table's rows in this window."""
        plans = self.world.plans
        if name not in plans:
            raise (place or next(iter(plans.values())).place).unknown("table", name, plans)
        if self.span is not None and self.span.base not in self.world.ancestors(name):
            return self.world.table(name)
        with self.world.lock:
            if name not in self._tables:
                self._tables[name] = self._laid_out(name)
            return self._tables[name]

    def close(self) -> None:
        """Let go of the rows: tables and window hold each other."""
        for table in self._tables.values():
            table.forget()
        self._tables.clear()

    def _laid_out(self, name: str) -> "Table":
        plan = self.world.plans[name]
        span = self.span
        if span is not None and span.base == name:
            if plan.rows.parent is None:
                return Table(self, plan, span.positions(), span.positions(), None)
            return self.world.table(name).part(self, span.positions())
        if plan.rows.parent is None:
            numbers = np.arange(self.world.volumes[plan.rows.volume or ""])
            return Table(self, plan, numbers, numbers, None)
        return _children(self, plan, self.table(plan.rows.parent))


def _children(window: Window, plan: TablePlan, parent: "Table") -> "Table":
    sizes = _sizes(window.world, plan, parent)
    parents = np.repeat(np.arange(len(parent)), sizes)
    ends = np.cumsum(sizes)
    places = np.arange(len(parents)) - (ends - sizes)[parents]
    numbers = parent.numbers[parents] * plan.rows.high + places
    return Table(window, plan, numbers, places, Link(parent, parents))


def _sizes(world: World, plan: TablePlan, parent: "Table") -> Ints:
    rows = plan.rows
    if rows.column is None:
        stream = world.source.stream(f"{plan.catalog.schema}.{plan.catalog.name}.#rows")
        return stream.below(parent.numbers, rows.high - rows.low + 1) + rows.low
    place = plan.place.at("rows")
    values = parent.follow(rows.column, place)
    if isinstance(values, Numbers):
        sizes, part = np.divmod(values.values, 10**values.scale)
        wrong = (part != 0) | (sizes < 0) | (sizes > rows.high) | ~values.present()
        if not wrong.any():
            return sizes
        value: object = values.values[wrong.argmax()] if values.null is None else None
    else:
        value = values.kind
    raise place.wrong(
        f'"{rows.column}" is {value} in a row: it must be a whole number from 0 to {rows.high}',
        "Raise most, or mend the column's rule.",
    )


class Table:
    """The rows of one table in one window."""

    def __init__(self, window: Window, plan: TablePlan, numbers: Ints, places: Ints, per: Link | None) -> None:
        self.window, self.plan, self.anchor = window, plan, window.world.anchor
        self.numbers, self.places, self.per = numbers, places, per
        self._columns: dict[str, Column] = {}
        self._open: list[str] = []
        self._id = plan.catalog.id_column

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, window: Window, rows: Ints) -> "Table":
        """Return some of the rows, as another window has them."""
        per = self.per and Link(self.per.table, self.per.positions[rows])
        return Table(window, self.plan, self.numbers[rows], self.places[rows], per)

    def forget(self) -> None:
        """Let go of the columns."""
        self._columns.clear()
        self.per = None

    def stream(self, name: str) -> Stream:
        """Return the stream of one purpose of this table."""
        return self.window.world.source.stream(f"{self.plan.catalog.schema}.{self.plan.catalog.name}.{name}")

    def pool(self, name: str, place: Place) -> Pool:
        """Return a pool of words."""
        return self.window.world.pool(name, place)

    def column(self, name: str) -> Column:
        """Return a column, computing it at the first call."""
        if self.window.world.asked is not None:
            self.window.world.asked.add((self.plan.catalog.name, name))
        found = self._columns.get(name)
        if found is not None:
            return found
        if self.window.span is None:
            with self.window.world.lock:
                return self._columns.get(name) or self._computed(name)
        return self._computed(name)

    def _computed(self, name: str) -> Column:
        rule = self.plan.rules.get(name)
        if rule is None:
            raise self.plan.place.at("columns", name).unknown("column or one without a rule", name, self.plan.rules)
        if name in self._open:
            raise rule.place.wrong(f"depends on itself: {' -> '.join([*self._open, name])}")
        self._open.append(name)
        made = rule.values(self, name)
        self._open.pop()
        if name == self._id:
            made = replace(made, link=Link(self, np.arange(len(self))))
        self._columns[name] = made
        return made

    def follow(self, path: str, place: Place) -> Column:
        """Return what a path such as ``event_id.starts_at``, ``per.quantity`` or ``place`` leads to."""
        head, _, rest = path.partition(".")
        if head not in self.plan.rules:
            if head == _PARENT and rest and self.per is not None:
                return self.per.table.follow(rest, place).take(self.per.picked)
            if path in _OWN_NUMBERS:
                return Numbers(values=(self.numbers if path == "row" else self.places) + 1)
            if head == _VOLUMES:
                return self._volume(rest, place)
            raise place.unknown(f'column of "{self.plan.catalog.name}"', head, self.plan.rules)
        column = self.column(head)
        if not rest:
            return column
        if self.window.world.key(self.plan.catalog.name, head) is None:
            raise place.wrong(f'"{head}" is no foreign key of "{self.plan.catalog.name}"')
        if column.link is None:
            raise place.wrong(f'which rows "{head}" points at is not known', "Let it pick, or take it from a key.")
        return column.link.table.follow(rest, place).take(column.link.picked)

    def _volume(self, name: str, place: Place) -> Column:
        volumes = self.window.world.volumes
        if name not in volumes:
            raise place.unknown("volume", name, volumes)
        return Numbers(values=np.full(len(self), volumes[name]))

    def every(self) -> "Table":
        """Return all rows of this table."""
        return self.window.world.table(self.plan.catalog.name)

    def link(self, column: str, parent: str, place: Place) -> ForeignKey:
        """Return the foreign key by which a column points at a parent."""
        found = self.window.world.key(self.plan.catalog.name, column, parent)
        if found is None:
            raise place.wrong(f'there is no foreign key from "{self.plan.catalog.name}.{column}" to "{parent}"')
        return found

    def whole(self, name: str, place: Place) -> "Table":
        """Return all rows of another table."""
        return self.window.world.table(name, place)

    def parent(self) -> Link:
        """Return the rows that these were made for."""
        if self.per is None:
            message = f"table {self.plan.catalog.name} is made per no other"
            raise TypeError(message)
        return self.per

    def pointing(self, name: str, by: str, count: int, place: Place) -> Iterator[tuple["Table", Link]]:
        """Yield a table's rows that point here, of those made for so many first rows of its base at any volume."""
        world = self.window.world
        if name not in world.plans:
            raise place.unknown("table", name, world.plans)
        base = world.base(name)
        volume = world.plans[base].rows.volume
        if volume is not None and world.volumes[volume] < count:
            world = world.of({**world.volumes, volume: count})  # in which there is all that those rows point at
        for start in range(0, count, _AT_A_TIME):
            window = Window(world, Span(base, start, min(count, start + _AT_A_TIME)))
            table = window.table(name)
            link = table.follow(by, place).link
            if link is None or link.table.plan is not self.plan:
                raise place.at("by").wrong(f'"{name}.{by}" points at no row of "{self.plan.catalog.name}"')
            yield table, link
            window.close()

    def sums(self, child: str, path: str, place: Place) -> Numbers:
        """Return for each row the sum over the rows that a child table has for it."""
        rows = self.window.table(child, place)
        if rows.per is None or rows.per.table is not self:
            raise place.wrong(f'the rows of "{child}" are not made per "{self.plan.catalog.name}"')
        values = rows.follow(path, place)
        if not isinstance(values, Numbers):
            raise place.wrong(f'"{child}.{path}" holds {values.kind}, no numbers')
        counted = values.values if values.null is None else np.where(values.null, 0, values.values)
        sums = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(counted, out=sums[1:])
        ends = np.cumsum(np.bincount(rows.per.positions, minlength=len(self)))  # children stand as their parents do
        return Numbers(values=np.diff(sums.take(ends), prepend=0), scale=values.scale)
