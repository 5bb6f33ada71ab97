"""The ways in which a migration is struck, each at a place that it is held at; each returns what came of it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg import sql

from support.crashing.ground import Base, Ended, Gate, Run
from support.databases import connect
from ttdb.postgres.connect import Connection, scalar

_FREED_S = 5.0  # by client_connection_check_interval of 1 s
_FREED_WHEN_CUT_S = 20.0  # by TCP's timeouts on the server's side, of 10 s
_CUT_S = 45.0  # by those on the program's side, of 30 s
_ENDS_S = 60.0
_GIVES_UP_S = 150.0  # thirty attempts, with pauses of up to 2 s
_WAITS_S = 3.0  # for what gives no lock up, to see that it waits


@dataclass
class Strike:
    """One blow: to which run, held where."""

    base: Base
    run: Run
    gate: Gate
    pid: int  # the session that is held there
    facts: dict[str, float | str] = field(default_factory=dict)

    def ended(self, timeout_s: float = _ENDS_S, says: str = "step ") -> Ended:
        """Wait for the program's own end, which must be a clear one: it could not finish, and says where and why."""
        ended = self.run.wait(timeout_s)
        assert says in ended.said, ended
        assert ended.code == 2, ended
        assert "unexpected" not in ended.err, ended.err
        assert "Traceback" not in ended.err, ended.err
        return ended


def kill(strike: Strike) -> str:
    """Kill the program; its sessions end by themselves, though nobody opens the gate."""
    strike.run.process.kill()
    strike.run.process.wait()
    took = strike.base.gone(_FREED_S)
    return f"free after {took:.1f} s"


def terminate(strike: Strike) -> str:
    """End the session that is inside."""
    with connect(strike.base.admin) as admin:
        admin.execute("select pg_catalog.pg_terminate_backend(%s)", (strike.pid,))
    ended = strike.ended()
    strike.base.gone(_FREED_S)
    return ended.said


def stop(strike: Strike) -> str:
    """Stop the server as if its power failed, and start it again."""
    strike.base.server.stop("immediate")
    ended = strike.ended()
    strike.base.server.start()
    strike.base.gone(_FREED_S)
    return ended.said


def cut(strike: Strike) -> str:
    """Cut the network: neither side is told, both must find out."""
    with strike.base.server.cut_off():
        if strike.gate.place.startswith("before"):
            strike.gate.open()  # the server answers, and nobody hears it
        server = strike.base.gone(_FREED_WHEN_CUT_S)
        started = time.monotonic()
        ended = strike.ended(_CUT_S)
        client = server + time.monotonic() - started
    return f"{ended.said} (after {client:.0f} s; the server free after {server:.0f} s)"


def fill(strike: Strike) -> str:
    """Let the disk be full from here on."""
    with strike.base.server.full_disk():
        strike.gate.open()
        ended = strike.ended()
    strike.base.server.ensure_running()
    strike.base.gone(_FREED_S)
    return ended.said


def interrupt(strike: Strike) -> str:
    """Press Ctrl-C, while nothing inside goes on."""
    strike.run.process.send_signal(signal.SIGINT)
    ended = strike.ended(says="interrupted")
    strike.base.gone(_FREED_S)
    return ended.said


def lock(strike: Strike) -> str:
    """Hold what the step needs, for longer than it tries; what gives up no lock waits, and goes on after."""
    step = strike.gate.place
    with _holding(strike.base, _HOLDS.get(step, _STANDS_IN_THE_WAY)) as holder:
        strike.gate.open()
        if _waits_for_ever(strike):
            holder.rollback()
            ended = strike.run.wait(_ENDS_S)
            assert ended.code == 0, ended
            return "waits, and ends well once it is free"
        ended = strike.ended(_GIVES_UP_S)
    strike.base.gone(_FREED_S)
    return ended.said


STRIKES: dict[str, Callable[[Strike], str]] = {
    "kill-9": kill,
    "terminated": terminate,
    "server-stopped": stop,
    "cut-without-fin": cut,
    "disk-full": fill,
    "lock-given-up": lock,
    "ctrl-c": interrupt,
}
# A lock is wanted at a statement's begin: so it is held from before the step whose statement it is.
LOCK_PLACES = {
    "concurrently": "before index-receipts-number-idx",
    "validate": "before validate-receipts-amount-must-fit",
    "batch": "before fill-public-receipts",
    "exchange": "before convert-public-receipts",
    "swap": "copy",
}

# A report that is idle in its transaction: services go on beside it, and so it harms nobody but a migration.
_REPORT: LiteralString = "select pg_catalog.count(*) from public.receipts"
_ROW: LiteralString = "select from public.receipts where id = 50 for update"
# As ANALYZE does, and VACUUM.
_STANDS_IN_THE_WAY: LiteralString = "lock table only public.receipts in share update exclusive mode"
_HOLDS: dict[str, LiteralString] = {
    "before fill-public-receipts": _ROW,
    "before convert-public-receipts": _REPORT,
    "before months-of-public-receipts": _REPORT,
    "before protect-public-receipts": _REPORT,
    "copy": _REPORT,
}


@contextmanager
def _holding(base: Base, statement: LiteralString) -> Iterator[Connection]:
    with connect(base.admin, autocommit=False) as holder:
        holder.execute(statement)
        yield holder
        holder.rollback()


def _waits_for_ever(strike: Strike) -> bool:
    """Tell whether it has come to wait for a lock that it never gives up."""
    query = sql.SQL(
        "select exists (select from pg_catalog.pg_stat_activity as a where a.pid = %s and a.wait_event_type = 'Lock'"
        " and a.query ilike '%%concurrently%%' and a.query_start < pg_catalog.clock_timestamp() - interval '2 s')"
    )
    deadline = time.monotonic() + _WAITS_S
    with connect(strike.base.admin) as admin:
        while time.monotonic() < deadline and strike.run.process.poll() is None:
            if scalar(admin, query, (strike.pid,)):
                return True
            time.sleep(0.05)
    return False
