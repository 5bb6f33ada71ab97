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

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice

from ttdb.model.validation import Action, Reach, Severity, Unproven
from ttdb.validate.conditions import rendered
from ttdb.validate.deeds import deeds
from ttdb.validate.discover.settings import says_login
from ttdb.validate.entering import bears
from ttdb.validate.evidence import script
from ttdb.validate.functions import Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import Outcome
from ttdb.validate.reaches import with_called
from ttdb.validate.taint import texts_of
from ttdb.validate.world import World
from ttdb.validate.worlds import Difference, OtherWorlds, Probe, calling, differences, reading

_CALLS, _LARGE = 10, 100_000
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)
_CONSTRAINTS = ("23503", "23505", "23P01")  # the refusals of keys that tenants share


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Compare each role's answers in worlds that differ in others' rows."""
    tenants = world.ground.tenants
    if not world.disposable or len(tenants) < 2:  # noqa: PLR2004 - one and another
        return
    roles = [role for role in world.attackers if not world.found.catalog.roles[role].bypasses]
    told: set[tuple[str, str]] = set()
    # A function may answer one tenant with its own, as the first or the greatest of all; then it does not another.
    for actor, ask in ((tenants[0], _probes), (tenants[-1], _calls)):
        probes = [each for role in roles for each in ask(world, role, actor) if (role, each.object) not in told]
        yield from _told(world, actor, probes, told)


def _told(world: World, actor: str, probes: list[Probe], told: set[tuple[str, str]]) -> Iterator[Hole | Unproven]:
    settings = world.context(actor)
    others = OtherWorlds(world, actor)
    for difference in differences(world, others, settings, probes, partial(_is_declared, world)) if probes else ():
        probe = difference.probe
        if (probe.role, probe.object) not in told:
            told.add((probe.role, probe.object))
            alike = [each.callers for each in functions(world) if str(each) == probe.object]
            for role in {probe.role, *chain.from_iterable(alike)}:
                world.note(role, probe.object, probe.action, Reach.LEAKS, "ISO011")
            yield _hole(difference, script(None, settings, *difference.shown))
    for oid, why in others.unchanged.items():
        yield Unproven(
            str(world.relation(oid)), f"rows of others could not be changed, to see what tells of them: {why}"
        )


def _probes(world: World, role: str, actor: str) -> Iterator[Probe]:
    yield from _reads(world, role)
    yield from _calls(world, role, actor)
    yield from _writes(world, role, actor)


def _reads(world: World, role: str) -> Iterator[Probe]:
    seen = world.reads(role)
    for relation in world.readable(role):
        shown = relation.oid in seen and seen[relation.oid].seen  # other attacks have it
        if not shown and relation.estimated_rows <= _LARGE:
            rights = world.rights[role, relation.oid]
            question = rendered(reading(relation, rights))
            yield Probe(role, str(relation), Action.READ, f"reads {relation}", question)


def _calls(world: World, role: str, actor: str) -> Iterator[Probe]:
    for function in functions(world):
        if role in _askers(world, function) and not function.procedure:
            asked = (call for call in calls(world, function, actor) if not bears(world, call, actor))
            for call in islice(asked, _CALLS):
                ordered = _ORDERED.search(function.body) is not None
                question = rendered(calling(call.statement, ordered=ordered))
                names_others = any(text in world.canaries(actor) for text in call.given)
                yield Probe(role, str(function), Action.EXECUTE, f"calls {function}", question, names_others)


def _askers(world: World, function: Function) -> Sequence[str]:
    """Return who calls it: one for all, as it runs with its owner's rights, unless it looks who calls."""
    if function.oid in world.found.registry.resolvers:
        return ()
    callers = [role for role in function.callers if not world.found.catalog.roles[role].bypasses]
    text = with_called(world.found.catalog, [function.body])
    return callers if says_login(text) else callers[:1]


def _writes(world: World, role: str, actor: str) -> Iterator[Probe]:
    for deed in deeds(world, role, actor):
        if deed.own and not deed.likelier:
            returned = deed.returning(world.rights[role, deed.oid])
            yield Probe(role, str(deed.written), deed.action, f"{deed.what} ({deed.written})", returned)


def _is_declared(world: World, probe: Probe, before: Outcome, after: Outcome) -> bool:
    return _said_by_its_key(world, before, after) or _resolves(world, probe, before, after)


def _said_by_its_key(world: World, before: Outcome, after: Outcome) -> bool:
    """Tell whether a key of a tenants' table refused: the checks on keys speak of these, and of the exempted ones.

    Where something else refused in the other world, it is that which tells.
    """
    refusals = [each for each in (before, after) if not each.done]
    refused = next(iter(refusals), None)
    if refused is None or refused.constraint_of is None or not all(each.sqlstate in _CONSTRAINTS for each in refusals):
        return False
    table = world.found.catalog.named(*refused.constraint_of)
    found = world.found
    return table is not None and (table.oid in found.tenant_columns or table.oid in found.registry.declared_keys)


def _resolves(world: World, probe: Probe, before: Outcome, after: Outcome) -> bool:
    """Tell whether a call answers whose something is, or if it is there, and nothing else: who knows the thing may ask.

    A call without an argument names no thing: a rank among the tenants may be a number that a tenant has, too.
    """
    if probe.object.endswith("()") or probe.action is not Action.EXECUTE or not (before.done and after.done):
        return False
    here, there = set(texts_of(before.rows)), set(texts_of(after.rows))
    if not here | there:
        return probe.names_others
    # A count may be a tenant by chance; then another number stands in its place.
    return here | there <= {*world.ground.tenants} and (here <= there or there <= here)


def _hole(difference: Difference, evidence: str) -> Hole:
    probe, role = difference.probe, difference.probe.role
    refusals = [each.sqlstate for each in (difference.before, difference.after) if not each.done]
    by_key = bool(refusals) and all(each in _CONSTRAINTS for each in refusals)
    running = next((each.within[0] for each in (difference.before, difference.after) if each.within), None)
    teller = f", which {running} tells" if running is not None and running != probe.object else ""
    return Hole(
        object=probe.object,
        role=role,
        detail=f"what {role}, working for one tenant, is told when it {probe.what} changes with rows of others"
        f" in {difference.change.relation}{teller}",
        cause="keys that tenants share tell of others' rows"
        if by_key
        else "what tenants are told depends on others' rows",
        severity=Severity.WARNING if by_key else None,
        evidence=evidence,
    )
