"""ttdb seed."""

import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
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
from ttdb.model.seeding import SeedProgress, SeedReport, anywhere
from ttdb.postgres.connect import PLAIN, connect, target
from ttdb.postgres.url import Url
from ttdb.report import local as connecting
from ttdb.report import seeding
from ttdb.seed import GENERIC, USUAL, OnProgress, repair, seed, to_append_to

_QUIET_S = 2
_EXAMPLES = """\b
Examples:
  ttdb seed --append --orders 500              the local server, grown to 500 orders
  ttdb seed --url postgresql://me@localhost/tickets
  ttdb seed --orders 500 --append --url ...    grow it to 500 orders
  ttdb seed --reset --url ...                  take away what seeds made, and seed anew
  ttdb seed --reset --tenants 0 --orders 0 --url ...    only take it away
  ttdb seed generic --rows 1000 --url ...      any schema, from its catalog alone
  ttdb seed demo --dump DIR --url ...          files and a script for psql, instead of rows
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("seed", epilog=_EXAMPLES)(_seed)


def _seed(  # noqa: PLR0913 - one per flag
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A file of seeds/ by its name; or generic, for a schema of your own, with --rows, --tenants,"
            " --tenant-column, --seed, --append or --dump.",
            show_default=f"{USUAL}; with --append, what stands",
        ),
    ] = None,
    *,
    url: UrlOption = None,
    tenants: Annotated[int | None, typer.Option(help="How many tenants, instead of the scenario's number.")] = None,
    orders: Annotated[int | None, typer.Option(help="How many orders, instead of the scenario's number.")] = None,
    rows: Annotated[
        int | None, typer.Option(help="With generic: how many rows each table is to have; 100 when not given.")
    ] = None,
    tenant_column: Annotated[
        str | None,
        typer.Option(help="With generic: the column that holds the tenant, or none; found by name when not given."),
    ] = None,
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
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="How many sessions write at once; the rows do not depend on it.")
    ] = 1,
    bulk: Annotated[
        bool | None,
        typer.Option(
            "--bulk/--no-bulk",
            help="Set indexes, foreign keys and triggers of empty tables aside meanwhile; else for many rows only.",
        ),
    ] = None,
    dump: Annotated[
        Path | None,
        typer.Option(
            help="Write a CSV for each table and a script for psql to this new folder, and no row.", metavar="DIR"
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--repair", help="Only undo a bulk load that was killed; seeding again does it by itself.")
    ] = False,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Fill a database with invented rows that satisfy every constraint, the same for the same seed anywhere."""
    if database_name is not None and not reset:
        raise UsageError("--database-name goes with --reset only", "Leave it out.")
    if reset and append:
        raise UsageError("--reset and --append contradict each other", "Pass one of them.")
    if undo:
        volumes = {"--tenants": tenants, "--orders": orders, "--rows": rows, "--seed": seed_number}
        in_bulk = "--no-bulk" if bulk is False else "--bulk"
        ways = {"--reset": reset or None, "--append": append or None, in_bulk: bulk, "--dump": dump}
        _refuse_beside_repair({**volumes, **ways, "--tenant-column": tenant_column})
    settings = config.load()
    deleting = "ttdb seed --repair" if undo else "ttdb seed --reset" if reset else None
    at_home = url is None and not settings.database_url
    place = _local(settings) if at_home else _elsewhere(url, settings, deleting)
    with connect(place, application="ttdb seed", settings=PLAIN) as connection:
        found = target(connection)
        talk(f"database: {found}")
        if undo:
            answer(seeding.repaired(found, repair(connection), as_json=output is TextOrJson.JSON))
            return 0
        if append and at_home:
            scenario, seed_number = _standing_at_home(settings, scenario, seed_number)
        named = scenario
        if named is None:
            named = to_append_to(connection, seed_number) if append else USUAL
        if scenario is None and named != USUAL:
            talk(f'note: rows of "{named}" stand: they are gone on with')
        report = seed(
            connection,
            named,
            tenants=tenants,
            orders=orders,
            rows=rows,
            seed=seed_number,
            tenant_column=tenant_column,
            reset=reset,
            append=append,
            database_name=database_name,
            open_session=lambda: connect(place, application="ttdb seed", settings=PLAIN),
            jobs=jobs,
            bulk=bulk,
            dump=dump,
            on_progress=_teller(),
            on_note=lambda note: talk(f"note: {note}"),
        )
    if report.not_analyzed:
        talk(f"note: statistics not refreshed, this login does not own {', '.join(report.not_analyzed)}")
    shown = None if at_home else place.with_parts(password=None, sslpassword=None).uri()
    answer(seeding.as_json(found, report) if output is TextOrJson.JSON else seeding.as_text(report, shown))
    if report.scenario != GENERIC and dump is None:
        _remember(settings, place, report, tell=at_home and output is TextOrJson.TEXT)
    return 1 if report.left_empty else 0


def _refuse_beside_repair(flags: Mapping[str, object]) -> None:
    for flag in (flag for flag, value in flags.items() if value is not None):
        message = f"--repair seeds nothing: {flag} does not go with it"
        raise UsageError(message, "Repair first, then seed.")


def _elsewhere(url: str | None, settings: config.Settings, deleting: str | None) -> Url:
    return database_named_on_the_command_line(url, deleting) if deleting else database(url, settings)


def _local(settings: config.Settings) -> Url:
    """Return the local server's database: no live one, so that a reset may be meant too."""
    from ttdb.workflows import local  # noqa: PLC0415 - with it comes all of Alembic

    if not local.has_default(settings):
        hint = "Start a server of your own: ttdb local start; or pass --url postgresql://USER@HOST:PORT/DATABASE."
        raise UsageError("no database was given, and there is no local server", hint)
    return local.url(settings)


def _standing_at_home(
    settings: config.Settings, scenario: str | None, number: int | None
) -> tuple[str | None, int | None]:
    """Return the scenario and seed of the local server, where another is not asked for."""
    from ttdb.workflows import local  # noqa: PLC0415 - see above

    standing = local.seeded(settings)
    if standing is None or (scenario is not None and anywhere(scenario) != standing[0]):
        return scenario, number
    return standing[0], standing[1] if number is None else number


def _remember(settings: config.Settings, place: Url, report: SeedReport, *, tell: bool) -> None:
    """Keep what a local server now holds, and tell how to connect to it."""
    from ttdb.postgres.persistent.place import serving  # noqa: PLC0415 - as above

    server = serving(settings, place)
    if server is None:
        return
    from ttdb.workflows import local  # noqa: PLC0415 - see above

    shown = local.remember(settings, server, report)
    if tell:
        answer("\n".join(connecting.next_lines(shown, asdict(report))))


def _teller() -> OnProgress:
    """Tell a person who watches how many rows there are, how fast and how long it takes yet, once a second."""
    started, watched = time.monotonic(), sys.stderr.isatty()
    last = started + _QUIET_S - 1

    def tell(progress: SeedProgress) -> None:
        nonlocal last
        now = time.monotonic()
        if watched and now - last > 1:
            last = now
            talk(seeding.as_progress(progress, now - started))

    return tell
