"""Tell whether rows stand in a database that somebody would miss."""

from psycopg import errors as pg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.postgres.development import why_it_may_be_live

_REFUSED = (pg.InsufficientPrivilege, pg.InvalidParameterValue, pg.UndefinedObject, pg.LockNotAvailable)
# With row_security off, a policy that would hide rows is an error. Only the operator's policies show all of a table.
_READERS = (("none", "off"), ("ttdb_owner", "off"), ("ttdb_operator", "on"))


def live_table(connection: Connection) -> str | None:
    """Return a table with rows that somebody would miss, or None in an empty and in a development database.

    Of development is one on this machine, or of such a name, as for ``ttdb seed --reset``; one that is called prod or
    live never is. Rows that this login may not read count as somebody's.
    """
    if why_it_may_be_live(connection.info.host or "local socket", connection.info.dbname) is None:
        return None
    tables = connection.execute(_TABLES).fetchall()
    return next((f"{schema}.{name}" for schema, name in tables if _has_rows(connection, schema, name)), None)


def _has_rows(connection: Connection, schema: str, name: str) -> bool:
    query = sql.SQL("select exists (select from {})").format(sql.Identifier(schema, name))
    for role, row_security in _READERS:
        try:
            with connection.transaction():
                connection.execute(
                    sql.SQL("set local role {}; set local row_security = {}").format(
                        sql.SQL("none") if role == "none" else sql.Identifier(role), sql.SQL(row_security)
                    )
                )
                (occupied,) = connection.execute(query).fetchone() or (True,)
        except _REFUSED:
            continue
        if occupied or row_security == "off":
            return bool(occupied)
    return True


# Our own schemas describe the rest; a table without a page has no row, whoever asks.
_TABLES = """\
select n.nspname, c.relname
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'ttdb', 'audit', 'masked')
    and n.nspname !~ '^pg_'
    and (n.nspname, c.relname) <> ('public', 'alembic_version')
    and pg_catalog.pg_relation_size(c.oid) > 0
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by n.nspname, c.relname
"""
