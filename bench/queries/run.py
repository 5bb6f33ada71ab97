"""Measure every query of the catalogue under row security: python bench/queries/run.py --orders 1000000 --tenants 200.

On a server of its own that is gone afterwards. The exit code is 1 when a target is missed, 2 when it could not run.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from psycopg import sql

from bench.queries.catalogue import Kind, Query, catalogue
from bench.queries.draws import Draws
from bench.queries.indexes import without_indexes
from bench.queries.load import Size, load
from bench.queries.measure import EXPLICIT, PREPARED, RLS, Form, Meter, Times, prepare_roles
from bench.queries.results import Measured, Results
from bench.queries.traps import measure_traps
from ttdb import config
from ttdb.errors import TtdbError
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection, connect, scalar, server_version
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url

_SIGNED = Form("signed")
_BEFORE_RUNS = 3
_AGGREGATE_RUNS = 10
_BEFORE_TIMEOUT_MS = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, write the figures, and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        with ExitStack() as stack:
            results = _measure(given, stack)
    except TtdbError as error:
        sys.stderr.write(f"error: {error.message}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 2
    sys.stdout.write(results.as_markdown())
    if given.markdown:
        given.markdown.write_text(results.as_markdown(), encoding="utf-8")
    if given.json:
        given.json.write_text(results.as_json() + "\n", encoding="utf-8")
    return 1 if results.missed() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--orders", type=_positive, default=20_000, help="the other tables follow: five rows an order")
    parser.add_argument("--tenants", type=_positive, default=50, help="the share of each is about 1 / rank")
    parser.add_argument("--months", type=_positive, default=24, help="over how many months the rows are spread")
    parser.add_argument("--runs", type=_positive, default=100, help="of each query, for any tenant and for the biggest")
    parser.add_argument("--throwaway", help="docker, embedded or local; default as ttdb validate")
    parser.add_argument("--markdown", type=Path, help="write the tables there too")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _measure(given: argparse.Namespace, stack: ExitStack) -> Results:
    started = time.monotonic()
    server = stack.enter_context(throwaway(config.load(), provider=given.throwaway, on_talk=_say))
    _say("upgrading")
    upgrade(server.url, config.Settings())
    connection = stack.enter_context(connect(server.url, application="bench"))
    connection.execute("set timezone = 'UTC'")
    prepare_roles(connection)
    with without_indexes(connection):
        _say(f"loading {given.orders} orders of {given.tenants} tenants")
        load(connection, Size(given.orders, given.tenants, given.months))
        draws = Draws(connection)
        _say("measuring without the indexes")
        before = _before(server.url, draws)
    connection.execute("vacuum analyze")
    results = Results(server_version(connection), _rows(connection), _share(connection))
    meter = Meter(server.url, stack)
    for query in catalogue():
        _say(f"measuring {query.name}")
        results.queries.append(_measured(query, meter, draws, given.runs))
    for found in results.queries:
        if times := before.get(found.query.name):
            found.before_p50, found.before_gave_up = times.p50, times.gave_up > 0
    _say("measuring predicates that row security keeps off their index")
    results.traps = measure_traps(connection, meter, draws, _AGGREGATE_RUNS)
    _measure_signed(server.url, connection, stack, draws, results, given.runs)
    results.seconds = time.monotonic() - started
    return results


def _before(url: Url, draws: Draws) -> dict[str, Times]:
    """Take the times for the biggest tenant while the indexes that no constraint needs are away."""
    taken = {}
    with ExitStack() as stack:
        meter = Meter(url, stack, timeout_ms=_BEFORE_TIMEOUT_MS)
        for query in catalogue():
            if drawn := draws.of(query, draws.biggest, _BEFORE_RUNS):
                taken[query.name] = meter.take(query, drawn, (RLS,))[RLS]
    return taken


def _measured(query: Query, meter: Meter, draws: Draws, runs: int) -> Measured:
    forms = (RLS, EXPLICIT, PREPARED)
    runs = min(runs, _AGGREGATE_RUNS) if query.kind is Kind.AGGREGATE else runs
    anyone = meter.take(query, draws.of_any(query, runs), forms)
    biggest = meter.take(query, draws.of(query, draws.biggest, runs), forms)
    both = {form: Times([*anyone[form].taken, *biggest[form].taken]) for form in forms}
    return Measured(
        query=query,
        any_p50=anyone[RLS].p50,
        any_p95=anyone[RLS].p95,
        biggest_p50=biggest[RLS].p50,
        biggest_p95=biggest[RLS].p95,
        prepared_p95=max(anyone[PREPARED].p95, biggest[PREPARED].p95),
        explicit_p50=both[EXPLICIT].p50,
        ratio=both[RLS].p50 / both[EXPLICIT].p50,
    )


def _measure_signed(  # noqa: PLR0913, PLR0917 - what a phase of the run needs
    url: Url, connection: Connection, stack: ExitStack, draws: Draws, results: Results, runs: int
) -> None:
    """Require a signed context, where the database can, and take each query's ratio again."""
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.require_signed_context(boolean)') is null"):
        return
    _say("measuring with a signed context")
    connection.execute("select ttdb.create_context_key()")
    connection.execute("select ttdb.require_signed_context(true)")
    tokens: dict[str, str] = {}

    def token(tenant: str) -> str:
        if tenant not in tokens:
            row = connection.execute("select ttdb.sign_context(%s, '1 day')", (tenant,)).fetchone()
            tokens[tenant] = str(row[0]) if row else ""
        return tokens[tenant]

    meter = Meter(url, stack, context=token)
    for found in results.queries:
        if found.query.kind in (Kind.KEY, Kind.PAGE):
            drawn = draws.of_any(found.query, runs)
            times = meter.take(found.query, drawn, (_SIGNED, EXPLICIT))
            found.signed_ratio = times[_SIGNED].p50 / times[EXPLICIT].p50


def _rows(connection: Connection) -> dict[str, int]:
    names = connection.execute(
        "select c.relname from pg_catalog.pg_class as c where c.relnamespace = 'public'::pg_catalog.regnamespace"
        " and c.relkind in ('r', 'p') and not c.relispartition order by 1"
    ).fetchall()
    return {
        name: int(str(scalar(connection, sql.SQL("select count(*) from public.{}").format(sql.Identifier(name)))))
        for (name,) in names
    }


def _share(connection: Connection) -> float:
    share = scalar(
        connection,
        "select max(n) / sum(n) from (select count(*)::float8 as n from public.orders group by tenant_id) as t",
    )
    return float(str(share))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
