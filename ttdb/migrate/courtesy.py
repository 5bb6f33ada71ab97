"""Lock courtesy: queue briefly for a lock, step back, try again; never make the application wait behind us."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from psycopg import errors as pg

from ttdb.errors import LockNotObtained
from ttdb.model import Event, OnEvent
from ttdb.postgres.connect import Connection

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Courtesy:
    """How long a step may queue for a lock, and how often it tries."""

    lock_timeout: str = "50ms"
    attempts: int = 30  # with pauses that double up to 2 s: about 50 s of trying


def with_retries(
    attempt: Callable[[], str], *, connection: Connection, courtesy: Courtesy, on_event: OnEvent, what: dict[str, str]
) -> str:
    """Return what ``attempt`` returns once it gets its locks; refused a lock, it must leave nothing behind.

    Raises:
        LockNotObtained: the last attempt was refused too; the timeout never grows.

    """
    for number in range(1, courtesy.attempts + 1):
        try:
            return attempt()
        except (pg.LockNotAvailable, pg.DeadlockDetected) as error:
            blockers = lock_holders(connection)
            if number == courtesy.attempts:
                message = f"step {what['step']} of {what['revision']} got no lock in {number} attempts"
                raise LockNotObtained(message, _advice(blockers)) from error
            on_event(Event("retry", {**what, "attempt": number, "blockers": blockers}))
            pause(number)
    raise AssertionError("a courtesy has at least one attempt")


def pause(number: int) -> None:
    """Wait before attempt ``number + 1``: doubling, capped, with jitter so that two who wait do not meet again."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**number)
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, not a secret


def lock_holders(connection: Connection) -> list[str]:
    """Name the sessions of this database that hold locks on tables, oldest transaction first: whom we wait for."""
    with connection.transaction():
        # As the login: it may have pg_read_all_stats, and see what others run; the group role does not.
        connection.execute("set local role none")
        return [text for (text,) in connection.execute(_LOCK_HOLDERS)]


def _advice(blockers: list[str]) -> str:
    if not blockers:
        return "Run the command again: it continues with this step."
    return f"Wait for these to end, or end them, and run the command again: {'; '.join(blockers)}."


_LOCK_HOLDERS = """\
select pg_catalog.concat_ws(', ', 'pid ' || a.pid, a.usename, a.state,
    'open for ' || pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start), 1) || ' s',
    pg_catalog.left(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'), 80))
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
    and exists (
        select from pg_catalog.pg_locks as l
        where l.pid = a.pid and l.granted and l.relation >= 16384  -- the first oid that is not PostgreSQL's own
    )
order by a.xact_start
limit 3
"""
