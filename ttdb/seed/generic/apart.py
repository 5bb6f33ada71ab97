"""Keep what goes wrong unforeseen in one table from all others."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ttdb.errors import TtdbError
from ttdb.postgres.connect import Connection
from ttdb.secrets import masked

_PACKAGE = Path(__file__).parents[2]


@contextmanager
def apart(connection: Connection, undone: Callable[[str], None]) -> Iterator[None]:
    """Undo what an unforeseen error left half done in one table, and say so, with the place: it is a defect of ours.

    What the server cannot go on from ends the run all the same.
    """
    try:
        with connection.transaction():
            yield
    except (TtdbError, psycopg.OperationalError):
        raise
    except Exception as error:  # whatever it is, the other tables can be filled
        if connection.broken:
            raise
        undone(f"a defect in ttdb, at {_place(error)}: unexpected {type(error).__name__} {masked(str(error))}".rstrip())


def _place(error: Exception) -> str:
    """Return the file and line of ttdb's own in which an error came up."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(frame.filename).parents]
    last = frames[-1]
    return f"{Path(last.filename).relative_to(_PACKAGE.parent)}:{last.lineno}"
