"""Columns that a sequence gives numbers: rows get such as it would give, and it goes on after the last."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.seed.generic.fields import Make
from ttdb.shape import Table

_SEQUENCES = """
with found as (
    select a.attname, s.oid
    from pg_catalog.pg_attrdef as f
    inner join pg_catalog.pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_attrdef'::regclass
            and d.objid = f.oid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
    inner join pg_catalog.pg_class as s on s.oid = d.refobjid and s.relkind = 'S'
    -- a text that is made of the number tells no largest one
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typcategory = 'N'
    where f.adrelid = %(table)s::oid
    union
    select a.attname, pg_catalog.pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass
    from pg_catalog.pg_attribute as a
    where a.attrelid = %(table)s::oid and a.attidentity <> ''
)

select f.attname, s.seqrelid::regclass::text, s.seqstart, s.seqincrement, {given}
from found as f
inner join pg_catalog.pg_sequence as s on f.oid = s.seqrelid
"""
_GIVEN = sql.SQL(  # by a sequence that the login may look at
    "case when pg_catalog.has_sequence_privilege(s.seqrelid, 'usage, select')"
    " then pg_catalog.pg_sequence_last_value(s.seqrelid) end"
)
_RAISED = """
select pg_catalog.setval(s.seqrelid, m.last)
from pg_catalog.pg_sequence as s, (select {last}::bigint as last from {table}) as m
where s.seqrelid = {sequence}::regclass
    and pg_catalog.has_sequence_privilege(s.seqrelid, 'update')
    and m.last between s.seqmin and s.seqmax
    and coalesce((m.last - {given}) * sign(s.seqincrement) > 0, true)
"""


@dataclass(frozen=True, slots=True)
class Counter:
    """A column, and the sequence that gives it numbers."""

    column: str
    sequence: str  # as SQL names it
    first: int
    step: int
    given: int | None  # what it gave last, where the login may look at it

    @property
    def is_plain(self) -> bool:
        """Say whether it counts from 1."""
        return self.first == self.step == 1

    @property
    def last(self) -> sql.Composed:
        """Return the aggregate of the number that the column came to last."""
        name = sql.Identifier(self.column)
        return sql.SQL("max({})" if self.step > 0 else "min({})").format(name)

    def numbers(self, standing: int) -> Make:
        """Return how rows get its numbers, of which so many stood before."""
        first = self.given + self.step if standing and self.given is not None else self.first
        return lambda numbers: [str(first + self.step * (each - standing)) for each in numbers.tolist()]


def counters(connection: Connection, table: Table) -> list[Counter]:
    """Return columns and the sequences that give them numbers."""
    query = sql.SQL(_SEQUENCES).format(given=_GIVEN)
    return [Counter(*line) for line in connection.execute(query, {"table": table.oid}).fetchall()]


def raise_sequences(connection: Connection, table: Table, names: Sequence[str]) -> None:
    """Let sequences go on after the numbers that were given, so that the next insert finds a free one."""
    for each in counters(connection, table):
        if each.column in names:
            sequence = sql.Literal(each.sequence)
            query = sql.SQL(_RAISED).format(last=each.last, table=table.identifier, sequence=sequence, given=_GIVEN)
            connection.execute(query)
