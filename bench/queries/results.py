"""What a run of the benchmark found: figures, targets, and how they are shown."""

import json
from dataclasses import asdict, dataclass, field
from statistics import median

from bench.queries.catalogue import Kind, Query
from bench.queries.traps import Trap

SLOWEST_MS = 10.0  # p95 of a query with a LIMIT or a single key
RLS_RATIO = 1.10  # median over the queries, to the same query with an explicit WHERE and no row security
SIGNED_RATIO = 1.45  # the same, where the tenant context is signed


@dataclass(slots=True)
class Measured:
    """One query's figures, in milliseconds; None where it was not run so."""

    query: Query
    any_p50: float
    any_p95: float
    biggest_p50: float
    biggest_p95: float
    prepared_p95: float
    explicit_p50: float
    ratio: float
    signed_ratio: float | None = None
    before_p50: float | None = None
    before_gave_up: bool = False

    @property
    def limited(self) -> bool:
        """Tell whether the query must be fast for everybody."""
        return self.query.kind is not Kind.AGGREGATE

    @property
    def slow(self) -> bool:
        """Tell whether it is not as fast as it must be."""
        return self.limited and max(self.any_p95, self.biggest_p95, self.prepared_p95) > SLOWEST_MS


@dataclass(slots=True)
class Results:
    """All that a run found."""

    server_version: str
    rows: dict[str, int]
    biggest_share: float
    queries: list[Measured] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ratio(self) -> float:
        """Return the median of the queries' ratios to themselves without row security."""
        return median(found.ratio for found in self._of_tenants())

    @property
    def signed_ratio(self) -> float | None:
        """Return the same where the context is signed; None where the database knows no signed context."""
        ratios = [found.signed_ratio for found in self._of_tenants() if found.signed_ratio is not None]
        return median(ratios) if ratios else None

    def missed(self) -> list[str]:
        """Return the targets that were missed, in sentences."""
        slow = [
            f"{found.query.name}: p95 {max(found.any_p95, found.biggest_p95, found.prepared_p95):.1f} ms is over"
            f" {SLOWEST_MS:g} ms"
            for found in self.queries
            if found.slow
        ]
        if self.ratio > RLS_RATIO:
            slow.append(f"row security: ratio {self.ratio:.2f} is over {RLS_RATIO}")
        if self.signed_ratio is not None and self.signed_ratio > SIGNED_RATIO:
            slow.append(f"signed context: ratio {self.signed_ratio:.2f} is over {SIGNED_RATIO}")
        return slow

    def as_json(self) -> str:
        """Return everything, for a program."""
        return json.dumps(
            {
                "server_version": self.server_version,
                "rows": self.rows,
                "biggest_share": round(self.biggest_share, 4),
                "ratio": round(self.ratio, 3),
                "signed_ratio": round(self.signed_ratio, 3) if self.signed_ratio is not None else None,
                "queries": [_rounded(asdict(found) | _query(found.query)) for found in self.queries],
                "traps": [_rounded(asdict(found)) for found in self.traps],
                "missed": self.missed(),
                "seconds": round(self.seconds, 1),
            },
            indent=2,
        )

    def as_markdown(self) -> str:
        """Return everything, for a person."""
        rows = sum(self.rows.values())
        parts = [
            (
                f"PostgreSQL {self.server_version}, {self.rows['orders']} orders, {rows} rows in all,"
                f" {self.rows['tenants']} tenants, the biggest with {self.biggest_share:.0%} of the orders;"
                f" {self.seconds:.0f} s. Milliseconds as ttdb_app under row security, or as ttdb_worker."
            ),
            self._limited_table(),
            "Aggregates, as slow as their rows are many, and what would make them fast:",
            self._aggregate_table(),
            "Predicates that row security keeps off their index, for the biggest tenant (p50):",
            self._trap_table(),
            self._verdict(),
        ]
        return "\n\n".join(parts) + "\n"

    def _of_tenants(self) -> list[Measured]:
        return [found for found in self.queries if found.query.kind is not Kind.WORKER]

    def _limited_table(self) -> str:
        head = "p50 | p95 | biggest p50 | biggest p95 | prepared p95 | to no RLS | signed | without the indexes"
        lines = [
            f"| {found.query.name} | {_ms(found.any_p50)} | {_ms(found.any_p95)} | {_ms(found.biggest_p50)} |"
            f" {_ms(found.biggest_p95)} | {_ms(found.prepared_p95)} | {found.ratio:.2f} |"
            f" {_ratio(found.signed_ratio)} | {_before(found)} |"
            for found in self.queries
            if found.limited
        ]
        return _table(f"query | {head}", lines)

    def _aggregate_table(self) -> str:
        lines = [
            f"| {found.query.name} | {_ms(found.any_p50)} | {_ms(found.biggest_p50)} | {_ms(found.biggest_p95)} |"
            f" {found.ratio:.2f} | {_before(found)} | {found.query.faster} |"
            for found in self.queries
            if not found.limited
        ]
        head = "query | p50 | biggest p50 | biggest p95 | to no RLS | without the indexes | faster by"
        return _table(head, lines)

    def _trap_table(self) -> str:
        lines = [
            f"| {trap.sentence} | {_ms(trap.without_rls)} | {_ms(trap.with_rls)} |"
            f" {_ms(trap.cured) + ' (' + trap.cure + ')' if trap.cured is not None else ''} |"
            for trap in self.traps
        ]
        return _table("predicate | without row security | with it | cured", lines)

    def _verdict(self) -> str:
        signed = f", signed {self.signed_ratio:.2f} (at most {SIGNED_RATIO})" if self.signed_ratio is not None else ""
        ratio = f"Ratio to no row security, median of the queries: {self.ratio:.2f} (at most {RLS_RATIO}){signed}."
        missed = self.missed()
        return f"{ratio}\n\n" + ("\n".join(f"missed: {text}" for text in missed) if missed else "No target missed.")


def _query(query: Query) -> dict[str, object]:
    return {"query": query.name, "kind": str(query.kind), "faster": query.faster}


def _rounded(facts: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in facts.items()}


def _table(head: str, lines: list[str]) -> str:
    return "\n".join([f"| {head} |", "|" + " --- |" * (head.count("|") + 1), *lines])


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _ratio(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else ""


def _before(found: Measured) -> str:
    if found.before_p50 is None:
        return ""
    return f"over {_ms(found.before_p50)}" if found.before_gave_up else _ms(found.before_p50)
