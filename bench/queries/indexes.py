"""Take away the indexes that only make queries fast, and build them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint needs; of a partitioned table, the one that its partitions' indexes are part of."""

    name: str  # without schema; it is in public
    table: str
    definition: str
    comment: str


def indexes(connection: Connection) -> list[Index]:
    """Return the indexes of the platform's tables that no constraint needs."""
    rows = connection.execute(
        "select i.relname, t.relname, pg_catalog.pg_get_indexdef(i.oid),"
        " coalesce(pg_catalog.obj_description(i.oid, 'pg_class'), '')"
        " from pg_catalog.pg_index as x"
        " inner join pg_catalog.pg_class as i on i.oid = x.indexrelid and not i.relispartition"
        " inner join pg_catalog.pg_class as t on t.oid = x.indrelid"
        " where t.relnamespace = 'public'::pg_catalog.regnamespace"
        " and not exists (select from pg_catalog.pg_constraint as k"
        " where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))"
        " order by t.relname, i.relname"
    ).fetchall()
    return [Index(*row) for row in rows]


@contextmanager
def without_indexes(connection: Connection) -> Iterator[list[Index]]:
    """Drop the indexes that no constraint needs, and build them when the block ends; yields them."""
    known = indexes(connection)
    for index in known:
        connection.execute(sql.SQL("drop index public.{}").format(sql.Identifier(index.name)))
    yield known
    for index in known:
        # Of a partitioned table the server says ON ONLY, which would leave the partitions without.
        connection.execute(trusted(index.definition.replace(" ON ONLY ", " ON ", 1)))
        place = sql.Identifier("public", index.name)
        connection.execute(sql.SQL("comment on index {} is {}").format(place, sql.Literal(index.comment)))
