"""Services for tests: logins with a password, and sessions of theirs."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from support.databases import connect
from ttdb.config import Settings
from ttdb.migrate import cutover
from ttdb.model.cutover import Moved
from ttdb.model.migration import silent
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url


@dataclass(frozen=True)
class Service:
    """A login of a service in one database, where ``admin`` may do everything."""

    name: str
    url: Url
    admin: Url

    def session(self, application: str = "orders") -> Connection:
        """Open a session, as the service's pool does."""
        return psycopg.connect(
            self.url.with_parts(application_name=application).conninfo, autocommit=True, prepare_threshold=None
        )

    def observe(self, by: Url | None = None) -> Moved:
        """Do what ``ttdb cutover observe`` does."""
        return cutover.observe(by or self.admin, Settings(), silent, self.name)

    def enforce(self, by: Url | None = None) -> Moved:
        """Do what ``ttdb cutover enforce`` does."""
        return cutover.enforce(by or self.admin, Settings(), silent, self.name)

    def back(self, by: Url | None = None) -> Moved:
        """Do what ``ttdb cutover back`` does."""
        return cutover.back(by or self.admin, Settings(), silent, self.name)

    def recorded(self) -> list[tuple[object, ...]]:
        """Return what was recorded of it: table, verb, reason, effect, the tenant set, and the row's."""
        with connect(self.admin) as admin:
            return admin.execute(
                "select relation, verb, reason, effect, context_tenant::text, row_tenant::text"
                " from ttdb.observations where login = %s order by observed_at",
                (self.name,),
            ).fetchall()


@contextmanager
def new_service(admin: Url, *, attributes: str = "", groups: tuple[str, ...] = ("ttdb_app",)) -> Iterator[Service]:
    """Make a login in these groups, and drop it afterwards."""
    name, password = f"service_{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    with connect(admin) as connection:
        connection.execute(
            sql.SQL("create role {} login password {} " + attributes).format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        for group in groups:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(name)))
    try:
        yield Service(name, admin.with_parts(user=name, password=password), admin)
    finally:
        with connect(admin) as connection:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def in_tenant(session: Connection, tenant: str | None, setting: str = "app.current_tenant_id") -> None:
    """Set the tenant for the transaction that is open."""
    session.execute("select pg_catalog.set_config(%s, %s, true)", (setting, tenant or ""))
