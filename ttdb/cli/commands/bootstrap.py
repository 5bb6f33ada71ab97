"""ttdb bootstrap."""

from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import UrlOption, VerboseOption, database, database_named_on_the_command_line
from ttdb.cli.terminal import answer, talk
from ttdb.errors import UsageError
from ttdb.migrate import bootstrap
from ttdb.migrate.session import migrating, reading
from ttdb.migrate.upgrade import schemas
from ttdb.report import migration

_EXAMPLES = """\b
Examples:
  ttdb bootstrap | psql -d tickets    the roles alone
  ttdb bootstrap --url postgresql://admin@db.example.com/tickets    and who owns what
  ttdb bootstrap --apply --migrator migrator --url postgresql://admin@db.example.com/tickets
  ttdb bootstrap --undo --url postgresql://admin@db.example.com/tickets
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bootstrap", epilog=_EXAMPLES)(_bootstrap)


def _bootstrap(
    *,
    url: UrlOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Run it, instead of printing it.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Give objects back and drop the unused roles.")] = False,
    migrator: Annotated[
        str | None, typer.Option(help="Login that will run upgrades: made a member of owner and operator.")
    ] = None,
    verbose: VerboseOption = False,
) -> int:
    """Print, run or undo the roles, grants and ownership that an upgrade needs; once per cluster, by an admin."""
    if apply and undo:
        raise UsageError("--apply and --undo contradict each other", "Pass one of them.")
    settings = config.load()
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    if undo:
        place = database_named_on_the_command_line(url, "ttdb bootstrap --undo")
        with migrating(place, settings, teller, application="ttdb bootstrap") as session:
            session.become_login()
            for notice in bootstrap.undo(session.connection, session.courtesy, teller):
                talk(f"note: {notice}")
        return 0
    if apply:
        with migrating(database(url, settings), settings, teller, application="ttdb bootstrap") as session:
            session.become_login()
            bootstrap.apply(session.connection, schemas(settings), session.courtesy, teller, migrator)
        return 0
    answer(_printed(url, settings, teller, migrator))
    return 0


def _printed(url: str | None, settings: config.Settings, teller: migration.Teller, migrator: str | None) -> str:
    if url is None and not settings.database_url:
        return bootstrap.script(None, schemas(settings), migrator)
    with reading(database(url, settings), teller.header, application="ttdb bootstrap") as connection:
        return bootstrap.script(connection, schemas(settings), migrator)
