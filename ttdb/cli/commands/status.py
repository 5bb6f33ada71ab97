"""ttdb status, ttdb current and ttdb history."""

import sys

import typer
from alembic import command

from ttdb import config
from ttdb.cli.options import FormatOption, TextOrJson, UrlOption, VerboseOption, database
from ttdb.cli.terminal import answer, talk
from ttdb.migrate import script, status
from ttdb.migrate.session import reading
from ttdb.report import migration


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status", epilog="\b\nExample:\n  ttdb status --url postgresql://migrator@db.example.com/tickets")(
        _status
    )
    app.command("current", epilog="\b\nExample:\n  ttdb current --url postgresql://migrator@db.example.com/tickets")(
        _current
    )
    app.command("history", epilog="\b\nExample:\n  ttdb history")(_history)


def _status(*, url: UrlOption = None, output: FormatOption = TextOrJson.TEXT, verbose: VerboseOption = False) -> int:
    """Say where a database stands and what to type next; changes nothing. Exit 1 while anything pends or is amiss."""
    place = database(url, config.load())
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    found = status.status(place, teller.header)
    if output is TextOrJson.JSON:
        answer(migration.status_json(found))
    else:
        answer(migration.status_text(found, verbose=verbose))
    halfway = any(stage.stage in {"contracting", "going back"} for stage in found.stages)
    amiss = found.missing or found.conflicts or found.set_aside or found.weakened
    return 1 if found.pending or amiss or halfway else 0


def _current(*, url: UrlOption = None, verbose: VerboseOption = False) -> int:
    """Print the revisions that the database records."""
    place = database(url, config.load())
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    scripts = script.directory()
    with reading(place, teller.header, application="ttdb current") as connection:
        heads = script.applied(connection, scripts)
    newest = set(scripts.get_heads())
    for head in heads:
        answer(f"{head} (head)" if head in newest else head)
    return 0


def _history() -> int:
    """List the revisions, newest first."""
    command.history(script.config(stdout=sys.stdout))
    return 0
