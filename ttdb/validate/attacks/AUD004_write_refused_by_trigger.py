'''
code = "AUD004"
name = "write-refused-by-trigger"
severity = "error"
since = "0.1.0"
title = "A trigger refuses writes because it names a column, table or function that does not exist"
why = """
Every insert or update of the table fails in its trigger, for an audit trigger together with the business change it was
to record. One row is updated to itself, and copied, and rolled back.
"""
bad = """
create function app.tg__record() returns trigger language plpgsql as $$
begin
    insert into app.log_of_changes (changed_table) values (tg_table_name);
    return new;
end
$$;
create trigger _900_record after insert or update on app.orders for each row execute function app.tg__record();
"""
fix = """
drop trigger _900_record on app.orders;
drop function app.tg__record();
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.evidence import text
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.rights import ALL
from ttdb.validate.rows import copies, touch
from ttdb.validate.world import World

_MISSING = ("42703", "42P01", "42883", "42704", "42P02", "3F000")
_LEFT_OUT = (
    "its triggers name things without a schema, which one who sees everything does not look for where the application"
    " may create some"
)
_TRIGGERS = sql.SQL(
    "select t.tgrelid::bigint, string_agg(t.tgname::text, ', ' order by t.tgname)"
    " from pg_catalog.pg_trigger as t where not t.tgisinternal and t.tgenabled <> 'D' group by t.tgrelid"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Touch one row of every tenants' table that has triggers, as one who is not held back by policies."""
    for oid, names in world.oversee(_TRIGGERS).rows:
        relation = world.found.catalog.relations.get(oid)
        holding = world.ground.holdings.get(oid)
        if relation is None or relation.kind not in TABLES or holding is None:
            continue
        rows = [row for each in holding.rows.values() for row in each]
        if rows:
            yield from _touch(world, relation, rows[0], names)


def _touch(world: World, relation: Relation, row: Row, names: str) -> Iterator[Hole | Unproven]:
    update = touch(world, relation, row, ALL)
    attempts = [] if update is None else [("update", [update])]
    first = next(copies(world, relation, row, None))
    attempts.append(("insert", [first.prepare, first.insert]))
    refused: dict[str, tuple[str, str]] = {}
    for verb, statements in attempts:
        world.probes += 1
        outcome = world.sessions.rehearse(statements)
        if outcome.sqlstate in _MISSING and world.sessions.paths.cut:
            # What they name may stand in a schema that was left out of the path.
            yield Unproven(str(relation), f"{_LEFT_OUT}: {outcome.message}")
        elif outcome.sqlstate in _MISSING:
            lines = ["begin;", *(f"{text(each)};" for each in statements), "rollback;"]
            refused[verb] = outcome.message, "\n".join(lines)
    if refused:
        message, evidence = next(iter(refused.values()))
        yield Hole(
            object=str(relation),
            detail=f"{' and '.join(refused)} fails in a trigger ({names}): {message}",
            cause="triggers refuse writes: they name what does not exist",
            evidence=evidence,
        )
