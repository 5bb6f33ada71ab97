"""ttdb seed."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import (
    FormatOption,
    TextOrJson,
    UrlOption,
    VerboseOption,
    database,
    database_named_on_the_command_line,
)
from ttdb.cli.terminal import answer, talk
from ttdb.errors import UsageError
from ttdb.postgres.connect import connect, target
from ttdb.postgres.url import Url
from ttdb.report import local as connecting
from ttdb.report import seeding
from ttdb.seed import seed
from ttdb.workflows import local

_QUIET_S = 2
_EXAMPLES = """\b
Examples:
  ttdb seed --append --orders 500              the local server, grown to 500 orders
  ttdb seed --url postgresql://me@localhost/tickets
  ttdb seed --orders 500 --append --url ...    grow it to 500 orders
  ttdb seed --reset --url ...                  take away what seeds made, and seed anew
  ttdb seed --reset --tenants 0 --orders 0 --url ...    only take it away
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("seed", epilog=_EXAMPLES)(_seed)


def _seed(  # noqa: PLR0913 - one per flag
    scenario: Annotated[str, typer.Argument(help="A file of seeds/ by its name.")] = "minimal",
    *,
    url: UrlOption = None,
    tenants: Annotated[int | None, typer.Option(help="How many tenants, instead of the scenario's number.")] = None,
    orders: Annotated[int | None, typer.Option(help="How many orders, instead of the scenario's number.")] = None,
    seed_number: Annotated[
        int | None, typer.Option("--seed", help="Which of the scenario's endless variants; equal seeds, equal rows.")
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="First delete what earlier seeds made, and only that.")
    ] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add what is missing for these volumes, beside whatever is there.")
    ] = False,
    database_name: Annotated[
        str | None,
        typer.Option(help="With --reset: the database's name, for one that does not look like a development database."),
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Fill a database with invented rows that satisfy every constraint, the same for the same seed anywhere."""
    if database_name is not None and not reset:
        raise UsageError("--database-name goes with --reset only", "Leave it out.")
    if reset and append:
        raise UsageError("--reset and --append contradict each other", "Pass one of them.")
    settings = config.load()
    at_home = url is None and not settings.database_url
    place = _local(settings) if at_home else _elsewhere(url, settings, reset=reset)
    with connect(place, application="ttdb seed") as connection:
        found = target(connection)
        talk(f"database: {found}")
        report = seed(
            connection,
            scenario,
            tenants=tenants,
            orders=orders,
            seed=seed_number,
            reset=reset,
            append=append,
            database_name=database_name,
            on_table=_teller(),
        )
    if report.not_analyzed:
        talk(f"note: statistics not refreshed, this login does not own {', '.join(report.not_analyzed)}")
    answer(seeding.as_json(found, report) if output is TextOrJson.JSON else seeding.as_text(report))
    if at_home:
        shown = local.remember(settings, local.DEFAULT, report)
        if output is TextOrJson.TEXT:
            answer("\n".join(connecting.next_lines(shown, asdict(report))))
    return 0


def _elsewhere(url: str | None, settings: config.Settings, *, reset: bool) -> Url:
    return database_named_on_the_command_line(url, "ttdb seed --reset") if reset else database(url, settings)


def _local(settings: config.Settings) -> Url:
    """Return the local server's database: no live one, so that a reset may be meant too."""
    if not local.has_default(settings):
        hint = "Start a server of your own: ttdb local start; or pass --url postgresql://USER@HOST:PORT/DATABASE."
        raise UsageError("no database was given, and there is no local server", hint)
    return local.url(settings)


def _teller() -> Callable[[str, int], None]:
    started, watched = time.monotonic(), sys.stderr.isatty()

    def tell(table: str, rows: int) -> None:
        if watched and time.monotonic() - started > _QUIET_S:
            talk(f"{table}: {rows} rows")

    return tell
