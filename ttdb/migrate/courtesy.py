"""Lock courtesy: look before queueing, queue briefly, step back, try again; the application never waits behind us."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import LockNotObtained
from ttdb.migrate.blockers import Blocker, anybody, holders, named, vacuumed
from ttdb.migrate.watch import Watch
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import Connection

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_GAP_S = 10.0  # waited for whoever came while a table was looked at
_GIVES_WAY = "set local lock_timeout = '3s'"  # autovacuum does after deadlock_timeout, 1 s, which no login may change
_YOUNG_S = 0.05  # a transaction as old as this is none of those that end by themselves in a moment


@dataclass(frozen=True, slots=True)
class Courtesy:
    """How long a step may queue for a lock, how often it tries, and who may be ended for it."""

    lock_timeout: str = "50ms"
    attempts: int = 30  # with pauses that double up to 2 s: about 50 s of trying
    watch: Watch | None = None  # cancels a step behind which others wait too long
    terminate_after_s: float | None = None  # ends transactions in the way that are older than this; None: never
    refuse: Callable[[], None] = lambda: None  # raises where things are known to be bad: no attempt begins then


def with_retries(  # noqa: PLR0913 - each is a fact of the attempt
    attempt: Callable[[], str],
    *,
    connection: Connection,
    courtesy: Courtesy,
    on_event: OnEvent,
    what: dict[str, str],
    relations: Sequence[str] = (),
) -> str:
    """Return what ``attempt`` returns once it gets its locks; refused a lock, it must leave nothing behind.

    Args:
        attempt: what to do, in a transaction of its own.
        connection: on which it does it.
        courtesy: how long and how often.
        on_event: told of each attempt that came to nothing.
        what: revision and step, for messages.
        relations: tables that it locks strongly: as long as older transactions hold locks on them, it does not queue.

    Raises:
        LockNotObtained: the last attempt was refused too; the timeout never grows.
        HealthBad: the health query said so.

    """
    for number in range(1, courtesy.attempts + 1):
        courtesy.refuse()
        in_the_way: list[Blocker] = []
        if relations and anybody(connection, relations):
            _displace_autovacuum(connection, relations)
            in_the_way = _older_holders(connection, relations)
        why = "open"
        cause: psycopg.Error | None = None
        if not in_the_way:
            try:
                return _watched(attempt, courtesy.watch)
            except (pg.LockNotAvailable, pg.DeadlockDetected) as error:
                why, cause, in_the_way = "lock", error, holders(connection, relations or None)
            except pg.QueryCanceled as error:
                if courtesy.watch is None or not courtesy.watch.cancelled:
                    raise
                why, cause = "held", error
        if number == courtesy.attempts:
            raise _given_up(what, number, why, in_the_way, courtesy) from cause
        on_event(Event("retry", {**what, "attempt": number, "why": why, "blockers": named(in_the_way)}))
        _terminate(connection, in_the_way, courtesy.terminate_after_s, on_event)
        pause(number)
    raise AssertionError("a courtesy has at least one attempt")


def wait_for_gap(connection: Connection, relations: Sequence[str]) -> None:
    """Wait in an open transaction until nobody's older one holds locks on these tables; for seconds at most.

    For a step that looks at the rows before it queues: that takes as long as reports take to come, and one that comes
    every so often would be met each time.
    """
    end = time.monotonic() + _GAP_S
    while time.monotonic() < end and anybody(connection, relations) and _older_holders(connection, relations):
        time.sleep(_YOUNG_S)


def pause(number: int) -> None:
    """Wait before attempt ``number + 1``: doubling, capped, with jitter so that two who wait do not meet again."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**number)
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, not a secret


def lock_holders(connection: Connection) -> list[str]:
    """Name the sessions of this database that hold locks on tables, oldest transaction first: whom we wait for."""
    return named(holders(connection))


def _watched(attempt: Callable[[], str], watch: Watch | None) -> str:
    with watch.over() if watch else nullcontext():
        return attempt()


def _older_holders(connection: Connection, relations: Sequence[str]) -> list[Blocker]:
    """Return the transactions on these tables that will not end in a moment.

    Where the login may not see their age, those are the ones that are seen twice.
    """
    found = holders(connection, relations)
    unknown = {(item.pid, item.transaction) for item in found if item.age is None}
    if unknown:
        time.sleep(_YOUNG_S)
        again = {(item.pid, item.transaction) for item in holders(connection, relations)}
        unknown &= again
    return [
        item
        for item in found
        if (item.age is not None and item.age > _YOUNG_S) or (item.pid, item.transaction) in unknown
    ]


def _displace_autovacuum(connection: Connection, relations: Sequence[str]) -> None:
    """Wait until autovacuum is gone from these tables.

    It gives way to who waits for as long as deadlock_timeout; a step queues for less. SHARE UPDATE EXCLUSIVE stands in
    the way of nobody who reads or writes, however long it queues.
    """
    for table in vacuumed(connection, relations):
        with suppress(pg.LockNotAvailable), connection.transaction():  # one against wraparound does not give way
            connection.execute(_GIVES_WAY)
            connection.execute(sql.SQL("lock table only {} in share update exclusive mode").format(sql.SQL(table)))


def _terminate(connection: Connection, in_the_way: Sequence[Blocker], after_s: float | None, on_event: OnEvent) -> None:
    """End the sessions whose transactions are in the way and too old, where that was asked for."""
    for blocker in in_the_way:
        if after_s is None or blocker.age is None or blocker.age < after_s:
            continue
        with connection.transaction():
            connection.execute("set local role none")  # the login may be a member of pg_signal_backend
            connection.execute("select pg_catalog.pg_terminate_backend(%s)", (blocker.pid,))
        on_event(Event("terminated", {"session": str(blocker)}))


def _given_up(
    what: dict[str, str], number: int, why: str, in_the_way: Sequence[Blocker], courtesy: Courtesy
) -> LockNotObtained:
    step = f"step {what['step']} of {what['revision']}"
    if why == "held" and courtesy.watch is not None:
        budget = f"{courtesy.watch.budget_s * 1000:.0f} ms"
        message = f"others waited longer than {budget} for {step} in {number} attempts"
        return LockNotObtained(message, "Run it when less is going on, or let it hold its locks longer: --hold-budget.")
    return LockNotObtained(f"{step} got no lock in {number} attempts", _advice(named(in_the_way)))


def _advice(blockers: list[str]) -> str:
    if not blockers:
        return "Run the command again: it continues with this step."
    return f"Wait for these to end, or end them, and run the command again: {'; '.join(blockers)}."
