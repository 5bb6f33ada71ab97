'''
code = "ISO011"
name = "answer-depends-on-others"
severity = "error"
since = "0.1.0"
title = "What a session of one tenant is told changes with rows of another"
why = """
No row of another tenant is shown, and yet it tells: a count or a rank over all tenants, a number made from the greatest
of all, a trigger or a unique key that refuses what another has already. Everything that the role can read or call, and
every write of its own rows, is tried twice in worlds that differ only in other tenants' rows; the answers must not
differ. Rows are changed for that, so it is done only where the database may be harmed, and rolled back.
"""
bad = """
create view app.all_orders with (security_barrier = true) as select count(*) as n from app.orders;
grant select on app.all_orders to example_app;
"""
fix = """
drop view app.all_orders;
"""
subsumed_by = ["ISO001", "ISO003", "ISO004", "ISO005", "ISO007", "ISO008", "FNC004"]
slow = true
'''

from collections.abc import Iterator

from ttdb.model import Action, Reach, Severity, Unproven
from ttdb.validate.deeds import deeds
from ttdb.validate.evidence import script
from ttdb.validate.functions import calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.taint import texts_of
from ttdb.validate.world import World, rendered
from ttdb.validate.worlds import Difference, OtherWorlds, Probe, calling, differences, reading

_CALLS, _LARGE = 10, 100_000
_CONSTRAINTS = ("23503", "23505", "23P01")  # the refusals of keys that tenants share


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Compare each role's answers in worlds that differ in others' rows."""
    actor = next(iter(world.ground.tenants), None)
    if not world.disposable or actor is None or len(world.ground.tenants) < 2:  # noqa: PLR2004 - one and another
        return
    others = OtherWorlds(world, actor)
    for role in world.attackers:
        if world.found.catalog.roles[role].bypasses:
            continue
        settings = world.context(actor)
        probes = [*_reads(world, role), *_calls(world, role, actor), *_writes(world, role, actor)]
        told: set[str] = set()
        for difference in differences(world, others, role, settings, probes):
            if difference.probe.object not in told and not (
                _said_by_its_key(world, difference) or _resolves(world, difference)
            ):
                told.add(difference.probe.object)
                world.note(role, difference.probe.object, difference.probe.action, Reach.LEAKS, "ISO011")
                yield _hole(role, difference, script(None, settings, *difference.shown))


def _reads(world: World, role: str) -> Iterator[Probe]:
    seen = world.reads(role)
    for relation in world.readable(role):
        shown = relation.oid in seen and seen[relation.oid].seen  # other attacks have it
        if not shown and relation.estimated_rows <= _LARGE:
            rights = world.rights[role, relation.oid]
            question = rendered(reading(relation, rights))
            yield Probe(str(relation), Action.READ, f"reads {relation}", question)


def _calls(world: World, role: str, actor: str) -> Iterator[Probe]:
    for function in functions(world):
        if role in function.callers and not function.procedure and function.oid not in world.found.registry.resolvers:
            for call, _ in zip(calls(world, function, actor), range(_CALLS), strict=False):
                yield Probe(str(function), Action.EXECUTE, f"calls {function}", rendered(calling(call.statement)))


def _writes(world: World, role: str, actor: str) -> Iterator[Probe]:
    for deed in deeds(world, role, actor):
        if deed.own and not deed.likelier:
            returned = deed.returning(world.rights[role, deed.oid])
            yield Probe(str(deed.written), deed.action, f"{deed.what} ({deed.written})", returned)


def _said_by_its_key(world: World, difference: Difference) -> bool:
    """Tell whether a key of a tenants' table refused: the checks on keys speak of these, and of the exempted ones."""
    refused = next((each for each in (difference.before, difference.after) if each.sqlstate in _CONSTRAINTS), None)
    if refused is None or refused.constraint_of is None:
        return False
    table = world.found.catalog.named(*refused.constraint_of)
    found = world.found
    return table is not None and (table.oid in found.tenant_columns or table.oid in found.registry.declared_keys)


def _resolves(world: World, difference: Difference) -> bool:
    """Tell whether a call answers whose something is, and nothing else: then who knows the thing is told its tenant.

    A call without an argument names no thing: a rank among the tenants may be a number that a tenant has, too.
    """
    outcomes = (difference.before, difference.after)
    if (
        difference.probe.object.endswith("()")
        or difference.probe.action is not Action.EXECUTE
        or not all(outcome.done for outcome in outcomes)
    ):
        return False
    before, after = (set(texts_of(outcome.rows)) for outcome in outcomes)
    # A count may be a tenant by chance; then another number stands in its place.
    return before | after <= {*world.ground.tenants} and (before <= after or after <= before)


def _hole(role: str, difference: Difference, evidence: str) -> Hole:
    probe, refusals = difference.probe, (difference.before.sqlstate, difference.after.sqlstate)
    by_key = any(each in _CONSTRAINTS for each in refusals)
    return Hole(
        object=probe.object,
        role=role,
        detail=f"what {role}, working for one tenant, is told when it {probe.what} changes with rows of others"
        f" in {difference.change.relation}",
        cause="keys that tenants share tell of others' rows"
        if by_key
        else "what tenants are told depends on others' rows",
        severity=Severity.WARNING if by_key else None,
        evidence=evidence,
    )
