"""Databases for a service's tests: a template made once, a clone of it for each test, sessions that act in one."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import errors as pg
from psycopg import sql

from ttdb.config import Settings
from ttdb.errors import TtdbError, UsageError
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection, connect, scalar, translated
from ttdb.postgres.url import Url
from ttdb.seed import seed
from ttdb.validate import Hints, Request
from ttdb.validate.discover import Discovery, discover
from ttdb.validate.signing import Minted, is_tenant, signed
from ttdb.workflows.setup_command import run_setup

Say = Callable[[str], None]
APPLICATION = "ttdb test"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a template is made."""

    settings: Settings
    setup: str | None = None  # a shell command that makes the database; None: ttdb's own newest revision
    scenario: str | None = None  # whose rows it holds; None: what the setup made
    cwd: Path | None = None  # where the setup runs


@dataclass(frozen=True, slots=True)
class Template:
    """A database that nobody can connect to, and what a session in a clone of it has to know."""

    name: str
    server: Url
    tenant_setting: str | None
    app_roles: tuple[str, ...]  # those that row-level security binds


def make_template(server: Url, recipe: Recipe, say: Say) -> Template:
    """Make the database of which every test gets a clone.

    Raises:
        SetupFailed: the setup command failed.
        ScenarioInvalid: there is no such scenario, or it does not fit.

    """
    name = _fresh_name("template")
    url = server.with_parts(dbname=name)
    with connect(server, application=APPLICATION) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    if recipe.setup is not None:
        run_setup(recipe.setup, url, cwd=recipe.cwd, here=True, say=say)
    else:
        upgrade(url, recipe.settings)
    with connect(url, application=APPLICATION) as connection:
        if recipe.scenario is not None:
            seed(connection, recipe.scenario)
        found = discover(connection, _hints(recipe.settings))
    with connect(server, application=APPLICATION) as admin:
        _close(admin, name)
    return Template(name, server, _first(found.tenant_settings), _bound(found))


def _hints(settings: Settings) -> Hints:
    return Request.of(settings).hints


def _first(names: tuple[str, ...]) -> str | None:
    return names[0] if names else None


def _bound(found: Discovery) -> tuple[str, ...]:
    return tuple(role for role in found.roles.app if not found.catalog.roles[role].superuser)


def _fresh_name(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(6)}"


def _close(admin: Connection, name: str) -> None:
    """Let nobody in and send everybody away: a session in a template keeps it from being cloned."""
    admin.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
    admin.execute("select pg_catalog.pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", (name,))


@contextmanager
def clone(admin: Connection, template: Template) -> Iterator[Url]:
    """Clone a template, and drop the clone at the end, whoever is still connected to it.

    Args:
        admin: a session on the template's server, kept open from clone to clone; each is a round trip then.
        template: what to clone.

    """
    name = sql.Identifier(_fresh_name("test"))
    # Copying files needs a checkpoint, which costs nothing without fsync; the default writes every page to the log too.
    statement = sql.SQL("create database {} template {} strategy file_copy")
    with translated("cloning the template"):
        admin.execute(statement.format(name, sql.Identifier(template.name)))
    try:
        yield template.server.with_parts(dbname=name.as_string(None).strip('"'))
    finally:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(name))


@contextmanager
def acting_as(
    url: Url, role: str, settings: Mapping[str, str], *, context: tuple[str, str] | None = None, rollback: bool = False
) -> Iterator[Connection]:
    """Open a session in which a role, a login or not, works with these settings, in one transaction.

    Args:
        url: the database; the login is a superuser.
        role: whose privileges and policies hold, as session_user and as current_user.
        settings: what the service would set, local to the transaction.
        context: the setting that holds the tenant, and the tenant; where tenants must be signed, so is this one.
        rollback: undo all at the end, instead of committing.

    Raises:
        UsageError: there is no such role, or no such setting.
        TtdbError: the tenant must be signed, and there is no key.

    """
    with connect(url, application=APPLICATION) as connection, connection.transaction(force_rollback=rollback):
        own = {} if context is None else {context[0]: as_believed(connection, context[1])}
        for name, value in {**own, **settings}.items():
            _set(connection, name, value)
        _become(connection, role)
        yield connection


def as_believed(connection: Connection, tenant: str) -> str:
    """Return the tenant as the database believes it: plain, or in a token."""
    may = scalar(connection, "select pg_catalog.to_regprocedure('ttdb.context_is_signed()') is not null")
    if may and is_tenant(tenant) and scalar(connection, "select ttdb.context_is_signed()"):
        return Minted.by(connection, signed(tenant))
    return tenant


def _set(connection: Connection, name: str, value: str) -> None:
    try:
        connection.execute("select pg_catalog.set_config(%s, %s, true)", (name, value))
    except (pg.UndefinedObject, pg.InvalidName) as error:
        message = f'setting "{name}" cannot be set by a session'
        raise UsageError(message, "Name a custom setting with a dot in it, as app.current_tenant_id.") from error


def _become(connection: Connection, role: str) -> None:
    if not scalar(connection, "select true from pg_catalog.pg_roles where rolname = %s", (role,)):
        rows = connection.execute("select rolname from pg_catalog.pg_roles where rolname !~ '^pg_' order by rolname")
        known = ", ".join(name for (name,) in rows)
        raise UsageError(f'role "{role}" does not exist', f"The roles are {known}.")
    connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))


def application_role(template: Template) -> str:
    """Return the role to act as where none is named.

    Raises:
        UsageError: the application could log in as nobody but superusers.

    """
    if template.app_roles:
        return template.app_roles[0]
    message = "no role was found that the application could log in as and that policies bind"
    raise UsageError(message, 'Pass role="...", or set app_roles in [tool.ttdb].')


def tenant_setting(template: Template) -> str:
    """Return the setting that holds the tenant.

    Raises:
        UsageError: none was found.

    """
    if template.tenant_setting is not None:
        return template.tenant_setting
    message = "no session setting was found that holds the tenant"
    raise UsageError(message, 'Set tenant_setting = "..." in [tool.ttdb].')


def relation_names(connection: Connection, tables: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tables' names with their schemas.

    Raises:
        UsageError: a table does not exist.

    """
    return tuple(_relation_name(connection, table) for table in tables)


def _relation_name(connection: Connection, table: str) -> str:
    try:
        row = connection.execute(
            "select n.nspname || '.' || c.relname from pg_catalog.pg_class as c"
            " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
            " where c.oid = pg_catalog.to_regclass(%s)",
            (table,),
        ).fetchone()
    except pg.Error as error:
        raise TtdbError(f'"{table}" is no table\'s name', 'Write it as "public.orders".') from error
    if row is None:
        raise UsageError(f'table "{table}" does not exist', 'Write it with its schema, as "public.orders".')
    return str(row[0])
