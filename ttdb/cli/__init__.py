"""The command line: one file per command; each parses, calls one function, prints, and returns an exit code."""

import io
import logging
import signal
import sys
from types import FrameType

from setproctitle import setproctitle

from ttdb.cli.terminal import talk
from ttdb.secrets import masked_argument

_COULD_NOT_RUN = 2


def main() -> None:
    """Run the program and exit with its code."""
    _hide_passwords_from_ps()
    _show_every_letter()
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it notes of an interrupt is no word of ours
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from ttdb.cli.app import run  # noqa: PLC0415 - the title first: what this imports takes half a second

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while importing, before anything was begun
        talk("interrupted")
        code = _COULD_NOT_RUN
    _forget_interrupt()
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat a termination as Ctrl-C: what is under way is undone, and the exit code says that it did not finish."""
    raise KeyboardInterrupt


def _forget_interrupt() -> None:
    """Let the exit code stand: an interrupt that passed through executed text, though caught, would end us as a signal.

    CPython notes that an interrupt left ``exec`` of a string (dataclasses are made by one, while a module is imported)
    and, started with ``-m``, dies of SIGINT at its end; the next ``exec`` of a string clears that note.
    """
    exec("")  # noqa: S102 - nothing is executed


def _hide_passwords_from_ps() -> None:
    arguments = [masked_argument(argument) for argument in sys.argv[1:]]
    if arguments != sys.argv[1:]:
        setproctitle(" ".join(["ttdb", *arguments]))


def _show_every_letter() -> None:
    """Escape what the terminal's encoding lacks: a table's name must not end a report that took minutes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
