"""The figures as a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

# What is compared with what, and how much of its speed it should have.
_AIMS = {
    "ttdb appending, superuser": ("floor 1", 0.85),
    "ttdb appending, operator": ("floor 1", 0.85),
    "ttdb bulk, owner, 1 session": ("floor 2", 0.7),
    "ttdb bulk, owner, 2 sessions": ("floor 2", 0.9),
}
ORM = "Faker per row, SQLAlchemy"


@dataclass
class Figures:
    """What was measured."""

    orders: int
    live_orders: int
    scenario: str
    load: float
    server: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    walls: dict[str, list[float]] = field(default_factory=dict)
    clients: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, rows: int, wall: float, client: float) -> None:
        """Take one way's run of one round."""
        self.rows[name] = rows
        self.walls.setdefault(name, []).append(wall)
        self.clients.setdefault(name, []).append(client)

    def per_row(self, name: str) -> float:
        """Return the median of a way's microseconds a row."""
        return median(self.walls[name]) / self.rows[name] * 1e6


def as_markdown(figures: Figures) -> str:
    """Return a table of all ways."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: Figures) -> Iterator[str]:
    rounds = len(next(iter(figures.walls.values())))
    place = f"PostgreSQL {figures.server}, load {figures.load:.1f} at start"
    yield f"{place}; scenario {figures.scenario}, {rounds} rounds;"
    yield f"bulk {figures.orders} orders, in place {figures.live_orders}."
    yield ""
    yield "| way | rows | median s | µs a row | client µs a row | share of its floor | aim | times the ORM |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, rows in figures.rows.items():
        floor, aim = _AIMS.get(name, ("", 0.0))
        share = f"{figures.per_row(floor) / figures.per_row(name):.2f}" if floor else ""
        client = median(figures.clients[name]) / rows * 1e6
        times = f"{figures.per_row(ORM) / figures.per_row(name):.1f}" if ORM in figures.rows else ""
        yield (
            f"| {name} | {rows} | {median(figures.walls[name]):.2f} | {figures.per_row(name):.1f} | {client:.2f}"
            f" | {share} | {aim or ''} | {times} |"
        )
