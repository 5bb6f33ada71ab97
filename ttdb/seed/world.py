"""A scenario's rows: whole columns, each computed when first asked for, from whatever other columns it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ttdb.seed import vocabulary
from ttdb.seed.catalog import CatalogTable, ForeignKey
from ttdb.seed.draw import Source, Stream
from ttdb.seed.place import Place
from ttdb.seed.rules import Rule
from ttdb.seed.scenario import RowCount
from ttdb.seed.values import Column, Value

_PARENT = "per"  # how a path begins that goes to the row this one was made for
_OWN_NUMBERS = ("row", "place")  # counted from 1; a path may be one of them


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A table, how many rows it gets, the rule of each column, and the columns that are stored."""

    catalog: CatalogTable
    rows: RowCount
    rules: Mapping[str, Rule]
    stored: tuple[str, ...]
    place: Place


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
        self._tables: dict[str, Table] = {}

    def table(self, name: str, place: Place | None = None) -> "Table":
        """Return a table's rows."""
        if name not in self.plans:
            (place or self.plans[next(iter(self.plans))].place).unknown("table", name, self.plans)
        if name not in self._tables:
            self._tables[name] = Table(self, self.plans[name])
        return self._tables[name]


class Table:
    """The rows of one table."""

    def __init__(self, world: World, plan: TablePlan) -> None:
        self.world, self.plan, self.anchor = world, plan, world.anchor
        self.parents: Sequence[int] | None = None  # for each row the position of its parent
        self.numbers: Sequence[int]
        self.places: Sequence[int]
        self._columns: dict[str, Column] = {}
        self._open: list[str] = []
        self._indexes: dict[tuple[str, ...], dict[tuple[Value, ...], int]] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        rows = self.plan.rows
        if rows.parent is None:
            self.numbers = self.places = range(self.world.volumes[rows.volume or ""])
            return
        parent = self.world.table(rows.parent)
        parents, sizes = parent.numbers, self._sizes(parent)
        self.parents = [position for position, size in enumerate(sizes) for _ in range(size)]
        self.places = [place for size in sizes for place in range(size)]
        self.numbers = [
            parents[position] * rows.high + place for position, place in zip(self.parents, self.places, strict=True)
        ]

    def _sizes(self, parent: "Table") -> list[int]:
        rows = self.plan.rows
        if rows.column is None:
            counts, span = self.stream("#rows"), rows.high - rows.low + 1
            return [rows.low + counts.below(number, span) for number in parent.numbers]
        place = self.plan.place.at("rows")
        return [self._size(value, place) for value in parent.follow(rows.column, place)]

    def _size(self, value: Value, place: Place) -> int:
        if not isinstance(value, int | Decimal) or value != int(value) or not 0 <= value <= self.plan.rows.high:
            raise place.wrong(
                f'"{self.plan.rows.column}" is {value} in a row: it must be a whole number from 0'
                f" to {self.plan.rows.high}",
                "Raise most, or mend the column's rule.",
            )
        return int(value)

    def __len__(self) -> int:
        return len(self.numbers)

    def stream(self, name: str) -> Stream:
        """Return the stream of one purpose of this table."""
        return self.world.source.stream(f"{self.plan.catalog.schema}.{self.plan.catalog.name}.{name}")

    def pool(self, name: str, place: Place) -> Column:
        """Return a pool of words."""
        return vocabulary.words(self.world.pools, name, place)

    def column(self, name: str) -> Column:
        """Return a column, computing it at the first call."""
        if name in self._columns:
            return self._columns[name]
        rule = self.plan.rules.get(name)
        if rule is None:
            raise self.plan.place.at("columns", name).unknown("column or one without a rule", name, self.plan.rules)
        if name in self._open:
            raise rule.place.wrong(f"depends on itself: {' -> '.join([*self._open, name])}")
        self._open.append(name)
        self._columns[name] = rule.values(self, name)
        self._open.pop()
        return self._columns[name]

    def follow(self, path: str, place: Place) -> Column:
        """Return what a path such as ``event_id.starts_at``, ``per.quantity`` or ``place`` leads to."""
        head, _, rest = path.partition(".")
        if head not in self.plan.rules:
            if head == _PARENT and rest and self.plan.rows.parent is not None and self.parents is not None:
                theirs = self.world.table(self.plan.rows.parent, place).follow(rest, place)
                return [theirs[position] for position in self.parents]
            if path in _OWN_NUMBERS:
                return [number + 1 for number in (self.numbers if path == "row" else self.places)]
            raise place.unknown(f'column of "{self.plan.catalog.name}"', head, self.plan.rules)
        if not rest:
            return self.column(head)
        link = self.plan.catalog.link(head)
        if link is None:
            raise place.wrong(f'"{head}" is no foreign key of "{self.plan.catalog.name}"')
        parent = self.world.table(link.parent, place)
        column = parent.follow(rest, place)
        return [None if at is None else column[at] for at in self._positions(link, parent)]

    def link(self, column: str, parent: str, place: Place) -> ForeignKey:
        """Return the foreign key by which a column points at a parent."""
        found = self.plan.catalog.link(column, parent)
        if found is None:
            raise place.wrong(f'there is no foreign key from "{self.plan.catalog.name}.{column}" to "{parent}"')
        return found

    def table(self, name: str, place: Place) -> "Table":
        """Return the rows of another table."""
        return self.world.table(name, place)

    def children(self, name: str, place: Place) -> tuple["Table", Sequence[int]]:
        """Return the rows of a child table, and for each the position of its parent here."""
        child = self.world.table(name, place)
        if child.plan.rows.parent != self.plan.catalog.name or child.parents is None:
            raise place.wrong(f'the rows of "{name}" are not made per "{self.plan.catalog.name}"')
        return child, child.parents

    def index(self, columns: tuple[str, ...]) -> dict[tuple[Value, ...], int]:
        """Return the position of each row by the values of a key."""
        if columns not in self._indexes:
            values = zip(*(self.column(column) for column in columns), strict=True)
            self._indexes[columns] = {key: position for position, key in enumerate(values)}
        return self._indexes[columns]

    def _positions(self, link: ForeignKey, parent: "Table") -> list[int | None]:
        index = parent.index(link.parent_columns)
        return [index.get(key) for key in zip(*(self.column(column) for column in link.columns), strict=True)]
