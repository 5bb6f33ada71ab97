"""ttdb partitions list, ensure and retire."""

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
from ttdb.migrate import partitions
from ttdb.report import migration
from ttdb.report import partitions as report

_EXAMPLES = """\b
Examples:
  ttdb partitions list --url postgresql://operator@db.example.com/tickets
  ttdb partitions ensure --url ...                          this month and those ahead: once a day, by cron
  ttdb partitions ensure --from 2025-01 --to 2026-03 --url ...
  ttdb partitions retire --plan --url ...                   what is past its retention
  ttdb partitions retire public.event_logs --before 2025-01 --url ...
"""
LockTimeout = Annotated[
    str | None,
    typer.Option(help="How long a month may queue for a lock before it steps back; default 50ms.", show_default=False),
]
PlanOption = Annotated[bool, typer.Option("--plan", help="Say what would be done and change nothing.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Months of the tables that are kept in months: make them ahead, list them, retire the old.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=_EXAMPLES,
    )
    group.command("list", epilog=_EXAMPLES)(_list)
    group.command("ensure", epilog=_EXAMPLES)(_ensure)
    group.command("retire", epilog=_EXAMPLES)(_retire)
    app.add_typer(group, name="partitions")


def _list(*, url: UrlOption = None, output: FormatOption = TextOrJson.TEXT, verbose: VerboseOption = False) -> int:
    """List each table's months: rows by the planner's estimate, size, and the rows that wait in DEFAULT, counted."""
    place = database(url, config.load())
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    found = partitions.listed(place, teller.header)
    answer(report.list_json(found) if output is TextOrJson.JSON else report.list_text(found))
    return 0


def _ensure(  # noqa: PLR0913 - one parameter per option
    *,
    first: Annotated[
        str | None, typer.Option("--from", metavar="MONTH", help="First month, as 2025-01; default this one.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="MONTH", help="Last month; default the setting months_ahead after this one."),
    ] = None,
    url: UrlOption = None,
    plan: PlanOption = False,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Make missing months of every table, attach retired ones again, and empty DEFAULT into them; harmless to repeat.

    Each month of each table is a short transaction of its own.
    """
    settings = config.load({"lock_timeout": lock_timeout})
    start, end = (partitions.month(text) if text is not None else None for text in (first, last))
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    made = partitions.ensure(database(url, settings), settings, teller, first=start, last=end, plan=plan)
    write = report.ensured_json if output is TextOrJson.JSON else report.ensured_text
    answer(write(made, plan=plan))
    return 0


def _retire(  # noqa: PLR0913 - one parameter per option
    table: Annotated[
        str | None, typer.Argument(help="Of this table only, as public.event_logs.", show_default=False)
    ] = None,
    *,
    before: Annotated[
        str | None,
        typer.Option(metavar="MONTH", help="Months before this one, as 2018-01; refused if one must still be kept."),
    ] = None,
    url: UrlOption = None,
    plan: PlanOption = False,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Detach months that are past their table's retention; they stand on, to be dumped and dropped by an admin."""
    settings = config.load({"lock_timeout": lock_timeout})
    limit = partitions.month(before) if before is not None else None
    place = database_named_on_the_command_line(url, "ttdb partitions retire")
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    retired = partitions.retire(place, settings, teller, table=table, before=limit, plan=plan)
    write = report.retired_json if output is TextOrJson.JSON else report.retired_text
    answer(write(retired, plan=plan))
    return 0
