"""Run the catalogue's queries in several forms, one after the other for the same values, and take the time of each."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg import sql

from bench.queries.catalogue import Kind, Query
from bench.queries.draws import Draw
from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.roles import PLANNER

EXPLICIT_ROLE = "bench_explicit"
Context = Callable[[str], str]  # a tenant -> the value of the tenant's setting


@dataclass(frozen=True, slots=True)
class Form:
    """One way to run a query."""

    name: str
    bypasses: bool = False  # as a role that bypasses row security, with the tenant in each WHERE
    prepared: bool = False


RLS = Form("rls")
PREPARED = Form("prepared", prepared=True)
EXPLICIT = Form("explicit", bypasses=True)


@dataclass(slots=True)
class Times:
    """What the runs of one query in one form took, in milliseconds."""

    taken: list[float] = field(default_factory=list)
    gave_up: int = 0  # runs that the statement timeout ended

    @property
    def p50(self) -> float:
        """Return the median."""
        return median(self.taken)

    @property
    def p95(self) -> float:
        """Return the time that 19 of 20 runs do not exceed."""
        return quantiles(self.taken, n=20, method="inclusive")[-1] if len(self.taken) > 1 else self.taken[0]


class Meter:
    """Takes times on a loaded database."""

    def __init__(self, url: Url, stack: ExitStack, *, context: Context = str, timeout_ms: int = 10_000) -> None:
        """Open the sessions: one for each way of preparing, so that no plan is made for another role."""
        self._context = context
        self._plain = stack.enter_context(_session(url, timeout_ms, prepare_threshold=None))
        self._prepared = stack.enter_context(_session(url, timeout_ms, prepare_threshold=0))

    def take(self, query: Query, draws: Sequence[Draw], forms: Sequence[Form], text: str = "") -> dict[Form, Times]:
        """Run a query once in each form for each draw, in an order that turns, after one run that does not count.

        Args:
            query: what to run.
            draws: for whom, and with what.
            forms: how.
            text: SQL to run instead of the query's own.

        """
        times = {form: Times() for form in forms}
        for form in forms:
            self._run(query, form, draws[0], text, Times())
        for number, draw in enumerate(draws):
            turn = number % len(forms)
            for form in (*forms[turn:], *forms[:turn]):
                self._run(query, form, draw, text, times[form])
        return times

    def _run(self, query: Query, form: Form, draw: Draw, text: str, times: Times) -> None:
        connection = self._prepared if form.prepared else self._plain
        role = EXPLICIT_ROLE if form.bypasses else query.role
        statement = trusted(text or (query.explicit if form.bypasses else query.sql))
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)), prepare=False)
                if query.kind is not Kind.WORKER and not form.bypasses:
                    connection.execute(
                        "select pg_catalog.set_config('app.current_tenant_id', %s, true)",
                        (self._context(draw.tenant),),
                        prepare=False,
                    )
                started = time.perf_counter()
                connection.execute(statement, {**draw.values, "tenant": draw.tenant}).fetchall()
                times.taken.append((time.perf_counter() - started) * 1000)
        except pg.QueryCanceled:
            times.gave_up += 1
            times.taken.append((time.perf_counter() - started) * 1000)


def prepare_roles(connection: Connection) -> None:
    """Make the role that stands for a database without row security; the session is a superuser's."""
    role = sql.Identifier(EXPLICIT_ROLE)
    connection.execute(sql.SQL("create role {} bypassrls").format(role))
    connection.execute(sql.SQL("grant select on all tables in schema public to {}").format(role))


def _session(url: Url, timeout_ms: int, **more: Any) -> psycopg.Connection[Any]:  # noqa: ANN401 - psycopg's own
    planner = " ".join(f"-c {name}={value}" for name, value in PLANNER.items())  # as every login that ttdb makes
    options = f"-c statement_timeout={timeout_ms} -c timezone=UTC {planner}"
    return psycopg.connect(url.with_parts(options=options).conninfo, autocommit=True, **more)
