"""The statements that make a service's login, or give one that stands another password."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.postgres.connect import Connection, scalar, translated
from ttdb.roles.service import DEFAULT_CONNECTIONS, DEFAULTS, GROUPS, PLANNER, Service

_MEMBERSHIP_OPTIONS = 160000  # the first version in which a membership itself says whether it inherits


@dataclass(frozen=True, slots=True)
class Change:
    """What makes or changes a login: its statements, which belong into one transaction, and what they come to."""

    statements: tuple[str, ...]
    group: str
    connections: int | None
    settings: Mapping[str, str]
    resolvers: tuple[str, ...]  # functions, with their argument types


def change(connection: Connection, service: Service, password: str) -> Change:
    """Return what makes the login, or gives one that stands another password; changes nothing.

    Raises:
        UsageError: the name is taken, or nobody's to rotate; a resolver is unknown.
        PrivilegeMissing: the session may not read the registry of resolvers.

    """
    group = GROUPS[service.group or next(iter(GROUPS))]
    if not _exists(connection, group):
        raise UsageError(f"role {group} does not exist", 'Run "ttdb upgrade" first.')
    if not service.rotate:
        _refuse_without_ttdb(connection)
    known = _exists(connection, service.name)
    if known and not service.rotate:
        hint = f'Run "ttdb roles add {service.name} --rotate" to give it a new password, or choose another name.'
        raise UsageError(f'role "{service.name}" exists already', hint)
    if service.rotate:
        wanted, group = service.group, _group_of(connection, service.name, known=known)
        if wanted is not None and GROUPS[wanted] != group:
            hint = "Leave --group out, or have an admin change it: --rotate gives a new password, and moves nobody."
            raise UsageError(f'"{service.name}" is in {group}, not in {GROUPS[wanted]}', hint)
    defaults = (None, {}) if service.rotate else (DEFAULT_CONNECTIONS, DEFAULTS | PLANNER)
    connections = service.connections or defaults[0]
    settings = {**defaults[1], **service.settings}
    resolvers = tuple(_resolver(connection, wanted) for wanted in service.resolvers)
    parts = [
        _login(connection, service, connections, password),
        *([] if service.rotate else _membership(connection, service.name, group)),
        *(_set(service.name, name, value) for name, value in settings.items()),
        *(part for function in resolvers for part in _may_ask(service.name, function)),
    ]
    return Change(tuple(part.as_string(connection) for part in parts), group, connections, settings, resolvers)


def apply(connection: Connection, service: Service, wanted: Change) -> None:
    """Run the statements in one transaction.

    Raises:
        PrivilegeMissing: the session may not; the hint says what to grant.

    """
    _refuse_unprivileged(connection, service.name, wanted.group)
    try:
        with translated(f"adding {service.name}"), connection.transaction():
            for statement in wanted.statements:
                connection.execute(statement.encode())
    except PrivilegeMissing as error:
        login = _quoted(connection, connection.info.user)
        hint = f"Have an admin run what --sql prints; or, to grant resolvers: grant ttdb_owner to {login};"
        raise PrivilegeMissing(error.message, hint) from error


def _login(connection: Connection, service: Service, connections: int | None, password: str) -> sql.Composed:
    """Return CREATE or ALTER ROLE with a SCRAM verifier: neither the server nor its log sees the password."""
    name = connection.pgconn.encrypt_password(password.encode(), service.name.encode(), b"scram-sha-256")
    attributes = sql.SQL("alter role {}") if service.rotate else sql.SQL("create role {} login inherit")
    limit = sql.SQL("") if connections is None else sql.SQL(" connection limit {}").format(sql.Literal(connections))
    secret = sql.SQL(" password {}").format(sql.Literal(name.decode()))
    return attributes.format(sql.Identifier(service.name)) + limit + secret


def _membership(connection: Connection, name: str, group: str) -> Iterator[sql.Composed]:
    login = sql.Identifier(name)
    options = " with inherit true" if connection.info.server_version >= _MEMBERSHIP_OPTIONS else ""
    yield sql.SQL("grant {} to {}" + options).format(sql.Identifier(group), login)
    database = connection.info.dbname
    if not scalar(connection, "select pg_catalog.has_database_privilege('public', %s, 'CONNECT')", (database,)):
        yield sql.SQL("grant connect on database {} to {}").format(sql.Identifier(database), login)
    what = f"service, in {group}; made by ttdb roles add"
    yield sql.SQL("comment on role {} is {}").format(login, sql.Literal(what))


def _set(name: str, setting: str, value: str) -> sql.Composed:
    return sql.SQL("alter role {} set {} = {}").format(
        sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
    )


def _may_ask(name: str, function: str) -> Iterator[sql.Composed]:
    """Return the grant of a resolver, made by its owner: a superuser's would do, an admin's would not."""
    yield sql.SQL("set local role ttdb_definer").format()
    # The function's text comes from regprocedure, which quotes it.
    yield sql.SQL("grant execute on function {} to {}").format(
        sql.SQL(function),
        sql.Identifier(name),
    )
    yield sql.SQL("set local role none").format()


def _resolver(connection: Connection, wanted: str) -> str:
    """Return the declared resolver of a name, given with or without its schema and its argument types."""
    declared = _declared(connection)
    bare = wanted.split("(", 1)[0]
    found = [each for each in declared if wanted == each or each.split("(", 1)[0] in (wanted, f"public.{bare}")]
    found = [wanted] if wanted in found else found
    if len(found) == 1:
        return found[0]
    known = ", ".join(declared) or "none"
    if found:
        raise UsageError(f'resolver "{wanted}" is any of {", ".join(found)}', "Name it with its argument types.")
    raise UsageError(f'there is no resolver "{wanted}"', f"Declared are: {known}.")


def _declared(connection: Connection) -> list[str]:
    try:
        with connection.transaction():
            connection.execute("set local role ttdb_owner")
            if scalar(connection, "select pg_catalog.to_regclass('ttdb.resolvers') is null"):
                raise UsageError("this database declares no resolvers", 'Run "ttdb upgrade" first.')
            # Written anew by the server, so that it may stand in a statement.
            rows = connection.execute(
                "select p.oid::pg_catalog.regprocedure::text from ttdb.resolvers as r"
                " inner join pg_catalog.pg_proc as p on p.oid = pg_catalog.to_regprocedure(r.function)"
                " order by r.function"
            ).fetchall()
    except pg.InsufficientPrivilege as error:
        login = _quoted(connection, connection.info.user)
        message = f"{login} may not grant resolvers: they belong to ttdb_definer"
        raise PrivilegeMissing(message, f"Have an admin run: grant ttdb_owner to {login};") from error
    return [row[0] for row in rows]


def _group_of(connection: Connection, name: str, *, known: bool) -> str:
    groups = list(GROUPS.values())
    found = scalar(
        connection,
        "select g.rolname::text from pg_catalog.pg_auth_members as m"
        " inner join pg_catalog.pg_roles as r on r.oid = m.member and r.rolname = %s and r.rolcanlogin"
        " inner join pg_catalog.pg_roles as g on g.oid = m.roleid and g.rolname = any(%s) order by 1 limit 1",
        (name, groups),
    )
    if found is None:
        state = f"is a login in none of {', '.join(groups)}" if known else "does not exist"
        quoted = sql.Identifier(name).as_string(connection)
        hint = (
            f"Choose another name, or grant it one of them: grant {groups[0]} to {quoted};"
            if known
            else f'Run "ttdb roles add {name}" without --rotate to make one.'
        )
        raise UsageError(f'role "{name}" {state}', hint)
    return str(found)


def _refuse_unprivileged(connection: Connection, name: str, group: str) -> None:
    superuser, creates = connection.execute(
        "select rolsuper, rolcreaterole from pg_catalog.pg_roles where rolname = session_user"
    ).fetchone() or (False, False)
    if superuser:
        return
    login = _quoted(connection, connection.info.user)
    lacks = [] if creates else [f"alter role {login} createrole;"]
    if connection.info.server_version >= _MEMBERSHIP_OPTIONS and not scalar(
        connection, "select pg_catalog.pg_has_role(session_user, %s, 'MEMBER WITH ADMIN OPTION')", (group,)
    ):
        lacks.append(f"grant {group} to {login} with admin option;")
    if lacks:
        message = f'{login} may not make "{name}" a member of {group}'
        raise PrivilegeMissing(message, f"Have an admin run: {' '.join(lacks)} Or let him run what --sql prints.")


def _refuse_without_ttdb(connection: Connection) -> None:
    """Refuse a database that ttdb did not upgrade: the groups are the cluster's, so the login would be made unseen."""
    # By name: to_regclass() is an error for a login that may not use the schema.
    if not scalar(
        connection,
        "select exists (select from pg_catalog.pg_class as c"
        " inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'ttdb' and c.relname = 'ledger')",
    ):
        message = f"database {connection.info.dbname} has no ttdb: a login would find nothing to do here"
        raise UsageError(message, 'Name the database that holds the tables, or run "ttdb upgrade" on this one first.')


def _exists(connection: Connection, name: str) -> bool:
    return scalar(connection, "select exists (select from pg_catalog.pg_roles where rolname = %s)", (name,)) is True


def _quoted(connection: Connection, name: str) -> str:
    return sql.Identifier(name).as_string(connection)
