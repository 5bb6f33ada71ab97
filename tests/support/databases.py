"""Databases for tests: create, clone, drop, act as somebody in one."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url


def connect(url: Url, *, autocommit: bool = True) -> Connection:
    """Open a plain session."""
    return psycopg.connect(url.conninfo, autocommit=autocommit)


@contextmanager
def fresh_database(
    server: Url, *, template: str | None = None, owner: str | None = None, named: str = "test"
) -> Iterator[Url]:
    """Create a database, empty or cloned, and drop it afterwards."""
    name = f"{named}_{uuid.uuid4().hex[:12]}"
    with connect(server) as admin:
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        if owner:
            statement += sql.SQL(" owner {}").format(sql.Identifier(owner))
        admin.execute(statement)
    try:
        yield server.with_parts(dbname=name)
    finally:
        with connect(server) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def fresh_login(server: Url, *, attributes: str = "", member_of: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Create a login with a password, and drop it afterwards; yields both."""
    name, password = f"login_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    with connect(server) as admin:
        admin.execute(
            sql.SQL("create role {} login password {} " + attributes).format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        for group in member_of:
            admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(name)))
    try:
        yield name, password
    finally:
        with connect(server) as admin:
            admin.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(name)))


@contextmanager
def acting_as(connection: Connection, role: str, tenant: str | None = None) -> Iterator[Connection]:
    """Act as a role, in a tenant's context, in a transaction that is rolled back."""
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        if tenant is not None:
            connection.execute("select pg_catalog.set_config('app.current_tenant_id', %s, true)", (tenant,))
        yield connection
