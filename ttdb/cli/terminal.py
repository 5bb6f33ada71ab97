"""How the program speaks: answers on stdout, talk on stderr, progress only where a person watches."""

import os
import sys
from contextlib import suppress
from typing import TextIO

from ttdb.errors import TtdbError
from ttdb.model.validation import Verdict

EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCOMPLETE: 2}  # what a command exits with


def answer(text: str) -> None:
    """Print a command's result; whoever stops reading early changes neither what is done nor the exit code.

    Raises:
        TtdbError: the result cannot be written, as on a full disk.

    """
    try:
        _write(sys.stdout, text)
    except OSError as error:
        _silence(sys.stdout)
        message = f"the answer cannot be written: {error.strerror}"
        raise TtdbError(message, "Send it where there is space.") from error


def shows_colour() -> bool:
    """Tell whether a person watches the answer on a terminal that paints, and did not ask for none."""
    watched = sys.stdout is not None and sys.stdout.isatty()
    return watched and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def talk(text: str) -> None:
    """Print what is not the result: what is worked on, progress, warnings, errors."""
    try:
        _write(sys.stderr, text)
    except OSError:
        _silence(sys.stderr)  # nobody is left to tell


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed by whoever started us
        return
    try:
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()
    except BrokenPipeError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Send the rest nowhere: what the stream still holds would fail again when the program ends."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
