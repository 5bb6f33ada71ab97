"""Make the months that a seed's rows fall in, where the database keeps tables in months."""

from collections.abc import Iterable
from datetime import date, timedelta

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.batches import Group, groups, spans
from ttdb.seed.columns import EPOCH, SECOND, Moments
from ttdb.seed.world import World

_LOOKED_AT = 8  # windows
_WINDOW = 20_000


def ensure_months(connection: Connection, world: World) -> None:
    """Make each month of each table that is to get rows in it; else they would wait in DEFAULT.

    The role in force is the operator, or may write every tenant without: then it may lack the right, and DEFAULT takes
    the rows.
    """
    if not scalar(connection, _MAY):
        return
    today = scalar(connection, "select (pg_catalog.now() at time zone 'UTC')::pg_catalog.date")
    for schema, name, key in connection.execute(_KEPT).fetchall():
        months = _months(world, schema, name, key, today.replace(day=1))
        place = sql.Identifier(schema, name).as_string(connection)
        connection.execute(_ENSURED, (place, months))


def _months(world: World, schema: str, name: str, key: str, current: date) -> list[date]:
    plan = world.plans.get(name)
    if plan is None or plan.catalog.schema != schema:
        # Not a table of the scenario's: the trail, which the seed's own rows fill now.
        return [current] if schema == "audit" else []
    if key not in plan.stored:
        return [current]
    group = next(group for group in groups(world) if name in group.tables)
    return _found(world, group, name, key)


def _found(world: World, group: Group, name: str, key: str) -> list[date]:
    """Return the months of all windows where these are few; of many look at some, and take what lies between too."""
    windows = spans(world, group, _WINDOW)
    some = windows[:: -(-len(windows) // _LOOKED_AT)] + windows[-1:] if len(windows) > _LOOKED_AT else windows
    days: set[int] = set()
    for span in some:
        window = world.window(span)
        column = window.table(name).column(key)
        if isinstance(column, Moments):
            days |= set((column.values[column.present()] // (SECOND * 86_400)).tolist())
        if len(windows) == 1:
            world.keep(span, window)
        else:
            window.close()
    if len(some) < len(windows) and days:
        days |= set(range(min(days), max(days)))
    return sorted(_month_of(days))


def _month_of(days: Iterable[int]) -> set[date]:
    return {(EPOCH + timedelta(days=day)).date().replace(day=1) for day in days}


_ENSURED = """\
select ttdb.ensure_partition(%s::pg_catalog.regclass, m.month)
from pg_catalog.unnest(%s::pg_catalog.date[]) as m (month)
"""
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
