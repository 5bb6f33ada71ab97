"""ttdb drift."""

from enum import StrEnum
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import UrlOption, VerboseOption, database
from ttdb.cli.terminal import answer, talk
from ttdb.migrate.drift import drift
from ttdb.report import drift as report
from ttdb.report import migration

_EXAMPLES = """\b
Examples:
  ttdb drift --url postgresql://migrator@db.example.com/tickets
  ttdb drift --format sql > mend.sql   the statements that put it right, to read and run
"""


class Format(StrEnum):
    """How drift may be written."""

    TEXT = "text"
    JSON = "json"
    SQL = "sql"


_WRITERS = {Format.TEXT: report.text, Format.JSON: report.as_json, Format.SQL: report.as_sql}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drift", epilog=_EXAMPLES)(_drift)


def _drift(
    *,
    url: UrlOption = None,
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
    throwaway: Annotated[
        str | None,
        typer.Option(
            help="Where the server of the reference comes from: auto, docker, embedded, local.", show_default=False
        ),
    ] = None,
    verbose: VerboseOption = False,
) -> int:
    """Compare a database with what its revision makes of an empty one. Changes nothing; exit 1 where they differ."""
    settings = config.load({"throwaway": throwaway})
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    found = drift(database(url, settings), settings, teller.header, say=talk)
    answer(_WRITERS[output](found))
    return 1 if found.drifted else 0
