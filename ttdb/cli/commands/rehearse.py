"""ttdb rehearse."""

from pathlib import Path
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.files import refuse_unwritable, save
from ttdb.cli.options import FormatOption, TextOrJson, UrlOption, VerboseOption, database
from ttdb.cli.terminal import EXIT, answer, talk
from ttdb.errors import UsageError
from ttdb.report import migration
from ttdb.report import rehearsal as report
from ttdb.validate import Request
from ttdb.workflows.rehearse import Amount, Data, rehearse

_EXAMPLES = """\b
Examples:
  ttdb rehearse --url postgresql://dba@db.example.com/tickets
  ttdb rehearse --sample 5% --url ...          more of each table, and closer times
  ttdb rehearse --data full --url ...          all rows: every offender, and times as they are
  ttdb rehearse --data none --url ...          the schema alone, where no row may leave
  ttdb rehearse --format json -o rehearsal.json --throwaway docker --url ...

Only reads the database of --url: plans there, and copies it by pg_dump. Exit codes: 0 all went well, 1 something would
go wrong or is found at head, 2 it could not run or not prove all.
"""
_Data = Annotated[
    Data | None,
    typer.Option(help="Rows of the copy: sample, full (all) or none; default sample.", show_default=False),
]
_Sample = Annotated[
    str | None,
    typer.Option(
        metavar="N|N%",
        help="How many rows of each table a sample takes, or what part; the rows that they point at come along;"
        " default 1000.",
        show_default=False,
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the report to this file.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rehearse", epilog=_EXAMPLES)(_rehearse)


def _rehearse(  # noqa: PLR0913 - one parameter per option
    *,
    url: UrlOption = None,
    data: _Data = None,
    sample: _Sample = None,
    throwaway: Annotated[
        str | None,
        typer.Option(help="Where the throwaway comes from: auto, docker, embedded or local.", show_default=False),
    ] = None,
    output_format: FormatOption = TextOrJson.TEXT,
    output: _Output = None,
    verbose: VerboseOption = False,
) -> int:
    """Rehearse the way to head on a copy in a throwaway: upgrade, validate, downgrade, upgrade; the live one is read.

    Says of each step what was planned and what was measured, which rows would stop it, and whether the way back
    restores what was found.
    """
    if sample is not None and data not in (None, Data.SAMPLE):
        raise UsageError(f"--sample and --data {data} contradict each other", "Pass one of them.")
    amount = Amount() if sample is None else Amount.parse(sample)
    refuse_unwritable(output)
    settings = config.load({"throwaway": throwaway})
    found = rehearse(
        database(url, settings),
        settings,
        Request.of(settings),
        data=data or Data.SAMPLE,
        amount=amount,
        on_event=migration.Teller(answer, talk, as_json=False, verbose=verbose),
        say=talk,
    )
    text = report.as_json(found) if output_format is TextOrJson.JSON else report.as_text(found, each=verbose)
    if output is None:
        answer(text)
    else:
        save(text + "\n", output)
        answer(f"verdict: {found.verdict}")
    return EXIT[found.verdict]
