'''
code = "AUD014"
name = "record-forged-by-own-trigger"
severity = "error"
since = "0.1.0"
title = "A role may fire the trail's function from a table of its own, and so forge records"
why = """
Whoever may execute a trigger's function may make a trigger of it; a temporary table, which PostgreSQL lets everybody
make unless that was revoked, is enough to put it on. The function runs with its owner's rights and records what it
is given: changes that nobody made. The trigger is put on a temporary table that is called as a recorded one, fired with
a row of another tenant, and rolled back. Where the record is not that tenant's, it is a warning. Where nobody granted
the function, and PostgreSQL's own grant to PUBLIC stands, it is said for information.
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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.firing import firing, may_fire, withdrawn
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.planting import as_text
from ttdb.validate.world import World

_NEW = sql.SQL("select to_jsonb(t.*) from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")


@dataclass(frozen=True, slots=True)
class _Forged:
    """One try: who forges a record of which row, and whose that is."""

    world: World
    trail: Trail
    trigger: Trigger
    relation: Relation
    role: str
    by_default: bool  # nobody has granted the function
    actor: str
    victim: str
    row: Row

    def is_anothers(self, records: Sequence[Mapping[str, object]]) -> bool:
        """Tell whether a record is another tenant's; of a trail without tenants, whether it holds one."""
        if self.victim == self.actor:
            return False
        column = self.trail.tenant(self.world.found.tenant_columns)
        if column is not None:
            return any(as_text(each.get(column)) == self.victim for each in records)
        return any(self.victim in json.dumps(each, default=str) for each in records)


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
        by_default = may_fire(world, role, trigger)
        if by_default is not None:
            forged = _Forged(world, trail, trigger, relation, role, by_default, rows[0][0], *rows[-1])
            hole = _fired(forged)
            if hole is not None:
                yield hole


def _fired(forged: _Forged) -> Hole | None:
    world, trail, trigger, role = forged.world, forged.trail, forged.trigger, forged.role
    statements = firing(trigger, forged.relation, forged.row)
    settings, new = world.context(forged.actor), _NEW.format(trail.relation.identifier)
    with world.acting_as(role, settings) as acting:
        before = acting.oversee(new)
        done = [acting.attempt(each).done for each in statements]
        after = acting.oversee(new)
    if not all(done) or not before.done or not after.done or len(before.rows) == len(after.rows):
        return None
    records = [line for (line,) in after.rows if (line,) not in before.rows]
    shown = sql.SQL("select 'recorded' from ({}) as x limit 3").format(new)
    return Hole(
        object=trigger.name,
        role=role,
        detail=f"{role} may fire {trigger.name} from a temporary table: {trail.relation} records what was never done",
        cause="the trail's records can be forged",
        evidence=script(role, settings, *statements, AS_OVERSEER, shown),
        severity=Severity.INFO if forged.by_default else None if forged.is_anothers(records) else Severity.WARNING,
        fix=withdrawn(trigger, role),
    )
