"""ttdb cutover: services come under row-level security one by one."""

from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import FormatOption, TextOrJson, UrlOption, VerboseOption, database
from ttdb.cli.terminal import answer, talk
from ttdb.migrate import cutover
from ttdb.model.cutover import Moved
from ttdb.report import cutover as report
from ttdb.report import migration

_EXAMPLES = """\b
Examples:
  ttdb cutover status --url ...                   who connects as what; who is held by no policy
  ttdb cutover observe orders_service --url ...   it sees all, and what would be refused is recorded
  ttdb cutover report orders_service --since 1d --url ...
  ttdb cutover enforce orders_service --url ...   from now on it is refused, in open sessions too
  ttdb cutover back orders_service --url ...      from enforced to observed, from observed to before
  ttdb cutover settings orders_service --read app.current_tenant --url ...
"""
Login = Annotated[str, typer.Argument(metavar="SERVICE", help="What the service logs in as.")]
LockTimeout = Annotated[
    str | None,
    typer.Option(help="How long a table may be queued for before stepping back; default 50ms.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Bring services under row-level security one by one: observed first, then enforced; and back.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=_EXAMPLES,
    )
    for name, command in (
        ("status", _status),
        ("observe", _observe),
        ("report", _report),
        ("enforce", _enforce),
        ("back", _back),
        ("settings", _settings),
    ):
        group.command(name, epilog=_EXAMPLES)(command)
    app.add_typer(group, name="cutover")


def _status(
    *,
    url: UrlOption = None,
    people: Annotated[
        list[str] | None,
        typer.Option("--except", metavar="LOGIN", help="A login of people's, to leave out; repeatable."),
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,
) -> int:
    """Tell who is connected as what, and how far each service is; exit 1 where no policy holds a session."""
    found = cutover.status(database(url, config.load()), _teller(verbose=verbose).header, people or ())
    answer(report.status_json(found) if output is TextOrJson.JSON else report.status_text(found))
    return 1 if any(not item.held for item in found.connected) else 0


def _observe(
    service: Login,
    *,
    url: UrlOption = None,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Let a service's login see everything, and record what row-level security would refuse; harmless to repeat."""
    settings = config.load({"lock_timeout": lock_timeout})
    return _told(cutover.observe(database(url, settings), settings, _teller(verbose=verbose), service), output)


def _enforce(
    service: Login,
    *,
    url: UrlOption = None,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Let row-level security refuse a service's login from now on, in open sessions too; harmless to repeat."""
    settings = config.load({"lock_timeout": lock_timeout})
    return _told(cutover.enforce(database(url, settings), settings, _teller(verbose=verbose), service), output)


def _back(
    service: Login,
    *,
    url: UrlOption = None,
    output: FormatOption = TextOrJson.TEXT,
    lock_timeout: LockTimeout = None,
    verbose: VerboseOption = False,
) -> int:
    """Take a service's login one stage back: from enforced to observed, from observed to what it was before."""
    settings = config.load({"lock_timeout": lock_timeout})
    return _told(cutover.back(database(url, settings), settings, _teller(verbose=verbose), service), output)


def _report(
    service: Login,
    *,
    url: UrlOption = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long ago, as 30min or 2d, or when, as 2026-05-12T08:00; default ever."),
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,
) -> int:
    """List what would have been refused, by table, verb and reason; exit 1 when there is any."""
    place = database(url, config.load())
    found, refusals, lacks = cutover.report(place, _teller(verbose=verbose).header, service, since)
    write = report.report_json if output is TextOrJson.JSON else report.report_text
    answer(write(found, refusals, lacks))
    return 1 if refusals else 0


def _settings(  # noqa: PLR0913 - one parameter per option
    service: Login,
    *,
    url: UrlOption = None,
    read: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An older setting in which this login says its tenant; repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="One that is no longer read for it; repeatable.")
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,
) -> int:
    """Read the tenant from settings of older names for one login; where two that are set disagree, there is none."""
    settings = config.load()
    place = database(url, settings)
    older = cutover.older_settings(place, settings, _teller(verbose=verbose), service, read or (), ignore or ())
    write = report.settings_json if output is TextOrJson.JSON else report.settings_text
    answer(write(service, older))
    return 0


def _told(moved: Moved, output: TextOrJson) -> int:
    answer(report.moved_json(moved) if output is TextOrJson.JSON else report.moved_text(moved))
    return 0


def _teller(*, verbose: bool) -> migration.Teller:
    return migration.Teller(answer, talk, as_json=False, verbose=verbose)
