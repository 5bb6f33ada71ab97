"""``ttdb validate``: attack a throwaway of our own, or the database of ``--url``, and say what was found."""

from dataclasses import replace
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from ttdb import baseline as baselines
from ttdb.cli.files import refuse_unwritable, save
from ttdb.cli.options import VerboseOption, database_named_on_the_command_line
from ttdb.cli.terminal import EXIT, answer, shows_colour, talk
from ttdb.config import Settings, load
from ttdb.errors import UsageError
from ttdb.model.counted import counted
from ttdb.model.validation import Known, Rule, Severity, TenantScope, ValidationReport, Verdict
from ttdb.postgres.connect import connect, target
from ttdb.postgres.pooler import address, locate
from ttdb.report import repro as repros
from ttdb.report.validation import as_html, as_json, as_junit, as_markdown, as_sarif, as_text
from ttdb.validate import Request, library, validate
from ttdb.validate.judge import verdict

_EPILOG = """\b
Examples:
  ttdb validate
  ttdb validate --setup "alembic upgrade head"
  ttdb validate --url postgresql://me@db.example.com/shop
  ttdb validate --url ... --app-role web --tenant-setting app.org --format html --output report.html
  ttdb validate --url postgresql://me@db.example.com/shop --clone
  ttdb validate --url postgresql://me@db.example.com/shop --pooler postgresql://web@pool.example.com:6432/shop
  ttdb validate --url ... --write-baseline known.json
  ttdb validate --url ... --baseline known.json --format junit --output isolation.xml
  ttdb validate --url ... --repro findings
"""


class FailOn(StrEnum):
    """From which severity on a finding fails the validation."""

    ERROR = "error"
    WARNING = "warning"


class Format(StrEnum):
    """How a validation's report is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    HTML = "html"


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
_Trails = Annotated[
    list[str] | None,
    typer.Option("--trail", metavar="NAME", help="Table that is an audit trail (repeatable).", show_default="detected"),
]
_Format = Annotated[
    Format, typer.Option("--format", help="How the report is written; markdown fits a comment on a pull request.")
]
_Output = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report to this file.", show_default=False)
]
_Baseline = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Fail only on findings that this file does not know.", show_default=False),
]
_WriteBaseline = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the findings to this file, as known from now on.", show_default=False),
]
_Repro = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Write each finding to this folder: SQL that shows it, and a pytest.",
        show_default=False,
    ),
]
_Pooler = Annotated[
    str | None,
    typer.Option(
        "--pooler",
        metavar="URL",
        help="Pooler before the database of --url, with a login of the services: tried for what it hands on.",
        show_default=False,
    ),
]
_Scope = Annotated[
    TenantScope | None,
    typer.Option(help="For how long the services set the tenant, behind a pooler.", show_default="detected"),
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
        trail: _Trails = None,
        tenant_scope: _Scope = None,
        pooler: _Pooler = None,
        only: Annotated[
            list[str] | None,
            typer.Option(metavar="FAMILY", help="Family of checks, as RLS or ISO (repeatable); all when not given."),
        ] = None,
        fail_on: Annotated[FailOn, typer.Option(help="Severity that fails the validation.")] = FailOn.ERROR,
        output_format: _Format = Format.TEXT,
        output: _Output = None,
        baseline: _Baseline = None,
        write_baseline: _WriteBaseline = None,
        repro: _Repro = None,
        timings: Annotated[bool, typer.Option("--timings", help="Say how long each part took.")] = False,
        throwaway: Annotated[
            str | None, typer.Option(help="Where the throwaway comes from: auto, docker, embedded or local.")
        ] = None,
        setup: Annotated[
            str | None,
            typer.Option(
                metavar="CMD",
                help="Make the throwaway's database by this shell command, which finds its address in DATABASE_URL,"
                " TTDB_DATABASE_URL and PG* variables.",
                show_default=False,
            ),
        ] = None,
        disposable: Annotated[
            bool, typer.Option("--disposable", help="The database of --url may be harmed by the attacks.")
        ] = False,
        clone: Annotated[
            bool, typer.Option("--clone", help="Attack a copy of the database of --url, fully; it is only read.")
        ] = False,
        verbose: VerboseOption = False,
    ) -> None:
        """Attack a database as a hostile tenant and say what was found.

        Without --url: starts a throwaway server, upgrades and seeds it, or runs your own --setup, and attacks it.
        With --url: attacks that database by reads and by single-row probes that roll back; with --clone, a copy of it.
        """
        _refuse_contradictions(url, throwaway, setup, disposable=disposable, clone=clone)
        if pooler is not None and url is None:
            raise UsageError("--pooler stands before the database of --url", "Pass --url as well.")
        refuse_unwritable(output)
        refuse_unwritable(write_baseline)
        known = _known(baseline, write_baseline)
        if repro is not None:
            repros.require_own(repro)
        settings = load(
            {
                "app_roles": tuple(app_role or ()),
                "masked_roles": tuple(masked_role or ()),
                "cross_tenant_roles": tuple(cross_tenant_role or ()),
                "tenant_setting": tenant_setting,
                "tenant_column": tenant_column,
                "trails": tuple(trail or ()),
                "tenant_scope": tenant_scope,
                "throwaway": throwaway,
            }
        )
        _refuse_roles_of_two_kinds(settings)
        request = Request.of(settings, only or (), Severity(fail_on))
        request = replace(request, disposable=disposable)
        rules = _rules(request)  # a wrong family is said before a server is started for it
        report = (
            _throwaway(settings, request, setup) if url is None else _live(url, pooler, settings, request, clone=clone)
        )
        if write_baseline is not None:
            known = baselines.entries(report.findings)
        report = _apart(report, known)
        text = _formatted(report, rules, output_format, timings=timings, each=verbose, to_file=output is not None)
        _write(text, report.verdict, output)
        if write_baseline is not None:
            save(baselines.written(known), write_baseline)
        if repro is not None:
            talk(f"wrote {counted(repros.write(report, repro), 'finding')} to {repro}")
        raise typer.Exit(EXIT[report.verdict])


def _formatted(  # noqa: PLR0913 - what the flags say of the answer's form
    report: ValidationReport, rules: tuple[Rule, ...], chosen: Format, *, timings: bool, each: bool, to_file: bool
) -> str:
    if chosen is Format.TEXT:
        return as_text(report, timings=timings, each=each, colour=not to_file and shows_colour())
    if chosen is Format.JUNIT:
        return as_junit(report, rules)
    if chosen is Format.SARIF:
        return as_sarif(report, rules)
    if chosen is Format.HTML:
        return as_html(report, rules)
    return as_markdown(report) if chosen is Format.MARKDOWN else as_json(report)


def _rules(request: Request) -> tuple[Rule, ...]:
    """Return what the checks chosen, and those that are always on, say about themselves."""
    chosen = library().only(request.families)
    return tuple(
        Rule(each.code, each.name, each.severity, each.title, each.why, each.bad, each.fix) for each in chosen.units
    )


def _known(baseline: Path | None, write_baseline: Path | None) -> tuple[Known, ...]:
    if baseline is None:
        return ()
    if write_baseline is not None:
        raise UsageError("--baseline and --write-baseline contradict each other", "Pass one of them.")
    return baselines.read(baseline)


def _apart(report: ValidationReport, known: tuple[Known, ...]) -> ValidationReport:
    if not known:
        return report
    left = baselines.apart(report, known)
    return replace(left, verdict=verdict(left.findings, left.unproven, left.fail_on))


def _refuse_contradictions(
    url: str | None, throwaway: str | None, setup: str | None, *, disposable: bool, clone: bool
) -> None:
    if clone and url is None:
        raise UsageError("--clone copies the database of --url", "Pass --url as well.")
    if clone and disposable:
        raise UsageError("--clone and --disposable contradict each other", "Pass one of them.")
    if disposable and url is None:
        raise UsageError("--disposable says something about the database of --url", "Pass --url as well.")
    if throwaway is not None and url is not None and not clone:
        raise UsageError("--throwaway and --url contradict each other", "Pass one of them.")
    if setup is not None and url is not None:
        raise UsageError("--setup makes a throwaway, and --url names a database that stands", "Pass one of them.")
    if setup is not None and not setup.strip():
        raise UsageError("--setup is empty", 'Pass a command, as --setup "alembic upgrade head", or leave it out.')


def _refuse_roles_of_two_kinds(settings: Settings) -> None:
    """Refuse what would be attacked as the application, and left alone as one that may see it all."""
    named = (
        ("--app-role", settings.app_roles),
        ("--masked-role", settings.masked_roles),
        ("--cross-tenant-role", settings.cross_tenant_roles),
    )
    for (flag, roles), (other, others) in combinations(named, 2):
        for role in roles:
            if role in others:
                raise UsageError(f"{flag} {role} and {other} {role} contradict each other", "Pass one of them.")


def _live(url: str, pooler: str | None, settings: Settings, request: Request, *, clone: bool) -> ValidationReport:
    named = database_named_on_the_command_line(url, "validate")
    place = locate(named, None if pooler is None else database_named_on_the_command_line(pooler, "validate"))
    parsed, request = place.url, replace(request, pooler=place.pooler)
    if parsed is not named:
        talk(f"a pooler answers at {address(named)}: the server behind it is attacked, at {address(parsed)}")
    with connect(parsed, application="ttdb validate") as connection:
        talk(f"{'cloning' if clone else 'validating'} {target(connection)}")
    if clone:
        from ttdb.workflows.validate_clone import validate_clone  # noqa: PLC0415 - what else starts faster without

        return validate_clone(settings, parsed, request, say=talk)
    return validate(parsed, request, say=talk)


def _throwaway(settings: Settings, request: Request, setup: str | None) -> ValidationReport:
    from ttdb.workflows.validate_throwaway import validate_throwaway  # noqa: PLC0415 - with it comes all of Alembic

    return validate_throwaway(settings, request, setup=setup, say=talk)


def _write(text: str, verdict: Verdict, output: Path | None) -> None:
    if output is None:
        answer(text)
        return
    try:
        save(text + "\n", output)
    except UsageError:
        answer(text)  # what was found is not lost with the file
        raise
    answer(f"verdict: {verdict}")
