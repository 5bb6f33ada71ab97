"""What a pooler does with its clients' sessions, tried with a setting and statements that no service uses.

Each statement is a transaction of its own and holds a connection of the pool for a millisecond; what a try leaves in
the pool's connections is a setting of ttdb's own and a prepared "select", and both are swept away again.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
from psycopg import pq, sql

from ttdb.errors import DatabaseUnreachable
from ttdb.model.validation import PoolMode
from ttdb.postgres.connect import Connection, translated
from ttdb.postgres.pooler import client
from ttdb.postgres.url import Url
from ttdb.validate.holding import ANEW

_CANARY = "ttdb.pool_canary"
_NEWCOMERS, _ASKED = 10, 3  # clients that look for what others left, and how often each
_TURNS, _PAUSE_S = 40, 0.02
_REFUSED_BLOCK = "08P01"  # what PgBouncer says to BEGIN in statement mode
_LEAVE = "select pg_catalog.pg_backend_pid(), pg_catalog.set_config(%s, %s, false)"
_FIND = "select pg_catalog.pg_backend_pid(), pg_catalog.current_setting(%s, true)"
_LEFT = (
    "select array(select n.name from unnest(%s::text[], %s::text[]) as n (name, usual)"
    " where coalesce(pg_catalog.current_setting(n.name, true), '') not in ('', n.usual))"
)

_CLEAN = (
    "declare v_name text; begin for v_name in select p.name from pg_catalog.pg_prepared_statements as p"
    " where p.name like 'ttdb\\_%' loop execute pg_catalog.format('deallocate %I', v_name); end loop;"
    " perform pg_catalog.set_config({}, '', false); end"
)


@dataclass(slots=True)
class Tried:
    """What came of the tries so far."""

    product: str = "a pooler"
    mode: PoolMode | None = None
    hands_on: bool | None = None
    prepares: bool | None = None
    refusal: str = ""
    left: tuple[str, ...] = ()
    served_by: set[int] = field(default_factory=set)  # the server's processes, to be swept


def try_pool(url: Url, settings: Mapping[str, str]) -> Tried:
    """Try what a login's pool does with sessions.

    Args:
        url: the pooler, with the login.
        settings: what a new session must not find set, and the defaults of these settings.

    Raises:
        DatabaseUnreachable, TtdbError: the pooler did not answer, or has no connection to spare.

    """
    tried = Tried(product=_product(url))
    with translated("trying the pooler", again=ANEW):
        tried.left = _left(url, settings)
        if not _takes_blocks(url):
            tried.mode = PoolMode.STATEMENT
        _pass_on(url, tried)
        try:
            _prepare(url, tried)
        finally:
            _sweep(url, tried)
    return tried


def _product(url: Url) -> str:
    """Ask the admin console, as a login of its own right may."""
    try:
        with psycopg.connect(
            url.with_parts(dbname="pgbouncer", connect_timeout=5).conninfo, autocommit=True
        ) as console:
            answer = console.pgconn.exec_(b"show version")
    except psycopg.Error:
        return "a pooler"
    said = answer.get_value(0, 0) if answer.status == pq.ExecStatus.TUPLES_OK and answer.ntuples else None
    return said.decode() if said is not None and said.startswith(b"PgBouncer") else "a pooler"


def _left(url: Url, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return which settings new clients find set: they never set any themselves."""
    found: dict[str, None] = {}
    for _ in range(_NEWCOMERS):
        with client(url) as newcomer:
            for _ in range(_ASKED):
                row = newcomer.execute(_LEFT, (list(settings), list(settings.values()))).fetchone()
                found |= dict.fromkeys(row[0] if row is not None else ())
    return tuple(found)


def _takes_blocks(url: Url) -> bool:
    with client(url) as session:
        try:
            session.execute("begin")
        except psycopg.Error as error:
            if error.sqlstate != _REFUSED_BLOCK:
                raise
            return False
        session.execute("rollback")
    return True


def _pass_on(url: Url, tried: Tried) -> None:
    """Set something as one client, and look whether another finds it: first beside the one, then after it has gone."""
    token = secrets.token_hex(8)
    with client(url) as one:
        first = one.execute(_LEAVE, (_CANARY, token)).fetchone()
        at = first[0] if first is not None else 0
        tried.served_by.add(at)
        found = _beside(url, at, tried)
        moved = len({pid for pid, _ in found}) > 1
        shared = [value for pid, value in found if pid == at]
        if (moved or shared) and tried.mode is None:
            tried.mode = PoolMode.TRANSACTION
        if shared:
            tried.hands_on = token in shared
            return
    _after(url, at, token, tried)


def _after(url: Url, at: int, token: str, tried: Tried) -> None:
    """Ask as newcomers until one is given the connection of the first client, which has gone.

    Each stays until the next has asked: a pool gives out first what it got back last, so that one newcomer after the
    other would meet the same connection, while that of the first client is still being reset.
    """
    with ExitStack() as all_of_them:
        previous = all_of_them.enter_context(ExitStack())
        for _ in range(_TURNS):
            time.sleep(_PAUSE_S)
            current = all_of_them.enter_context(ExitStack())
            found = _answers(current.enter_context(client(url)), at, tried, turns=1)
            previous.close()
            previous = current
            if found and found[0][0] == at:
                tried.mode = tried.mode or PoolMode.SESSION
                tried.hands_on = found[0][1] == token
                return


def _beside(url: Url, at: int, tried: Tried) -> list[tuple[int, str | None]]:
    """Ask as a second client; where the first one's is the pool's only connection, it waits in vain."""
    try:
        with client(url) as other:
            return _answers(other, at, tried)
    except DatabaseUnreachable:
        return []


def _answers(session: Connection, at: int, tried: Tried, *, turns: int = _TURNS) -> list[tuple[int, str | None]]:
    """Ask until the process that the first client had answers, or enough."""
    found: list[tuple[int, str | None]] = []
    for _ in range(turns):
        row = session.execute(_FIND, (_CANARY,)).fetchone()
        if row is not None:
            found.append((row[0], row[1]))
            tried.served_by.add(row[0])
        if found and found[-1][0] == at:
            break
    return found


def _prepare(url: Url, tried: Tried) -> None:
    """Let two clients prepare under one name, as drivers do, and see whether each gets its own back."""
    name = f"ttdb_{secrets.token_hex(6)}".encode()
    with client(url) as one, client(url) as other:
        # In session mode a client keeps its connection: one client is enough, and takes less of the pool.
        clients = [one] if tried.mode is PoolMode.SESSION else [one, other]
        processes: list[set[int]] = [set() for _ in clients]
        tried.refusal = _each_gets_its_own(clients, name, processes)
    tried.served_by.update(*processes)
    met = bool(set.intersection(*processes)) or any(len(each) > 1 for each in processes)
    tried.prepares = False if tried.refusal else (True if met else None)


def _each_gets_its_own(clients: Sequence[Connection], name: bytes, processes: Sequence[set[int]]) -> str:
    """Return the first refusal; note which processes answered whom."""
    for number, session in enumerate(clients):
        answer = session.pgconn.prepare(name, f"select {number}, pg_catalog.pg_backend_pid()".encode())
        if answer.status != pq.ExecStatus.COMMAND_OK:
            return _said(answer)
    for _ in range(_ASKED):
        for number, session in enumerate(clients):
            answer = session.pgconn.exec_prepared(name, [])
            if answer.status != pq.ExecStatus.TUPLES_OK:
                return _said(answer)
            processes[number].add(int(answer.get_value(0, 1) or 0))
            if int(answer.get_value(0, 0) or 0) != number:
                return "one was given the statement of the other"
    return ""


def _said(answer: pq.abc.PGresult) -> str:
    return (answer.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")


def _sweep(url: Url, tried: Tried) -> None:
    """Take back what was left in the pool's connections, as far as they still come our way."""
    body = sql.SQL(_CLEAN).format(sql.Literal(_CANARY)).as_string(None)
    clean = sql.SQL("do {}; select pg_catalog.pg_backend_pid()").format(sql.Literal(body))
    awaited = set(tried.served_by)
    for _ in range(_TURNS):
        if not awaited:
            return
        with client(url) as sweeper:
            for _ in range(_ASKED):
                cursor = sweeper.execute(clean)
                cursor.nextset()
                row = cursor.fetchone()
                awaited.discard(row[0] if row is not None else 0)
