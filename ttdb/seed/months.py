"""Make the months that a seed's rows fall in, where the database keeps tables in months."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

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
    for place, months in months_wanted(connection, world):
        connection.execute(_ENSURED, (place, months))


def months_wanted(connection: Connection, world: World) -> list[tuple[str, list[date]]]:
    """Return the tables that are kept in months, and the months of each that get rows; none where none may be made."""
    if not scalar(connection, MAY):
        return []
    today = scalar(connection, "select (pg_catalog.now() at time zone 'UTC')::pg_catalog.date")
    kept = [_Kept(*row) for row in connection.execute(_KEPT).fetchall()]
    made = {each.table: each.key for each in kept if _is_made(world, each)}
    found = {name: months for group in groups(world) for name, months in _found(world, group, made).items()}
    return [
        (
            sql.Identifier(each.schema, each.table).as_string(connection),
            found[each.table] if _is_made(world, each) else _of_no_rows(world, each, today.replace(day=1)),
        )
        for each in kept
    ]


class _Kept(NamedTuple):
    """A table that is kept in months."""

    schema: str
    table: str
    key: str


def _is_made(world: World, kept: _Kept) -> bool:
    plan = world.plans.get(kept.table)
    return plan is not None and plan.catalog.schema == kept.schema and kept.key in plan.stored


def _of_no_rows(world: World, kept: _Kept, current: date) -> list[date]:
    """Return the months of a table that gets rows of now alone, as the trail does of the seed's own, or none."""
    plan = world.plans.get(kept.table)
    is_scenarios = plan is not None and plan.catalog.schema == kept.schema
    return [current] if is_scenarios or kept.schema == "audit" else []


def _found(world: World, group: Group, keys: Mapping[str, str]) -> dict[str, list[date]]:
    """Return the months of a group's tables: of all windows where these are few, else of some and what lies between."""
    tables = [name for name in group.tables if name in keys]
    windows = spans(world, group, _WINDOW) if tables else []
    some = windows[:: -(-len(windows) // _LOOKED_AT)] + windows[-1:] if len(windows) > _LOOKED_AT else windows
    days: dict[str, set[int]] = {name: set() for name in tables}
    for span in some:
        window = world.window(span)
        for name in tables:
            column = window.table(name).column(keys[name])
            if isinstance(column, Moments):
                days[name] |= set((column.values[column.present()] // (SECOND * 86_400)).tolist())
        if len(windows) == 1:
            world.keep(span, window)
        else:
            window.close()
    if len(some) < len(windows):
        days = {name: set(range(min(found), max(found) + 1)) if found else found for name, found in days.items()}
    return {name: sorted(_month_of(found)) for name, found in days.items()}


def _month_of(days: Iterable[int]) -> set[date]:
    return {(EPOCH + timedelta(days=day)).date().replace(day=1) for day in days}


_ENSURED = """\
select ttdb.ensure_partition(%s::pg_catalog.regclass, m.month)
from pg_catalog.unnest(%s::pg_catalog.date[]) as m (month)
"""
MAY = """\
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
