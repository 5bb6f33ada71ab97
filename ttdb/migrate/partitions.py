"""Months of the tables that are kept in months: list them, make them ahead, retire the old; a transaction each."""

import difflib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing, TtdbError, UsageError
from ttdb.migrate.courtesy import with_retries
from ttdb.migrate.session import Session, migrating, reading
from ttdb.model.migration import Event, MissingMonth, Month, OnEvent, RetirableMonth
from ttdb.postgres.connect import Connection, scalar, translated
from ttdb.postgres.url import Url
from ttdb.secrets import masked

_MONTH = re.compile(r"(?P<year>[1-9]\d{3})-(?P<month>0[1-9]|1[0-2])(-\d{2})?")
_OPERATOR = "ttdb_operator"
_MOST = 1_200  # months in one command: who asks for more mistyped a year


def month(text: str) -> date:
    """Read a month, as 2026-03.

    Raises:
        UsageError: it is none.

    """
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        message = f'"{text}" is no month'
        raise UsageError(message, "Write it as 2026-03.")
    return date(int(found["year"]), int(found["month"]), 1)


def later(first: date, months: int) -> date:
    """Return the month that comes so many months after another."""
    years, position = divmod(first.month - 1 + months, 12)
    return date(first.year + years, position + 1, 1)


def listed(url: Url, on_event: OnEvent) -> list[Month]:
    """Return every partition and retired month, with the rows that wait in DEFAULT; changes nothing."""
    with (
        reading(url, on_event, application="ttdb partitions") as connection,
        connection.transaction(),
        translated("listing the months"),
    ):
        _refuse_without_months(connection)
        _as_operator(connection, "set local role {}")
        with connection.cursor(row_factory=class_row(Month)) as cursor:
            found = cursor.execute(_query("listed")).fetchall()
        return [item for found_item in found for item in (found_item, *_waiting(connection, found_item))]


def ensure(  # noqa: PLR0913 - each is an option of the command
    url: Url,
    settings: Settings,
    on_event: OnEvent,
    *,
    first: date | None = None,
    last: date | None = None,
    plan: bool = False,
) -> list[MissingMonth]:
    """Make the months from ``first`` to ``last`` of every table, and return those that were missing, by table.

    Args:
        url: the database.
        settings: how long to queue for a lock, and how many months ahead.
        on_event: told of each month, and of each attempt without a lock.
        first: the first month; this one when not given.
        last: the last month; ``months_ahead`` after this one when not given.
        plan: only return what is missing.

    Raises:
        UsageError: the last month is before the first, or a lifetime after it.
        LockNotObtained, TtdbError: the months before are made, and a second run continues.

    """
    with _session(url, settings, on_event) as session:
        today = scalar(session.connection, "select ttdb.month_of(pg_catalog.now())")
        start, end = first or today, last or later(today, settings.months_ahead)
        _refuse_unlikely(start, end, from_given=first is not None, to_given=last is not None)
        with session.connection.transaction():
            missing = _missing(session.connection, start, end)
        if not plan:
            _make(session, missing)
        return missing


def ensure_ahead(url: Url, settings: Settings, on_event: OnEvent) -> list[MissingMonth]:
    """Make this month and the ones ahead where the database has tables that are kept in months; else do nothing."""
    with reading(url, lambda _event: None, application="ttdb partitions") as connection:
        if not _has_months(connection):
            return []
    return ensure(url, settings, lambda event: None if event.kind == "target" else on_event(event))


def ensure_within(session: Session, months_ahead: int) -> None:
    """Make this month and the ones ahead in the midst of an upgrade, where tables are kept in months already."""
    if not _has_months(session.connection):
        return
    with session.connection.transaction():
        _as_operator(session.connection, "set local role {}")
        today = scalar(session.connection, "select ttdb.month_of(pg_catalog.now())")
        missing = _missing(session.connection, today, later(today, months_ahead))
    _make(session, missing)


def retire(  # noqa: PLR0913 - each is an option of the command
    url: Url,
    settings: Settings,
    on_event: OnEvent,
    *,
    table: str | None = None,
    before: date | None = None,
    plan: bool = False,
) -> list[RetirableMonth]:
    """Take months off their tables that are past their retention, oldest first, and return them.

    Args:
        url: the database.
        settings: how long to queue for a lock.
        on_event: told of each month, and of each attempt without a lock.
        table: of this table only.
        before: months before this one only.
        plan: only return what would be retired.

    Raises:
        UsageError: the table is none that is kept in months, or a month before ``before`` must still be kept.

    """
    with _session(url, settings, on_event) as session:
        with session.connection.transaction():
            wanted = _named(session.connection, table) if table is not None else None
            with session.connection.cursor(row_factory=class_row(RetirableMonth)) as cursor:
                found = cursor.execute(_query("retirable"), {"table": wanted, "before": before}).fetchall()
        kept = [item for item in found if not item.may_go]
        if before is not None and kept:
            message = f"{kept[0].leaf} is younger than {kept[0].retention}, which {kept[0].table} must be kept"
            raise UsageError(message, f"Nothing was retired. It may go from {kept[0].may_go_from} on.")
        going = [item for item in found if item.may_go]
        if not plan:
            for item in going:
                statement = sql.SQL("select ttdb.retire_partition({}::regclass)").format(item.leaf)
                _timed(session, "retired", item.table, item.month, statement)
        return going


@contextmanager
def _session(url: Url, settings: Settings, on_event: OnEvent) -> Iterator[Session]:
    with migrating(url, settings, on_event, application="ttdb partitions") as session:
        session.become_login()
        with translated("looking for tables that are kept in months"):
            _refuse_without_months(session.connection)
            _as_operator(session.connection, "set role {}")
        yield session


def _missing(connection: Connection, first: date, last: date) -> list[MissingMonth]:
    return [MissingMonth(*row) for row in connection.execute(_query("missing"), (first, last))]


def _make(session: Session, missing: Sequence[MissingMonth]) -> None:
    for item in missing:
        statement = sql.SQL("select ttdb.ensure_partition({}::regclass, {})").format(item.table, item.month)
        _timed(session, item.outcome, item.table, item.month, statement)


def _refuse_unlikely(start: date, end: date, *, from_given: bool, to_given: bool) -> None:
    """Refuse a range of lifetimes, and one that ends before it starts: say where the end not given comes from."""
    if 12 * (end.year - start.year) + end.month - start.month >= _MOST:
        message = f"from {start:%Y-%m} to {end:%Y-%m} are more than {_MOST // 12} years of months"
        raise UsageError(message, "Look at the years of --from and --to; a range as long takes several commands.")
    if end >= start:
        return
    if from_given and to_given:
        raise UsageError(
            f"{end:%Y-%m} is before {start:%Y-%m}", "Name the first month with --from and the last with --to."
        )
    if from_given:
        message = f"--from {start:%Y-%m} is after {end:%Y-%m}, the last month that is made ahead"
        raise UsageError(message, f"Say until when: --from {start:%Y-%m} --to {start:%Y-%m}.")
    message = f"--to {end:%Y-%m} is before {start:%Y-%m}, this month"
    raise UsageError(message, f"Say from when: --from {end:%Y-%m} --to {end:%Y-%m}.")


def _timed(session: Session, outcome: str, table: str, day: date, statement: sql.Composed) -> None:
    """Run one statement in its own short transaction, and say how long it took."""
    what = {"revision": table, "step": f"{day:%Y-%m}"}
    started = time.monotonic()
    session.still_alone()
    try:
        with_retries(
            partial(_run, session, statement),
            connection=session.connection,
            courtesy=session.courtesy,
            on_event=session.on_event,
            what=what,
        )
    except psycopg.Error as error:
        raise _failed(f"month {day:%Y-%m} of {table}", error) from error
    seconds = round(time.monotonic() - started, 3)
    facts = {"table": table, "month": f"{day:%Y-%m}", "outcome": outcome, "seconds": seconds}
    session.on_event(Event("month", dict(facts)))


def _run(session: Session, statement: sql.Composed) -> str:
    with session.connection.transaction():
        session.connection.execute(
            sql.SQL("set local role {}; set local lock_timeout = {}").format(
                sql.Identifier(_OPERATOR), sql.Literal(session.courtesy.lock_timeout)
            )
        )
        session.connection.execute(statement)
    return "done"


def _failed(doing: str, error: psycopg.Error) -> TtdbError:
    if error.sqlstate is None or not error.diag.message_hint:
        try:
            with translated(doing):
                raise error
        except TtdbError as known:
            return known
    detail = f" ({masked(error.diag.message_detail)})" if error.diag.message_detail else ""
    return TtdbError(f"{doing}: {masked(error.diag.message_primary or '')}{detail}", error.diag.message_hint)


def _has_months(connection: Connection) -> bool:
    # By name: to_regclass() is an error for a login that may not use the schema.
    query = (
        "select exists (select from pg_catalog.pg_class as c where c.relname = 'partitioned_tables'"
        " and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'ttdb'))"
    )
    return scalar(connection, query) is True


def _refuse_without_months(connection: Connection) -> None:
    if not _has_months(connection):
        message = f'database "{connection.info.dbname}" keeps no tables in months'
        raise TtdbError(message, 'Run "ttdb upgrade" first.')


def _as_operator(connection: Connection, form: LiteralString) -> None:
    try:
        connection.execute(sql.SQL(form).format(sql.Identifier(_OPERATOR)))
    except psycopg.errors.InsufficientPrivilege as error:
        login = sql.Identifier(connection.info.user).as_string(connection)
        message = f'login "{connection.info.user}" is no member of {_OPERATOR}, who sees every tenant\'s months'
        hint = f"Have an admin run: grant {_OPERATOR} to {login}; never to a service's, which would see all tenants."
        raise PrivilegeMissing(message, hint) from error


def _waiting(connection: Connection, found: Month) -> list[Month]:
    """Return, for a DEFAULT partition, a line for each month whose rows lie in it."""
    if found.state != "default":
        return []
    rows = connection.execute(_query("waiting"), (found.table,))
    return [Month(found.table, found.leaf, "waiting", day, count, None) for day, count in rows]


def _named(connection: Connection, table: str) -> str:
    """Return a table's name as the server prints it."""
    known = [
        str(name) for (name,) in connection.execute("select relation::text from ttdb.partitioned_tables order by 1")
    ]
    near = {name: name for name in known} | {name.split(".", 1)[-1]: name for name in known}
    if table in near:
        return near[table]
    guess: Sequence[str] = difflib.get_close_matches(table, list(near), n=1)
    hint = f'Did you mean "{near[guess[0]]}"?' if guess else f"These are: {', '.join(known) or 'none'}."
    message = f'"{table}" is no table that is kept in months'
    raise UsageError(message, hint)


@cache
def _query(name: str) -> sql.SQL:
    return sql.SQL((Path(__file__).parent / f"months_{name}.sql").read_text(encoding="utf-8"))
