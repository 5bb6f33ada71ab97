"""Make the months that a seed's rows fall in, where the database keeps tables in months."""

from datetime import UTC, date, datetime

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.world import World


def ensure_months(connection: Connection, world: World) -> None:
    """Make each month of each table that is to get rows in it; else they would wait in DEFAULT.

    The role in force is the operator, or may write every tenant without: then it may lack the right, and DEFAULT takes
    the rows.
    """
    if not scalar(connection, _MAY):
        return
    today = scalar(connection, "select (pg_catalog.now() at time zone 'UTC')::pg_catalog.date")
    for schema, name, key in connection.execute(_KEPT).fetchall():
        for month in _months(world, schema, name, key, today.replace(day=1)):
            place = sql.Literal(sql.Identifier(schema, name).as_string(connection))
            connection.execute(sql.SQL("select ttdb.ensure_partition({}::regclass, {})").format(place, month))


def _months(world: World, schema: str, name: str, key: str, current: date) -> list[date]:
    plan = world.plans.get(name)
    if plan is None or plan.catalog.schema != schema:
        # Not a table of the scenario's: the trail, which the seed's own rows fill now.
        return [current] if schema == "audit" else []
    if key not in plan.stored:
        return [current]
    return sorted({_month(value) for value in world.table(name).column(key) if isinstance(value, datetime)})


def _month(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


_MAY = """\
select coalesce(pg_catalog.has_function_privilege(
    (
        select p.oid from pg_catalog.pg_proc as p
        where p.proname = 'ensure_partition'
            and p.pronamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = 'ttdb')
    ), 'execute'), false)
"""
_KEPT = """\
select n.nspname, c.relname, p.key_column
from ttdb.partitioned_tables as p
inner join pg_catalog.pg_class as c on c.oid = p.relation
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by p.relation::oid
"""
