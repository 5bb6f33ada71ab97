'''
code = "ISO004"
name = "setting-opens-tenants"
severity = "error"
since = "0.1.0"
title = "A setting that any session can set opens other tenants' rows"
why = """
A policy, a view or a function believes a custom setting that says "administrator" or "system". Every session can set
every custom setting, so one statement, or one injected piece of SQL, reads all tenants.
"""
bad = """
alter policy select_own_org on app.orders
using (
    org_id = (select app.org()) or pg_catalog.current_setting('app.is_system_user', true) = 'true'
);
"""
fix = """
alter policy select_own_org on app.orders using (org_id = (select app.org()));
"""
'''

import re
from collections.abc import Generator, Iterator

from psycopg import sql

from ttdb.model import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.causes import through
from ttdb.validate.discover.settings import by_relation, literals_beside
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.show import foreign_rows
from ttdb.validate.world import World

_WIDENING = (
    "true", "on", "1", "t", "yes", "admin", "superadmin", "super_admin", "administrator", "superuser", "system",
    "service", "internal", "root", "owner", "staff", "support", "bypass", "all", "any", "*", "%", "0", "-1", "",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
)  # fmt: skip
_IDENTIFIER = re.compile(r"-?[0-9]+|[0-9a-fA-F-]{36}")


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Set each setting that the database reads to each value that might open it, and look again."""
    depends = by_relation(world.found.catalog)
    for role in world.attackers:
        honest = world.reads(role)
        closed = {oid for oid, sight in honest.items() if not sight.seen and not sight.error}
        for setting in (*world.found.other_settings, *world.found.tenant_settings):
            there = {oid for oid in closed if setting in depends[oid]}
            if there:
                opened = yield from _try(world, role, setting, there)
                closed -= opened


def _try(world: World, role: str, setting: str, oids: set[int]) -> Generator[Hole, None, set[int]]:
    opened: set[int] = set()
    for value in _values(world, setting):
        for actor, group in _by_actor(world, role, oids - opened).items():
            settings = world.context(actor) | {setting: value}
            for oid, sight in world.look(role, settings, group).items():
                if sight.seen:
                    shown = foreign_rows(world, world.relation(oid), role, settings, actor)
                    if shown is not None:
                        opened.add(oid)
                        relation = world.relation(oid)
                        yield _hole(world, relation, role, setting=setting, settings=settings, shown=shown)
    return opened


def _values(world: World, setting: str) -> list[str]:
    """Return what to try; to the tenant's own setting nothing that may be a tenant, whom a session may choose."""
    values = dict.fromkeys((*literals_beside(world.found.catalog, setting), *_WIDENING))
    if setting not in world.found.tenant_settings:
        return list(values)
    return [value for value in values if value not in world.ground.tenants and not _IDENTIFIER.fullmatch(value)]


def _by_actor(world: World, role: str, oids: set[int]) -> dict[str, dict[int, sql.Composed]]:
    groups: dict[str, dict[int, sql.Composed]] = {}
    for oid in sorted(oids):
        actor, condition = world.actor(world.relation(oid)), world.foreign(role, world.relation(oid))
        if actor is not None and condition is not None:
            groups.setdefault(actor, {})[oid] = condition
    return groups


def _hole(  # noqa: PLR0913 - one finding's facts
    world: World, relation: Relation, role: str, *, setting: str, settings: dict[str, str], shown: sql.Composed
) -> Hole:
    policies = through(world.found, relation, role, setting)
    return Hole(
        object=str(relation),
        role=role,
        detail=f"{role} reads other tenants' rows after setting {setting} to '{settings[setting]}'{policies}",
        cause=f"any session can set {setting}, which opens all tenants",
        evidence=script(role, settings, shown),
    )
