"""``ttdb validate``: attack a throwaway of our own, or the database of ``--url``, and say what was found."""

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ttdb.cli.options import FormatOption, TextOrJson, VerboseOption, database_named_on_the_command_line
from ttdb.cli.terminal import answer, talk
from ttdb.config import Settings, load
from ttdb.errors import UsageError
from ttdb.model import Severity, ValidationReport, Verdict
from ttdb.postgres.connect import connect, target
from ttdb.report.validation import as_json, as_text
from ttdb.validate import Request, library, validate
from ttdb.workflows.validate_throwaway import validate_throwaway

_EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCOMPLETE: 2}
_EPILOG = """\b
Examples:
  ttdb validate
  ttdb validate --url postgresql://me@db.example.com/shop
  ttdb validate --url ... --app-role web --tenant-setting app.org --format json --output report.json
"""


class FailOn(StrEnum):
    """From which severity on a finding fails the validation."""

    ERROR = "error"
    WARNING = "warning"


_Roles = Annotated[
    list[str] | None, typer.Option("--app-role", metavar="ROLE", help="Role the application logs in as (repeatable).")
]
_Masked = Annotated[
    list[str] | None,
    typer.Option("--masked-role", metavar="ROLE", help="Role that may see masked values only (repeatable)."),
]
_Cross = Annotated[
    list[str] | None,
    typer.Option("--cross-tenant-role", metavar="ROLE", help="Role meant to see all tenants (repeatable)."),
]
_Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="Database to attack in place, leaving no trace; without it a throwaway.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("validate", epilog=_EPILOG)
    def command(  # noqa: PLR0913 - one parameter for each option
        *,
        url: _Url = None,
        app_role: _Roles = None,
        masked_role: _Masked = None,
        cross_tenant_role: _Cross = None,
        tenant_setting: Annotated[
            str | None, typer.Option(help="Session setting that holds the tenant.", show_default="detected")
        ] = None,
        tenant_column: Annotated[
            str | None, typer.Option(help="Column that holds the tenant.", show_default="detected")
        ] = None,
        only: Annotated[
            list[str] | None,
            typer.Option(metavar="FAMILY", help="Family of checks, as RLS or ISO (repeatable); all when not given."),
        ] = None,
        fail_on: Annotated[FailOn, typer.Option(help="Severity that fails the validation.")] = FailOn.ERROR,
        output_format: FormatOption = TextOrJson.TEXT,
        output: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write the report to this file.", show_default=False)
        ] = None,
        timings: Annotated[bool, typer.Option("--timings", help="Say how long each part took.")] = False,
        throwaway: Annotated[
            str | None, typer.Option(help="Where the throwaway comes from: auto, docker, embedded or local.")
        ] = None,
        disposable: Annotated[
            bool, typer.Option("--disposable", help="The database of --url may be harmed by the attacks.")
        ] = False,
        verbose: VerboseOption = False,
    ) -> None:
        """Attack a database as a hostile tenant and say what was found.

        Without --url: starts a throwaway server, upgrades it, seeds it and attacks it. With --url: attacks that
        database by reads and by single-row probes that roll back.
        """
        _refuse_contradictions(url, throwaway, disposable=disposable)
        _refuse_unwritable(output)
        settings = load(
            {
                "app_roles": tuple(app_role or ()),
                "masked_roles": tuple(masked_role or ()),
                "cross_tenant_roles": tuple(cross_tenant_role or ()),
                "tenant_setting": tenant_setting,
                "tenant_column": tenant_column,
                "throwaway": throwaway,
            }
        )
        request = Request.of(settings, only or (), Severity(fail_on))
        request = replace(request, disposable=disposable)
        library().only(request.families)  # a wrong name is said before a server is started for it
        report = _throwaway(settings, request) if url is None else _live(url, request)
        text = as_text(report, timings=timings, each=verbose) if output_format is TextOrJson.TEXT else as_json(report)
        _write(text, report.verdict, output)
        raise typer.Exit(_EXIT[report.verdict])


def _refuse_contradictions(url: str | None, throwaway: str | None, *, disposable: bool) -> None:
    if disposable and url is None:
        raise UsageError("--disposable says something about the database of --url", "Pass --url as well.")
    if throwaway is not None and url is not None:
        raise UsageError("--throwaway and --url contradict each other", "Pass one of them.")


def _refuse_unwritable(output: Path | None) -> None:
    """Say before the attack, which may take minutes, that its report could not be written."""
    if output is None:
        return
    folder = output.parent
    if output.is_dir():
        raise _unwritable(output, "it is a folder")
    if not folder.is_dir():
        raise _unwritable(output, f"there is no folder {folder}")
    if not os.access(output if output.exists() else folder, os.W_OK):
        raise _unwritable(output, "permission denied")


def _unwritable(output: Path, why: str) -> UsageError:
    return UsageError(f"cannot write {output}: {why}", "Name a file in a folder you may write.")


def _live(url: str, request: Request) -> ValidationReport:
    parsed = database_named_on_the_command_line(url, "validate")
    with connect(parsed, application="ttdb validate") as connection:
        talk(f"validating {target(connection)}")
    return validate(parsed, request, say=talk)


def _throwaway(settings: Settings, request: Request) -> ValidationReport:
    return validate_throwaway(settings, request, say=talk)


def _write(text: str, verdict: Verdict, output: Path | None) -> None:
    if output is None:
        answer(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        answer(text)  # what was found is not lost with the file
        raise _unwritable(output, error.strerror or str(error)) from error
    talk(f"wrote {output}")
    answer(f"verdict: {verdict}")
