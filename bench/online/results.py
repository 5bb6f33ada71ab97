"""What a run found: figures by way and leg, whether the aims hold, and how both are shown."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median, quantiles

from bench.online.disk import Standstills
from bench.online.hiccups import Hiccups
from bench.online.load import Done
from bench.online.waits import Waits
from bench.online.ways import Leg

BASELINE = "no migration"
_WORSE_BY_MS, _ALWAYS_ALLOWED_MS = 25.0, 100.0
_WORST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Stall:
    """One of the longest waits of a client, and what went on."""

    at_s: float  # since the leg began
    clock: str  # when that was, as a server's log has it
    latency_ms: float
    kind: str
    during: str
    behind: str  # the migration's statement that a service was seen waiting for
    late_ms: float  # how long the measuring process itself did not run
    disk_ms: float  # how long the disk completed nothing


@dataclass(slots=True)
class Measured:
    """One leg of one round."""

    name: str
    seconds: float
    latencies: list[float]  # sorted, in milliseconds
    behind_s: float
    behind_ms: float  # the longest single one
    late_ms: float  # the longest that the measuring process itself did not run
    disk_ms: float  # the longest that the disk completed nothing
    stalls: list[Stall]

    @property
    def worst(self) -> float:
        """Return the longest that a client waited."""
        return self.latencies[-1]

    def percentile(self, percent: int) -> float:
        """Return the time that so many of a hundred transactions do not exceed."""
        return quantiles(self.latencies, n=100, method="inclusive")[percent - 1]


@dataclass(slots=True)
class Ended:
    """A way to its end, in one round."""

    name: str
    legs: list[Measured]
    errors: Counter[tuple[str, str]]
    refused_plans: Counter[tuple[str, str, str]]  # leg, statement, connection
    acknowledged: int
    lost: int
    unserved: int
    failed: str = ""


@dataclass(slots=True)
class Results:
    """All rounds."""

    place: str
    rounds: list[dict[str, Ended]] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Return which aims do not hold, in sentences."""
        return [*self._of_stalls(), *self._of_correctness()]

    def as_markdown(self) -> str:
        """Return everything, for a person."""
        missed = self.missed()
        verdict = "\n".join(f"missed: {text}" for text in missed) if missed else "No aim missed."
        parts = [self.place, self._table(), self._counts(), self._worst(), verdict]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _of_stalls(self) -> Iterator[str]:
        for name in self._names():
            if not name.startswith("ttdb"):
                continue
            pairs = [(found.worst, self._allowed(number)) for number, found in self._of(name)]
            held = sum(worst <= allowed for worst, allowed in pairs)
            if held * 3 < len(self.rounds) * 2:
                told = ", ".join(f"{worst:.0f} ms of {allowed:.0f}" for worst, allowed in pairs)
                yield f"{name}: worst stall within its bound in {held} of {len(self.rounds)} rounds ({told})"

    def _of_correctness(self) -> Iterator[str]:
        for number, ended in enumerate(self.rounds, 1):
            for way in ended.values():
                if way.lost:
                    yield f"round {number}, {way.name}: {way.lost} acknowledged writes lost"
                if not way.name.startswith("ttdb"):
                    continue
                if way.failed:
                    yield f"round {number}, {way.name}: {way.failed}"
                if way.errors or way.unserved:
                    yield f"round {number}, {way.name}: {way.errors.total()} errors, {way.unserved} arrivals not served"
                often = max(way.refused_plans.values(), default=0)
                if often > 1:
                    yield f"round {number}, {way.name}: a connection's prepared statement was refused {often} times"

    def _allowed(self, number: int) -> float:
        return max(self.rounds[number][BASELINE].legs[0].worst + _WORSE_BY_MS, _ALWAYS_ALLOWED_MS)

    def _of(self, name: str) -> list[tuple[int, Measured]]:
        return [
            (number, leg)
            for number, ended in enumerate(self.rounds)
            for way in ended.values()
            for leg in way.legs
            if leg.name == name
        ]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(leg.name for ended in self.rounds for way in ended.values() for leg in way.legs))

    def _table(self) -> str:
        base = [leg.worst for _, leg in self._of(BASELINE)]
        lines = [
            (
                "| leg | s | transactions | p50 ms | p95 | p99 | worst stall, median | each round | to no migration"
                " | behind the migration, s in all | longest, ms | the load itself late, ms | the disk still, ms |"
            ),
            "|" + " --- |" * 13,
        ]
        for name in self._names():
            legs = [leg for _, leg in self._of(name)]
            worst = [leg.worst for leg in legs]
            shown = [median(leg.percentile(percent) for leg in legs) for percent in (50, 95, 99)]
            lines.append(
                f"| {name} | {median(leg.seconds for leg in legs):.0f} | {sum(len(leg.latencies) for leg in legs)}"
                f" | {shown[0]:.1f} | {shown[1]:.1f} | {shown[2]:.1f} | {median(worst):.0f}"
                f" | {', '.join(f'{each:.0f}' for each in worst)} | {median(worst) / median(base):.1f}"
                f" | {median(leg.behind_s for leg in legs):.2f} | {median(leg.behind_ms for leg in legs):.0f}"
                f" | {median(leg.late_ms for leg in legs):.0f} | {median(leg.disk_ms for leg in legs):.0f} |"
            )
        return "\n".join(lines)

    def _counts(self) -> str:
        lines = [
            (
                "| round | way | acknowledged writes | lost | errors | not served | prepared `select *` refused"
                " | most on a statement and connection |"
            ),
            "|" + " --- |" * 8,
        ]
        told = []
        for number, ended in enumerate(self.rounds, 1):
            for way in ended.values():
                lines.append(
                    f"| {number} | {way.name} | {way.acknowledged} | {way.lost} | {way.errors.total()}"
                    f" | {way.unserved} | {way.refused_plans.total()} | {max(way.refused_plans.values(), default=0)} |"
                )
                told += [
                    f"- round {number}, {way.name}: {count} times {state or 'no SQLSTATE'} {message}"
                    for (state, message), count in way.errors.most_common()
                ]
        return "\n".join(lines) + ("\n\n" + "\n".join(told) if told else "")

    def _worst(self) -> str:
        lines = [
            f"- round {number}, {leg.name}: {stall.latency_ms:.0f} ms, {stall.kind}, at {stall.at_s:.1f} s"
            f" ({stall.clock}); {stall.during or 'between steps'}{'; behind: ' + stall.behind if stall.behind else ''}"
            f"; the load itself late by {stall.late_ms:.0f} ms, the disk still for {stall.disk_ms:.0f} ms"
            for number, ended in enumerate(self.rounds, 1)
            for way in ended.values()
            for leg in way.legs
            for stall in leg.stalls
        ]
        return "The longest waits:\n\n" + "\n".join(lines)


def measured(leg: Leg, done: Sequence[Done], waits: Waits, hiccups: Hiccups, disk: Standstills) -> Measured:
    """Take what arrived while a leg ran."""
    within = sorted(
        (item for item in done if leg.begun <= item.scheduled <= leg.ended), key=lambda item: item.latency_ms
    )
    return Measured(
        name=leg.name,
        seconds=leg.ended - leg.begun,
        latencies=[item.latency_ms for item in within],
        behind_s=waits.seconds(leg.begun, leg.ended),
        behind_ms=waits.longest_ms(leg.begun, leg.ended),
        late_ms=hiccups.longest_ms(leg.begun, leg.ended),
        disk_ms=disk.longest_ms(leg.begun, leg.ended),
        stalls=list(_stalls(leg, within, waits, hiccups, disk)),
    )


def _stalls(leg: Leg, within: Sequence[Done], waits: Waits, hiccups: Hiccups, disk: Standstills) -> Iterator[Stall]:
    """Yield the longest waits, but of those at about the same time the longest alone."""
    shown: list[float] = []
    to_clock = time.time() - time.monotonic()
    for item in reversed(within):
        if len(shown) == _WORST_SHOWN:
            return
        if any(abs(item.finished - at) < 0.5 for at in shown):
            continue
        shown.append(item.finished)
        yield Stall(
            at_s=item.scheduled - leg.begun,
            clock=f"{datetime.fromtimestamp(item.scheduled + to_clock, UTC):%H:%M:%S.%f}"[:-5],
            latency_ms=item.latency_ms,
            kind=item.kind,
            during=leg.during(item.scheduled, item.finished),
            behind=waits.behind(item.scheduled, item.finished),
            late_ms=hiccups.longest_ms(item.scheduled, item.finished),
            disk_ms=disk.longest_ms(item.scheduled, item.finished),
        )
