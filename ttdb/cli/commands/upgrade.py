"""ttdb upgrade and ttdb downgrade."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from ttdb.migrate.backup import Backup
from ttdb.model.migration import PlannedStep
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
_LONGEST_PATH, _LONGEST_EVIDENCE = 200, 10_000
_FILE = re.compile(r"[^\s:]+\.(?:log|txt|md|json|out)")  # a name, and no words
LockTimeout = Annotated[
    str | None,
    typer.Option(help="How long a step may queue for a lock before it steps back; default 50ms.", show_default=False),
]
Violations = Annotated[
    Path | None,
    typer.Option(help="Where rows stop it, write all of them to this file, by key.", show_default=False),
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
BackupEvidence = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT|FILE",
        help="Which backup there is and when it was tested: asked for where live rows stand, and recorded.",
        show_default=False,
    ),
]
NoBackup = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Go on without evidence of a backup; recorded.", show_default=False),
]
Disposable = Annotated[bool, typer.Option("--disposable", help="Say that the rows may be lost: no backup is needed.")]
AbortIf = Annotated[
    str | None,
    typer.Option(
        metavar="SQL",
        help="A SELECT of one boolean, asked all the while: once it is true, the database goes back to where it was.",
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
    violations: Violations = None,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    hold_budget: HoldBudget = None,
    terminate_blockers: TerminateBlockers = None,
    backup_evidence: BackupEvidence = None,
    no_backup: NoBackup = None,
    disposable: Disposable = False,
    abort_if: AbortIf = None,
    verbose: VerboseOption = False,
) -> int:
    """Bring a database to head in small steps; a second run does nothing, a killed one continues."""
    if plan and sql and output is TextOrJson.JSON:
        raise UsageError("--sql and --format json contradict each other", "Pass one of them.")
    backup = backup_of(backup_evidence, no_backup, disposable=disposable)
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
    with conflicts_named(as_json=output is TextOrJson.JSON):
        upgrade.upgrade(place, settings, revision, teller, violations=violations, backup=backup, abort_if=abort_if)
        partitions.ensure_ahead(place, settings, teller)
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
    backup_evidence: BackupEvidence = None,
    no_backup: NoBackup = None,
    disposable: Disposable = False,
    abort_if: AbortIf = None,
    verbose: VerboseOption = False,
) -> int:
    """Take a database back to a revision, saying first what the older shape cannot hold."""
    backup = backup_of(backup_evidence, no_backup, disposable=disposable)
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
    with conflicts_named(as_json=output is TextOrJson.JSON):
        upgrade.downgrade(place, settings, revision, teller, backup=backup, abort_if=abort_if)
    return 0


@contextmanager
def conflicts_named(*, as_json: bool) -> Iterator[None]:
    """Name each thing that is in the way, besides the error's own message."""
    try:
        yield
    except Conflicts as error:
        answer(migration.conflicts(error, as_json=as_json))
        raise


def backup_of(evidence: str | None, override: str | None, *, disposable: bool) -> Backup:
    """Read what was said of a backup; evidence may be a file's text."""
    if (evidence is not None) + (override is not None) + disposable > 1:
        raise UsageError("--backup-evidence, --no-backup and --disposable exclude each other", "Pass one of them.")
    if evidence is not None and len(evidence) <= _LONGEST_PATH and Path(evidence).is_file():
        try:
            evidence = Path(evidence).read_text(encoding="utf-8")[:_LONGEST_EVIDENCE]
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--backup-evidence: {error}", "Name a text file, or write the text itself.") from error
    elif evidence is not None and _FILE.fullmatch(evidence):
        raise UsageError(
            f'--backup-evidence: there is no file "{evidence}"', "Name one that is there, or say it in words."
        )
    for option, text in (("--backup-evidence", evidence), ("--no-backup", override)):
        if text is not None and not text.strip():
            raise UsageError(f"{option} is empty", "Say in words what there is, or why there is none.")
    return Backup(evidence and evidence.strip(), override and override.strip(), disposable)


def _planned(steps: Sequence[PlannedStep], output: TextOrJson, *, sql: bool) -> str:
    if sql:
        return migration.plan_sql(steps)
    return migration.plan_json(steps) if output is TextOrJson.JSON else migration.plan_text(steps)
