'''
code = "AUD014"
name = "record-forged-by-own-trigger"
severity = "error"
since = "0.1.0"
title = "A role may fire the trail's function from a table of its own, and so forge records"
why = """
Whoever may execute a trigger's function may make a trigger of it; a temporary table, which PostgreSQL lets everybody
make unless that was revoked, is enough to put it on. The function runs with its owner's rights and records what it
is given: changes that nobody made, in another tenant's name. The trigger is made, fired with a row of another tenant,
and rolled back.
"""
bad = """
grant execute on function app.tg__note() to public;
"""
fix = """
revoke execute on function app.tg__note() from public;
"""
stands_on = "trail"
'''

import json
import re
from collections.abc import Iterator, Sequence

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import Statement
from ttdb.validate.world import World

_OWN = sql.Identifier("qz_own")
_MAY = sql.SQL(
    "select has_function_privilege({0}, {1}::oid, 'execute')"
    " and has_database_privilege({0}, current_database(), 'temporary')"
)
_FIRST = re.compile(r"^CREATE TRIGGER .*? ON \S+ (?=REFERENCING |FOR EACH |WHEN )", re.DOTALL)
_NEW = "select count(*) from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Fire each function that writes a trail from a temporary table of each role's own."""
    for trail in world.found.trails:
        for trigger in trail.writers:
            relation = world.found.catalog.relations.get(trigger.relation)
            if relation is not None and trigger.definer:
                yield from _function(world, trail, trigger, relation)


def _function(world: World, trail: Trail, trigger: Trigger, relation: Relation) -> Iterator[Hole]:
    holding = world.ground.holdings.get(relation.oid)
    rows = [(tenant, own[0]) for tenant, own in holding.rows.items() if own] if holding is not None else []
    for role in world.attackers if rows else ():
        if role != trigger.owner and _may(world, role, trigger):
            # A row of another tenant than the actor's, where there are two.
            hole = _fired(world, trail, trigger, relation, role, rows[0][0], rows[-1][1])
            if hole is not None:
                yield hole


def _may(world: World, role: str, trigger: Trigger) -> bool:
    answer = world.oversee(_MAY.format(sql.Literal(role), sql.Literal(trigger.function)))
    return bool(answer.rows and answer.rows[0][0])


def _fired(  # noqa: PLR0913, PLR0917 - one deed's facts
    world: World, trail: Trail, trigger: Trigger, relation: Relation, role: str, actor: str, row: Row
) -> Hole | None:
    statements = _deed(trigger, relation, row)
    settings, new = world.context(actor), sql.SQL(_NEW).format(trail.relation.identifier)
    with world.acting_as(role, settings) as acting:
        before = acting.oversee(new)
        done = [acting.attempt(each).done for each in statements]
        after = acting.oversee(new)
    if not all(done) or not before.done or not after.done or before.rows == after.rows:
        return None
    shown = sql.SQL("select 'recorded' where ({}) > 0").format(new)
    return Hole(
        object=trigger.name,
        role=role,
        detail=f"{role} may fire {trigger.name} from a temporary table, and so write to {trail.relation} as it likes",
        cause="the trail's records can be forged",
        evidence=script(role, settings, *statements, AS_OVERSEER, shown),
        fix=f"revoke execute on function {trigger.name} from public, {role};",
    )


def _deed(trigger: Trigger, relation: Relation, row: Row) -> Sequence[Statement]:
    """Return what makes a table with the columns of one that is recorded, puts the trigger on it, and fires it."""
    columns = [each for each in relation.columns if each.name in row]
    made = [sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(each.type)) for each in columns]
    rest = _FIRST.sub("", trigger.definition)
    kind = sql.SQL("create trigger qz_own after insert or update or delete on pg_temp.{} {}")
    if "REFERENCING" in rest:  # which takes one verb
        kind = sql.SQL("create trigger qz_own after insert on pg_temp.{} {}")
    line = sql.Literal(json.dumps(dict(row), default=str))
    return (
        sql.SQL("create temporary table {} ({})").format(_OWN, sql.SQL(", ").join(made)),
        kind.format(_OWN, sql.SQL(rest)),
        sql.SQL("insert into pg_temp.{0} select * from jsonb_populate_record(null::pg_temp.{0}, {1}::jsonb)").format(
            _OWN, line
        ),
        sql.SQL("delete from pg_temp.{}").format(_OWN),
    )
