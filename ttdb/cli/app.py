"""The ``ttdb`` program: collects the commands and turns errors into messages and exit codes."""

import importlib
import io
import pkgutil
import re
import traceback
from typing import Annotated

import typer

import ttdb
from ttdb.cli import commands
from ttdb.cli.terminal import talk
from ttdb.errors import TtdbError
from ttdb.secrets import masked, without_passwords_of

EXIT_COULD_NOT_RUN = 2
_VERSION = "--version"
_INTERRUPTED = 130  # what typer makes of Ctrl-C


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"ttdb {ttdb.__version__}")
        raise typer.Exit


def _root(
    *,
    _version_: Annotated[
        bool, typer.Option(_VERSION, callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def build(named: str | None = None) -> typer.Typer:
    """Return the program with the commands of ``ttdb/cli/commands`` registered; a command file has ``register``.

    Args:
        named: a command that has a file of its own name, to leave out the others: what they import takes a second;
            or ``--version``, to leave out all.

    """
    app = typer.Typer(
        name="ttdb",
        help="Isolation, audit, masking and online migration for shared-schema multi-tenant PostgreSQL.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Exit codes: 0 done or clean, 1 findings, 2 could not run or could not finish proving.",
        callback=_root,
    )
    files = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    for name in [] if named == _VERSION else [named] if named in files else files:
        importlib.import_module(f"{commands.__name__}.{name}").register(app)
    return app


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; never raises for a user's mistake."""
    try:
        program = typer.main.get_command(build(arguments[0] if arguments else None))
        code = program.main(args=_counted_back(arguments), prog_name="ttdb", standalone_mode=False)
    except TtdbError as error:
        talk(f"error: {masked(error.message)}")
        if error.hint:
            talk(f"hint: {masked(error.hint)}")
        if _verbose(arguments):
            _show_traceback(error, arguments)
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except KeyboardInterrupt:
        talk("interrupted")
        return EXIT_COULD_NOT_RUN
    except SystemExit as stop:  # the parser's way out: of completion, and with 1 when a pipe broke
        return EXIT_COULD_NOT_RUN if stop.code == 1 else _exit_code(stop.code)
    except Exception as error:  # noqa: BLE001 - the one place that catches all
        return _unexpected(error, arguments)
    return _exit_code(code)


def _counted_back(arguments: list[str]) -> list[str]:
    """Let ``ttdb downgrade -1`` say a revision: only after ``--`` would the parser take it for no option."""
    steps = [argument for argument in arguments if re.fullmatch(r"-\d+", argument)]
    if arguments[:1] != ["downgrade"] or not steps or "--" in arguments:
        return arguments
    return [*(argument for argument in arguments if argument not in steps), "--", *steps]


def _exit_code(returned: object) -> int:
    if returned == _INTERRUPTED:
        talk("interrupted")
        return EXIT_COULD_NOT_RUN
    return returned if isinstance(returned, int) else 0


def _unexpected(error: Exception, arguments: list[str]) -> int:
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the parser's own
        shown = io.StringIO()
        error.show(file=shown)
        talk(without_passwords_of(arguments, shown.getvalue()))
        return EXIT_COULD_NOT_RUN
    if type(error).__name__ == "Abort":
        talk("interrupted")
        return EXIT_COULD_NOT_RUN
    talk(without_passwords_of(arguments, f"error: unexpected {type(error).__name__}: {error}"))
    if _verbose(arguments):
        _show_traceback(error, arguments)
    else:
        talk("hint: This is a defect in ttdb. Run again with --verbose and report what it prints.")
    return EXIT_COULD_NOT_RUN


def _show_traceback(error: Exception, arguments: list[str]) -> None:
    talk(without_passwords_of(arguments, "".join(traceback.format_exception(error))))


def _verbose(arguments: list[str]) -> bool:
    return "--verbose" in arguments or "-v" in arguments
