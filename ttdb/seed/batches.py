"""All rows of a run, in an order in which they can be written: by groups of tables, and by windows of these."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ttdb.seed import wire
from ttdb.seed.world import Span, Table, World

_TABLES = 3  # at least so many tables share the rows of a window


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that are made in the same windows; a window's rows of all of them belong together."""

    base: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A table's rows in one window, as COPY takes them."""

    table: str
    rows: int
    data: memoryview


def groups(world: World) -> list[Group]:
    """Return the groups, each after those that it refers to.

    Each table as late as it may: so those that are made per row of one table meet in its windows and share columns.
    """
    made: list[tuple[str, list[str]]] = []  # from the last
    at: dict[str, int] = {}
    children: dict[str, set[str]] = {name: set() for name in world.plans}
    for name, plan in world.plans.items():
        for key in plan.catalog.foreign_keys:
            if key.parent in world.plans and key.parent != name:
                children[key.parent].add(name)
    for name in reversed(list(world.plans)):  # parents stand before their children
        base = world.base(name)
        least = max((at[child] for child in children[name]), default=0)
        place = next((place for place in range(least, len(made)) if made[place][0] == base), len(made))
        if place == len(made):
            made.append((base, []))
        made[place][1].append(name)
        at[name] = place
    return [Group(base, tuple(reversed(tables))) for base, tables in reversed(made)]


def expected(world: World, group: Group) -> float:
    """Return about how many rows a group has."""
    return world.size(group.base) * sum(world.fanout(name, group.base) for name in group.tables)


def spans(world: World, group: Group, rows: int) -> list[Span]:
    """Return the windows over a group, of about so many rows each."""
    fanouts = [world.fanout(name, group.base) for name in group.tables]
    # A table is made at once: the rows of one take more memory together than those of several one after another.
    each = max(sum(fanouts), _TABLES * max(fanouts))
    return world.spans(group.base, max(1, int(rows / max(each, 1))))


def windows(world: World, group: Group, some: Iterable[Span]) -> Iterator[tuple[Batch, ...]]:
    """Yield the rows of a group in these spans, a window at a time."""
    for span in some:
        yield tuple(_of(world, group, span))


def batches(world: World, group: Group, rows: int) -> Iterator[Batch]:
    """Yield the rows of a group, a table of a window at a time: they take less memory so."""
    for span in spans(world, group, rows):
        yield from _of(world, group, span)


def _of(world: World, group: Group, span: Span) -> Iterator[Batch]:
    window = world.window(span)
    for name in group.tables:
        yield _batch(window.table(name))
    window.close()


def _batch(table: Table) -> Batch:
    columns, wires = [], []
    for name in table.plan.stored:
        columns.append(table.column(name))
        wires.append(table.plan.catalog.columns[name].wire)
    try:
        data = wire.encoded(columns, wires) if len(table) else memoryview(b"")
    except wire.KindRefused as error:
        column = table.plan.stored[error.place]
        raise table.plan.place.at("columns", column).wrong(error.why) from error
    return Batch(table.plan.catalog.name, len(table), data)
