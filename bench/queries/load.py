"""Fill a database at head with millions of rows of tenants of very different sizes, the same in every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection, scalar

START = datetime(2024, 1, 1, tzinfo=UTC)
_STATEMENTS = Path(__file__).parent / "load"
_TIMED = {
    "public.payment_transactions": "created_at",
    "public.audit_logs": "created_at",
    "public.notification_history": "sent_at",
    "public.event_logs": "timestamp",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much to load."""

    orders: int  # the other tables follow: with a million orders, about five million rows in all
    tenants: int = 200
    months: int = 24
    floor: int = 0  # at least so many rows in each table but tenants and venues


def load(connection: Connection, size: Size) -> None:
    """Fill an empty database at head, and bring its statistics up to date; the session is a superuser's, in autocommit.

    Triggers do not run: rows agree with each other, but key tables, counters and the trail know nothing of them.
    """
    with connection.transaction():
        _ensure_months(connection, size.months)
        connection.execute("set local session_replication_role = replica")
        connection.execute("set local synchronous_commit = off")
        connection.execute("set local timezone = 'UTC'")
        with _silent_triggers(connection):
            for path in sorted(_STATEMENTS.glob("*.sql")):
                text = trusted(path.read_text(encoding="utf-8"))
                connection.execute(text, _parameters(size) if path.stem == "01_world" else None)
    connection.execute("vacuum analyze")


def _parameters(size: Size) -> dict[str, object]:
    return {
        "orders": size.orders,
        "tenants": size.tenants,
        "months": size.months,
        "floor": size.floor,
        "start": START,
    }


def _ensure_months(connection: Connection, months: int) -> None:
    """Make the months that the rows fall into, where the database can; else they fall into the DEFAULT."""
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.ensure_partition(regclass, date)') is null"):
        return
    for relation in _TIMED:
        connection.execute(
            "select ttdb.ensure_partition(%s::regclass, (%s::date + n * interval '1 month')::date)"
            " from pg_catalog.generate_series(0, %s - 1) as n",
            (relation, START, months),
        )


@contextmanager
def _silent_triggers(connection: Connection) -> Iterator[None]:
    """Switch off the triggers that also run in a session that plays a replica, such as the trail's."""
    always = connection.execute(
        "select t.tgrelid::pg_catalog.regclass::text, t.tgname from pg_catalog.pg_trigger as t"
        " where t.tgenabled = 'A' and not t.tgisinternal and t.tgparentid = 0"
        " and t.tgrelid in (select oid from pg_catalog.pg_class"
        " where relnamespace = 'public'::pg_catalog.regnamespace and not relispartition)"
    ).fetchall()
    for state in ("disable", "enable always"):
        for relation, name in always:
            statement = sql.SQL("alter table {} " + state + " trigger {}")
            connection.execute(statement.format(trusted(relation), sql.Identifier(name)))
        if state == "disable":
            yield
