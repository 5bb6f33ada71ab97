"""ttdb roles."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.options import FormatOption, TextOrJson, UrlOption, VerboseOption, database
from ttdb.cli.terminal import answer, talk
from ttdb.errors import UsageError
from ttdb.postgres.connect import connect, target
from ttdb.report import roles as report
from ttdb.roles import DEFAULT_CONNECTIONS, DEFAULTS, Service, apply, change, check_password, new_password

_EXAMPLES = """\b
Examples:
  ttdb roles add orders_service --url postgresql://admin@db.example.com/tickets
  ttdb roles add login_service --resolver tenants_of_email --url ...
  ttdb roles add jobs --group worker --statement-timeout 10min --url ...
  ttdb roles add orders_service --password-file secret.txt --sql --url ... | psql -d tickets
  ttdb roles add orders_service --rotate --url ...    a new password
"""


class Group(StrEnum):
    """The groups that logins join."""

    APP = "app"
    WORKER = "worker"
    SUPPORT = "support"
    AUDITOR = "auditor"


def register(app: typer.Typer) -> None:
    """Add the command and its verbs."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Logins for services and people.")
    group.command("add", epilog=_EXAMPLES)(_add)
    app.add_typer(group, name="roles")


def _timeout(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{name.replace('_', '-')}", help=f"{what}; {DEFAULTS[name]} for a new login.", show_default=False
    )
    return option


def _add(  # noqa: PLR0913 - one per flag
    service: Annotated[str, typer.Argument(help="The login's name.")],
    *,
    url: UrlOption = None,
    group: Annotated[
        Group | None, typer.Option(help="Which of ttdb's groups it joins; app for a new login.", show_default=False)
    ] = None,
    resolver: Annotated[
        list[str] | None, typer.Option(help="A declared resolver that it may call; repeatable.", show_default=False)
    ] = None,
    connection_limit: Annotated[
        int | None,
        typer.Option(help=f"Sessions at once; {DEFAULT_CONNECTIONS} for a new login.", show_default=False),
    ] = None,
    statement_timeout: Annotated[str | None, _timeout("statement_timeout", "How long a statement may take")] = None,
    idle_in_transaction_session_timeout: Annotated[
        str | None, _timeout("idle_in_transaction_session_timeout", "How long a transaction may do nothing")
    ] = None,
    lock_timeout: Annotated[str | None, _timeout("lock_timeout", "How long a statement waits for a lock")] = None,
    password_file: Annotated[
        str | None,
        typer.Option(help="File with the password, - for stdin; else a random one is made.", show_default=False),
    ] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Give a login that stands a new password.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the statements for an admin, and run nothing.")] = False,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Make a login in one of ttdb's groups, with limits; a password made here is printed once, alone on stdout."""
    if sql and password_file is None:
        hint = "Pass --password-file FILE: a password made here would stand among the statements."
        raise UsageError("--sql needs a password of yours", hint)
    if sql and output is TextOrJson.JSON:
        raise UsageError("--sql and --format json contradict each other", "Leave one of them out.")
    settings = config.load()
    given = {
        "statement_timeout": statement_timeout,
        "idle_in_transaction_session_timeout": idle_in_transaction_session_timeout,
        "lock_timeout": lock_timeout,
    }
    wanted = Service(
        name=service,
        group=group,
        connections=connection_limit,
        settings={name: value for name, value in given.items() if value is not None},
        resolvers=tuple(resolver or ()),
        rotate=rotate,
    )
    password = new_password() if password_file is None else _read(password_file)
    with connect(database(url, settings), application="ttdb roles", settings={"search_path": ""}) as connection:
        found = target(connection)
        talk(f"database: {found}")
        made = change(connection, wanted, password)
        if sql:
            answer(report.as_sql(made))
            return 0
        apply(connection, wanted, made)
    shown = password if password_file is None else None
    if output is TextOrJson.JSON:
        answer(report.as_json(found, wanted, made, shown))
        return 0
    talk(report.as_text(wanted, made))
    if shown is not None:
        answer(shown)
    return 0


def _read(file: str) -> str:
    """Return the password in a file, or on stdin, without the line's end."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text", "Give a file that holds the password alone.") from None
    except OSError as error:
        raise UsageError(
            f"cannot read {file}: {error.strerror}", "Name a file that holds the password alone."
        ) from error
    password = text.removesuffix("\n").removesuffix("\r")
    check_password(password)
    return password
