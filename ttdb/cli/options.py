"""Options that several commands share, and what they resolve to."""

from enum import StrEnum
from typing import Annotated

import typer

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.postgres.url import Url

UrlOption = Annotated[
    str | None, typer.Option("--url", help="Database, as postgresql://USER@HOST:PORT/DATABASE.", show_default=False)
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say more, with tracebacks on errors.")]


class TextOrJson(StrEnum):
    """Output formats of commands whose answer is a list or a record."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[TextOrJson, typer.Option("--format", help="How the answer is written.")]


def database(url: str | None, settings: Settings) -> Url:
    """Return the database to work on: ``--url``, else TTDB_DATABASE_URL, else the configuration file.

    Raises:
        UsageError: none was given.

    """
    if url is not None:
        return _parsed(url)
    text = settings.database_url
    if not text:
        raise UsageError(
            "no database was given", "Pass --url postgresql://USER@HOST:PORT/DATABASE, or set TTDB_DATABASE_URL."
        )
    return _parsed(text)


def database_named_on_the_command_line(url: str | None, action: str) -> Url:
    """Return the database of ``--url`` alone: what harms is never pointed somewhere by a forgotten variable.

    Raises:
        UsageError: --url was not given.

    """
    if url is None:
        raise UsageError(
            f"{action} takes its database from the command line only",
            "Pass --url postgresql://USER@HOST:PORT/DATABASE.",
        )
    return _parsed(url)


def _parsed(text: str) -> Url:
    """Read a URL; an empty one is a script's unset variable, and must not come to mean some other database."""
    if not text.strip():
        raise UsageError("--url is empty", "Pass --url postgresql://USER@HOST:PORT/DATABASE, or leave it out.")
    try:
        return Url.parse(text)
    except UnicodeEncodeError:  # bytes that this locale cannot read; the driver's text would show them
        raise UsageError("the connection URL is not valid UTF-8", "Percent-encode what is not ASCII.") from None
