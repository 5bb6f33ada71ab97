"""For how long the services set their tenant, for a transaction or for the session, from what can be seen of it."""

import re
from collections.abc import Iterable, Iterator

from psycopg import sql
from psycopg.rows import dict_row

from ttdb.model.validation import TenantScope
from ttdb.postgres.connect import Connection, scalar
from ttdb.validate.discover import Discovery
from ttdb.validate.outcomes import run
from ttdb.validate.queries import query

_FOR_SESSION = re.compile(
    r"set_config\s*\(\s*'(?P<called>[^']+)'(?:::text)?\s*,(?:[^;]*?),\s*false\s*\)"
    r"|\bset\s+(?:session\s+)?(?P<set>[a-z_]+\.[a-z_.]+)\s*(?:=|to)",
    re.IGNORECASE,
)
_SETS = re.compile(r"\bset_config\s*\(|\bset\s+(?:session\s+)?%", re.IGNORECASE)
_FOR_TRANSACTION = re.compile(r"\bset_config\s*\([^;]*?,\s*true\s*\)", re.IGNORECASE)
_RUNNING = (
    "select a.query from pg_catalog.pg_stat_activity as a where a.datname = pg_catalog.current_database()"
    " and a.pid <> pg_catalog.pg_backend_pid() and a.query ~* '\\mset(_config)?\\M' limit 1000"
)
_RECORDED = (
    "select s.query from {}.pg_stat_statements as s where s.dbid = (select d.oid from pg_catalog.pg_database as d"
    " where d.datname = pg_catalog.current_database()) and s.query ~* '\\mset(_config)?\\M' limit 1000"
)


def set_for_session(body: str) -> list[str]:
    """Return the settings that a piece of SQL sets for the session, in order."""
    return [match["called"] or match["set"] for match in _FOR_SESSION.finditer(body)]


def may_set_for_session(body: str) -> bool:
    """Tell whether a piece of SQL sets what stands only at its call: a name, or for how long."""
    return len(_SETS.findall(body)) > len(_FOR_TRANSACTION.findall(body))


def tenant_scope(connection: Connection, found: Discovery, left: Iterable[str]) -> tuple[TenantScope, str]:
    """Tell for how long the services set the tenant, and by what it is known.

    Args:
        connection: one that may see others' statements, or it sees fewer.
        found: the tenant settings, and who may call functions.
        left: settings that new clients of a pool found set.

    """
    for name in left:
        return TenantScope.SESSION, f"a new client of the pool found {name} set"
    for who, body in (*_functions(connection, found), *_statements(connection)):
        named = [name for name in set_for_session(body) if name in found.tenant_settings]
        if named:
            return TenantScope.SESSION, f"{who} sets {named[0]} for the session"
    return TenantScope.TRANSACTION, "nothing was seen that sets it for the session"


def _functions(connection: Connection, found: Discovery) -> Iterator[tuple[str, str]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query("setters"), {"roles": list(found.attackers)}).fetchall():
            if row["callers"]:
                yield f"function {row['schema']}.{row['name']}", row["body"]


def _statements(connection: Connection) -> Iterator[tuple[str, str]]:
    """Return the last statements of the sessions that there are, and those that pg_stat_statements has."""
    for (text,) in connection.execute(_RUNNING).fetchall():
        yield "a statement of a session", text
    schema = scalar(
        connection,
        "select e.extnamespace::regnamespace::text from pg_catalog.pg_extension as e"
        " where e.extname = 'pg_stat_statements'",
    )
    if schema is not None:  # the view refuses where its library is not loaded
        for (text,) in run(connection, sql.SQL(_RECORDED).format(sql.SQL(schema))).rows:
            yield "a statement in pg_stat_statements", text
