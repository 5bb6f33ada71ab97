"""ttdb contract: tables leave their expand stage once services have moved."""

from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.commands.upgrade import (
    AbortIf,
    BackupEvidence,
    Disposable,
    HoldBudget,
    LockTimeout,
    NoBackup,
    TerminateBlockers,
    Violations,
    backup_of,
    conflicts_named,
)
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
from ttdb.migrate import contract
from ttdb.report import migration

_EXAMPLES = """\b
Examples:
  ttdb contract                             which tables are expanded, and who is seen using their old columns
  ttdb contract orders order_items --plan   show every step, change nothing
  ttdb contract orders --open               services that move may write the plan's words from now on
  ttdb contract orders --cut-over "order-service 2.0 everywhere since 12 May"
  ttdb contract orders --undo               back into the expand stage
"""
Tables = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TABLE]...", help="Tables in their expand stage; none: list them.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("contract", epilog=_EXAMPLES)(_contract)


def _contract(  # noqa: PLR0913 - one parameter per option
    tables: Tables = None,
    *,
    url: UrlOption = None,
    cut_over: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Declare that services have moved: which, and since when. Recorded; the server cannot show it all.",
            show_default=False,
        ),
    ] = None,
    opening: Annotated[
        bool, typer.Option("--open", help="Only take off the CHECKs that refuse the words which moved services write.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the tables back into their expand stage.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show every step and change nothing.")] = False,
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
    """Let expanded tables come to the plan's shape alone: their old columns are put aside, what waited is made."""
    if undo and (opening or cut_over is not None):
        raise UsageError("--undo goes with neither --open nor --cut-over", "Pass --undo alone.")
    if opening and cut_over is not None:
        raise UsageError("--open and --cut-over contradict each other", "Open first; declare once services have moved.")
    if violations is not None and (undo or opening or plan or not tables):
        hint = "Pass it with a table, and not with --open, --undo or --plan."
        raise UsageError("--violations lists the rows that stop a cut-over", hint)
    if abort_if is not None and (undo or plan or not tables):
        hint = "Pass it with a table, and not with --undo or --plan."
        raise UsageError("--abort-if watches a table that leaves its expand stage", hint)
    backup = backup_of(backup_evidence, no_backup, disposable=disposable)
    settings = config.load(
        {"lock_timeout": lock_timeout, "hold_budget": hold_budget, "terminate_blockers": terminate_blockers}
    )
    as_json = output is TextOrJson.JSON
    teller = migration.Teller(answer, talk, as_json=as_json, verbose=verbose)
    if not tables:
        if undo or opening or plan or cut_over is not None:
            raise UsageError(
                "no table was named", 'Name tables, as in: ttdb contract orders. "ttdb contract" lists them.'
            )
        found = contract.stages(database(url, settings), teller.header)
        answer(migration.stages_json(found) if as_json else migration.stages_text(found))
        return 0
    if plan:
        steps = contract.plan(database(url, settings), tables, teller.header, back=undo)
        answer(migration.plan_json(steps) if as_json else migration.plan_text(steps))
        return 1 if any(step.conflicts for step in steps) else 0
    if undo:
        contract.undo(
            database_named_on_the_command_line(url, "ttdb contract --undo"), settings, tables, teller, backup=backup
        )
        return 0
    with conflicts_named(as_json=as_json):
        place = database(url, settings)
        contract.contract(
            place,
            settings,
            tables,
            teller,
            cut_over=cut_over,
            opening=opening,
            backup=backup,
            violations=violations,
            abort_if=abort_if,
        )
    return 0
