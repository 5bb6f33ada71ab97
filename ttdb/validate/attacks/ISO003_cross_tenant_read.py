'''
code = "ISO003"
name = "cross-tenant-read"
severity = "error"
since = "0.1.0"
title = "A session of one tenant reads rows of another"
why = """
With its tenant set as the application sets it, the role reads another tenant's row: from a table, from a partition
read by its own name, or through a view. Rows are told apart by their tenant column, by their parents, or by values that
only the other tenant's rows have.
"""
bad = """
alter table app.orders disable row level security;
"""
fix = """
alter table app.orders enable row level security;
alter table app.orders force row level security;
"""
'''

from collections.abc import Iterator

from ttdb.model.validation import Unproven
from ttdb.validate.alike import proven_alike
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.causes import why
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import TIMEOUT
from ttdb.validate.show import copied_rows, foreign_rows
from ttdb.validate.world import Sight, World

_DENIED = "42501"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for other tenants' rows in all that each role may read."""
    for role in world.attackers:
        sights = world.reads(role)
        for relation in world.readable(role):
            sight = sights.get(relation.oid)
            if sight is None:
                yield from _not_looked(world, relation, role, sights)
            elif sight.seen:
                yield from _seen(world, relation, role)
            elif sight.error and sight.sqlstate != _DENIED:
                yield _refused(relation, sight)
            elif not world.belongs(relation):
                yield from _copied(world, relation, role)


def _copied(world: World, relation: Relation, role: str) -> Iterator[Hole]:
    actor = world.actor(relation)
    if actor is None:
        return
    settings = world.context(actor)
    shown = copied_rows(world, relation, role, settings, actor)
    if shown is not None:
        yield Hole(
            object=str(relation),
            role=role,
            detail=f"{role}, working for one tenant, reads values of another",
            cause="copies of tenants' values have no protection",
            evidence=script(role, settings, shown),
        )


def _seen(world: World, relation: Relation, role: str) -> Iterator[Hole]:
    actor = world.actor(relation)
    if actor is None:  # then nothing was looked for
        return
    settings = world.context(actor)
    shown = foreign_rows(world, relation, role, settings, actor)
    if shown is not None:
        yield Hole(
            object=str(relation),
            role=role,
            detail=f"{role}, working for one tenant, reads rows of another",
            cause=why(world.found, relation, role),
            evidence=script(role, settings, shown),
        )


def _not_looked(world: World, relation: Relation, role: str, sights: dict[int, Sight]) -> Iterator[Unproven]:
    if not world.belongs(relation):
        return
    if relation.kind in TABLES and proven_alike(world, relation, role, sights):
        return
    yield world.lacking(relation) or Unproven(str(relation), "nothing tells one tenant's rows from another's")


def _refused(relation: Relation, sight: Sight) -> Unproven:
    reason = "it took too long" if sight.sqlstate in TIMEOUT else sight.error
    return Unproven(str(relation), f"reading it as a tenant failed: {reason}")
