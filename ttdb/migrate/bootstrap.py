"""The bootstrap: group roles, their grants, and the ownership of what stands; once per cluster, and per database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg
from psycopg import sql

from ttdb import sqlfile
from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.migrate import ownership
from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.literal import identifier
from ttdb.migrate.privileges import ROLES
from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import Connection, scalar, translated

_UP, _DOWN = "00_roles/bootstrap.sql", "00_roles/undo.sql"


def script(connection: Connection | None, schemas: tuple[str, ...], migrator: str | None = None) -> str:
    """Return the bootstrap as SQL for an admin: with a connection, also the objects that change hands there."""
    parts = [sqlfile.read(_UP)]
    if migrator:
        parts.append(f"-- the login that migrates\n{_membership(migrator)}\n")
    objects = ownership.to_hand_over(connection, schemas) if connection else []
    if objects:
        parts.append(f"-- who owned what\n{ownership.RECORD}")
        parts += [f"begin;\nset local lock_timeout = '50ms';\n{item.statements}\ncommit;\n" for item in objects]
    return "\n".join(parts)


def apply(
    connection: Connection, schemas: tuple[str, ...], courtesy: Courtesy, on_event: OnEvent, migrator: str | None = None
) -> None:
    """Create what is missing: roles, grants, ownership; run again, it does nothing.

    Raises:
        PrivilegeMissing: the login may not create roles or give objects away.

    """
    with _explained("the bootstrap"):
        connection.execute(sql.SQL(sqlfile.read(_UP)))
        if migrator:
            _grant_membership(connection, migrator)
        objects = ownership.to_hand_over(connection, schemas)
        if objects:
            connection.execute(sql.SQL(ownership.RECORD))
        _one_by_one(connection, objects, courtesy, on_event)
        left = ownership.schemas_left(connection, schemas)
    on_event(Event("bootstrap", {"handed_over": len(objects), "schemas": list(schemas), "left": left}))


def undo(connection: Connection, courtesy: Courtesy, on_event: OnEvent) -> list[str]:
    """Give objects back to their former owners, and drop the roles that ttdb made and nobody uses.

    Returns the server's words on roles that stay.

    Raises:
        UsageError: the engine still stands in this database.

    """
    if scalar(connection, "select pg_catalog.to_regnamespace('ttdb') is not null"):
        raise UsageError("the database still holds ttdb's engine", 'Run "ttdb downgrade base" first.')
    notices: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        notices.append(diagnostic.message_primary or "")

    with _explained("undoing the bootstrap"):
        objects = ownership.to_give_back(connection)
        _one_by_one(connection, objects, courtesy, on_event)
        kept = ownership.ownerless(connection)
        connection.execute(ownership.FORGET)
        _drop_empty_version_table(connection)
        notices.clear()
        connection.add_notice_handler(hear)
        try:
            connection.execute(sql.SQL(sqlfile.read(_DOWN)))
        finally:
            connection.remove_notice_handler(hear)
    _refuse_half_undone(connection)
    notices = [*kept, *notices]
    on_event(Event("bootstrap", {"given_back": len(objects), "kept": notices}))
    return notices


def _refuse_half_undone(connection: Connection) -> None:
    """Refuse where grants stayed: a revoke by somebody without the right to it is only a warning.

    Raises:
        PrivilegeMissing: the login could not take back what the bootstrap granted here.

    """
    holder = scalar(
        connection,
        "select r.rolname from pg_catalog.pg_roles as r where r.rolname = any(%s) and ("
        " exists (select from pg_catalog.pg_database as d, pg_catalog.aclexplode(d.datacl) as a"
        " where d.datname = pg_catalog.current_database() and a.grantee = r.oid)"
        " or exists (select from pg_catalog.pg_namespace as n, pg_catalog.aclexplode(n.nspacl) as a"
        " where a.grantee = r.oid)) order by r.rolname limit 1",
        (list(ROLES),),
    )
    if holder is not None:
        login, database = connection.info.user, connection.info.dbname
        message = f"{login} may not revoke what {holder} was granted in database {database}"
        raise PrivilegeMissing(message, "Have the owner of the database, or a superuser, run: ttdb bootstrap --undo.")


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    """Say of a refused privilege that an admin has it."""
    try:
        with translated(doing):
            yield
    except PrivilegeMissing as error:
        hint = "Have a superuser, or an admin with CREATEROLE who owns the database and its objects, run it."
        raise PrivilegeMissing(error.message, hint) from error


def _membership(login: str) -> str:
    return f"grant ttdb_owner, ttdb_operator to {identifier(login)};"


def _grant_membership(connection: Connection, login: str) -> None:
    try:
        connection.execute(sql.SQL("grant ttdb_owner, ttdb_operator to {}").format(sql.Identifier(login)))
    except pg.UndefinedObject as error:
        raise UsageError(f'role "{login}" does not exist', f'Create it first: create role "{login}" login.') from error


def _one_by_one(
    connection: Connection, objects: list[ownership.Handover], courtesy: Courtesy, on_event: OnEvent
) -> None:
    for item in objects:
        what = {"revision": "bootstrap", "step": item.identity}
        with_retries(
            _transaction(connection, item, courtesy),
            connection=connection,
            courtesy=courtesy,
            on_event=on_event,
            what=what,
        )


def _transaction(connection: Connection, item: ownership.Handover, courtesy: Courtesy) -> Callable[[], str]:
    def attempt() -> str:
        with connection.transaction():
            connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(courtesy.lock_timeout)))
            connection.execute(sql.SQL(item.statements))
        return "done"

    return attempt


def _drop_empty_version_table(connection: Connection) -> None:
    with connection.transaction():
        ours = scalar(
            connection,
            "select pg_catalog.pg_get_userbyid(relowner) = 'ttdb_owner' from pg_catalog.pg_class"
            " where oid = pg_catalog.to_regclass('public.alembic_version')",
        )
        if not ours:
            return
        connection.execute("set local role ttdb_owner")
        if scalar(connection, "select not exists (select from public.alembic_version)"):
            connection.execute("drop table public.alembic_version")
