"""The health query of --abort-if: what it asks for is looked at before each step and during it, and ends it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from ttdb.errors import HealthBad, TtdbError, UsageError
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import FREED_SOON, PLAIN, Connection, connect
from ttdb.postgres.url import Url
from ttdb.secrets import masked

_EVERY_S = 1.0
_TIMEOUT_S = 2.0
_SETTINGS = PLAIN | FREED_SOON | {"default_transaction_read_only": "on", "statement_timeout": f"{_TIMEOUT_S:.0f}s"}
_BOOLEAN = 16  # the type's oid, the same everywhere
_MOST_FAILURES = 2
_HINT = "Pass one SELECT that returns one boolean, true when things are bad, within 2 s and without changing anything."


class Health:
    """Asks a query on a read-only connection of its own, as the login; bad once is bad for the rest of the run."""

    def __init__(self, url: Url, query: str) -> None:
        self._url = url
        self._query = sql.SQL(query)  # the user's own text, on a connection of its own
        self._connection: Connection | None = None
        self._failures = 0
        self._asking = threading.Lock()
        self.arrived: tuple[str, ...] | None = None  # the revisions or tables to go back to, once the lock is held
        self.place = ""  # these in words
        self.bad: str | None = None  # why, since it is

    def begin(self) -> None:
        """Try the query once.

        Raises:
            UsageError: it is no single SELECT of one boolean, or fails.
            HealthBad: things are bad before anything was started.

        """
        try:
            bad = self._ask()
        except (psycopg.Error, UnicodeEncodeError) as error:
            message = f"--abort-if: {_said(error)}"
            raise UsageError(message, _HINT) from error
        if bad:
            message = "the health query of --abort-if is true already; nothing was changed"
            raise HealthBad(message, "Mend what it sees, and run the command again.")

    def look(self) -> None:
        """Ask, unless things are known to be bad; a failure counts when the next one follows.

        Raises:
            HealthBad: they are.

        """
        with self._asking:
            if self.bad is None:
                self._judge()
        self.refuse()

    def refuse(self) -> None:
        """Refuse to go on where things are known to be bad, without asking.

        Raises:
            HealthBad: they are.

        """
        if self.bad is not None:
            raise HealthBad(self.bad)

    @contextmanager
    def watching(self, watched: Connection) -> Iterator[None]:
        """Look every second, and cancel whatever runs on a connection once things are bad."""
        end = threading.Event()
        thread = threading.Thread(target=self._watch, args=(watched, end), name="ttdb health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _watch(self, watched: Connection, end: threading.Event) -> None:
        while not end.wait(_EVERY_S):
            with suppress(HealthBad):
                self.look()
                continue
            # Again and again: it may be between two statements just now.
            with suppress(psycopg.Error):
                watched.cancel_safe()

    def _judge(self) -> None:
        try:
            if self._ask():
                self.bad = "the health query of --abort-if is true"
            self._failures = 0
        except (psycopg.Error, TtdbError) as error:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                self.bad = f"the health query of --abort-if failed twice: {_said(error)}"
            else:
                time.sleep(_EVERY_S)
                self._judge()

    def _ask(self) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, application="ttdb health", settings=_SETTINGS)
        with self._connection.transaction(force_rollback=True):
            self._connection.execute("set transaction read only")
            # Prepared, a text of two statements is refused: the first could end the transaction.
            return _answer(self._connection.execute(self._query, prepare=True))


@contextmanager
def guarding(url: Url, query: str | None) -> Iterator[Health | None]:
    """Have a health query tried, where there is one, and asked from now on."""
    if query is None:
        yield None
        return
    health = Health(url, query)
    try:
        health.begin()
        yield health
    finally:
        health.close()


@contextmanager
def returning(
    health: Health | None, back: Callable[[Sequence[str], OnEvent], None], on_event: OnEvent
) -> Iterator[None]:
    """Go back by ourselves, in a session of its own, where what ran inside ended because things are bad.

    Raises:
        HealthBad: they are, and the database is where it was.

    """
    stopped: TtdbError | None = None
    try:
        yield
    except TtdbError as error:
        stopped = error
    if stopped is None:
        return
    if health is None or health.bad is None or health.arrived is None:
        raise stopped
    why = stopped.message if isinstance(stopped, HealthBad) else health.bad
    on_event(Event("back", {"why": why, "to": list(health.arrived), "place": health.place}))
    try:
        back(health.arrived, on_event)  # behind the handler: what fails now is no part of what failed before
    except TtdbError as error:
        message = f"{why}; going back to {health.place} stopped: {error.message}"
        raise TtdbError(message, error.hint) from error
    message = f"{why}; the database is back at {health.place}"
    raise HealthBad(message, "Mend what the query sees, and run the command again.") from stopped


def _answer(cursor: psycopg.Cursor[TupleRow]) -> bool:
    columns = cursor.description or []
    if len(columns) != 1 or columns[0].type_code != _BOOLEAN:
        message = "the health query does not return one boolean"
        raise psycopg.DataError(message)
    rows = cursor.fetchmany(2)
    if len(rows) != 1:
        message = f"the health query returned {'more than one row' if rows else 'no row'}"
        raise psycopg.DataError(message)
    return rows[0][0] is True


def _said(error: Exception) -> str:
    diag = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return masked(diag or str(error).strip().split("\n")[0])
