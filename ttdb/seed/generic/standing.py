"""What stands in the tables before the first row is made, and the sequences that go on after the last."""

from collections.abc import Mapping, Sequence

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.shape import Table
from ttdb.shape.generated import is_constant

_KEPT = 1000  # rows of a table that new ones may refer to
_SEQUENCES = """
select a.attname, d.refobjid::regclass::text
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
select a.attname, pg_catalog.pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)
from pg_catalog.pg_attribute as a
where a.attrelid = %(table)s::oid and a.attidentity <> ''
"""


def count(connection: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    return int(scalar(connection, sql.SQL("select pg_catalog.count(*) from {}").format(table.identifier)))


def largest(connection: Connection, table: Table, names: Sequence[str]) -> dict[str, int]:
    """Return the largest number in each of these columns."""
    if not names:
        return {}
    columns = sql.SQL(", ").join(sql.SQL("max({})::numeric").format(sql.Identifier(name)) for name in names)
    row = connection.execute(sql.SQL("select {} from {}").format(columns, table.identifier)).fetchone() or ()
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def referred_to(connection: Connection, table: Table, names: Sequence[str]) -> set[Line]:
    """Return what a table's rows hold in some columns."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    return set(connection.execute(sql.SQL("select {} from {}").format(columns, table.identifier)).fetchall())


def always(connection: Connection, table: Table, reference: Reference) -> dict[str, str]:
    """Return the parent's columns of which all rows name one value: a generated column computes it from nothing."""
    found: dict[str, str] = {}
    for name, other in zip(reference.columns, reference.parent_columns, strict=True):
        column = table.column(name)
        if column is not None and is_constant(column):
            found[other] = scalar(connection, sql.SQL("select ({})::text").format(sql.SQL(column.expression or "null")))
    return found


def sequences(connection: Connection, table: Table) -> list[tuple[str, str]]:
    """Return columns and the sequences that give them numbers."""
    found = connection.execute(_SEQUENCES, {"table": table.oid}).fetchall()
    return [(name, sequence) for name, sequence in found if sequence is not None]


def raise_sequences(connection: Connection, table: Table, names: Sequence[str]) -> None:
    """Let sequences go on after the numbers that were given, so that the next insert finds a free one."""
    for name, sequence in sequences(connection, table):
        if name not in names:
            continue
        connection.execute(
            sql.SQL(
                "select pg_catalog.setval({name}::regclass, m.most)"
                " from (select max({column})::bigint as most from {table}) as m"
                " where m.most > coalesce(pg_catalog.pg_sequence_last_value({name}::regclass), 0)"
                " and pg_catalog.has_sequence_privilege({name}::regclass, 'update')"
            ).format(name=sql.Literal(sequence), column=sql.Identifier(name), table=table.identifier)
        )


def keep_standing(
    connection: Connection, plan: Plan, kept: Mapping[int, Kept], tenants: Mapping[str, int], owned: frozenset[int]
) -> None:
    """Keep rows that stand in a table, each with its tenant, so that new rows may refer to them."""
    own = kept.get(plan.table.oid)
    if own is None:
        return
    ways = [each for each in plan.references if each.parent in owned and each.parent in kept]
    way = None if plan.tenant else next(iter(ways), None)
    more = (plan.tenant,) if plan.tenant else way.columns if way else ()
    columns = sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in (*own.columns, *more))
    order = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in own.columns)
    query = sql.SQL("select {} from {} as r order by {} limit {}")
    for line in connection.execute(query.format(columns, plan.table.identifier, order, sql.Literal(_KEPT))).fetchall():
        values, told = line[: len(own.columns)], line[len(own.columns) :]
        if not plan.owned:
            own.add(None, values)
        elif (tenant := tenants.get(told[0]) if plan.tenant else _whose(kept, way, told)) is not None:
            own.add(tenant, values)


def _whose(kept: Mapping[int, Kept], way: Reference | None, told: Line) -> int | None:
    if way is None or None in told:
        return None
    parent = kept[way.parent]
    return next((tenant for tenant in parent.tenants() if parent.matching(tenant, way.parent_columns, told)), None)
