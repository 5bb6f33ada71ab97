"""What the server is asked at the end of a transaction, asked before: whose rule it is that refuses the rows."""

from collections.abc import Collection

from psycopg import sql

from ttdb.errors import TtdbError
from ttdb.postgres.connect import Connection
from ttdb.shape import Schema
from ttdb.shape.ask import Asker, Refusal

# Of tables, not partitions; keys before what triggers ask.
_DEFERRABLE = """
select array[n.nspname::text, c.conname::text], c.conrelid::bigint, c.contype = 't'
from pg_catalog.pg_constraint as c
inner join pg_catalog.pg_namespace as n on n.oid = c.connamespace
inner join pg_catalog.pg_class as r on r.oid = c.conrelid and not r.relispartition
where c.condeferrable and c.conrelid >= 16384
order by c.contype = 't', c.oid
"""


class RefusedAtTheEnd(Exception):
    """A rule that is asked when the transaction ends does not bear a table's rows."""

    def __init__(self, table: int, why: str) -> None:
        super().__init__(why)
        self.table = table


def ask_what_was_deferred(connection: Connection, schema: Schema, left_out: Collection[int]) -> None:
    """Have the server ask now what it would ask at the end, one rule after the other, to know whose it is.

    Raises:
        RefusedAtTheEnd: a rule refuses the rows of a table that was not left out.
        TtdbError: a rule refuses the rows, and nobody knows of which table.

    """
    asker = Asker(connection)
    for name, oid, trigger in connection.execute(_DEFERRABLE).fetchall():
        if oid in left_out or oid not in schema.tables:
            continue
        answer = asker.run(sql.SQL("set constraints {} immediate").format(sql.Identifier(*name)))
        if isinstance(answer, Refusal):
            what, table = "trigger" if trigger else "constraint", schema.tables[oid]
            raise RefusedAtTheEnd(oid, f"{what} {name[1]} of {table}, asked at the end, says: {answer.message}")
    answer = asker.run(sql.SQL("set constraints all immediate").format())
    if isinstance(answer, Refusal):
        message = f"the rows break a rule that is asked at the end: {answer.constraint or ''} {answer.message}"
        raise TtdbError(message, "Nothing was written. Write a scenario for this schema.")
