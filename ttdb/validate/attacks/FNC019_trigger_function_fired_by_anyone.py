'''
code = "FNC019"
name = "trigger-function-fired-by-anyone"
severity = "error"
since = "0.1.0"
title = "A role fires a trigger's function from a table of its own, and so changes rows of another tenant"
why = """
A trigger's function believes the row that it is given, since its table let the row in; with its owner's rights it
changes what belongs to that row's tenant. Whoever may execute the function makes a trigger of it on a temporary table
that lets every row in. That is done with a row of another tenant, and rolled back; others' rows must be as before.
Where nobody granted the function, and PostgreSQL's own grant to PUBLIC stands, it is said for information.
"""
bad = """
create function app.tg__close() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    update app.customers set email = 'closed-' || email where org_id = new.org_id;
    return null;
end
$$;
create trigger _500_close after insert on app.orders for each row execute function app.tg__close();
grant execute on function app.tg__close() to public;
"""
fix = """
drop trigger _500_close on app.orders;
drop function app.tg__close();
"""
'''

from collections.abc import Iterator

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import Trigger, read_triggers
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.firing import firing, may_fire, withdrawn
from ttdb.validate.ground import Row
from ttdb.validate.harm import harmed_rows
from ttdb.validate.hole import Hole
from ttdb.validate.world import World


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Fire each function that runs with its owner's rights from a temporary table of each role's own."""
    actor = next(iter(world.ground.tenants), None)
    if not world.disposable or actor is None:
        return
    fired: set[int] = set()  # a function once, with a row of a table that has others'
    for trigger in read_triggers(world.sessions.overseer):
        victims = world.ground.victims(trigger.relation, actor)
        if trigger.definer and victims and trigger.function not in fired:
            fired.add(trigger.function)
            yield from _function(world, trigger, world.relation(trigger.relation), actor, victims[0][1])


def _function(world: World, trigger: Trigger, relation: Relation, actor: str, row: Row) -> Iterator[Hole]:
    settings = world.context(actor)
    for role in world.attackers:
        by_default = may_fire(world, role, trigger)
        if by_default is None:
            continue
        with world.acting_as(role, settings) as acting:
            done = [each for each in firing(trigger, relation, row) if acting.attempt(each).done]
            harmed = harmed_rows(world, acting, actor) if done else None
        if harmed is not None:
            yield Hole(
                object=trigger.name,
                role=role,
                detail=f"{role} fires {trigger.name} from a temporary table, and rows of another tenant change",
                cause="trigger functions may be fired by roles that make tables of their own",
                severity=Severity.INFO if by_default else None,
                evidence=script(role, settings, *done, AS_OVERSEER, harmed),
                fix=withdrawn(trigger, role),
            )
