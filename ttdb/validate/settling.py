"""What waits for the commit: a probe never commits, so the triggers that a statement defers are fired in its turn."""

from psycopg import sql

from ttdb.validate.world import World

AT_ONCE = "set constraints all immediate"
_WAITING = sql.SQL(
    "select 1 from pg_catalog.pg_trigger as t"
    " where t.tginitdeferred and not t.tgisinternal and t.tgenabled <> 'D' limit 1"
)


def waits(world: World) -> bool:
    """Tell whether some trigger waits for the commit; keys that do change nothing."""
    return world.once(("triggers that wait",), lambda: world.oversee(_WAITING).count > 0)


def settled(world: World, statement: sql.Composed) -> sql.Composed:
    """Return a statement with what fires the triggers that wait for its commit, where there are such triggers."""
    return sql.SQL("{}; {}").format(statement, sql.SQL(AT_ONCE)) if waits(world) else statement


def ways(world: World, statement: sql.Composed) -> list[sql.Composed]:
    """Return a statement so, and as it is: what is refused at its commit may be made good by another before that."""
    return [settled(world, statement), statement] if waits(world) else [statement]
