"""Look at cut-overs: who connects as what, how far services are, what would have been refused."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.migrate.cutover.ground import query, refuse_older
from ttdb.migrate.literal import identifier
from ttdb.migrate.session import reading
from ttdb.model.cutover import Connected, CutoverStatus, Lack, Refusals, Service, Stage
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import Connection, scalar, translated
from ttdb.postgres.url import Url

_UNHELD = "nothing: "
_AGO = re.compile(r"([1-9][0-9]{0,5}) *(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def status(url: Url, on_event: OnEvent, people: Sequence[str] = ()) -> CutoverStatus:
    """Tell who connects as what, and how far each service is; changes nothing.

    Args:
        url: the database.
        on_event: told which database is looked at.
        people: logins of people, whose sessions are nobody's concern.

    """
    with _looking(url, on_event) as connection:
        services = services_in(connection)
        return CutoverStatus(
            connected=tuple(_connected(connection, people)),
            services=tuple(services),
            sees_all=_sees_all(connection),
            open_relations=scalar(connection, "select pg_catalog.count(*)::int from ttdb.observed_relations()"),
            unready=unready(connection) if any(item.stage is Stage.OBSERVED for item in services) else (),
        )


def report(
    url: Url, on_event: OnEvent, login: str, since: str | None = None
) -> tuple[Service, list[Refusals], list[Lack]]:
    """Return how far a service is, what would have been refused to it, and what ttdb_app lacks; changes nothing.

    Raises:
        UsageError: no service logs in so, or the time is none.

    """
    moment = time_of(since) if since is not None else None
    with _looking(url, on_event) as connection:
        found = service(connection, login)
        return found, _refusals(connection, login, moment), lacks(connection, login)


def service(connection: Connection, login: str) -> Service:
    """Return how far one service is.

    Raises:
        UsageError: no service logs in so.

    """
    found = services_in(connection, login)
    if not found:
        known = ", ".join(item.login for item in services_in(connection)) or "none"
        hint = f'Services that log in by themselves: {known}. "ttdb cutover observe {login}" begins one.'
        raise UsageError(f'"{login}" is no service\'s login here', hint)
    return found[0]


def services_in(connection: Connection, login: str | None = None) -> list[Service]:
    """Return the logins of services, or one of them, with how far each is."""
    rows = _services(connection, login)
    with as_operator(connection):
        counts = {
            row[0]: connection.execute(
                "select pg_catalog.count(*)::int from ttdb.observations as o"
                " where o.login = %s and o.observed_at >= coalesce(%s::timestamptz, '-infinity')",
                (row[0], row[2]),
            ).fetchone()
            for row in rows
        }
    return [
        Service(name, Stage(stage), since, by, sessions, (counts[name] or (0,))[0], tuple(older))
        for name, stage, since, by, sessions, older in rows
    ]


def stage_of(connection: Connection, login: str) -> Stage:
    """Return how far a login is, by its memberships: what was recorded may be another database's, or undone by hand."""
    rows = _services(connection, login)
    return Stage(rows[0][1]) if rows else Stage.BEFORE


def _services(connection: Connection, login: str | None) -> list[tuple[Any, ...]]:
    return connection.execute(query("services"), {"login": login}).fetchall()


def lacks(connection: Connection, login: str) -> list[Lack]:
    """Return what a service may do while it is observed, and not afterwards."""
    rows = connection.execute(query("lacks"), {"login": login}).fetchall()
    return [Lack(relation, tuple(privileges), recorded) for relation, privileges, recorded in rows]


def unready(connection: Connection) -> tuple[str, ...]:
    """Return the relations that services which are observed do not see whole: protected or made since."""
    rows = connection.execute(
        "select o.relation::text from ttdb.observable() as o"
        " inner join pg_catalog.pg_class as c on c.oid = o.relation"
        " where not ttdb.is_observed(o.relation) and c.relowner = pg_catalog.to_regrole('ttdb_owner')"
    )
    return tuple(row[0] for row in rows)


def time_of(text: str) -> datetime:
    """Read a time: so long ago, as 30min or 2d, or a moment as ISO 8601 has it.

    Raises:
        UsageError: it is neither.

    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        message = f'"{text}" is no time'
        raise UsageError(message, "Write how long ago, as 30min, 12h or 2d, or when: 2026-05-12T08:00+02:00.") from None
    return moment if moment.tzinfo else moment.astimezone()


@contextmanager
def as_operator(connection: Connection) -> Iterator[None]:
    """Act as ttdb_operator, who alone reads observations, and afterwards as before."""
    before = scalar(connection, "select pg_catalog.current_setting('role')")
    with connection.transaction():
        with translated("becoming ttdb_operator"):
            connection.execute("set local role ttdb_operator")
        yield
        connection.execute("select pg_catalog.set_config('role', %s, true)", (before,))


@contextmanager
def _looking(url: Url, on_event: OnEvent) -> Iterator[Connection]:
    with reading(url, on_event, application="ttdb cutover") as connection, connection.transaction():
        refuse_older(connection)
        role = scalar(connection, "select pg_catalog.current_setting('role')")
        if role != "ttdb_owner":
            login = connection.info.user
            message = f"{login} may not read cut-overs: they belong to ttdb_owner"
            hint = f"Have an admin run: grant ttdb_owner, ttdb_operator to {identifier(login)};"
            raise PrivilegeMissing(message, hint)
        with translated("looking at cut-overs"):
            yield connection


def _connected(connection: Connection, people: Sequence[str]) -> Iterator[Connected]:
    """Return the sessions, those that no policy holds first; seen as the login, which may have been granted more."""
    connection.execute("set local role none")
    rows = connection.execute(query("sessions"), {"people": list(people)}).fetchall()
    connection.execute("set local role ttdb_owner")
    logins = sorted({row[0] for row in rows})
    held: dict[str, str] = dict(connection.execute(query("holds"), {"logins": logins}).fetchall())
    for login, application, client, sessions in sorted(rows, key=lambda row: not held[row[0]].startswith(_UNHELD)):
        yield Connected(login, application, client, sessions, held[login], not held[login].startswith(_UNHELD))


def _sees_all(connection: Connection) -> bool:
    """Tell whether the login sees others' addresses; by inheritance, as the server asks."""
    return (
        scalar(
            connection,
            "select r.rolsuper or pg_catalog.pg_has_role(r.oid, 'pg_read_all_stats', 'usage')"
            " from pg_catalog.pg_roles as r where r.rolname = session_user",
        )
        is True
    )


def _refusals(connection: Connection, login: str, since: datetime | None) -> list[Refusals]:
    with as_operator(connection), connection.cursor(row_factory=class_row(Refusals)) as cursor:
        return cursor.execute(query("refusals"), {"login": login, "since": since}).fetchall()
