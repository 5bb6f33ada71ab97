'''
code = "AUD010"
name = "nested-change-unrecorded"
severity = "error"
since = "0.1.0"
title = "What a cascade or another trigger changes is not recorded"
why = """
The trigger that records a table fires only where no other trigger is running, by pg_trigger_depth() in its condition.
A row that goes with its parent, or that another table's trigger writes, changes one level deeper, and the trail keeps
nothing of it. Here the application may set that off: it may delete or change the parent, or write to the other table.
"""
bad = """
create or replace trigger _900_note after insert or update or delete on app.orders
for each row when (pg_catalog.pg_trigger_depth() = 0) execute function app.tg__note();
"""
fix = """
create or replace trigger _900_note after insert or update or delete on app.orders
for each row execute function app.tg__note();
"""
stands_on = "trail"
'''

import re
from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import Trail, Trigger
from ttdb.validate.hole import Hole
from ttdb.validate.likeness import fired
from ttdb.validate.world import World

_DEPTH = re.compile(r"\bWHEN\b.*\bpg_trigger_depth\(\)", re.IGNORECASE | re.DOTALL)
_CASCADES = sql.SQL(
    "select k.confrelid::bigint, k.confdeltype in ('c', 'n', 'd'), k.confupdtype in ('c', 'n', 'd')"
    " from pg_catalog.pg_constraint as k where k.conrelid = {} and k.contype = 'f'"
)
_PROOF = sql.SQL(
    "select t.tgname from pg_catalog.pg_trigger as t where t.tgrelid = {}::regclass and t.tgname = {}"
    " and strpos(pg_catalog.pg_get_triggerdef(t.oid), 'pg_trigger_depth()') > 0;"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read the conditions of the triggers that record, and look for what writes to their tables from within."""
    for trail in world.found.trails:
        for oid, triggers in trail.triggers.items():
            relation = world.found.catalog.relations.get(oid)
            shallow = next((each for each in triggers if each.fires and _DEPTH.search(each.definition)), None)
            way = _way(world, relation) if relation is not None and shallow is not None else ""
            if way and relation is not None and shallow is not None:
                yield _hole(trail, relation, shallow, way)


def _way(world: World, relation: Relation) -> str:
    """Say how the application changes the table from within another change; nothing where it cannot."""
    for parent, deletes, updates in world.oversee(_CASCADES.format(sql.Literal(relation.oid))).rows:
        for role in world.app_attackers:
            rights = world.rights.get((role, parent))
            if rights is not None and ((deletes and rights.deletes) or (updates and rights.updates)):
                return f"{role} changes {world.relation(parent)}, from which its rows follow"
    writes = re.compile(
        rf"\b(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?(?:\"?\w+\"?\.)?\"?{re.escape(relation.name)}\b",
        re.IGNORECASE,
    )
    for (role, oid), rights in world.rights.items():
        may_write = rights.inserts or rights.updates or rights.deletes
        if role in world.app_attackers and oid != relation.oid and may_write and writes.search(fired(world, oid)):
            return f"{role} writes to {world.relation(oid)}, whose trigger or rule writes to it"
    return ""


def _hole(trail: Trail, relation: Relation, trigger: Trigger, way: str) -> Hole:
    return Hole(
        object=str(relation),
        detail=f"trigger {trigger.trigger} records {relation} in {trail.relation} only outside of other triggers: where"
        f" {way}, nothing is kept",
        cause="changes within other changes are not recorded",
        evidence=_PROOF.format(
            sql.Literal(relation.identifier.as_string(None)), sql.Literal(trigger.trigger)
        ).as_string(None),
        fix=f"-- make {trigger.trigger} on {relation} again, without pg_trigger_depth() in its condition",
    )
