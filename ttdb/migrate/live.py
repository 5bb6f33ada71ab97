"""Tell whether rows stand in a database that somebody would miss."""

from dataclasses import dataclass

from psycopg import errors as pg
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.postgres.development import ID_PATTERN, may_be_live

_REFUSED = (pg.InsufficientPrivilege, pg.InvalidParameterValue, pg.UndefinedObject, pg.LockNotAvailable)
# With row_security off, a policy that would hide rows is an error. Only the operator's policies show all of a table.
_READERS = (("none", "off"), ("ttdb_owner", "off"), ("ttdb_operator", "on"))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that takes room on the disk, so that it may hold rows."""

    schema: str
    name: str
    has_id: bool
    has_parent: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def live_table(connection: Connection) -> str | None:
    """Return a table with rows that somebody would miss, or None in an empty and in a development database.

    Of development is one on this machine, or of such a name, whose rows are all the seed's, as in ``ttdb seed``. Rows
    that this login may not read count as somebody's.
    """
    tables = [_Table(*row) for row in connection.execute(_TABLES)]
    occupied = [(table, rows) for table in tables if (rows := _rows(connection, table)) != "none"]
    if not occupied:
        return None
    if may_be_live(connection.info.host or "local socket", connection.info.dbname):
        return str(occupied[0][0])
    # Whatever else is there hangs on the rows of tables that point at no other.
    roots = [(table, rows) for table, rows in occupied if not table.has_parent] or [(occupied[0][0], "others")]
    return next((str(table) for table, rows in roots if rows == "others"), None)


def _rows(connection: Connection, table: _Table) -> str:
    """Return whose rows a table holds: none, the seed's alone, or those of others too."""
    for role, row_security in _READERS:
        try:
            with connection.transaction():
                connection.execute(
                    sql.SQL("set local role {}; set local row_security = {}").format(
                        sql.SQL("none") if role == "none" else sql.Identifier(role), sql.SQL(row_security)
                    )
                )
                occupied, others = connection.execute(_query(table)).fetchone() or (True, True)
        except _REFUSED:
            continue
        if occupied:
            return "others" if others else "seed"
        if row_security == "off":
            return "none"
    return "others"


def _query(table: _Table) -> sql.Composed:
    others = sql.SQL("where t.id::text not like {}").format(sql.Literal(ID_PATTERN)) if table.has_id else sql.SQL("")
    return sql.SQL("select exists (select from {0} as t), exists (select from {0} as t {1})").format(
        sql.Identifier(table.schema, table.name), others
    )


# Our own schemas describe the rest; a table without a page has no row, whoever asks.
_TABLES = """\
select n.nspname, c.relname,
    exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attname = 'id' and not a.attisdropped
    ),
    exists (
        select from pg_catalog.pg_constraint as f
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
    )
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
