"""ttdb upgrade and ttdb downgrade."""

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
from ttdb.errors import Conflicts, UsageError
from ttdb.migrate import partitions, status, upgrade
from ttdb.report import migration

_UP_EXAMPLES = """\b
Examples:
  ttdb upgrade --url postgresql://migrator@db.example.com/tickets
  ttdb upgrade --plan                  show every step, change nothing
  ttdb upgrade platform_0001           stop at a revision
  ttdb upgrade --sql > upgrade.sql     the script for an empty database
"""
_DOWN_EXAMPLES = """\b
Examples:
  ttdb downgrade base --url postgresql://migrator@db.example.com/tickets
  ttdb downgrade platform@base --url ...   keep the engine, undo the platform
"""
LockTimeout = Annotated[
    str | None,
    typer.Option(help="How long a step may queue for a lock before it steps back; default 50ms.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("upgrade", epilog=_UP_EXAMPLES)(_upgrade)
    app.command("downgrade", epilog=_DOWN_EXAMPLES)(_downgrade)


def _upgrade(  # noqa: PLR0913 - one parameter per option
    revision: Annotated[str, typer.Argument(help="Where to stop.")] = "heads",
    *,
    url: UrlOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show every step and change nothing.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL for an empty database and change nothing.")] = False,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Bring a database to head in small steps; a second run does nothing, a killed one continues."""
    if plan and sql:
        raise UsageError("--plan and --sql contradict each other", "Pass one of them.")
    settings = config.load({"lock_timeout": lock_timeout})
    if sql:
        answer(upgrade.as_sql(revision))
        return 0
    place = database(url, settings)
    teller = migration.Teller(answer, talk, as_json=output is TextOrJson.JSON, verbose=verbose)
    if plan:
        steps = status.plan(place, revision, teller.header)
        answer(migration.plan_json(steps) if output is TextOrJson.JSON else migration.plan_text(steps))
        return 1 if any(step.conflicts for step in steps) else 0
    try:
        upgrade.upgrade(place, settings, revision, teller)
        partitions.ensure_ahead(place, settings, teller)
    except Conflicts as error:
        answer(migration.conflicts(error, as_json=output is TextOrJson.JSON))
        raise
    return 0


def _downgrade(  # noqa: PLR0913 - one parameter per option
    revision: Annotated[str, typer.Argument(help="Where to stop: a revision, or base.")],
    *,
    url: UrlOption = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL from head back, and change nothing.")] = False,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Take a database back to a revision, saying first what the older shape cannot hold."""
    settings = config.load({"lock_timeout": lock_timeout})
    if sql:
        answer(upgrade.as_sql(revision, down=True))
        return 0
    place = database_named_on_the_command_line(url, "ttdb downgrade")
    teller = migration.Teller(answer, talk, as_json=output is TextOrJson.JSON, verbose=verbose)
    upgrade.downgrade(place, settings, revision, teller)
    return 0
