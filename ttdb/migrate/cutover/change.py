"""Move a service's login from one stage of its cut-over to the next, and back."""

from collections.abc import Iterator
from functools import partial

from psycopg import errors as pg
from psycopg import sql
from psycopg.types.json import Jsonb

from ttdb.config import Settings
from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.cutover.ground import (
    APP,
    MEMBERSHIP_OPTIONS,
    OBSERVED,
    Login,
    changing,
    login_of,
    refuse_unheld,
    refuse_unprivileged,
)
from ttdb.migrate.cutover.look import lacks, stage_of
from ttdb.migrate.literal import identifier
from ttdb.model.cutover import Moved, Stage
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import Connection, scalar, translated
from ttdb.postgres.url import Url

_PURPOSE = "ttdb: services that are observed; made by ttdb cutover"


def observe(url: Url, settings: Settings, on_event: OnEvent, name: str) -> Moved:
    """Let a service see everything, and record what row-level security would refuse; also of its open sessions.

    The tables are made ready one by one, each in a short transaction; then the login moves, in one.

    Raises:
        UsageError: the login is none, or no policy can hold it.
        PrivilegeMissing: the session may not; the hint says what to grant.
        LockNotObtained: a table was in use; a second run continues, and the service is where it was.

    """
    with changing(url, settings, on_event) as connection:
        return _observe(connection, settings, on_event, name)


def enforce(url: Url, settings: Settings, on_event: OnEvent, name: str) -> Moved:
    """Let row-level security refuse a service from now on; also in its open sessions.

    What served to observe goes with the last service that is observed.

    Raises:
        UsageError, PrivilegeMissing: as ``observe``.
        LockNotObtained: the service is held already, and what served to observe stands; a second run clears it.

    """
    with changing(url, settings, on_event) as connection:
        login, was = _ready(connection, name)
        if was is not Stage.ENFORCED or login.in_observed:
            _move(connection, login, Stage.ENFORCED)
        _clear(connection, settings, on_event)
        return Moved(name, was, Stage.ENFORCED)


def back(url: Url, settings: Settings, on_event: OnEvent, name: str) -> Moved:
    """Take a service one stage back: from enforced to observed, from observed to what it was before.

    One that was enforced at once goes back to what it was before at once: it never saw everything, and is not to.

    Raises:
        UsageError: it never went forth; or before, it was held already, and sessions of it are open.
        PrivilegeMissing, LockNotObtained: as ``observe``.

    """
    with changing(url, settings, on_event) as connection:
        login = login_of(connection, name)
        was = stage_of(connection, login.name)
        if was is Stage.ENFORCED:
            if not _is_recorded(connection, login, Stage.ENFORCED):
                message = f'"{name}" was not brought under row-level security here: there is nothing to go back to'
                raise UsageError(message, f"To let it see everything, and record that: ttdb cutover observe {name}")
            if _was_observed(connection, login):
                return _observe(connection, settings, on_event, name)
        if was is Stage.BEFORE:
            _clear(connection, settings, on_event)
            return Moved(name, was, was)
        refuse_unprivileged(connection, login)
        _refuse_while_connected(connection, login, was)
        _move(connection, login, Stage.BEFORE)
        _clear(connection, settings, on_event)
        return Moved(name, was, stage_of(connection, login.name), restored=True)


def _observe(connection: Connection, settings: Settings, on_event: OnEvent, name: str) -> Moved:
    login, was = _ready(connection, name)
    _refuse_elsewhere(connection)
    _make_group(connection)
    unobservable = _open_tables(connection, settings, on_event)
    if was is not Stage.OBSERVED or not _is_recorded(connection, login, Stage.OBSERVED):
        _move(connection, login, Stage.OBSERVED)
    lacking = tuple(lacks(connection, name))
    return Moved(name, was, Stage.OBSERVED, lacking, unobservable=unobservable)


def _ready(connection: Connection, name: str) -> tuple[Login, Stage]:
    login = login_of(connection, name)
    refuse_unheld(connection, login)
    refuse_unprivileged(connection, login)
    return login, stage_of(connection, login.name)


def _is_recorded(connection: Connection, login: Login, stage: Stage) -> bool:
    query = "select exists (select from ttdb.cutovers as c where c.login = %s and c.stage = %s)"
    return scalar(connection, query, (login.name, stage.value)) is True


def _was_observed(connection: Connection, login: Login) -> bool:
    query = "select c.found ->> 'observed' is distinct from 'false' from ttdb.cutovers as c where c.login = %s"
    return scalar(connection, query, (login.name,)) is True


def _refuse_elsewhere(connection: Connection) -> None:
    """Refuse while another database of the cluster observes: the group is the cluster's, and opens that one too."""
    other = scalar(
        connection,
        "select pg_catalog.min(d.datname::text) from pg_catalog.pg_shdepend as s"
        " inner join pg_catalog.pg_database as d on d.oid = s.dbid"
        " where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass"
        " and s.refobjid = pg_catalog.to_regrole('ttdb_observed') and d.datname <> pg_catalog.current_database()",
    )
    if other:
        message = (
            f"services are observed in database {other} of this cluster, and whom you name would see all there too"
        )
        raise UsageError(message, "Enforce those first: in that database, ttdb cutover status names them.")


def _make_group(connection: Connection) -> None:
    """Make the group, which no database has until a service is observed."""
    with translated(f"making role {OBSERVED}"), connection.transaction():
        connection.execute("set local role none")
        if scalar(connection, "select pg_catalog.to_regrole('ttdb_observed') is null"):
            connection.execute("create role ttdb_observed nologin noinherit")
            connection.execute(sql.SQL("comment on role ttdb_observed is {}").format(sql.Literal(_PURPOSE)))


def _open_tables(connection: Connection, settings: Settings, on_event: OnEvent) -> tuple[str, ...]:
    """Let ttdb_observed see each table whole, and return those that belong to others."""
    rows = connection.execute(
        "select o.relation::text, c.relowner = pg_catalog.to_regrole('ttdb_owner'), ttdb.is_observed(o.relation)"
        " from ttdb.observable() as o inner join pg_catalog.pg_class as c on c.oid = o.relation"
    ).fetchall()
    for relation, _own, _ready in (row for row in rows if row[1] and not row[2]):
        _each(connection, settings, on_event, "ttdb.observe_table", relation)
    return tuple(relation for relation, own, _ready in rows if not own)


def _clear(connection: Connection, settings: Settings, on_event: OnEvent) -> None:
    """Take off the tables what served to observe, once nobody is observed here, and drop the group."""
    # A login that was dropped, or taken out by hand, is observed no more.
    if scalar(
        connection,
        "select pg_catalog.to_regrole('ttdb_observed') is null or exists (select from ttdb.cutovers as c"
        " inner join pg_catalog.pg_roles as r on r.rolname = c.login where c.stage = 'observed'"
        " and pg_catalog.pg_has_role(r.oid, pg_catalog.to_regrole('ttdb_observed')::oid, 'member'))",
    ):
        return
    rows = connection.execute("select o.relation::text from ttdb.observed_relations() as o order by 1").fetchall()
    for (relation,) in rows:
        _each(connection, settings, on_event, "ttdb.unobserve_table", relation)
    with connection.transaction():
        connection.execute(
            "revoke all on function ttdb.observe(regclass, text, text, boolean, uuid),"
            " ttdb.record_observation(regclass, text, text, uuid) from ttdb_observed"
        )
    try:
        with connection.transaction():
            connection.execute("set local role none")
            if scalar(
                connection,
                "select pg_catalog.shobj_description(pg_catalog.to_regrole('ttdb_observed')::oid, 'pg_authid') = %s",
                (_PURPOSE,),
            ):
                connection.execute("drop role ttdb_observed")
    except (pg.DependentObjectsStillExist, pg.InsufficientPrivilege):
        pass  # another database observes, or an admin made it: without policies here it opens nothing


def _each(connection: Connection, settings: Settings, on_event: OnEvent, verb: str, relation: str) -> None:
    """Call a verb on a table in a transaction of its own, which steps back from whoever uses the table."""
    statement = sql.SQL("select {}(%s::pg_catalog.regclass)").format(sql.Identifier(*verb.split(".")))
    with translated(f"{verb} on {relation}"):
        with_retries(
            partial(_call, connection, statement, relation),
            connection=connection,
            courtesy=Courtesy(lock_timeout=settings.lock_timeout),
            on_event=on_event,
            what={"revision": "the cut-over", "step": f"{verb.split('.')[1]} {relation}"},
            relations=[relation],
        )


def _call(connection: Connection, statement: sql.Composed, relation: str) -> str:
    with connection.transaction():
        connection.execute(statement, (relation,))
    return "done"


def _move(connection: Connection, login: Login, stage: Stage) -> None:
    """Bring the login to a stage, in one transaction: killed, it is here or there."""
    found = scalar(
        connection, "select c.found from ttdb.cutovers as c where c.login = %s and c.stage <> 'before'", (login.name,)
    ) or {"app": login.in_app, "bypassrls": login.bypasses, "observed": False}
    if stage is Stage.OBSERVED:
        found["observed"] = True
    with translated(f"moving {login.name}"), connection.transaction():
        connection.execute("set local role none")
        for statement in _statements(connection, login, stage, found):
            connection.execute(statement)
        _refuse_half(connection, login, stage)
        connection.execute("set local role ttdb_owner")
        connection.execute(
            "insert into ttdb.cutovers (login, stage, found) values (%s, %s, %s)"
            " on conflict on constraint cutovers_pkey do update set stage = excluded.stage, found = excluded.found,"
            " changed_at = pg_catalog.now(), changed_by = session_user",
            (login.name, stage.value, Jsonb(found)),
        )
        # Statements that are prepared already were rewritten for the memberships of their time.
        connection.execute("select ttdb.renew_plans()")


def _statements(connection: Connection, login: Login, stage: Stage, found: dict[str, bool]) -> Iterator[sql.Composed]:
    name = sql.Identifier(login.name)
    app = stage is not Stage.BEFORE or found["app"]
    bypasses = stage is Stage.BEFORE and found["bypassrls"]
    if bypasses != login.bypasses:
        yield sql.SQL("alter role {} {}").format(name, sql.SQL("bypassrls" if bypasses else "nobypassrls"))
    for group, wanted, held in ((APP, app, login.in_app), (OBSERVED, stage is Stage.OBSERVED, login.in_observed)):
        if wanted and not held:
            options = " with inherit true" if connection.info.server_version >= MEMBERSHIP_OPTIONS else ""
            yield sql.SQL("grant {} to {}" + options).format(sql.Identifier(group), name)
        if held and not wanted:
            yield from _revoked(connection, group, login.name)


def _revoked(connection: Connection, group: str, name: str) -> Iterator[sql.Composed]:
    """Return what takes a login out of a group; since 16 whoever granted it must be named."""
    revoke = sql.SQL("revoke {} from {}").format(sql.Identifier(group), sql.Identifier(name))
    if connection.info.server_version < MEMBERSHIP_OPTIONS:
        yield revoke
        return
    rows = connection.execute(
        "select m.grantor::pg_catalog.regrole::text from pg_catalog.pg_auth_members as m"
        " where m.roleid = pg_catalog.to_regrole(%s) and m.member = pg_catalog.to_regrole(%s)",
        (identifier(group), identifier(name)),
    ).fetchall()
    for (grantor,) in rows:
        yield revoke + sql.SQL(" granted by ") + sql.SQL(grantor)  # as the server writes and quotes it


def _refuse_half(connection: Connection, login: Login, stage: Stage) -> None:
    """Refuse a revoke that the server only warned of, and a membership that comes through another group."""
    held = scalar(
        connection,
        "select coalesce(pg_catalog.pg_has_role(%s, pg_catalog.to_regrole('ttdb_observed')::oid, 'member'), false)",
        (login.name,),
    )
    if stage is not Stage.OBSERVED and held:
        message = f'"{login.name}" would stay a member of {OBSERVED}, through another group or another\'s grant'
        raise PrivilegeMissing(message, f"Have an admin take it out of whatever is in {OBSERVED}.")


def _refuse_while_connected(connection: Connection, login: Login, was: Stage) -> None:
    """Refuse to call it going back when it would refuse a running service what it was never refused before."""
    found = scalar(connection, "select c.found from ttdb.cutovers as c where c.login = %s", (login.name,))
    if found is not None and found["bypassrls"]:
        return
    sessions = scalar(
        connection,
        "select pg_catalog.count(*) from pg_catalog.pg_stat_activity as a"
        " where a.usename = %s and a.datname = pg_catalog.current_database()",
        (login.name,),
    )
    if sessions:
        message = (
            f'before it went forth, row-level security held "{login.name}", and {sessions} '
            f"{'session is' if sessions == 1 else 'sessions are'} open"
        )
        hint = "Point the service at its former login first"
        hint += "." if was is Stage.ENFORCED else f"; or hold it now: ttdb cutover enforce {login.name}."
        raise UsageError(message, hint)
