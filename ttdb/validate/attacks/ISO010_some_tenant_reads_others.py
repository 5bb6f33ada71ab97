'''
code = "ISO010"
name = "some-tenant-reads-others"
severity = "error"
since = "0.1.0"
title = "Some tenants read rows of others"
why = """
A policy compares the beginning of the tenant, its length, its order or another of its properties, so it holds between
some tenants and not between others. Tables that hold for the first tenant are read as each of several others, those
whose names begin alike among them, and as tenants that may come: the first but for its end, its beginning, its length.
"""
bad = """
alter policy select_own_org on app.orders using (org_id <= (select app.org()));
"""
fix = """
alter policy select_own_org on app.orders using (org_id = (select app.org()));
"""
subsumed_by = ["ISO003"]
'''

from collections.abc import Iterator, Sequence
from string import ascii_lowercase, ascii_uppercase

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.alike import signature
from ttdb.validate.causes import why
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.show import rows
from ttdb.validate.world import World

_TENANTS, _OF_A_KIND = 8, 3


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read what held for the first tenant as others."""
    for role in world.attackers:
        wanted = _representatives(world, role)
        told: set[int] = set()
        for tenant in _actors(world):
            conditions = {
                oid: found
                for oid in wanted
                if oid not in told and (found := world.by_owner(role, world.relation(oid), tenant)) is not None
            }
            settings = world.context(tenant)
            for oid, sight in world.look(role, settings, conditions).items():
                if sight.seen:
                    told.add(oid)
                    relation = world.relation(oid)
                    world.note(role, str(relation), Action.READ, Reach.LEAKS, "ISO010")
                    yield Hole(
                        object=str(relation),
                        role=role,
                        detail=f"{role}, working for {_called(world, tenant)}, reads rows of another",
                        cause=why(world.found, relation, role),
                        evidence=script(role, settings, rows(world, relation, role, conditions[oid])),
                    )


def _actors(world: World) -> list[str]:
    """Return tenants to act as: those whose names begin or measure like another's first."""
    tenants = world.ground.tenants
    alike = [each for each in tenants if any(each != other and other.startswith(each[:3]) for other in tenants)]
    standing = [*dict.fromkeys([*alike, tenants[-1], *tenants])][:_TENANTS]
    return [*standing, *_to_come(tenants)] if len(tenants) > 1 else []


def _to_come(tenants: Sequence[str]) -> Iterator[str]:
    """Return tenants that are like the first in all but their end, their beginning or their length.

    Such a one may stand already, unseen among many: what is looked for is rows of others than itself.
    """
    first = tenants[0]
    if len(first) > 1:
        ends = (first[:-1] + each for each in _others(first[-1]))
        begins = (each + first[1:] for each in _others(first[0]))
        made = [next((each for each in some if each not in tenants), None) for some in (ends, begins)]
        yield from (each for each in (*made, first[:-1]) if each is not None)


def _others(character: str) -> Iterator[str]:
    """Return characters of the same kind, after this one and round: a number keeps its length, a UUID its form."""
    kinds = ("123456789", "abcdef", ascii_lowercase, ascii_uppercase)
    kind = next((each for each in kinds if character in each), "1x")
    place = kind.find(character) + 1
    yield from (each for each in kind[place:] + kind[:place] if each != character)


def _called(world: World, tenant: str) -> str:
    return "one of several tenants" if tenant in world.ground.tenants else f'a tenant that may come, "{tenant}"'


def _representatives(world: World, role: str) -> list[int]:
    """Return the relations that held so far; of those with the very same policies only a few."""
    kinds: dict[object, list[int]] = {}
    for oid, sight in world.reads(role).items():
        relation = world.relation(oid)
        if oid in world.found.tenant_columns and not sight.seen and not sight.error:
            kinds.setdefault(signature(world.found, relation, role) or oid, []).append(oid)
    return [oid for oids in kinds.values() for oid in oids[:_OF_A_KIND]]
