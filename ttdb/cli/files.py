"""Files that commands write their answers to."""

import os
from pathlib import Path

from ttdb.cli.terminal import talk
from ttdb.errors import UsageError


def refuse_unwritable(output: Path | None) -> None:
    """Say before the work, which may take minutes, that its report could not be written.

    Raises:
        UsageError: it could not.

    """
    if output is None:
        return
    try:
        _try_to_write(output)
    except OSError as error:
        raise _unwritable(output, error.strerror or str(error)) from error


def _try_to_write(output: Path) -> None:
    """Open a file as the report will be: of a read-only disk, say, nothing else tells, to root least of all."""
    if output.is_dir():
        raise _unwritable(output, "it is a folder")
    if not output.parent.is_dir():
        raise _unwritable(output, f"there is no folder {output.parent}")
    if output.is_file():
        output.open("ab").close()
    elif output.exists():  # a pipe, which would end when closed
        if not os.access(output, os.W_OK):
            raise _unwritable(output, "permission denied")
    else:
        output.open("xb").close()
        output.unlink()


def _unwritable(output: Path, why: str) -> UsageError:
    return UsageError(f"cannot write {output}: {why}", "Name a file in a folder you may write.")


def save(text: str, path: Path) -> None:
    """Write an answer to a file.

    Raises:
        UsageError: it cannot be written.

    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    talk(f"wrote {path}")
