"""ttdb upgrade and ttdb downgrade."""

from collections.abc import Sequence
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
from ttdb.errors import Conflicts, UsageError
from ttdb.migrate import partitions, status, upgrade
from ttdb.model import PlannedStep
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
HoldBudget = Annotated[
    str | None,
    typer.Option(
        help="How long others may wait for a step's locks before it rolls back and tries again; default 300ms.",
        show_default=False,
    ),
]
TerminateBlockers = Annotated[
    str | None,
    typer.Option(
        metavar="AGE",
        help="End transactions in a step's way that are older than this, as 10min; without it none is ended.",
        show_default=False,
    ),
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
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL for an empty database; with --plan that of the pending steps.")
    ] = False,
    violations: Annotated[
        Path | None,
        typer.Option(help="Where rows stop the upgrade, write all of them to this file, by key.", show_default=False),
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    hold_budget: HoldBudget = None,
    terminate_blockers: TerminateBlockers = None,
    verbose: VerboseOption = False,
) -> int:
    """Bring a database to head in small steps; a second run does nothing, a killed one continues."""
    if plan and sql and output is TextOrJson.JSON:
        raise UsageError("--sql and --format json contradict each other", "Pass one of them.")
    settings = config.load(
        {"lock_timeout": lock_timeout, "hold_budget": hold_budget, "terminate_blockers": terminate_blockers}
    )
    if sql and not plan:
        answer(upgrade.as_sql(revision))
        return 0
    place = database(url, settings)
    teller = migration.Teller(answer, talk, as_json=output is TextOrJson.JSON, verbose=verbose)
    if plan:
        steps = status.plan(place, revision, teller.header)
        answer(_planned(steps, output, sql=sql))
        return 1 if any(step.conflicts for step in steps) else 0
    try:
        upgrade.upgrade(place, settings, revision, teller, violations=violations)
        partitions.ensure_ahead(place, settings, teller)
    except Conflicts as error:
        answer(migration.conflicts(error, as_json=output is TextOrJson.JSON))
        raise
    return 0


def _downgrade(  # noqa: PLR0913 - one parameter per option
    revision: Annotated[str, typer.Argument(help="Where to stop: a revision, or base.")],
    *,
    url: UrlOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be undone, and change nothing.")] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL from head back; with --plan that of what would be undone.")
    ] = False,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    hold_budget: HoldBudget = None,
    terminate_blockers: TerminateBlockers = None,
    verbose: VerboseOption = False,
) -> int:
    """Take a database back to a revision, saying first what the older shape cannot hold."""
    settings = config.load(
        {"lock_timeout": lock_timeout, "hold_budget": hold_budget, "terminate_blockers": terminate_blockers}
    )
    if sql and not plan:
        answer(upgrade.as_sql(revision, down=True))
        return 0
    place = database_named_on_the_command_line(url, "ttdb downgrade")
    teller = migration.Teller(answer, talk, as_json=output is TextOrJson.JSON, verbose=verbose)
    if plan:
        answer(_planned(status.plan_down(place, revision, teller.header), output, sql=sql))
        return 0
    upgrade.downgrade(place, settings, revision, teller)
    return 0


def _planned(steps: Sequence[PlannedStep], output: TextOrJson, *, sql: bool) -> str:
    if sql:
        return migration.plan_sql(steps)
    return migration.plan_json(steps) if output is TextOrJson.JSON else migration.plan_text(steps)
