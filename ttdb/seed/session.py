"""Write as the role that may write every tenant, and analyze as the tables' owner."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Protocol

from psycopg import sql
from psycopg.pq import TransactionStatus

from ttdb.errors import PrivilegeMissing, SeedRunning
from ttdb.postgres.connect import Connection, end_statement, scalar

OPERATOR = "ttdb_operator"
_SERVES = """
select exists (
    select from pg_catalog.pg_roles as r
    where r.rolname = %(role)s
        and pg_catalog.has_table_privilege(r.oid, %(table)s, 'insert')
        and pg_catalog.has_table_privilege(r.oid, %(table)s, 'select')
)
"""
_RIGHTS = " It also needs SELECT and INSERT on all tables."


class Named(Protocol):
    """A table, by its name."""

    @property
    def schema(self) -> str: ...  # noqa: D102 - said by its class

    @property
    def name(self) -> str: ...  # noqa: D102 - said by its class


@contextmanager
def settled(connection: Connection) -> Iterator[None]:
    """End the statement that Ctrl-C interrupts, so that the transaction around can roll back at once."""
    try:
        yield
    except KeyboardInterrupt:
        end_statement(connection)
        raise


def writer(connection: Connection, tables: Sequence[Named]) -> str | None:
    """Return the role to write as: the operator; None where the session's own role may write every tenant already.

    Raises:
        PrivilegeMissing: row-level security applies to the login, and it is not a member.

    """
    query = """
        select t.place - 1 from pg_catalog.unnest(%s::pg_catalog.text[]) with ordinality as t (name, place)
        where pg_catalog.row_security_active(t.name)
            or not pg_catalog.has_table_privilege(t.name, 'insert')
            or not pg_catalog.has_table_privilege(t.name, 'select')
        order by t.place limit 1
    """
    place = scalar(connection, query, ([_quoted(connection, table) for table in tables],))
    if place is None:
        return None
    stopped = tables[place]
    serves = scalar(connection, _SERVES, {"role": OPERATOR, "table": _quoted(connection, stopped)}) is True
    if serves and may_become(connection, OPERATOR):
        return OPERATOR
    message = f'login "{connection.info.user}" cannot write every tenant of "{stopped.schema}.{stopped.name}"'
    login = _login(connection)
    if serves:
        raise PrivilegeMissing(message, f"Have an admin run: grant {OPERATOR} to {login};")
    name = _quoted(connection, stopped)
    if not scalar(connection, "select pg_catalog.row_security_active(%s)", (name,)):
        message = f'login "{connection.info.user}" may not read and write "{stopped.schema}.{stopped.name}"'
        schema = sql.Identifier(stopped.schema).as_string(connection)
        grant = f"grant select, insert on all tables in schema {schema} to {login};"
        raise PrivilegeMissing(message, f"Have an admin run: {grant}")
    raise PrivilegeMissing(message, f"Have an admin run: alter role {login} bypassrls;{_RIGHTS}")


# As autovacuum: more than a tenth of the rows, and fifty. What a partition had, its pages tell.
_STALE = """
with asked as (
    select
        c.oid,
        t.place - 1 as place,
        t.rows is null or c.reltuples < 0 or t.rows > (case when c.reltuples > 0 then 50 + c.reltuples / 10 else 0 end)
            as whole
    from unnest(%s::pg_catalog.text[], %s::pg_catalog.int8[]) with ordinality as t (name, rows, place)
    inner join pg_catalog.pg_class as c on c.oid = t.name::pg_catalog.regclass
)

select
    pg_catalog.pg_get_userbyid(l.relowner),
    a.place,
    pg_catalog.format('%%I.%%I', n.nspname, l.relname)
from asked as a
cross join lateral (
    select a.oid as relid, 0 as level, false as isleaf
    union all
    select p.relid, p.level, p.isleaf from pg_catalog.pg_partition_tree(a.oid) as p where p.level > 0
) as p
inner join pg_catalog.pg_class as l on p.relid = l.oid
inner join pg_catalog.pg_namespace as n on l.relnamespace = n.oid
cross join lateral (
    select
        pg_catalog.pg_relation_size(l.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8 as pages
) as s
where
    case
        when a.whole then p.level = 0
        else p.isleaf and s.pages > 0 and (l.relpages = 0 or s.pages > 1 + l.relpages * 1.1)
    end
order by a.place, l.relname
"""


@contextmanager
def acting_as(connection: Connection, role: str | None) -> Iterator[None]:
    """Act in one transaction as a role, or as whoever the session is; within a transaction, in that."""
    # No savepoint: rows that were written in one look changed by somebody else to rules that are asked at commit.
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction() if idle else nullcontext(), settled(connection):
        if role is None:
            yield
        else:
            with taking(connection, role):
                yield


def analyze(connection: Connection, tables: Sequence[Named], added: Mapping[str, int] | None = None) -> tuple[str, ...]:
    """Refresh the planner's statistics, and return the tables that this login may not analyze.

    Args:
        connection: a session.
        tables: which.
        added: how many rows came to a table beside those that stood, by its name: where these are few, only partitions
            that they made much larger are analyzed, as autovacuum would; None where any may have changed.

    """
    names = [_quoted(connection, table) for table in tables]
    rows = [None if added is None else added.get(table.name, 0) for table in tables]
    stale: dict[str, list[tuple[int, str]]] = {}
    for owner, place, relation in connection.execute(_STALE, (names, rows)).fetchall():
        stale.setdefault(owner, []).append((place, relation))
    skipped: set[int] = set()
    for owner, found in stale.items():
        if may_become(connection, owner):
            with connection.transaction(), taking(connection, owner):
                relations = sql.SQL(", ").join(sql.SQL(relation) for _, relation in found)
                connection.execute(sql.SQL("analyze {}").format(relations))
        else:
            skipped.update(place for place, _ in found)
    return tuple(f"{tables[place].schema}.{tables[place].name}" for place in sorted(skipped))


@contextmanager
def only_seed(connection: Connection) -> Iterator[None]:
    """Seed a database alone: rows of two at once would get into each other's way.

    Raises:
        SeedRunning: another session seeds this database now.

    """
    lock = "(pg_catalog.hashtextextended('ttdb seed', 0))"
    if not scalar(connection, sql.SQL("select pg_catalog.pg_try_advisory_lock" + lock)):
        message = f'another session seeds database "{connection.info.dbname}" now'
        raise SeedRunning(message, "Wait until it has ended.")
    try:
        yield
    finally:
        if not connection.broken and connection.pgconn.transaction_status != TransactionStatus.INERROR:
            connection.execute(sql.SQL("select pg_catalog.pg_advisory_unlock" + lock))


@contextmanager
def taking(connection: Connection, role: str) -> Iterator[None]:
    """Take a role within a transaction and give back the one before; after an error the rollback does."""
    before = scalar(connection, "select pg_catalog.current_setting('role')")
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    yield
    connection.execute("select pg_catalog.set_config('role', %s, true)", (before,))


def may_become(connection: Connection, role: str) -> bool:
    """Say whether the login may take a role."""
    # Since version 16 a membership may come without the right to SET ROLE.
    mode = "SET" if connection.info.server_version >= 160000 else "MEMBER"  # noqa: PLR2004 - a server version
    query = (
        "select coalesce((select pg_catalog.pg_has_role(session_user, oid, %s)"
        " from pg_catalog.pg_roles where rolname = %s), false)"
    )
    return bool(scalar(connection, query, (mode, role)))


def _quoted(connection: Connection, table: Named) -> str:
    return sql.Identifier(table.schema, table.name).as_string(connection)


def _login(connection: Connection) -> str:
    return sql.Identifier(connection.info.user).as_string(connection)
