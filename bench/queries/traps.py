"""Measure predicates that row security keeps off their index, and what is done instead."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bench.queries.catalogue import Kind, Query, catalogue
from bench.queries.draws import Draws
from bench.queries.measure import EXPLICIT, RLS, Meter
from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection

_FILE = Path(__file__).parent / "traps.toml"


@dataclass(frozen=True, slots=True)
class Trap:
    """What one predicate costs, in milliseconds: medians."""

    name: str
    sentence: str
    without_rls: float
    with_rls: float
    cure: str  # the catalogue's query that asks the same, or nothing
    cured: float | None


def measure_traps(connection: Connection, meter: Meter, draws: Draws, runs: int) -> list[Trap]:
    """Build the index that each predicate would have, and measure it for the biggest tenant."""
    queries = {query.name: query for query in catalogue()}
    found = []
    for name, entry in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        trap = Query(name, entry["sentence"], Kind.PAGE, entry["sql"], (), entry["draw"])
        connection.execute(trusted(entry["index"]))
        connection.execute("analyze public.users, public.events, public.orders")
        times = meter.take(trap, draws.of(trap, draws.biggest, runs), (EXPLICIT, RLS))
        cure = queries.get(entry.get("cure", ""))
        cured = meter.take(cure, draws.of(cure, draws.biggest, runs), (RLS,))[RLS].p50 if cure else None
        found.append(Trap(name, trap.sentence, times[EXPLICIT].p50, times[RLS].p50, entry.get("cure", ""), cured))
    return found
