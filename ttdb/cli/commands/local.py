"""ttdb local start, stop, list, remove, shell, url and snapshot."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import FormatOption, TextOrJson, VerboseOption
from ttdb.cli.terminal import answer, talk
from ttdb.errors import UsageError
from ttdb.report import local as report
from ttdb.report import migration
from ttdb.workflows import local

_EXAMPLES = """\b
Examples:
  ttdb local start                         a server, upgraded and seeded; again: in a second or two
  ttdb local start big --scenario load --orders 5000    another one, by name
  ttdb local shell --as 043061e2-0983-8b47-86c7-9dc074746462
  ttdb local snapshot create before        and back: ttdb local snapshot restore before
  TTDB_DATABASE_URL=$(ttdb local url) python service.py
"""
Name = Annotated[str, typer.Argument(help="The server's name.")]
ServerOption = Annotated[str, typer.Option("--server", help="The server's name.")]
Title = Annotated[str | None, typer.Argument(help="The snapshot's name.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = _group("PostgreSQL servers of your own on this machine, that stay: upgraded, seeded, copied in seconds.")
    group.command("start")(_start)
    group.command("stop")(_stop)
    group.command("list")(_list)
    group.command("remove")(_remove)
    group.command("shell")(_shell)
    group.command("url")(_url)
    snapshot = _group("Copies of a server as it stands, its roles included, made and put back in seconds.")
    snapshot.command("create")(_create)
    snapshot.command("restore")(_restore)
    snapshot.command("list")(_snapshots)
    snapshot.command("delete")(_delete)
    group.add_typer(snapshot, name="snapshot")
    app.add_typer(group, name="local")


def _group(text: str) -> typer.Typer:
    return typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None, epilog=_EXAMPLES)


def _start(  # noqa: PLR0913 - one per flag
    name: Name = local.DEFAULT,
    *,
    scenario: Annotated[
        str | None, typer.Option(help="What a new server is seeded with; default minimal.", show_default=False)
    ] = None,
    orders: Annotated[int | None, typer.Option(help="How many orders, instead of the scenario's number.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where to listen; default the first free from 54320 on.")
    ] = None,
    throwaway: Annotated[
        str | None,
        typer.Option(help="Whose binaries: embedded, local, or auto for the first there is.", show_default=False),
    ] = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,
) -> int:
    """Start a server; the first time it is made, upgraded and seeded, later it is brought to head."""
    settings = config.load()
    teller = migration.Teller(answer, talk, as_json=False, verbose=verbose)
    wanted = local.Wanted(scenario, orders, port, throwaway)
    started = local.start(settings, name, wanted, say=talk, on_event=teller)
    answer(report.started_json(started) if output is TextOrJson.JSON else report.started_text(started))
    return 0


def _stop(name: Name = local.DEFAULT, *, verbose: VerboseOption = False) -> int:  # noqa: ARG001 - read on an error
    """Stop a server, ending the sessions in it; its data stays."""
    ran = local.stop(config.load(), name, talk)
    talk(f'server "{name}" is stopped' if ran else f'server "{name}" did not run')
    return 0


def _list(*, output: FormatOption = TextOrJson.TEXT, verbose: VerboseOption = False) -> int:  # noqa: ARG001 - as above
    """List the servers there are."""
    found = local.listed(config.load())
    answer(report.list_json(found) if output is TextOrJson.JSON else report.list_text(found))
    return 0


def _remove(
    name: Annotated[str, typer.Argument(help="The server's name; there is no default here.")],
    *,
    verbose: VerboseOption = False,  # noqa: ARG001 - as above
) -> int:
    """Stop a server and delete its data and its snapshots."""
    local.remove(config.load(), name, talk)
    talk(f'server "{name}" is removed, with its data and snapshots')
    return 0


def _shell(
    name: Name = local.DEFAULT,
    *,
    tenant: Annotated[
        str | None, typer.Option("--as", help="The tenant whose context is set; its id.", show_default=False)
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="The role to be; default ttdb_app with --as, else a superuser.")
    ] = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - as above
) -> int:
    """Open psql, as a tenant where one is named: with its context and the service's role from the first line on."""
    shell = local.shell(config.load(), name, tenant=tenant, role=role)
    if shell.advice:
        talk(shell.advice)
    os.execve(shell.program, [str(shell.program), *shell.arguments], shell.environment)  # noqa: S606 - psql, found


def _url(name: Name = local.DEFAULT, *, verbose: VerboseOption = False) -> int:  # noqa: ARG001 - as above
    """Print a server's URL with its password, for programs that take nothing else."""
    answer(local.uri(config.load(), name))
    return 0


def _create(
    title: Title = None,
    *,
    server: ServerOption = local.DEFAULT,
    verbose: VerboseOption = False,  # noqa: ARG001 - above
) -> int:
    """Copy a server as it stands; named for the time where no name is given. Sessions in it are ended."""
    title = title or f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    ran = local.snapshot(config.load(), server, "create", title, talk)
    talk(f'snapshot "{title}" of server "{server}" is made; the server {"runs again" if ran else "is stopped"}')
    return 0


def _restore(
    title: Title = None,
    *,
    server: ServerOption = local.DEFAULT,
    verbose: VerboseOption = False,  # noqa: ARG001 - above
) -> int:
    """Put a snapshot, or the newest, in the place of what is there now, which is lost. Sessions in it are ended."""
    settings = config.load()
    newest = local.snapshots(settings, server)[-1:]
    title = title or next((each.name for each in newest), None)
    if title is None:
        raise UsageError(f'server "{server}" has no snapshot', "Make one: ttdb local snapshot create")
    ran = local.snapshot(settings, server, "restore", title, talk)
    talk(f'server "{server}" is as it was in snapshot "{title}"; it {"runs again" if ran else "is stopped"}')
    return 0


def _snapshots(
    *,
    server: ServerOption = local.DEFAULT,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,  # noqa: ARG001 - as above
) -> int:
    """List a server's snapshots, the oldest first."""
    found = local.snapshots(config.load(), server)
    answer(report.snapshots_json(found) if output is TextOrJson.JSON else report.snapshots_text(found))
    return 0


def _delete(
    title: Annotated[str, typer.Argument(help="The snapshot's name.")],
    *,
    server: ServerOption = local.DEFAULT,
    verbose: VerboseOption = False,  # noqa: ARG001 - as above
) -> int:
    """Delete a snapshot."""
    local.snapshot(config.load(), server, "delete", title, talk)
    talk(f'snapshot "{title}" of server "{server}" is deleted')
    return 0
